"""Contracts, yields -> RatePath: what the market expects the funds rate to be, by meeting."""

from ratemodel.path.guards import GUARDS, flag_lockstep
from ratemodel.path.implied import Engine, Premium, implied_path
from ratemodel.path.horizons import expected_rates, horizon_frame
from ratemodel.path.target import known_target
from ratemodel.path.diagnostics import contract_residuals_bp, tick_sensitivity_bp

__all__ = [
    "GUARDS",
    "Engine",
    "Premium",
    "contract_residuals_bp",
    "expected_rates",
    "flag_lockstep",
    "horizon_frame",
    "implied_path",
    "known_target",
    "tick_sensitivity_bp",
]
