"""Shocks of real settlements: known days, the study's choice, and surprises measured by others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from path.real_market import real_shocks

from ratemodel.errors import CoverageError
from ratemodel.shocks import choose_shock
from ratemodel.types.shocks import ShockSeries

KNOWN_BP = 0.3
"""The known answers are multiples of the half-tick the far contracts move in, and their se 0.4."""
QUIET_BP = 2.0
"""Days on which a difference of two paths makes shocks of 34 and -17 bp."""

SAMPLE = (pd.Timestamp("2024-09-17"), pd.Timestamp("2026-01-29"))
EVENT = (pd.Timestamp("2026-01-30"), pd.Timestamp("2026-02-02"))
YEAR_END = pd.Timestamp("2026-12-31")


@pytest.fixture(scope="module")
def shocks(shared_data) -> ShockSeries:
    return real_shocks(shared_data)


@pytest.mark.parametrize(("date", "known_bp"), [("2026-01-30", -4.50), ("2026-02-02", 5.00)])
@pytest.mark.parametrize("fixed", [False, True], ids=["12 months", "end of 2026"])
def test_the_event_of_2026_has_its_known_shocks(shocks, date, known_bp, fixed):
    series = shocks.at("2026-12-31") if fixed else shocks
    assert series.of("path_bp")[date] == pytest.approx(known_bp, rel=0.0, abs=KNOWN_BP)
    assert 0.0 < series.errors_bp.loc[date, "path_bp"] < 1.0
    assert series.identified.loc[date, "path_bp"]


@pytest.mark.parametrize("date", ["2005-07-01", "2024-09-18"])
def test_quiet_days_are_quiet(shocks, date):
    assert abs(shocks.of("path_bp")[date]) < QUIET_BP


def test_errors_are_positive_wherever_there_is_a_shock(shocks):
    values, errors = shocks.values_bp, shocks.errors_bp
    assert (errors.notna() == values.notna()).all().all()
    assert (errors.min() > 0.0).all()


def test_there_is_no_shock_across_the_missing_year(shocks):
    """Settlements are missing from 2023-09-16 to 2024-09-15."""
    assert shocks.values_bp.loc["2024-09-16"].isna().all()
    long_gap = shocks.dates.to_series().diff() > pd.Timedelta(days=10)
    assert shocks.values_bp[long_gap].isna().all().all()


def test_the_study_falls_back_to_the_end_of_2026_and_says_so(shocks):
    choice = choose_shock(shocks, SAMPLE, EVENT)
    assert choice.identified_share_12m < 0.95 <= choice.identified_share
    assert choice.shocks.fixed_date == YEAR_END
    assert "2026-12-31" in choice.note
    assert "12 months" in choice.note
    chosen = choice.shocks.of("path_bp").loc[SAMPLE[0] : EVENT[1]]
    pd.testing.assert_series_equal(
        chosen, shocks.fixed_bp[YEAR_END].loc[SAMPLE[0] : EVENT[1]], check_names=False
    )
    days = choice.shocks.dates
    for first, last in (SAMPLE, EVENT):
        identified = choice.shocks.identified["path_bp"][(days >= first) & (days <= last)]
        assert identified.mean() >= 0.95


def test_where_twelve_months_are_known_there_is_no_fall_back(shocks):
    sample = (pd.Timestamp("2015-01-02"), pd.Timestamp("2016-06-23"))
    event = (pd.Timestamp("2016-06-24"), pd.Timestamp("2016-06-27"))
    choice = choose_shock(shocks, sample, event)
    assert choice.note == ""
    assert choice.shocks.fixed_date is None
    pd.testing.assert_series_equal(choice.shocks.of("path_bp"), shocks.of("path_bp"))


def test_an_event_without_shocks_is_refused(shocks):
    with pytest.raises(CoverageError, match="2030-01-01"):
        choose_shock(shocks, SAMPLE, (pd.Timestamp("2030-01-01"), pd.Timestamp("2030-01-02")))


@pytest.mark.parametrize(
    ("first", "last", "correlation"), [("1994", "2023", 0.85), ("2016", "2023", 0.93)]
)
def test_target_shocks_are_the_surprises_of_half_an_hour(
    shocks, shared_reference, first, last, correlation
):
    """Against MP1 of the SF Fed's US Monetary Policy Event-Study Database.

    Kuttner surprises from the same closes reach 0.92 and 0.96 (shared/reference/README.md); ours
    are shrunk where a contract says little of a meeting late in its month.
    """
    published = pd.read_csv(shared_reference / "usmpd_statements.csv", parse_dates=["Date"])
    mp1_bp = 100.0 * published.drop_duplicates("Date").set_index("Date")["MP1"]
    both = pd.DataFrame({"ours": shocks.of("target_bp"), "mp1": mp1_bp.reindex(shocks.dates)})
    both = both.loc[first:last].dropna()
    assert len(both) > 50
    assert np.corrcoef(both["ours"], both["mp1"])[0, 1] > correlation
