"""Every number the replica is made with, each with its reason; facts come from the tables.

Orders of magnitude are those of the built-in `anchors` and of general knowledge. Nothing here was
fitted to, or copied from, anybody's market data.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Literal

import pandas as pd

REPLICA_SEED = 29
"""Seed of the data set everybody gets: the first from 0 whose gold and silver stand highest at the
last strike before the crash, where the quotes have their records, and whose bitcoin peaks in the
year before it. Nothing else about it was chosen."""

FIRST_DAY = pd.Timestamp("2023-01-01")
LAST_DAY = pd.Timestamp("2026-03-19")
"""Calendar days simulated: three years before the event, and seven weeks after it."""
FIXINGS_FROM = pd.Timestamp("2022-12-15")
"""Fixings start earlier, on the day the last decision of 2022 took effect: on the first trade date
the days before it in its month are known."""


class Slot(IntEnum):
    """Instants of a day at which something is struck, in the order in which New York sees them."""

    LONDON = 0
    NOON = 1
    SILVER = 2
    GOLD = 3
    STATEMENT = 4
    FUTURES = 5
    YIELDS = 6
    CLOSE = 7
    MIDNIGHT = 8


SLOTS = len(Slot)
Kind = Literal["path", "dollar", "metal", "crypto", "stock"]

NEWS_SHARES: Mapping[Kind, tuple[float, ...]] = {
    "path": (0.42, 0.20, 0.12, 0.01, 0.04, 0.10, 0.03, 0.02, 0.06),
    "dollar": (0.66, 0.24, 0.02, 0.002, 0.008, 0.02, 0.01, 0.01, 0.03),
    "metal": (0.45, 0.22, 0.14, 0.005, 0.025, 0.05, 0.015, 0.025, 0.07),
    "crypto": (0.52, 0.10, 0.07, 0.005, 0.025, 0.05, 0.025, 0.025, 0.18),
    "stock": (0.35, 0.15, 0.10, 0.01, 0.06, 0.14, 0.06, 0.10, 0.03),
}
"""Share of a trade date's news variance that falls between each slot and the one before it.
Data come out at 08:30 and currencies trade most before noon, when the index is struck; crypto
trades at all hours. The tenth of dollar news that comes after noon is what a loading on the noon
index must miss, by the clock, for prices struck later."""

QUIET_DAYS: Mapping[Kind, tuple[float, float]] = {
    "path": (0.05, 0.01),
    "dollar": (0.10, 0.01),
    "metal": (0.10, 0.02),
    "crypto": (1.00, 0.55),
    "stock": (0.0, 0.0),
}
"""News variance of a market holiday and of a weekend day relative to a trade date. A little rate
news breaks on weekends: futures take it on Monday, crypto on the day itself."""

# --- The rate path ------------------------------------------------------------------------------

LEVEL_BP = 0.58
"""Daily sd with which the level factor moves each meeting of the year ahead: eight meetings make
about 4.6 bp of a 12-month revision."""
LEVEL_FADE_YEARS = 0.5
"""Beyond a year the level factor's weight on a meeting falls by e every half year."""
SLOPE_BP = 0.35
"""Daily sd of the slope factor: a sooner move for a later one, nothing at twelve months."""
SLOPE_YEARS = (0.5, 1.0)
"""Meetings up to the first distance move one way, those up to the second the other."""
MEETING_BP = 0.60
"""Daily sd of news about one meeting alone. With the factors the 12-month revision has a daily
standard deviation of about 5 bp."""
PATH_T_DF = 6.0
"""Degrees of freedom of rate news: fat tails, finite kurtosis."""
STATEMENT_VARIANCE = 1.5
"""Level and slope news in the hour after a statement, in daily variances."""
DECISION_BP = 2.5
"""Sd of what the decision itself surprises by: most are known beforehand."""
CUT_SHARES = (0.10, 0.25, 0.20, 0.20, 0.10, 0.15)
"""How the cuts priced for the quote's year are spread over its undecided meetings, in order."""
LATER_MOVE_BP = 1.0
"""Expected move of each meeting in later years, at the time of the quote: a slow way back."""
EVENT_REVISION_SHARES = (0.2, 0.8)
"""How the two-year yield's quoted change between the first two quotes falls on their two days:
the nomination leaked in the evening of the first one."""
RATES_ONLY_EVENT = ("hassett-2026-01-16", 3.5)
"""The rates-only control and its revision, bp: the middle of the range in the events table."""

# --- Fixings, futures, yields -------------------------------------------------------------------

HALF_RANGE_PCT = 0.125
FIXING_SPREADS_PCT = (0.08, 0.14)
"""Effective rate above the lower bound, at the start and at the end of the sample: it drifts up
in steps of a basis point, which is no hike."""
DRIFT_FROM = 0.4
"""Share of the sample after which those steps begin."""
FIXING_NOISE = (0.03, 0.94, 0.03)
"""Probabilities of a fixing 1 bp below, on, and 1 bp above its spread."""

MONTHS_AHEAD = 25
"""Delivery months listed beyond the running one: 26 contracts a date."""
TICK_BP, NEAREST_TICK_BP = 0.5, 0.25
"""Price steps of the exchange: a quarter for the nearest contract, half a basis point beyond."""
FINAL_TICK_BP = 0.1
FINAL_SHARE = 0.4
"""Share of expired contracts whose final settlement is in the table."""
CARRIED_BEYOND_MONTHS = 18
"""At the start of a carried stretch, contracts further out than this repeat this one's changes;
at its end, four months later, the nearest of them is 15 months ahead."""
CARRIED = (
    ("2023-06-01", "2023-09-29"),
    ("2023-10-02", "2024-01-31"),
    ("2024-10-01", "2025-01-31"),
    ("2025-02-03", "2025-05-30"),
)
"""Stretches in which a vendor carried far marks instead of collecting them."""
MISSING_CELLS = 30
MISSING_CELLS_AHEAD = (3, 20)
"""Months ahead of the contract-days that are missing."""
MISSING_DATE_WITHIN = ("2024-03-01", "2024-08-30")
"""The vendor has no futures at all on one date drawn from here; the assets have prices."""

PREMIUM_BP: Mapping[str, tuple[float, float, float, float]] = {
    "DGS3MO": (0.25, 5.0, 1.0, 0.97),
    "DGS6MO": (0.5, 5.0, 1.2, 0.97),
    "DGS1": (1.0, 8.0, 1.5, 0.98),
    "DGS2": (2.0, 15.0, 2.0, 0.98),
    "DGS5": (5.0, 35.0, 2.5, 0.99),
    "DGS10": (10.0, 75.0, 3.0, 0.99),
}
"""Treasury yields: years, mean premium over the expected funds rate (bp), the premium's daily sd
(bp) and its persistence."""
BREAKEVEN_PCT = (2.3, 0.02, 0.99)
"""Ten-year inflation compensation: mean, daily sd (percentage points), persistence."""
