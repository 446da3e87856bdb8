"""The expected path of the funds rate before and after an event, and what was revised."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.reporting.figures.select import Tables, dated, event_window, stamp_of
from ratemodel.reporting.figures.style import (
    BLUE,
    GREY,
    VERMILION,
    framed_figure,
    house_style,
    mark_meaning,
    percent,
    print_value,
    zero_line,
)
from ratemodel.reporting.headline import day

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

LAST_LEVEL_DAYS = 45
"""How far the last level is drawn: about the time between two meetings."""
BAR_DAYS = 20
DASHES = (0, (3.0, 2.0))
MOST_LABELS = 16
"""Values are printed on at most so many bars."""


class _Path(NamedTuple):
    """Levels of one trade date and where each starts and ends."""

    date: pd.Timestamp
    rows: pd.DataFrame
    edges: Floats

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Levels that the data identify."""
        return self.rows["rate_identified"].to_numpy(bool)


def rate_path_figure(tables: Tables, event: str) -> Figure:
    """Draw the rates expected before and after an event, by the date they take effect.

    Before is the last trade date before the window, after the window's last day. Levels that
    the contracts do not identify are drawn faint and dashed; the axis is fitted to the others. The
    lower panel shows after − before, meeting by meeting.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Output tables: rate_path, decomposition_daily.
    event : str

    Returns
    -------
    Figure

    Raises
    ------
    CoverageError
        If the event was not split, or no path is known before and after it.
    """
    import seaborn as sns

    table = dated(tables["rate_path"], "trade_date", "meeting", "effective_date")
    window = event_window(tables, event)
    dates = table["trade_date"]
    earlier, until = dates[dates < window.first], dates[dates <= window.last]
    if earlier.empty or until.max() < window.first:
        raise CoverageError(f"no rate path both before and in {event}")
    before, after = (_path(table, date) for date in (earlier.max(), until.max()))
    end = _shown_until(before, after)
    dashed = not all(path.known[path.edges[:-1] < end].all() for path in (before, after))
    faint = "Dashed: levels that the data do not identify; the frame cuts their bands. "

    with house_style():
        figure = framed_figure(
            7.2,
            4.9,
            title=f"Expected fed funds rate before and after {event}",
            subtitle=f"Implied by market prices of {day(before.date)} and {day(after.date)}",
            note=f"Shaded: {percent(window.level)} bands, ± {window.z:.3f} standard errors of the "
            f"level. {faint if dashed else ''}"
            "The study's shocks are estimated from daily changes, not from this difference.",
            stamp=stamp_of(table),
        )
        levels, revisions = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [2.1, 1.0]}
        )
        for path, colour, word in ((before, BLUE, "before"), (after, VERMILION, "after")):
            _draw_levels(levels, path, window.z, colour, word)
        _fit_levels(levels, (before, after), window.z, end)
        levels.set_ylabel("Expected fed funds rate (percent)")
        levels.legend(handles=_key(levels, dashed=dashed), loc="best")
        _draw_revisions(revisions, before, after, end)
        revisions.set_ylabel("After − before\n(basis points)")
        revisions.set_xlabel("Date the rate takes effect")
        _date_ticks(revisions)
        sns.despine(fig=figure)
    return figure


def _path(table: pd.DataFrame, date: pd.Timestamp) -> _Path:
    rows = table.loc[table["trade_date"] == date]
    rows = rows.assign(start=rows["effective_date"].fillna(date)).sort_values(
        "start", kind="stable"
    )
    last = rows["start"].iloc[-1] + pd.Timedelta(days=LAST_LEVEL_DAYS)
    return _Path(date, rows, _days([*rows["start"], last]))


def _days(dates: list[pd.Timestamp]) -> Floats:
    """Count days as matplotlib's date axis does, since 1970."""
    return pd.DatetimeIndex(dates).to_numpy("datetime64[D]").astype(np.float64)


