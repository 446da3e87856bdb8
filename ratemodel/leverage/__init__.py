"""Observed state -> dollars -> pp: forced flows and what they do to prices."""

from ratemodel.leverage.floor import FLOW_ROW_COLUMNS, LeverageFloor, leverage_floor
from ratemodel.leverage.flows import measured_flows, unknown_channels
from ratemodel.leverage.impact import price_impact

__all__ = [
    "FLOW_ROW_COLUMNS",
    "LeverageFloor",
    "leverage_floor",
    "measured_flows",
    "price_impact",
    "unknown_channels",
]
