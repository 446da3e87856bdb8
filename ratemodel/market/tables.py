"""The input tables, column by column: what a folder may hold."""

from __future__ import annotations

from typing import Literal, get_args

from ratemodel.types.columns import Column, TableSpec
from ratemodel.types.market import ReleaseKind

MeetingKind = Literal["scheduled", "unscheduled", "cancelled", "other_statement"]
FlowUnit = Literal[
    "ratio",
    "usd",
    "usd_per_day",
    "pct_of_notional",
    "multiple_of_margin",
    "fraction",
    "contracts",
    "troy_oz",
    "units",
]
Grade = Literal["A", "B", "C", "assumption"]

BUILT_IN = ("fomc", "events", "margins", "forced_flows", "claims", "anchors", "quotes")
"""Tables the package carries; one of that name in the folder replaces it whole."""

OPTIONAL = ("leverage", "prices_1h", "odds", "releases")
"""Tables that a folder may lack and that the package does not carry."""


def _target(side: str, when: str) -> Column:
    bound = {"lower": "Lower", "upper": "Upper"}[side]
    return Column(
        f"target_{side}_{when}_pct",
        "number",
        "percent a year",
        f"{bound} end of the target range {when} the decision; empty where not yet known.",
        allow_empty=True,
    )


def _text(name: str, description: str, *, required: bool = True, empty: bool = False) -> Column:
    return Column(name, "text", "", description, required=required, allow_empty=empty)


FUTURES = TableSpec(
    "futures",
    (
        Column("trade_date", "date", "", "Date of the settlement."),
        Column("contract", "month", "", "Delivery month; never a continuous series."),
        Column(
            "settle", "number", "100 minus percent a year", "Settlement price.", low=75, high=105
        ),
        Column("volume", "number", "contracts", "Traded that day.", required=False, low=0),
        Column("open_interest", "number", "contracts", "Open at its end.", required=False, low=0),
    ),
    ("trade_date", "contract"),
    "Settlements of 30-day federal funds futures, one row per trade date and delivery month.",
)

RATES = TableSpec(
    "rates",
    (
        Column("date", "date", "", "Date of the observation."),
        _text("series", "FRED id."),
        Column("value", "number", "the unit FRED gives", "Observation.", allow_empty=True),
    ),
    ("date", "series"),
    "Interest rates, spreads and indices as FRED publishes them.",
    observed="value",
)

_USD = "US dollars"

PRICES = TableSpec(
    "prices",
    (
        Column("date", "date", "", "Date the price belongs to."),
        _text("asset", "Symbol."),
        Column("close", "number", _USD, "Price at the strike.", above=0),
        Column("open", "number", _USD, "First price.", required=False, above=0),
        Column("high", "number", _USD, "Highest price.", required=False, above=0),
        Column("low", "number", _USD, "Lowest price.", required=False, above=0),
        Column("volume", "number", "the venue's unit", "Traded.", required=False, low=0),
        Column(
            "struck_at",
            "clock",
            "",
            "When the close is struck; empty where the asset's own clock holds.",
            required=False,
        ),
    ),
    ("date", "asset"),
    "Daily prices.",
)

FOMC = TableSpec(
    "fomc",
    (
        Column("announced", "date", "", "Date of the announcement, New York."),
        Column("time_et", "time", "", "Time of the announcement, New York."),
        Column("kind", "text", "", "What was announced.", choices=get_args(MeetingKind)),
        *(_target(side, when) for when in ("before", "after") for side in ("lower", "upper")),
        Column("known_since", "date", "", "When the date became public.", required=False),
        Column("cancelled_on", "date", "", "When the meeting was called off.", required=False),
    ),
    ("announced", "time_et"),
    "Decisions and statements of the Federal Open Market Committee.",
)

EVENTS = TableSpec(
    "events",
    (
        _text("event", "Name; `all` is taken."),
        Column("start", "date", "", "First day."),
        Column("end", "date", "", "Last day, inclusive."),
        Column("assets", "symbols", "", "Assets it concerns; empty = all.", required=False),
        _text("trigger", "What set it off.", required=False),
        _text("rate_news", "Whether rates moved on news.", required=False),
        _text("margin_news", "Whether margins were raised.", required=False),
        _text("note", "Anything else.", required=False),
    ),
    ("event",),
    "Windows to be explained.",
)

