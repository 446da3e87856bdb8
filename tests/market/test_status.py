"""What is said of the series held: age, gaps, copies of a neighbour, days that have not been."""

from __future__ import annotations

import pandas as pd
import pytest
from store_worlds import put, store

from ratemodel import cli
from ratemodel.market.status import calendar_note, future_notes, lockstep_frame, status_frame

TODAY = pd.Timestamp("2026-03-04")
DAYS = pd.bdate_range("2026-01-05", "2026-02-27")


def futures(marks: dict[str, pd.Series]) -> pd.DataFrame:
    parts = [
        settle.rename_axis("trade_date")
        .reset_index(name="settle")
        .assign(contract=pd.Period(month))
        for month, settle in marks.items()
    ]
    return pd.concat(parts, ignore_index=True)


def line(tables: dict[str, pd.DataFrame], series: str) -> dict[str, object]:
    status = status_frame(tables, [], TODAY).set_index("series")
    return status.loc[series].to_dict()


def test_age_and_gaps_are_counted_by_the_step_usual_to_the_series():
    weekly = pd.date_range("2025-01-07", periods=60, freq="7D").delete([20, 21, 22, 23, 24, 40])
    rates = pd.concat(
        [
            pd.DataFrame({"date": DAYS.delete(range(10, 18)), "series": "DFF", "value": 3.64}),
            pd.DataFrame({"date": weekly, "series": "W", "value": 1.0}),
        ]
    )
    daily = line({"rates": rates}, "DFF")
    assert (daily["stale_days"], daily["gaps"]) == (5, 1)
    assert daily["longest_gap"] == f"{DAYS[9]:%Y-%m-%d}..{DAYS[18]:%Y-%m-%d}"
    # One week left out is no gap of a weekly series, five are.
    assert line({"rates": rates}, "W")["gaps"] == 1


def test_expired_contracts_are_one_line_and_a_mistyped_year_expires_none():
    flat = pd.Series(96.3, index=DAYS)
    held = futures({"2026-01": flat[:15], "2026-02": flat, "2026-10": flat})
    assert line({"futures": held}, "1 expired contracts")["rows"] == 15
    slip = futures({"2036-10": pd.Series([96.0], index=[pd.Timestamp("2036-02-27")])})
    status = status_frame({"futures": pd.concat([held, slip])}, [], TODAY)
    assert "2026-10" in set(status["series"])
    assert future_notes({"futures": pd.concat([held, slip])}, TODAY) == [
        "futures: 1 row dated after 2026-03-04, the last 2036-02-27"
    ]
    assert future_notes({"futures": held}, TODAY) == []


def test_a_contract_that_repeats_a_nearer_one_is_listed_with_its_days():
    near = pd.Series([96.3 + 0.005 * (k % 7) for k in range(len(DAYS))], index=DAYS)
    far = pd.Series([96.5 + 0.005 * (k * k % 11) for k in range(len(DAYS))], index=DAYS)
    copied = slice(5, 35)
    far[copied] = far.iloc[4] + (near[copied] - near.iloc[4])
    runs = lockstep_frame(futures({"2026-03": near, "2026-04": far}))
    assert runs["contract"].tolist() == ["2026-04"]
    assert runs["first"].iloc[0] > f"{DAYS[5]:%Y-%m-%d}"
    assert runs["last"].iloc[0] == f"{DAYS[34]:%Y-%m-%d}"


@pytest.mark.parametrize(("held", "warns"), [(8, False), (7, True), (0, True)])
def test_the_calendar_runs_out_with_less_than_a_year_of_meetings(held, warns):
    ahead = pd.date_range("2026-03-18", periods=held, freq="45D")
    fomc = pd.DataFrame({"announced": ahead, "kind": "scheduled"})
    assert calendar_note(fomc, TODAY).endswith("running out") == warns


def test_the_command_shows_a_store(tmp_path, capsys):
    held = store(tmp_path)
    put(held, "DFF", {"2026-01-29": 3.64, "2026-01-30": 3.63})
    held.build()
    with pytest.raises(SystemExit) as left:
        cli.main(["data", "status", "--store", str(tmp_path), "--today", "2026-01-29"])
    shown = capsys.readouterr().out
    assert left.value.code in (0, None)
    assert shown.splitlines()[1].split() == [
        *("rates", "DFF", "fredgraph", "2", "2026-01-29", "2026-01-30", "-1", "0")
    ]
    assert "rates: 1 row dated after 2026-01-29, the last 2026-01-30" in shown
