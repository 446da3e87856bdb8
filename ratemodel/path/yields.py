"""The path without futures: Treasury yields as averages of the expected rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import YIELD_CLOCK, EffectiveLag, meetings_ahead
from ratemodel.errors import CoverageError
from ratemodel.linear import gaussian_posterior, quadratic_form
from ratemodel.maturities import LONGEST_MONTHS, YIELD_SERIES, maturity_dates, share_after
from ratemodel.path.equations import known_decisions
from ratemodel.path.joint import IDENTIFIED_PRIOR_SHARE
from ratemodel.path.systems import DECISION_SD_BP
from ratemodel.types.covariance import PathCovariance
from ratemodel.types.futures import FuturesCurve
from ratemodel.types.marks import MarkErrors
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]

WALK_SD_BP = 10.0
"""Forward rates a month apart differ by this much, before a yield is seen."""
MEETINGS_A_YEAR = 8
MOVE_SD_BP = WALK_SD_BP * (12.0 / MEETINGS_A_YEAR) ** 0.5
"""The same walk in steps at meetings. Meetings a few days apart are no smaller steps: the second
is held because much is to be decided."""
PREMIUM_SD_BP = {"DGS3MO": 27.0, "DGS6MO": 16.0, "DGS1": 18.0, "DGS2": 30.0}
"""How far a yield lies from the mean expected rate: root mean square distance from the path of
futures where contracts identify it, 1989-1999 (one year: to 2010). Bills lie below it, as safe
assets do. For two years contracts reach too seldom; 30 is assumed."""


def trade_dates_of(yields_pct: pd.DataFrame, calendar: pd.DataFrame) -> pd.DatetimeIndex:
    """List the dates of yields from the calendar's first meeting on.

    Raises
    ------
    CoverageError
        If no yield is quoted, or none since the first meeting.
    """
    if yields_pct.empty:
        raise CoverageError(
            f"the rates table holds no Treasury yield ({', '.join(YIELD_SERIES)}) to read a path "
            "from"
        )
    if calendar.empty:
        raise CoverageError("the fomc table lists no meeting")
    first = calendar["announced"].iloc[0]
    dates = pd.DatetimeIndex(yields_pct.index)
    if dates[-1] < first:
        raise CoverageError(
            f"yields end on {dates[-1]:%Y-%m-%d}, before the fomc table's first meeting of "
            f"{first:%Y-%m-%d}"
        )
    return pd.DatetimeIndex(dates[dates >= first])


def yields_path(
    yields_pct: pd.DataFrame,
    calendar: pd.DataFrame,
    anchor: pd.DataFrame,
    fixings_pct: pd.Series[float],
    effective_lag: EffectiveLag = 1,
    *,
    move_sd_bp: float = MOVE_SD_BP,
    premium_sd_bp: dict[str, float] | None = None,
) -> RatePath:
    r"""Read expected rates from Treasury yields, each an average over its maturity.

    .. math:: y_h = r_0 + \sum_k g_{h,k} m_k + e_h, \qquad m_k \sim N(0, \tau^2),
              \qquad e_h \sim N(0, s_h^2),

    with :math:`g_{h,k}` the share of the days to maturity on or after the effective date of k,
    :math:`\tau` the step at a meeting of a walk of 10 bp a month, and :math:`s_h` the size of the
    premium. Averages are fitted as averages: forward rates bootstrapped between four maturities
    multiply the premium by what lies between them and end 60 to 100 bp too low.

    Parameters
    ----------
    yields_pct : DataFrame, shape (T, 4)
        Percent, by trade date; NaN where not quoted.
    calendar : DataFrame
        Meetings (``calendars.meeting_calendar``).
    anchor : DataFrame, T rows
        What ties the current level (``anchor_levels``).
    fixings_pct : Series
        Effective rate by calendar day; kept in the path.
    effective_lag : {0, 1, "era"}
        Recorded in the path.
    move_sd_bp : float
        τ, basis points.
    premium_sd_bp : dict, optional
        :math:`s_h` by series, basis points.

    Returns
    -------
    RatePath
        Without contracts. A yield that ends more than a month after the last known meeting is left
        out. A level is identified where the walk's share of its variance is below one half: four
        averages span no single level, so spanning is not asked.

    Examples
    --------
    >>> import ratemodel as rm
    >>> market = rm.load_market("replica")
    >>> path = rm.implied_path(market.futures, market.fomc, market.rates, engine="yields")
    >>> path.engine, path.curve.months.size
    ('yields', 0)
    """
    dates = pd.DatetimeIndex(yields_pct.index)
    ends = maturity_dates(dates)
    observed = 100.0 * yields_pct.loc[:, list(YIELD_SERIES)].to_numpy(float)
    calendar_end = pd.Timestamp(calendar["effective"].iloc[-1]) + pd.DateOffset(months=1)
    usable = np.isfinite(observed) & (ends <= calendar_end.to_datetime64())
    farthest = pd.DatetimeIndex(dates + pd.DateOffset(months=LONGEST_MONTHS))
    meetings = meetings_ahead(calendar, dates, farthest, YIELD_CLOCK)
    held = meetings >= 0
    effective = calendar["effective"].to_numpy()[meetings]
    weights = share_after(dates.to_numpy(), ends, effective) * held[:, None, :]
    prior_bp, decided = known_decisions(calendar, dates, meetings, YIELD_CLOCK)
    sizes = np.array([(premium_sd_bp or PREMIUM_SD_BP)[name] for name in YIELD_SERIES])
    level, sd = (anchor[name].to_numpy(float) for name in ("level_pct", "sd_bp"))
    tied = np.isfinite(level) & np.isfinite(sd)
    state = np.column_stack([np.ones(len(dates), dtype=bool), held])
    moves = np.where(decided, DECISION_SD_BP**-2.0, move_sd_bp**-2.0)
    prior_precision = np.column_stack([np.where(tied, sd**-2.0, 0.0), moves])
    mean, covariance = gaussian_posterior(
        np.concatenate([np.ones((*usable.shape, 1)), weights], axis=2),
        np.where(usable, sizes**-2.0, 0.0),
        np.where(usable, observed, 0.0),
        np.column_stack([np.where(tied, 100.0 * level, 0.0), prior_bp]),
        np.where(state, prior_precision, 1.0),
    )
    mean *= state
    covariance *= state[:, :, None] & state[:, None, :]
    variances, level_share, move_share = _prior_shares(covariance, state, move_sd_bp)
    return RatePath(
        curve=FuturesCurve.without_contracts(dates),
        calendar=calendar,
        anchor=anchor,
        fixings_pct=fixings_pct,
        marks=MarkErrors.none(),
        meetings=meetings,
        reach=(meetings >= 0).sum(axis=1),
        current_pct=mean[:, 0] / 100.0,
        moves_bp=mean[:, 1:],
        covariance=PathCovariance.of_states(covariance, held.sum(axis=1)),
        level_se_bp=np.sqrt(np.where(state, variances, 0.0)),
        move_se_bp=np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))[:, 1:],
        level_identified=(level_share < IDENTIFIED_PRIOR_SHARE) & state,
        level_prior_share=level_share,
        move_identified=(move_share < IDENTIFIED_PRIOR_SHARE) & held,
        move_prior_share=move_share,
        effective_lag=effective_lag,
        prior_sd_bp=move_sd_bp,
        engine="yields",
        yields_pct=yields_pct.where(usable),
        clock=YIELD_CLOCK,
    )


def _prior_shares(
    covariance: Floats, state: npt.NDArray[np.bool_], tau: float
) -> tuple[Floats, Floats, Floats]:
    """Variances of levels; posterior over prior variance of levels and of moves.

    The level's tie counts as data.
    """
    size = state.shape[1]
    levels = np.tril(np.ones((size, size)))[None] * state[:, None, :]
    after = quadratic_form(levels, covariance)
    before = tau**2 * np.cumsum(state, axis=1) - tau**2
    share = np.divide(after, before, out=np.zeros_like(after), where=before > 0)
    moves = np.diagonal(covariance, axis1=1, axis2=2)[:, 1:] / tau**2
    return after, share, np.where(state[:, 1:], moves, 1.0)
