"""Fed funds futures as implied rates by trade date and delivery month."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError

UNFLAGGED = ""


@dataclass(frozen=True, eq=False)
class FuturesCurve:
    """Rates implied by settlements, keyed by *delivery month*.

    Columns are contracts, never "front" or "second": a change down a column is always a change in
    one contract, so that a roll cannot look like a shock.

    Attributes
    ----------
    rates_pct : DataFrame, shape (T, C)
        100 minus the settlement, percent a year; NaN where not quoted. Rows are ascending trade
        dates, columns an unbroken run of monthly Periods. Final settlements after the delivery
        month are not part of the curve.
    flags : DataFrame, shape (T, C)
        Why a mark is not news on that date (``lockstep``); empty text where it is.

    Raises
    ------
    DataError
        If dates repeat, columns are not delivery months or a rate is off the scale.
    """

    rates_pct: pd.DataFrame
    flags: pd.DataFrame

    def __post_init__(self) -> None:
        rates = self.rates_pct
        if not isinstance(rates.index, pd.DatetimeIndex):
            raise DataError(f"curve rows must be trade dates, got {type(rates.index).__name__}")
        if not isinstance(rates.columns, pd.PeriodIndex):
            raise DataError("curve columns must be delivery months (a monthly PeriodIndex)")
        if not (rates.index.is_monotonic_increasing and rates.index.is_unique):
            raise DataError("trade dates must be ascending and unique")
        values = rates.to_numpy(float)
        with np.errstate(invalid="ignore"):
            off = (values < -5.0) | (values > 25.0)
        if off.any():
            row, column = np.argwhere(off)[0]
            raise DataError(
                f"the {rates.columns[column]} contract implies {values[row, column]:g} percent "
                f"on {rates.index[row]:%Y-%m-%d}; settlements are prices from 75 to 105"
            )
        if self.flags.shape != rates.shape:
            raise DataError("flags must have one cell for each rate")

    @classmethod
    def from_settlements(cls, futures: pd.DataFrame) -> FuturesCurve:
        """Pivot a futures table; settlements dated after the delivery month are left out.

        Parameters
        ----------
        futures : DataFrame
            trade_date, contract (monthly Period or ``YYYY-MM``), settle (price).
        """
        dates = pd.DatetimeIndex(pd.to_datetime(futures["trade_date"]))
        if dates.tz is not None or (dates != dates.normalize()).any():
            raise DataError("trade dates are dates, without a time of day or a time zone")
        delivery = _delivery_months(futures["contract"])
        rows, trade_dates = pd.factorize(dates, sort=True)
        _refuse_repeats(rows, delivery, dates)
        month = trade_dates.to_numpy().astype("datetime64[M]").astype(np.int64)
        live = delivery >= month[rows]
        if not live.any():
            raise DataError("the futures table holds no settlement within a delivery month's life")
        # Final settlements may lie after the last date on which a contract was quoted.
        quoted = np.flatnonzero(np.bincount(rows[live], minlength=len(trade_dates)))
        rows, trade_dates = np.searchsorted(quoted, rows[live]), trade_dates[quoted]
        columns = delivery[live] - delivery[live].min()
        # Contract by contract in memory: guards look down columns, and so does pandas.
        rates = np.full((columns.max() + 1, len(trade_dates)), np.nan)
        rates[columns, rows] = 100.0 - futures["settle"].to_numpy(float)[live]
        months = pd.period_range(
            pd.Period(ordinal=delivery[live].min(), freq="M"), periods=len(rates), name="contract"
        )
        index = pd.DatetimeIndex(trade_dates, name="trade_date")
        flags = pd.DataFrame(UNFLAGGED, index=index, columns=months, dtype=object)
        return cls(pd.DataFrame(rates.T, index=index, columns=months, copy=False), flags)

    @classmethod
    def without_contracts(cls, trade_dates: pd.DatetimeIndex) -> FuturesCurve:
        """Make the curve of a path that was read from something else: dates and no columns."""
        months = pd.PeriodIndex([], freq="M", name="contract")
        rows = pd.DatetimeIndex(trade_dates, name="trade_date")
        rates = pd.DataFrame(index=rows, columns=months, dtype=float)
        return cls(rates, pd.DataFrame(index=rows, columns=months, dtype=object))

    @property
    def trade_dates(self) -> pd.DatetimeIndex:
        """Dates of the rows, ascending."""
        return pd.DatetimeIndex(self.rates_pct.index)

    @property
    def months(self) -> pd.PeriodIndex:
        """Delivery months of the columns, an unbroken run."""
        return pd.PeriodIndex(self.rates_pct.columns)

    @property
    def quoted(self) -> npt.NDArray[np.bool_]:
        """Cells with a settlement, shape (T, C)."""
        mask: npt.NDArray[np.bool_] = ~np.isnan(self.rates_pct.to_numpy(float))
        return mask

    @cached_property
    def cells(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Trade date and contract of every settlement, by position, date by date."""
        # Date by date in memory, and without the two-dimensional count that `nonzero` begins with.
        at = np.flatnonzero(np.ascontiguousarray(self.quoted))
        dates, contracts = np.divmod(at, max(self.rates_pct.shape[1], 1))
        return dates, contracts

    @property
    def unflagged(self) -> npt.NDArray[np.bool_]:
        """Cells whose mark is news, shape (T, C)."""
        # Texts are compared where there is a mark: one cell in twenty of a long history.
        mask = np.zeros(self.rates_pct.shape, dtype=bool)
        mask[self.cells] = self.is_news(*self.cells)
        return mask

    def is_news(
        self, date: npt.NDArray[np.int64], contract: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Say of quoted cells, given by position, whether they are unflagged."""
        mask: npt.NDArray[np.bool_] = self.flags.to_numpy(object)[date, contract] == UNFLAGGED
        return mask

    def to_frame(self) -> pd.DataFrame:
        """Tidy: trade_date, contract, rate_pct, flag; quoted cells only."""
        rows, columns = self.cells
        return pd.DataFrame(
            {
                "trade_date": self.trade_dates[rows],
                "contract": self.months[columns],
                "rate_pct": self.rates_pct.to_numpy(float)[rows, columns],
                "flag": self.flags.to_numpy(object)[rows, columns],
            }
        )

    def summary(self) -> str:
        """Count marks and flags."""
        flags = pd.Series(self.flags.to_numpy(object)[self.quoted])
        counts = flags[flags != UNFLAGGED].value_counts().sort_index()
        lines = [f"{name}: {count:,} marks" for name, count in counts.items()]
        return "\n".join([str(self), *lines])

    def __str__(self) -> str:
        dates = self.trade_dates
        return (
            f"{int(self.quoted.sum()):,} settlements, {len(dates):,} trade dates "
            f"{dates[0]:%Y-%m-%d}..{dates[-1]:%Y-%m-%d}"
        )


def _refuse_repeats(
    day: npt.NDArray[np.int64], delivery: npt.NDArray[np.int64], dates: pd.DatetimeIndex
) -> None:
    month = delivery - delivery.min()
    cell = day * (int(month.max()) + 1) + month
    if np.bincount(cell).max() > 1:
        row = int(np.argmax(pd.Series(cell).duplicated()))
        contract = pd.Period(ordinal=delivery[row], freq="M")
        raise DataError(f"the {contract} contract settles twice on {dates[row]:%Y-%m-%d}")


def _delivery_months(contract: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Read ``YYYY-MM`` as months; months as the border gives them stay what they are."""
    if not isinstance(contract.dtype, pd.PeriodDtype):
        text = contract.astype(str)
        wrong = ~text.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])")
        if wrong.any():
            raise DataError(f"contract is a delivery month YYYY-MM, got {text[wrong].iloc[0]!r}")
    return np.asarray(pd.PeriodIndex(contract, freq="M").asi8)
