"""Changes of contracts and yields -> ShockSeries: what each day revised."""

from ratemodel.shocks.choice import ShockChoice, choose_shock
from ratemodel.shocks.contract_changes import MAX_GAP_DAYS
from ratemodel.shocks.daily import path_shocks
from ratemodel.shocks.flags import shock_table
from ratemodel.shocks.outside import shock_series
from ratemodel.shocks.surprises import build_surprises
from ratemodel.shocks.daily_surprises import daily_changes

__all__ = [
    "MAX_GAP_DAYS",
    "ShockChoice",
    "build_surprises",
    "choose_shock",
    "daily_changes",
    "path_shocks",
    "shock_series",
    "shock_table",
]
