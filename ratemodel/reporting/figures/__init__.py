"""Figures of the output tables, one a file; each reads finished frames and computes nothing."""

from ratemodel.reporting.figures.path_before_after import rate_path_figure
from ratemodel.reporting.figures.shocks_event import shocks_figure
from ratemodel.reporting.figures.loadings_assets import loadings_figure
from ratemodel.reporting.figures.loadings_methods import methods_figure
from ratemodel.reporting.figures.loadings_paths import paths_figure
from ratemodel.reporting.figures.waterfall import waterfall
from ratemodel.reporting.figures.counterfactuals import counterfactuals
from ratemodel.reporting.figures.odds_calibration import calibration_figure
from ratemodel.reporting.figures.surprise_series import surprises_figure
from ratemodel.reporting.figures.placebo_coverage import placebo_figure
from ratemodel.reporting.figures.validation_coverage import validation_figure
from ratemodel.reporting.figures.draw import draw_all, draw_stage

__all__ = [
    "rate_path_figure",
    "shocks_figure",
    "loadings_figure",
    "methods_figure",
    "paths_figure",
    "waterfall",
    "counterfactuals",
    "calibration_figure",
    "surprises_figure",
    "placebo_figure",
    "validation_figure",
    "draw_all",
    "draw_stage",
]
