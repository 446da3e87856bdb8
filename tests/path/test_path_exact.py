"""The joint path on contracts built day by day: what is there must be found, to rounding."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from path.expected_days import (
    DAY,
    Meeting,
    daily_rates,
    days_of,
    each_day,
    fomc_table,
    futures_rows,
    months_from,
    rates_table,
    weights,
)

from ratemodel.path import implied_path

EXACT_PCT = 1e-8
"""Noise-free contracts: what is left is rounding of prices near 100, times what a level's weights
amplify it by (at most about 100 where a level counts as identified)."""
DENSE = 1e-7
"""Posterior against one dense solve, basis points: both round a matrix conditioned near 1e5."""
NOISE_BP = 1.0
DEFAULT_PRIOR_BP = 25.0
NOTHING_OUTSIDE = 1e-12
"""Share of a level outside the rows that is rounding of an orthogonal projection."""
HARDLY_OUTSIDE = (1e-7, 1e-5)
"""Two late meetings in a row leave a millionth of a level outside: the package calls that none."""
LARGEST_COMBINATION = 20.0
"""Squared weights of marks, per squared level, below which nobody doubts that it is spanned."""

LEAST_SQUARES = {"prior_sd_bp": None, "anchor_sd_bp": None, "noise_sd_bp": NOISE_BP}
REFERENCE_DATE = dt.date(2026, 9, 1)


@dataclass(frozen=True)
class World:
    """One trade date: what the market expects, which contracts are quoted, what is published."""

    today: dt.date
    now_pct: float
    lag: int
    effective_lag: object
    meetings: tuple[Meeting, ...]
    expected_bp: tuple[float, ...]
    months: tuple[str, ...]
    fixings: dict[dt.date, float]

    def known(self) -> list[Meeting]:
        """Meetings known and ahead: a row each, whatever is quoted."""
        ahead = [m for m in self.meetings if m.effective(self.lag) > self.today]
        return sorted((m for m in ahead if m.known(self.today)), key=lambda m: m.announced)

    def listed(self, months: tuple[str, ...] | None = None) -> list[tuple[Meeting, float]]:
        """Those within the contracts."""
        reach = max(days_of(m)[-1] for m in months or self.months)
        pairs = zip(self.meetings, self.expected_bp, strict=True)
        found = [
            (m, bp)
            for m, bp in pairs
            if m.known(self.today) and self.today < m.effective(self.lag) <= reach
        ]
        return sorted(found, key=lambda pair: pair[0].announced)

    def levels(self, months: tuple[str, ...] | None = None) -> list[float]:
        steps = np.cumsum([bp for _, bp in self.listed(months)])
        return [self.now_pct, *(self.now_pct + steps / 100.0)]

    def futures(self, months: tuple[str, ...] | None = None) -> pd.DataFrame:
        moves = {
            m.effective(self.lag): bp
            for m, bp in zip(self.meetings, self.expected_bp, strict=True)
            if m.known(self.today)
        }
        months = months or self.months
        last = days_of(max(months))[-1]
        rates = daily_rates(self.today, self.now_pct, moves, self.fixings, last)
        return pd.DataFrame(futures_rows(months, self.today, rates))

    def fomc(self) -> pd.DataFrame:
        # Unknown on the day, it says how far the calendar reaches: beyond all contracts.
        later = Meeting(self.today + 700 * DAY, known_since=self.today + DAY)
        return fomc_table([*self.meetings, later])

    def path(self, months: tuple[str, ...] | None = None, **options) -> pd.DataFrame:
        path = implied_path(
            self.futures(months),
            self.fomc(),
            rates_table(self.fixings),
            effective_lag=self.effective_lag,
            **options,
        )
        return path.at(self.today)

    def weights(self, months: tuple[str, ...] | None = None) -> np.ndarray:
        effective = [m.effective(self.lag) for m, _ in self.listed(months)]
        return weights(months or self.months, self.today, effective)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any calendar: two meetings a month, first and last days, surprises, lags, negative rates."""
    effective_lag = draw(st.sampled_from([0, 1, "era"]))
    year = draw(st.sampled_from([2003, 2019]))
    lag = effective_lag if effective_lag != "era" else int(year > 2008)
    today = dt.date(year, 1, 1) + draw(st.integers(0, 400)) * DAY
    anywhere = st.integers(-3, 260)
    first_days = [(days_of(m)[0] - today).days - lag for m in months_from(today, 9)]
    edges = st.sampled_from([first + n for first in first_days for n in (-1, 0)])
    offsets = draw(st.lists(st.one_of(anywhere, edges), min_size=1, max_size=9, unique=True))
    meetings = []
    for offset in offsets:
        announced = today + offset * DAY
        kind = draw(st.sampled_from(["scheduled"] * 6 + ["unscheduled", "cancelled"]))
        called_off = announced - draw(st.integers(0, 90)) * DAY if kind == "cancelled" else None
        meetings.append(Meeting(announced, kind, cancelled_on=called_off))
    expected = draw(st.lists(st.integers(-75, 75), min_size=len(offsets), max_size=len(offsets)))
    months = months_from(today, draw(st.integers(1, 12)))
    quoted = draw(st.lists(st.sampled_from(months), min_size=1, unique=True)) + months
    quoted = quoted[: draw(st.sampled_from([len(quoted), len(quoted) - len(months)]))] or months
    start = today.replace(day=1)
    walk = draw(st.lists(st.integers(-9, 9), min_size=31, max_size=31))
    now = draw(st.integers(-100, 900)) / 100.0
    fixings = {d: now + walk[i] / 100.0 for i, d in enumerate(each_day(start, today))}
    world = World(
        today=today,
        now_pct=now,
        lag=lag,
        effective_lag=effective_lag,
        meetings=tuple(meetings),
        expected_bp=tuple(float(bp) for bp in expected),
        months=tuple(sorted(set(quoted))),
        fixings=fixings,
    )
    assume(world.listed())
    return world


