"""One loading by every method: how far the answer depends on how it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from textwrap import fill, shorten
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import Tables, dated, of_event, stamp_of, text
from ratemodel.reporting.figures.style import (
    BLUE,
    GREY,
    INK,
    SMALL_PT,
    VERMILION,
    framed_figure,
    house_style,
    percent,
    zero_line,
)
from ratemodel.reporting.headline import date_span
from ratemodel.types.loadings import DOLLAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = {
    "ols": "least squares",
    "garch": "GARCH likelihood",
    "events": "event days",
    "rigobon_sack": "Rigobon–Sack",
    "quantile": "quantile",
    "robust": "robust",
    "rolling": "last window",
    "kalman": "Kalman, last day",
    "local_projection": "local projection",
    "shrinkage": "shrunk to anchors",
}
PANELS_ACROSS = 4
PANEL_IN, LABELS_IN, ROW_IN, HEAD_IN = 1.75, 1.1, 0.185, 0.7
MARGIN = 0.08
REASON_LETTERS = 34


def methods_figure(tables: Tables, event: str, *, names: Mapping[str, str] | None = None) -> Figure:
    """Draw each asset's loading on the study's first shock, by method, with its interval.

    An interval without ends crosses the panel; an estimate beyond those of the bounded intervals
    stands at the panel's edge as an arrow.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: loadings.
    event : str
    names : mapping of str to str, optional
        Full names of assets by symbol.

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If the table has no loading of the event on a shock.
    """
    import seaborn as sns

    rows = dated(of_event(tables, "loadings", event), "start", "end")
    rows = rows.loc[rows["shock"] != DOLLAR]
    if rows.empty:
        raise CoverageError(f"table loadings has no loading of {event} on a shock")
    rows = rows.loc[rows["shock"] == rows["shock"].iloc[0]]
    assets, methods = (list(dict.fromkeys(rows[key])) for key in ("asset", "method"))
    across = min(PANELS_ACROSS, len(assets))
    down = ceil(len(assets) / across)
    with house_style():
        figure = framed_figure(
            LABELS_IN + PANEL_IN * max(across, 3),
            down * (HEAD_IN + ROW_IN * len(methods)),
            title=f"The loading on {rows['shock'].iloc[0]} before {event}, by method",
            subtitle=f"Estimated on {date_span(rows['start'].min(), rows['end'].max())}, none of "
            "it in the event",
            note=f"Whiskers: {percent(float(rows['ci_level'].iloc[0]))} confidence intervals; one "
            "across a whole panel has no ends, and an arrow is an estimate beyond the panel. The "
            "split uses least squares.",
            stamp=stamp_of(rows),
        )
        grid = figure.subplots(down, across, sharey=True, squeeze=False).ravel()
        for axes, asset in zip(grid, assets, strict=False):
            own = rows.loc[rows["asset"] == asset].set_index("method").reindex(methods)
            _draw_panel(axes, own)
            axes.set_title((names or {}).get(asset, asset), loc="left", fontweight="bold", pad=4.0)
            axes.set_xlabel("log points × 100\nper basis point")
        for axes in grid[len(assets) :]:
            axes.set_visible(False)
        grid[0].set_yticks(range(len(methods)), [TITLES.get(name, name) for name in methods])
        grid[0].set_ylim(len(methods) - 0.4, -0.6)
        sns.despine(fig=figure, left=True)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    zero_line(axes, upright=True)
    value, low, high = (
        rows[name].to_numpy(float) for name in ("estimate_pp_per_bp", "ci_low", "ci_high")
    )
    bounded = np.isfinite(low) & np.isfinite(high)
    left = min(low[bounded].min(), 0.0) if bounded.any() else -1.0
    right = max(high[bounded].max(), 0.0) if bounded.any() else 1.0
    room = MARGIN * (right - left)
    axes.set_xlim(left - room, right + room)
    place = np.arange(len(rows))
    axes.errorbar(
        value[bounded],
        place[bounded],
        xerr=[(value - low)[bounded], (high - value)[bounded]],
        fmt="o",
        color=BLUE,
        markersize=3.6,
        ecolor=INK,
        elinewidth=0.8,
        capsize=1.6,
        capthick=0.8,
        label="_loading",
    )
    for row in place[~bounded]:
        if np.isinf(low[row]):
            _draw_unbounded(axes, row, value[row])
        else:
            _write_reason(axes, row, text(rows["reason"].iloc[row]) or "no estimate")
    axes.tick_params(axis="y", length=0.0)
    axes.locator_params(axis="x", nbins=4)


def _draw_unbounded(axes: Axes, row: int, value: float) -> None:
    left, right = axes.get_xlim()
    axes.plot([left, right], [row, row], color=VERMILION, linewidth=0.8, linestyle=(0, (4, 2)))
    if np.isnan(value):
        return
    inside = left < value < right
    marker = "o" if inside else "<" if value <= left else ">"
    axes.plot(
        np.clip(value, left, right), row, marker, color=VERMILION, markersize=4, clip_on=False
    )


def _write_reason(axes: Axes, row: int, reason: str) -> None:
    axes.annotate(
        fill(shorten(reason.split(";")[0], 2 * REASON_LETTERS), REASON_LETTERS),
        (0.5, row),
        xycoords=("axes fraction", "data"),
        ha="center",
        va="center",
        fontsize=SMALL_PT - 2.0,
        color=GREY,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )
