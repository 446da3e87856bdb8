"""The common factor: found where one was put, refused where none was, matched by the clock."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from split_markets import DOLLAR, EVENT, World, build_world, strikes, trading_days

from ratemodel.config import AssetSpec, Sample
from ratemodel.decomposition import decompose
from ratemodel.decomposition.common_factor import CommonFactor, Residuals, common_factor

LEVEL = 0.90
GROUPS = {
    "GC": ("metal", "gold"),
    "GLD": ("metal", "gold"),
    "BTC": ("crypto", "bitcoin"),
    "ETH": ("crypto", "ether"),
}
CLOCKS = {
    "GC": "13:30 America/New_York",
    "GLD": "16:00 America/New_York",
    "BTC": "24:00 UTC",
    "ETH": "24:00 UTC",
}
DAYS, FIRST = 420, 410
IDENTITY = {"rtol": 0.0, "atol": 1e-10}


def residuals(share: float, seed: int, crash: float = 0.0) -> dict[str, Residuals]:
    """Residuals of unit variance, `share` of it common, arriving evenly between all strikes."""
    rng = np.random.default_rng(seed)
    dates = trading_days("2024-03-01", DAYS)
    at = {name: strikes(dates, clock) for name, clock in CLOCKS.items()}
    edges = np.unique(np.concatenate(list(at.values())))
    hours = np.diff(edges).astype(float) / 3600.0
    common = rng.standard_normal(len(hours)) * np.sqrt(hours / 24.0)
    common[np.searchsorted(edges, at["GC"][FIRST])] += crash
    found = {}
    for name in CLOCKS:
        low = np.searchsorted(edges, at[name])
        own = rng.standard_normal(len(hours)) * np.sqrt(hours / 24.0)
        pieces = np.sqrt(share) * common + np.sqrt(1.0 - share) * own
        moved = np.array([pieces[a:b].sum() for a, b in itertools.pairwise(low)])
        table = pd.DataFrame(
            {
                "date": dates[1:],
                "asset": name,
                "log_return_pp": moved,
                "days": 1,
                "start_utc": at[name][:-1],
                "end_utc": at[name][1:],
            }
        )
        scale = np.array([2.0, 2.0])
        found[name] = Residuals(table, dates[FIRST], dates[FIRST + 1], dates[2], scale)
    return found


def read(asset: str, held: dict[str, Residuals]) -> CommonFactor:
    return common_factor(asset, held, GROUPS, LEVEL)


def test_a_factor_that_was_there_before_is_used():
    found = read("GC", residuals(0.5, 1))
    assert found.reason == ""
    assert found.others == ("BTC", "ETH")
    assert found.low < found.loading < found.high
    # f is the mean of two assets, half of whose variance is common: cov .5 over variance .75.
    assert found.low < 0.5 / 0.75 < found.high


def test_its_own_class_and_a_second_wrapper_are_left_out():
    assert read("BTC", residuals(0.5, 1)).others == ("GC",)
    assert read("GLD", residuals(0.5, 1)).others == ("BTC", "ETH")


def test_a_common_crash_is_leverage_then_and_adds_up_over_days():
    held = residuals(0.5, 1, crash=-10.0)
    found = read("GC", held)
    # The crash reaches every asset with the root of one half, and gold through its loading.
    expected = 2.0 * found.loading * np.sqrt(0.5) * -10.0
    assert found.total[1] < expected < found.total[2]
    np.testing.assert_allclose(found.day_pp.sum(), found.total[0], **IDENTITY)
    assert (found.day_low_pp <= found.day_pp).all()
    assert (found.day_pp <= found.day_high_pp).all()


def test_a_crash_in_both_classes_alone_makes_no_common_factor():
    refused = 0
    for seed in range(40):
        found = read("GC", residuals(0.0, seed, crash=-10.0))
        refused += bool(found.reason)
        if found.reason:
            np.testing.assert_allclose([*found.day_pp, *found.total], 0.0, **IDENTITY)
            assert "where one of 4 tests needs 0.025: no common factor" in found.reason
    # At most one in forty is expected to pass, by chance and above zero.
    assert refused >= 37


def test_nothing_of_the_event_touches_the_loading():
    plain, corrupt = residuals(0.5, 1), residuals(0.5, 1)
    for part in corrupt.values():
        late = part.table["date"] >= part.start
        part.table.loc[late, "log_return_pp"] *= -7.0
    before, after = read("GC", plain), read("GC", corrupt)
    assert (before.loading, before.low, before.high) == (after.loading, after.low, after.high)
    assert before.total != after.total


def test_without_another_class_there_is_nothing_to_go_by():
    held = {name: part for name, part in residuals(0.5, 1).items() if GROUPS[name][0] == "metal"}
    found = read("GC", held)
    assert found.reason == "no asset of another class was split in the event"
    assert np.isnan(found.loading)


# --- through the split ---------------------------------------------------------------------------

SPECS = [AssetSpec("GC", "Gold", "metal"), AssetSpec("GLD", "Fund", "metal", underlying="GC")]


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(11)


def test_a_split_by_a_refused_factor_leaves_all_to_the_residual_and_says_why(world):
    options = {"event": EVENT, "dollar": DOLLAR, "draws": 100, "sample": Sample(pre_days=300)}
    assets = ["GC", "GLD", "BTC"]
    by_flows = decompose(world.market, world.shocks, assets=assets, specs=SPECS, **options)
    by_factor = decompose(
        world.market, world.shocks, method="factor", assets=assets, specs=SPECS, **options
    )
    assert set(by_factor.table["method"]) == {"factor"}
    reasons = by_factor.common_factor.set_index("asset")
    assert reasons.loc["GC", "others"] == "BTC"
    assert reasons.loc["BTC", "others"] == "GC"
    pd.testing.assert_frame_equal(by_factor.common_factor, by_flows.common_factor)
    for asset in assets:
        leverage = by_factor.component(asset, "leverage")
        ceiling = by_factor.component(asset, "leverage_ceiling")
        rest = by_factor.component(asset, "residual")
        assert leverage.band == "confidence"
        np.testing.assert_allclose(
            leverage.estimate_pp, reasons.loc[asset, "leverage_pp"], **IDENTITY
        )
        np.testing.assert_allclose(
            leverage.estimate_pp + rest.estimate_pp, ceiling.estimate_pp, **IDENTITY
        )
        note = by_factor.table.set_index(["asset", "component"])["note"][asset, "leverage"]
        assert note == reasons.loc[asset, "reason"]
    assert by_factor.adding_up_gap_pp() < 1e-10
