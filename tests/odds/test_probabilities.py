"""The table of odds: what sums to one, what mean it has, what it knew, from slow words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import ratemodel as rm
from ratemodel.odds.convolve import convolve_moves

ONE = 1e-12
"""Sums of some dozens of floats."""
MEAN_BP = 1e-4
"""Bins end where 1e-7 is left, and hold what lies beyond: below a thousandth of a basis point."""
SOME_DATES = ["2024-12-17", "2025-07-30", "2026-01-28", "2026-01-30"]


@pytest.fixture(scope="module")
def market():
    return rm.load_market("replica")


@pytest.fixture(scope="module", params=["joint", "fedwatch"])
def path(market, request):
    return rm.implied_path(market.futures, market.fomc, market.rates, engine=request.param)


@pytest.fixture(scope="module")
def odds(path):
    return rm.meeting_probabilities(path)


def last_decision(fomc: pd.DataFrame, date: pd.Timestamp) -> pd.Series:
    """What somebody knows at 15:00: statements of days before, and of 14:00 that day."""
    told = fomc.loc[fomc["target_upper_after_pct"].notna() & (fomc["kind"] != "other_statement")]
    today = (told["announced"] == date) & (told["time_et"] <= "15:00")
    return told.loc[(told["announced"] < date) | today].iloc[-1]


def test_probabilities_of_a_meeting_sum_to_one(odds):
    total = odds.groupby(["trade_date", "meeting"])["probability"].sum()
    assert (total - 1.0).abs().max() < ONE
    assert odds["probability"].between(0.0, 1.0).all()


def test_targets_are_a_quarter_point_apart_and_as_wide_as_the_range(odds):
    np.testing.assert_allclose(
        odds["target_upper_pct"] - odds["target_lower_pct"], 0.25, rtol=0.0, atol=ONE
    )
    steps = odds.groupby(["trade_date", "meeting"])["target_lower_pct"].diff().dropna()
    np.testing.assert_allclose(steps, 0.25, rtol=0.0, atol=ONE)


def test_their_mean_is_the_expected_move(odds, path):
    """Of the joint path from target plus spread, of FedWatch from where its chain begins."""
    at = odds.loc[odds["trade_date"].isin(SOME_DATES)]
    for (date, meeting), part in at.groupby(["trade_date", "meeting"]):
        rows = path.at(date).set_index("meeting")
        fomc = rm.load_market("replica").fomc
        known = last_decision(fomc, date)
        target = (known["target_lower_after_pct"] + known["target_upper_after_pct"]) / 2.0
        middle = (part["target_lower_pct"] + part["target_upper_pct"]) / 2.0
        mean = 100.0 * ((middle - target) * part["probability"]).sum()
        assert part["mean_bp"].iloc[0] == pytest.approx(mean, rel=0.0, abs=MEAN_BP)
        if path.engine == "joint":
            spread = path.anchor.loc[date, "spread_bp"]
            level = rows.loc[meeting, "rate_pct"]
            expected = 100.0 * (level - target) - spread
        else:
            still_open = rows.loc[(rows.index > date) & (rows.index <= meeting), "change_bp"]
            expected = still_open.sum()
        assert mean == pytest.approx(expected, rel=0.0, abs=MEAN_BP)


def test_a_meeting_announced_by_the_strike_has_no_odds(odds, market):
    after = odds.loc[odds["trade_date"] == "2026-01-28"]
    assert after["meeting"].min() == pd.Timestamp("2026-03-18")
    day_before = odds.loc[odds["trade_date"] == "2026-01-27"]
    assert day_before["meeting"].min() == pd.Timestamp("2026-01-28")


def test_some_dates_alone_are_the_same_rows(odds, path):
    dates = pd.DatetimeIndex(SOME_DATES)
    part = path.probabilities(dates)
    whole = odds.loc[odds["trade_date"].isin(dates)].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, whole, check_exact=True)


def test_later_prices_change_no_earlier_odds(market):
    """Nothing after a trade date is used on it: the same rows to the last bit."""
    until = pd.Timestamp("2025-03-31")
    futures = market.futures.loc[market.futures["trade_date"] <= until]
    short = rm.implied_path(futures, market.fomc, market.rates)
    whole = rm.implied_path(market.futures, market.fomc, market.rates)
    dates = pd.DatetimeIndex(["2024-06-28", "2025-01-15", "2025-03-31"])
    pd.testing.assert_frame_equal(
        short.probabilities(dates), whole.probabilities(dates), check_exact=True
    )


def test_targets_do_not_fall_below_zero(market):
    """A path far below zero: everything at the lowest range, whose mean cannot be kept."""
    futures = market.futures.assign(settle=np.maximum(market.futures["settle"], 99.9))
    fomc = market.fomc.copy()
    low = ["target_lower_before_pct", "target_lower_after_pct"]
    high = ["target_upper_before_pct", "target_upper_after_pct"]
    fomc[low] = fomc[low].where(fomc[low].isna(), 0.0)
    fomc[high] = fomc[high].where(fomc[high].isna(), 0.25)
    path = rm.implied_path(futures, fomc, None)
    odds = path.probabilities(pd.DatetimeIndex(["2026-01-30"]))
    assert odds["target_lower_pct"].min() == 0.0
    # Measured below the lowest target: what its error leaves above it, and nothing more.
    now = path.at("2026-01-30").set_index("meeting")
    below = now.loc[now["rate_pct"] < 0.125].index
    assert len(below)
    means = odds.groupby("meeting")["mean_bp"].first().loc[below.intersection(odds["meeting"])]
    assert (means > 0.0).all()
    assert (means <= now["rate_se_bp"].reindex(means.index)).all()


def test_under_a_negative_target_the_bound_is_the_target(market):
    """Minus 0.50 to minus 0.25 rules and is expected to: no jump up to zero."""
    fomc = market.fomc.copy()
    low = ["target_lower_before_pct", "target_lower_after_pct"]
    high = ["target_upper_before_pct", "target_upper_after_pct"]
    fomc[low] = fomc[low].where(fomc[low].isna(), -0.5)
    fomc[high] = fomc[high].where(fomc[high].isna(), -0.25)
    path = rm.implied_path(market.futures.assign(settle=100.375), fomc, None)
    odds = path.probabilities(pd.DatetimeIndex(["2026-01-30"]))
    likeliest = odds.loc[odds.groupby("meeting")["probability"].idxmax()]
    assert (likeliest["target_lower_pct"] == -0.5).all()


def test_no_dates_give_no_rows_and_tiny_tables_give_some(market):
    path = rm.implied_path(market.futures, market.fomc, market.rates)
    assert path.probabilities(pd.DatetimeIndex([])).empty
    last = market.futures["trade_date"].max()
    day = market.futures.loc[market.futures["trade_date"] == last]
    for rows in (day, day.iloc[:1]):
        tables = (rows, market.fomc, market.rates)
        joint, fedwatch = (rm.implied_path(*tables, engine) for engine in ("joint", "fedwatch"))
        assert rm.score_odds(joint, fedwatch).scores.empty
        assert joint.probabilities().empty == (len(rows) == 1)


def test_unknown_dates_and_unknown_targets_are_refused(market, path):
    with pytest.raises(rm.RateModelError, match="no trade date"):
        path.probabilities(pd.DatetimeIndex(["2026-01-31"]))
    ahead = market.fomc.loc[market.fomc["target_upper_after_pct"].isna()]
    futures = market.futures.loc[market.futures["trade_date"] >= "2026-02-01"]
    blind = rm.implied_path(futures, ahead, None, engine=path.engine)
    with pytest.raises(rm.RateModelError, match="target"):
        blind.probabilities()


def slow_convolution(moves: list[float]) -> dict[int, float]:
    odds = {0: 1.0}
    for move in moves:
        low = int(np.floor(move))
        more = move - low
        following: dict[int, float] = {}
        for step, p in odds.items():
            following[step + low] = following.get(step + low, 0.0) + p * (1.0 - more)
            following[step + low + 1] = following.get(step + low + 1, 0.0) + p * more
        odds = following
    return odds


def test_convolutions_are_those_of_a_dictionary():
    rng = np.random.default_rng(3)
    moves = rng.normal(0.0, 1.5, (40, 6))
    moves[5, 3:] = np.nan
    moves[6, 0] = -2.0
    for meeting, odds in enumerate(convolve_moves(moves)):
        for case in range(len(moves)):
            mine = odds.where(odds.case == case)
            if np.isnan(moves[case, : meeting + 1]).any():
                assert not len(mine.case)
                continue
            slow = slow_convolution(moves[case, : meeting + 1].tolist())
            slow = {step: p for step, p in slow.items() if p > 1e-15}
            assert dict(zip(mine.step.tolist(), mine.probability.tolist(), strict=True)) == (
                pytest.approx(slow, rel=0.0, abs=1e-14)
            )
