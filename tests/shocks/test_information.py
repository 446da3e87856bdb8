"""The information split: published shocks, and what admissible rotations are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from announcement_worlds import factor_changes
from hypothesis import given
from hypothesis import strategies as st

import ratemodel as rm
from ratemodel.shocks.information import policy_rotation

PUBLISHED = 1e-7
"""What the issue asks; the file has eight decimals."""
ROUNDING = 1e-12
NAMES = {
    "jk_pc1": "pc1",
    "mp_poor_man": "MP_pm",
    "cbi_poor_man": "CBI_pm",
    "mp_median": "MP_median",
    "cbi_median": "CBI_median",
}


@pytest.fixture(scope="module")
def published(shared_reference):
    """Jarocinski and Karadi's inputs as ours, and their shocks."""
    raw = pd.read_csv(shared_reference / "jk_raw_surprises.csv")
    theirs = pd.read_csv(shared_reference / "jk_published_shocks.csv")
    return raw, theirs, rm.policy_surprises(raw, list(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_published_shocks_are_met(published, name):
    _, theirs, found = published
    ours = found.series(name)
    assert len(ours) == len(theirs) == 315
    assert (ours.index.strftime("%Y-%m-%d %H:%M") == theirs["start"]).all()
    np.testing.assert_allclose(ours, theirs[NAMES[name]], rtol=0, atol=PUBLISHED)


def test_published_shares_and_loadings_are_met(published):
    fit = published[2].fits["information"]
    np.testing.assert_allclose(
        fit.shares, [0.8200, 0.1317, 0.0306, 0.0128, 0.0049], rtol=0, atol=5e-5
    )
    expected = [0.3880, 0.4486, 0.4812, 0.4669, 0.4457]
    np.testing.assert_allclose(fit.loadings["jk_pc1"], expected, rtol=0, atol=5e-5)


def test_what_the_published_series_treats_in_its_own_way_is_counted(published):
    notes = "\n".join(published[2].notes)
    assert "without a stock return, as published: 4" in notes
    assert "booked as information, as published: 5" in notes
    assert "before 1990, not in the sample: 50" in notes


def test_zero_where_the_return_is_missing_and_nowhere_else(published):
    raw, _, found = published
    start = pd.to_datetime(raw["start"]).dt.tz_localize("America/New_York")
    missing = start[raw["SP500"].isna().to_numpy() & (start.dt.year > 1989).to_numpy()]
    for name in list(NAMES)[1:]:
        assert (found.series(name)[missing] == 0.0).all()
    assert (found.series("jk_pc1")[missing] != 0.0).all()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return factor_changes(150, seed=2)


@pytest.mark.parametrize("quantile", [0.0, 0.25, 0.5, 1.0])
def test_the_rotation_at_any_quantile_keeps_its_promises(table, quantile):
    """Orthogonal (about zero), summing to the component, signs of policy and information."""
    found = rm.policy_surprises(
        table, ["jk_pc1", "mp_median", "cbi_median"], rotation_quantile=quantile
    ).values
    policy, information = found["mp_median"], found["cbi_median"]
    np.testing.assert_allclose(policy + information, found["jk_pc1"], rtol=0, atol=ROUNDING)
    assert policy @ information == pytest.approx(0.0, abs=ROUNDING)
    stocks = table["SP500"].to_numpy()
    assert policy @ stocks <= ROUNDING
    assert information @ stocks >= -ROUNDING


@given(
    seed=st.integers(0, 50),
    tilt=st.floats(-0.9, 0.9),
    quantile=st.floats(0.05, 0.95),
)
def test_the_quantile_is_that_of_all_admissible_angles(seed, tilt, quantile):
    """The slow twin: try every angle, keep those with the right signs, take the quantile."""
    rng = np.random.default_rng(seed)
    m = rng.normal(size=60)
    s = tilt * m + rng.normal(size=60)
    q1 = m / np.linalg.norm(m)
    q2 = s - q1 * (q1 @ s)
    q2 /= np.linalg.norm(q2)
    angles = np.linspace(0.0, np.pi / 2.0, 40001)[1:-1]
    policy = (
        np.linalg.norm(m)
        * np.cos(angles)
        * (np.cos(angles) * q1[:, None] - np.sin(angles) * q2[:, None])
    )
    good = (policy.T @ s < 0.0) & ((m[:, None] - policy).T @ s > 0.0)
    admissible = angles[good]
    angle = np.quantile(admissible, quantile)
    near = np.abs(angles - angle).argmin()
    weights = policy_rotation(m, s, quantile)
    ours = np.column_stack([m, s]) @ weights
    np.testing.assert_allclose(ours, policy[:, near], rtol=0, atol=1e-3)


def test_poor_man_books_each_announcement_whole(table):
    found = rm.policy_surprises(table, ["jk_pc1", "mp_poor_man", "cbi_poor_man"]).values
    stocks = table["SP500"].to_numpy()
    opposed = found["jk_pc1"].to_numpy() * stocks < 0.0
    assert 0 < opposed.sum() < len(table)
    np.testing.assert_array_equal(found["mp_poor_man"] != 0.0, opposed)
    np.testing.assert_allclose(
        found["mp_poor_man"] + found["cbi_poor_man"], found["jk_pc1"], rtol=0, atol=0
    )


def test_the_component_has_the_spread_of_ed4_and_missing_changes_count_as_zero(table):
    gaps = table.copy()
    gaps.iloc[[3, 9], gaps.columns.get_loc("FF4")] = np.nan
    found = rm.policy_surprises(gaps, ["jk_pc1"]).series("jk_pc1")
    zeros = rm.policy_surprises(gaps.fillna({"FF4": 0.0}), ["jk_pc1"]).series("jk_pc1")
    pd.testing.assert_series_equal(found, zeros)
    assert found.std() == pytest.approx(table["ED4"].std(), rel=1e-12)
    assert len(found) == len(table)


def test_a_stock_return_that_is_the_component_allows_no_split(table):
    component = rm.policy_surprises(table, ["jk_pc1"]).series("jk_pc1")
    with pytest.raises(rm.RateModelError, match="multiple of the component"):
        rm.policy_surprises(table.assign(SP500=-2.0 * component), ["mp_median"])
