"""What stands behind the answer: causes, abnormality, premium, loadings, flows, as small tables."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ratemodel.leverage.ranges import ALL, lists
from ratemodel.reporting.figures.counterfactuals import CAUSES
from ratemodel.reporting.figures.loadings_methods import TITLES
from ratemodel.reporting.figures.select import dated, text
from ratemodel.reporting.figures.style import percent, signed
from ratemodel.reporting.headline import date_span, day
from ratemodel.reporting.report.select import EventView, Grid
from ratemodel.reporting.report.strips import Row
from ratemodel.reporting.report.words import banded, dollars, probability, quantity, typeset
from ratemodel.types.loadings import DOLLAR
from ratemodel.types.sentence import SHOCKS

OLS = "ols"
LOADING_DIGITS = 3
MEASURES = {"conformal": "by rank", "fhs": "by simulation", "evt": "by tail"}
WHEN = {"peak": "Peak", "before": "Before", "after": "After"}


PARAMETERS = {
    "adv": "daily volume",
    "aum_before": "assets before the event",
    "buffer_mean": "mean margin buffer",
    "cash_met_share": "share of margin calls met by cash",
    "exposure": "exposure",
    "flow_observed": "observed flow",
    "leverage": "leverage",
    "long_usd": "liquidated longs",
    "maintenance_after": "maintenance margin after",
    "maintenance_before": "maintenance margin before",
    "open_interest": "open interest",
    "q_linear_below": "share of daily volume below which impact is linear",
    "short_usd": "liquidated shorts",
    "size": "size",
    "y_square_root": "factor of the square-root law",
}
"""What parameters of forced traders are called; one that is not here keeps its own name."""


class Causes(NamedTuple):
    """Causes of one asset's move, and what must be known of them."""

    name: str
    grid: Grid
    note: str


def causes(event: EventView) -> list[Causes]:
    """Tabulate what each cause did: alone, with the trades it set off, averaged over orders."""
    found = []
    for asset in event.assets:
        rows = event.keyed("counterfactuals", asset, "channel")
        if not rows:
            continue
        lines = [
            (
                CAUSES.get(str(channel), str(channel)),
                signed(float(row["direct_pp"])),
                _ends(row, "with_amplification_pp", "low_pp", "high_pp"),
                _ends(row, "shapley_pp", "shapley_low_pp", "shapley_high_pp"),
            )
            for channel, row in rows.items()
        ]
        first = next(iter(rows.values()))
        level = percent(float(first["level"]))
        head = ("Cause", "Alone", f"With the trades it set off [{level}]", f"Shapley [{level}]")
        note = f"{first['draws']:,} joint draws of loadings and of leverage"
        if not set(rows) - set(SHOCKS):
            note += "; no forced trader is modelled, so that nothing amplifies"
        found.append(Causes(event.name(asset), Grid(head, lines), note))
    return found


def _ends(row: Row, value: str, low: str, high: str) -> str:
    return banded(float(row[value]), float(row[low]), float(row[high]))


def abnormality(event: EventView) -> Grid | None:
    """Tabulate how probable so large a move was on quiet days."""
    if event.rows("abnormality") is None:
        return None
    lines = []
    for asset in event.assets:
        rows = event.keyed("abnormality", asset, "measure")
        if rows:
            cells = [
                probability(float(rows[m]["p_value"]), float(rows[m]["p_floor"]))
                if m in rows
                else "none"
                for m in MEASURES
            ]
            notes = [
                f"{MEASURES[m]}: {text(rows[m]['note'])}"
                for m in MEASURES
                if m in rows and text(rows[m]["note"])
            ]
            lines.append((event.name(asset), *cells, typeset("; ".join(notes))))
    return Grid(("Asset", *(f"p {words}" for words in MEASURES.values()), "Note"), lines)


def premium(event: EventView) -> Grid | None:
    """Tabulate what priced cuts were worth at the peak, before and after."""
    rows = event.rows("rate_cut_premium")
    if rows is None:
        return None
    rows = dated(rows, "date", "horizon_date")
    lines = []
    for asset in event.assets:
        own = rows.loc[rows["asset"] == asset].set_index("when").to_dict("index")
        if own:
            lines.append((event.name(asset), *(_premium(own.get(when)) for when in WHEN)))
    until = " or ".join(day(date) for date in dict.fromkeys(rows["horizon_date"]))
    level = percent(float(rows["level"].iloc[0]))
    head = (
        f"Asset; priced by {until}",
        *(f"{words}, premium [{level}]" for words in WHEN.values()),
    )
    return Grid(head, lines)


