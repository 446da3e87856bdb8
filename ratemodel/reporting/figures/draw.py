"""Draw every figure of a run as files ready to be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from ratemodel.reporting.figures.counterfactuals import counterfactuals
from ratemodel.reporting.figures.loadings_assets import loadings_figure
from ratemodel.reporting.figures.loadings_methods import methods_figure
from ratemodel.reporting.figures.loadings_paths import paths_figure
from ratemodel.reporting.figures.odds_calibration import calibration_figure
from ratemodel.reporting.figures.path_before_after import rate_path_figure
from ratemodel.reporting.figures.placebo_coverage import placebo_figure
from ratemodel.reporting.figures.select import Tables
from ratemodel.reporting.figures.shocks_event import shocks_figure
from ratemodel.reporting.figures.style import png_and_svg
from ratemodel.reporting.figures.waterfall import waterfall

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = "figures"


def draw_all(tables: Tables, names: Mapping[str, str]) -> dict[str, bytes]:
    """Draw a run's figures as PNG and SVG.

    With one event: rate_path, shocks, loadings (by least squares, by method, and where there are
    any by date), waterfall and, where causes were told apart, counterfactuals. With several, every
    event has its waterfall and counterfactuals, the first has the others, and names end in the
    event's: waterfall-EVENT. If odds could be held against outcomes, also odds_calibration.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Finished output tables.
    names : mapping of str to str
        Full names of assets by symbol.

    Returns
    -------
    dict of str to bytes
        Files by path relative to the run's folder; the same tables give the same bytes.
    """
    files: dict[str, bytes] = {}
    for stem, draw in _plan(tables, names):
        files[f"{FOLDER}/{stem}.png"], files[f"{FOLDER}/{stem}.svg"] = png_and_svg(draw())
    return files


def draw_stage(tables: Tables, names: Mapping[str, str]) -> dict[str, bytes]:
    """Draw what belongs to the tables of one stage alone: of placebo, its coverage."""
    if "placebo" not in tables:
        return {}
    png, svg = png_and_svg(placebo_figure(tables, names=names))
    return {f"{FOLDER}/placebo.png": png, f"{FOLDER}/placebo.svg": svg}


def _plan(tables: Tables, names: Mapping[str, str]) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """Name each figure; it is drawn when its turn comes, so that one is held at a time."""
    ends = _endings([str(event) for event in dict.fromkeys(tables["decomposition"]["event"])])
    for place, (event, end) in enumerate(ends.items()):
        if place == 0:
            yield f"rate_path{end}", partial(rate_path_figure, tables, event)
            yield f"shocks{end}", partial(shocks_figure, tables, event, names=names)
            yield f"loadings{end}", partial(loadings_figure, tables, event, names=names)
            yield f"loadings_methods{end}", partial(methods_figure, tables, event, names=names)
            if (tables["loadings_paths"]["event"] == event).any():
                yield f"loadings_paths{end}", partial(paths_figure, tables, event, names=names)
        yield f"waterfall{end}", partial(waterfall, tables, event, names=names)
        if (tables["counterfactuals"]["event"] == event).any():
            yield f"counterfactuals{end}", partial(counterfactuals, tables, event, names=names)
    if len(tables["odds_calibration"]):
        yield "odds_calibration", partial(calibration_figure, tables)


def _endings(events: list[str]) -> dict[str, str]:
    """End of the file names of each event: plain letters, and no two alike."""
    if len(events) == 1:
        return {events[0]: ""}
    ends: dict[str, str] = {}
    for event in events:
        plain = "-" + re.sub(r"[^A-Za-z0-9._-]+", "_", event)
        same = sum(end == plain for end in ends.values())
        ends[event] = f"{plain}_{same + 1}" if same else plain
    return ends
