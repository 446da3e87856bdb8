"""The headline: every sentence carries what it assumes, and nothing is left out in silence."""

from __future__ import annotations

import pandas as pd
import pytest

from ratemodel.reporting.headline import headline

DAY = pd.Timestamp("2026-01-30")
ESTIMATES = {
    "total": (-14.0, -14.0, -14.0),
    "drift": (0.4, 0.2, 0.6),
    "rate_premium": (-0.1, -0.3, 0.1),
    "dollar": (-1.2, -1.6, -0.8),
    "leverage_floor": (-0.1, -0.3, -0.02),
    "leverage_ceiling": (-13.1, -17.0, -8.8),
    "leverage": (-0.1, -0.3, -0.02),
    "residual": (-13.0, -13.5, -12.4),
}


def said(
    notes: dict[str, str] | None = None,
    omitted: dict[tuple[str, str], str] | None = None,
    **changes: tuple[float, float, float],
) -> list[str]:
    """Lines of the headline of one asset in one event."""
    values = {**ESTIMATES, **changes}
    split = pd.DataFrame.from_dict(values, "index", columns=["estimate_pp", "low_pp", "high_pp"])
    split = split.rename_axis("component").reset_index()
    split["note"] = [(notes or {}).get(name, "") for name in split["component"]]
    split = split.assign(event="crash", asset="GC", level=0.9, data_kind="market")
    tables = {
        "decomposition": split,
        "decomposition_daily": split.assign(trade_date=DAY),
        "shocks": pd.DataFrame({"trade_date": [DAY], "path_bp": [-4.5]}),
    }
    return headline(tables, {"GC": "Gold", "SOL": "Solana"}, {}, omitted or {}).splitlines()


def test_an_interval_of_leverage_stands_with_its_assumption():
    _, gold, closing = said()
    assert gold.endswith(
        "leverage between -17.0 and -8.8 (an interval: these data identify no more; assumes other "
        "news no larger than before; -0.10 measured)."
    )
    assert gold.index("Not explained") < gold.index("rates") < gold.index("leverage between")
    assert "no part beside it" in closing


@pytest.mark.parametrize(("low", "high"), [(-13.0, 0.6), (-13.0, 0.0), (0.0, 5.0)])
def test_an_interval_that_holds_zero_says_so(low, high):
    line = said(leverage_ceiling=(-6.0, low, high))[1]
    assert "(not distinguishable from zero; assumes" in line
    assert "identify no more" not in line


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("no flow of GC was measured in crash", "no flow measured"),
        ("flows of GC were measured in crash, its daily volume was not", "flow not sized"),
    ],
)
def test_a_zero_for_want_of_a_measurement_is_not_printed_as_one(note, words):
    line = said({"leverage_floor": note}, leverage_floor=(0.0, 0.0, 0.0))[1]
    assert line.endswith(f"; {words}).")
    assert "0.00 measured" not in line


def test_a_small_sale_is_no_negative_zero():
    assert "; +0.00 measured)" in said(leverage_floor=(-0.001, -0.002, 0.0))[1]


def test_flows_that_prices_contradict_are_called_out():
    notes = dict.fromkeys(["leverage_floor", "leverage_ceiling"], "flows and prices disagree")
    line = said(notes, leverage_floor=(0.5, 0.2, 0.9))[1]
    assert "but measured flows and prices disagree" in line
    assert "+0.50 measured" in line


def test_a_dollar_left_out_is_not_a_zero():
    line = said({"dollar": "DTWEXBGS is left out"}, dollar=(0.0, 0.0, 0.0))[1]
    assert "; dollar not measured;" in line


def test_what_was_not_split_is_named():
    omitted = {
        ("crash", "SOL"): "SOL: 25 complete rows, 60 are needed",
        ("crash", "XYZ"): "no prices of XYZ",
        ("early", ""): "no trade date before the event",
        ("late", "GC"): "GC: no return reaches 2027-01-01",
        ("late", "SOL"): "SOL: no return reaches 2027-01-01",
    }
    lines = said(omitted=omitted)
    assert lines[2] == "Solana: not split (25 complete rows, 60 are needed)."
    assert lines[3] == "XYZ: not split (no prices of XYZ)."
    assert lines[4] == "Not split: early, late (table checks says why)."
    assert lines[5].startswith("Log points")
