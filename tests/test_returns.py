"""Log returns on trade dates, by examples counted out day by day."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratemodel.calendars import BUILT_IN_CLOCKS
from ratemodel.errors import ClockError, CoverageError, DataError
from ratemodel.returns import log_returns, price_strikes
from ratemodel.types.market import Market
from ratemodel.types.returns import Returns

SUM_PP = 1e-9
"""A few hundred logarithms of prices, times 100, added in another order."""

FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = (f"2026-01-{d}" for d in (23, 24, 25, 26, 27))
WEDNESDAY = "2026-01-28"


def market(
    prices: dict[str, dict[str, float]],
    trade_dates: list[str],
    *,
    rates: dict[str, dict[str, float]] | None = None,
    struck_at: dict[tuple[str, str], str] | None = None,
) -> Market:
    """Prices and rates by asset and date; futures that say nothing but their trade dates."""
    own = struck_at or {}
    rows = [
        {"date": date, "asset": asset, "close": close, "struck_at": own.get((asset, date), "")}
        for asset, closes in prices.items()
        for date, close in closes.items()
    ]
    values = [
        {"date": date, "series": series, "value": value}
        for series, levels in (rates or {}).items()
        for date, value in levels.items()
    ]
    futures = pd.DataFrame({"trade_date": pd.to_datetime(trade_dates)})
    futures["contract"], futures["settle"] = pd.Period("2026-06", freq="M"), 96.4
    nothing = pd.DataFrame()
    return Market(
        futures=futures,
        rates=pd.DataFrame(values, columns=["date", "series", "value"]).astype(
            {"date": "datetime64[ns]"}
        ),
        prices=pd.DataFrame(rows, columns=["date", "asset", "close", "struck_at"]).astype(
            {"date": "datetime64[ns]"}
        ),
        **dict.fromkeys(
            ["fomc", "events", "margins", "forced_flows", "leverage", "prices_1h"], nothing
        ),
        **dict.fromkeys(["odds", "releases", "claims", "anchors", "quotes"], nothing),
        clocks=BUILT_IN_CLOCKS,
        data_kind="market",
    )


def pp(later: float, earlier: float) -> float:
    return 100.0 * np.log(later / earlier)


def rows_of(returns: Returns, asset: str) -> list[tuple[str, float, int]]:
    return [
        (f"{row.date:%Y-%m-%d}", row.log_return_pp, row.days)
        for row in returns.of(asset).itertuples()
    ]


def assert_rows(returns: Returns, asset: str, expected: list[tuple[str, float, int]]) -> None:
    found = rows_of(returns, asset)
    assert [(date, days) for date, _, days in found] == [(d, n) for d, _, n in expected]
    assert [r for _, r, _ in found] == pytest.approx([r for _, r, _ in expected], abs=SUM_PP)


# --- Day by day -------------------------------------------------------------------------------


def test_a_weekend_of_crypto_belongs_to_monday():
    closes = {FRIDAY: 100.0, SATURDAY: 90.0, SUNDAY: 120.0, MONDAY: 110.0, TUESDAY: 111.0}
    returns = log_returns(market({"BTC": closes}, [FRIDAY, MONDAY, TUESDAY]))
    assert_rows(returns, "BTC", [(MONDAY, pp(110.0, 100.0), 3), (TUESDAY, pp(111.0, 110.0), 1)])
    monday = returns.of("BTC").iloc[0]
    # Bitcoin is struck at the midnight that ends its date.
    assert monday["start_utc"] == pd.Timestamp("2026-01-24 00:00")
    assert monday["end_utc"] == pd.Timestamp("2026-01-27 00:00")


def test_a_missing_strike_on_a_trade_date_makes_no_row_and_loses_no_move():
    closes = {FRIDAY: 100.0, TUESDAY: 103.0, WEDNESDAY: 104.0}
    returns = log_returns(market({"GC": closes}, [FRIDAY, MONDAY, TUESDAY, WEDNESDAY]))
    assert_rows(returns, "GC", [(TUESDAY, pp(103.0, 100.0), 1), (WEDNESDAY, pp(104.0, 103.0), 1)])


def test_a_strike_between_trade_dates_ends_the_return_of_a_missing_one():
    """Monday has a trade date but no strike; Sunday's is not on or after it, Tuesday's is."""
    closes = {FRIDAY: 100.0, SATURDAY: 101.0, SUNDAY: 99.0, TUESDAY: 103.0}
    returns = log_returns(market({"BTC": closes}, [FRIDAY, MONDAY, TUESDAY]))
    assert_rows(returns, "BTC", [(TUESDAY, pp(103.0, 100.0), 3)])


def test_a_missing_strike_on_friday_is_struck_on_saturday():
    """The next strike on or after Friday is Saturday's: the weekend is cut there."""
    closes = {"2026-01-22": 98.0, SATURDAY: 101.0, SUNDAY: 99.0, MONDAY: 103.0}
    returns = log_returns(market({"BTC": closes}, ["2026-01-22", FRIDAY, MONDAY]))
    assert_rows(returns, "BTC", [(SATURDAY, pp(101.0, 98.0), 1), (MONDAY, pp(103.0, 101.0), 2)])


