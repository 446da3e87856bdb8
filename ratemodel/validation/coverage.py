"""Split simulated crashes and count how often each band holds its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ratemodel.config import Bands, Sample
from ratemodel.decomposition import decompose
from ratemodel.validation.worlds import (
    ASSETS_A_WORLD,
    DESIGNS,
    DOLLAR,
    EVENT,
    SAMPLE_DAYS,
    simulate_world,
)

REPLICATIONS = 500
GAUSSIAN_WIDTH = 3.29
"""Distance of the 5 % and 95 % quantiles of a normal, in standard deviations."""
VALIDATION_COLUMNS = (
    *("design", "component", "replications", "truth_pp", "bias_pp", "rmse_pp", "coverage"),
    *("coverage_se", "mean_width_pp", "ideal_width_pp", "width_ratio", "level"),
)


@dataclass(frozen=True, slots=True)
class _Task:
    design: str
    seed: np.random.SeedSequence
    level: float
    draws: int


def validate(
    replications: int = REPLICATIONS,
    *,
    level: float = Bands().level,
    draws: int = Bands().draws,
    seed: int = Bands().seed,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Split crashes whose parts are known, and say how often the bands hold them.

    Each design is simulated anew in every replication: sample, crash, noise and errors of
    measurement. Forced flows are hidden, so leverage is known by its ceiling alone.

    Parameters
    ----------
    replications : int
        Of each design; some share a market.
    level : float
    draws : int
        Bootstrap draws of each split.
    seed : int
    n_jobs : int
        Processes; results do not depend on it.

    Returns
    -------
    DataFrame
        One row a design and component (rate_premium, dollar, leverage_ceiling): replications,
        mean truth_pp, bias_pp and rmse_pp of the estimate, coverage of the band with its standard
        error, mean_width_pp, ideal_width_pp (3.29 rmse; for the ceiling the distance between the
        5 % and 95 % quantiles of the noise itself) and their ratio.

    Examples
    --------
    >>> table = validate(5, draws=200)
    >>> sorted(set(table["component"]))
    ['dollar', 'leverage_ceiling', 'rate_premium']
    """
    worlds = -(-replications // ASSETS_A_WORLD)
    seeds = np.random.SeedSequence([seed]).spawn(worlds * len(DESIGNS))
    tasks = [
        _Task(design, seeds[number * worlds + world], level, draws)
        for number, design in enumerate(DESIGNS)
        for world in range(worlds)
    ]
    rows = pd.DataFrame([row for part in _run(tasks, n_jobs) for row in part])
    rows = rows.groupby(["design", "component"], sort=False).head(replications)
    keys = rows[["design", "component"]].drop_duplicates().itertuples(index=False)
    found = []
    for design, component in keys:
        own = rows.loc[(rows["design"] == design) & (rows["component"] == component)]
        found.append(_summary(design, component, own, level))
    return pd.DataFrame(found)


def _run(tasks: list[_Task], n_jobs: int) -> list[list[dict[str, Any]]]:
    if n_jobs == 1:
        return [_replicate(task) for task in tasks]
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=n_jobs)(delayed(_replicate)(task) for task in tasks))


def _replicate(task: _Task) -> list[dict[str, Any]]:
    """Split the assets of one simulated market."""
    world = simulate_world(DESIGNS[task.design], np.random.default_rng(task.seed))
    split = decompose(
        world.market,
        world.shocks,
        event=EVENT,
        dollar=DOLLAR,
        level=task.level,
        draws=task.draws,
        seed=int(task.seed.generate_state(1)[0]),
        sample=Sample(pre_days=SAMPLE_DAYS),
        assets=world.assets,
    )
    rows = []
    for asset in world.assets:
        for component, truth, ideal in (
            ("rate_premium", world.rates_pp, np.nan),
            ("dollar", world.dollar_pp, np.nan),
            ("leverage_ceiling", world.leverage_pp, world.noise_width_pp[asset]),
        ):
            found = split.component(asset, component)
            rows.append(
                {
                    "design": task.design,
                    "component": component,
                    "truth": truth,
                    "error": found.estimate_pp - truth,
                    "inside": found.low_pp <= truth <= found.high_pp,
                    "width": found.high_pp - found.low_pp,
                    "ideal": ideal,
                }
            )
    return rows


def _summary(design: str, component: str, part: pd.DataFrame, level: float) -> dict[str, Any]:
    count, share = len(part), float(part["inside"].mean())
    rmse = float(np.sqrt((part["error"] ** 2).mean()))
    width = float(part["width"].mean())
    noise = float(part["ideal"].mean())
    ideal = GAUSSIAN_WIDTH * rmse if np.isnan(noise) else noise
    return dict(
        zip(
            VALIDATION_COLUMNS,
            (
                *(design, component, count, float(part["truth"].mean())),
                *(float(part["error"].mean()), rmse, share),
                float(np.sqrt(share * (1.0 - share) / count)),
                *(width, ideal, width / ideal, level),
            ),
            strict=True,
        )
    )
