"""What a move would have been with and without each of its causes: one panel an asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import Tables, dated, of_event, stamp_of
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
from ratemodel.types.sentence import SHOCKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAUSES = {
    "rates": "Rates",
    "dollar": "Dollar",
    "other": "Other",
    "levered_etf": "Leveraged funds",
    "margin_call": "Margin calls",
    "liquidation": "Liquidations",
    "volatility_target": "Volatility targeting",
}
"""What the tables' causes are called; one that is not here keeps its own name."""
COLOURS = {"rates": BLUE, "dollar": SKY, "other": ORANGE}
"""Forced traders share the colour of leverage."""

THICK = 0.5
COLUMNS, PANEL_IN, WIDE_PANEL_IN, LABELS_IN, ROW_IN, HEAD_IN = 2, 3.75, 4.9, 1.3, 0.24, 0.62
LONGEST_TITLE = 40
"""Letters of an asset's name on one line."""
ALONE_AT, BOTH_AT = 36.0, 74.0
"""Points right of the panel at which its two columns of numbers end."""


def counterfactuals(
    tables: Tables,
    event: str | None = None,
    assets: Sequence[str] | None = None,
    *,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Draw what each cause did alone, and what it did with the forced trades that it set off.

    A diamond is the cause alone, less nothing. A bar is everything less everything without the
    cause, with its interval as a whisker. Both start at zero and share the panel's axis.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: counterfactuals, decomposition_daily.
    event : str, optional
        The first one held, if left out.
    assets : sequence of str, optional
        Symbols to show, in this order; all, if left out.
    names : mapping of str to str, optional
        Full names of assets by symbol.

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If the table has no row of the event or of an asset of it.
    """
    import seaborn as sns

    table = tables["counterfactuals"]
    if table.empty:
        raise CoverageError("table counterfactuals is empty")
    event = str(table["event"].iloc[0]) if event is None else event
    rows = of_event(tables, "counterfactuals", event)
    shown = list(dict.fromkeys(rows["asset"])) if assets is None else list(assets)
    missing = [asset for asset in shown if asset not in set(rows["asset"])]
    if missing or not shown:
        raise CoverageError(f"{event} has no causes of {', '.join(missing) or 'any asset'}")
    rows = rows.loc[rows["asset"].isin(shown)]
    held = set(rows["channel"])
    known = [cause for cause in CAUSES if cause in held]
    causes = [*known, *(cause for cause in dict.fromkeys(rows["channel"]) if cause not in CAUSES)]
    days = dated(of_event(tables, "decomposition_daily", event), "trade_date")["trade_date"]

    columns = min(COLUMNS, len(shown))
    down = -(-len(shown) // columns)
    with house_style():
        figure = framed_figure(
            LABELS_IN + (PANEL_IN * columns if columns > 1 else WIDE_PANEL_IN),
            (HEAD_IN + ROW_IN * len(causes)) * down + 0.15,
            title=f"What each cause did in {event}, alone and with the forced trades it set off",
            subtitle=f"{date_span(days.min(), days.max())}; a negative number is a fall that "
            "would not have been there without the cause",
            note=_note(rows, several=len(shown) > 1),
            stamp=stamp_of(rows),
        )
        grid = figure.subplots(down, columns, squeeze=False, sharey=True).ravel()
        for place, axes in enumerate(grid):
            if place >= len(shown):
                axes.set_visible(False)
                continue
            own = rows.loc[rows["asset"] == shown[place]].set_index("channel").reindex(causes)
            _draw_panel(axes, own)
            name = fill((names or {}).get(shown[place], shown[place]), LONGEST_TITLE)
            axes.set_title(name, loc="left", fontweight="bold", pad=12.0)
            if place + columns >= len(shown):
                axes.set_xlabel("log points × 100")
        sns.despine(fig=figure, left=True)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw one asset's causes; one it does not have stays an empty row that says so."""
    for row, (cause, own) in enumerate(rows.iterrows()):
        if pd.isna(own["direct_pp"]):
            _print(axes, row, "not modelled", 8.0, ha="left", colour=GREY)
            continue
        alone, both = float(own["direct_pp"]), float(own["with_amplification_pp"])
        colour = COLOURS.get(str(cause), VERMILION)
        drawn = axes.barh(row, both, THICK, color=colour, linewidth=0.0, zorder=2)
        drawn.set_label(f"_{cause}")
        low, high = float(own["low_pp"]), float(own["high_pp"])
        axes.errorbar(
            # Hung on its middle: central values may lie outside the band of the draws kept.
            (low + high) / 2.0,
            row,
            xerr=(high - low) / 2.0,
            fmt="none",
            ecolor=INK,
            elinewidth=0.8,
            capsize=1.8,
            capthick=0.8,
            label=f"_{cause} band",
            zorder=3,
        )
        axes.plot(
            *([alone], [row], "D"),
            markersize=3.2,
            markerfacecolor="white",
            markeredgecolor=INK,
            markeredgewidth=0.8,
            label=f"_{cause} alone",
            zorder=4,
        )
        _print(axes, row, signed(alone), ALONE_AT)
        _print(axes, row, signed(both), BOTH_AT)
        _print(axes, row, interval(low, high), BOTH_AT + 4.0, ha="left")
    _print(axes, -1.0, "alone", ALONE_AT, colour=GREY)
    _print(axes, -1.0, "with forced trades", ALONE_AT + 11.0, ha="left", colour=GREY)
    zero_line(axes, upright=True)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [CAUSES.get(str(c), str(c)) for c in rows.index])
    axes.tick_params(axis="y", length=0.0)
    axes.locator_params(axis="x", nbins=5)
    low, high = axes.dataLim.intervalx
    axes.set_xlim(low - 0.04 * (high - low), high + 0.04 * (high - low))


def _print(
    axes: Axes, row: float, words: str, points: float, *, ha: str = "right", colour: str = INK
) -> None:
    axes.annotate(
        words,
        (1.0, row),
        xycoords=("axes fraction", "data"),
        xytext=(points, 0.0),
        textcoords="offset points",
        ha=ha,
        va="center",
        fontsize=SMALL_PT,
        color=colour,
    )


def _note(rows: pd.DataFrame, *, several: bool) -> str:
    level = percent(float(rows["level"].iloc[0]))
    sentences = [
        "Diamonds: the cause alone, less nothing. Bars: everything, less everything without the "
        f"cause. Whiskers and brackets: {level} of the joint draws of loadings and of what is not "
        "known of leverage, of those kept.",
        "Other holds measured flows that no modelled trader answers for. Per asset: spill-over "
        "between assets is not modelled.",
    ]
    if not set(rows["channel"]) - set(SHOCKS):
        sentences.append("No forced trader could be modelled.")
    if several:
        sentences.append("Scales differ between panels.")
    return " ".join(sentences)