def _shown_until(*paths: _Path) -> float:
    """End of the last level that either path identifies; of all levels, if none is."""
    ends = [path.edges[1:][path.known & path.rows["meeting"].notna()] for path in paths]
    known = np.concatenate(ends)
    return float(known.max()) if known.size else float(max(path.edges[-1] for path in paths))


def _draw_levels(axes: Axes, path: _Path, z: float, colour: str, word: str) -> None:
    rate = path.rows["rate_pct"].to_numpy(float)
    half = z * path.rows["rate_se_bp"].to_numpy(float) / 100.0
    known = path.known
    bands = axes.bar(
        path.edges[:-1],
        2.0 * half,
        np.diff(path.edges),
        bottom=rate - half,
        align="edge",
        color=colour,
        linewidth=0.0,
        zorder=1,
    )
    bands.set_label(f"_band {word}")
    for band, sure in zip(bands, known, strict=True):
        band.set_alpha(0.25 if sure else 0.05)
    drawn = np.append(rate, rate[-1])
    axes.step(
        path.edges,
        drawn,
        where="post",
        color=colour,
        alpha=0.55,
        linewidth=0.9,
        linestyle=DASHES,
        label=f"_all {word}",
        zorder=2,
    )
    axes.step(
        path.edges,
        np.where(np.append(known, known[-1]), drawn, np.nan),
        where="post",
        color=colour,
        linewidth=1.5,
        label=f"{word}: {day(path.date)}",
        zorder=3,
    )


def _key(axes: Axes, *, dashed: bool) -> list[Artist]:
    """Legend: both dates, and what dashes mean if there are any."""
    from matplotlib.lines import Line2D

    lines = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    if dashed:
        lines.append(Line2D([], [], color=GREY, linewidth=0.9, linestyle=DASHES))
        lines[-1].set_label("not identified")
    return [*lines]


def _fit_levels(axes: Axes, paths: tuple[_Path, ...], z: float, end: float) -> None:
    lows, highs = [], []
    for path in paths:
        shown = path.edges[:-1] < end
        rate = path.rows["rate_pct"].to_numpy(float)[shown]
        half = z * path.rows["rate_se_bp"].to_numpy(float)[shown] / 100.0
        half = np.where(path.known[shown], half, 0.0)
        lows.append((rate - half).min())
        highs.append((rate + half).max())
    low, high = min(lows), max(highs)
    room = 0.12 * max(high - low, 0.05)
    axes.set_ylim(low - room, high + room)
    start = min(path.edges[0] for path in paths)
    axes.set_xlim(start - 0.01 * (end - start), end)


def _draw_revisions(axes: Axes, before: _Path, after: _Path, end: float) -> None:
    held = before.rows.merge(after.rows, on="effective_date", suffixes=("_before", "_after"))
    held = held.loc[held["effective_date"].notna()]
    at = _days(list(held["effective_date"]))
    held, at = held.loc[at < end], at[at < end]
    change = 100.0 * (held["rate_pct_after"] - held["rate_pct_before"]).to_numpy(float)
    known = (held["rate_identified_before"] & held["rate_identified_after"]).to_numpy(bool)
    bars = axes.bar(at, change, BAR_DAYS, align="edge", color=GREY, linewidth=0.0, zorder=2)
    bars.set_label("_revision")
    for bar, sure in zip(bars, known, strict=True):
        if not sure:
            bar.set(facecolor="white", edgecolor=GREY, linewidth=0.6, linestyle="--")
    zero_line(axes)
    reach = max(1.0, float(np.abs(change[known]).max()) if known.any() else 0.0)
    axes.set_ylim(-1.7 * reach, 1.7 * reach)
    if known.sum() <= MOST_LABELS:
        for x, value in zip(at[known], change[known], strict=True):
            print_value(axes, x + BAR_DAYS / 2.0, value)
    mark_meaning(axes)


def _date_ticks(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter

    axes.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=8))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter("%b %Y"))  # type: ignore[no-untyped-call]