MARGINS = TableSpec(
    "margins",
    (
        Column("announced", "date", "", "Date of the notice.", allow_empty=True),
        Column(
            "effective_after_close",
            "date",
            "",
            "Date after whose close it holds.",
            allow_empty=True,
        ),
        _text("product", "Symbol of the contract."),
        Column("old", "number", "in old_unit", "Requirement before.", low=0),
        Column("new", "number", "in new_unit", "Requirement after.", low=0),
        _text("old_unit", "Unit of the old requirement."),
        _text("new_unit", "Unit of the new requirement."),
        _text("grade", "How well it is known.", empty=True),
        _text("source", "Where it was read.", empty=True),
    ),
    description="Changes of margin requirements; a row without dates is for the record only.",
)

FORCED_FLOWS = TableSpec(
    "forced_flows",
    (
        _text("event", "Event the row counts for; `all` = every event."),
        Column("date", "date", "", "Date; empty = the event.", allow_empty=True),
        _text("channel", "Who was forced."),
        _text("parameter", "What of the channel is given."),
        Column("asset", "symbols", "", "Assets it weighs on."),
        Column("underlying", "symbols", "", "What the assets are made of.", allow_empty=True),
        Column("low", "number", "in unit", "Low end of the range."),
        Column("central", "number", "in unit", "Value taken as central."),
        Column("high", "number", "in unit", "High end of the range."),
        Column("unit", "text", "", "Unit of the three numbers.", choices=get_args(FlowUnit)),
        Column("grade", "text", "", "How well it is known.", choices=get_args(Grade)),
        _text("source", "Where it was read.", empty=True),
    ),
    description="Ranges of forced selling and of what turns it into a price move.",
)

LEVERAGE = TableSpec(
    "leverage",
    (
        Column("date", "date", "", "Date of the observation."),
        _text("asset", "Symbol."),
        _text("measure", "What is measured."),
        Column("value", "number", "in unit", "Observation."),
        _text("unit", "Unit of the value."),
        _text("source", "Where it was read.", empty=True),
    ),
    ("date", "asset", "measure", "source"),
    "Funding, open interest, liquidations, commitments of traders.",
)

PRICES_1H = TableSpec(
    "prices_1h",
    (
        Column("time_utc", "datetime", "UTC", "Instant of the price."),
        _text("asset", "Symbol."),
        Column("close", "number", _USD, "Price.", above=0),
    ),
    ("time_utc", "asset"),
    "Hourly prices.",
)

ODDS = TableSpec(
    "odds",
    (
        Column("time_utc", "datetime", "UTC", "Instant of the quote."),
        _text("market", "What is bet on."),
        Column("probability", "number", "fraction", "Price of the yes side.", low=0, high=1),
    ),
    ("time_utc", "market"),
    "Odds of prediction markets, for timing.",
)

RELEASES = TableSpec(
    "releases",
    (
        Column("announced", "date", "", "Date of the release, New York."),
        Column("time_et", "time", "", "Time of the release, New York."),
        Column("release", "text", "", "What was released.", choices=get_args(ReleaseKind)),
    ),
    ("announced", "time_et", "release"),
    "Releases of data that move rate expectations.",
)

CLAIMS = TableSpec(
    "claims",
    (
        _text("id", "Short name of the claim."),
        _text("claim", "The claim, in words."),
        Column("asset", "symbols", "", "Assets it speaks of.", allow_empty=True),
        _text("stated_value", "Value as stated: text, not always a number."),
        _text("unit", "Unit of the stated value.", empty=True),
        _text("source_grade", "How well it is sourced.", required=False),
        _text("suggested_measures", "Ways to measure it.", required=False),
    ),
    ("id",),
    "Statements to be checked against the data.",
)

ANCHORS = TableSpec(
    "anchors",
    (
        _text("asset", "Symbol."),
        _text("shock", "What moves it."),
        Column("estimate_pct_per_bp", "number", "percent per basis point", "Published estimate."),
        Column(
            "se_pct_per_bp",
            "number",
            "percent per basis point",
            "Its standard error; empty where not published.",
            allow_empty=True,
            low=0,
        ),
        _text("sample", "Sample of the estimate.", required=False),
        _text("source", "Where it was read.", required=False),
        _text("note", "Anything else.", required=False),
    ),
    description="Published loadings to hold ours against.",
)

QUOTES = TableSpec(
    "quotes",
    (
        Column("date", "date", "", "Date of the quote."),
        _text("series", "What is quoted."),
        Column("value", "number", "in unit", "The quote."),
        _text("unit", "Unit of the value."),
        _text("grade", "How well it is known.", required=False),
        _text("note", "Anything else.", required=False),
    ),
    description="Single figures reported at the time, to hold the data against.",
)

INPUT_TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        *(FUTURES, RATES, PRICES, FOMC, EVENTS, MARGINS, FORCED_FLOWS),
        *(LEVERAGE, PRICES_1H, ODDS, RELEASES, CLAIMS, ANCHORS, QUOTES),
    )
}
"""Every input table by name, in the order of the input format."""
