"""How often the null band held windows without an event: overall, by era, by volatility before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import Tables, stamp_of, text
from ratemodel.reporting.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    SMALL_PT,
    framed_figure,
    house_style,
    percent,
)
from ratemodel.types.placebo import Placebo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, PANEL_IN = 7.2, 1.45
REACH = 1.96
"""Standard errors to either side: what 95 % of binomial shares lie within."""
BESIDE = 0.12
SERIES = (("coverage", BLUE, "filtered"), ("iid_coverage", ORANGE, "independent"))


def placebo_figure(tables: Tables, *, names: Mapping[str, str] | None = None) -> Figure:
    """Draw how often bands made before a window held what came in it, one line an asset.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: placebo.
    names : mapping of str to str, optional
        Full names of assets by symbol.

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If no window counts.
    """
    import seaborn as sns

    rows = tables["placebo"]
    found = Placebo(rows.assign(reason=[text(cell) for cell in rows["reason"]]))
    counted = found.counted
    if counted.empty:
        raise CoverageError("no placebo window counts: nothing to draw")
    assets = list(dict.fromkeys(counted["asset"]))
    level = float(counted["level"].iloc[0])
    with house_style():
        figure = framed_figure(
            WIDTH_IN,
            0.3 + PANEL_IN * len(assets),
            title=f"Windows without an event: how often {percent(level)} bands held them",
            subtitle="Blue: filtered historical simulation from the volatility known before the "
            "window; orange: returns taken as independent",
            note="Shares of windows that do not overlap, each split by the days before it; bars: "
            "95 % of binomial error. Fifths by volatility known before the window. Windows that "
            "touch a named event do not count.",
            stamp=stamp_of(rows),
        )
        panels = figure.subplots(len(assets), 2, sharey=True, squeeze=False)
        for (left, right), asset in zip(panels, assets, strict=True):
            overall = found.coverage("all", asset).assign(group="all windows")
            _draw(left, pd.concat([overall, found.coverage("era", asset)]), level)
            fifths = found.coverage("state", asset)
            _draw(right, fifths, level)
            name = (names or {}).get(asset, asset)
            left.set_title(name, loc="left", fontweight="bold")
            right.set_title("from calm to turbulent", loc="left", fontsize=SMALL_PT)
            left.set_ylabel("coverage")
        sns.despine(fig=figure)
    return figure


def _draw(axes: Axes, table: pd.DataFrame, level: float) -> None:
    axes.axhline(level, color=GREY, linewidth=0.7, zorder=1)
    for side, (column, colour, label) in zip((-BESIDE, BESIDE), SERIES, strict=True):
        share = table[column].to_numpy(float)
        error = (share * (1.0 - share) / table["windows"].to_numpy(float)) ** 0.5
        axes.errorbar(
            [place + side for place in range(len(table))],
            share,
            yerr=REACH * error,
            fmt="o",
            markersize=3.5,
            linewidth=0.9,
            color=colour,
            zorder=3,
            label=f"_{label}",
        )
    ticks = [f"{row['group']}\n({row['windows']})" for row in table.to_dict("records")]
    axes.set_xticks(range(len(table)), ticks, fontsize=SMALL_PT - 0.5)
    axes.set_xlim(-0.5, len(table) - 0.5)
