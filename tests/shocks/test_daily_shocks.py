"""Daily shocks on contracts built day by day: known revisions in, the same revisions out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from path.expected_days import (
    DAY,
    History,
    Meeting,
    business_days,
    each_day,
    fomc_table_as_of,
    months_from,
    months_later,
    weights,
)

from ratemodel.path import expected_rates, implied_path
from ratemodel.shocks import path_shocks
from ratemodel.types.shocks import ShockSeries

NOISE_BP = 0.01
"""So small that a revision of 2 bp a meeting owes nothing to the prior where months are whole."""
RECOVERED_BP = 0.02
"""What is left of the prior: (0.01 / 2)^2 of a move, times what one day of a month amplifies."""
NOTHING_BP = 1e-6
"""Rounding of prices near 100, one day of a month amplifying it by 31."""
DENSE_BP = 1e-7
"""The same equations, one date at a time."""
TYPICAL_MOVE_BP = 2.0
"""Prior of one meeting's daily revision over the first sixty dates."""

DECIDED = [
    Meeting(dt.date(2018, 12, 19), before_pct=2.125, after_pct=2.375),
    Meeting(dt.date(2019, 1, 30), before_pct=2.375, after_pct=2.375),
    Meeting(dt.date(2019, 3, 20), before_pct=2.375, after_pct=2.125),
    Meeting(dt.date(2019, 5, 1), before_pct=2.125, after_pct=2.25),
]
AHEAD = [
    Meeting(dt.date(*when))
    for when in [
        *((2019, 6, 19), (2019, 7, 31), (2019, 9, 18), (2019, 10, 30), (2019, 12, 11)),
        *((2020, 1, 29), (2020, 3, 18), (2020, 4, 29), (2020, 6, 10), (2020, 7, 29)),
        *((2020, 9, 16), (2020, 11, 5), (2020, 12, 16), (2021, 1, 27), (2021, 3, 17)),
        *((2021, 4, 28), (2021, 6, 16)),
    ]
]
MONTHS = tuple(months_from(dt.date(2019, 1, 1), 29))
DATES = tuple(business_days(dt.date(2019, 1, 14), 45))


def shocks_of(told: History, futures: pd.DataFrame | None = None, **options) -> ShockSeries:
    options = {"noise_sd_bp": NOISE_BP} | options
    quotes = told.futures() if futures is None else futures
    return path_shocks(implied_path(quotes, told.fomc(), told.rates(), **options))


def wandering(dates=DATES, sd_bp: float = 2.0, seed: int = 0, meetings=None) -> History:
    """Every meeting's expected move takes a step each day; decisions surprise, too."""
    rng = np.random.default_rng(seed)
    meetings = tuple(meetings or [*DECIDED, *AHEAD])
    views = {
        (today, m.announced): view
        for m in meetings
        for today, view in zip(dates, np.cumsum(rng.normal(0.0, sd_bp, len(dates))), strict=True)
    }
    return History(dates, meetings, MONTHS, 2.125, views)


def still(dates=DATES, meetings=None) -> History:
    """Nothing is news: every decision was expected to the basis point, from the first day on."""
    meetings = tuple(meetings or [*DECIDED, *AHEAD])
    rng = np.random.default_rng(7)
    views = {}
    for m in meetings:
        expected = rng.normal(0.0, 10.0) if m.after_pct is None else m.change_bp
        views |= {(today, m.announced): expected for today in dates}
    return History(dates, meetings, MONTHS, 2.125, views)


def assert_silent(shocks: ShockSeries) -> None:
    values = shocks.values_bp.iloc[1:]
    assert values["path_bp"].notna().all()
    assert values.abs().max().max() < NOTHING_BP


# --- No news, no shock ------------------------------------------------------------------------


def test_no_change_is_no_shock():
    """Over 45 dates with two decisions, two month ends and a contract's expiry each."""
    assert_silent(shocks_of(still()))


def test_a_coming_and_going_contract_is_no_shock():
    told = still()
    futures = told.futures()
    gone = np.random.default_rng(2).uniform(size=len(futures)) < 0.3
    shocks = shocks_of(told, futures.loc[~gone])
    assert shocks.values_bp.iloc[1:].abs().max().max() < NOTHING_BP


