"""The event study: only the days on which a shock has a value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ratemodel.calendars import Times
from ratemodel.errors import CoverageError
from ratemodel.loadings.case import Case
from ratemodel.loadings.design import build_design, estimation_sample
from ratemodel.loadings.estimate import least_squares_loadings
from ratemodel.loadings.regression import fit_loading
from ratemodel.types.loadings import EstimationSample, Loading
from ratemodel.types.shocks import ShockSeries

Bools = npt.NDArray[np.bool_]

MIN_EVENT_DAYS = 10
"""With fewer, one day decides: the table's largest weight would say no more than that."""


def event_loadings(case: Case, announcements: Times | None = None) -> list[Loading]:
    r"""Regress on the returns that hold news, and on those alone.

    .. math:: r = \alpha + b_S z_S + b_E z_E + \gamma x + \varepsilon

    over the rows whose interval overlaps a shock with a value. A neighbouring day without one
    enters as zero: its news is part of the error. Which rows those are is decided by the strikes
    of the asset and the clock of the shock; COMEX gold answers a 14:00 statement a day later.

    Parameters
    ----------
    case : Case
    announcements : array of datetime64, optional
        Keep only shocks that hold one of these instants; all with a value if left out.

    Returns
    -------
    list of Loading

    Raises
    ------
    CoverageError
        With fewer than 10 days with a value.

    References
    ----------
    Kuttner, K. N. (2001), "Monetary policy surprises and interest rates: evidence from the Fed
    funds futures market", Journal of Monetary Economics 47(3), 523-544.
    """
    shocks = case.shocks
    if announcements is not None:
        shocks = on_announcements(shocks, announcements)
    sample, days = event_sample(replace(case, shocks=shocks))
    fit = fit_loading(sample, case.cov)
    return least_squares_loadings(fit, shocks, case.level, note=f"{days} days with a shock")


def event_sample(case: Case) -> tuple[EstimationSample, int]:
    """Keep the rows that overlap a shock with a value, and count those shocks."""
    valued = has_value(case.shocks, case.names)
    known = list(case.names)
    values, identified = case.shocks.values_bp.copy(), case.shocks.identified.copy()
    values[known] = values[known].where(case.shocks.identified[known], 0.0).fillna(0.0)
    identified[known] = True
    filled = replace(case.shocks, values_bp=values, identified=identified)
    design = build_design(case.returns, case.asset, filled, case.names, case.dollar)
    counts = np.append(0, np.cumsum(valued))
    held = counts[design.runs[:, [1, 3]]] > counts[design.runs[:, [0, 2]]]
    sample = estimation_sample(
        design, case.first, case.before, among=np.asarray(held.any(axis=1)), min_rows=MIN_EVENT_DAYS
    )
    # Dollar moves of these rows may overlap days without a value only: no column, no coefficient.
    terms = sample.rows.dollar_terms
    told = replace(sample.rows, dollar_terms=terms[:, terms.any(axis=0)])
    sample = replace(sample, rows=told)
    used = np.zeros(len(valued), dtype=bool)
    for start, stop, late_start, late_stop in sample.rows.runs:
        used[start:stop] = used[late_start:late_stop] = True
    days = int((used & valued).sum())
    if days < MIN_EVENT_DAYS:
        raise CoverageError(
            f"{case.asset}: {days} days with a shock in the sample, {MIN_EVENT_DAYS} are needed"
        )
    return sample, days


def has_value(shocks: ShockSeries, names: tuple[str, ...]) -> Bools:
    """Dates on which one of some shocks is known, shape (T,)."""
    known = shocks.values_bp[list(names)].notna() & shocks.identified[list(names)]
    return np.asarray(known.to_numpy(bool).any(axis=1))


def on_announcements(shocks: ShockSeries, announcements: Times) -> ShockSeries:
    """Keep the values of shocks whose interval holds an announcement; the rest are missing."""
    held = holds(shocks, announcements)
    values = shocks.values_bp.copy()
    values.loc[~held] = np.nan
    return replace(shocks, values_bp=values, identified=shocks.identified & held[:, None])


def holds(shocks: ShockSeries, instants: Times) -> Bools:
    """Whether each shock's interval (start, end] holds an instant; a point its own, shape (T,)."""
    ordered = np.sort(instants)
    start = shocks.start_utc - np.timedelta64(1, "s") if shocks.is_point else shocks.start_utc
    first = np.searchsorted(ordered, start, side="right")
    return np.asarray(np.searchsorted(ordered, shocks.end_utc, side="right") > first)
