"""Rotated components: properties that define them, slow twins, and scikit-learn's components."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from announcement_worlds import FACTOR_INPUTS, factor_changes
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

import ratemodel as rm
from ratemodel.shocks.components import principal_components
from ratemodel.shocks.factors import EIGHT, FIVE

ROUNDING = 1e-10
"""Sums of a few hundred products of order one."""
ANGLES = np.linspace(0.0, np.pi, 20001)
"""Fine enough that the best one is within 1e-4 of the best of all."""


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return factor_changes()


@pytest.fixture(scope="module")
def found(table):
    return rm.policy_surprises(
        table, ["target", "path", "news", "swanson_ffr", "swanson_fg", "swanson_lsap", "bs_mps"]
    )


@pytest.fixture(scope="module")
def published(shared_reference):
    """Real changes of 273 statements."""
    return pd.read_csv(shared_reference / "usmpd_statements.csv")


def slope(response, regressor) -> float:
    """A regression with a constant, by numpy's own least squares."""
    return float(np.polyfit(np.asarray(regressor), np.asarray(response), 1)[0])


@pytest.mark.parametrize("names", [FIVE, EIGHT, ("ED1", "ED2", "ED3", "ED4")])
def test_components_are_those_of_scikit_learn(table, names):
    inputs = table[list(names)].to_numpy()
    standard = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0, ddof=1)
    theirs = PCA(3).fit(standard)
    ours = principal_components(inputs, 3, names)
    np.testing.assert_allclose(
        ours.shares[:3], theirs.explained_variance_ratio_, rtol=0, atol=ROUNDING
    )
    np.testing.assert_allclose(
        np.abs(ours.vectors.T), np.abs(theirs.components_), rtol=0, atol=1e-8
    )
    scores = (inputs - ours.centre) @ ours.weights
    np.testing.assert_allclose(np.cov(scores, rowvar=False), np.eye(3), rtol=0, atol=ROUNDING)


def test_path_does_not_move_the_current_rate_and_both_are_orthogonal(table, found):
    target, path = found.series("target"), found.series("path")
    assert slope(table["MP1"], path) == pytest.approx(0.0, abs=ROUNDING)
    assert np.corrcoef(target, path)[0, 1] == pytest.approx(0.0, abs=ROUNDING)


@pytest.mark.parametrize(
    ("change", "series"),
    [("MP1", "target"), ("ED4", "path"), ("UST1Y", "news"), ("ED4", "bs_mps")],
)
def test_slopes_are_one_where_they_are_claimed_to_be(table, found, change, series):
    assert slope(table[change], found.series(series)) == pytest.approx(1.0, abs=ROUNDING)


def test_target_and_path_span_the_first_two_components(table, found):
    inputs = table[list(FIVE)]
    scores = PCA(2).fit_transform((inputs - inputs.mean()) / inputs.std())
    for name in ("target", "path"):
        fitted = scores @ np.linalg.lstsq(scores, found.series(name))[0]
        np.testing.assert_allclose(fitted, found.series(name), rtol=0, atol=ROUNDING)


def test_target_is_found_by_trying_every_angle(table, found):
    """The slow twin: turn the two components until one of them no longer moves MP1."""
    inputs = table[list(FIVE)]
    scores = PCA(2, whiten=True).fit_transform((inputs - inputs.mean()) / inputs.std())
    turned = scores[:, [0]] * np.cos(ANGLES) + scores[:, [1]] * np.sin(ANGLES)
    moved = np.abs(turned.T @ (table["MP1"] - table["MP1"].mean()).to_numpy())
    path = turned[:, moved.argmin()]
    path *= slope(table["ED4"], path)
    np.testing.assert_allclose(found.series("path"), path, rtol=0, atol=2e-4 * path.std() * 4)


def test_equal_effect_on_ed4(table):
    equal = rm.policy_surprises(table, ["target", "path"], path_scale="equal")
    one = rm.policy_surprises(table, ["target", "path"])
    effects = [slope(table["ED4"], equal.series(name)) for name in ("target", "path")]
    assert effects[0] == pytest.approx(effects[1], abs=ROUNDING)
    pd.testing.assert_series_equal(equal.series("target"), one.series("target"))
    assert np.corrcoef(equal.series("path"), one.series("path"))[0, 1] == pytest.approx(1.0)


def test_news_is_the_first_component(table, found):
    inputs = table[list(FIVE)]
    first = PCA(1).fit_transform((inputs - inputs.mean()) / inputs.std())[:, 0]
    assert abs(np.corrcoef(first, found.series("news"))[0, 1]) == pytest.approx(1.0)


SWANSON = ["swanson_ffr", "swanson_fg", "swanson_lsap"]


