"""Scores by their definitions, pair by pair, and the numbers they are held against."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import ratemodel as rm
from ratemodel.odds import ERAS
from ratemodel.odds.dispersion import FEWEST_OUTCOMES, learn_dispersion, score_bins
from ratemodel.odds.expected import expected_moves, outcomes
from ratemodel.odds.scores import circular_blocks
from ratemodel.types.odds import OddsScores

TWICE = {"rtol": 1e-9, "atol": 1e-9}
"""The same sums of some hundred floats in another order."""
LOG_FLOOR = 0.005


@pytest.fixture(scope="module")
def market():
    return rm.load_market("replica")


@pytest.fixture(scope="module")
def paths(market):
    return {
        engine: rm.implied_path(market.futures, market.fomc, market.rates, engine=engine)
        for engine in ("joint", "fedwatch")
    }


@pytest.fixture(scope="module")
def found(paths):
    return rm.score_odds(paths["joint"], paths["fedwatch"], draws=200)


# --- Definitions --------------------------------------------------------------------------------


def slow_scores(market, table: pd.DataFrame, horizon: int, era: str) -> dict[pd.Timestamp, tuple]:
    """Squared error, RPS and log loss of each meeting of an era, from the table of odds alone."""
    decided = market.fomc.loc[market.fomc["target_upper_after_pct"].notna()]
    first, last = ERAS[era]
    dates = pd.DatetimeIndex(table["trade_date"].unique())
    scores = {}
    for row in decided.loc[decided["kind"] == "scheduled"].itertuples():
        wanted = row.announced - pd.Timedelta(days=horizon)
        earlier = dates[dates <= wanted]
        if not first <= row.announced <= last or not len(earlier):
            continue
        if (wanted - earlier[-1]).days > 3:
            continue
        part = table.loc[(table["trade_date"] == earlier[-1]) & (table["meeting"] == row.announced)]
        if part.empty:
            continue
        came = part["target_lower_pct"] >= row.target_lower_after_pct - 1e-9
        below = part["probability"].cumsum()
        rps = ((below - came) ** 2).sum()
        lowest, highest = part["target_lower_pct"].iloc[[0, -1]]
        rps += max(0.0, (lowest - row.target_lower_after_pct) / 0.25)
        rps += max(0.0, (row.target_lower_after_pct - highest) / 0.25 - 1.0)
        hit = (part["target_lower_pct"] - row.target_lower_after_pct).abs() < 1e-9
        chance = part.loc[hit, "probability"].sum()
        mean = (part["probability"] * part["target_lower_pct"]).sum()
        error = 100.0 * (mean - row.target_lower_after_pct)
        scores[row.announced] = (error**2, rps, -np.log(max(chance, LOG_FLOOR)))
    return scores


@pytest.mark.parametrize(("era", "horizon"), [("2024-", 1), ("2024-", 90), ("2016-2023", 30)])
def test_scores_are_means_over_the_meetings_both_forecast(market, paths, found, era, horizon):
    tables = {engine: path.probabilities() for engine, path in paths.items()}
    every = {e: slow_scores(market, t, horizon, era) for e, t in tables.items()}
    eve = {e: slow_scores(market, t, 1, era) for e, t in tables.items()}
    shared = sorted(
        every["joint"].keys()
        & every["fedwatch"].keys()
        & eve["joint"].keys()
        & eve["fedwatch"].keys()
    )
    table = found.scores
    rows = table.loc[(table["era"] == era) & (table["horizon_days"] == horizon)]
    assert rows["n"].tolist() == [len(shared)] * 3
    for name, column in (("joint", "value"), ("fedwatch", "fedwatch")):
        means = np.mean([every[name][meeting] for meeting in shared], axis=0)
        expected = [np.sqrt(means[0]), means[1], means[2]]
        # The joint table's mean is exact to a thousandth of a basis point: see its own test.
        np.testing.assert_allclose(rows[column], expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(rows["gain"], rows["fedwatch"] - rows["value"], **TWICE)


def test_the_ranked_probability_score_of_an_outcome_outside_all_bins():
    """Two bins, 0 and 1; the committee moved by 4, or by -2: every step between misses by one."""
    case, step, p = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0.5, 0.5] * 2)
    rps, log_loss = score_bins(case, step, p, np.array([4.0, -2.0]))
    assert rps.tolist() == pytest.approx([0.25 + 1.0 + 1.0 + 1.0, 1.0 + 1.0 + 0.25], abs=1e-12)
    assert log_loss.tolist() == pytest.approx([-np.log(LOG_FLOOR)] * 2, abs=1e-12)


def test_calibration_counts_what_came_true(found):
    table = found.calibration
    assert (table["forecast"] > table["probability_low"]).all()
    assert (table["forecast"] <= table["probability_high"] + 1e-12).all()
    assert table["observed"].between(0.0, 1.0).all()
    # One bin of each meeting comes true: those with a forecast above the smallest are all here.
    part = table.loc[(table["era"] == "2024-") & (table["horizon_days"] == 1)]
    for _, rows in part.groupby("engine"):
        assert (rows["observed"] * rows["n"]).sum() <= 18 + 1e-9


def test_intervals_hold_the_gain_and_few_meetings_have_none(found):
    enough = found.scores.dropna(subset=["low"])
    assert (enough["low"] <= enough["gain"]).all()
    assert (enough["gain"] <= enough["high"]).all()
    few = found.scores.loc[
        (found.scores["era"] == "2016-2023") & (found.scores["horizon_days"] == 180)
    ]
    assert few["low"].isna().all()


def test_the_same_seed_gives_the_same_intervals(paths, found):
    again = rm.score_odds(paths["joint"], paths["fedwatch"], draws=200)
    pd.testing.assert_frame_equal(again.scores, found.scores, check_exact=True)
    other = rm.score_odds(paths["joint"], paths["fedwatch"], draws=200, seed=1)
    assert not other.scores["low"].equals(found.scores["low"])


def test_circular_blocks_are_runs_of_neighbours():
    rows = circular_blocks(10, 4, 500, np.random.default_rng(0))
    assert rows.shape == (500, 10)
    runs = rows.reshape(500, 10)[:, :8].reshape(500, 2, 4)
    assert (np.diff(runs, axis=2) % 10 == 1).all()
    # Every row is as likely as any other: 5,000 draws of 10 rows, standard error 0.9 %.
    share = np.bincount(rows.ravel(), minlength=10) / rows.size
    np.testing.assert_allclose(share, 0.1, rtol=0.0, atol=0.015)


@pytest.mark.parametrize("order", [("fedwatch", "joint"), ("joint", "joint")])
def test_only_a_path_beside_fedwatchs_is_scored(paths, order):
    with pytest.raises(rm.RateModelError, match="fedwatch"):
        rm.score_odds(paths[order[0]], paths[order[1]])


def test_every_attribute_of_the_result_works(found):
    assert found.to_frame() is found.scores
    assert "variants" in str(found)
    assert found.summary().count("\n") == found.scores.groupby(["era", "horizon_days"]).ngroups


# --- Learning -----------------------------------------------------------------------------------


def test_parameters_stand_still_within_a_year_and_count_earlier_outcomes(paths):
    path = paths["joint"]
    moves = expected_moves(path)
    learned = learn_dispersion(path, moves)
    pairs = outcomes(path, moves, (1, 30, 90, 180, 365))
    for year in np.unique(path.trade_dates.year):
        rows = path.trade_dates.year == year
        assert len(set(zip(learned.scale[rows], learned.persistence[rows], strict=True))) == 1
        before = int((pairs["announced"] < f"{year}-01-01").sum())
        expected = before if before >= FEWEST_OUTCOMES else 0
        assert set(learned.outcomes[rows]) == {expected}


# --- Real data ----------------------------------------------------------------------------------

REFERENCE_FEDWATCH_EVE = {
    "rmse_bp": (3.75, 0.005),
    "rps": (0.022, 0.0005),
    "log_loss": (0.114, 0.0005),
}
"""shared/reference/README.md, "(scores to beat)", one day ahead, 60 meetings of 2016 to 2023; with
half a unit of the last digit printed."""
REFERENCE_TO_BEAT = {
    "rmse_bp": [3.75, 9.58, 24.9, 51.3, 119.7],
    "rps": [0.022, 0.093, 0.357, 1.033, 2.831],
}
"""The same at 1, 30, 90, 180 and 365 days: a FedWatch that starts its chain from the average of a
month whose decision is past. Ours does not, and is the better one at 30 days and more."""


@pytest.fixture(scope="module")
def real_scores(shared_data):
    market = rm.load_market(shared_data)
    tables = (market.futures, market.fomc, market.rates)
    return rm.score_odds(rm.implied_path(*tables), rm.implied_path(*tables, engine="fedwatch"))


def recent(scores: OddsScores, measure: str) -> pd.DataFrame:
    table = scores.scores
    table = table.loc[(table["era"] == "2016-2023") & (table["measure"] == measure)]
    return table.set_index("horizon_days")


def test_fedwatchs_scores_on_the_eve_are_the_reference_ones(real_scores):
    for measure, (expected, half_unit) in REFERENCE_FEDWATCH_EVE.items():
        row = recent(real_scores, measure).loc[1]
        assert row["n"] == 60
        assert row["fedwatch"] == pytest.approx(expected, rel=0.0, abs=half_unit)


def test_odds_since_2016_beat_the_reference_at_every_horizon(real_scores):
    for measure, expected in REFERENCE_TO_BEAT.items():
        assert (recent(real_scores, measure)["value"].to_numpy() <= expected).all()


def test_ranked_probability_scores_since_2016_are_no_worse_than_fedwatchs_own(real_scores):
    table = recent(real_scores, "rps")
    assert (table["gain"] >= 0.0).all()
    assert (table["low"].loc[[180, 365]] > 0.0).all()


def test_errors_of_the_expected_move_since_2016_are_fedwatchs_but_for_noise(real_scores):
    """Better on the eve; at 90 and 365 days ours are larger by 0.3 bp, within their interval."""
    table = recent(real_scores, "rmse_bp")
    assert table.loc[1, "low"] > 0.0
    assert (table["high"] > 0.0).all()
    assert (table["gain"] > -0.015 * table["fedwatch"]).all()
