"""Observed state -> dollars -> pp: forced flows and what they do to prices."""

from ratemodel.leverage.admissible import admissible_draws
from ratemodel.leverage.channels import (
    Channel,
    LeveragedFund,
    Liquidations,
    MarginCalls,
    ObservedFlow,
    VolatilityTarget,
)
from ratemodel.leverage.feedback import FixedPoint, first_fixed_point, first_solution
from ratemodel.leverage.floor import FLOW_ROW_COLUMNS, LeverageFloor, leverage_floor
from ratemodel.leverage.flows import (
    measured_by_return,
    measured_flows,
    unknown_channels,
)
from ratemodel.leverage.impact import ImpactLaw, price_impact
from ratemodel.leverage.market import ForcedMarket, forced_market
from ratemodel.leverage.model import EventTables, LeverageModel, leverage_model
from ratemodel.leverage.ranges import MOST_CORNERS, corner_count, draw_ranges
from ratemodel.leverage.responses import (
    fund_rebalancing_usd,
    liquidated_share,
    margin_call_share,
    volatility_target_usd,
)

__all__ = [
    "FLOW_ROW_COLUMNS",
    "MOST_CORNERS",
    "Channel",
    "EventTables",
    "FixedPoint",
    "ForcedMarket",
    "ImpactLaw",
    "LeverageFloor",
    "LeverageModel",
    "LeveragedFund",
    "Liquidations",
    "MarginCalls",
    "ObservedFlow",
    "VolatilityTarget",
    "admissible_draws",
    "corner_count",
    "draw_ranges",
    "first_fixed_point",
    "first_solution",
    "forced_market",
    "fund_rebalancing_usd",
    "leverage_floor",
    "leverage_model",
    "liquidated_share",
    "margin_call_share",
    "measured_by_return",
    "measured_flows",
    "price_impact",
    "unknown_channels",
    "volatility_target_usd",
]
