"""The event study: which returns hold a surprise, and what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from clock_worlds import COMEX, CRYPTO, ETF, LONDON_FIX, returns_of, returns_table, trading_days
from method_worlds import statement_world

from ratemodel.estimators import estimate_loadings
from ratemodel.shocks import shock_series

SEED = 20260130
SAME_NUMBERS = {"rel": 1e-12, "abs": 1e-14}
"""The same arithmetic, done by the same library."""
ERRORS_ALLOWED = 4.0


def surprises(times: list[pd.Timestamp], rng: np.random.Generator) -> pd.Series:
    index = pd.DatetimeIndex(times).tz_localize("America/New_York")
    return pd.Series(rng.normal(scale=5.0, size=len(times)), index=index)


def returns_holding(dates: pd.DatetimeIndex, clock: str, times: pd.DatetimeIndex) -> np.ndarray:
    """Position of the return that holds each instant, by looking at every one."""
    hour, zone = clock.split()
    if hour == "24:00":
        ends = [(date + pd.Timedelta(days=1)).tz_localize(zone) for date in dates]
    else:
        ends = [pd.Timestamp(f"{date:%Y-%m-%d} {hour}").tz_localize(zone) for date in dates]
    return np.array(
        [
            next(k for k in range(len(dates) - 1) if ends[k] < moment <= ends[k + 1])
            for moment in times
        ]
    )


@pytest.mark.parametrize("clock", [COMEX, ETF, LONDON_FIX, CRYPTO])
@pytest.mark.parametrize("hour", ["08:30", "12:30", "14:00", "16:00", "19:30"])
def test_surprises_meet_the_return_that_holds_them(clock, hour):
    rng = np.random.default_rng(SEED)
    dates = trading_days("2019-01-02", 300)
    moves = rng.normal(size=299)
    said = [pd.Timestamp(f"{date:%Y-%m-%d} {hour}") for date in dates[10:280:9]]
    values = surprises(said, rng)
    table = estimate_loadings(
        returns_of(returns_table("A", dates, clock, moves)),
        shock_series(values.rename("ED4")),
        before=dates[-2],
        method="events",
        cov="HC1",
    )
    row = table.row("A", "ED4", "events")
    held = returns_holding(dates, clock, values.index)
    plain = sm.OLS(moves[held], sm.add_constant(values.to_numpy())).fit(cov_type="HC1")
    assert row["n"] == len(said)
    assert row["estimate_pp_per_bp"] == pytest.approx(plain.params[1], **SAME_NUMBERS)
    assert row["std_err"] == pytest.approx(plain.bse[1], **SAME_NUMBERS)
    assert row["cov_type"] == "HC1"


@pytest.mark.parametrize(
    ("moment", "row"),
    [
        ("2019-03-08 16:00:00", "2019-03-08"),  # at the strike: known
        ("2019-03-08 16:00:01", "2019-03-11"),
        ("2019-03-09 12:00:00", "2019-03-11"),  # Saturday
        ("2019-03-10 17:00:00", "2019-03-11"),  # Sunday
        ("2019-03-11 16:00:00", "2019-03-11"),  # daylight saving began in between
        ("2019-03-11 16:00:01", "2019-03-12"),
    ],
)
def test_a_surprise_on_a_strike_belongs_to_the_return_that_ends_there(moment, row):
    dates = pd.bdate_range("2019-01-02", "2019-12-30")
    jump = pd.Timestamp(row)
    moves = np.where(dates[1:] == jump, 3.0, 0.0)
    quiet = [pd.Timestamp(f"{day:%Y-%m-%d} 10:00") for day in dates[60:200:7]]
    index = pd.DatetimeIndex([pd.Timestamp(moment), *quiet]).tz_localize("America/New_York")
    values = pd.Series([10.0, *np.zeros(len(quiet))], index=index).sort_index()
    table = estimate_loadings(
        returns_of(returns_table("A", dates, ETF, moves)),
        shock_series(values),
        before="2019-12-20",
        method="events",
    )
    assert table.estimate("A", method="events") == pytest.approx(0.3, **SAME_NUMBERS)
    assert table.row("A", method="events")["largest_day"] == jump


def test_daily_shocks_on_statement_days_recover_the_loading():
    returns, shocks, said = statement_world(2500, np.random.default_rng(SEED), beta=-0.08)
    row = estimate_loadings(returns, shocks, "2030-01-01", method="events", announcements=said).row(
        "GC", method="events"
    )
    assert abs(row["estimate_pp_per_bp"] + 0.08) < ERRORS_ALLOWED * row["std_err"]
    assert row["std_err"] < 0.02
    assert row["note"] == f"{len(said)} days with a shock"
    # COMEX gold has settled when a statement is made: each shock reaches into two returns.
    assert row["n"] == 2 * len(said)


def test_a_day_without_a_value_is_no_reason_to_drop_its_neighbour():
    returns, shocks, said = statement_world(900, np.random.default_rng(SEED), beta=-0.08)
    held = shocks.values_bp.index.isin(said["announced"])
    sparse = shock_series(
        shocks.of().where(pd.Series(held, index=shocks.dates)), "15:00 America/New_York"
    )
    by_value = estimate_loadings(returns, sparse, "2030-01-01", method="events")
    by_date = estimate_loadings(returns, shocks, "2030-01-01", method="events", announcements=said)
    columns = ["estimate_pp_per_bp", "std_err", "n", "largest_day"]
    assert by_value.table[columns].equals(by_date.table[columns])
    assert by_value.row("GC", method="events")["dropped"] == 0


def test_a_handful_of_days_is_refused_with_the_reason():
    returns, shocks, said = statement_world(400, np.random.default_rng(SEED), beta=-0.08, every=60)
    table = estimate_loadings(returns, shocks, "2030-01-01", method="events", announcements=said)
    row = table.row("GC", method="events")
    assert np.isnan(row["estimate_pp_per_bp"])
    assert row["reason"] == "GC: 7 days with a shock in the sample, 10 are needed"


def test_surprises_may_have_a_dollar_beside_them():
    """Each surprise is inside one move of the dollar: both sides of its clearing are one column."""
    rng = np.random.default_rng(SEED)
    dates = trading_days("2019-01-02", 300)
    said = [pd.Timestamp(f"{date:%Y-%m-%d} 14:00") for date in dates[10:280:3]]
    values = surprises(said, rng)
    held = returns_holding(dates, ETF, values.index)
    own = rng.normal(scale=0.4, size=299)
    news = np.zeros(299)
    news[held] = values.to_numpy()
    gold = -0.05 * news - 1.5 * own + rng.normal(scale=0.5, size=299)
    returns = returns_of(
        returns_table("A", dates, ETF, gold),
        returns_table("D", dates, ETF, 0.01 * news + own),
    )
    table = estimate_loadings(
        returns, shock_series(values), dates[-2], controls="D", method="events"
    )
    for name, truth in (("path_bp", -0.05), ("dollar", -1.5)):
        row = table.row("A", name, "events")
        assert abs(row["estimate_pp_per_bp"] - truth) < ERRORS_ALLOWED * row["std_err"]
