"""What was announced since the strike before: by the clock, not by the date."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ratemodel.calendars import meeting_calendar
from ratemodel.shocks import shock_series, shock_table

FRAMES = ("values_bp", "errors_bp", "identified")
DATES = pd.to_datetime(["2026-01-27", "2026-01-28", "2026-01-29", "2026-01-30", "2026-02-02"])


@pytest.fixture
def shocks():
    values = pd.Series(np.arange(5.0), index=DATES)
    series = shock_series(values, known_at="15:00 America/New_York", unit="bp")
    named = {name: getattr(series, name).set_axis(["path_bp"], axis=1) for name in FRAMES}
    return replace(series, **named)


def fomc(*rows: tuple[str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["announced", "time_et", "kind"])
    table["announced"] = pd.to_datetime(table["announced"])
    for side in ("lower", "upper"):
        for when in ("before", "after"):
            table[f"target_{side}_{when}_pct"] = 3.5 if side == "lower" else 3.75
    table["cancelled_on"] = pd.to_datetime(
        ["2026-01-25" if kind == "cancelled" else None for kind in table["kind"]]
    )
    return table


def flagged(table: pd.DataFrame, column: str) -> list[str]:
    return table.loc[table[column].astype(bool), "trade_date"].dt.strftime("%m-%d").tolist()


def test_announcements_belong_to_the_strike_after_them(shocks):
    calendar = meeting_calendar(
        fomc(
            ("2026-01-28", "14:00", "scheduled"),
            ("2026-01-29", "15:30", "unscheduled"),
            ("2026-02-02", "14:00", "cancelled"),
        )
    )
    table = shock_table(shocks, calendar)
    assert flagged(table, "is_fomc") == ["01-28", "01-30"]
    assert flagged(table, "is_unscheduled") == ["01-30"]


def test_releases_are_flagged_and_unknown_ones_are_empty(shocks):
    calendar = meeting_calendar(fomc(("2026-01-28", "14:00", "scheduled")))
    releases = pd.DataFrame(
        {
            "announced": pd.to_datetime(["2026-01-29", "2026-01-31"]),
            "time_et": ["08:30", "08:30"],
            "release": ["cpi", "cpi"],
        }
    )
    table = shock_table(shocks, calendar, releases)
    # The second comes on a Saturday: before the strike of Monday.
    assert flagged(table, "is_cpi") == ["01-29", "02-02"]
    assert table["is_payrolls"].isna().all()
    assert shock_table(shocks, calendar)["is_cpi"].isna().all()
