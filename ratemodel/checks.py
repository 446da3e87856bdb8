"""Diagnostics of a run: identities, leaks, identification, calendar, definitions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import meeting_calendar, target_on
from ratemodel.path import GUARDS, contract_residuals_bp, tick_sensitivity_bp
from ratemodel.shocks.choice import IDENTIFIED_SHARE
from ratemodel.types.checks import Check, CheckTable
from ratemodel.types.decomposition import ADDING_UP_PP, CrashDecomposition
from ratemodel.types.eras import ERAS
from ratemodel.types.market import Market
from ratemodel.types.path import RatePath
from ratemodel.types.shocks import PATH, ShockSeries

CALENDAR_SINCE = pd.Timestamp("1994-01-01")
SAME_TARGET_PCT = 1e-6
FRONT_SINCE = pd.Timestamp("2000-01-01")
FRONT_ERROR_BP = 0.3
"""Settlement prices of expiring contracts average the month within this, in the median."""
PROBABILITY_GAP = 1e-9
"""Some dozens of floats, rounded."""
TWO_ERRORS = 2.0
NOT_A_NUMBER = float("nan")


def run_checks(
    market: Market,
    path: RatePath,
    shocks: ShockSeries,
    split: CrashDecomposition,
    odds: pd.DataFrame,
) -> CheckTable:
    """Check what a run claims; fatal ones decide its exit status.

    Parameters
    ----------
    market, path, shocks, split
        All stages of a run; `shocks` before the study's choice.
    odds : DataFrame
        Probabilities of targets after meetings, as tabulated; empty where there are none.

    Returns
    -------
    CheckTable
    """
    return CheckTable(
        (
            Check("adding_up_pp", split.adding_up_gap_pp(), "<=", ADDING_UP_PP, fatal=True),
            _no_leak(split),
            odds_sum(odds),
            calendar_agrees(market),
            front_contract(path),
            *_identification(shocks, split),
            *_contracts(path),
            *_fits(split),
            *_flags(path, shocks),
            *_omitted(split),
        )
    )


def _no_leak(split: CrashDecomposition) -> Check:
    late = split.windows["last_sample_utc"] - split.windows["start_utc"]
    return Check(
        "estimate_reaches_event_seconds",
        float(late.dt.total_seconds().max()),
        "<=",
        0.0,
        fatal=True,
        note="end of the last interval used in estimation, after the event's first strike",
    )


def calendar_agrees(market: Market) -> Check:
    """Count dates since 1994 whose published target is not the calendar's.

    FRED dates a change on the day it is announced or on the day after, so on each date the target
    may be the one that rules under either convention.
    """
    name = "calendar_target_disagreements"
    upper, lower, single = (market.rate(s) for s in ("DFEDTARU", "DFEDTARL", "DFEDTAR"))
    published = pd.concat([single, (upper + lower).dropna() / 2.0]).sort_index()
    published = published.loc[published.index >= CALENDAR_SINCE]
    if published.empty:
        note = "not tested: the rates table has no DFEDTAR, DFEDTARU or DFEDTARL"
        return Check(name, NOT_A_NUMBER, "info", NOT_A_NUMBER, note=note)
    dates = pd.DatetimeIndex(published.index)
    ruling = [target_on(dates, meeting_calendar(market.fomc, lag)) for lag in (0, 1)]
    known = np.isfinite(ruling[0]) & np.isfinite(ruling[1])
    if not known.any():
        note = "not tested: the fomc table has no decision"
        return Check(name, NOT_A_NUMBER, "info", NOT_A_NUMBER, note=note)
    apart = [np.abs(published.to_numpy(float) - target) > SAME_TARGET_PCT for target in ruling]
    wrong = apart[0] & apart[1] & known
    tested = f"{int(known.sum()):,} dates"
    note = f"first on {dates[wrong][0]:%Y-%m-%d}" if wrong.any() else tested
    return Check(name, float(wrong.sum()), "==", 0.0, fatal=True, note=note)


def odds_sum(odds: pd.DataFrame) -> Check:
    """Check that the probabilities of a meeting's targets sum to one."""
    name = "probabilities_sum_gap"
    if odds.empty:
        note = "not tested: no odds, because no target is known"
        return Check(name, NOT_A_NUMBER, "info", NOT_A_NUMBER, note=note)
    total = odds.groupby(["trade_date", "meeting"])["probability"].sum()
    gap = float((total - 1.0).abs().max())
    note = f"{len(total):,} meetings on {odds['trade_date'].nunique():,} trade dates"
    return Check(name, gap, "<=", PROBABILITY_GAP, fatal=True, note=note)


def front_contract_errors_bp(path: RatePath) -> pd.Series[float]:
    """Compare each contract's last price in its month with the month's mean effective rate.

    Returns
    -------
    Series
        Price-implied rate minus realised mean, basis points, by delivery month since 2000; months
        whose fixings are not all known are left out.
    """
    fixings = path.fixings_pct.dropna()
    if fixings.empty:
        return pd.Series(dtype=float)
    days = pd.DatetimeIndex(fixings.index).to_period("M")
    realised = fixings.groupby(days).agg(["mean", "size"])
    whole = realised["size"] == pd.PeriodIndex(realised.index).days_in_month
    curve = path.curve.to_frame()
    running = curve.loc[curve["trade_date"].dt.to_period("M") == curve["contract"]]
    last = running.groupby("contract").last()
    last = last.loc[last["trade_date"] >= FRONT_SINCE]
    ended = last["trade_date"].dt.to_period("M").to_numpy() < path.trade_dates[-1].to_period("M")
    error: pd.Series[float] = 100.0 * (last["rate_pct"].loc[ended] - realised.loc[whole, "mean"])
    return error.dropna()


