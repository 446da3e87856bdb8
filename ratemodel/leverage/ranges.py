"""What is known of a market's leverage as ranges, and draws from them: never bare points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError
from ratemodel.types.flow_parameters import FLOW_PARAMETERS

Floats = npt.NDArray[np.float64]

ALL = "all"
MOST_CORNERS = 4096
"""Corners of twelve ranges; more ranges than that are explored by draws alone."""


@dataclass(frozen=True, slots=True)
class Range:
    """Low, central and high value of one parameter, in the table's unit."""

    low: float
    central: float
    high: float


def parameter_range(
    forced_flows: pd.DataFrame, event: str, asset: str, channel: str, parameter: str
) -> Range | None:
    """Look the range of one parameter of one asset in one event up.

    A row of the event itself goes before one for ``all`` events.

    Parameters
    ----------
    forced_flows : DataFrame
        The forced_flows table.
    event, asset, channel, parameter : str

    Returns
    -------
    Range or None

    Raises
    ------
    DataError
        If the row is in another unit than the parameter's, or out of its bounds.
    """
    rows = matching_rows(forced_flows, event, asset, channel, parameter)
    if rows.empty:
        return None
    own = rows.loc[rows["event"] != ALL]
    row = (own if len(own) else rows).iloc[0]
    known = FLOW_PARAMETERS[channel, parameter]
    # The border holds all units; of impact no other than the usual one makes sense.
    if channel != "impact" and row["unit"] not in known.units:
        raise DataError(
            f"forced_flows: {channel} {parameter} of {asset} is in {row['unit']}; "
            f"it is in {known.units[0]}"
        )
    for name in ("low", "central", "high"):
        if not known.holds(float(row[name])):
            raise DataError(
                f"forced_flows: {name} of {channel} {parameter} of {asset} must be "
                f"{known.bounds()}, got {row[name]}"
            )
    return Range(float(row["low"]), float(row["central"]), float(row["high"]))


def matching_rows(
    forced_flows: pd.DataFrame, event: str, asset: str, channel: str, parameter: str
) -> pd.DataFrame:
    """Rows of one parameter that count for an asset in an event."""
    of_kind = forced_flows.loc[
        forced_flows["event"].isin([event, ALL])
        & (forced_flows["channel"] == channel)
        & (forced_flows["parameter"] == parameter)
    ]
    return of_kind.loc[[lists(str(text), asset) for text in of_kind["asset"]]]


def lists(symbols: str, asset: str) -> bool:
    """Whether a list of symbols names an asset, or all.

    Examples
    --------
    >>> lists("SI; SLV", "SLV"), lists("SIVR", "SI"), lists("all", "SI")
    (True, False, True)
    """
    parts = [part.strip() for part in symbols.split(";")]
    return asset in parts or parts == [ALL]


def corner_count(ranges: Mapping[str, Range]) -> int:
    """Count the combinations of low and high values.

    Examples
    --------
    >>> corner_count({"y": Range(0.5, 1.0, 1.5), "leverage": Range(2.0, 2.0, 2.0)})
    2
    """
    return int(2 ** sum(r.high > r.low for r in ranges.values()))


def draw_ranges(
    ranges: Mapping[str, Range], draws: int, rng: np.random.Generator, *, corners: bool
) -> dict[str, Floats]:
    """Draw parameters from their ranges: central values first, corners if asked, then more.

    Draws are even in logarithms (in the number itself where a range reaches zero or below): a range
    from 20 to 60 billion has its middle at 35.

    Parameters
    ----------
    ranges : mapping of str to Range
    draws : int
        Rows beyond the central one and the corners.
    rng : numpy.random.Generator
    corners : bool
        Whether all combinations of ends are in, if they are no more than `MOST_CORNERS`: for the
        ends of a sensitivity set.

    Returns
    -------
    dict of str to array, shape (1 + corners + draws, 1)

    Examples
    --------
    >>> drawn = draw_ranges({"y": Range(0.5, 1.0, 1.5)}, 2, np.random.default_rng(0), corners=True)
    >>> drawn["y"][:3, 0]
    array([1. , 0.5, 1.5])
    """
    names = list(ranges)
    ends = [(r.low, r.high) if r.high > r.low else (r.central,) for r in ranges.values()]
    grid = list(product(*ends)) if corners and corner_count(ranges) <= MOST_CORNERS else []
    table = {}
    for position, name in enumerate(names):
        r = ranges[name]
        uniform = rng.random(draws)
        if r.low > 0.0:
            drawn = np.exp(np.log(r.low) + uniform * (np.log(r.high) - np.log(r.low)))
        else:
            drawn = r.low + uniform * (r.high - r.low)
        column = [[r.central], [corner[position] for corner in grid], np.clip(drawn, r.low, r.high)]
        table[name] = np.concatenate(column)[:, None].astype(float)
    return table
