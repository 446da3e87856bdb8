"""How sure a component is: bootstrap errors, leave-one-out influence, estimates as they were."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.config import Bands
from ratemodel.errors import CoverageError, StudyError
from ratemodel.shocks.registry import Construction
from ratemodel.types.components import ComponentFit, Design
from ratemodel.types.surprises import ComponentErrors, PolicySurprises

Floats = npt.NDArray[np.float64]

FAILED_SHARE = 0.05
"""More failed draws than this share make a band of the rest misleading."""


def expanding_values(made: Construction, design: Design, min_events: int) -> tuple[Floats, int]:
    """Estimate a construction anew for each row, on the rows up to it, so that history stays.

    Returns
    -------
    values : array, shape (n, series)
        NaN for the first `min_events` − 1 rows and where nothing can be estimated.
    failed : int
        Rows for which nothing could be estimated.
    """
    values = np.full((len(design), len(made.series)), np.nan)
    failed = 0
    for last in range(min_events - 1, len(design)):
        known = design.take(slice(0, last + 1))
        try:
            rule = made.estimate_expanding(known)
        except CoverageError:
            failed += 1
            continue
        values[last] = rule.values(known.take(slice(last, None)))[0]
    return values, failed


def surprise_errors(
    surprises: PolicySurprises,
    level: float = Bands().level,
    draws: int = Bands().draws,
    seed: int = Bands().seed,
) -> ComponentErrors:
    """Bootstrap the announcements that components are estimated on.

    Announcements weeks apart are taken as independent: rows are drawn with replacement, the
    construction is estimated again, and its loadings, and the values it gives to the actual
    announcements, are collected. Bands of loadings are symmetric, as wide as the draws stray from
    the estimate; signs and scales are fixed by the construction itself, so draws need no
    alignment. Seen on simulated factors, 250 announcements: a nominal 90 % covers 88 to 91 %.

    Parameters
    ----------
    surprises : PolicySurprises
    level : float
        Coverage of the bands.
    draws : int
    seed : int
        Draws of a construction do not depend on which others there are.

    Returns
    -------
    ComponentErrors

    Raises
    ------
    StudyError
        If the level or the number of draws makes no band.
    CoverageError
        If more than one draw in twenty cannot be estimated.
    """
    if not 0.5 <= level < 1.0 or draws < 2:
        raise StudyError(f"a band needs a level from 0.5 to 1 and two draws, got {level}, {draws}")
    errors = pd.DataFrame(np.nan, index=surprises.times, columns=surprises.names)
    rows = []
    for fit in surprises.fits.values():
        own = np.random.SeedSequence(seed, spawn_key=tuple(fit.name.encode()))
        loadings, spread = _bootstrap(fit, draws, np.random.default_rng(own))
        for column, name in enumerate(fit.series):
            if name in errors:
                errors.loc[fit.times, name] = spread[:, column]
        reach = np.quantile(np.abs(loadings - fit.rule.loadings), level, axis=0)
        for column, name in enumerate(fit.series[: reach.shape[1]]):
            if name not in surprises.names:
                continue
            for row, label in enumerate(fit.inputs):
                loading = float(fit.rule.loadings[row, column])
                band = (loading, loading - reach[row, column], loading + reach[row, column])
                rows.append((name, label, *band, level, draws, len(fit.design)))
    names = ["series", "input", "loading", "low", "high", "level", "draws", "n"]
    return ComponentErrors(
        pd.DataFrame(rows, columns=names), errors.where(surprises.values.notna())
    )


def surprise_influence(surprises: PolicySurprises) -> pd.DataFrame:
    """Measure how far each announcement, left out of the estimation, moves the series.

    Parameters
    ----------
    surprises : PolicySurprises

    Returns
    -------
    DataFrame
        announced, series, influence: root mean square change of all values of the series, over
        its standard deviation, when the construction is estimated without that announcement. An
        announcement without which nothing can be estimated has no row.
    """
    parts = []
    for fit in surprises.fits.values():
        full = fit.rule.values(fit.design)
        spread = np.nanstd(full, axis=0, ddof=1)
        held = [column for column, name in enumerate(fit.series) if name in surprises.names]
        for row, time in enumerate(fit.times):
            kept = np.arange(len(fit.design)) != row
            try:
                rule = fit.estimate(fit.design.take(kept))
            except CoverageError:
                continue
            change = rule.values(fit.design) - full
            moved = np.sqrt(np.nanmean(change[:, held] ** 2, axis=0)) / spread[held]
            names = [fit.series[column] for column in held]
            parts.append(pd.DataFrame({"announced": time, "series": names, "influence": moved}))
    if not parts:
        return pd.DataFrame(columns=["announced", "series", "influence"])
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["series", "announced"], ignore_index=True)


def _bootstrap(fit: ComponentFit, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw rows; loadings of each draw, and the spread of each announcement's value."""
    size = len(fit.design)
    loadings: list[Floats] = []
    total, squares = np.zeros((size, len(fit.series))), np.zeros((size, len(fit.series)))
    base = fit.rule.values(fit.design)
    for _ in range(draws):
        drawn = rng.integers(size, size=size)
        try:
            rule = fit.estimate(fit.design.take(drawn))
        except CoverageError:
            continue
        loadings.append(rule.loadings)
        change = rule.values(fit.design) - base
        total += change
        squares += change**2
    kept = len(loadings)
    if kept < (1.0 - FAILED_SHARE) * draws or kept < 2:
        raise CoverageError(
            f"{', '.join(fit.series)}: {draws - kept} of {draws} draws cannot be estimated"
        )
    spread = np.sqrt(np.maximum(squares - total**2 / kept, 0.0) / (kept - 1))
    return np.array(loadings), spread
