"""Series side by side, what they called a date, and how assets load on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import ratemodel as rm
from ratemodel.surprises.assets import robust_slope
from ratemodel.types.market import Market

ROUNDING = 1e-12
KNOWN = (-7.8, 0.3)
"""COMEX gold on ED4, % per pp, clock-matched, 202 scheduled announcements; how near is meant."""


def changes(count: int = 80, start: str = "2017-02-01 14:00") -> pd.DataFrame:
    rng = np.random.default_rng(0)
    times = pd.date_range(start, periods=count, freq="42D", tz="America/New_York")
    level = rng.normal(size=(count, 1))
    names = ["MP1", "MP2", "ED1", "ED2", "ED3", "ED4"]
    table = pd.DataFrame(0.05 * (level + 0.5 * rng.normal(size=(count, 6))), times, names)
    return table.assign(FF1=table["MP1"] * 0.3, FF2=table["MP1"])


@pytest.fixture(scope="module")
def found():
    return rm.policy_surprises(changes())


def test_pairs_are_compared_on_what_both_have(found):
    compared = rm.compare_surprises(found, "2017-03-15")
    names = found.names
    assert len(compared.pairs) == len(names) * (len(names) - 1) // 2
    assert (compared.pairs["n"] == 80).all()
    both = found.values[["target", "bs_mps"]]
    expected = float(both.corr().iloc[0, 1])
    assert compared.correlation("bs_mps", "target") == pytest.approx(expected, abs=ROUNDING)
    row = compared.pairs.query("series_a == 'target' and series_b == 'bs_mps'").iloc[0]
    gap = (both["target"] / both["target"].std() - both["bs_mps"] / both["bs_mps"].std()).abs()
    assert row["disagreement"] == gap.idxmax()
    assert row["value_a"] == both.loc[gap.idxmax(), "target"]


def test_what_each_series_called_a_date(found):
    called = rm.compare_surprises(found, "2017-03-15").calls.set_index("series")
    assert called.loc["target", "value"] == found.series("target")["2017-03-15"].iloc[0]
    assert called.loc["target", "reason"] == ""
    assert "one-year yield" in called.loc["news", "reason"]
    absent = rm.compare_surprises(found, "2026-01-28")
    assert absent.calls["value"].isna().all()
    assert absent.calls["reason"].str.contains("no announcement of 2026-01-28|needs").all()
    text = absent.summary()
    assert "2026-01-28 target" in text
    assert str(absent) == text.splitlines()[0]


def test_every_result_has_its_three_forms(found, capsys):
    results = (found, rm.surprise_errors(found, draws=20), rm.compare_surprises(found))
    for result in results:
        assert len(result.to_frame())
        assert result.summary().splitlines()[0] == str(result)
        assert "\n" not in str(result)
        for name in dir(result):
            if not name.startswith("_"):
                getattr(result, name)
    assert capsys.readouterr().out == ""


def test_pairs_that_cannot_be_compared_are_left_out():
    table = changes(3)[["FF1", "FF2"]]
    still = rm.policy_surprises(table.assign(FF1=0.0, FF2=0.0, FF3=0.1))
    assert rm.compare_surprises(still).pairs.empty


def test_a_robust_slope_is_statsmodels_own():
    from statsmodels.regression.linear_model import OLS

    rng = np.random.default_rng(3)
    x = rng.normal(size=50)
    y = 1.0 - 2.0 * x + rng.normal(size=50) * (1.0 + np.abs(x))
    theirs = OLS(y, np.column_stack([np.ones(50), x])).fit(cov_type="HC1")
    ours = robust_slope(y, x)
    np.testing.assert_allclose(ours, (theirs.params[1], theirs.bse[1]), rtol=1e-12, atol=0)


def priced_market(struck_at: str, loading: float) -> tuple[Market, pd.DataFrame]:
    """A market whose one asset jumps by `loading` times each surprise at its instant."""
    market = rm.load_market("replica")
    days = market.trade_dates
    news = changes(12, start="2024-10-02 14:00")
    clock = pd.Timedelta(hours=int(struck_at[:2]), minutes=int(struck_at[3:5]))
    strikes = (days + clock).tz_localize("America/New_York")
    told = news["ED4"].to_numpy()
    level = np.array([told[news.index <= strike].sum() for strike in strikes]) * loading
    prices = pd.DataFrame(
        {
            "date": days,
            "asset": "X",
            "close": 100.0 * np.exp(level / 100.0),
            "struck_at": f"{struck_at} America/New_York",
        }
    ).reindex(columns=market.prices.columns)
    return replace(market, prices=prices.assign(struck_at=f"{struck_at} America/New_York")), news


@pytest.mark.parametrize("struck_at", ["13:30", "16:00"])
def test_a_loading_is_found_wherever_the_strike_lies(struck_at):
    """Struck before the statement, the news is in the next return; by date it would be lost."""
    market, news = priced_market(struck_at, -7.8)
    row = rm.asset_loadings(market, news[["ED4"]], ["X"]).iloc[0]
    assert row["n"] == 12
    assert row["estimate"] == pytest.approx(-7.8, abs=1e-6)
    by_date = -7.8 if struck_at == "16:00" else 0.0
    assert row["same_date"] == pytest.approx(by_date, abs=1e-6)
    assert row["ci_low"] <= row["estimate"] <= row["ci_high"]


def test_what_cannot_be_estimated_has_its_reason(found):
    market = rm.load_market("replica")
    table = rm.asset_loadings(market, found, ["GC", "XX"])
    assert (table.loc[table["asset"] == "XX", "reason"] != "").all()
    assert table.loc[table["asset"] == "XX", "estimate"].isna().all()
    gold = table[table["asset"] == "GC"]
    assert (gold["estimate"].notna() | (gold["reason"] != "")).all()
    few = rm.asset_loadings(market, found.values[["target"]].iloc[-3:], ["GC"]).iloc[0]
    assert "are needed" in few["reason"]


def test_gold_loads_on_the_surprise_it_can_have_known(shared_data, shared_reference):
    """202 scheduled announcements 2000-09..2025-12: -7.8 by the clock, nothing by the date."""
    statements = pd.read_csv(shared_reference / "usmpd_statements.csv")
    scheduled = statements[(statements["Unscheduled"] == 0) & (statements["Date"] >= "2000-09")]
    times = pd.DatetimeIndex(scheduled["date_time"]).tz_localize("America/New_York")
    surprise = pd.DataFrame({"ED4": scheduled["ED4"].to_numpy()}, index=times)
    row = rm.asset_loadings(rm.load_market(shared_data), surprise, ["GC"]).iloc[0]
    assert row["n"] == 202
    assert row["estimate"] == pytest.approx(KNOWN[0], abs=KNOWN[1])
    assert row["estimate"] / row["std_err"] == pytest.approx(-3.7, abs=0.05)
    assert row["same_date"] == pytest.approx(0.5, abs=0.05)
    assert row["same_date"] / row["same_date_err"] == pytest.approx(0.6, abs=0.05)
