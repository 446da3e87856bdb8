"""Daily shocks from changes of contracts, never from a difference of two paths."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import strike_times
from ratemodel.errors import StudyError
from ratemodel.levels import posterior
from ratemodel.rows import count_before
from ratemodel.shocks.contract_changes import (
    MAX_GAP_DAYS,
    Changes,
    contract_changes,
    months_later,
    trailing_move_sd,
)
from ratemodel.shocks.yield_rows import YieldRows, premium_noise, update_levels, yield_rows
from ratemodel.shocks.yields_only import COMMON_SHARE, revise_by_yields, trailing_scales
from ratemodel.types.path import RatePath
from ratemodel.types.shocks import PATH, PATH_PRIOR_SHARE, ShockSeries

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

OTHER_PRIOR_SHARE = 0.5
"""Prior share above which target and slope are left empty."""
FUTURES, YIELDS = "futures", "yields"
BOTH = f"{FUTURES}+{YIELDS}"
CHUNK_DATES = 128
"""Dates solved together: few enough to fit in a cache, many enough to be quick."""
FIXED_DATES_AHEAD = 12
"""Quarter ends for which revisions are kept: three years."""


def path_shocks(path: RatePath, *, yields: bool = True) -> ShockSeries:
    r"""Measure how much each trade date revised the expected rate path.

    Estimated from changes of contracts quoted and unflagged on both days,

    .. math:: \Delta y_c = g_c'\delta + u_c, \qquad \delta_k \sim N(0, q^2),
              \qquad \operatorname{Var} u_c = 2(\text{tick}^2/12 + \eta^2),

    where :math:`\delta_k` revises the move of meeting k. A difference of two fitted paths would
    make false shocks of tens of basis points whenever the set of contracts, a flag or the row of
    an announced decision changes. In the running month the fixing surprise is removed.

    ``path_bp`` is the revision of the rate ruling 12 months after the date before, ``slope_bp``
    24 minus 12 months, ``target_bp`` the meeting announced on the date, else the next one.

    Where contracts leave a quarter or more of path_bp's variance to the prior, changes of Treasury
    yields enter as further rows (``shocks.yield_rows``), which repairs the scale: contracts that
    reach half the way show half the revision. Everywhere else nothing changes. A path read from
    yields is revised by yields alone (``shocks.yields_only``).

    Parameters
    ----------
    path : RatePath
        Brings the curve with its flags, the calendar, noise, anchor and yields.
    yields : bool
        False for contracts alone.

    Returns
    -------
    ShockSeries
        Strikes 15:00 New York (yields alone: 15:30). path_bp is kept with ``identified`` False
        where its prior share, with all that entered, is a quarter or more; target_bp and slope_bp
        are NaN where theirs exceeds one half. `source` says of each date what entered. Revisions at
        fixed dates are of contracts alone wherever there are contracts.

    Raises
    ------
    StudyError
        If the path was read by FedWatch's algorithm.

    Examples
    --------
    >>> import ratemodel as rm
    >>> market = rm.load_market("replica")
    >>> path = rm.implied_path(market.futures, market.fomc, market.rates)
    >>> rm.path_shocks(path).names
    ['target_bp', 'path_bp', 'slope_bp']
    """
    if path.engine == "fedwatch":
        raise StudyError("a fedwatch path has no errors and no shocks: read it with engine='joint'")
    changes = contract_changes(path)
    rows = yield_rows(path, changes.meetings, MAX_GAP_DAYS)
    year, two_years = _levels_by(path, changes, 12), _levels_by(path, changes, 24)
    spans = {
        "target_bp": _target_span(path, changes),
        PATH: (np.zeros_like(year), year),
        "slope_bp": (np.where(year < 0, -1, year), two_years),
    }
    dates = path.trade_dates
    every = np.arange(len(dates))
    if path.engine == YIELDS:
        revised = _by_yields(changes, rows)
        fixed = _fixed_dates(path, changes, revised)
        source = np.where(revised.usable, YIELDS, "").astype(object)
    else:
        revised = _revise(changes, trailing_move_sd(changes))
        fixed = _fixed_dates(path, changes, revised)
        source = np.where(changes.usable, FUTURES, "").astype(object)
        told = _read(revised, every, *spans[PATH])[2] < PATH_PRIOR_SHARE
        weak = np.flatnonzero(~told & rows.any)
        if yields and len(weak):
            revised = _with_yields(revised, rows, told, weak)
            source[weak] = np.where(changes.usable[weak], BOTH, YIELDS)
    values, errors, shares = {}, {}, {}
    for name, (first, last) in spans.items():
        values[name], errors[name], shares[name] = _read(revised, every, first, last)
    for name in ("target_bp", "slope_bp"):
        hidden = ~(shares[name] <= OTHER_PRIOR_SHARE)
        values[name] = np.where(hidden, np.nan, values[name])
        errors[name] = np.where(hidden, np.nan, errors[name])
    struck = strike_times(dates, path.clock)
    limits = {"target_bp": OTHER_PRIOR_SHARE, PATH: PATH_PRIOR_SHARE, "slope_bp": OTHER_PRIOR_SHARE}
    identified = {
        name: np.isfinite(values[name]) & (shares[name] < limit) for name, limit in limits.items()
    }
    return ShockSeries(
        values_bp=pd.DataFrame(values, index=dates),
        errors_bp=pd.DataFrame(errors, index=dates),
        identified=pd.DataFrame(identified, index=dates),
        start_utc=np.concatenate([struck[:1] - np.timedelta64(1, "D"), struck[:-1]]),
        end_utc=struck,
        source=pd.Series(source, index=dates),
        fixed_bp=fixed[0],
        fixed_se_bp=fixed[1],
        fixed_prior_share=fixed[2],
        fixed_source=YIELDS if path.engine == YIELDS else FUTURES,
        metadata={
            "sample": f"{dates[0]:%Y-%m-%d}..{dates[-1]:%Y-%m-%d}, daily",
            "scaling": "basis points of the expected rate",
            "sign": "positive is a higher expected rate (hawkish)",
        },
        jumps=changes.jumps,
    )


@dataclass(frozen=True, eq=False)
class _Revised:
    """Revisions of levels: first the current one, which is not revised, then by meeting."""

    mean_bp: Floats
    """Shape (T, K + 1)."""
    covariance_bp2: Floats
    """Shape (T, K + 1, K + 1)."""
    move_sd_bp: Floats
    usable: Bools
    common: float = 0.0
    """Prior correlation of two meetings' revisions."""


