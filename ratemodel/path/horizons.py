"""Read the path at fixed distances: expected rates and priced changes over 1 to 24 months."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import strike_times
from ratemodel.config import Bands
from ratemodel.maturities import maturity_dates
from ratemodel.path.bands import predictive_half_width
from ratemodel.path.target import known_target
from ratemodel.types.path import RatePath

HORIZONS_MONTHS = (1, 3, 6, 12, 24)
PREDICTIVE = "predictive"


def expected_rates(path: RatePath, when: pd.DatetimeIndex) -> pd.DataFrame:
    r"""Read, for each trade date, the rate expected to rule on a given later date.

    .. math:: E_t[r_H] = r_0 + \sum_{k:\, \text{effective}_k \le H} m_k

    Parameters
    ----------
    path : RatePath
    when : DatetimeIndex, length T
        The date H, one for each trade date of the path.

    Returns
    -------
    DataFrame, T rows
        expected_rate_pct; priced_change_bp, its distance from the target announced by then plus
        the usual spread of the effective rate (`known_target`; from the current level where no
        target is known); se_bp of the expected rate; identified (spanned by contracts, prior
        share below 0.5, and H within the contracts' months or the yields' maturities and not a
        month beyond the last known meeting). Meetings by H that no contract reaches add the
        prior's variance.
    """
    ahead, decided = _slots(path, when)
    rows = np.arange(len(when))
    last = ahead.sum(axis=1)
    expected = path.levels_pct[rows, last]
    level = known_target(path)["level_pct"].to_numpy(float)
    moves = np.where(ahead & ~decided, path.moves_bp, 0.0).sum(axis=1)
    reach = _last_maturity(path) if path.engine == "yields" else _last_quoted_day(path)
    end = pd.Timestamp(path.calendar["effective"].iloc[-1]) + pd.DateOffset(months=1)
    return pd.DataFrame(
        {
            "expected_rate_pct": expected,
            "priced_change_bp": np.where(np.isnan(level), moves, 100.0 * (expected - level)),
            "se_bp": path.level_se_bp[rows, last],
            "identified": path.level_identified[rows, last] & (when <= reach) & (when <= end),
        },
        index=path.trade_dates,
    )


def horizon_frame(
    path: RatePath,
    horizons: Sequence[int] = HORIZONS_MONTHS,
    *,
    level: float = Bands().level,
) -> pd.DataFrame:
    """Tabulate expected rates at several horizons (the table path_horizons).

    The standard error is that of reading an expectation off today's market. The band is for the
    effective rate of the day itself, which differs from what was expected by all the news between,
    and by premia: it is as wide as past errors, known on the date, have been.

    Parameters
    ----------
    path : RatePath
    horizons : sequence of int
        Months from each trade date.
    level : float
        Coverage the band is made for.

    Returns
    -------
    DataFrame
        trade_date, horizon_months, expected_rate_pct, priced_change_bp, se_bp, identified,
        low_pct, high_pct (NaN where too little is past) and band, ``predictive`` where there is
        one.

    Examples
    --------
    >>> import ratemodel as rm
    >>> market = rm.load_market("replica")
    >>> path = rm.implied_path(market.futures, market.fomc, market.rates)
    >>> sorted(set(horizon_frame(path, [1])["band"]))
    ['', 'predictive']
    """
    parts = []
    for months in horizons:
        when = pd.DatetimeIndex(path.trade_dates + pd.DateOffset(months=months))
        frame = expected_rates(path, when).reset_index(names="trade_date")
        frame.insert(1, "horizon_months", months)
        expected = frame["expected_rate_pct"].to_numpy(float)
        half = predictive_half_width(path, months, expected, level)
        frame["low_pct"], frame["high_pct"] = expected - half, expected + half
        frame["band"] = np.where(np.isnan(half), "", PREDICTIVE)
        parts.append(frame)
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["trade_date", "horizon_months"], ignore_index=True)


def _slots(
    path: RatePath, when: pd.DatetimeIndex
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    held = path.meetings >= 0
    effective = path.calendar["effective"].to_numpy()[path.meetings]
    announced = path.calendar["announced_utc"].to_numpy()[path.meetings]
    struck = strike_times(path.trade_dates, path.clock)
    ahead = held & (effective <= when.to_numpy()[:, None])
    return ahead, held & (announced <= struck[:, None])


def _last_quoted_day(path: RatePath) -> pd.DatetimeIndex:
    quoted = path.curve.quoted
    last = quoted.shape[1] - 1 - np.argmax(quoted[:, ::-1], axis=1)
    return pd.DatetimeIndex(path.curve.months[last].end_time.normalize())


def _last_maturity(path: RatePath) -> pd.DatetimeIndex:
    """Day on which the longest yield of each date ends; the date itself where there is none."""
    quoted = path.yields_pct.notna().to_numpy()
    dates = path.trade_dates.to_numpy().astype("datetime64[D]")[:, None]
    ends = np.where(quoted, maturity_dates(path.trade_dates), dates)
    return pd.DatetimeIndex(ends.max(axis=1))
