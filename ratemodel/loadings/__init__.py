"""Returns, ShockSeries -> loadings: how much of a shock each return takes."""

from ratemodel.loadings.design import build_design, estimation_sample, window_rows
from ratemodel.loadings.covariance import Covariance
from ratemodel.loadings.regression import LoadingFit, fit_loading
from ratemodel.loadings.case import Case
from ratemodel.loadings.estimate import (
    least_squares_loadings,
    least_squares_rows,
    loading_rows,
    unestimated_rows,
)
from ratemodel.loadings.likelihood import garch_loadings
from ratemodel.loadings.events import event_loadings
from ratemodel.loadings.heteroskedasticity import rigobon_sack_loadings
from ratemodel.loadings.outliers import quantile_loadings, robust_loadings
from ratemodel.loadings.rolling import rolling_loadings
from ratemodel.loadings.kalman import kalman_loadings
from ratemodel.loadings.projections import projected_loadings
from ratemodel.loadings.shrinkage import shrunken_loadings
from ratemodel.loadings.bootstrap import (
    FitDraws,
    Window,
    WindowDraws,
    bootstrap_fit,
    normal_quantile,
    read_window,
    shock_error_covariance,
)
from ratemodel.loadings.days import DayDraws, read_days

__all__ = [
    "DayDraws",
    "read_days",
    "build_design",
    "estimation_sample",
    "window_rows",
    "Covariance",
    "LoadingFit",
    "fit_loading",
    "Case",
    "least_squares_loadings",
    "least_squares_rows",
    "loading_rows",
    "unestimated_rows",
    "garch_loadings",
    "event_loadings",
    "rigobon_sack_loadings",
    "quantile_loadings",
    "robust_loadings",
    "rolling_loadings",
    "kalman_loadings",
    "projected_loadings",
    "shrunken_loadings",
    "FitDraws",
    "Window",
    "WindowDraws",
    "bootstrap_fit",
    "normal_quantile",
    "read_window",
    "shock_error_covariance",
]