def _revise(changes: Changes, move_sd: Floats) -> _Revised:
    held = np.pad(changes.meetings >= 0, ((0, 0), (1, 0)), constant_values=True)
    mean = np.zeros(held.shape)
    covariance = np.zeros((*held.shape, held.shape[1]))
    for start in range(0, len(held), CHUNK_DATES):
        stop = min(start + CHUNK_DATES, len(held))
        size = int(held[start:stop].sum(axis=1).max())
        of = slice(*np.searchsorted(changes.rows.date, [start, stop]))
        prior = np.tile(move_sd[start:stop] ** -2.0, (size, 1))
        prior[0] = np.inf
        levels, part = posterior(
            changes.rows.between(start, stop),
            1.0 / changes.variance_bp2[of],
            changes.change_bp[of],
            prior,
            held[start:stop, :size].T,
        )
        mean[start:stop, :size] = levels.T
        covariance[start:stop, :size, :size] = part.transpose(2, 0, 1)
    return _Revised(mean, covariance, move_sd, changes.usable)


def _with_yields(revised: _Revised, rows: YieldRows, told: Bools, at: Ints) -> _Revised:
    """Let the changes of yields enter on some dates, with noise as futures tell it on others."""
    noise = premium_noise(rows, revised.mean_bp, revised.covariance_bp2, told)
    mean, covariance = revised.mean_bp.copy(), revised.covariance_bp2.copy()
    mean[at], covariance[at] = update_levels(mean[at], covariance[at], rows.take(at), noise[at])
    usable = revised.usable.copy()
    usable[at] = True
    return replace(revised, mean_bp=mean, covariance_bp2=covariance, usable=usable)


