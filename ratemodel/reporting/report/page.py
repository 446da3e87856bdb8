"""Fill the page: what each section says is made beside it, and the template only lays it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from ratemodel.reporting.figures.select import Tables, text
from ratemodel.reporting.headline import CLOSING, REPLICA_WARNING
from ratemodel.reporting.report.answer import (
    AssetAnswer,
    asset_answers,
    fixed_date_words,
    path_days,
    path_object,
)
from ratemodel.reporting.report.appendix import file_list, record_lines, small_tables
from ratemodel.reporting.report.doubts import Doubt, doubts
from ratemodel.reporting.report.evidence import (
    Causes,
    abnormality,
    causes,
    flow_notes,
    flows,
    loadings,
    methods,
    premium,
    premium_notes,
    ranges,
)
from ratemodel.reporting.report.select import EventView, Grid, event_view
from ratemodel.reporting.report.strips import Drawing, draw_asset, draw_overview
from ratemodel.reporting.report.words import typeset

TEMPLATE = "report.html.jinja"


class EventPage(NamedTuple):
    """What the page says of one event."""

    event: str
    span: str
    note: str
    path_object: str
    path_days: list[str]
    answers: list[AssetAnswer]
    omitted: list[str]
    overview: Drawing
    drawings: dict[str, Drawing]
    causes: list[Causes]
    abnormality: Grid | None
    premium: Grid | None
    premium_notes: list[str]
    loadings: Grid | None
    methods: Grid | None
    flows: Grid | None
    flow_notes: list[str]
    ranges: Grid | None
    doubts: list[Doubt]


def report(
    tables: Tables,
    names: Mapping[str, str],
    notes: Mapping[str, str],
    omitted: Mapping[tuple[str, str], str],
    record: Mapping[str, Any],
    forced_flows: pd.DataFrame | None = None,
) -> str:
    """Write the page of a run: one HTML text, the same for the same tables.

    It holds no script and refers to nothing outside itself. Tables that a run does not hold are
    left out with a line that says so.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Finished tables; decomposition, decomposition_daily and shocks must be among them.
    names : mapping of str to str
        Full names of assets by symbol.
    notes : mapping of str to str
        By event: why its shock is taken at a fixed date; empty if it is not.
    omitted : mapping of (event, asset) to str
        What could not be split, and why; asset is empty for a whole event.
    record : mapping
        What the run was made from, as in run.json.
    forced_flows : DataFrame, optional
        The input table of that name: ranges of what is not known of forced traders.

    Returns
    -------
    str
    """
    split = tables["decomposition"]
    views = [event_view(tables, str(event), names) for event in dict.fromkeys(split["event"])]
    unsplit = [f"{e}: {reason}" for (e, asset), reason in omitted.items() if not asset]
    page = {
        "study": str(split["study"].iloc[0]),
        "warning": REPLICA_WARNING if (split["data_kind"] == "replica").any() else "",
        "closing": typeset(CLOSING.format(level=float(split["level"].iloc[0]))),
        "events": [_event_page(view, notes, omitted, forced_flows) for view in views],
        "unsplit": [typeset(line) for line in unsplit],
        "behind": small_tables(tables),
        "files": file_list(tables),
        "record": record_lines(record),
    }
    environment = Environment(
        loader=PackageLoader(__package__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(TEMPLATE).render(page)


def _event_page(
    view: EventView,
    notes: Mapping[str, str],
    omitted: Mapping[tuple[str, str], str],
    forced_flows: pd.DataFrame | None,
) -> EventPage:
    event = view.event
    note = notes.get(event, "")
    parts = {asset: view.parts(asset) for asset in view.assets}
    known = ranges(view, forced_flows)
    return EventPage(
        event=event,
        span=view.span,
        note=fixed_date_words(view, note),
        path_object=path_object(view),
        path_days=path_days(view),
        answers=asset_answers(view),
        omitted=[
            typeset(f"{view.name(asset)}: not split ({reason.removeprefix(asset + ': ')}).")
            for (where, asset), reason in omitted.items()
            if where == event and asset
        ],
        overview=draw_overview(parts, view.names),
        drawings={
            asset: draw_asset(own, others=view.other_leverage(asset))
            for asset, own in parts.items()
        },
        causes=causes(view),
        abnormality=abnormality(view),
        premium=premium(view),
        premium_notes=premium_notes(view),
        loadings=loadings(view),
        methods=methods(view),
        flows=flows(view),
        flow_notes=flow_notes(view),
        ranges=known,
        doubts=doubts(view, note, _graded(known)),
    )


def _graded(known: Grid | None) -> dict[str, list[str]]:
    """Name the parameters of each grade."""
    graded: dict[str, list[str]] = {}
    for _, _, parameter, *_, grade in [] if known is None else known.rows:
        held = graded.setdefault(text(grade).partition(":")[0], [])
        if parameter not in held:
            held.append(parameter)
    return graded
