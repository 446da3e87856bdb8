"""What each table of policy surprises holds, column by column: types, units, meanings, once."""

from __future__ import annotations

from ratemodel.types.columns import Column, TableSpec

_ANNOUNCED = Column("announced", "datetime", description="Instant of the announcement, UTC.")
_DATE = Column("date", "date", description="Date of the announcement in New York.")
_SERIES = Column("series", "text", description="Name of the series.")
_LEVEL = "Coverage of the interval."


def _number(name: str, description: str, unit: str = "", *, empty: bool = False) -> Column:
    return Column(name, "number", unit=unit, description=description, allow_empty=empty)


def _text(name: str, description: str, *, empty: bool = False) -> Column:
    return Column(name, "text", description=description, allow_empty=empty)


SURPRISE_TABLES = (
    TableSpec(
        "surprises",
        (
            _ANNOUNCED,
            _SERIES,
            _number("value", "The surprise, in the row's unit."),
            _text("unit", "Percentage points, or standard deviations."),
            _text("sample", "Announcements the series has values for."),
            _text("scaling", "What a unit of the series means."),
            _text("sign", "What a positive value means."),
            _DATE,
            _number(
                "std_err",
                "Error that comes from estimating the component (bootstrap), in the row's unit; "
                "empty where nothing was estimated.",
                empty=True,
            ),
            _text("flags", "Why the announcement deserves a second look.", empty=True),
        ),
        ("announced", "series"),
        "Policy surprises by announcement and series; an announcement without a value has no row.",
    ),
    TableSpec(
        "surprise_components",
        (
            _SERIES,
            _text("input", "Change that the component is taken from."),
            _number(
                "loading",
                "Entry of the eigenvector (first components), or standard deviations of the input "
                "for one of the factor (rotated factors).",
            ),
            _number("low", "Lower end of the bootstrap band."),
            _number("high", "Upper end."),
            _number("level", _LEVEL, "fraction"),
            Column("draws", "integer", "count", "Bootstrap draws."),
            Column("n", "integer", "count", "Announcements estimated on."),
        ),
        ("series", "input"),
        "Loadings of the inputs on estimated components.",
    ),
    TableSpec(
        "surprise_influence",
        (
            _ANNOUNCED,
            _SERIES,
            _number(
                "influence",
                "Root mean square change of all values when the component is estimated without "
                "this announcement.",
                "standard deviations of the series",
            ),
        ),
        ("announced", "series"),
        "How far each announcement alone moves each estimated series.",
    ),
    TableSpec(
        "surprise_comparison",
        (
            _text("series_a", "One series."),
            _text("series_b", "The other."),
            Column("n", "integer", "count", "Announcements with both."),
            _number("correlation", "Of the two."),
            Column(
                "disagreement",
                "datetime",
                description="Announcement on which they lie farthest apart, each over its standard "
                "deviation; UTC.",
            ),
            _number("value_a", "What one called it, in its unit."),
            _number("value_b", "What the other called it, in its unit."),
            _number("gap_sd", "How far apart.", "standard deviations"),
        ),
        ("series_a", "series_b"),
        "Pairs of series: how alike, and where they part.",
    ),
    TableSpec(
        "surprise_calls",
        (
            Column("called", "date", description="Date asked about."),
            _SERIES,
            Column(
                "announced",
                "datetime",
                description="Instant of the announcement, UTC.",
                allow_empty=True,
            ),
            _number("value", "What the series called it, in its unit.", empty=True),
            _text("reason", "Why it has no value.", empty=True),
        ),
        ("called", "series", "announced"),
        "What each series called one date: a value, or the reason for none.",
    ),
    TableSpec(
        "surprise_assets",
        (
            _text("asset", "Symbol."),
            _SERIES,
            _number(
                "estimate",
                "Return for one unit of the series, matched by the clock, announcement days only.",
                "log points x 100 per unit of the series",
                empty=True,
            ),
            _number("std_err", "Its standard error (HC1).", empty=True),
            _number("ci_low", "Lower end of the interval.", empty=True),
            _number("ci_high", "Upper end.", empty=True),
            _number("ci_level", _LEVEL, "fraction"),
            Column("n", "integer", "count", "Announcements inside returns."),
            _number("same_date", "The estimate if matched by calendar date.", empty=True),
            _number("same_date_err", "Its standard error (HC1).", empty=True),
            _number(
                "per_sd_pp",
                "Return for one standard deviation of the series.",
                "log points x 100",
                empty=True,
            ),
            _number("per_sd_low", "Lower end of its interval.", "log points x 100", empty=True),
            _number("per_sd_high", "Upper end.", "log points x 100", empty=True),
            _text("reason", "Why there is no estimate.", empty=True),
        ),
        ("asset", "series"),
        "How returns load on each series; filled where prices are given (--data).",
    ),
)
"""In the order they are made."""