def test_a_decision_as_expected_is_no_shock_though_the_path_takes_it_over():
    """Contracts from July on know the sum of four moves; on 30 January one of them is told."""
    told = still()
    futures = told.futures()
    futures = futures.loc[futures["contract"] >= "2019-07"].reset_index(drop=True)
    path = implied_path(futures, told.fomc(), told.rates())
    level_pct = [path.at(f"2019-01-{d}")["rate_pct"].iloc[1] for d in (29, 30)]
    assert 100.0 * abs(level_pct[1] - level_pct[0]) > 1.0  # the path does take it over
    values = path_shocks(path).values_bp.iloc[1:]
    assert values.abs().max().max() < NOTHING_BP


def test_a_flag_is_no_shock():
    """Far contracts 40 bp off repeat every move of a nearer one until they are flagged."""
    told = wandering(sd_bp=0.0)
    moves = {d: 3.0 * (n // 2) for n, d in enumerate(DATES)}
    told = replace(told, views_bp={(d, AHEAD[0].announced): bp for d, bp in moves.items()})
    # No decision inside, so that every move is the June meeting's.
    told = replace(told, meetings=(DECIDED[0], *AHEAD), start_pct=2.125)
    futures = told.futures()
    futures.loc[futures["contract"] >= "2020-01", "settle"] += 0.40
    path = implied_path(futures, told.fomc(), told.rates(), noise_sd_bp=0.3)
    flagged = path.curve.flags.ne("").any(axis=1)
    assert flagged.any()
    assert not flagged.iloc[20]
    first = flagged.idxmax()
    ahead = pd.DatetimeIndex([pd.Timestamp("2020-03-31")] * len(DATES))
    level_pct = expected_rates(path, ahead)["expected_rate_pct"]
    assert 100.0 * abs(level_pct.diff()[first]) > 20.0  # a difference of paths makes a shock
    shocks = path_shocks(path).values_bp["path_bp"]
    truth = pd.Series(moves).diff().to_numpy()
    np.testing.assert_allclose(shocks.iloc[1:], truth[1:], rtol=0.0, atol=0.15)


def test_the_surprise_of_a_fixing_is_removed():
    """One fixing 8 bp high: the running contract keeps it for the month, nobody expects it again.

    The meeting of 30 January moves two days of January's contract: unremoved, a quarter of a basis
    point would read as a move of four.
    """
    told = still(dates=tuple(business_days(dt.date(2019, 1, 14), 12)))
    odd = replace(told, spread_bp={dt.date(2019, 1, 17): 8.0, dt.date(2019, 1, 24): -5.0})
    assert (odd.futures()["settle"] - told.futures()["settle"]).abs().max() > 0.002
    assert_silent(shocks_of(odd))


def test_a_missing_fixing_leaves_the_running_contract_out():
    told = replace(wandering(), spread_bp={dt.date(2019, 1, 17): 8.0})
    rates = told.rates()
    rates = rates.loc[rates["date"] < pd.Timestamp("2019-01-16")]
    path = implied_path(told.futures(), told.fomc(), rates, noise_sd_bp=NOISE_BP)
    shock = path_shocks(path).values_bp.loc["2019-01-18", "path_bp"]
    when = months_later(dt.date(2019, 1, 17), 12)
    assert shock == pytest.approx(told.revision_bp(dt.date(2019, 1, 18), when), abs=RECOVERED_BP)


# --- Known revisions --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told() -> History:
    return wandering()


@pytest.fixture(scope="module")
def shocks(told) -> ShockSeries:
    return shocks_of(told)


def test_revisions_of_every_meeting_on_every_date_are_recovered(told, shocks):
    """Twelve months after the date before; slope: 24 months less that."""
    for before, today in pairwise(DATES):
        row = shocks.values_bp.loc[pd.Timestamp(today)]
        twelve = told.revision_bp(today, months_later(before, 12))
        further = told.revision_bp(today, months_later(before, 24)) - twelve
        assert row["path_bp"] == pytest.approx(twelve, rel=0.0, abs=RECOVERED_BP)
        assert row["slope_bp"] == pytest.approx(further, rel=0.0, abs=2 * RECOVERED_BP)
    assert shocks.identified.iloc[1:].to_numpy().all()
    assert shocks.values_bp["path_bp"].std() > 3.0


def test_the_target_shock_is_the_meeting_held_that_day_else_the_next(told, shocks):
    for before, today in pairwise(DATES):
        nearest = min(m.announced for m in told.meetings if m.announced >= today)
        meeting = next(m for m in told.meetings if m.announced == nearest)
        old = told.views_bp[before, nearest]
        new = meeting.change_bp if meeting.decided(today) else told.views_bp[today, nearest]
        found = shocks.values_bp.loc[pd.Timestamp(today), "target_bp"]
        assert found == pytest.approx(new - old, rel=0.0, abs=RECOVERED_BP)
    assert abs(shocks.values_bp["target_bp"].loc["2019-01-30"]) > NOTHING_BP


@pytest.mark.parametrize("revised", ["2019-01-30", "2019-06-19", "2019-12-11", "2020-06-10", "all"])
@pytest.mark.parametrize("on", ["2019-01-17", "2019-01-31", "2019-02-01", "2019-02-04"])
def test_one_revision_is_one_shock(revised, on):
    """By 7 bp, on a mid-month day, the last of a month, the first, and a Monday after."""
    told = still(dates=tuple(business_days(dt.date(2019, 1, 14), 18)))
    from_then = pd.Timestamp(on).date()
    views = {
        (today, announced): bp + 7.0 * (today >= from_then and revised in ("all", str(announced)))
        for (today, announced), bp in told.views_bp.items()
    }
    changed = replace(told, views_bp=views)
    values = shocks_of(changed).values_bp["path_bp"].iloc[1:]
    before = told.dates[told.dates.index(from_then) - 1]
    expected = pd.Series(0.0, index=values.index)
    ahead = [m for m in told.meetings if not m.decided(from_then) and m.after_pct is None]
    ahead += [m for m in told.meetings if m.after_pct is not None and m.announced > from_then]
    counted = [
        m
        for m in ahead
        if revised in ("all", str(m.announced)) and m.effective() <= months_later(before, 12)
    ]
    expected[pd.Timestamp(on)] = 7.0 * len(counted)
    decision = pd.Timestamp("2019-01-30")
    if pd.Timestamp(on) < decision and revised in ("all", "2019-01-30"):
        expected[decision] = -7.0  # the decision was as first expected: the revision was wrong
    np.testing.assert_allclose(values, expected, rtol=0.0, atol=2 * RECOVERED_BP)


def test_a_surprise_meeting_is_news_of_its_day_and_revises_the_cancelled_one():
    """As in March 2020: a cut of 50 bp out of the blue, and the next meeting called off."""
    cancelled = Meeting(
        dt.date(2019, 3, 6),
        "cancelled",
        known_since=dt.date(2018, 6, 1),
        cancelled_on=dt.date(2019, 2, 17),
    )
    sunday = Meeting(dt.date(2019, 2, 17), "unscheduled", 2.375, 1.875, time_et="17:00")
    meetings = [*DECIDED[:2], sunday, cancelled, *AHEAD]
    told = still(meetings=meetings)
    views = told.views_bp | {
        (today, cancelled.announced): -12.5 if cancelled.known(today) else 0.0 for today in DATES
    }
    views |= {(today, sunday.announced): 0.0 for today in DATES}
    told = replace(told, views_bp=views)
    values = shocks_of(told).values_bp.iloc[1:]
    monday = pd.Timestamp("2019-02-18")
    assert values.loc[monday, "target_bp"] == pytest.approx(-50.0, abs=0.1)
    assert values.loc[monday, "path_bp"] == pytest.approx(-50.0 + 12.5, abs=0.1)
    assert values.drop(monday)["path_bp"].abs().max() < NOTHING_BP


def test_until_it_is_called_off_the_next_meeting_is_the_target():
    """Revised by 6 bp on 4 February, called off on the 17th: nobody knew that yet."""
    cancelled = Meeting(
        dt.date(2019, 3, 6),
        "cancelled",
        known_since=dt.date(2018, 6, 1),
        cancelled_on=dt.date(2019, 2, 17),
    )
    told = still(meetings=[*DECIDED[:2], cancelled, *AHEAD])
    revised_on = dt.date(2019, 2, 4)
    views = told.views_bp | {
        (today, cancelled.announced): 6.0 * (today >= revised_on) for today in DATES
    }
    shocks = shocks_of(replace(told, views_bp=views))
    assert shocks.values_bp.loc["2019-02-04", "target_bp"] == pytest.approx(6.0, abs=0.1)


# --- Errors and what is identified ------------------------------------------------------------


def posterior_by_hand(told: History, futures: pd.DataFrame, today: dt.date, noise_bp: float):
    """One date: changes of contracts quoted on both days, one dense solve.

    Returns the meetings that could be revised, as far as the contracts or 24 months reach, with
    mean and covariance of their revisions.
    """
    before = DATES[DATES.index(today) - 1]
    then, now = (
        futures.loc[futures["trade_date"] == pd.Timestamp(d)].set_index("contract")["settle"]
        for d in (before, today)
    )
    months = sorted(set(then.index) & set(now.index))
    meetings = [
        m
        for m in told.meetings
        if not m.decided(before)
        and (m.known(before) or m.known(today))
        and m.effective() <= max(months_later(before, 24), told.last)
    ]
    rows = weights(months, before, [m.effective() for m in meetings])[:, 1:]
    change = np.array([-100.0 * (now[m] - then[m]) for m in months])
    precision = np.eye(len(meetings)) / TYPICAL_MOVE_BP**2 + rows.T @ rows / (2 * noise_bp**2)
    covariance = np.linalg.inv(precision)
    return meetings, covariance @ rows.T @ change / (2 * noise_bp**2), covariance


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    missing=st.sampled_from([0.0, 0.3, 0.7]),
    noise=st.sampled_from([0.3, 1.0, 3.0]),
    first=st.integers(0, 39),
)
def test_shocks_are_the_posterior_of_one_dense_system(seed, missing, noise, first):
    """Value, error, prior share and what is left empty, with contracts missing at random."""
    rng = np.random.default_rng(seed)
    told = replace(wandering(seed=seed), dates=DATES[first : first + 4])
    futures = told.futures()
    futures["settle"] += rng.normal(0.0, noise / 100.0, len(futures))
    stays = (rng.uniform(size=len(futures)) >= missing) | (futures["contract"] == MONTHS[-1])
    futures = futures.loc[stays].reset_index(drop=True)
    found = shocks_of(told, futures, noise_sd_bp=noise)
    for before, today in pairwise(told.dates):
        meetings, mean, covariance = posterior_by_hand(told, futures, today, noise)
        stamp = pd.Timestamp(today)

        def up_to(when, meetings=meetings):
            return np.array([float(m.effective() <= when) for m in meetings])

        twelve, twenty_four = up_to(months_later(before, 12)), up_to(months_later(before, 24))
        first_only = np.zeros(len(meetings))
        first_only[0] = 1.0
        for name, f, limit in [
            ("path_bp", twelve, 0.25),
            ("slope_bp", twenty_four - twelve, 0.5),
            ("target_bp", first_only, 0.5),
        ]:
            share = f @ covariance @ f / (TYPICAL_MOVE_BP**2 * f @ f)
            if abs(share - limit) < 1e-6:
                continue
            assert found.identified.loc[stamp, name] == (share < limit)
            if name != "path_bp" and share > limit:
                assert np.isnan(found.values_bp.loc[stamp, name])
                assert np.isnan(found.errors_bp.loc[stamp, name])
                continue
            value, error = found.values_bp.loc[stamp, name], found.errors_bp.loc[stamp, name]
            assert value == pytest.approx(f @ mean, rel=DENSE_BP, abs=DENSE_BP)
            assert error == pytest.approx(np.sqrt(f @ covariance @ f), rel=DENSE_BP, abs=DENSE_BP)


def test_errors_are_positive_and_there_where_values_are(shocks):
    values, errors = shocks.values_bp, shocks.errors_bp
    assert (errors.notna() == values.notna()).all().all()
    assert (errors[values.notna()].min() > 0.0).all()
    assert values.iloc[0].isna().all()
    assert not shocks.identified.iloc[0].any()
    assert not (shocks.identified & values.isna()).any().any()


def test_errors_are_as_large_as_what_is_missed():
    """Marks with a known error of 0.5 bp and revisions of 6 bp a meeting, three times the prior."""
    dates = tuple(business_days(dt.date(2019, 1, 2), 200))
    told = wandering(dates=dates, sd_bp=6.0, meetings=[*DECIDED[:1], *AHEAD])
    futures = told.futures()
    noise_bp = 0.5
    rng = np.random.default_rng(5)
    futures["settle"] += rng.normal(0.0, noise_bp / 100.0, len(futures))
    shocks = shocks_of(told, futures, noise_sd_bp=noise_bp)
    missed = []
    for before, today in pairwise(dates[61:]):
        stamp, when = pd.Timestamp(today), months_later(before, 12)
        found = shocks.values_bp.loc[stamp, "path_bp"] - told.revision_bp(today, when)
        missed.append(found / shocks.errors_bp.loc[stamp, "path_bp"])
    # 138 draws: the root mean square of unit normals lies within 0.2 of one.
    assert np.sqrt(np.mean(np.square(missed))) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("contracts", [3, 6, 8])
def test_a_revision_beyond_the_contracts_is_not_identified(contracts):
    """Contracts of a few months know nothing of the rate in twelve, let alone in 24."""
    told = wandering()
    futures = told.futures()
    month = pd.PeriodIndex(futures["contract"], freq="M").asi8
    ahead = month - futures["trade_date"].dt.to_period("M").array.asi8
    shocks = shocks_of(told, futures.loc[ahead < contracts].reset_index(drop=True))
    assert not shocks.identified["path_bp"].any()
    assert shocks.values_bp["slope_bp"].isna().all()


def test_a_slope_beyond_the_contracts_is_empty():
    """Fifteen months of contracts know the rate in twelve, not in 24."""
    told = wandering()
    futures = told.futures()
    month = pd.PeriodIndex(futures["contract"], freq="M").asi8
    ahead = month - futures["trade_date"].dt.to_period("M").array.asi8
    shocks = shocks_of(told, futures.loc[ahead < 15].reset_index(drop=True))
    assert shocks.identified["path_bp"].iloc[1:].all()
    assert shocks.values_bp["slope_bp"].isna().all()


# --- Intervals and knowledge ------------------------------------------------------------------


@pytest.mark.parametrize(("gap", "there"), [(10, True), (11, False), (40, False)])
def test_there_is_no_shock_across_a_gap_of_more_than_ten_days(gap, there):
    first = dt.date(2019, 2, 4)
    dates = (first, first + DAY, first + DAY + gap * DAY, first + 2 * DAY + gap * DAY)
    shocks = shocks_of(still(dates=dates))
    assert shocks.values_bp["path_bp"].notna().tolist() == [False, True, there, True]
    assert (shocks.source == "").tolist() == [True, False, not there, False]


def test_a_shock_runs_from_one_strike_to_the_next(shocks):
    assert not shocks.is_point
    for n, today in enumerate(DATES):
        local = pd.Timestamp(shocks.end_utc[n]).tz_localize("UTC").tz_convert("America/New_York")
        assert (local.date(), local.hour, local.minute) == (today, 15, 0)
    assert (shocks.start_utc[1:] == shocks.end_utc[:-1]).all()


CUTS = ["2019-01-29", "2019-01-30", "2019-02-01", "2019-02-11", "2019-02-19", "2019-03-05"]


@cache
def eventful() -> History:
    cancelled = Meeting(
        dt.date(2019, 3, 6),
        "cancelled",
        known_since=dt.date(2018, 6, 1),
        cancelled_on=dt.date(2019, 2, 17),
    )
    sunday = Meeting(dt.date(2019, 2, 17), "unscheduled", 2.375, 1.875, time_et="17:00")
    march = Meeting(dt.date(2019, 3, 20), before_pct=1.875, after_pct=1.875)
    told = wandering(meetings=[*DECIDED[:2], sunday, cancelled, march, *AHEAD])
    days = each_day(dt.date(2018, 11, 1), DATES[-1])
    noise = np.random.default_rng(4).normal(3.0, 1.0, len(days))
    return replace(told, spread_bp=dict(zip(days, noise, strict=True)), expected_spread_bp=3.0)


@cache
def whole_sample() -> ShockSeries:
    return shocks_of(eventful(), noise_sd_bp="estimated")


@cache
def known_on(cut: str) -> ShockSeries:
    """Futures up to the date, fixings before it, the fomc as it could be read at the strike."""
    told, last = eventful(), pd.Timestamp(cut).date()
    fomc = fomc_table_as_of(told.meetings, last)
    return path_shocks(implied_path(told.futures(until=last), fomc, told.rates(before=last)))


@pytest.mark.parametrize("cut", CUTS)
def test_nothing_after_a_date_changes_its_path_shock(cut):
    known, whole = known_on(cut), whole_sample()
    for part in ("values_bp", "errors_bp", "identified"):
        pd.testing.assert_frame_equal(
            getattr(known, part)[["path_bp", "slope_bp"]],
            getattr(whole, part)[["path_bp", "slope_bp"]].loc[:cut],
            rtol=1e-9,
            atol=1e-9,
        )
    fixed = [when for when in known.fixed_bp if known.fixed_bp[when].notna().any()]
    pd.testing.assert_frame_equal(
        known.fixed_bp[fixed], whole.fixed_bp[fixed].loc[:cut], rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("cut", ["2019-01-29", "2019-01-30", "2019-02-19", "2019-03-05"])
def test_nothing_after_a_date_changes_its_target_shock(cut):
    assert_same_target(cut)


@pytest.mark.parametrize("cut", ["2019-02-01", "2019-02-11"])
def test_what_is_called_off_later_changes_no_earlier_target_shock(cut):
    assert_same_target(cut)


def assert_same_target(cut: str) -> None:
    known, whole = known_on(cut), whole_sample()
    pd.testing.assert_series_equal(
        known.values_bp["target_bp"],
        whole.values_bp["target_bp"].loc[:cut],
        rtol=1e-9,
        atol=1e-9,
    )


# --- Fixed dates ------------------------------------------------------------------------------


def test_fixed_dates_are_revised_as_the_rate_of_that_day(told, shocks):
    for when in pd.to_datetime(["2019-06-30", "2019-12-31", "2020-12-31"]):
        at = shocks.at(when)
        assert at.fixed_date == when
        for today in DATES[1:]:
            found = at.values_bp.loc[pd.Timestamp(today), "path_bp"]
            assert found == pytest.approx(told.revision_bp(today, when.date()), abs=RECOVERED_BP)
        assert at.identified["path_bp"].iloc[1:].all()
        assert at.source.iloc[1:].str.contains(f"{when:%Y-%m-%d}").all()
        pd.testing.assert_series_equal(at.of("target_bp"), shocks.of("target_bp"))


def test_a_fixed_date_beyond_the_contracts_is_not_identified(told, shocks):
    """Contracts end in May 2021."""
    identified = shocks.fixed_identified
    later = [when for when in identified if when > pd.Timestamp("2021-06-30")]
    assert not identified[later].any().any()


def test_fixed_dates_beyond_a_few_contracts_are_not_identified(told):
    """Contracts to June 2019: the rate at the end of that year is anybody's guess."""
    futures = told.futures()
    shocks = shocks_of(told, futures.loc[futures["contract"] <= "2019-06"].reset_index(drop=True))
    assert shocks.fixed_identified[pd.Timestamp("2019-03-31")].iloc[1:].all()
    assert not shocks.fixed_identified[pd.Timestamp("2019-12-31")].any()
