"""The impact law by its properties, never by its formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratemodel.leverage import price_impact

ADV = 1e10
FLOWS = st.floats(1e2, 1e11)
KNEES = st.floats(1e-5, 0.1)
ROUNDING = {"rel": 1e-9, "abs": 0.0}


def impact(flow: float, knee: float = 1e-3, sigma: float = 2.0, y: float = 1.0) -> float:
    return float(price_impact(flow, sigma, ADV, y, knee))


@given(flow=FLOWS, knee=KNEES)
def test_buying_and_selling_are_mirror_images(flow, knee):
    assert impact(-flow, knee) == -impact(flow, knee) < 0.0


@given(flow=FLOWS, more=st.floats(1.001, 100.0), knee=KNEES)
def test_more_flow_moves_the_price_further_but_not_in_proportion(flow, more, knee):
    small, large = impact(flow, knee), impact(more * flow, knee)
    assert small < large <= more * small * (1.0 + 1e-9)


@given(knee=KNEES)
def test_the_law_is_continuous_at_the_knee(knee):
    at = knee * ADV
    below, above = impact(at * (1.0 - 1e-9), knee), impact(at * (1.0 + 1e-9), knee)
    assert below == pytest.approx(above, rel=1e-8, abs=0.0)


@given(share=st.floats(1e-6, 0.49), knee=KNEES)
def test_below_the_knee_twice_the_flow_moves_the_price_twice_as_far(share, knee):
    flow = share * knee * ADV
    assert impact(2.0 * flow, knee) == pytest.approx(2.0 * impact(flow, knee), **ROUNDING)


@given(share=st.floats(1.001, 1e4), knee=KNEES)
def test_above_the_knee_four_times_the_flow_moves_the_price_twice_as_far(share, knee):
    flow = share * knee * ADV
    assert impact(4.0 * flow, knee) == pytest.approx(2.0 * impact(flow, knee), **ROUNDING)


@pytest.mark.parametrize("sigma", [0.5, 2.0])
def test_a_whole_days_volume_moves_the_price_one_daily_standard_deviation(sigma):
    assert impact(-ADV, sigma=sigma) == pytest.approx(-sigma, **ROUNDING)
    assert impact(-ADV, sigma=sigma, y=1.5) == pytest.approx(-1.5 * sigma, **ROUNDING)


def test_no_flow_moves_nothing():
    assert impact(0.0) == 0.0
    np.testing.assert_array_equal(price_impact(np.zeros(3), 2.0, ADV), np.zeros(3))


@given(flow=FLOWS, scale=st.floats(0.01, 100.0))
def test_only_the_share_of_volume_counts(flow, scale):
    there = float(price_impact(scale * flow, 2.0, scale * ADV))
    assert there == pytest.approx(impact(flow), **ROUNDING)
