"""Design rows matched by the clock, samples that end before the event, and loadings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError, DataError, EventLeakError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]

DOLLAR = "dollar"


@dataclass(frozen=True, eq=False)
class DesignRows:
    r"""One asset's returns with every shock and dollar move whose interval belongs to them.

    A shock interval that ends inside the return's (a, b] enters `start` columns, one that starts
    inside enters `end` columns, one wholly inside enters both; the loading is the sum of both
    coefficients (Dimson 1979).

    Attributes
    ----------
    asset : str
    dates : DatetimeIndex, length n
    returns_pp : array, shape (n,)
    shocks_bp : array, shape (n, P)
        Columns as in `columns`; NaN where a shock is missing.
    columns : tuple of (shock name, side)
        Side is ``start``, ``end``, or ``inside``: half of each, where a sample cannot tell the
        two apart, so that its coefficient is the loading itself.
    runs : array, shape (n, 4)
        First and stop position of the shocks in start and end columns.
    dollar_pct : array, shape (n,)
        Sum of the dollar's log changes × 100 whose midpoint lies in the return's interval.
    dollar_terms : array, shape (n, 1 + D)
        Their number, and the sums of the shocks overlapping each.
    start_utc, end_utc : array, shape (n,)
        The span of all intervals used in the row.
    strike_utc : array, shape (n,)
        The asset's own strike that ends the return.
    elapsed_days : array, shape (n,)
        Length of the return, days of 24 hours.
    dollar_days : array, shape (n,)
        Length of the dollar moves matched with it; zero without a dollar.
    straddled : array, shape (n, 2)
        For the shock that reaches over the return's start, and over its end, s (1 − s) with s the
        share of it on the nearer side, were news even through a day: how much of its variance is
        not placed. Zero where none does, or nothing came.
    dollar_gap_days : array, shape (n, 2)
        From the strike of the dollar moves matched with the return to its own, at start and end;
        a day at most, zero without a dollar.
    dollar_straddled : array, shape (n, 2)
        As `straddled`, of the shocks that reach over the dollar's own strikes there: what of the
        dollar's move was theirs is not placed either.
    covered : array of bool, shape (n,)
        One shock's interval holds the whole return: no part of it can be told.
    complete : array of bool, shape (n,)
        No shock missing, none covering the whole return, dollar moves cover the return.
    """

    asset: str
    dates: pd.DatetimeIndex
    returns_pp: Floats
    shocks_bp: Floats
    columns: tuple[tuple[str, str], ...]
    runs: Ints
    dollar_pct: Floats
    dollar_terms: Floats
    start_utc: Times
    end_utc: Times
    strike_utc: Times
    elapsed_days: Floats
    dollar_days: Floats
    straddled: Floats
    dollar_gap_days: Floats
    dollar_straddled: Floats
    covered: Bools
    complete: Bools

    def __post_init__(self) -> None:
        length = len(self.dates)
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray) and len(value) != length:
                raise DataError(f"{self.asset}: {entry.name} has {len(value)} rows, not {length}")

    @property
    def has_dollar(self) -> bool:
        """Whether a dollar series is part of the design."""
        return bool(self.dollar_terms.shape[1] > 0)

    def take(self, rows: Bools) -> DesignRows:
        """Keep the rows of a mask."""
        kept: dict[str, Any] = {
            entry.name: value[rows]
            for entry in fields(self)
            if isinstance(value := getattr(self, entry.name), np.ndarray | pd.DatetimeIndex)
        }
        return DesignRows(asset=self.asset, columns=self.columns, **kept)

    def with_columns(self, columns: tuple[tuple[str, str], ...]) -> DesignRows:
        """Bring the shocks into the columns of a sample: an ``inside`` one is half of each side."""
        if columns == self.columns:
            return self
        parts = []
        for name, side in columns:
            own = [i for i, column in enumerate(self.columns) if column[0] == name]
            if side != "inside":
                own = [i for i in own if self.columns[i][1] == side]
            parts.append(self.shocks_bp[:, own].mean(axis=1))
        return replace(self, columns=columns, shocks_bp=np.column_stack(parts))

    def __len__(self) -> int:
        return len(self.dates)


@dataclass(frozen=True, eq=False)
class EstimationSample:
    """Design rows none of whose intervals reaches past an instant: the event's start.

    Attributes
    ----------
    rows : DesignRows
        Complete rows only.
    before_utc : datetime64
        The strike at which the event window begins.
    dropped : int
        Rows of the span left out because something in them was missing.

    Raises
    ------
    EventLeakError
        If any interval of any row ends after `before_utc`.
    """

    rows: DesignRows
    before_utc: np.datetime64
    dropped: int

    def __post_init__(self) -> None:
        late = self.rows.end_utc > self.before_utc
        if late.any():
            date = self.rows.dates[int(np.argmax(late))]
            raise EventLeakError(
                f"{self.rows.asset}: the row of {date:%Y-%m-%d} reaches into the event, "
                f"which begins at {self.before_utc} UTC"
            )
        if not self.rows.complete.all():
            raise DataError(f"{self.rows.asset}: an estimation row is incomplete")


LOADING_COLUMNS = (
    *("event", "asset", "shock", "method", "estimate_pp_per_bp", "std_err"),
    *("ci_low", "ci_high", "ci_level", "n", "start", "end", "cov_type", "converged", "reason"),
    *("attenuation", "dropped", "largest_day", "largest_day_weight"),
    *("start_pp_per_bp", "end_pp_per_bp"),
    *("break_date", "break_statistic", "break_p", "first_stage_f", "note"),
)
PATH_COLUMNS = (
    *("event", "asset", "shock", "method", "date", "horizon_days"),
    *("estimate_pp_per_bp", "std_err", "ci_low", "ci_high", "ci_level", "n"),
)


@dataclass(frozen=True, slots=True)
class Stability:
    """Whether a loading is one number over its sample: the largest break, at an unknown date.

    `date` is the first of the later regime; all are empty where a sample is too short to split.
    """

    date: pd.Timestamp = pd.NaT  # type: ignore[assignment]
    statistic: float = np.nan
    p: float = np.nan


@dataclass(frozen=True, slots=True)
class Loading:
    """One loading as one estimator finds it.

    Attributes
    ----------
    shock : str
    estimate, std_err, low, high : float
        pp per bp, for the dollar pp per 1 %; low and high may be infinite, and `reason` says why.
    n : int
    start, end : Timestamp
        Of the rows used.
    cov_type : str
        Kind of error and interval.
    converged : bool
    reason : str
        Why there is no estimate, or no bounded interval.
    attenuation : float
        1 minus the share of noise in the shock's variance.
    dropped : int
        Rows of the span left out because something in them was missing.
    largest_day : Timestamp
        Row that identifies the loading most.
    largest_day_weight : float
        Its share of the variation that does.
    stability : Stability
    first_stage_f : float
        Strength of what identifies the loading, where that is a question.
    at_start, at_end : float
        b_S and b_E, which add up to the estimate: of shocks that end inside the return, and of
        those that start inside; NaN where the estimator has no two columns.
    note : str
    """

    shock: str
    estimate: float
    std_err: float
    low: float
    high: float
    n: int
    start: pd.Timestamp
    end: pd.Timestamp
    cov_type: str
    converged: bool = True
    reason: str = ""
    attenuation: float = np.nan
    dropped: int = 0
    largest_day: pd.Timestamp = pd.NaT  # type: ignore[assignment]
    largest_day_weight: float = np.nan
    stability: Stability = Stability()
    first_stage_f: float = np.nan
    at_start: float = np.nan
    at_end: float = np.nan
    note: str = ""

    @classmethod
    def none(cls, shock: str, reason: str) -> Loading:
        """Say why there is no estimate."""
        empty = (np.nan,) * 4
        return cls(shock, *empty, 0, pd.NaT, pd.NaT, "", converged=False, reason=reason)  # type: ignore[arg-type]

    def to_row(self, event: str, asset: str, method: str, level: float) -> dict[str, Any]:
        """Make a row of the loadings table."""
        return {
            "event": event,
            "asset": asset,
            "shock": self.shock,
            "method": method,
            "estimate_pp_per_bp": self.estimate,
            "std_err": self.std_err,
            "ci_low": self.low,
            "ci_high": self.high,
            "ci_level": level,
            "n": self.n,
            "start": self.start,
            "end": self.end,
            "cov_type": self.cov_type,
            "converged": self.converged,
            "reason": self.reason,
            "attenuation": self.attenuation,
            "dropped": self.dropped,
            "largest_day": self.largest_day,
            "largest_day_weight": self.largest_day_weight,
            "break_date": self.stability.date,
            "break_statistic": self.stability.statistic,
            "break_p": self.stability.p,
            "first_stage_f": self.first_stage_f,
            "start_pp_per_bp": self.at_start,
            "end_pp_per_bp": self.at_end,
            "note": self.note,
        }


def no_paths() -> pd.DataFrame:
    """Make a table of loadings by date or horizon without rows."""
    return pd.DataFrame(columns=list(PATH_COLUMNS))


@dataclass(frozen=True, eq=False)
class LoadingTable:
    """How returns load on shocks: one row an asset, shock and method.

    Attributes
    ----------
    table : DataFrame
        event, asset, shock, method, estimate_pp_per_bp (for the dollar: pp per 1 %), std_err,
        ci_low, ci_high, ci_level, n, start, end, cov_type, converged, reason (why there is no
        estimate, or no bounded interval), attenuation (1 minus the noise share of the shock's
        variance), dropped, largest_day and its weight, break_date, break_statistic, break_p (the
        largest break at an unknown date), first_stage_f, note.
    paths : DataFrame
        What has no single number: event, asset, shock, method, date (rolling, kalman) or
        horizon_days (local_projection), estimate_pp_per_bp, std_err, ci_low, ci_high, ci_level, n.
    """

    table: pd.DataFrame
    paths: pd.DataFrame = field(default_factory=no_paths)

    def __post_init__(self) -> None:
        for frame, columns in ((self.table, LOADING_COLUMNS), (self.paths, PATH_COLUMNS)):
            missing = [name for name in columns if name not in frame]
            if missing:
                raise DataError(f"a loading table lacks {', '.join(missing)}")
        if self.table.duplicated(["event", "asset", "shock", "method"]).any():
            raise DataError("a loading table has one row an event, asset, shock and method")
        object.__setattr__(self, "table", self.table.loc[:, list(LOADING_COLUMNS)])
        object.__setattr__(self, "paths", self.paths.loc[:, list(PATH_COLUMNS)])

    def row(
        self, asset: str, shock: str = "path_bp", method: str = "ols", event: str | None = None
    ) -> pd.Series:
        """Look one loading up; of the first event that has it, unless one is named."""
        table = self.table if event is None else self.table[self.table["event"] == event]
        rows = table[
            (table["asset"] == asset) & (table["shock"] == shock) & (table["method"] == method)
        ]
        if rows.empty:
            raise CoverageError(f"no {method} loading of {asset} on {shock}")
        return rows.iloc[0]

    def estimate(self, asset: str, shock: str = "path_bp", method: str = "ols") -> float:
        """Look one estimate up: pp per bp, for the dollar pp per 1 %."""
        return float(self.row(asset, shock, method)["estimate_pp_per_bp"])

    def to_frame(self) -> pd.DataFrame:
        """Return the tidy table."""
        return self.table.copy()

    def summary(self) -> str:
        """List the loadings with their intervals, a line each."""
        lines = [str(self)]
        for row in self.table.to_dict("records"):
            what = f"{row['asset']:<12} {row['shock']:<9} {row['method']:<16}"
            if np.isnan(row["estimate_pp_per_bp"]):
                lines.append(f"{what} {row['reason']}")
                continue
            ends = f"[{row['ci_low']:+.4f}, {row['ci_high']:+.4f}]"
            line = f"{what} {row['estimate_pp_per_bp']:+8.4f}  {ends}  n {row['n']}"
            lines.append(f"{line}  {row['reason']}".rstrip())
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{len(self.table)} loadings of {self.table['asset'].nunique()} assets"


def compare(results: Mapping[str, LoadingTable]) -> pd.DataFrame:
    """Set several loading tables side by side: estimates by asset and shock, one column each.

    Examples
    --------
    >>> compare({}).empty
    True
    """
    if not results:
        return pd.DataFrame()
    parts = {}
    for name, result in results.items():
        if result.table["method"].nunique() > 1:
            raise DataError(f"{name} holds several methods; compare tables of one method each")
        parts[name] = result.table.set_index(["asset", "shock"])["estimate_pp_per_bp"]
    return pd.DataFrame(parts)
