"""What a price move was made of: one panel an asset, part by part, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import Stamp, Tables, dated, of_event, stamp_of, text
from ratemodel.reporting.figures.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    SKY,
    SMALL_PT,
    VERMILION,
    framed_figure,
    house_style,
    interval,
    percent,
    signed,
    zero_line,
)
from ratemodel.reporting.headline import date_span
from ratemodel.types.decomposition import CrashDecomposition
from ratemodel.types.sentence import DISAGREE, unmeasured

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class _Bar(NamedTuple):
    """How one component is called and coloured."""

    component: str
    label: str
    colour: str


BARS = (
    _Bar("drift", "Drift", GREY),
    _Bar("rate_premium", "Rates", BLUE),
    _Bar("dollar", "Dollar", SKY),
    _Bar("leverage", "Forced flows", VERMILION),
    _Bar("residual", "Not explained", ORANGE),
    _Bar("total", "Total", INK),
)
"""From top to bottom; all but the last start where the one above ends."""
SET_LABEL = "Leverage could be"
SET_ROW = len(BARS) + 0.35
"""Set apart: it is another question, and not added to the others."""
COVERING = ("confidence", "predictive")
"""Kinds of interval that have a coverage level; the others are ranges."""
BAND_WORDS = {
    "confidence": "block bootstrap",
    "sensitivity": "range over what is not known of forced flows",
    "predictive": "quiet days' noise with the bootstrap",
    "identified_set": "identified set",
}
DAGGER = "†"
THICK = 0.62
COLUMNS, PANEL_IN, WIDE_PANEL_IN, LABELS_IN, ROW_IN = 2, 3.55, 4.7, 1.3, 1.78
LONGEST_TITLE = 40
"""Letters of an asset's name on one line."""


