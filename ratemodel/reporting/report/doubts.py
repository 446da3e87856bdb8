"""What would change the answer: where it rests on little, or on an assumption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from ratemodel.reporting.figures.loadings_methods import TITLES
from ratemodel.reporting.figures.select import dated, text
from ratemodel.reporting.figures.style import percent
from ratemodel.reporting.headline import day
from ratemodel.reporting.report.evidence import OLS, loading_words
from ratemodel.reporting.report.select import EventView
from ratemodel.reporting.report.strips import missing
from ratemodel.reporting.report.words import joined, probability, typeset
from ratemodel.types.loadings import DOLLAR
from ratemodel.types.sentence import DISAGREE

ASSUMPTION = "assumption"
"""Grade of a range that nobody observed."""
BREAK_P = 0.05
"""A loading is named as one that changed if its break test is below this."""
COMPARED = ("<=", ">=", "==")


class Doubt(NamedTuple):
    """One reason for which the answer might be another, with its particulars."""

    words: str
    details: tuple[str, ...] = ()


def doubts(event: EventView, note: str, graded: Mapping[str, list[str]]) -> list[Doubt]:
    """List what the answer hangs on, from the tables.

    Parameters
    ----------
    event : EventView
    note : str
        Why the shock is taken at a fixed date; empty if it is not.
    graded : mapping of str to list of str
        Parameters of forced traders by grade.
    """
    return [
        *_zero_inside(event),
        *_unmeasured(event),
        _fixed_date(note),
        *_assumed(event, graded),
        *_common_factor(event),
        *_methods(event),
        *_breaks(event),
        *_checks(event.rows("checks")),
    ]


def _zero_inside(event: EventView) -> list[Doubt]:
    inside: list[str] = []
    outside: list[str] = []
    for asset in event.assets:
        ceiling = event.parts(asset)["leverage_ceiling"]
        holds = ceiling["low_pp"] <= 0.0 <= ceiling["high_pp"]
        (inside if holds else outside).append(event.name(asset))
    found = []
    if inside:
        found.append(
            Doubt(
                f"Zero leverage cannot be excluded for {joined(inside)}: the interval of what "
                "leverage could have been holds zero."
            )
        )
    if outside:
        found.append(
            Doubt(
                f"For {joined(outside)} it excludes zero only if other news was no larger than on "
                "the days before the event. Nothing here can show that it was not."
            )
        )
    return found


def _unmeasured(event: EventView) -> list[Doubt]:
    found = []
    for component, words in (
        ("leverage_floor", "No forced flow was measured for {}: the floor there is no finding."),
        ("dollar", "The dollar was left out for {}: its part is in what is not explained."),
    ):
        lost = [a for a in event.assets if missing(component, event.parts(a))]
        reasons = [
            f"{event.name(a)}: {typeset(str(event.parts(a)[component]['note']))}" for a in lost
        ]
        if lost:
            names = joined([event.name(asset) for asset in lost])
            found.append(Doubt(words.format(names), tuple(reasons)))
    against = [
        event.name(a) for a in event.assets if event.parts(a)["leverage_floor"]["note"] == DISAGREE
    ]
    if against:
        found.append(
            Doubt(
                f"Flows and prices disagree for {joined(against)}: measured flows push the other "
                "way than what is not explained, or farther."
            )
        )
    return found


def _fixed_date(note: str) -> Doubt:
    if note:
        return Doubt(
            "The shock is the revision of the rate at a fixed date, in the sample and in the "
            f"event: {typeset(note)}. Another date is another shock."
        )
    return Doubt(
        "The shock is the revision of the rate 12 months ahead. Another horizon is another shock."
    )


def _assumed(event: EventView, graded: Mapping[str, list[str]]) -> list[Doubt]:
    if all(missing("leverage", event.parts(asset)) for asset in event.assets):
        return []
    guessed = graded.get(ASSUMPTION, [])
    rest = f" Nobody observed {joined(guessed)}: these are assumptions." if guessed else ""
    return [
        Doubt(
            "Forced flows rest on ranges for what is not known of traders and of market depth; "
            "their band is the range over the values that quiet days do not refute (see there)."
            f"{rest}"
        )
    ]


def _common_factor(event: EventView) -> list[Doubt]:
    rows = event.rows("common_factor")
    if rows is None:
        return [Doubt("Whether other classes of assets moved along was not asked in this run.")]
    used = [event.name(a) for a in rows.loc[rows["used"].astype(bool), "asset"]]
    reasons = tuple(typeset(reason) for reason in map(text, rows["reason"]) if reason)
    words = (
        f"The moves of other classes of assets may stand in for flows of {joined(used)}."
        if used
        else "The moves of other classes of assets are no measure of leverage here: quiet days "
        "show no common factor that could be told from none."
    )
    return [Doubt(words, reasons)]


def _methods(event: EventView) -> list[Doubt]:
    """Name the methods whose interval does not hold what least squares estimate."""
    rows = event.shock_loadings()
    if rows is None:
        return [Doubt("No loading of a shock is in the tables.")]
    apart, tried = [], set()
    for asset in dict.fromkeys(rows["asset"]):
        own = rows.loc[rows["asset"] == asset]
        base = own.loc[own["method"] == OLS].to_dict("records")
        if not base or pd.isna(base[0]["estimate_pp_per_bp"]):
            continue
        value = float(base[0]["estimate_pp_per_bp"])
        for row in own.loc[own["method"] != OLS].to_dict("records"):
            if pd.isna(row["estimate_pp_per_bp"]):
                continue
            tried.add(row["method"])
            if row["ci_low"] > value or row["ci_high"] < value:
                name = TITLES.get(row["method"], row["method"])
                apart.append(
                    f"{event.name(asset)}, {name}: {loading_words(row)}; least squares "
                    f"{loading_words(base[0])}"
                )
    if not tried:
        return [Doubt("The loading on rates was estimated by one method only.")]
    if not apart:
        return [
            Doubt(
                f"{len(tried)} other methods were tried; the interval of each holds what least "
                "squares estimate of the loading on rates."
            )
        ]
    return [
        Doubt(
            "Another estimate of the loading on rates gives another rate premium. Least squares "
            "lie outside the interval of (pp per bp):",
            tuple(apart),
        )
    ]


def _breaks(event: EventView) -> list[Doubt]:
    rows = event.rows("loadings")
    if rows is None:
        return []
    rows = dated(rows.loc[(rows["method"] == OLS) & (rows["break_p"] < BREAK_P)], "break_date")
    if rows.empty:
        return []
    found = [
        f"{event.name(row['asset'])} on {'the dollar' if row['shock'] == DOLLAR else 'rates'}: "
        f"around {day(row['break_date'])}, p {probability(float(row['break_p']), 0.0)}"
        for row in rows.to_dict("records")
    ]
    return [
        Doubt(
            f"Loadings that changed inside the sample (break test below {percent(BREAK_P)}), so "
            "that the days before the event are not one regime:",
            tuple(found),
        )
    ]


def _checks(rows: pd.DataFrame | None) -> list[Doubt]:
    if rows is None:
        return [Doubt("No diagnostics are in the tables.")]
    compared = rows.loc[rows["operator"].isin(COMPARED)]
    failed = compared.loc[~compared["passed"].astype(bool)]
    if failed.empty:
        return [Doubt(f"All {len(compared)} checks that compare with a threshold passed.")]
    return [
        Doubt(
            f"{len(failed)} of {len(compared)} checks failed:",
            tuple(
                typeset(
                    f"{row['check']}: {row['value']:.4g}, needed {row['operator']} "
                    f"{row['threshold']:.4g}{' (fatal)' if row['fatal'] else ''}"
                    f"{'; ' if text(row['note']) else ''}{text(row['note'])}"
                )
                for row in failed.to_dict("records")
            ),
        )
    ]
