"""One look for all figures: fonts, colours, the frame around the panels, the replica's stamp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import cycle, islice
from math import atan2, degrees
from textwrap import fill
from typing import TYPE_CHECKING, Any

from ratemodel.reporting.figures.select import Stamp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType

REPLICA_STAMP = "REPLICA DATA – not a market"
PNG_DPI = 200
FONT = "DejaVu Sans"
"""Comes with matplotlib, so every machine draws the same letters."""

BLUE, SKY, ORANGE, VERMILION = "#0072B2", "#56B4E9", "#E69F00", "#D55E00"
GREEN, PURPLE = "#009E73", "#CC79A7"
INK, GREY, FAINT = "#262626", "#8C8C8C", "#E8E8E8"
"""The palette of Okabe and Ito, which colour-blind readers tell apart, and three greys."""

TITLE_PT, TEXT_PT, SMALL_PT = 11.0, 8.0, 7.0
LINE_SPACING, LETTER_WIDTH = 1.35, 0.55
"""Height of a line and mean width of a letter, in units of the letter's size."""
MARGIN_IN, STRAP_IN = 0.12, 0.30

RC: dict[str, Any] = {
    "font.family": FONT,
    "font.size": TEXT_PT,
    "axes.labelsize": TEXT_PT,
    "axes.titlesize": TEXT_PT + 0.5,
    "axes.linewidth": 0.7,
    "xtick.labelsize": TEXT_PT - 0.5,
    "ytick.labelsize": TEXT_PT - 0.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "legend.fontsize": SMALL_PT,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "axes.unicode_minus": True,
    "svg.hashsalt": "ratemodel",
    "svg.fonttype": "path",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with our settings whatever the user's are, and leave the user's as they were."""
    import matplotlib as mpl
    import seaborn as sns

    settings: dict[Any, Any] = {**sns.axes_style("ticks"), **sns.plotting_context("paper"), **RC}
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        yield


def framed_figure(
    width_in: float, height_in: float, *, title: str, subtitle: str, note: str, stamp: Stamp
) -> Figure:
    """Make a figure with title, source line and, for a replica, its stamp; panels go between.

    Parameters
    ----------
    width_in : float
    height_in : float
        Of the panels; title and source line come on top of it.
    title, subtitle : str
    note : str
        What bands and signs mean; stands in the source line.
    stamp : Stamp
        Study and kind of data.

    Returns
    -------
    Figure
        Without panels, laid out by constrained layout.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    heading = _wrapped(title, width_in, TITLE_PT)
    under = _wrapped(subtitle, width_in, TEXT_PT)
    source = f"ratemodel, study {stamp.study}" if stamp.study else "ratemodel"
    foot = _wrapped(f"{source}. {note}", width_in, SMALL_PT)
    strap = STRAP_IN if stamp.replica else 0.0
    top = strap + MARGIN_IN + _height(heading, TITLE_PT) + _height(under, TEXT_PT) + 0.06
    bottom = MARGIN_IN + _height(foot, SMALL_PT)
    full = height_in + top + bottom

    figure = Figure(figsize=(width_in, full))
    FigureCanvasAgg(figure)
    rect = (0.0, bottom / full, 1.0, height_in / full)
    figure.set_layout_engine(ConstrainedLayoutEngine(rect=rect, w_pad=0.08, h_pad=0.06))
    left = MARGIN_IN / width_in

    def line(text: str, at_in: float, size: float, gid: str, **how: Any) -> None:
        place = {"ha": "left", "va": "top", "linespacing": LINE_SPACING, **how}
        label = figure.text(left, 1.0 - at_in / full, text, fontsize=size, gid=gid, **place)
        label.set_in_layout(False)

    at = strap + MARGIN_IN
    line(heading, at, TITLE_PT, "title", fontweight="bold", color=INK)
    line(under, at + _height(heading, TITLE_PT), TEXT_PT, "subtitle", color=INK)
    line(foot, full - bottom + 0.03, SMALL_PT, "source", color="#595959")
    if stamp.replica:
        _stamp(figure, strap / full)
    return figure


def _stamp(figure: Figure, strap: float) -> None:
    """Say on the figure's face, twice, that no market made these numbers."""
    from matplotlib.patches import Rectangle

    figure.add_artist(
        Rectangle((0.0, 1.0 - strap), 1.0, strap, facecolor=VERMILION, edgecolor="none")
    )
    place: dict[str, Any] = {"ha": "center", "va": "center", "fontweight": "bold"}
    middle = 1.0 - strap / 2.0
    texts = [
        figure.text(
            0.5, middle, REPLICA_STAMP, fontsize=10.0, color="white", gid="replica-strap", **place
        ),
        figure.text(
            *(0.5, 0.5, REPLICA_STAMP),
            fontsize=3.4 * figure.get_figwidth(),
            color=VERMILION,
            alpha=0.13,
            rotation=0.8 * degrees(atan2(figure.get_figheight(), figure.get_figwidth())),
            gid="replica-watermark",
            **place,
        ),
    ]
    for text in texts:
        text.set_in_layout(False)


def _wrapped(text: str, width_in: float, size: float) -> str:
    bold = 1.15 if size == TITLE_PT else 1.0
    letters = int((width_in - 2.0 * MARGIN_IN) * 72.0 / (size * LETTER_WIDTH * bold))
    return fill(text, letters)


def _height(text: str, size: float) -> float:
    return (text.count("\n") + 1) * size * LINE_SPACING / 72.0


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign, minus as a minus and not a hyphen.

    Examples
    --------
    >>> signed(-4.478)
    '−4.48'
    >>> signed(0.0001, 1)
    '+0.0'
    """
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


def percent(level: float) -> str:
    """Write a coverage level.

    Examples
    --------
    >>> percent(0.9)
    '90 %'
    """
    return f"{100.0 * level:g} %"


def interval(low: float, high: float, digits: int = 2) -> str:
    """Write an interval.

    Examples
    --------
    >>> interval(-0.28, 0.04)
    '[−0.28, +0.04]'
    """
    return f"[{signed(low, digits)}, {signed(high, digits)}]"


def zero_line(axes: Axes, *, upright: bool = False) -> None:
    """Draw the line every bar starts from."""
    draw = axes.axvline if upright else axes.axhline
    draw(0.0, color=INK, linewidth=0.7, zorder=1)


def print_value(axes: Axes, x: float, value: float, clear: float | None = None) -> None:
    """Print a bar's value in bp at its end, or beyond `clear`, the end of its whisker."""
    up = round(value, 1) >= 0.0
    axes.annotate(
        signed(value, 1),
        (x, value if clear is None else clear),
        xytext=(0.0, 2.5 if up else -2.5),
        textcoords="offset points",
        ha="center",
        va="bottom" if up else "top",
        fontsize=SMALL_PT - 0.5,
        color=INK,
    )


def mark_meaning(axes: Axes) -> None:
    """Say what up and down mean for a revision of rates."""
    for at, va, text in (
        (0.97, "top", "▲ hawkish: higher rates"),
        (0.03, "bottom", "▼ dovish: lower rates"),
    ):
        axes.text(
            *(0.008, at, text),
            transform=axes.transAxes,
            va=va,
            fontsize=SMALL_PT - 0.5,
            color="#595959",
        )


def hues(count: int) -> list[ColorType]:
    """Choose colours for lines; after seven they repeat, so lines differ in their dashes too."""
    return list(islice(cycle((BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, INK)), count))


def lay_out(figure: Figure) -> None:
    """Give the panels their places for good, measured at the resolution of the files."""
    figure.set_dpi(PNG_DPI)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def png_and_svg(figure: Figure) -> tuple[bytes, bytes]:
    """Lay a figure out and render it as PNG and SVG; equal figures give equal bytes."""
    raster, vector = BytesIO(), BytesIO()
    with house_style():
        lay_out(figure)
        figure.savefig(raster, format="png", dpi=PNG_DPI, metadata={"Software": "ratemodel"})
        figure.savefig(vector, format="svg", metadata={"Date": None, "Creator": "ratemodel"})
    return raster.getvalue(), vector.getvalue()
