"""How often bands held a truth that was known, and how wide they were, by design of the crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import Tables, stamp_of
from ratemodel.reporting.figures.style import (
    BLUE,
    FAINT,
    GREY,
    VERMILION,
    framed_figure,
    house_style,
    percent,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = {
    "rate_premium": "Rate premium",
    "dollar": "Dollar",
    "leverage_ceiling": "Leverage, by its ceiling's set",
}
PANEL_IN, LINE_IN = 2.3, 0.24
REACH = 1.96
"""Standard errors to either side: what 95 % of binomial shares lie within."""


def validation_figure(tables: Tables) -> Figure:
    """Draw coverage and width of each part's band, one line a design.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: validation.

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If the table is empty.
    """
    import seaborn as sns

    rows = tables["validation"]
    if rows.empty:
        raise CoverageError("no crash was simulated: nothing to draw")
    parts = list(dict.fromkeys(rows["component"]))
    designs = list(dict.fromkeys(rows["design"]))
    level = percent(float(rows["level"].iloc[0]))
    counts = sorted(set(rows["replications"]))
    with house_style():
        figure = framed_figure(
            1.4 + PANEL_IN * len(parts),
            1.1 + 2.0 * LINE_IN * len(designs),
            title=f"Crashes of known parts: how often {level} bands held the truth",
            subtitle="By what the simulated crash was made of. Above: share of markets whose band "
            "holds the truth; below: mean width over the ideal width",
            note=f"{' or '.join(str(n) for n in counts)} independent markets a design; bars: 95 % "
            "of binomial error. Shaded: as required. Ideal width: of a normal error as large as "
            "the estimate's, for leverage of the noise itself. Vermilion: not as required.",
            stamp=stamp_of(rows),
        )
        panels = figure.subplots(2, len(parts), sharex="row", sharey=True, squeeze=False)
        for column, part in enumerate(parts):
            own = rows.loc[rows["component"] == part].set_index("design").reindex(designs)
            _draw_coverage(panels[0][column], own)
            _draw_width(panels[1][column], own)
            panels[0][column].set_title(TITLES.get(part, part), loc="left", fontweight="bold")
            panels[0][column].set_xlabel("coverage")
            panels[1][column].set_xlabel("width over ideal")
        widest = max(rows["width_ratio"].max(), rows["width_limit"].max())
        panels[1][0].set_xlim(0.0, 1.05 * float(widest))
        for line in panels:
            line[0].set_yticks(range(len(designs)), designs)
            line[0].set_ylim(len(designs) - 0.5, -0.5)
        sns.despine(fig=figure)
    return figure


def _draw_coverage(axes: Axes, rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    axes.axvspan(first["required_low"], first["required_high"], color=FAINT, zorder=0)
    axes.axvline(first["level"], color=GREY, linewidth=0.7, zorder=1)
    for place, row in enumerate(rows.to_dict("records")):
        axes.errorbar(
            row["coverage"],
            place,
            xerr=REACH * row["coverage_se"],
            fmt="o",
            markersize=4.0,
            linewidth=0.9,
            color=_colour(row["required_low"] <= row["coverage"] <= row["required_high"]),
            zorder=3,
        )


def _draw_width(axes: Axes, rows: pd.DataFrame) -> None:
    axes.axvspan(0.0, rows["width_limit"].iloc[0], color=FAINT, zorder=0)
    axes.axvline(1.0, color=GREY, linewidth=0.7, zorder=1)
    for place, row in enumerate(rows.to_dict("records")):
        good = row["width_ratio"] <= row["width_limit"]
        axes.plot(row["width_ratio"], place, "o", markersize=4.0, color=_colour(good), zorder=3)


def _colour(good: bool) -> str:
    return BLUE if good else VERMILION
