"""Returns -> volatility: how large a move a quiet day could have made."""

from ratemodel.volatility.garch import fit_volatility
from ratemodel.volatility.rolling import rolling_volatility
from ratemodel.volatility.dcc import fit_dcc
from ratemodel.volatility.bootstrap import bootstrap_volatility
from ratemodel.volatility.filtered import (
    filter_forward,
    simulate_residuals,
    simulate_vectors,
    time_exponent,
)

__all__ = [
    "bootstrap_volatility",
    "filter_forward",
    "fit_dcc",
    "fit_volatility",
    "rolling_volatility",
    "simulate_residuals",
    "simulate_vectors",
    "time_exponent",
]
