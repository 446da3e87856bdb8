"""Revisions of the rate path around an event, day by day, and what prices did meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import (
    EventWindow,
    Tables,
    dated,
    event_window,
    of_event,
    stamp_of,
)
from ratemodel.reporting.figures.style import (
    FAINT,
    GREY,
    INK,
    ORANGE,
    framed_figure,
    house_style,
    hues,
    mark_meaning,
    percent,
    print_value,
    zero_line,
)
from ratemodel.reporting.headline import date_span, day

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

DATES_AROUND = 10
"""Trade dates shown before and after the window."""
MOST_TICKS, MOST_LABELS = 12, 4
QUIET_BLUE = "#7BA7C7"


def shocks_figure(tables: Tables, event: str, *, names: Mapping[str, str] | None = None) -> Figure:
    """Draw daily revisions of the path around an event, with bands, above cumulative returns.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: shocks, returns, decomposition_daily.
    event : str
    names : mapping of str to str, optional
        Full names of assets by symbol.

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If the event was not split, or no shock falls into its window.
    """
    import seaborn as sns

    window = event_window(tables, event)
    shocks = _around(dated(tables["shocks"], "trade_date"), window, event)
    dates = pd.DatetimeIndex(shocks["trade_date"])
    assets = dict.fromkeys(of_event(tables, "decomposition_daily", event)["asset"])
    moves = _cumulative(tables["returns"], list(assets), dates, window)
    with house_style():
        figure = framed_figure(
            7.2,
            4.9 if len(moves) else 3.0,
            title=f"Daily revisions of the expected rate path around {event}",
            subtitle=f"{_what(shocks)}; grey: the event, {date_span(window.first, window.last)}",
            note=f"Whiskers: {percent(window.level)} bands, ± {window.z:.3f} standard errors. A "
            "revision runs from one day's strike to the next's (contracts 15:00, yields 15:30 New "
            "York); each return by its asset's own clock.",
            stamp=stamp_of(shocks),
        )
        panels = figure.subplots(2 if len(moves) else 1, 1, sharex=True, squeeze=False)[:, 0]
        inside = np.flatnonzero((dates >= window.first) & (dates <= window.last))
        for axes in panels:
            axes.axvspan(inside[0] - 0.5, inside[-1] + 0.5, color=FAINT, linewidth=0.0, zorder=0)
        _draw_shocks(panels[0], shocks, window.z, inside)
        panels[0].set_ylabel("Revision (basis points)")
        if len(moves):
            _draw_returns(panels[1], moves, names or {})
            panels[1].set_ylabel("Return since the strike\nbefore (log points × 100)")
        _label_dates(panels[-1], dates)
        sns.despine(fig=figure)
    return figure


def _around(shocks: pd.DataFrame, window: EventWindow, event: str) -> pd.DataFrame:
    dates = shocks["trade_date"]
    inside = np.flatnonzero(dates.between(window.first, window.last))
    if not len(inside):
        raise CoverageError(f"no shock falls into {event}")
    first, last = max(inside[0] - DATES_AROUND, 0), inside[-1] + DATES_AROUND
    return shocks.iloc[first : last + 1].reset_index(drop=True)


def _what(shocks: pd.DataFrame) -> str:
    """Say which rate is revised: 12 months ahead, or the one at the fixed date of the source."""
    fixed = shocks["source"].astype("string").str.extract(r"(\d{4}-\d{2}-\d{2})")[0].dropna()
    if fixed.empty:
        return "Revisions of the rate expected 12 months ahead"
    return f"Revisions of the rate expected for {day(pd.Timestamp(fixed.iloc[0]))}"


def _draw_shocks(axes: Axes, shocks: pd.DataFrame, z: float, inside: npt.NDArray[np.int_]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    value = shocks["path_bp"].to_numpy(float)
    half = z * shocks["path_se_bp"].to_numpy(float)
    fomc = shocks["is_fomc"].to_numpy(bool)
    known = np.flatnonzero(np.isfinite(value))
    axes.bar(
        known,
        value[known],
        0.7,
        color=[ORANGE if fomc[k] else QUIET_BLUE for k in known],
        linewidth=0.0,
        label="_path_bp",
        zorder=2,
    )
    axes.errorbar(
        known,
        value[known],
        yerr=half[known],
        fmt="none",
        ecolor=INK,
        elinewidth=0.8,
        capsize=1.8,
        capthick=0.8,
        label="_band",
        zorder=3,
    )
    zero_line(axes)
    missing = np.flatnonzero(~np.isfinite(value))
    key: list[Patch | Line2D] = []
    if fomc[known].any():
        key.append(Patch(color=ORANGE, linewidth=0.0, label="FOMC announced"))
    if missing.size:
        cross = axes.plot(missing, np.zeros(missing.size), "x", color=GREY, markersize=4.0)[0]
        cross.set_label("no revision known")
        key.append(cross)
    if key:
        axes.legend(handles=key, loc="upper right", ncols=len(key))
    ends = np.abs(value[known]) + np.nan_to_num(half[known])
    reach = max(1.0, float(ends.max()) if known.size else 0.0)
    axes.set_ylim(-1.45 * reach, 1.45 * reach)
    if len(inside) <= MOST_LABELS:
        for k in np.intersect1d(inside, known):
            print_value(axes, k, value[k], value[k] + np.copysign(np.nan_to_num(half[k]), value[k]))
    mark_meaning(axes)


def _cumulative(
    returns: pd.DataFrame, assets: list[str], dates: pd.DatetimeIndex, window: EventWindow
) -> pd.DataFrame:
    """Chain returns from the last strike before the window, at a position among the dates shown."""
    table = dated(returns, "date")
    frames = []
    for asset in assets:
        own = table.loc[(table["asset"] == asset) & table["date"].between(dates[0], dates[-1])]
        earlier = own["date"] < window.first
        if not earlier.any():
            continue
        chained = own["log_return_pp"].cumsum()
        frames.append(
            pd.DataFrame(
                {
                    "asset": asset,
                    "position": np.interp(
                        own["date"].to_numpy("datetime64[D]").astype(float),
                        dates.to_numpy("datetime64[D]").astype(float),
                        np.arange(len(dates), dtype=float),
                    ),
                    "return_pp": chained - chained[earlier].iloc[-1],
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _draw_returns(axes: Axes, moves: pd.DataFrame, names: Mapping[str, str]) -> None:
    import seaborn as sns

    last = moves.groupby("asset", sort=False)["return_pp"].last().sort_values(ascending=False)
    colours = dict(zip(dict.fromkeys(moves["asset"]), hues(len(last)), strict=True))
    sns.lineplot(
        data=moves.assign(name=moves["asset"].map(lambda a: names.get(a, a))),
        x="position",
        y="return_pp",
        hue="name",
        style="name",
        hue_order=[names.get(str(a), str(a)) for a in last.index],
        style_order=[names.get(str(a), str(a)) for a in last.index],
        palette=[colours[a] for a in last.index],
        estimator=None,
        errorbar=None,
        linewidth=1.3,
        ax=axes,
    )
    zero_line(axes)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title=None)


def _label_dates(axes: Axes, dates: pd.DatetimeIndex) -> None:
    step = -(-len(dates) // MOST_TICKS)
    shown = range(0, len(dates), step)
    axes.set_xticks(list(shown), [f"{dates[k].day} {dates[k]:%b}" for k in shown])
    axes.set_xlim(-0.7, len(dates) - 0.3)
    axes.set_xlabel(f"Trade date, {date_span(dates[0], dates[-1])}")
