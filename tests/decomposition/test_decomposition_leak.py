"""Nothing of the event may reach what is estimated before it: corrupt the event and look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_markets import (
    DOLLAR,
    EVENT,
    event_rows,
    garch_noise,
    make_market,
    price_rows,
    rate_rows,
    trading_days,
)
from split_markets import Truth as Maker

from ratemodel.config import Sample
from ratemodel.decomposition import decompose
from ratemodel.path import implied_path
from ratemodel.shocks import path_shocks
from ratemodel.types.decomposition import CrashDecomposition
from ratemodel.types.market import Market

SEED = 20260130
CLOCKS = {
    "GC": "13:30 America/New_York",
    "GLD": "16:00 America/New_York",
    "BTC": "24:00 UTC",
}
RATE = 4.33
TICK = 0.0025
MEETINGS = pd.DatetimeIndex(
    [
        *("2024-09-18", "2024-11-07", "2024-12-18", "2025-01-29", "2025-03-19", "2025-05-07"),
        *("2025-06-18", "2025-07-30", "2025-09-17", "2025-10-29", "2025-12-10", "2026-01-28"),
        *("2026-03-18", "2026-04-29", "2026-06-17", "2026-07-29", "2026-09-16", "2026-10-28"),
        *("2026-12-09", "2027-01-27", "2027-03-17", "2027-04-28"),
    ]
)
DAYS = 220
FIRST = 208
"""Position of the event's first trade date; it lasts three."""


def fomc_table() -> pd.DataFrame:
    """Every meeting leaves the target where it is."""
    return pd.DataFrame(
        {
            "announced": MEETINGS,
            "time_et": "14:00",
            "kind": "scheduled",
            "target_lower_before_pct": 4.25,
            "target_upper_before_pct": 4.5,
            "target_lower_after_pct": 4.25,
            "target_upper_after_pct": 4.5,
            "known_since": pd.NaT,
            "cancelled_on": pd.NaT,
        }
    )


def futures_table(dates: pd.DatetimeIndex, moves_bp: np.ndarray) -> pd.DataFrame:
    """Settlements day by day: each month's mean of the rate expected on its calendar days."""
    announced = MEETINGS.to_numpy()
    months = pd.period_range(dates[0].to_period("M"), periods=26, freq="M")
    shares = {}
    for month in months:
        days = pd.date_range(month.start_time, month.end_time.normalize()).to_numpy()
        shares[month] = (days > announced[:, None]).mean(axis=1)
    rows = []
    for date, moves in zip(dates, moves_bp, strict=True):
        ahead = moves * (announced >= date.to_numpy())
        for month in months[months >= date.to_period("M")][:18]:
            mean = RATE + shares[month] @ ahead / 100.0
            rows.append((date, month, 100.0 - TICK * round(mean / TICK)))
    return pd.DataFrame(rows, columns=["trade_date", "contract", "settle"])


@pytest.fixture(scope="module")
def market() -> Market:
    rng = np.random.default_rng(SEED)
    dates = trading_days("2024-10-01", DAYS)
    news = rng.normal(scale=1.2, size=(DAYS, len(MEETINGS)))
    moves = np.cumsum(news, axis=0) - 6.0
    calendar_days = pd.date_range("2024-09-01", dates[-1])
    shock = news[:, :9].sum(axis=1)
    tables = []
    for asset in CLOCKS:
        returns = -0.05 * shock[1:] + garch_noise(rng, DAYS - 1, Maker())
        tables.append(price_rows(asset, dates, returns))
    dollar = 120.0 * np.exp(np.cumsum(rng.normal(scale=0.003, size=DAYS)))
    return make_market(
        dates,
        pd.concat(tables, ignore_index=True),
        pd.concat(
            [
                rate_rows("DFF", calendar_days, np.full(len(calendar_days), RATE)),
                rate_rows(DOLLAR, dates, dollar),
            ],
            ignore_index=True,
        ),
        event_rows((EVENT, dates[FIRST], dates[FIRST + 2], "")),
        CLOCKS,
        futures=futures_table(dates, moves),
        fomc=fomc_table(),
    )


def split(market: Market) -> CrashDecomposition:
    path = implied_path(market.futures, market.fomc, market.rates)
    return decompose(
        market,
        path_shocks(path),
        event=EVENT,
        dollar=DOLLAR,
        draws=20,
        sample=Sample(pre_days=190),
        assets=list(CLOCKS),
    )


def estimates(found: CrashDecomposition) -> str:
    """All that was estimated: loadings with errors, and every parameter of volatility."""
    fits = [*found.volatility.values(), *found.shock_volatility.values()]
    models = pd.concat([fit.to_frame() for fit in fits])
    return found.loadings.to_frame().to_csv() + models.to_csv()


@pytest.fixture(scope="module")
def honest(market) -> CrashDecomposition:
    split(market)  # the first split of a process may differ in the last digits
    return split(market)


def on_event_days(frame: pd.DataFrame, column: str, market: Market) -> np.ndarray:
    start, end = market.events["start"].iloc[0], market.events["end"].iloc[0]
    return np.flatnonzero(frame[column].between(start, end))


def corrupt(market: Market, table: str, rows: np.ndarray, size: float) -> Market:
    """Shift rates by up to a percentage point, scale prices by up to a factor of three."""
    column = {"futures": "settle", "prices": "close", "rates": "value"}[table]
    frame = getattr(market, table).copy()
    old = frame[column].to_numpy(float, copy=True)
    change = 1.0 * size if table == "futures" else old[rows] * (3.0**size - 1.0)
    old[rows] = old[rows] + change
    frame[column] = old
    return replace(market, **{table: frame})


DATE_OF = {"futures": "trade_date", "prices": "date", "rates": "date"}


def test_the_world_is_one_in_which_news_is_found(market, honest):
    row = honest.loadings.row("GC")
    assert row["ci_low"] < -0.05 < row["ci_high"] < 0.0
    assert honest.shock_notes == {EVENT: ""}
    assert (honest.windows["rows"] == 3).all()


@given(
    table=st.sampled_from(sorted(DATE_OF)),
    pick=st.floats(0.0, 1.0, exclude_max=True),
    size=st.floats(0.02, 1.0),
    down=st.booleans(),
)
@settings(max_examples=12)
def test_no_row_of_the_event_touches_an_estimate(market, honest, table, pick, size, down):
    rows = on_event_days(getattr(market, table), DATE_OF[table], market)
    row = rows[[int(pick * len(rows))]]
    spoilt = split(corrupt(market, table, row, -size if down else size))
    assert estimates(spoilt) == estimates(honest)


@pytest.mark.parametrize("table", sorted(DATE_OF))
def test_all_rows_from_the_event_on_together_touch_no_estimate(market, honest, table):
    frame = getattr(market, table)
    start = market.events["start"].iloc[0]
    rows = np.flatnonzero(frame[DATE_OF[table]] >= start)
    spoilt = split(corrupt(market, table, rows, 0.3))
    assert estimates(spoilt) == estimates(honest)
    if table != "rates":
        assert spoilt.table["estimate_pp"].tolist() != honest.table["estimate_pp"].tolist()


def test_a_row_before_the_event_does_touch_them(market, honest):
    """Else the tests above would prove nothing."""
    dates = market.trade_dates
    for table, column in DATE_OF.items():
        frame = getattr(market, table)
        rows = np.flatnonzero(frame[column] == dates[FIRST - 20])
        spoilt = split(corrupt(market, table, rows, 0.05))
        assert estimates(spoilt) != estimates(honest)
