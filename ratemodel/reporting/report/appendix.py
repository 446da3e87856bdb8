"""The tables behind the page, the list of all files, and what the run was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from ratemodel.reporting.figures.select import Tables
from ratemodel.reporting.report.select import Grid
from ratemodel.reporting.report.words import cell
from ratemodel.reporting.specs import STAMP
from ratemodel.reporting.tables import KNOWN_TABLES

MOST_ROWS = 250
"""A table with more rows is listed and not shown: the page is for reading."""


class BehindTable(NamedTuple):
    """A table shown whole."""

    name: str
    description: str
    grid: Grid


def small_tables(tables: Tables) -> list[BehindTable]:
    """Show the tables of few rows, rounded, without study and kind of data."""
    return [
        BehindTable(name, KNOWN_TABLES[name].description, _grid(name, frame))
        for name, frame in tables.items()
        if 0 < len(frame) <= MOST_ROWS
    ]


def _grid(name: str, frame: pd.DataFrame) -> Grid:
    stamp = {column.name for column in STAMP}
    columns = [column for column in KNOWN_TABLES[name].columns if column.name not in stamp]
    shown = pd.DataFrame(
        {
            column.name: pd.to_datetime(frame[column.name])
            if column.type in ("date", "datetime")
            else frame[column.name]
            for column in columns
        }
    )
    rows = [tuple(cell(value) for value in row) for row in shown.itertuples(index=False)]
    return Grid(tuple(shown.columns), rows)


def file_list(tables: Tables) -> Grid:
    """List every table with its file, its rows and what it holds."""
    lines = [
        (f"tables/{name}.csv", f"{len(frame):,}", KNOWN_TABLES[name].description)
        for name, frame in tables.items()
    ]
    return Grid(("File", "Rows", "Holds"), lines)


def record_lines(record: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Lay out what the run was made from: each entry's name and its values."""
    lines = []
    for key, value in sorted(record.items()):
        if isinstance(value, Mapping):
            values = [f"{name}: {held}" for name, held in sorted(value.items())]
        elif isinstance(value, list):
            values = [str(held) for held in value]
        else:
            values = [str(value)]
        lines.append((key.replace("_", " "), values or ["none"]))
    return lines