def waterfall(
    split: CrashDecomposition | Tables,
    event: str | None = None,
    assets: Sequence[str] | None = None,
    *,
    method: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Draw the split of an event, from nothing through its parts to the total.

    Each part starts where the one above ends and carries its interval as a whisker. Below them
    stands the confidence set for what leverage could have been at all, which is no further part.

    Parameters
    ----------
    split : CrashDecomposition or mapping of str to DataFrame
        A result of `decompose`, or output tables: decomposition, decomposition_daily.
    event : str, optional
        The first one held, if left out.
    assets : sequence of str, optional
        Symbols to show, in this order; all, if left out.
    method : str, optional
        How leverage is found; the first one held, if left out.
    names : mapping of str to str, optional
        Full names of assets by symbol.

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If the event or an asset of it was not split.
    """
    import seaborn as sns

    tables, stamp = _read(split)
    if event is None:
        event = str(tables["decomposition"]["event"].iloc[0])
    parts = of_event(tables, "decomposition", event)
    parts = parts.loc[parts["method"] == (method or parts["method"].iloc[0])]
    shown = list(dict.fromkeys(parts["asset"])) if assets is None else list(assets)
    missing = [asset for asset in shown if asset not in set(parts["asset"])]
    if missing or not shown:
        raise CoverageError(f"{event} has no split of {', '.join(missing) or 'any asset'}")
    parts = parts.loc[parts["asset"].isin(shown)]
    days = dated(of_event(tables, "decomposition_daily", event), "trade_date")["trade_date"]

    columns = min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    with house_style():
        figure = framed_figure(
            LABELS_IN + (PANEL_IN * columns if columns > 1 else WIDE_PANEL_IN),
            ROW_IN * rows + 0.25,
            title=f"Price moves in {event}, split into their parts",
            subtitle=f"{date_span(days.min(), days.max())}; each part starts where the one above "
            "ends",
            note=_note(parts, several=len(shown) > 1),
            stamp=stamp,
        )
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for place, axes in enumerate(grid):
            if place >= len(shown):
                axes.set_visible(False)
                continue
            asset = shown[place]
            own = parts.loc[parts["asset"] == asset]
            _draw_panel(axes, {str(part["component"]): part for _, part in own.iterrows()})
            name = fill((names or {}).get(asset, asset), LONGEST_TITLE)
            axes.set_title(name, loc="left", fontweight="bold", pad=4.0)
            if place + columns >= len(shown):
                axes.set_xlabel("log points × 100")
        sns.despine(fig=figure, left=True)
    return figure


def _read(split: CrashDecomposition | Tables) -> tuple[Tables, Stamp]:
    if isinstance(split, CrashDecomposition):
        tables = {"decomposition": split.table, "decomposition_daily": split.daily}
        return tables, Stamp("", getattr(split, "data_kind", "") == "replica")
    return split, stamp_of(split["decomposition"])


def _draw_panel(axes: Axes, parts: Mapping[str, pd.Series]) -> None:
    start = 0.0
    for row, bar in enumerate(BARS):
        part = parts[bar.component]
        base = 0.0 if bar.component == "total" else start
        value, low, high = (float(part[name]) for name in ("estimate_pp", "low_pp", "high_pp"))
        drawn = axes.barh(row, value, THICK, left=base, color=bar.colour, linewidth=0.0, zorder=2)
        drawn.set_label(f"_{bar.component}")
        if high > low:
            _whisker(axes, row, base + value, base + low, base + high, f"_{bar.component} band")
        _print_part(axes, row, bar.component, parts)
        start = base + value
        if row + 1 < len(BARS):
            link = [row + (THICK / 2.0 if value else -THICK / 2.0), row + 1.0 - THICK / 2.0]
            axes.plot([start, start], link, color=GREY, linewidth=0.6, zorder=1)
    _draw_set(axes, parts["leverage_ceiling"])
    zero_line(axes, upright=True)
    axes.axhline((len(BARS) - 1 + SET_ROW) / 2.0, color=GREY, linewidth=0.5, linestyle=":")
    axes.set_ylim(SET_ROW + 0.6, -0.6)
    axes.set_yticks([*range(len(BARS)), SET_ROW], [*(bar.label for bar in BARS), SET_LABEL])
    axes.tick_params(axis="y", length=0.0)
    axes.locator_params(axis="x", nbins=5)
    low, high = axes.dataLim.intervalx
    axes.set_xlim(low - 0.04 * (high - low), high + 0.04 * (high - low))


def _whisker(axes: Axes, row: float, at: float, low: float, high: float, label: str) -> None:
    axes.errorbar(
        at,
        row,
        xerr=[[at - low], [high - at]],
        fmt="none",
        ecolor=INK,
        elinewidth=0.8,
        capsize=1.8,
        capthick=0.8,
        label=label,
        zorder=3,
    )


def _draw_set(axes: Axes, ceiling: pd.Series) -> None:
    low, high = float(ceiling["low_pp"]), float(ceiling["high_pp"])
    drawn = axes.barh(
        SET_ROW,
        high - low,
        0.8 * THICK,
        left=low,
        facecolor="white",
        edgecolor=VERMILION,
        hatch="/////",
        linewidth=0.9,
        zorder=2,
    )
    drawn.set_label("_leverage set")
    words = f"{signed(low, 1)} to {signed(high, 1)}"
    _print(axes, SET_ROW, words + (", includes 0" if low <= 0.0 <= high else ""))


def _print_part(axes: Axes, row: int, component: str, parts: Mapping[str, pd.Series]) -> None:
    """Print a part's numbers beside its bar; a zero for want of a measurement says so."""
    part, floor = parts[component], text(parts["leverage_floor"]["note"])
    value = float(part["estimate_pp"])
    if component == "leverage" and value == 0.0 and floor:
        _print(axes, row, unmeasured(floor))
        return
    if component == "dollar" and text(part["note"]):
        _print(axes, row, "not measured")
        return
    _print(axes, row, signed(value), points=36.0, ha="right")
    if part["band"] != "exact":
        words = interval(float(part["low_pp"]), float(part["high_pp"]))
        mark = f" {DAGGER}" if component == "leverage" and floor == DISAGREE else ""
        _print(axes, row, words + mark, points=41.0)


def _print(axes: Axes, row: float, words: str, *, points: float = 8.0, ha: str = "left") -> None:
    axes.annotate(
        words,
        (1.0, row),
        xycoords=("axes fraction", "data"),
        xytext=(points, 0.0),
        textcoords="offset points",
        ha=ha,
        va="center",
        fontsize=SMALL_PT,
        color=INK,
    )


def _note(parts: pd.DataFrame, *, several: bool) -> str:
    """Say what each interval is, from the kinds of band the table names."""
    kinds: dict[str, list[str]] = {}
    for bar in BARS:
        band = str(parts.loc[parts["component"] == bar.component, "band"].iloc[0])
        if band in BAND_WORDS:
            kinds.setdefault(band, []).append(bar.label.lower())
    level = percent(float(parts["level"].iloc[0]))
    whiskers = "; ".join(
        f"{level + ' ' if band in COVERING else ''}{BAND_WORDS[band]} ({', '.join(on)})"
        for band, on in kinds.items()
    )
    ceiling = str(parts.loc[parts["component"] == "leverage_ceiling", "band"].iloc[0])
    sentences = [
        f"Whiskers and brackets: {whiskers}.",
        f"Hatched: {level} confidence set for leverage if other news was no larger than on the "
        f"days before, of either sign, by {BAND_WORDS.get(ceiling, ceiling)}; no further part of "
        "the total.",
    ]
    if (parts["note"] == DISAGREE).any():
        sentences.append(f"{DAGGER} {DISAGREE}.")
    if several:
        sentences.append("Scales differ between panels.")
    return " ".join(sentences)
