"""What must hold between the cells of a row, between rows, and between tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from border_tables import LEGAL, as_csv, cells, file_rows, load, read, refusal, spoil, table_refusal

from ratemodel.types.flow_parameters import FLOW_PARAMETERS

KEYS = {
    "futures": ["trade_date", "contract"],
    "prices": ["date", "asset"],
    "rates": ["date", "series"],
    "fomc": ["announced", "time_et"],
    "events": ["event"],
    "leverage": ["date", "asset", "measure", "source"],
    "prices_1h": ["time_utc", "asset"],
    "odds": ["time_utc", "market"],
    "releases": ["announced", "time_et", "release"],
    "claims": ["id"],
}


@pytest.mark.parametrize("table", KEYS)
def test_a_repeated_key_names_the_second_row_and_the_first(table):
    for first in file_rows(table):
        rows = cells(LEGAL[table])
        text = table_refusal(table, as_csv([*rows, rows[first - 1]]))
        assert f"{table}.csv, row {len(rows) + 1}: " in text
        assert text.endswith(f"repeats row {first}")
        for name in KEYS[table]:
            assert f"{name} " in text


@pytest.mark.parametrize("table", sorted(set(LEGAL) - set(KEYS)))
def test_tables_without_a_key_may_repeat_a_row(table):
    rows = cells(LEGAL[table])
    assert len(read(table, as_csv([*rows, rows[-1]]))) == len(rows)


def test_a_key_differs_by_any_of_its_columns():
    rows = cells(LEGAL["fomc"])
    rows.append(["2026-01-28", "09:00", "unscheduled", *rows[2][3:]])
    assert len(read("fomc", as_csv(rows))) == 5


def test_a_key_is_compared_as_read_not_as_spelt():
    rows = cells(LEGAL["prices_1h"])
    rows.append(["2026-01-30 16:00:00+01:00", " BTC", "1"])
    assert table_refusal("prices_1h", as_csv(rows)).endswith("repeats row 3")


def test_a_row_without_an_observation_repeats_nothing():
    rows = cells(LEGAL["rates"])
    assert len(read("rates", as_csv([*rows, [*rows[1][:2], "."]]))) == 4


@pytest.mark.parametrize(
    ("trade_date", "legal"),
    [
        ("2026-03-31", True),
        ("2026-04-01", True),
        ("2026-04-07", True),
        ("2026-04-08", False),
        ("2026-05-01", False),
        ("2027-03-31", False),
        ("2014-02-01", True),
        ("2026-01-31", True),  # a Saturday
    ],
)
def test_a_settlement_may_come_seven_days_after_the_delivery_month(trade_date, legal):
    table = spoil("futures", 4, {"trade_date": trade_date})
    if legal:
        assert pd.Timestamp(trade_date) in set(read("futures", table)["trade_date"])
    else:
        text = table_refusal("futures", table)
        assert "futures.csv, row 4: " in text
        assert trade_date in text
        assert "'2026-03'" in text


@pytest.mark.parametrize(
    ("month", "last"),
    [("2024-02", "2024-03-07"), ("2025-02", "2025-03-07"), ("2025-12", "2026-01-07")],
)
def test_seven_days_count_from_the_last_calendar_day(month, last):
    read("futures", spoil("futures", 2, {"trade_date": last, "contract": month}))
    late = f"{pd.Timestamp(last) + pd.Timedelta(days=1):%Y-%m-%d}"
    table = spoil("futures", 2, {"trade_date": late, "contract": month})
    assert "row 2: trade_date" in table_refusal("futures", table)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"high": "4999", "low": "5000"}, "low must not exceed high"),
        ({"close": "4999", "low": "5000", "high": "5100"}, "low must not exceed close"),
        ({"close": "5101", "low": "5000", "high": "5100"}, "close must not exceed high"),
        ({"close": "5101", "low": "", "high": "5100"}, "close must not exceed high"),
        ({"close": "4999", "low": "5000", "high": ""}, "low must not exceed close"),
    ],
)
def test_a_close_lies_within_the_days_range(changes, what):
    for row in file_rows("prices"):
        text = table_refusal("prices", spoil("prices", row, {"open": "", **changes}))
        assert f"prices.csv, row {row}: {what}, got " in text


@pytest.mark.parametrize(
    "changes",
    [
        {"close": "5000", "high": "5000", "low": "5000"},
        {"close": "5000.000000000001", "high": "5000", "low": "4000"},
        {"close": "5000", "high": "", "low": ""},
        {"close": "5000", "high": "", "low": "4000"},
    ],
)
def test_a_close_may_touch_the_range_or_have_none(changes):
    read("prices", spoil("prices", 2, changes))


TARGETS = [f"target_{a}_{b}_pct" for b in ("before", "after") for a in ("lower", "upper")]


@pytest.mark.parametrize(
    ("targets", "what"),
    [
        (("3.5", "", "", ""), "target_upper_before_pct is empty"),
        (("", "3.5", "", ""), "target_lower_before_pct is empty"),
        (("3.5", "3.75", "3.5", ""), "target_upper_after_pct is empty"),
        (("3.5", "3.75", "", "3.5"), "target_lower_after_pct is empty"),
        (("", "", "3.5", "3.75"), "target_lower_before_pct is empty"),
        (("3.75", "3.5", "", ""), "target_lower_before_pct must not exceed"),
        (("3.5", "3.75", "3.5", "3.25"), "target_lower_after_pct must not exceed"),
    ],
)
def test_targets_come_in_pairs_and_in_order(targets, what):
    for row in file_rows("fomc"):
        changes = dict(zip(TARGETS, targets, strict=True))
        text = table_refusal("fomc", spoil("fomc", row, changes))
        assert f"fomc.csv, row {row}: {what}" in text


@pytest.mark.parametrize(
    "targets",
    [
        ("", "", "", ""),
        ("3.5", "3.75", "", ""),
        ("6.625", "6.625", "6.5", "6.5"),
        ("-0.25", "0", "0", "0"),
    ],
)
def test_meetings_ahead_single_targets_and_negative_targets_are_legal(targets):
    read("fomc", spoil("fomc", 4, dict(zip(TARGETS, targets, strict=True))))


def test_an_event_ends_on_or_after_its_start():
    for row in file_rows("events"):
        table = spoil("events", row, {"start": "2026-02-03", "end": "2026-02-02"})
        assert table_refusal("events", table).endswith(
            f"events.csv, row {row}: end must not be before start 2026-02-03, got 2026-02-02"
        )


@pytest.mark.parametrize("name", ["all", "All", "ALL"])
def test_no_event_is_called_all(name):
    assert "row 3: event must not be called all" in table_refusal(
        "events", spoil("events", 3, {"event": name})
    )


def test_a_margin_holds_after_its_notice():
    table = spoil("margins", 4, {"announced": "2026-02-07"})
    assert "margins.csv, row 4: effective_after_close must not be before" in table_refusal(
        "margins", table
    )
    same_day = spoil("margins", 4, {"announced": "2026-02-06"})
    read("margins", same_day)


def test_a_margin_without_dates_is_kept():
    margins = read("margins", LEGAL["margins"])
    assert len(margins) == 3
    assert margins["announced"].isna().sum() == 1
    assert margins["product"].tolist() == ["GC", "GC", "SI"]


@pytest.mark.parametrize(
    "numbers", [("2", "1", "3"), ("1", "3", "2"), ("3", "2", "1"), ("-1", "-2", "0")]
)
def test_forced_flows_are_ascending_ranges(numbers):
    changes = dict(zip(("low", "central", "high"), numbers, strict=True))
    for row in file_rows("forced_flows"):
        text = table_refusal("forced_flows", spoil("forced_flows", row, changes))
        assert f"forced_flows.csv, row {row}: low, central and high must be in ascending" in text


def test_a_forced_flow_needs_its_range_not_a_bare_point():
    table = spoil("forced_flows", 2, {"low": "", "high": ""})
    assert "row 2: low is empty" in table_refusal("forced_flows", table)


def test_a_forced_flow_counts_for_an_event_of_the_table(tmp_path):
    for row in file_rows("forced_flows"):
        table = spoil("forced_flows", row, {"event": "crsh"})
        text = refusal(tmp_path, forced_flows=table)
        assert f"forced_flows.csv, row {row}: event must be all or a row of the events" in text
        assert "crash, metals, weekend" in text
        assert text.endswith("got 'crsh'")


def test_a_forced_flow_may_count_for_a_built_in_event(tmp_path):
    table = spoil("forced_flows", 2, {"event": "metals-2026"}).replace("weekend", "ftx-2022")
    load(tmp_path, events=None, forced_flows=table)


def test_built_in_flows_of_events_that_the_folder_does_not_have_are_no_fault(tmp_path):
    market = load(tmp_path, forced_flows=None)
    assert set(market.events["event"]) == {"crash", "metals", "weekend"}
    assert "metals-2026" in set(market.forced_flows["event"])


def test_an_earlier_broken_rule_is_named_before_a_later_broken_cell():
    rows = cells(LEGAL["events"])
    rows[2][1], rows[2][2] = "2026-02-03", "2026-02-02"  # row 3: ends before it starts
    rows[3][1] = "soon"  # row 4
    assert "events.csv, row 3: end must not be before" in table_refusal("events", as_csv(rows))


# --- forced_flows --------------------------------------------------------------------------------

RANGE = {
    "date": "",
    "channel": "margin_call",
    "parameter": "cash_met_share",
    "asset": "GC;GLD",
    "low": "0.5",
    "central": "0.8",
    "high": "0.95",
    "unit": "fraction",
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"high": "1.5"}, "high of margin_call cash_met_share must be from 0 to 1, got 1.5"),
        ({"low": "-0.1"}, "low of margin_call cash_met_share must be from 0 to 1, got -0.1"),
        ({"unit": "usd"}, "unit of margin_call cash_met_share must be fraction, got 'usd'"),
        (
            {"parameter": "maintenance_after", "unit": "fraction"},
            "unit of margin_call maintenance_after must be pct_of_notional, got 'fraction'",
        ),
        (
            {"parameter": "maintenance_before", "unit": "pct_of_notional", "high": "150"},
            "high of margin_call maintenance_before must be above 0 up to 100, got 150",
        ),
        (
            {"channel": "liquidation", "parameter": "long_usd", "unit": "usd", "low": "-5e8"},
            "low of liquidation long_usd must be 0 or more, got -5e+08",
        ),
        (
            {"channel": "impact", "parameter": "adv", "unit": "usd", "low": "0"},
            "low of impact adv must be above 0, got 0",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_parameter_of_forced_flows_holds_its_unit_and_bounds(changes, words):
    text = table_refusal("forced_flows", spoil("forced_flows", 3, {**RANGE, **changes}))
    assert text.endswith(f"forced_flows.csv, row 3: {words}")


def test_ends_of_a_range_and_names_that_mean_nothing_are_legal():
    whole = {**RANGE, "low": "0", "high": "1"}
    assert len(read("forced_flows", spoil("forced_flows", 3, whole))) == 3
    unknown = {**RANGE, "parameter": "cash", "high": "9e9", "unit": "usd"}
    assert len(read("forced_flows", spoil("forced_flows", 3, unknown))) == 3


def test_one_parameter_has_one_range_for_an_asset_in_an_event():
    header, *rows = cells(LEGAL["forced_flows"])
    own = dict(zip(header, rows[1], strict=True)) | RANGE
    first = list(own.values())
    assert len(read("forced_flows", as_csv([header, first, first]))) == 2
    other = list({**own, "asset": "SI;GLD", "central": "0.9"}.values())
    text = table_refusal("forced_flows", as_csv([header, first, other]))
    assert "row 3: margin_call cash_met_share has one range for an asset in an event" in text
    elsewhere = list({**own, "asset": "SI", "central": "0.9"}.values())
    assert len(read("forced_flows", as_csv([header, first, elsewhere]))) == 2


def test_the_readme_names_every_parameter_with_its_unit():
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for (channel, parameter), known in FLOW_PARAMETERS.items():
        assert parameter in lines[channel], parameter
        assert known.units[0] in lines[channel], parameter
