"""The floor: how far measured forced flows alone would have moved the price."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.leverage.flows import flows_of_window, sum_by_return
from ratemodel.leverage.impact import price_impact
from ratemodel.types.flows import ForcedFlows

Floats = npt.NDArray[np.float64]

FLOW_ROW_COLUMNS = (
    *("flow", "date", "trade_date", "channel", "low_usd", "central_usd", "high_usd"),
    *("grade", "source", "adv_usd", "sigma_pre_pp"),
)


@dataclass(frozen=True, eq=False)
class LeverageFloor:
    """Price moves that measured flows alone account for, by return, pp.

    Attributes
    ----------
    central_pp, low_pp, high_pp : array, shape (n,)
        At central values, and the smallest and largest over all corners of the ranges, by return.
    total : (central, low, high)
        The same for the sum, with one corner for the whole window.
    note : str
        Why it is zero, if it is.
    flow_rows : tuple of dict
        The flows behind it, one a measurement, columns `FLOW_ROW_COLUMNS`; `flow` numbers them.
    """

    central_pp: Floats
    low_pp: Floats
    high_pp: Floats
    total: tuple[float, float, float]
    note: str
    flow_rows: tuple[dict[Any, Any], ...] = ()


def leverage_floor(
    flows: ForcedFlows, dates: pd.DatetimeIndex, start: pd.Timestamp, sigma_pp: float
) -> LeverageFloor:
    """Turn measured flows into the price move they alone account for.

    All channels of a return are added up before the impact law, which is concave. The range is
    the set over all corners of flow, prefactor Y, daily volume and q*, taken together for the
    whole window: a sensitivity set, not a confidence interval.

    Parameters
    ----------
    flows : ForcedFlows
    dates : DatetimeIndex
        Dates of the window's returns.
    start : Timestamp
        First date of the event.
    sigma_pp : float
        Daily volatility known before the window, pp.

    Returns
    -------
    LeverageFloor
        Zero with a note where nothing was measured.
    """
    none, nothing = np.zeros(len(dates)), (0.0, 0.0, 0.0)
    if flows.note or flows.adv_usd is None:
        return LeverageFloor(none, none, none, nothing, flows.note)
    held = flows_of_window(flows, dates, start)
    table = sum_by_return(held, dates)
    if held.empty:
        note = f"no flow of {flows.asset} falls into the window"
        return LeverageFloor(none, none, none, nothing, note)
    central = price_impact(
        table["central_usd"].to_numpy(),
        sigma_pp,
        flows.adv_usd[1],
        flows.y[1],
        flows.linear_below[1],
    )
    corners = np.array(
        [
            price_impact(table[column].to_numpy(), sigma_pp, adv, y, knee)
            for column, adv, y, knee in product(
                ("low_usd", "high_usd"), flows.adv_usd, flows.y, flows.linear_below
            )
        ]
    )
    sums = corners.sum(axis=1)
    rows = held.assign(
        flow=range(1, len(held) + 1), adv_usd=flows.adv_usd[1], sigma_pre_pp=sigma_pp
    )
    return LeverageFloor(
        central_pp=central,
        low_pp=corners.min(axis=0),
        high_pp=corners.max(axis=0),
        total=(float(central.sum()), float(sums.min()), float(sums.max())),
        note="",
        flow_rows=tuple(rows[list(FLOW_ROW_COLUMNS)].to_dict("records")),
    )
