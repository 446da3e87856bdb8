"""Whether odds came true as often as they said, beside FedWatch's, by era and horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import Tables, stamp_of
from ratemodel.reporting.figures.style import (
    BLUE,
    FAINT,
    GREY,
    INK,
    ORANGE,
    SMALL_PT,
    framed_figure,
    house_style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEDWATCH = "fedwatch"
PANEL_IN = 1.55
LARGEST_POINT = 60.0
"""Area of the marker of the fullest bin, in square points; others in proportion."""
SMALLEST_POINT = 4.0


def calibration_figure(tables: Tables) -> Figure:
    """Draw how often forecasts of each probability came true: on the diagonal, as often as said.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: odds_calibration, odds_scores.

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If no forecast could be held against an outcome.
    """
    import seaborn as sns

    rows, scores = tables["odds_calibration"], tables["odds_scores"]
    if rows.empty:
        raise CoverageError("no odds were held against outcomes: nothing to draw")
    eras = list(dict.fromkeys(rows["era"]))
    horizons = sorted(rows["horizon_days"].unique())
    with house_style():
        figure = framed_figure(
            0.6 + PANEL_IN * max(len(horizons), 3),
            0.55 + (PANEL_IN + 0.1) * len(eras),
            title="Odds of each target after a meeting: how often they came true",
            subtitle="By days before the meeting and date of the meeting. Blue: this path's odds; "
            "orange: FedWatch's, for the same meetings",
            note="Points on the diagonal came true as often as said; their area is the number of "
            "forecasts. Above each panel: mean ranked probability score, this path's | FedWatch's "
            "(meetings); smaller is better.",
            stamp=stamp_of(rows),
        )
        panels = figure.subplots(len(eras), len(horizons), sharex=True, sharey=True, squeeze=False)
        for line, era in zip(panels, eras, strict=True):
            for axes, horizon in zip(line, horizons, strict=True):
                here = (rows["era"] == era) & (rows["horizon_days"] == horizon)
                axes.plot([0.0, 1.0], [0.0, 1.0], color=GREY, linewidth=0.7, zorder=1)
                _draw_points(axes, rows.loc[here])
                _say_scores(axes, scores, era, horizon)
            line[0].set_ylabel(f"{era}\nshare come true")
        for axes, horizon in zip(panels[0], horizons, strict=True):
            days = "1 day before" if horizon == 1 else f"{horizon} days before"
            axes.annotate(
                days,
                (0.0, 1.0),
                xycoords="axes fraction",
                xytext=(0.0, 17.0),
                textcoords="offset points",
                fontweight="bold",
            )
        for axes in panels[-1]:
            axes.set_xlabel("probability said")
        panels[0][0].set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        panels[0][0].set_xticks([0.0, 0.5, 1.0], ["0", "½", "1"])
        panels[0][0].set_yticks([0.0, 0.5, 1.0], ["0", "½", "1"])
        sns.despine(fig=figure)
    return figure


def _draw_points(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw FedWatch's below ours; an empty panel says so."""
    if rows.empty:
        axes.set_facecolor(FAINT)
        return
    largest = float(rows["n"].max())
    # FedWatch sorts first: False before True.
    for ours, part in rows.groupby(rows["engine"] != FEDWATCH):
        size = SMALLEST_POINT + (LARGEST_POINT - SMALLEST_POINT) * part["n"] / largest
        colour = BLUE if ours else ORANGE
        axes.scatter(
            part["forecast"],
            part["observed"],
            s=size,
            color=colour,
            alpha=0.75,
            linewidth=0.0,
            clip_on=False,
            zorder=3 if ours else 2,
            label="_ours" if ours else "_fedwatch",
        )


def _say_scores(axes: Axes, scores: pd.DataFrame, era: str, horizon: int) -> None:
    here = (scores["era"] == era) & (scores["horizon_days"] == horizon)
    rps = scores.loc[here & (scores["measure"] == "rps")]
    words = "no forecast"
    if len(rps):
        row = rps.iloc[0]
        words = f"{row['value']:.3f} | {row['fedwatch']:.3f}  ({row['n']})"
    axes.set_title(words, loc="left", fontsize=SMALL_PT, color=INK, pad=4.0, gid="score")
