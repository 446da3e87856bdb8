"""The jump guard against its definition, and its effect on shocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ratemodel as rm
from ratemodel.shocks.jumps import find_jumps


def slow_jumps(change: np.ndarray, usable: np.ndarray, running: np.ndarray) -> np.ndarray:
    """One date at a time, one contract at a time."""
    jumped = np.zeros(change.shape, dtype=bool)
    for t in range(len(change)):
        votes = [c for c in range(change.shape[1]) if usable[t, c] and not running[t, c]]
        if len(votes) < 3:
            reference, behind = None, None
        else:
            reference, behind = sorted(change[t, c] for c in votes[:3])[1], votes[0] - 1
        for c in votes:
            apart = 1 if behind is None else max(c - behind, 1)
            if reference is not None and abs(change[t, c] - reference) > 30.0 * apart**0.5:
                jumped[t, c] = True
            else:
                reference, behind = change[t, c], c
    return jumped


@given(st.integers(0, 2**32 - 1))
def test_jumps_are_those_of_looking_at_each_change(seed):
    rng = np.random.default_rng(seed)
    shape = (8, rng.integers(1, 14))
    change = rng.normal(0.0, 12.0, shape) + rng.choice([0.0, 0.0, 0.0, -160.0, 45.0], shape)
    usable = rng.uniform(size=shape) < 0.8
    running = np.zeros(shape, dtype=bool)
    running[:, 0] = rng.uniform(size=8) < 0.5
    change[~usable] = np.nan
    found = find_jumps(change, usable, running)
    np.testing.assert_array_equal(found, slow_jumps(change, usable, running))


def test_news_that_moves_all_contracts_is_no_jump():
    """Half of it in the running month: -43 bp, then -85 and more."""
    change = np.array([[-43.0, -85.0, -88.0, -90.0, -91.0]])
    running = np.array([[True, False, False, False, False]])
    assert not find_jumps(change, np.full((1, 5), True), running).any()


@pytest.fixture(scope="module")
def market():
    return rm.load_market("replica")


@pytest.mark.parametrize("nearest", [False, True])
def test_a_slip_of_the_keys_is_no_shock(market, nearest):
    """A mark 200 bp off in one settlement changes neither its day's shock by much nor the next."""
    day = pd.Timestamp("2025-06-10")
    window = market.futures["trade_date"].between("2025-03-01", "2025-07-31")
    futures = market.futures.loc[window].reset_index(drop=True)
    months = sorted(futures.loc[futures["trade_date"] == day, "contract"])
    month = months[1] if nearest else months[8]
    spoilt = futures.copy()
    row = (spoilt["trade_date"] == day) & (spoilt["contract"] == month)
    spoilt.loc[row, "settle"] -= 1.2

    def shocks(table: pd.DataFrame) -> pd.DataFrame:
        path = rm.implied_path(table, market.fomc, market.rates)
        return rm.path_shocks(path).values_bp

    clean, dirty = shocks(futures), shocks(spoilt)
    off = (dirty["path_bp"] - clean["path_bp"]).abs()
    assert off.max() < 3.0