def test_a_holiday_of_futures_joins_two_days():
    closes = {FRIDAY: 100.0, MONDAY: 101.0, TUESDAY: 99.0}
    returns = log_returns(market({"XAU_LBMA_PM": closes}, [FRIDAY, TUESDAY]))
    assert_rows(returns, "XAU_LBMA_PM", [(TUESDAY, pp(99.0, 100.0), 2)])


def test_prices_outside_the_trade_dates_make_no_row():
    closes = {"2026-01-20": 90.0, FRIDAY: 100.0, MONDAY: 101.0, WEDNESDAY: 120.0}
    returns = log_returns(market({"GLD": closes}, [FRIDAY, MONDAY]))
    assert_rows(returns, "GLD", [(MONDAY, pp(101.0, 100.0), 1)])


def test_an_asset_that_starts_late_and_one_that_stops():
    starts = {TUESDAY: 100.0, WEDNESDAY: 102.0}
    stops = {FRIDAY: 50.0, MONDAY: 51.0}
    both = market({"SOL": starts, "SI": stops}, [FRIDAY, MONDAY, TUESDAY, WEDNESDAY])
    returns = log_returns(both)
    assert_rows(returns, "SOL", [(WEDNESDAY, pp(102.0, 100.0), 1)])
    assert_rows(returns, "SI", [(MONDAY, pp(51.0, 50.0), 1)])


def test_a_rates_series_has_returns_too():
    levels = {"DTWEXBGS": {FRIDAY: 120.0, MONDAY: 119.4}}
    returns = log_returns(market({}, [FRIDAY, MONDAY], rates=levels), ["DTWEXBGS"])
    assert_rows(returns, "DTWEXBGS", [(MONDAY, pp(119.4, 120.0), 1)])
    assert returns.of("DTWEXBGS")["end_utc"].iloc[0] == pd.Timestamp("2026-01-26 17:00")


def test_a_price_comes_before_a_rate_of_the_same_name():
    both = market(
        {"GLD": {FRIDAY: 100.0, MONDAY: 101.0}},
        [FRIDAY, MONDAY],
        rates={"GLD": {FRIDAY: 1.0, MONDAY: 2.0}},
    )
    assert_rows(log_returns(both), "GLD", [(MONDAY, pp(101.0, 100.0), 1)])


# --- Clocks -----------------------------------------------------------------------------------


def test_each_row_may_be_struck_at_its_own_time():
    """A settlement at noon on the day before a holiday, the usual 13:30 otherwise."""
    closes = {FRIDAY: 100.0, MONDAY: 101.0, TUESDAY: 102.0}
    own = {("GC", MONDAY): "12:00 America/New_York", ("GC", TUESDAY): "24:00 UTC"}
    returns = log_returns(market({"GC": closes}, [FRIDAY, MONDAY, TUESDAY], struck_at=own))
    table = returns.of("GC")
    assert table["start_utc"].iloc[0] == pd.Timestamp("2026-01-23 18:30")
    assert table["end_utc"].tolist() == [
        pd.Timestamp("2026-01-26 17:00"),
        pd.Timestamp("2026-01-28 00:00"),
    ]
    assert table["start_utc"].iloc[1] == table["end_utc"].iloc[0]


def test_strikes_follow_daylight_saving():
    closes = {"2026-03-06": 100.0, "2026-03-09": 101.0}
    table = log_returns(market({"GLD": closes}, list(closes))).of("GLD")
    assert table["start_utc"].iloc[0] == pd.Timestamp("2026-03-06 21:00")
    assert table["end_utc"].iloc[0] == pd.Timestamp("2026-03-09 20:00")


def test_a_series_without_a_clock_is_refused():
    with pytest.raises(ClockError, match="PLATINUM"):
        log_returns(market({"PLATINUM": {FRIDAY: 1.0, MONDAY: 2.0}}, [FRIDAY, MONDAY]))


def test_a_series_nobody_has_is_refused():
    with pytest.raises(CoverageError, match="ETH"):
        log_returns(market({"BTC": {FRIDAY: 1.0, MONDAY: 2.0}}, [FRIDAY, MONDAY]), ["ETH"])