def front_contract(path: RatePath) -> Check:
    """Check the definition of the contract against realised averages."""
    name, errors = "front_contract_median_abs_error_bp", front_contract_errors_bp(path)
    if errors.empty:
        note = "not tested: no contract is quoted in a month whose fixings are all known"
        return Check(name, NOT_A_NUMBER, "info", NOT_A_NUMBER, note=note)
    value = float(errors.abs().median())
    return Check(name, value, "<=", FRONT_ERROR_BP, note=f"{len(errors)} contracts since 2000")


def _identification(shocks: ShockSeries, split: CrashDecomposition) -> list[Check]:
    used = [
        Check(
            f"shock_identified_share:{event}",
            share,
            ">=",
            IDENTIFIED_SHARE,
            note=split.shock_notes[event],
        )
        for event, share in split.identified_share.items()
    ]
    overall = Check(
        "path_12m_identified_share",
        float(shocks.identified[PATH].mean()) if PATH in shocks.names else NOT_A_NUMBER,
        "info",
        NOT_A_NUMBER,
        note="all dates, by whatever source the shock has",
    )
    return [*used, overall]


def _fits(split: CrashDecomposition) -> list[Check]:
    failed = [f"{e} {a}" for (e, a), fit in split.volatility.items() if not fit.converged]
    refitted = [
        f"{e} {a}: {fit.note}" for (e, a), fit in split.volatility.items() if "refitted" in fit.note
    ]
    disagree = split.windows.loc[split.windows["disagree"]]
    against = [f"{row['event']} {row['asset']}" for row in disagree.to_dict("records")]
    dollar = split.table.loc[split.table["component"] == "dollar"]
    left_out = dollar.loc[dollar["note"] != "", ["event", "asset"]]
    rows = [
        Check(
            f"rows_dropped:{row['event']}:{row['asset']}",
            float(row["dropped_rows"]),
            "info",
            NOT_A_NUMBER,
            note=f"of {row['sample_rows'] + row['dropped_rows']}: a shock or dollar move missing",
        )
        for row in split.windows.to_dict("records")
    ]
    return [
        Check("volatility_not_converged", float(len(failed)), "==", 0.0, note="; ".join(failed)),
        Check(
            "volatility_refitted",
            float(len(refitted)),
            "info",
            NOT_A_NUMBER,
            note="; ".join(refitted),
        ),
        Check(
            "dollar_left_out",
            float(len(left_out)),
            "info",
            NOT_A_NUMBER,
            note="; ".join(f"{e} {a}" for e, a in left_out.itertuples(index=False)),
        ),
        Check("flows_and_prices_disagree", float(len(against)), "==", 0.0, note="; ".join(against)),
        *rows,
    ]


def _contracts(path: RatePath) -> list[Check]:
    """Say by era how far contracts lie from the path, and how much hangs on one of them."""
    if not path.curve.months.size:
        note = "not tested: the path is read from yields"
        return [Check("contract_residual_rms_bp", NOT_A_NUMBER, "info", NOT_A_NUMBER, note=note)]
    residuals = contract_residuals_bp(path)
    ticks = tick_sensitivity_bp(path).dropna()
    rows = []
    for era, (first, last) in ERAS.items():
        own = residuals.loc[residuals["trade_date"].between(first, last)]
        if len(own):
            rms = float(np.sqrt((own["residual_bp"] ** 2).mean()))
            share = float((own["residual_bp"].abs() <= TWO_ERRORS * own["noise_bp"]).mean())
            note = f"{len(own):,} settlements, {share:.0%} of them within two standard deviations"
            name = f"contract_residual_rms_bp:{era}"
            rows.append(Check(name, rms, "info", NOT_A_NUMBER, note=note))
        moved = ticks.loc[first:last]
        if len(moved):
            note = (
                f"move of the rate 12 months ahead for a tick in the contract it hangs on most; "
                f"median of {len(moved):,} dates"
            )
            name = f"one_tick_sensitivity_bp:{era}"
            rows.append(Check(name, float(moved.median()), "info", NOT_A_NUMBER, note=note))
    return rows


def _flags(path: RatePath, shocks: ShockSeries) -> list[Check]:
    quoted = path.curve.quoted
    dates = path.trade_dates[np.nonzero(quoted)[0]]
    flags = path.curve.flags.to_numpy(object)[quoted]
    spans: dict[str, npt.NDArray[np.bool_]] = {"": np.ones(len(flags), dtype=bool)}
    for era, (first, last) in ERAS.items():
        inside = np.asarray((dates >= first) & (dates <= last))
        if inside.any():
            spans[f":{era}"] = inside
    counts = [
        Check(
            f"marks_flagged_{reason.replace(' ', '_')}{era}",
            float(((flags == reason) & inside).sum()),
            "info",
            NOT_A_NUMBER,
            note=f"of {int(inside.sum()):,} settlements; no news, so they weigh nothing",
        )
        for reason in GUARDS
        for era, inside in spans.items()
    ]
    note = "changes of one contract that its neighbours did not make; left out of shocks"
    return [*counts, Check("changes_flagged_jump", shocks.jumps, "info", NOT_A_NUMBER, note=note)]


def _omitted(split: CrashDecomposition) -> list[Check]:
    return [
        Check(
            f"omitted:{event}:{asset}" if asset else f"omitted:{event}",
            1.0,
            "info",
            NOT_A_NUMBER,
            note=reason,
        )
        for (event, asset), reason in split.omitted.items()
    ]
