"""How far each asset moved with rates and with the dollar before an event."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill, shorten
from typing import TYPE_CHECKING

import pandas as pd

from ratemodel.reporting.figures.select import Tables, dated, of_event, stamp_of, text
from ratemodel.reporting.figures.style import (
    BLUE,
    GREY,
    INK,
    SMALL_PT,
    framed_figure,
    house_style,
    interval,
    percent,
    signed,
    zero_line,
)
from ratemodel.reporting.headline import date_span
from ratemodel.types.loadings import DOLLAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

METHOD = "ols"
TITLES = {"path_bp": "Expected rate path", DOLLAR: "Dollar"}
PANEL_IN, LABELS_IN, ROW_IN = 3.55, 1.3, 0.24
DIGITS = 3
REASON_LETTERS = 32
"""On each of the two lines a row has room for."""


def loadings_figure(
    tables: Tables, event: str, *, names: Mapping[str, str] | None = None
) -> Figure:
    """Draw each asset's least-squares loading on each shock and on the dollar, with its interval.

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
        If the table has no loading of the event.
    """
    import seaborn as sns

    rows = dated(of_event(tables, "loadings", event), "start", "end")
    rows = rows.loc[rows["method"] == METHOD]
    assets, shocks = (list(dict.fromkeys(rows[name])) for name in ("asset", "shock"))
    with house_style():
        figure = framed_figure(
            LABELS_IN + PANEL_IN * max(len(shocks), 2),
            0.75 + ROW_IN * len(assets),
            title=f"How far prices moved with rates and the dollar before {event}",
            subtitle=f"Estimated on {date_span(rows['start'].min(), rows['end'].max())}, none of "
            "it in the event",
            note=f"Whiskers and brackets: {percent(float(rows['ci_level'].iloc[0]))} confidence "
            "intervals, least squares. Returns and shocks are matched by the clock.",
            stamp=stamp_of(rows),
        )
        panels = figure.subplots(1, len(shocks), sharey=True, squeeze=False)[0]
        for axes, shock in zip(panels, shocks, strict=True):
            own = rows.loc[rows["shock"] == shock].drop_duplicates("asset").set_index("asset")
            _draw_panel(axes, own.reindex(assets))
            axes.set_title(TITLES.get(shock, shock), loc="left", fontweight="bold", pad=4.0)
            unit = "1 % of the dollar" if shock == DOLLAR else "basis point"
            axes.set_xlabel(f"log points × 100 per {unit}")
        panels[0].set_yticks(range(len(assets)), [(names or {}).get(a, a) for a in assets])
        panels[0].set_ylim(len(assets) - 0.4, -0.6)
        sns.despine(fig=figure, left=True)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    zero_line(axes, upright=True)
    value, low, high = (
        rows[name].to_numpy(float) for name in ("estimate_pp_per_bp", "ci_low", "ci_high")
    )
    axes.errorbar(
        value,
        range(len(rows)),
        xerr=[value - low, high - value],
        fmt="o",
        color=BLUE,
        markersize=4.0,
        ecolor=INK,
        elinewidth=0.8,
        capsize=1.8,
        capthick=0.8,
        label="_loading",
    )
    for row, (_, own) in enumerate(rows.iterrows()):
        reason = shorten(text(own["reason"]) or "no estimate", 2 * REASON_LETTERS)
        words, colour = fill(reason, REASON_LETTERS), GREY
        if pd.notna(own["estimate_pp_per_bp"]):
            band = interval(float(own["ci_low"]), float(own["ci_high"]), DIGITS)
            words, colour = f"{signed(float(own['estimate_pp_per_bp']), DIGITS)}  {band}", INK
        axes.annotate(
            words,
            (1.0, row),
            xycoords=("axes fraction", "data"),
            xytext=(8.0, 0.0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_PT,
            color=colour,
        )
    axes.tick_params(axis="y", length=0.0)
    axes.locator_params(axis="x", nbins=5)