def share_outside(rows: np.ndarray, direction: np.ndarray) -> float:
    """Part of a level that no combination of the rows has, by projecting on what they span."""
    _, singular, basis = np.linalg.svd(rows)
    basis = basis[: (singular > 1e-9).sum()]
    rest = direction - basis.T @ (basis @ direction)
    return float(rest @ rest / (direction @ direction))


def well_conditioned(rows: np.ndarray) -> bool:
    """Normal equations square this number: beyond a few hundred they round away 1e-8."""
    singular = np.linalg.svd(rows, compute_uv=False)
    return bool(singular.max() < 300.0 * singular[singular > 1e-9].min())


def share_left_to_the_prior(combination: np.ndarray, k: int) -> float:
    """Variance of a combination of marks over that of its k moves a priori; the level has none."""
    own = NOISE_BP**2 * combination @ combination
    return own / (DEFAULT_PRIOR_BP**2 * k) if k else 0.0


@settings(max_examples=60)
@given(world=worlds())
def test_the_path_finds_what_contracts_say_and_flags_what_they_do_not(world):
    found = world.path(**LEAST_SQUARES)
    assert_no_meeting_is_lost(found, world)
    reached = len(world.listed()) + 1
    assert_identified_levels_are_recovered(found.iloc[:reached], world)
    assert_flags_follow_the_definition(found.iloc[:reached], world)
    assert_nothing_is_known_beyond(found.iloc[reached - 1 :])


def assert_no_meeting_is_lost(found: pd.DataFrame, world: World) -> None:
    listed = world.known()
    assert found["meeting"].iloc[1:].dt.date.tolist() == [m.announced for m in listed]
    effective = [m.effective(world.lag) for m in listed]
    assert found["effective_date"].iloc[1:].dt.date.tolist() == effective
    assert found["meeting"].isna().tolist() == [True] + [False] * len(listed)
    assert np.isfinite(found[["rate_pct", "rate_se_bp", "rate_prior_share"]].to_numpy(float)).all()