def test_a_rate_below_zero_has_no_log_return():
    levels = {"DGS2": {FRIDAY: 0.02, MONDAY: -0.01}}
    with pytest.raises(DataError, match="DGS2"):
        log_returns(market({}, [FRIDAY, MONDAY], rates=levels), ["DGS2"])


def test_a_strike_before_the_one_of_the_day_before_is_refused():
    own = {("GC", FRIDAY): "24:00 Pacific/Pago_Pago", ("GC", SATURDAY): "00:30 Pacific/Kiritimati"}
    closes = {FRIDAY: 100.0, SATURDAY: 101.0, MONDAY: 102.0}
    with pytest.raises(DataError, match="2026-01-24"):
        log_returns(market({"GC": closes}, [FRIDAY, MONDAY], struck_at=own))


# --- Properties -------------------------------------------------------------------------------

ASSETS = ("BTC", "GC", "GLD", "XAU_LBMA_PM")


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Five weeks with holidays and missing prices, each asset's own."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    holes = draw(st.sampled_from([0.0, 0.2, 0.6]))
    days = pd.date_range("2026-03-02", periods=35)
    traded = [d for d in days if d.day_of_week < 5 and rng.uniform() > holes]
    prices = {}
    for asset in draw(st.lists(st.sampled_from(ASSETS), min_size=1, unique=True)):
        open_days = [d for d in days if asset == "BTC" or d.day_of_week < 5]
        kept = [d for d in open_days if rng.uniform() > holes] or open_days[:1]
        closes = np.exp(rng.normal(0.0, 3.0, len(kept)))
        prices[asset] = dict(zip([f"{d:%Y-%m-%d}" for d in kept], closes, strict=True))
    return market(prices, [f"{d:%Y-%m-%d}" for d in traded])


@settings(max_examples=30)
@given(some=markets())
def test_returns_are_those_of_walking_from_trade_date_to_trade_date(some):
    returns = log_returns(some)
    for asset in some.prices["asset"].unique():
        rows = some.prices.loc[some.prices["asset"] == asset].set_index("date")["close"]
        ends: list[pd.Timestamp] = []
        for trade_date in some.trade_dates:
            later = [d for d in rows.index if d >= trade_date]
            if later and (not ends or later[0] > ends[-1]):
                ends.append(later[0])
        expected = [
            (f"{b:%Y-%m-%d}", pp(rows[b], rows[a]), sum(a < d <= b for d in rows.index))
            for a, b in pairwise(ends)
        ]
        if expected:
            assert_rows(returns, asset, expected)
        else:
            assert asset not in returns.assets


@settings(max_examples=30)
@given(some=markets(), cut=st.tuples(st.integers(0, 34), st.integers(0, 34)).map(sorted))
def test_returns_over_any_span_sum_to_the_log_price_ratio(some, cut):
    returns = log_returns(some)
    for asset in returns.assets:
        table = returns.of(asset)
        first, last = (min(c, len(table) - 1) for c in cut)
        prices = some.prices.loc[some.prices["asset"] == asset].set_index("date")["close"]
        struck = price_strikes(some, asset).set_index("utc")["date"]
        start = struck[table["start_utc"].iloc[first]]
        end = table["date"].iloc[last]
        total = returns.total_pp(asset, table["date"].iloc[first], end)
        assert total == pytest.approx(pp(prices[end], prices[start]), rel=0.0, abs=SUM_PP)
        assert (table["start_utc"].iloc[1:].to_numpy() == table["end_utc"].iloc[:-1]).all()


@settings(max_examples=20)
@given(some=markets(), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(some, seed):
    shuffled = market({}, [])
    order = np.random.default_rng(seed).permutation(len(some.prices))
    other = np.random.default_rng(seed).permutation(len(some.futures))
    object.__setattr__(shuffled, "prices", some.prices.iloc[order].reset_index(drop=True))
    object.__setattr__(shuffled, "futures", some.futures.iloc[other].reset_index(drop=True))
    pd.testing.assert_frame_equal(log_returns(shuffled).to_frame(), log_returns(some).to_frame())


@settings(max_examples=20)
@given(some=markets())
def test_intervals_run_between_strikes_of_their_clocks(some):
    """Each end is the asset's wall time on the row's date, by the standard library."""
    wall = {
        "BTC": (24, 0, "UTC"),
        "GC": (13, 30, "America/New_York"),
        "GLD": (16, 0, "America/New_York"),
        "XAU_LBMA_PM": (15, 0, "Europe/London"),
    }
    for row in log_returns(some).table.itertuples():
        hour, minute, zone = wall[row.asset]
        day = row.date.date() + dt.timedelta(days=hour // 24)
        local = dt.datetime.combine(day, dt.time(hour % 24, minute), ZoneInfo(zone))
        assert row.end_utc == pd.Timestamp(local.astimezone(dt.UTC)).tz_localize(None)
