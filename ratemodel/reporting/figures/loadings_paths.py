"""Loadings that have no single number: through time, and over the days after a shock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ratemodel.reporting.figures.select import Tables, dated, of_event, stamp_of
from ratemodel.reporting.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    framed_figure,
    house_style,
    percent,
    zero_line,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, ROW_IN, HEAD_IN = 7.2, 1.05, 0.75
THROUGH_TIME = {"kalman": (BLUE, "random walk (Kalman)"), "rolling": (ORANGE, "rolling window")}
DAYS_AFTER = {"local_projection": (GREEN, "local projection")}


def paths_figure(tables: Tables, event: str, *, names: Mapping[str, str] | None = None) -> Figure:
    """Draw each asset's loading on the study's first shock by date, and by days after the shock.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: loadings_paths.
    event : str
    names : mapping of str to str, optional
        Full names of assets by symbol.

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If the table has no row of the event.
    """
    import seaborn as sns
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    rows = dated(of_event(tables, "loadings_paths", event), "date")
    rows = rows.loc[rows["shock"] == rows["shock"].iloc[0]]
    assets = list(dict.fromkeys(rows["asset"]))
    with house_style():
        figure = framed_figure(
            WIDTH_IN,
            HEAD_IN + ROW_IN * len(assets),
            title=f"The loading on {rows['shock'].iloc[0]} before {event}, by date and horizon",
            subtitle="Left: through the sample. Right: of all returns from the shock to so many "
            "trade dates after it",
            note=f"Bands: {percent(float(rows['ci_level'].iloc[0]))} confidence. A rolling value "
            "stands at the last day of its window; the random walk is given the whole sample.",
            stamp=stamp_of(rows),
        )
        panels = figure.subplots(len(assets), 2, squeeze=False, width_ratios=(1.6, 1.0))
        for (left, right), asset in zip(panels, assets, strict=True):
            own = rows.loc[rows["asset"] == asset]
            _draw(left, own, "date", THROUGH_TIME)
            _draw(right, own, "horizon_days", DAYS_AFTER)
            left.set_title((names or {}).get(asset, asset), loc="left", fontweight="bold", pad=3.0)
            left.sharex(panels[0][0])
            right.sharex(panels[0][1])
            for axes in (left, right):
                axes.tick_params(labelbottom=asset == assets[-1])
                axes.locator_params(axis="y", nbins=4)
        panels[0][0].legend(loc="upper left", ncols=2)
        when = AutoDateLocator(maxticks=7)  # type: ignore[no-untyped-call]
        panels[-1][0].xaxis.set_major_locator(when)
        panels[-1][0].xaxis.set_major_formatter(
            ConciseDateFormatter(when)  # type: ignore[no-untyped-call]
        )
        panels[-1][0].set_xlabel("date; up: log points × 100 per basis point")
        panels[-1][1].set_xlabel("trade dates after the shock")
        sns.despine(fig=figure)
    return figure


def _draw(
    axes: Axes, rows: pd.DataFrame, across: str, methods: Mapping[str, tuple[str, str]]
) -> None:
    zero_line(axes)
    if not rows["method"].isin(list(methods)).any():
        axes.text(0.5, 0.5, "no estimate", transform=axes.transAxes, ha="center", color=GREY)
    for method, (colour, label) in methods.items():
        own = rows.loc[rows["method"] == method].sort_values(across)
        if own.empty:
            continue
        x = own[across] if across == "date" else own[across].astype(float)
        axes.fill_between(x, own["ci_low"], own["ci_high"], color=colour, alpha=0.15, linewidth=0)
        axes.plot(x, own["estimate_pp_per_bp"], color=colour, linewidth=1.2, label=label)
