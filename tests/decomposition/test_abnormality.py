"""p-values: their definitions counted by hand, and their size where nothing happened."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student

from ratemodel.decomposition.abnormality import abnormality_rows, block_sums

EXACT = {"rtol": 1e-12, "atol": 0.0}
VALUES = arrays(float, st.integers(5, 60), elements=st.floats(-10.0, 10.0))


def measures(quiet, window, simulated, residual) -> pd.DataFrame:
    return pd.DataFrame(abnormality_rows(quiet, window, simulated, residual)).set_index("measure")


@given(VALUES, st.integers(1, 4))
def test_blocks_are_all_cyclic_shifts(values, length):
    around = [abs(sum(np.roll(values, -k)[:length])) for k in range(len(values))]
    np.testing.assert_allclose(block_sums(values, length), around, rtol=0.0, atol=1e-9)


@given(VALUES, st.floats(-30.0, 30.0))
def test_a_rank_counts_the_days_as_large(values, moved):
    row = measures(values, np.array([moved]), values, moved).loc["conformal"]
    larger = sum(abs(value) >= abs(moved) for value in values)
    np.testing.assert_allclose(row["p_value"], (1 + larger) / (len(values) + 1), **EXACT)
    np.testing.assert_allclose(row["p_floor"], 1 / (len(values) + 1), **EXACT)
    assert (row["note"] != "") == (abs(moved) > np.abs(values).max())


@given(VALUES, st.floats(-30.0, 30.0))
def test_a_simulated_p_value_counts_the_windows_as_large(simulated, moved):
    row = measures(np.ones(30), np.array([1.0]), simulated, moved).loc["fhs"]
    larger = sum(abs(value) >= abs(moved) for value in simulated)
    np.testing.assert_allclose(row["p_value"], (1 + larger) / (len(simulated) + 1), **EXACT)


def test_the_sign_of_a_move_does_not_matter():
    rng = np.random.default_rng(1)
    quiet, simulated = rng.standard_normal(300), rng.standard_normal(999)
    up = measures(quiet, np.array([2.0, 0.5]), simulated, 2.5)
    down = measures(-quiet, np.array([-2.0, -0.5]), simulated, -2.5)
    pd.testing.assert_frame_equal(up, down)


def test_a_tail_is_not_fitted_to_a_handful_of_days():
    rng = np.random.default_rng(1)
    row = measures(rng.standard_normal(100), np.array([9.0]), np.ones(10), 9.0).loc["evt"]
    assert np.isnan(row["p_value"])
    assert row["note"].startswith("not fitted: 10 blocks in the tail, 20 needed")


REPLICATIONS, DAYS = 400, 400
FAR = 6.0
DECADE = 1.0
"""Median of extrapolated p-values, in powers of ten of the truth: 40 tail blocks say no more."""


def test_a_pareto_tail_extrapolates_to_the_right_order_of_magnitude():
    rng = np.random.default_rng(2)
    scale = np.sqrt(3.0 / 5.0)
    found = []
    for _ in range(60):
        quiet = scale * rng.standard_t(5, DAYS)
        found.append(measures(quiet, np.array([FAR]), quiet, FAR).loc["evt", "p_value"])
    truth = 2.0 * student.sf(FAR / scale, 5)
    assert abs(np.log10(np.median(found) / truth)) < DECADE


@pytest.mark.parametrize("measure", ["conformal", "fhs"])
def test_quiet_days_are_called_abnormal_as_often_as_they_should(measure):
    rng = np.random.default_rng(3)
    low = 0
    for _ in range(REPLICATIONS):
        values = rng.standard_t(5, DAYS + 2)
        simulated = rng.standard_t(5, (2000, 2)).sum(axis=1)
        window = values[-2:]
        rows = measures(values[:-2], window, simulated, window.sum())
        low += rows.loc[measure, "p_value"] <= 0.10
    # Binomial: 40 of 400, standard error 6.
    assert 40 - 18 <= low <= 40 + 18
