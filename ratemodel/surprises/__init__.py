"""Policy surprises for users: every published series, from intraday tables or daily closes."""

from ratemodel.surprises.build import daily_surprises, policy_surprises
from ratemodel.surprises.comparison import compare_surprises, daily_ceiling
from ratemodel.surprises.assets import asset_loadings
from ratemodel.shocks.resampling import surprise_errors, surprise_influence

__all__ = [
    "policy_surprises",
    "daily_surprises",
    "surprise_errors",
    "surprise_influence",
    "compare_surprises",
    "daily_ceiling",
    "asset_loadings",
]
