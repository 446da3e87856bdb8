"""Measured forced flows: what was observed and dated, never what a model supposes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError
from ratemodel.types.flow_parameters import FLOW_CHANNELS, FLOW_PARAMETERS
from ratemodel.types.flows import FLOW_COLUMNS, ForcedFlows

MEASURED_GRADES = ("A", "B")
ALL_EVENTS = "all"
ALL_ASSETS = "all"

_Range = tuple[float, float, float]

MEASURED: dict[tuple[str, str], Callable[[_Range], _Range]] = {
    ("levered_etf", "flow_observed"): lambda usd: usd,
    ("liquidation", "long_usd"): lambda usd: (-usd[2], -usd[1], -usd[0]),
    ("liquidation", "short_usd"): lambda usd: usd,
}
"""Channel and parameter of each measured flow, and how its range becomes signed dollars:
liquidated longs are sold, liquidated shorts are bought back."""


def measured_flows(forced_flows: pd.DataFrame, event: str, asset: str) -> ForcedFlows:
    """Collect the measured, dated flows of one asset in one event, and its impact parameters.

    A row counts for its own event only (``all`` = every event), for the assets it lists, if it is
    graded A or B and has a date. Volume and impact parameters may have any grade: they are ranges
    to be varied, not measurements of the event.

    Parameters
    ----------
    forced_flows : DataFrame
        The forced_flows table.
    event, asset : str

    Returns
    -------
    ForcedFlows

    Raises
    ------
    DataError
        If a measured flow is not in dollars, or an impact parameter is not positive.
    """
    of_event = forced_flows.loc[forced_flows["event"].isin([event, ALL_EVENTS])]
    rows = of_event.loc[[_lists(str(text), asset) for text in of_event["asset"]]]
    flows = []
    for row in rows.to_dict("records"):
        sign = MEASURED.get((row["channel"], row["parameter"]))
        if sign is None or row["grade"] not in MEASURED_GRADES or pd.isna(row["date"]):
            continue
        if row["unit"] != "usd":
            raise DataError(
                f"forced_flows: {row['channel']} {row['parameter']} of {row['asset']} on "
                f"{row['date']:%Y-%m-%d} is in {row['unit']!r}; a measured flow is in usd"
            )
        low, central, high = sign((row["low"], row["central"], row["high"]))
        flows.append((row["date"], row["channel"], low, central, high, row["grade"], row["source"]))
    adv = _parameter(rows, "adv")
    note = ""
    if not flows:
        note = f"no flow of {asset} was measured in {event}"
    elif adv is None:
        note = f"flows of {asset} were measured in {event}, its daily volume was not"
    return ForcedFlows(
        asset=asset,
        flows=pd.DataFrame(flows, columns=list(FLOW_COLUMNS)),
        adv_usd=adv,
        y=_parameter(rows, "y_square_root") or (1.0, 1.0, 1.0),
        linear_below=_parameter(rows, "q_linear_below") or (1e-3, 1e-3, 1e-3),
        note=note,
    )


def unknown_channels(forced_flows: pd.DataFrame) -> dict[str, int]:
    """Count the rows of what ratemodel does not know, by name: a misspelt one moves nothing.

    Examples
    --------
    >>> rows = {"channel": ["liquidation", "liquidations"], "parameter": ["levrage", "long_usd"]}
    >>> unknown_channels(pd.DataFrame(rows))
    {"parameter 'levrage' of liquidation": 1, "channel 'liquidations'": 1}
    """
    strange: dict[str, int] = {}
    for key in zip(forced_flows["channel"], forced_flows["parameter"], strict=True):
        if key in FLOW_PARAMETERS:
            continue
        channel, parameter = key
        known = channel in FLOW_CHANNELS
        name = f"parameter {parameter!r} of {channel}" if known else f"channel {channel!r}"
        strange[name] = strange.get(name, 0) + 1
    return strange


def _lists(text: str, asset: str) -> bool:
    symbols = [part.strip() for part in text.split(";")]
    return asset in symbols or symbols == [ALL_ASSETS]


def _parameter(rows: pd.DataFrame, name: str) -> _Range | None:
    found = rows.loc[(rows["channel"] == "impact") & (rows["parameter"] == name)]
    if found.empty:
        return None
    own = found.loc[found["event"] != ALL_EVENTS]
    row = (own if len(own) else found).iloc[0]
    if not float(row["low"]) > 0.0:
        raise DataError(f"forced_flows: impact {name} must be above zero, got {row['low']:g}")
    return (float(row["low"]), float(row["central"]), float(row["high"]))


def flows_of_window(
    flows: ForcedFlows, dates: pd.DatetimeIndex, start: pd.Timestamp
) -> pd.DataFrame:
    """Say which return each flow of a window falls into: the first dated on or after it.

    Parameters
    ----------
    flows : ForcedFlows
    dates : DatetimeIndex
        Dates of the window's returns, ascending.
    start : Timestamp
        First date of the event; flows dated before it or after the last return are left out.

    Returns
    -------
    DataFrame
        The flows kept, with trade_date.
    """
    held = flows.flows.loc[(flows.flows["date"] >= start) & (flows.flows["date"] <= dates[-1])]
    slots = dates.searchsorted(pd.DatetimeIndex(held["date"]))
    return held.assign(trade_date=dates[slots])


def measured_by_return(
    flows: ForcedFlows, dates: pd.DatetimeIndex, start: pd.Timestamp
) -> dict[str, npt.NDArray[np.float64]]:
    """Tabulate measured flows by channel and return: low, central, high; NaN where none.

    Parameters
    ----------
    flows : ForcedFlows
    dates : DatetimeIndex
        Dates of the window's returns, ascending.
    start : Timestamp
        First date of the event.

    Returns
    -------
    dict of str to array, shape (days, 3)
        Dollars, sales negative; flows of one channel in one return are added up.
    """
    held = flows_of_window(flows, dates, start)
    columns = ["low_usd", "central_usd", "high_usd"]
    return {
        str(channel): rows.groupby("trade_date")[columns].sum().reindex(dates).to_numpy(float)
        for channel, rows in held.groupby("channel")
    }


def sum_by_return(held: pd.DataFrame, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Add up all channels' flows by return: low_usd, central_usd, high_usd; zero where none."""
    columns = ["low_usd", "central_usd", "high_usd"]
    sums = held.groupby("trade_date")[columns].sum()
    return sums.reindex(dates, fill_value=0.0).astype(float)
