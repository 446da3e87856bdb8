"""The orthogonalised surprise, and estimates that do not look ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from announcement_worlds import factor_changes, predictors_of

import ratemodel as rm
from ratemodel.shocks.registry import EXPANDING, SERIES

ROUNDING = 1e-12
BOTH = ["bs_mps", "bs_mps_orth"]
FIRST = 40


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return factor_changes(130, seed=6)


@pytest.fixture(scope="module")
def predictors(table) -> pd.DataFrame:
    return predictors_of(table)


def test_the_residual_is_that_of_a_regression(table, predictors):
    found = rm.policy_surprises(table, BOTH, predictors=predictors).values
    regressors = np.column_stack([np.ones(len(table)), predictors])
    fitted = regressors @ np.linalg.lstsq(regressors, found["bs_mps"])[0]
    np.testing.assert_allclose(
        found["bs_mps_orth"], found["bs_mps"] - fitted, rtol=0, atol=ROUNDING
    )
    np.testing.assert_allclose(regressors.T @ found["bs_mps_orth"], 0.0, rtol=0, atol=1e-10)
    assert found["bs_mps_orth"].std() < 0.95 * found["bs_mps"].std()


def test_predictors_in_other_units_make_the_same_residual(table, predictors):
    scaled = predictors * [1e-4, 1e4, -3.0] + [5.0, -1e3, 0.0]
    one = rm.policy_surprises(table, BOTH, predictors=predictors).values
    two = rm.policy_surprises(table, BOTH, predictors=scaled[["slope", "jobs", "stocks"]]).values
    np.testing.assert_allclose(one, two, rtol=0, atol=1e-10)


def test_an_announcement_without_a_predictor_has_a_surprise_and_no_residual(table, predictors):
    gap = predictors.copy()
    gap.iloc[4, 1] = np.nan
    found = rm.policy_surprises(table, BOTH, predictors=gap)
    assert np.isnan(found.values["bs_mps_orth"].iloc[4])
    assert len(found.series("bs_mps")) == len(table)
    assert "bs_mps_orth: announcements without all predictors: 1" in found.notes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.assign(twice=2.0 * p["jobs"]), "collinear"),
        (lambda p: p.assign(one=1.0), "collinear"),
        (lambda p: p.iloc[:6].reindex(p.index), "8 are needed"),
        (lambda p: p.assign(jobs="many"), "row 2: jobs must be a number, got 'many'"),
    ],
)
def test_predictors_that_cannot_be_used_are_refused(table, predictors, change, said):
    with pytest.raises(rm.RateModelError, match=said):
        rm.policy_surprises(table, ["bs_mps_orth"], predictors=change(predictors))


EXPANDABLE = [name for name, spec in SERIES.items() if spec.construction != "kuttner"]


@pytest.fixture(scope="module")
def expanding(table, predictors):
    names = [f"{name}{EXPANDING}" for name in EXPANDABLE]
    return rm.policy_surprises(table, names, predictors=predictors)


@pytest.mark.parametrize("length", [60, 117, 129])
def test_history_does_not_move_when_announcements_are_added(table, predictors, expanding, length):
    """What was said of any announcement is said again with all later ones, to the last bit.

    The first 60 end before 2009: purchases cannot be told from them, and are not asked for.
    """
    names = [n for n in expanding.names if length > 60 or not n.startswith("swanson")]
    part = rm.policy_surprises(table.iloc[:length], names, predictors=predictors)
    later = expanding.values[names].iloc[:length]
    pd.testing.assert_frame_equal(part.values, later, check_exact=True, check_freq=False)
    assert part.values.notna().any().all()


@pytest.mark.parametrize("name", [n for n in EXPANDABLE if n != "bs_mps_orth"])
def test_the_last_expanding_value_is_the_full_samples(table, predictors, expanding, name):
    full = rm.policy_surprises(table, [name], predictors=predictors).series(name)
    whole = expanding.series(f"{name}{EXPANDING}")
    assert whole.iloc[-1] == pytest.approx(full.iloc[-1], rel=0, abs=ROUNDING)
    assert (whole.iloc[:20] != full[whole.index[:20]]).any()


def test_the_expanding_residual_is_the_error_of_a_forecast(table, predictors, expanding):
    """Coefficients of the announcements before, applied to what was known before this one."""
    last = 99
    known = rm.policy_surprises(table.iloc[: last + 1], ["bs_mps"]).series("bs_mps").to_numpy()
    regressors = np.column_stack([np.ones(len(table)), predictors])
    coefficients = np.linalg.lstsq(regressors[:last], known[:last])[0]
    error = known[last] - regressors[last] @ coefficients
    ours = expanding.values["bs_mps_orth_expanding"].iloc[last]
    assert ours == pytest.approx(error, rel=0, abs=1e-10)


def test_expanding_series_begin_when_there_is_enough_behind_them(table, expanding):
    assert len(expanding.series("target_expanding")) == len(table) - FIRST + 1
    later = rm.policy_surprises(table, ["target_expanding"], min_events=100)
    assert len(later.series("target_expanding")) == len(table) - 99
    pd.testing.assert_series_equal(
        later.series("target_expanding"), expanding.series("target_expanding").iloc[60:]
    )
    assert "each estimated on those up to it" in expanding.about["path_expanding"].sample
    assert any(note.startswith("swanson_ffr") for note in expanding.notes)
