"""Changes of contracts and yields -> ShockSeries: what each day revised."""

from ratemodel.shocks.choice import ShockChoice, choose_shock
from ratemodel.shocks.changes import MAX_GAP_DAYS
from ratemodel.shocks.daily import path_shocks
from ratemodel.shocks.flags import shock_table
from ratemodel.shocks.outside import shock_series

__all__ = [
    "MAX_GAP_DAYS",
    "ShockChoice",
    "choose_shock",
    "path_shocks",
    "shock_series",
    "shock_table",
]
