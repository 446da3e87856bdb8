"""Returns -> volatility: how large a move a quiet day could have made."""

from ratemodel.volatility.filtered import (
    filter_forward,
    simulate_residuals,
    simulate_vectors,
    time_exponent,
)
from ratemodel.volatility.garch import fit_volatility

__all__ = [
    "filter_forward",
    "fit_volatility",
    "simulate_residuals",
    "simulate_vectors",
    "time_exponent",
]