def _premium(row: Row | None) -> str:
    if row is None:
        return "none"
    cuts = signed(float(row["cuts_priced_bp"]), 1)
    return f"{day(row['date'])}: {cuts} bp, {_ends(row, 'premium_pp', 'low_pp', 'high_pp')} pp"


def premium_notes(event: EventView) -> list[str]:
    """Say what a reader must know of the premium."""
    rows = event.rows("rate_cut_premium")
    return [] if rows is None else [note for note in dict.fromkeys(map(text, rows["note"])) if note]


def loadings(event: EventView) -> Grid | None:
    """Tabulate the loadings that the split uses."""
    rows = event.rows("loadings")
    if rows is None:
        return None
    rows = dated(rows.loc[rows["method"] == OLS], "start", "end")
    lines = [
        (
            event.name(row["asset"]),
            "dollar, pp per 1 %"
            if row["shock"] == DOLLAR
            else f"rates ({row['shock']}), pp per bp",
            loading_words(row),
            str(row["n"]),
            "" if pd.isna(row["start"]) else date_span(row["start"], row["end"]),
        )
        for row in rows.to_dict("records")
    ]
    level = percent(float(rows["ci_level"].iloc[0]))
    return Grid(("Asset", "On", f"Loading [{level}]", "Rows", "Sample"), lines)


def loading_words(row: Row) -> str:
    """Write a loading with its interval, or why there is none."""
    if pd.isna(row["estimate_pp_per_bp"]):
        return f"none: {text(row['reason'])}"
    value, low, high = (float(row[n]) for n in ("estimate_pp_per_bp", "ci_low", "ci_high"))
    return banded(value, low, high, LOADING_DIGITS)


def methods(event: EventView) -> Grid | None:
    """Set the loadings of all methods on the first shock side by side."""
    rows = event.shock_loadings()
    if rows is None:
        return None
    cells = {
        (row["asset"], row["method"]): "none"
        if pd.isna(row["estimate_pp_per_bp"])
        else loading_words(row)
        for row in rows.to_dict("records")
    }
    lines = [
        (TITLES.get(method, method), *(cells.get((a, method), "none") for a in event.assets))
        for method in dict.fromkeys(rows["method"])
    ]
    return Grid(("Method", *map(event.name, event.assets)), lines)


def flows(event: EventView) -> Grid | None:
    """Tabulate the measured forced flows, with grade and source."""
    rows = event.rows("measured_flows")
    if rows is None:
        return None
    lines = [
        (
            event.name(row["asset"]),
            CAUSES.get(row["channel"], row["channel"]),
            day(row["date"]),
            day(row["trade_date"]),
            f"{dollars(row['central_usd'])} [{dollars(row['low_usd'])}, "
            f"{dollars(row['high_usd'])}]",
            f"{row['grade']}: {text(row['source']) or 'no source given'}",
        )
        for row in dated(rows, "date", "trade_date").to_dict("records")
    ]
    head = ("Asset", "Who", "Date", "In the return of", "US dollars [low, high]", "Grade, source")
    return Grid(head, lines)


def flow_notes(event: EventView) -> list[str]:
    """Say of each asset's forced flows what lacks and how many draws were kept."""
    notes = {event.name(a): text(event.parts(a)["leverage"]["note"]) for a in event.assets}
    return [f"{name}: {typeset(note)}" for name, note in notes.items() if note]


def ranges(event: EventView, forced_flows: pd.DataFrame | None) -> Grid | None:
    """Tabulate the input rows that say what is known of forced traders in this event."""
    if forced_flows is None:
        return None
    of_event = forced_flows.loc[forced_flows["event"].isin([event.event, ALL])]
    named = [any(lists(str(cell), asset) for asset in event.assets) for cell in of_event["asset"]]
    rows = of_event.loc[named]
    lines = [
        (
            text(row["asset"]),
            CAUSES.get(row["channel"], row["channel"]),
            PARAMETERS.get(row["parameter"], text(row["parameter"])),
            *(quantity(float(row[name])) for name in ("low", "central", "high")),
            text(row["unit"]).replace("_", " "),
            f"{row['grade']}{': ' if text(row['source']) else ''}{text(row['source'])}",
        )
        for row in rows.to_dict("records")
    ]
    head = ("Asset", "Who", "Parameter", "Low", "Central", "High", "Unit", "Grade, source")
    return Grid(head, lines) if lines else None