def _by_yields(changes: Changes, rows: YieldRows) -> _Revised:
    scales = trailing_scales(rows)
    mean, covariance = revise_by_yields(rows, scales, changes.meetings >= 0)
    levels = np.pad(np.cumsum(mean, axis=1), ((0, 0), (1, 0)))
    summed = np.cumsum(np.cumsum(covariance, axis=1), axis=2)
    padded = np.pad(summed, ((0, 0), (1, 0), (1, 0)))
    return _Revised(levels, padded, scales.move_sd_bp, rows.any, COMMON_SHARE)


def _levels_by(path: RatePath, changes: Changes, months: int) -> Ints:
    """Level ruling `months` after the date before; -1 where the calendar does not reach it."""
    when = months_later(path, months)
    level = _level_on(path, changes, np.arange(len(when)), when)
    return np.where(when > _calendar_end(path), -1, level)


def _calendar_end(path: RatePath) -> pd.Timestamp:
    """Last date before which no further, unlisted meeting is to be expected."""
    return pd.Timestamp(path.calendar["effective"].iloc[-1]) + pd.DateOffset(months=1)


def _level_on(path: RatePath, changes: Changes, date: Ints, when: pd.DatetimeIndex) -> Ints:
    """Level ruling on a day, as seen from a trade date: how many meetings take effect by then."""
    by = np.searchsorted(path.calendar["effective"].to_numpy(), when.to_numpy(), side="right")
    return count_before(changes.meetings, date, by)


def _target_span(path: RatePath, changes: Changes) -> tuple[Ints, Ints]:
    """Levels before and after the first meeting that is not cancelled; the same where none is."""
    meetings = changes.meetings
    first = np.zeros(len(meetings), dtype=np.int64)
    if not meetings.shape[1]:
        return first, first
    today = path.trade_dates.to_numpy()[:, None]
    live = path.calendar["cancelled_on"].to_numpy()[meetings] > today
    candidates = (meetings >= 0) & live
    first = np.argmax(candidates, axis=1)
    return first, first + candidates.any(axis=1)


def _read(revised: _Revised, date: Ints, first: Ints, last: Ints) -> tuple[Floats, Floats, Floats]:
    """Revision from one level to another, its standard error and prior share, seen from dates.

    NaN where nothing was revisable: no change is known, or no meeting lies between.
    """
    known = revised.usable[date] & (first >= 0) & (last > first)
    value, error, share = (np.full(len(date), np.nan) for _ in range(3))
    at, i, j = date[known], first[known], last[known]
    covariance = revised.covariance_bp2
    after = covariance[at, j, j] + covariance[at, i, i] - 2.0 * covariance[at, i, j]
    value[known] = revised.mean_bp[at, j] - revised.mean_bp[at, i]
    error[known] = np.sqrt(after)
    # Revisions of n meetings with correlation c: n (1 - c) + n² c times the variance of one.
    meetings = (1.0 - revised.common) * (j - i) + revised.common * (j - i) ** 2
    share[known] = after / (meetings * revised.move_sd_bp[at] ** 2)
    return value, error, share


def _fixed_dates(
    path: RatePath, changes: Changes, revised: _Revised
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    dates, reach = path.trade_dates, pd.DateOffset(months=3 * FIXED_DATES_AHEAD)
    quarter_ends = pd.date_range(dates[0], dates[-1] + reach, freq="QE")
    day, when = dates.to_numpy()[:, None], quarter_ends.to_numpy()
    near = (day <= when) & (day > (quarter_ends - reach).to_numpy())
    near &= (when <= changes.last_day.to_numpy()[:, None]) & (when <= _calendar_end(path))
    date, column = np.nonzero(near)
    level = _level_on(path, changes, date, quarter_ends[column])
    frames = []
    for values in _read(revised, date, np.zeros_like(level), level):
        table = np.full(near.shape, np.nan)
        table[date, column] = values
        frames.append(pd.DataFrame(table, index=dates, columns=quarter_ends, copy=False))
    return frames[0], frames[1], frames[2]