def test_three_factors_have_unit_variance_and_are_orthogonal(found):
    factors = found.values[SWANSON]
    np.testing.assert_allclose(factors.cov(), np.eye(3), rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(factors.mean(), 0.0, rtol=0, atol=ROUNDING)
    assert found.about["swanson_lsap"].unit == "standard deviations"


def test_guidance_and_purchases_do_not_move_the_current_rate(table, found):
    for name in SWANSON[1:]:
        assert slope(table["MP1"], found.series(name)) == pytest.approx(0.0, abs=ROUNDING)


def test_signs_of_the_three_factors(table, found):
    assert slope(table["MP1"], found.series("swanson_ffr")) > 0.0
    assert slope(table["ED4"], found.series("swanson_fg")) > 0.0
    assert slope(table["UST10Y"], found.series("swanson_lsap")) < 0.0
    assert "purchases" in found.about["swanson_lsap"].sign


def test_purchases_vary_least_before_2009_of_all_turns(found):
    early = found.times < pd.Timestamp("2009-01-01", tz="America/New_York")
    guidance, purchases = (found.series(name).to_numpy()[early] for name in SWANSON[1:])
    turned = purchases[:, None] * np.cos(ANGLES) + guidance[:, None] * np.sin(ANGLES)
    assert (turned.var(axis=0) >= purchases.var() - ROUNDING).all()


def test_known_factors_are_found():
    """With three factors asleep or awake as they should be, each is told from the others."""
    found = rm.policy_surprises(factor_changes(2000, seed=4), SWANSON)
    rng = np.random.default_rng(4)
    truth = rng.normal(size=(2000, 3))
    for column, sign in enumerate((1.0, 1.0, 1.0)):
        ours = found.series(SWANSON[column])
        assert sign * np.corrcoef(ours, truth[:, column])[0, 1] > 0.75


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [("1995", "2008", "0 since"), ("2009", "2030", "0 announcements before 2009")],
)
def test_without_announcements_on_both_sides_of_2009_purchases_are_named(table, first, last, said):
    part = table.loc[first:last]
    found = rm.policy_surprises(part, "all")
    assert said in found.omitted["swanson_fg"]
    assert "target" in found.names


def test_the_largest_purchases_were_those_of_march_2009(published):
    """Swanson (2021): the announcement of 2009-03-18 is by far the largest of its kind."""
    found = rm.policy_surprises(published, SWANSON)
    lsap = found.series("swanson_lsap")
    assert lsap.idxmax().date().isoformat() == "2009-03-18"
    assert lsap.max() > 3.0 * lsap.drop(lsap.idxmax()).abs().max()
    assert lsap["2013-09-18"].iloc[0] > 0.0


@pytest.mark.parametrize("real", [False, True])
def test_rotation_holds_on_real_changes_too(real, table, request):
    changes = request.getfixturevalue("published") if real else table
    found = rm.policy_surprises(changes, ["target", "path", "bs_mps"])
    mp1 = changes["MP1"].to_numpy()
    assert slope(mp1, found.values["path"]) == pytest.approx(0.0, abs=ROUNDING)
    assert slope(mp1, found.values["target"]) == pytest.approx(1.0, abs=ROUNDING)
    assert slope(changes["ED4"], found.values["path"]) == pytest.approx(1.0, abs=ROUNDING)


def test_17_september_2001_is_no_part_of_bauer_and_swanson(published):
    found = rm.policy_surprises(published, ["bs_mps"])
    kept = published[published["Date"] != "2001-09-17"]
    assert len(found.series("bs_mps")) == len(kept) == 272
    np.testing.assert_allclose(
        slope(kept["ED4"], found.series("bs_mps")), 1.0, rtol=0, atol=ROUNDING
    )
    assert any("2001-09-17" in note and note.endswith(": 1") for note in found.notes)


POSITIVE = st.floats(0.01, 100.0)


@given(scales=st.lists(POSITIVE, min_size=len(FACTOR_INPUTS), max_size=len(FACTOR_INPUTS)))
def test_rescaling_inputs_only_rescales_what_is_scaled_to_them(scales):
    """Standardised inputs know no unit; target follows MP1, path and bs_mps ED4, news its yield."""
    names = ["target", "path", "news", "bs_mps", *SWANSON]
    table = factor_changes(120)
    by = dict(zip(FACTOR_INPUTS, scales, strict=True))
    plain = rm.policy_surprises(table, names).values
    found = rm.policy_surprises(
        table.assign(**{k: table[k] * v for k, v in by.items()}), names
    ).values
    follows = {"target": by["MP1"], "path": by["ED4"], "bs_mps": by["ED4"]}
    for name in names:
        expected = plain[name] * follows.get(name, 1.0)
        np.testing.assert_allclose(found[name], expected, rtol=1e-7, atol=1e-9 * expected.std())


@given(flips=st.sampled_from([-1.0, -0.5]))
def test_turning_all_rates_around_turns_every_series_around(flips):
    names = ["target", "path", "bs_mps", "swanson_ffr", "swanson_fg"]
    table = factor_changes(120)
    plain = rm.policy_surprises(table, names).values
    found = rm.policy_surprises(table * flips, names).values
    np.testing.assert_allclose(found[names[:3]], plain[names[:3]] * flips, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found[names[3:]], -plain[names[3:]], rtol=0, atol=1e-9)
