"""How much of a crash was rate expectations, how much leverage, and how sure we are.

Names are loaded when first used: ``import ratemodel as rm`` costs nothing until then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratemodel.config import Study
    from ratemodel.decomposition import decompose, placebo
    from ratemodel.errors import RateModelError
    from ratemodel.estimators import estimate_loadings
    from ratemodel.market import load_market
    from ratemodel.odds import meeting_probabilities, score_odds
    from ratemodel.path import implied_path
    from ratemodel.pipeline import run
    from ratemodel.reporting import figures
    from ratemodel.returns import log_returns
    from ratemodel.shocks import path_shocks, shock_series
    from ratemodel.surprises import (
        asset_loadings,
        compare_surprises,
        daily_ceiling,
        daily_surprises,
        policy_surprises,
        surprise_errors,
        surprise_influence,
    )
    from ratemodel.types.loadings import compare
    from ratemodel.validation import validate
    from ratemodel.volatility import fit_dcc, fit_volatility

_HOME = {
    "Study": "ratemodel.config",
    "load_market": "ratemodel.market",
    "implied_path": "ratemodel.path",
    "meeting_probabilities": "ratemodel.odds",
    "score_odds": "ratemodel.odds",
    "path_shocks": "ratemodel.shocks",
    "shock_series": "ratemodel.shocks",
    "policy_surprises": "ratemodel.surprises",
    "daily_surprises": "ratemodel.surprises",
    "surprise_errors": "ratemodel.surprises",
    "surprise_influence": "ratemodel.surprises",
    "compare_surprises": "ratemodel.surprises",
    "daily_ceiling": "ratemodel.surprises",
    "asset_loadings": "ratemodel.surprises",
    "log_returns": "ratemodel.returns",
    "estimate_loadings": "ratemodel.estimators",
    "compare": "ratemodel.types.loadings",
    "fit_volatility": "ratemodel.volatility",
    "fit_dcc": "ratemodel.volatility",
    "decompose": "ratemodel.decomposition",
    "placebo": "ratemodel.decomposition",
    "validate": "ratemodel.validation",
    "run": "ratemodel.pipeline",
    "RateModelError": "ratemodel.errors",
}

__all__ = [
    "Study",
    "load_market",
    "implied_path",
    "meeting_probabilities",
    "score_odds",
    "path_shocks",
    "shock_series",
    "policy_surprises",
    "daily_surprises",
    "surprise_errors",
    "surprise_influence",
    "compare_surprises",
    "daily_ceiling",
    "asset_loadings",
    "log_returns",
    "estimate_loadings",
    "compare",
    "fit_volatility",
    "fit_dcc",
    "decompose",
    "placebo",
    "validate",
    "run",
    "figures",
    "RateModelError",
]


def __getattr__(name: str) -> Any:
    if name == "figures":
        return import_module("ratemodel.reporting.figures")
    if name not in _HOME:
        raise AttributeError(f"module 'ratemodel' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
