"""Returns, ShockSeries -> loadings: how much of a shock each return takes."""

from ratemodel.loadings.bootstrap import (
    FitDraws,
    Window,
    WindowDraws,
    bootstrap_fit,
    read_window,
    shock_error_covariance,
)
from ratemodel.loadings.design import build_design, estimation_sample, window_rows
from ratemodel.loadings.estimate import estimate_loadings, loading_rows, unestimated_rows
from ratemodel.loadings.regression import LoadingFit, fit_loading

__all__ = [
    "FitDraws",
    "LoadingFit",
    "Window",
    "WindowDraws",
    "bootstrap_fit",
    "build_design",
    "estimate_loadings",
    "estimation_sample",
    "fit_loading",
    "loading_rows",
    "read_window",
    "shock_error_covariance",
    "unestimated_rows",
    "window_rows",
]
