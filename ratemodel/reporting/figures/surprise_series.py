"""Surprise series side by side: how alike they are, and what assets did to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import Tables, stamp_of
from ratemodel.reporting.figures.style import (
    INK,
    SMALL_PT,
    framed_figure,
    house_style,
    hues,
    percent,
    zero_line,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType

CELL_IN = 0.42
PALE = 0.55
"""Below this absolute correlation a cell is pale enough for dark letters."""


def surprises_figure(tables: Tables) -> Figure:
    """Draw correlations of every pair of series and, if known, what assets did for one sd of each.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: surprise_comparison, surprise_assets (may be empty).

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If no two series could be compared.
    """
    import seaborn as sns

    pairs = tables["surprise_comparison"]
    if pairs.empty:
        raise CoverageError("no two surprise series to compare: nothing to draw")
    names = list(dict.fromkeys([*pairs["series_a"], *pairs["series_b"]]))
    assets = tables["surprise_assets"]
    known = assets.loc[assets["per_sd_pp"].notna() & assets["series"].isin(names)]
    symbols = list(dict.fromkeys(known["asset"]))
    side = max(CELL_IN * len(names), 2.2)
    widths = [side + 1.0, *[1.7] * len(symbols)]
    with house_style():
        note = "Correlations on announcements with a value of both."
        if symbols:
            level = percent(float(known["ci_level"].iloc[0]))
            note += (
                f" Whiskers: {level} intervals, HC1; announcement days only, matched by the clock."
            )
        figure = framed_figure(
            sum(widths) + 0.4,
            side + 0.7,
            title="Policy surprises: how alike the series are",
            subtitle="Left: correlation of each pair. Right: return for one standard deviation"
            if symbols
            else "Correlation of each pair",
            note=note,
            stamp=stamp_of(pairs),
        )
        panels = figure.subplots(
            1, len(widths), squeeze=False, gridspec_kw={"width_ratios": widths}
        )[0]
        _draw_correlations(panels[0], pairs, names)
        for axes, symbol, colour in zip(panels[1:], symbols, hues(len(symbols)), strict=True):
            rows, named = known.loc[known["asset"] == symbol], symbol == symbols[0]
            _draw_loadings(axes, rows, names, colour, named)
            axes.set_title(symbol)
        sns.despine(fig=figure)
        panels[0].spines[["left", "bottom"]].set_visible(False)
    return figure


def _draw_correlations(axes: Axes, pairs: pd.DataFrame, names: list[str]) -> None:
    place = {name: number for number, name in enumerate(names)}
    grid = np.full((len(names), len(names)), np.nan)
    for row in pairs.to_dict("records"):
        low, high = sorted((place[row["series_a"]], place[row["series_b"]]))
        grid[high, low] = row["correlation"]
    axes.imshow(grid, cmap="RdBu", vmin=-1.0, vmax=1.0)
    for row_number, column in zip(*np.nonzero(np.isfinite(grid)), strict=True):
        value = grid[row_number, column]
        axes.text(
            *(column, row_number, f"{round(value, 2) + 0.0:.2f}".replace("-", "−")),
            ha="center",
            va="center",
            fontsize=SMALL_PT - 1.0,
            color=INK if abs(value) < PALE else "white",
        )
    axes.set_xticks(range(len(names) - 1), names[:-1], rotation=60.0, ha="right")
    axes.set_yticks(range(1, len(names)), names[1:])
    axes.set_xlim(-0.5, len(names) - 1.5)
    axes.set_ylim(len(names) - 0.5, 0.5)
    axes.tick_params(length=0.0)


def _draw_loadings(
    axes: Axes, rows: pd.DataFrame, names: list[str], colour: ColorType, named: bool
) -> None:
    place = {name: number for number, name in enumerate(names)}
    height = [place[name] for name in rows["series"]]
    middle = rows["per_sd_pp"].to_numpy(float)
    reach = np.vstack(
        [middle - rows["per_sd_low"].to_numpy(float), rows["per_sd_high"].to_numpy(float) - middle]
    )
    zero_line(axes, upright=True)
    axes.errorbar(middle, height, xerr=reach, fmt="o", markersize=3.0, color=colour, linewidth=1.0)
    axes.set_yticks(range(len(names)), names if named else [])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("pp")
