"""Split simulated crashes and count how often each band holds its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ratemodel.config import Bands, Sample
from ratemodel.decomposition import decompose
from ratemodel.errors import StudyError
from ratemodel.loadings.bootstrap import normal_quantile
from ratemodel.path import implied_path
from ratemodel.shocks import path_shocks
from ratemodel.types.validation import VALIDATION_COLUMNS, Validation
from ratemodel.validation.worlds import (
    ASSET,
    DESIGNS,
    DOLLAR,
    EVENT,
    SAMPLE_DAYS,
    World,
    simulate_world,
)

REPLICATIONS = 500
FUTURES_SHARE = 0.4
"""Replications of designs that go through futures, of those asked for: reading paths takes long."""
DRAWS = 1000
"""Bootstrap draws of each split: ends of a 90 % band move by less than 3 % of its width."""
TRUTHS = {"rate_premium": "rates", "dollar": "dollar", "leverage_ceiling": "leverage"}
BAND_SLACK, BAND_WIDTH = 0.04, 1.15
"""How far coverage may be off and how wide a band may be, of the distance that holds a normal
error of the estimate's own size."""
SET_SLACK, SET_WIDTH = 0.05, 1.3
"""The same of the set for leverage, of the distance of the noise's own quantiles."""


@dataclass(frozen=True, slots=True)
class _Task:
    design: str
    number: int
    level: float
    draws: int
    seed: int


def validate(
    replications: int = REPLICATIONS,
    *,
    level: float = Bands().level,
    draws: int = DRAWS,
    seed: int = Bands().seed,
    n_jobs: int = 1,
) -> Validation:
    """Split crashes whose parts are known, and say how often the bands hold them.

    Every replication has a market of its own: sample, crash, noise and errors of measurement. So
    replications are independent, and the error of a coverage is binomial. Forced flows are hidden,
    so leverage is known by its ceiling alone. In designs from futures the rate path and its shocks
    are read from simulated settlements first.

    Parameters
    ----------
    replications : int
        Of each design; of designs from futures two fifths of it.
    level : float
    draws : int
        Bootstrap draws of each split.
    seed : int
    n_jobs : int
        Processes; results do not depend on it.

    Returns
    -------
    Validation
        One row a design and component (rate_premium, dollar, leverage_ceiling): mean truth_pp,
        bias_pp and rmse_pp of the estimate, coverage with its error, mean_width_pp, and
        ideal_width_pp: of a normal error as large as rmse_pp, and for the ceiling the distance
        between the quantiles of the noise itself.

    Raises
    ------
    StudyError
        With fewer than two replications.

    Examples
    --------
    >>> found = validate(5, draws=200)
    >>> sorted(set(found.table["component"]))
    ['dollar', 'leverage_ceiling', 'rate_premium']
    """
    if replications < 2:
        raise StudyError(f"coverage needs two replications or more, got {replications}")
    tasks = [
        _Task(name, number, level, draws, seed)
        for name, design in DESIGNS.items()
        for number in range(
            max(2, round(FUTURES_SHARE * replications)) if design.from_futures else replications
        )
    ]
    rows = pd.DataFrame([row for part in _run(tasks, n_jobs) for row in part])
    return Validation(summarise_coverage(rows, level))


def _run(tasks: list[_Task], n_jobs: int) -> list[list[dict[str, Any]]]:
    if n_jobs == 1:
        return [_replicate(task) for task in tasks]
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=n_jobs)(delayed(_replicate)(task) for task in tasks))


def _replicate(task: _Task) -> list[dict[str, Any]]:
    """Split one simulated crash; its draws depend on its number, not on how many there are."""
    # Loaded first: a limit does not reach a BLAS that is loaded after it is set.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    place = list(DESIGNS).index(task.design)
    rng = np.random.default_rng([task.seed, place, task.number])
    with threadpool_limits(limits=1):
        world = simulate_world(DESIGNS[task.design], rng)
        return [{"design": task.design, **row} for row in _split(world, task)]


def _split(world: World, task: _Task) -> list[dict[str, Any]]:
    market, shocks = world.market, world.shocks
    if shocks is None:
        shocks = path_shocks(implied_path(market.futures, market.fomc, market.rates))
    split = decompose(
        market,
        shocks,
        event=EVENT,
        dollar=DOLLAR,
        level=task.level,
        draws=task.draws,
        seed=task.seed + task.number,
        sample=Sample(pre_days=SAMPLE_DAYS),
        assets=[ASSET],
    )
    tails = [(1.0 - task.level) / 2.0, (1.0 + task.level) / 2.0]
    low, high = np.quantile(world.noise_sums_pp, tails)
    rows = []
    for component, part in TRUTHS.items():
        found, truth = split.component(ASSET, component), world.truth(part)
        rows.append(
            {
                "component": component,
                "truth_pp": truth,
                "error_pp": found.estimate_pp - truth,
                "inside": found.low_pp <= truth <= found.high_pp,
                "width_pp": found.high_pp - found.low_pp,
                "noise_pp": float(high - low) if part == "leverage" else np.nan,
            }
        )
    return rows


def summarise_coverage(rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """Sum up replications by design and component.

    Parameters
    ----------
    rows : DataFrame
        One row a replication and component: design, component, truth_pp, error_pp, inside,
        width_pp, and noise_pp (distance of the noise's quantiles; NaN where the ideal width is
        that of the errors themselves).
    level : float

    Returns
    -------
    DataFrame
        Columns `VALIDATION_COLUMNS`.
    """
    found = []
    for (design, component), part in rows.groupby(["design", "component"], sort=False):
        count, share = len(part), float(part["inside"].mean())
        rmse = float(np.sqrt((part["error_pp"] ** 2).mean()))
        noise, width = float(part["noise_pp"].mean()), float(part["width_pp"].mean())
        of_set = not np.isnan(noise)
        ideal = noise if of_set else 2.0 * normal_quantile(level) * rmse
        slack, limit = (SET_SLACK, SET_WIDTH) if of_set else (BAND_SLACK, BAND_WIDTH)
        least, most = round(level - slack, 12), round(level + slack, 12)
        values = (
            *(design, component, count, float(part["truth_pp"].mean())),
            *(float(part["error_pp"].mean()), rmse, share),
            float(np.sqrt(share * (1.0 - share) / count)),
            *(least, most, width, ideal, width / ideal, limit, level),
            bool(least <= share <= most and width <= limit * ideal),
        )
        found.append(dict(zip(VALIDATION_COLUMNS, values, strict=True)))
    return pd.DataFrame(found)
