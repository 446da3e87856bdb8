"""Read a rate path from futures or yields: one call, one engine chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ratemodel.calendars import EffectiveLag, meeting_calendar
from ratemodel.errors import StudyError
from ratemodel.maturities import yield_table
from ratemodel.path.anchor import anchor_levels, daily_fixings
from ratemodel.path.equations import assemble
from ratemodel.path.fedwatch import fedwatch_path
from ratemodel.path.guards import flag_marks
from ratemodel.path.joint import MOVE_SD_BP, solve_joint
from ratemodel.path.premium import expanding_premium_bp, without_premium
from ratemodel.path.yields import trade_dates_of, yields_path
from ratemodel.types.futures import FuturesCurve
from ratemodel.types.path import RatePath

Engine = Literal["joint", "fedwatch", "yields"]

Premium = Literal["none", "expanding"]


def implied_path(
    futures: pd.DataFrame,
    fomc: pd.DataFrame,
    rates: pd.DataFrame | None = None,
    engine: Engine = "joint",
    effective_lag: EffectiveLag = 1,
    *,
    prior_sd_bp: float | None = MOVE_SD_BP,
    anchor_sd_bp: float | Literal["trailing"] | None = "trailing",
    noise_sd_bp: float | Literal["estimated"] = "estimated",
    premium: Premium = "none",
) -> RatePath:
    r"""Read expected rates, meeting by meeting, from fed funds futures or Treasury yields.

    A contract for month c settles at 100 minus the mean effective rate over c's calendar days, and
    between effective dates of decisions the expected rate is flat. So each settlement is one row

    .. math:: y_c = g_{c,0} r_0 + \sum_k g_{c,k} m_k + e_c

    in the current level :math:`r_0` and the moves :math:`m_k` of the meetings still ahead, with
    :math:`g_{c,k}` the share of c's days on or after the effective date of k. In the running month
    published fixings are subtracted. Solved jointly with :math:`m_k \sim N(0, \tau^2)`, no meeting
    is ever dropped, a missing contract only widens errors, and every level has one.

    Parameters
    ----------
    futures : DataFrame
        trade_date, contract, settle. Not read by ``"yields"``; may be empty then.
    fomc : DataFrame
        The fomc table: meetings as known on each date.
    rates : DataFrame, optional
        With DFF or EFFR. Without them the running month is left out and the level is tied to the
        target alone, loosely. Treasury yields among them are kept in the path beside contracts;
        with ``"yields"`` they make it, and their dates are the trade dates.
    engine : {"joint", "fedwatch", "yields"}
        All contracts at once; CME's published algorithm (no errors, no guards, no options:
        ``path.fedwatch``); or yields alone (``path.yields.yields_path``).
    effective_lag : {1, 0, "era"}
        Days from announcement to effect; ``"era"`` is 0 before 2008-12-16 and 1 since.
    prior_sd_bp : float or None
        τ, basis points; None for a flat prior (least squares). Of the joint engine, as is
        `noise_sd_bp`: the walk and the premia of yields have sizes of their own.
    anchor_sd_bp : float, "trailing" or None
        Error of the level's tie to target plus spread; ``"trailing"`` takes the past year's; None
        leaves the level free.
    noise_sd_bp : float or "estimated"
        Error of one settlement; ``"estimated"`` is tick²/12 plus misfit.
    premium : {"none", "expanding"}
        ``"expanding"`` takes off each contract what contracts that far ahead have been above the
        rates that came, on average over the past (``path.premium``). Off by default: the mean at
        six months was +36 bp before 2004 and -5 bp in 2016-2023. Shocks of contracts stay as they
        are.

    Returns
    -------
    RatePath

    Raises
    ------
    StudyError
        If an option is not one of those listed.
    DataError
        If the futures are not settlements by delivery month.
    CoverageError
        If no meeting is known to lie ahead of any trade date.

    References
    ----------
    Kuttner, K. N. (2001), "Monetary policy surprises and interest rates: Evidence from the Fed
    funds futures market", Journal of Monetary Economics 47(3), 523-544 (the contract's average).

    Examples
    --------
    One meeting at mid-month, and the market expects 25 bp from the 16th of June on.

    >>> fomc = pd.DataFrame(
    ...     {
    ...         "announced": pd.to_datetime(["2026-06-15"]),
    ...         "time_et": ["14:00"],
    ...         "kind": ["scheduled"],
    ...         "target_lower_before_pct": [3.5],
    ...         "target_upper_before_pct": [3.75],
    ...         "target_lower_after_pct": [None],
    ...         "target_upper_after_pct": [None],
    ...     }
    ... )
    >>> futures = pd.DataFrame(
    ...     {
    ...         "trade_date": pd.to_datetime(["2026-05-04"] * 2),
    ...         "contract": ["2026-06", "2026-07"],
    ...         "settle": [96.25, 96.125],
    ...     }
    ... )
    >>> path = implied_path(futures, fomc, prior_sd_bp=None, anchor_sd_bp=None, noise_sd_bp=1.0)
    >>> path.at("2026-05-04")["rate_pct"].round(3).tolist()
    [3.625, 3.875]
    """
    _known(engine, get_args(Engine), "engine")
    _known(effective_lag, (0, 1, "era"), "effective_lag")
    _known(premium, get_args(Premium), "premium")
    _sizes(prior_sd_bp=prior_sd_bp, anchor_sd_bp=anchor_sd_bp, noise_sd_bp=noise_sd_bp)
    if premium != "none" and engine != "joint":
        raise StudyError(f"premium is of contracts read jointly, not of engine {engine!r}")
    chosen = (prior_sd_bp, anchor_sd_bp, noise_sd_bp)
    if engine == "fedwatch" and chosen != (MOVE_SD_BP, "trailing", "estimated"):
        raise StudyError("engine 'fedwatch' has no prior, anchor or noise to set")
    calendar = meeting_calendar(fomc, effective_lag)
    fixings, quoted = _fixings(rates), yield_table(rates)
    if engine == "yields":
        if (prior_sd_bp, noise_sd_bp) != (MOVE_SD_BP, "estimated"):
            raise StudyError("prior_sd_bp and noise_sd_bp are the joint engine's, not of yields")
        dates = trade_dates_of(quoted, calendar)
        anchor = _anchor(dates, calendar, fixings, anchor_sd_bp)
        return yields_path(quoted.loc[dates], calendar, anchor, fixings, effective_lag)
    curve = FuturesCurve.from_settlements(futures)
    dates = curve.trade_dates
    anchor = _anchor(dates, calendar, fixings, anchor_sd_bp)
    if engine == "fedwatch":
        return fedwatch_path(curve, calendar, anchor, fixings, effective_lag)
    curve = flag_marks(curve, anchor["level_pct"].to_numpy(float))
    system = assemble(curve, calendar, anchor, fixings)
    tau = np.inf if prior_sd_bp is None else float(prior_sd_bp)
    path = solve_joint(system, tau, noise_sd_bp, effective_lag)
    if premium == "expanding":
        # A premium is no noise: how exact marks are is told before it is taken off.
        system = without_premium(system, expanding_premium_bp(curve, fixings))
        errors = path.marks
        path = solve_joint(system, tau, errors.total_bp, effective_lag)
        path = replace(path, marks=replace(errors, residual_bp=path.marks.residual_bp))
    return replace(path, yields_pct=quoted.reindex(dates))


def _anchor(
    dates: pd.DatetimeIndex,
    calendar: pd.DataFrame,
    fixings: pd.Series[float],
    sd_bp: float | str | None,
) -> pd.DataFrame:
    anchor = anchor_levels(dates, calendar, fixings)
    if sd_bp is None:
        anchor["sd_bp"] = np.inf
    elif sd_bp != "trailing":
        anchor["sd_bp"] = float(sd_bp)
    return anchor


def _known(value: object, allowed: tuple[object, ...], name: str) -> None:
    if value not in allowed:
        raise StudyError(f"{name} must be one of {', '.join(map(str, allowed))}, got {value!r}")


def _sizes(**options: object) -> None:
    """Refuse an error that is no positive number, unless a word or None stands for it."""
    words: dict[str, tuple[object, ...]] = {
        "prior_sd_bp": (None,),
        "anchor_sd_bp": (None, "trailing"),
        "noise_sd_bp": ("estimated",),
    }
    for name, value in options.items():
        if value in words[name]:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0.0 < float(str(value)) < np.inf:
            other = " or ".join(repr(word) for word in words[name])
            raise StudyError(f"{name} must be a positive number or {other}, got {value!r}")


def _fixings(rates: pd.DataFrame | None) -> pd.Series[float]:
    def series(name: str) -> pd.Series[float]:
        if rates is None:
            return pd.Series(dtype=float, index=pd.DatetimeIndex([]))
        rows = rates.loc[rates["series"] == name]
        index = pd.DatetimeIndex(pd.to_datetime(rows["date"]))
        return pd.Series(rows["value"].to_numpy(float), index=index).sort_index()

    return daily_fixings(series("DFF"), series("EFFR"))