def assert_identified_levels_are_recovered(found: pd.DataFrame, world: World) -> None:
    rows = world.weights()
    if not well_conditioned(rows):
        return
    for k, (level, truth) in enumerate(zip(found["rate_pct"], world.levels(), strict=True)):
        if share_outside(rows, up_to(k, rows)) < NOTHING_OUTSIDE:
            assert level == pytest.approx(truth, rel=0.0, abs=EXACT_PCT)


def assert_nothing_is_known_beyond(found: pd.DataFrame) -> None:
    """Meetings after the last contract: the last level, errors that only grow, no flag set."""
    beyond = found.iloc[1:]
    assert not beyond[["identified", "rate_identified"]].to_numpy(bool).any()
    assert (beyond["change_bp"] == 0.0).all()
    assert (np.diff(found["rate_se_bp"]) > 0.0).all()
    np.testing.assert_allclose(
        beyond["rate_pct"], found["rate_pct"].iloc[0], rtol=1e-12, atol=1e-12
    )


def up_to(k: int, rows: np.ndarray) -> np.ndarray:
    """Direction of the level after k meetings."""
    return (np.arange(rows.shape[1]) <= k).astype(float)


def assert_flags_follow_the_definition(found: pd.DataFrame, world: World) -> None:
    """Identified: spanned by the contracts, and less than half of the variance is the prior's."""
    rows = world.weights()
    for k, flag in enumerate(found["rate_identified"]):
        direction = up_to(k, rows)
        outside = share_outside(rows, direction)
        if outside > HARDLY_OUTSIDE[1]:
            assert not flag
        elif outside < HARDLY_OUTSIDE[0]:
            combination = np.linalg.lstsq(rows.T, direction)[0]
            doubtful = combination @ combination > LARGEST_COMBINATION * (direction @ direction)
            share = share_left_to_the_prior(combination, k)
            if k > 0 and outside < NOTHING_OUTSIDE and well_conditioned(rows):
                assert found["rate_prior_share"].iloc[k] == pytest.approx(share, rel=1e-6, abs=1e-9)
            if share > 0.5 + 1e-3:
                assert not flag
            elif share < 0.5 - 1e-3 and not doubtful:
                assert flag


@settings(max_examples=25)
@given(world=worlds())
def test_no_meeting_is_lost_by_default_either(world):
    found = world.path()
    assert_no_meeting_is_lost(found, world)
    reached = len(world.listed()) + 1
    assert_nothing_is_known_beyond(found.iloc[reached - 1 :])


@settings(max_examples=25)
@given(world=worlds(), which=st.integers(0, 11))
def test_a_missing_contract_changes_no_level_the_others_span(world, which):
    gone = world.months[which % len(world.months)]
    rest = tuple(m for m in world.months if m != gone)
    assume(rest and world.listed(rest))
    whole = world.path(**LEAST_SQUARES).set_index("meeting")
    part = world.path(rest, **LEAST_SQUARES).set_index("meeting")
    assert part.index.equals(whole.index)
    rows = world.weights(rest)
    assume(well_conditioned(rows))
    for k, meeting in enumerate(part.index[: rows.shape[1]]):
        if share_outside(rows, up_to(k, rows)) < NOTHING_OUTSIDE:
            assert whole["rate_pct"].loc[[meeting]].iloc[0] == pytest.approx(
                part["rate_pct"].iloc[k], rel=0.0, abs=EXACT_PCT
            )


