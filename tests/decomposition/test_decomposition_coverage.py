"""Does the confidence set for leverage hold the leverage that was there?"""

from __future__ import annotations

import numpy as np
import pytest
from split_markets import CLOCKS, DOLLAR, EVENT, build_world

from ratemodel.config import Sample
from ratemodel.decomposition import decompose

SEED = 20260130
WORLDS, COPIES, DRAWS = 17, 3, 200
REPLICATIONS = WORLDS * COPIES * len(CLOCKS)
FEWEST, MOST = 0.85, 0.95
"""Nominal 90 %; two standard errors of 204 replications are 4 points."""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, np.ndarray]:
    """Split crashes whose flows nobody measured; the market's own noise goes on in the window."""
    inside, below, width = [], [], []
    for number in range(WORLDS):
        assets = {f"{name}{k}": clock for k in range(COPIES) for name, clock in CLOCKS.items()}
        rng = np.random.default_rng([SEED, number])
        leverage = {asset: -rng.exponential(5.0) for asset in assets}
        world = build_world(SEED + number, days=348, assets=assets, leverage_pp=leverage)
        result = decompose(
            world.market,
            world.shocks,
            event=EVENT,
            dollar=DOLLAR,
            draws=DRAWS,
            sample=Sample(pre_days=338),
            assets=list(assets),
        )
        for asset, truth in leverage.items():
            found = result.component(asset, "leverage_ceiling")
            inside.append(found.low_pp <= truth <= found.high_pp)
            below.append(truth < found.low_pp)
            width.append(found.high_pp - found.low_pp)
    return {"inside": np.array(inside), "below": np.array(below), "width": np.array(width)}


def test_the_confidence_set_covers_the_true_leverage(outcomes):
    assert len(outcomes["inside"]) == REPLICATIONS >= 200
    assert FEWEST <= outcomes["inside"].mean() <= MOST


def test_it_misses_on_either_side(outcomes):
    missed = ~outcomes["inside"]
    assert 0.2 <= outcomes["below"].sum() / missed.sum() <= 0.8


def test_it_is_no_wider_than_the_noise_of_two_days(outcomes):
    """Two returns of unit variance: 90 % is 3.3 standard deviations of about 1.4 pp."""
    assert np.median(outcomes["width"]) == pytest.approx(3.29 * np.sqrt(2.0), rel=0.15, abs=0.0)
