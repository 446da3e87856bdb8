"""The surprise that nothing known before could have told: residuals on predictors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.errors import CoverageError
from ratemodel.shocks.components import LinearRule, principal_components
from ratemodel.shocks.factors import first_component
from ratemodel.types.components import Design

Floats = npt.NDArray[np.float64]

INPUTS = ("ED1", "ED2", "ED3", "ED4")


@dataclass(frozen=True, eq=False)
class OrthogonalRule:
    """The residual of a component on predictors.

    Attributes
    ----------
    component : LinearRule
    coefficients : array, shape (1 + q,)
        Constant and slopes of the component on the predictors.
    """

    component: LinearRule
    coefficients: Floats

    @property
    def loadings(self) -> Floats:
        """None of its own: those of the component stand with it."""
        return self.component.loadings[:, :0]

    @property
    def shares(self) -> Floats:
        """Share of each principal component in the inputs' variance."""
        return self.component.shares

    def values(self, design: Design) -> Floats:
        """Residual of each row, shape (n, 1); NaN where a predictor is missing."""
        fitted = with_constant(design.extra) @ self.coefficients
        return self.component.values(design) - fitted[:, None]


def orthogonal_surprise(design: Design, *, known_before: bool = False) -> OrthogonalRule:
    """Estimate the component of ED1..ED4, ED4's slope on it one, and what predictors say of it.

    Parameters
    ----------
    design : Design
        Inputs in the order of `INPUTS`, complete rows; extra are predictors, NaN where missing.
    known_before : bool
        Leave the last announcement out of the regression: its residual is then an error of a
        forecast that could have been made.

    Raises
    ------
    CoverageError
        If too few announcements have all predictors, or predictors are collinear.

    References
    ----------
    Bauer, M. D. and E. T. Swanson (2023), "A reassessment of monetary policy surprises and
    high-frequency identification", NBER Macroeconomics Annual 37, 87-155.
    """
    component = mps(design)
    surprise = component.values(design)[:, 0]
    told = np.arange(len(design)) < len(design) - 1 if known_before else np.True_
    used = np.asarray(np.isfinite(design.extra).all(axis=1) & told)
    regressors = with_constant(design.extra[used])
    if used.sum() < 2 * regressors.shape[1]:
        raise CoverageError(
            f"{int(used.sum())} announcements have all {design.extra.shape[1]} predictors; "
            f"{2 * regressors.shape[1]} are needed"
        )
    coefficients, _, rank, _ = np.linalg.lstsq(regressors, surprise[used])
    if rank < regressors.shape[1]:
        raise CoverageError("the predictors are collinear: one is a sum of others or constant")
    return OrthogonalRule(component, np.asarray(coefficients, dtype=np.float64))


def mps(design: Design) -> LinearRule:
    """Estimate the component of ED1..ED4 alone, ED4's slope on it one."""
    found = principal_components(design.inputs, 1, INPUTS)
    return first_component(found, design, design.inputs[:, 3])


def with_constant(predictors: Floats) -> Floats:
    """Put a column of ones before the predictors."""
    return np.column_stack([np.ones(len(predictors)), predictors])