@settings(max_examples=30)
@given(
    world=worlds(),
    seed=st.integers(0, 2**32 - 1),
    prior=st.sampled_from([3.0, 25.0]),
    anchor=st.sampled_from([None, 2.0]),
    noise=st.sampled_from([0.3, 2.0]),
)
def test_the_path_is_the_posterior_of_one_dense_system(world, seed, prior, anchor, noise):
    """Noisy contracts, and the anchor as one more row: target plus the median spread."""
    rng = np.random.default_rng(seed)
    # No mark may be off the scale of its target: the level gate would leave it out.
    target = round(4.0 * world.now_pct) / 4.0
    decided = Meeting(world.today - 300 * DAY, before_pct=1.0, after_pct=target)
    futures = world.futures()
    futures["settle"] += rng.normal(0.0, 0.02, len(futures))
    path = implied_path(
        futures,
        pd.concat([world.fomc(), fomc_table([decided])]),
        rates_table(world.fixings),
        effective_lag=world.effective_lag,
        prior_sd_bp=prior,
        anchor_sd_bp=anchor,
        noise_sd_bp=noise,
    )
    rows = world.weights()
    published = [
        [world.fixings[d] if d < world.today else 0.0 for d in days_of(month)]
        for month in world.months
    ]
    marks = 100.0 * (100.0 - futures["settle"].to_numpy())
    marks -= [100.0 * sum(rates) / len(rates) for rates in published]
    precision = np.full(len(marks), noise**-2)
    if anchor is not None:
        working = [r for d, r in world.fixings.items() if d < world.today and d.weekday() < 5]
        spread = np.median(np.array(working[-20:]) - target) if working else 0.0
        rows = np.vstack([rows, np.eye(rows.shape[1])[:1]])
        marks = np.append(marks, 100.0 * (target + spread))
        precision = np.append(precision, anchor**-2)
    prior_precision = np.append(0.0, np.full(rows.shape[1] - 1, prior**-2))
    normal = rows.T @ np.diag(precision) @ rows + np.diag(prior_precision)
    if np.linalg.cond(normal) > 1e9:
        return  # nothing says anything about the level
    mean = np.linalg.solve(normal, rows.T @ (precision * marks))
    covariance = np.linalg.inv(normal)
    found = path.at(world.today).iloc[: rows.shape[1]]
    sums = np.tril(np.ones_like(covariance))
    np.testing.assert_allclose(100.0 * found["rate_pct"], np.cumsum(mean), rtol=DENSE, atol=DENSE)
    np.testing.assert_allclose(
        found["rate_se_bp"], np.sqrt(np.diag(sums @ covariance @ sums.T)), rtol=DENSE, atol=DENSE
    )
    np.testing.assert_allclose(
        found["change_se_bp"].iloc[1:], np.sqrt(np.diag(covariance))[1:], rtol=DENSE, atol=DENSE
    )
    np.testing.assert_allclose(found["change_bp"].iloc[1:], mean[1:], rtol=DENSE, atol=DENSE)


def test_an_unquoted_month_leaves_the_level_it_alone_knows_to_the_prior():
    """Meetings in consecutive months: only November knows the level between the two."""
    world = World(
        today=dt.date(2026, 9, 8),
        now_pct=3.63,
        lag=1,
        effective_lag=1,
        meetings=(Meeting(dt.date(2026, 10, 31)), Meeting(dt.date(2026, 11, 30))),
        expected_bp=(-20.0, -10.0),
        months=("2026-10", "2026-11", "2026-12"),
        fixings=dict.fromkeys(each_day(dt.date(2026, 9, 1), dt.date(2026, 9, 8)), 3.63),
    )
    whole = world.path(**LEAST_SQUARES)
    assert whole["rate_identified"].tolist() == [True, True, True]
    part = world.path(("2026-10", "2026-12"), **LEAST_SQUARES)
    assert part["rate_identified"].tolist() == [True, False, True]
    assert whole["identified"].tolist() == [True, True, True]
    assert part["identified"].tolist() == [True, False, False]  # neither move, but their sum
    assert part["rate_pct"].iloc[[0, 2]].tolist() == pytest.approx([3.63, 3.33], abs=EXACT_PCT)
    with_prior = world.path(("2026-10", "2026-12"), noise_sd_bp=NOISE_BP, anchor_sd_bp=1.0)
    assert not with_prior["rate_identified"].iloc[1]
    assert with_prior["rate_se_bp"].iloc[1] > 10.0 > 2.0 > with_prior["rate_se_bp"].iloc[2]


