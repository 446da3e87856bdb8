"""The answer in plain words: what the path did each day, and what each move was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from ratemodel.reporting.figures.select import dated, text
from ratemodel.reporting.figures.style import signed
from ratemodel.reporting.headline import day
from ratemodel.reporting.report.select import EventView
from ratemodel.reporting.report.strips import Row, missing
from ratemodel.reporting.report.words import banded, share, source_words, typeset
from ratemodel.types.sentence import split_sentence

SHARED = {
    "rate_premium": "rates account for {}",
    "dollar": "the dollar for {}",
    "leverage": "forced flows, measured or modelled, for {} (a range over assumptions)",
    "residual": "{} is not explained",
}
NO_SHARE = (
    "No share of the move is given: quiet days make such moves (it is less than two of their "
    "standard deviations), and a share of noise would say nothing."
)


class AssetAnswer(NamedTuple):
    """What is said of one asset."""

    asset: str
    name: str
    moved: str
    shares: str
    sentence: str


def path_days(event: EventView) -> list[str]:
    """Say what the expected path of the funds rate did on each day of the event."""
    shocks, days = dated(event.tables["shocks"], "trade_date"), event.days
    window = shocks.loc[shocks["trade_date"].between(days.min(), days.max())]
    return [_day(row) for row in window.to_dict("records")]


def path_object(event: EventView) -> str:
    """Say which rate the revisions are of."""
    shocks, days = dated(event.tables["shocks"], "trade_date"), event.days
    window = shocks.loc[shocks["trade_date"].between(days.min(), days.max())]
    found = dict.fromkeys(text(source) for source in window["source"])
    return "; on other days ".join(source_words(source) for source in found if source)


def fixed_date_words(event: EventView, note: str) -> str:
    """Say why the shock is taken at a fixed date, and whether the listed revisions are of it.

    With several events, whose dates differ, the table of shocks holds the rate 12 months ahead.
    """
    if not note:
        return ""
    listed = "ruling on" in path_object(event)
    return f"{'Why that rate' if listed else 'The split uses another rate'}: {typeset(note)}."


def _day(row: Row) -> str:
    date = day(row["trade_date"])
    move = row["path_bp"]
    if pd.isna(move):
        return f"{date}: no revision that contracts identify"
    error = float(row["path_se_bp"])
    words = f"{date}: {signed(move, 1)} bp (standard error {error:.1f}), {direction(move)}"
    return words + (", by less than its standard error" if 0.0 < abs(move) < error else "")


def direction(move_bp: float) -> str:
    """Say what a revision means, from its sign.

    Examples
    --------
    >>> direction(-4.5)
    'dovish: lower rates expected'
    """
    if move_bp == 0.0:
        return "unchanged"
    return "hawkish: higher rates expected" if move_bp > 0.0 else "dovish: lower rates expected"


def asset_answers(event: EventView) -> list[AssetAnswer]:
    """Say of each asset how far it moved, the shares, and the headline's sentence."""
    answers = []
    for asset in event.assets:
        parts = event.parts(asset)
        total = parts["total"]
        name = event.name(asset)
        sentence = split_sentence(
            f"{name}, {_span(event, asset)}",
            parts,
            event.keyed("counterfactuals", asset, "channel"),
            event.keyed("abnormality", asset, "measure"),
        )
        moved = f"{signed(float(total['estimate_pp']))} pp ({signed(total['simple_pct'], 1)} %)"
        answers.append(AssetAnswer(asset, name, moved, shares(parts), typeset(sentence)))
    return answers


def _span(event: EventView, asset: str) -> str:
    daily = event.tables["decomposition_daily"]
    own = replace(event, tables={"decomposition_daily": daily.loc[daily["asset"] == asset]})
    return own.span


def shares(parts: Mapping[object, Row]) -> str:
    """Say which share of the move each cause has, with its interval; or why none is given."""
    total, rates = parts["total"], parts["rate_premium"]
    if pd.isna(total["share_pct"]):
        value, low, high = (float(rates[name]) for name in ("estimate_pp", "low_pp", "high_pp"))
        return f"Rates account for {banded(value, low, high)} pp. {NO_SHARE}"
    move = "rise" if total["estimate_pp"] > 0.0 else "fall"
    said = [
        words.format(_share(parts[part]))
        for part, words in SHARED.items()
        if not missing(part, parts) and pd.notna(parts[part]["share_low_pct"])
    ]
    return f"Of this {move} {'; '.join(said)}."


def _share(row: Row) -> str:
    value, low, high = (
        float(row[name]) for name in ("share_pct", "share_low_pct", "share_high_pct")
    )
    return share(value, low, high)
