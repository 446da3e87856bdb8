"""Columns that output tables share, and short ways to describe one."""

from __future__ import annotations

from ratemodel.types.columns import Column, ColumnType

BP, PP, PCT, USD = "basis points", "log points x 100", "percent", "US dollars"
ESTIMATED_ON = "Event whose pre-event sample the row comes from."


def column(
    name: str,
    type_: ColumnType,
    description: str,
    unit: str = "",
    *,
    empty: bool = False,
    choices: tuple[str, ...] = (),
) -> Column:
    """Describe one column of an output table."""
    return Column(
        name, type_, unit=unit, description=description, allow_empty=empty, choices=choices
    )


def number(name: str, description: str, unit: str = "", *, empty: bool = False) -> Column:
    """Describe a column of numbers."""
    return column(name, "number", description, unit, empty=empty)


TRADE_DATE = column(
    "trade_date", "date", "Date on which futures settled (source yields: yields were quoted)."
)
EVENT = column("event", "text", "Row of the events table.")
ASSET = column("asset", "text", "Symbol.")
LEVEL = number("level", "Coverage the band is made for.", "fraction")
ERA = column("era", "text", "By date of the meeting.")
DAYS_AHEAD = column("horizon_days", "integer", "Calendar days before the announcement.", "days")