def test_a_level_resting_on_one_day_of_one_contract_is_spanned():
    """Effective on the last day of the last contract: 1/31 of a mark whose error is 0.3 bp.

    Its error, 0.3 bp x 31 x the root of 2, is half of the prior's 25 bp: a quarter of the
    variance is the prior's, so by the definition the level is identified.
    """
    world = World(
        today=dt.date(2026, 9, 1),
        now_pct=3.63,
        lag=1,
        effective_lag=1,
        meetings=(Meeting(dt.date(2026, 10, 30)),),
        expected_bp=(-20.0,),
        months=("2026-09", "2026-10"),
        fixings={},
    )
    found = world.path(prior_sd_bp=None, anchor_sd_bp=None, noise_sd_bp=0.3)
    assert found["rate_prior_share"].iloc[1] < 0.5
    assert found["rate_pct"].iloc[1] == pytest.approx(3.43, rel=0.0, abs=EXACT_PCT)
    assert found["rate_identified"].tolist() == [True, True]


def test_a_current_level_resting_on_one_day_is_spanned_as_well():
    """Ruling for the first day of January only: 31 times its contract less 30 times February's."""
    world = World(
        today=dt.date(2026, 1, 1),
        now_pct=3.63,
        lag=1,
        effective_lag=1,
        meetings=(Meeting(dt.date(2026, 1, 1)),),
        expected_bp=(-20.0,),
        months=("2026-01", "2026-02"),
        fixings={},
    )
    found = world.path(prior_sd_bp=None, anchor_sd_bp=None, noise_sd_bp=0.3)
    assert found["rate_pct"].tolist() == pytest.approx([3.63, 3.43], rel=0.0, abs=EXACT_PCT)
    assert found["rate_identified"].tolist() == [True, True]


# --- Published and reference vectors ----------------------------------------------------------


def quotes(trade_date: dt.date, prices: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trade_date": pd.Timestamp(trade_date),
            "contract": list(prices),
            "settle": list(prices.values()),
        }
    )


REFERENCE_PRICES = {
    "2026-10": 96.38,
    "2026-11": 96.50,
    "2026-12": 96.55,
    "2027-01": 96.60,
    "2027-02": 96.62,
    "2027-03": 96.70,
    "2027-04": 96.75,
}
REFERENCE_MEETINGS = [
    Meeting(dt.date(2026, 10, 28)),
    Meeting(dt.date(2026, 12, 9)),
    Meeting(dt.date(2027, 1, 27)),
    Meeting(dt.date(2027, 3, 17)),
]
REFERENCE_LEVELS_PCT = [3.63254, 3.50298, 3.41385, 3.37138, 3.24379]
REFERENCE_RESIDUALS_BP = [0.0, 0.298, -1.027, 0.837, -0.862, 1.376, -0.621]
REFERENCE_TOLERANCE_PCT = 1e-5
"""The reference vector is printed to five decimals."""
RESIDUAL_TOLERANCE_BP = 1e-3
"""The residuals to three."""


def assert_reference_vector(fomc: pd.DataFrame) -> None:
    """shared/reference/README.md, "(least squares)": equal weights, flat prior, no anchor."""
    path = implied_path(quotes(REFERENCE_DATE, REFERENCE_PRICES), fomc, **LEAST_SQUARES)
    found = path.at(REFERENCE_DATE)
    np.testing.assert_allclose(
        found["rate_pct"], REFERENCE_LEVELS_PCT, rtol=0.0, atol=REFERENCE_TOLERANCE_PCT
    )
    np.testing.assert_allclose(
        path.residual_bp[0], REFERENCE_RESIDUALS_BP, rtol=0.0, atol=RESIDUAL_TOLERANCE_BP
    )


def test_the_least_squares_reference_vector():
    """A further meeting, unknown on the trade date, says how far the calendar reaches."""
    later = Meeting(dt.date(2027, 4, 30), known_since=dt.date(2027, 1, 1))
    assert_reference_vector(fomc_table([*REFERENCE_MEETINGS, later]))


def test_the_least_squares_reference_vector_with_its_four_meetings_alone():
    assert_reference_vector(fomc_table(REFERENCE_MEETINGS))


