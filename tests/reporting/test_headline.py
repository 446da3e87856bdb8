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


CAUSES = {"rates": -0.13, "dollar": -1.24, "other": -13.0, "margin_call": -0.94}


def said(
    notes: dict[str, str] | None = None,
    omitted: dict[tuple[str, str], str] | None = None,
    p_values: tuple[float, float] = (0.003, 0.0004),
    channels: tuple[str, ...] = tuple(CAUSES),
    bands: dict[str, str] | None = None,
    **changes: tuple[float, float, float],
) -> list[str]:
    """Lines of the headline of one asset in one event."""
    values = {**ESTIMATES, **changes}
    split = pd.DataFrame.from_dict(values, "index", columns=["estimate_pp", "low_pp", "high_pp"])
    split = split.rename_axis("component").reset_index()
    split["note"] = [(notes or {}).get(name, "") for name in split["component"]]
    split["band"] = [(bands or {}).get(name, "sensitivity") for name in split["component"]]
    split = split.assign(event="crash", asset="GC", level=0.9, data_kind="market")
    causes = pd.DataFrame({"channel": channels, "with_amplification_pp": map(CAUSES.get, channels)})
    measures = pd.DataFrame(
        {"measure": ["conformal", "fhs"], "p_value": p_values, "p_floor": [0.003, 0.0002]}
    )
    tables = {
        "decomposition": split,
        "decomposition_daily": split.assign(trade_date=DAY),
        "counterfactuals": causes.assign(event="crash", asset="GC", low_pp=-0.3, high_pp=0.05),
        "abnormality": measures.assign(event="crash", asset="GC"),
        "shocks": pd.DataFrame({"trade_date": [DAY], "path_bp": [-4.5]}),
    }
    return headline(tables, {"GC": "Gold", "SOL": "Solana"}, {}, omitted or {}).splitlines()


def test_an_interval_of_leverage_stands_with_its_assumption():
    _, gold, closing = said()
    assert (
        "forced flows -0.10 [-0.30, -0.02] (-0.10 measured). Leverage between -17.0 and -8.8 if "
        "other news was no larger than before: these data identify no more; known flows do not "
        "reach that far: other news was larger, or flows are missing."
    ) in gold
    reached = said(leverage=(-5.0, -9.0, -1.0))[1]
    assert "than before: these data identify no more. " in reached
    assert gold.index("Not explained") < gold.index("rates") < gold.index("Leverage between")
    assert "no part beside it" in closing


@pytest.mark.parametrize(("low", "high"), [(-13.0, 0.6), (-13.0, 0.0), (0.0, 5.0)])
def test_an_interval_that_holds_zero_says_so(low, high):
    line = said(leverage_ceiling=(-6.0, low, high))[1]
    assert "than before: not distinguishable from zero." in line
    assert "identify no more" not in line


def test_rates_are_said_alone_and_with_the_sales_they_set_off():
    assert (
        "rates -0.10 [-0.30, +0.10] directly, -0.13 [-0.30, +0.05] with amplification;" in said()[1]
    )
    alone = said(channels=("rates", "dollar", "other"))[1]
    assert "directly, no forced trader modelled that could amplify them;" in alone
    assert "with amplification" not in alone


@pytest.mark.parametrize(
    ("p_values", "words"),
    [
        ((0.003, 0.0004), "is abnormal: p = 0.0004 by simulation, at most 0.003 by rank."),
        ((0.003, 0.0002), "is abnormal: p at most 0.0002 by simulation, at most 0.003 by rank."),
        ((0.15, 0.12), "is not abnormal: p = 0.12 by simulation, 0.15 by rank."),
        ((0.15, 0.01), "is not abnormal: p = 0.01 by simulation, 0.15 by rank."),
        ((0.05, 0.01), "is not abnormal: p = 0.01 by simulation, 0.05 by rank."),
    ],
)
def test_nothing_is_called_abnormal_unless_both_p_values_say_so(p_values, words):
    assert said(p_values=p_values)[1].endswith(f" Less rates, dollar and drift it {words}")


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("no flow of GC was measured in crash", "no flow measured"),
        ("flows of GC were measured in crash, its daily volume was not", "flow not sized"),
    ],
)
def test_a_zero_for_want_of_a_measurement_is_not_printed_as_one(note, words):
    zero = (0.0, 0.0, 0.0)
    line = said({"leverage_floor": note}, leverage_floor=zero, leverage=zero)[1]
    assert f"; forced flows unknown ({words}, none modelled)." in line
    assert "0.00 measured" not in line
    modelled = said({"leverage_floor": note}, leverage_floor=zero)[1]
    assert f"; forced flows -0.10 [-0.30, -0.02] ({words})." in modelled


def test_leverage_by_a_common_factor_is_not_called_flows():
    line = said(bands={"leverage": "confidence"}, leverage=(-1.5, -2.9, -0.2))[1]
    assert "; leverage by common moves -1.50 [-2.90, -0.20]. " in line
    none = said(bands={"leverage": "confidence"}, leverage=(0.0, 0.0, 0.0))[1]
    assert "; leverage by common moves unknown. " in none


def test_a_small_sale_is_no_negative_zero():
    assert "(+0.00 measured)" in said(leverage_floor=(-0.001, -0.002, 0.0))[1]


def test_flows_that_prices_contradict_are_called_out():
    notes = dict.fromkeys(["leverage_floor", "leverage_ceiling"], "flows and prices disagree")
    line = said(notes, leverage_floor=(0.5, 0.2, 0.9))[1]
    assert "(+0.50 measured, but flows and prices disagree)" in line


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
