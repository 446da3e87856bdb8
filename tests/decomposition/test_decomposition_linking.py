"""Parts of simple returns over several days: what must add up does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ratemodel.decomposition import cumulation_factor, link_parts
from ratemodel.decomposition.linking import simple_parts_pct
from ratemodel.errors import DataError

ROUNDING = {"rtol": 1e-10, "atol": 1e-12}
"""Sums of a handful of fractions."""
HUNDREDTH_OF_A_PERCENT = 5e-5
"""The published figures have two decimals."""
PARTS = st.integers(1, 6).flatmap(
    lambda days: arrays(float, (days, 4), elements=st.floats(-0.2, 0.3))
)


def test_the_falls_of_two_days_compound():
    """Silver, 2026-01-30 and 2026-02-02: reference vector, Carino (1999)."""
    falls = np.array([-0.3137, -0.0194])
    whole = link_parts(falls[:, None])
    assert whole[0] == pytest.approx(-0.3270, rel=0.0, abs=HUNDREDTH_OF_A_PERCENT)
    assert whole[0] == pytest.approx((1 - 0.3137) * (1 - 0.0194) - 1.0, rel=1e-12, abs=0.0)


def test_parts_of_two_days_sum_to_the_compounded_fall():
    """Rates and the rest on each day: reference vector, Carino (1999)."""
    linked = link_parts(np.array([[-0.0100, -0.3037], [-0.0050, -0.0144]]))
    assert linked.sum() == pytest.approx(-0.3270, rel=0.0, abs=HUNDREDTH_OF_A_PERCENT)
    assert (linked < 0.0).all()
    assert abs(linked[0]) < abs(linked[1])


@given(PARTS)
def test_linked_parts_sum_to_the_compounded_return(parts):
    whole = np.prod(1.0 + parts.sum(axis=1)) - 1.0
    np.testing.assert_allclose(link_parts(parts).sum(), whole, **ROUNDING)


@given(PARTS)
def test_one_day_needs_no_linking(parts):
    np.testing.assert_allclose(link_parts(parts[:1]), parts[0], **ROUNDING)


@given(PARTS, st.permutations(range(4)))
def test_the_order_of_parts_does_not_matter(parts, order):
    np.testing.assert_allclose(link_parts(parts[:, order]), link_parts(parts)[order], **ROUNDING)


@given(PARTS)
def test_a_part_that_is_always_zero_stays_zero(parts):
    parts[:, 2] = 0.0
    assert link_parts(parts)[2] == 0.0


def test_the_factor_is_one_at_zero_and_smooth_around_it():
    assert cumulation_factor(0.0) == 1.0
    near = np.array([-1e-6, -1e-8, -1e-9, 1e-9, 1e-8, 1e-6])
    np.testing.assert_allclose(cumulation_factor(near), 1.0 - near / 2.0, rtol=1e-9, atol=0.0)


@given(st.floats(-0.99, 5.0))
def test_the_factor_turns_a_simple_return_into_a_log_return(simple):
    factor = float(cumulation_factor(simple))
    assert factor * simple == pytest.approx(np.log1p(simple), rel=1e-9, abs=1e-15)


def test_nothing_can_lose_more_than_everything():
    with pytest.raises(DataError, match="loses more than everything"):
        link_parts(np.array([[-0.5, -0.6]]))


@given(arrays(float, 5, elements=st.floats(-30.0, 30.0)))
def test_parts_of_a_log_return_become_parts_of_the_simple_return(parts):
    total = float(parts.sum())
    simple = simple_parts_pct(parts, total)
    expected = 100.0 * (np.exp(total / 100.0) - 1.0)
    np.testing.assert_allclose(simple.sum(), expected, rtol=1e-9, atol=1e-9)
    assert (np.sign(simple) == np.sign(parts)).all()