@pytest.mark.parametrize(
    ("trade_date", "meeting", "prices", "start_pct", "end_pct"),
    [
        # CME's worked example of 2022-09-12.
        ("2022-09-12", "2022-09-21", {"2022-09": 97.4475, "2022-10": 96.94}, 2.335, 3.06),
        # CME's late meeting: October 3.857742, November 3.65, day 28 of 31.
        ("2025-10-01", "2025-10-28", {"2025-10": 96.142258, "2025-11": 96.35}, 3.88, 3.65),
    ],
)
def test_two_contracts_around_one_meeting_give_its_start_and_end(
    trade_date, meeting, prices, start_pct, end_pct
):
    today = dt.date.fromisoformat(trade_date)
    later = Meeting(today + 100 * DAY, known_since=today + DAY)
    calendar = [Meeting(dt.date.fromisoformat(meeting)), later]
    # Without fixings the running month cannot be read; at one constant rate it is as if unread.
    flat = dict.fromkeys(each_day(today.replace(day=1), today), start_pct)
    path = implied_path(
        quotes(today, prices), fomc_table(calendar), rates_table(flat), **LEAST_SQUARES
    )
    assert path.at(today)["rate_pct"].tolist() == pytest.approx(
        [start_pct, end_pct], rel=0.0, abs=1e-6
    )
    assert path.at(today)["identified"].all()


def test_one_contract_of_the_month_after_is_the_level_after():
    """The example of implied_path's documentation: nothing more is needed than these two."""
    prices = {"2026-06": 96.25, "2026-07": 96.125}
    path = implied_path(
        quotes(dt.date(2026, 5, 4), prices),
        fomc_table([Meeting(dt.date(2026, 6, 15))]),
        **LEAST_SQUARES,
    )
    assert path.at("2026-05-04")["rate_pct"].tolist() == pytest.approx([3.625, 3.875], abs=1e-9)


def test_without_a_meeting_within_contracts_the_path_is_the_current_level():
    """A calendar whose next meeting lies beyond the last contract: listed, and not known."""
    today = dt.date(2026, 5, 4)
    path = implied_path(
        quotes(today, {"2026-05": 96.375, "2026-06": 96.375}),
        fomc_table([Meeting(dt.date(2026, 7, 29))]),
        rates_table(dict.fromkeys(each_day(dt.date(2026, 5, 1), today), 3.625)),
        **LEAST_SQUARES,
    )
    found = path.at(today)
    assert found["rate_pct"].tolist() == pytest.approx([3.625] * 2, abs=EXACT_PCT)
    assert found["meeting"].isna().tolist() == [True, False]
    assert found["rate_identified"].tolist() == [True, False]


def test_levels_are_running_sums_and_frames_agree():
    world = World(
        today=dt.date(2026, 9, 8),
        now_pct=3.63,
        lag=1,
        effective_lag=1,
        meetings=(Meeting(dt.date(2026, 10, 28)), Meeting(dt.date(2026, 12, 9))),
        expected_bp=(-20.0, -10.0),
        months=tuple(months_from(dt.date(2026, 9, 1), 6)),
        fixings=dict.fromkeys(each_day(dt.date(2026, 9, 1), dt.date(2026, 9, 8)), 3.63),
    )
    other = replace(world, today=dt.date(2026, 9, 1), now_pct=3.5)
    futures = pd.concat([world.futures(), other.futures()])
    path = implied_path(futures, world.fomc(), rates_table(world.fixings), noise_sd_bp=0.5)
    frame = path.to_frame()
    assert len(frame) == 6
    for today in (other.today, world.today):
        part = frame.loc[frame["trade_date"] == pd.Timestamp(today)].reset_index(drop=True)
        pd.testing.assert_frame_equal(part, path.at(today))
        steps = 100.0 * np.diff(part["rate_pct"])
        np.testing.assert_allclose(steps, part["change_bp"].iloc[1:], rtol=1e-9, atol=1e-9)
    assert np.isnan(frame["change_bp"].iloc[0])
