"""Loadings drawn to published ones: by precision, whatever the sign."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from method_worlds import plain_world

from ratemodel.estimators import estimate_loadings
from ratemodel.market.facts import builtin_table

SEED = 20260130
RETURNS, SHOCKS, DATES = plain_world(300, np.random.default_rng(SEED))
OWN = estimate_loadings(RETURNS, SHOCKS, DATES[-1]).row("A")


def anchor(estimate: float, error: float, shock: str = "ED4 surprise", sample: str = "to 1999"):
    return {
        "asset": "A",
        "shock": shock,
        "estimate_pct_per_bp": estimate,
        "se_pct_per_bp": error,
        "sample": sample,
    }


def shrunk(*anchors: dict) -> pd.Series:
    table = estimate_loadings(
        RETURNS, SHOCKS, DATES[-1], method="shrinkage", anchors=pd.DataFrame(anchors)
    )
    return table.row("A", method="shrinkage")


@given(estimate=st.floats(-0.5, 0.5), error=st.floats(0.001, 1.0))
@settings(max_examples=25)
def test_it_lies_between_the_two_and_is_surer_than_either(estimate, error):
    row = shrunk(anchor(estimate, error))
    low, high = sorted([estimate, OWN["estimate_pp_per_bp"]])
    assert low - 1e-12 <= row["estimate_pp_per_bp"] <= high + 1e-12
    assert row["std_err"] < min(error, OWN["std_err"])


def test_weights_are_precisions():
    row = shrunk(anchor(0.1, OWN["std_err"]), anchor(0.4, OWN["std_err"], "path shock"))
    mean = (OWN["estimate_pp_per_bp"] + 0.1 + 0.4) / 3.0
    assert row["estimate_pp_per_bp"] == pytest.approx(mean, rel=1e-12, abs=0.0)
    assert row["std_err"] == pytest.approx(OWN["std_err"] / np.sqrt(3.0), rel=1e-12, abs=0.0)
    assert row["note"] == "drawn to ED4 surprise; path shock"


def test_a_published_gain_can_turn_the_sign():
    assert OWN["estimate_pp_per_bp"] < 0.0
    assert shrunk(anchor(0.5, 0.001))["estimate_pp_per_bp"] > 0.0


def test_anchors_that_cannot_be_used_are_named_with_the_reason():
    span = f"{OWN['start']:%Y-%m}..{OWN['end']:%Y-%m}"
    row = shrunk(
        anchor(-0.1, 0.02),
        anchor(-0.2, np.nan, "ED4, no error"),
        anchor(-0.24, 0.01, "10-year real yield"),
        anchor(-0.08, 0.01, "daily path shock", span),
    )
    assert row["note"] == (
        "drawn to ED4 surprise; not used: ED4, no error (no standard error); "
        "10-year real yield (another shock); daily path shock (our own sample)"
    )
    alone = shrunk(anchor(-0.1, 0.02))
    assert row["estimate_pp_per_bp"] == alone["estimate_pp_per_bp"]


def test_without_an_anchor_the_reason_names_those_not_used():
    row = shrunk(anchor(-0.2, np.nan, "ED4, no error"))
    assert np.isnan(row["estimate_pp_per_bp"])
    assert row["reason"] == (
        "no published loading of A on path_bp to shrink to; "
        "not used: ED4, no error (no standard error)"
    )


def test_the_built_in_anchors_hold_one_of_gold_for_the_path():
    """facts/anchors.csv: of the anchors of gold only the two of our own have an error."""
    gold = builtin_table("anchors").query("asset == 'GC'")
    assert gold["se_pct_per_bp"].notna().sum() == 2
