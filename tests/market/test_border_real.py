"""The real tables pass, with every trap they are known to hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ratemodel.market import load_market

KNOWN_ROWS = {
    "futures": 202_501,
    "rates": 257_124,
    "prices": 91_170,
    "prices_1h": 20_000,
    "leverage": 10_696,
    "odds": 1_470,
}


@pytest.fixture(scope="module")
def market(shared_data):
    return load_market(shared_data)


def test_every_row_is_kept(market):
    assert {name: len(getattr(market, name)) for name in KNOWN_ROWS} == KNOWN_ROWS
    assert market.notes == (
        "ignored, not input tables: README.md",
        "releases: not in the folder: flags of CPI and payroll days are switched off",
    )


def test_final_settlements_after_the_delivery_month_are_kept(market):
    futures = market.futures
    after = futures["trade_date"].dt.to_period("M") > futures["contract"]
    assert after.sum() == 15


def test_negative_implied_rates_are_kept(market):
    assert (market.futures["settle"] > 100).sum() == 919


def test_placeholders_and_typos_are_the_guards_business_not_the_borders(market):
    assert (market.futures["settle"] == 93.425).sum() >= 3_692


def test_unknown_volume_and_zero_volume_stay_apart(market):
    assert market.futures["volume"].isna().sum() == 2_946
    assert (market.futures["volume"] == 0).any()


def test_trade_dates_span_the_gap(market):
    dates = market.trade_dates
    assert len(dates) == 8_951
    assert dates[0] == pd.Timestamp("1989-08-25")
    assert dates[-1] == pd.Timestamp("2026-03-19")
    assert np.diff(dates.to_numpy()).max() > np.timedelta64(365, "D")


def test_crypto_trades_at_the_weekend(market):
    prices = market.prices.loc[market.prices["date"] == "2026-01-31", "asset"]
    assert {"BTC", "ETH", "SOL"} <= set(prices)
    assert "GC" not in set(prices)


def test_the_reference_folder_lies_beside_the_data(shared_reference):
    assert any(shared_reference.iterdir())
