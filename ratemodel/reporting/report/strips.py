"""Intervals drawn to scale: where points and bands stand on an axis, in percent of its width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor, log10
from typing import Any, NamedTuple

from ratemodel.reporting.figures.style import percent, signed
from ratemodel.reporting.report.words import banded
from ratemodel.types.sentence import DISAGREE, unmeasured

Row = Mapping[Any, Any]

DIGITS = 3
"""Decimals of a place in percent of the axis: 0.01 pixel of a strip 1000 pixels wide."""
ROOM = 0.04
"""Share of the range left free at either end of an axis."""
TICKS = 5
"""Ticks at most, and one more: zero is always among them."""

PARTS = {
    "total": "Whole move",
    "residual": "Not explained",
    "rate_premium": "Rates",
    "dollar": "Dollar",
    "drift": "Drift",
    "leverage": "Forced flows",
}
"""Parts of the move: those below the first add up to it."""
BOUNDS = {
    "leverage_floor": "Measured flows alone (floor)",
    "leverage": "Measured or modelled flows",
    "leverage_ceiling": "What leverage could have been",
}
"""What is known of leverage, from the least to the most."""
KINDS = {
    "exact": "exact",
    "confidence": "confidence interval, block bootstrap",
    "predictive": "confidence set, from noise of quiet days (predictive)",
    "sensitivity": "range over assumptions (sensitivity)",
    "identified_set": "identified set",
}
COVERING = ("confidence", "predictive")
"""Kinds of interval that have a coverage level; the others are ranges."""


class Scale(NamedTuple):
    """An axis in pp, and its ends."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Place of a value in percent of the axis."""
        return round(100.0 * (value - self.low) / (self.high - self.low), DIGITS)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and labels of round numbers, zero among them."""
        rough = (self.high - self.low) / TICKS
        power = 10.0 ** floor(log10(rough))
        step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= rough)
        numbers = range(ceil(self.low / step), floor(self.high / step) + 1)
        digits = max(0, -floor(log10(step)))
        return [(self.at(n * step), signed(n * step, digits) if n else "0") for n in numbers]


class Mark(NamedTuple):
    """One thing drawn: a band, its point, or both; places in percent of the axis."""

    kind: str
    band: tuple[float, float] | None
    point: float | None

    @property
    def width(self) -> float:
        """Width of the band."""
        return 0.0 if self.band is None else round(self.band[1] - self.band[0], DIGITS)


class Strip(NamedTuple):
    """One line of a drawing: what it is, what is drawn, and the same in numbers."""

    name: str
    label: str
    marks: tuple[Mark, ...]
    value: str
    kind: str


class Drawing(NamedTuple):
    """Strips on one axis."""

    zero: float
    ticks: list[tuple[float, str]]
    groups: list[tuple[str, list[Strip]]]


def scale_of(values: Iterable[float]) -> Scale:
    """Make an axis that holds all values and zero, with some room."""
    held = [0.0, *values]
    low, high = min(held), max(held)
    room = ROOM * (high - low) or 1.0
    return Scale(low - room, high + room)


def draw_asset(parts: Mapping[Any, Row], *, others: Sequence[tuple[str, Row]] = ()) -> Drawing:
    """Draw the parts of one asset's move, and what is known of leverage, on one axis.

    Parameters
    ----------
    parts : mapping of str to mapping
        By component: estimate_pp, low_pp, high_pp, level, band, note.
    others : sequence of (str, mapping)
        Leverage by further methods, by name.
    """
    rows = [*parts.values(), *(row for _, row in others)]
    scale = scale_of(
        float(row[name]) for row in rows for name in ("estimate_pp", "low_pp", "high_pp")
    )
    added = [_strip(name, label, parts, scale) for name, label in PARTS.items()]
    known = [_strip(name, label, parts, scale) for name, label in BOUNDS.items()]
    known += [
        _banded_strip("leverage", f"By the method {method}", row, scale) for method, row in others
    ]
    groups = [
        ("The move and its parts", added),
        ("Leverage: an interval, not a number", known),
    ]
    return Drawing(scale.at(0.0), scale.ticks(), groups)


def draw_overview(assets: Mapping[str, Mapping[Any, Row]], names: Mapping[str, str]) -> Drawing:
    """Draw rates, leverage and the whole move of every asset on one axis."""
    shown = ("total", "rate_premium", "leverage_ceiling")
    scale = scale_of(
        float(parts[part][end])
        for parts in assets.values()
        for part in shown
        for end in ("estimate_pp", "low_pp", "high_pp")
    )
    strips = []
    for asset, parts in assets.items():
        total, rates, ceiling = (parts[part] for part in shown)
        low, high = float(ceiling["low_pp"]), float(ceiling["high_pp"])
        marks = (_mark("set", ceiling, scale), _bar(total, scale), _mark("rates", rates, scale))
        others = (
            f"whole move {signed(float(total['estimate_pp']))}; leverage {signed(low, 1)} to "
            f"{signed(high, 1)}"
        )
        value = f"rates {_numbers(rates)}"
        strips.append(Strip(asset, names.get(asset, asset), marks, value, others))
    return Drawing(scale.at(0.0), scale.ticks(), [("", strips)])


def kind_words(row: Row) -> str:
    """Say what kind of interval a row has, with its coverage if it has one."""
    band = str(row["band"])
    level = f"{percent(float(row['level']))} " if band in COVERING else ""
    return level + KINDS[band]


def missing(component: str, parts: Mapping[Any, Row]) -> str:
    """Say why a part that stands at zero is no measurement; empty if it is one."""
    row, note = parts[component], str(parts["leverage_floor"]["note"])
    nothing = row["low_pp"] == row["high_pp"] == row["estimate_pp"] == 0.0
    if component == "dollar" and row["note"]:
        return "not measured"
    if component == "leverage_floor" and nothing and note and note != DISAGREE:
        return unmeasured(note)
    if component == "leverage" and nothing:
        return "unknown: none measured, none modelled"
    return ""


def _strip(name: str, label: str, parts: Mapping[Any, Row], scale: Scale) -> Strip:
    row, lost = parts[name], missing(name, parts)
    if lost:
        return Strip(name, label, (), lost, "")
    if row["band"] == "exact":
        return Strip(name, label, (_bar(row, scale),), signed(float(row["estimate_pp"])), "exact")
    if name == "leverage_ceiling":
        low, high = float(row["low_pp"]), float(row["high_pp"])
        holds = " (zero is inside)" if low <= 0.0 <= high else ""
        words = f"{signed(low, 1)} to {signed(high, 1)}{holds}"
        kind = f"{kind_words(row)}, if other news was no larger than before"
        return Strip(name, label, (_mark("set", row, scale),), words, kind)
    return _banded_strip(name, label, row, scale)


def _banded_strip(name: str, label: str, row: Row, scale: Scale) -> Strip:
    mark = _mark(str(row["band"]), row, scale)
    return Strip(name, label, (mark,), _numbers(row), kind_words(row))


def _numbers(row: Row) -> str:
    return banded(float(row["estimate_pp"]), float(row["low_pp"]), float(row["high_pp"]))


def _mark(kind: str, row: Row, scale: Scale) -> Mark:
    low, high, point = (scale.at(float(row[n])) for n in ("low_pp", "high_pp", "estimate_pp"))
    return Mark(kind, (low, high), None if kind == "set" else point)


def _bar(row: Row, scale: Scale) -> Mark:
    ends = sorted((scale.at(0.0), scale.at(float(row["estimate_pp"]))))
    return Mark("exact", (ends[0], ends[1]), None)
