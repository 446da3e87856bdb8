"""Principal components of changes: standardise, decompose, and say when that cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.errors import CoverageError
from ratemodel.types.components import Design

Floats = npt.NDArray[np.float64]

SPARE_ROWS = 2
"""Announcements needed beyond the number of inputs before a component is estimated."""
NO_SPREAD = 1e-12
"""A standard deviation, relative to the largest, that is rounding and no movement."""
SLIGHT = 1e-8
"""Relative to one: a slope, or a gap between two variances, that is rounding."""


@dataclass(frozen=True, eq=False)
class LinearRule:
    """Surprises as fixed sums of changes, (x − centre) · weights.

    Attributes
    ----------
    centre : array, shape (p,)
    weights : array, shape (p, series)
    loadings : array, shape (p, k)
    shares : array, shape (p,)
    """

    centre: Floats
    weights: Floats
    loadings: Floats
    shares: Floats

    def values(self, design: Design) -> Floats:
        """Surprises of each row, shape (n, series)."""
        return np.asarray((design.inputs - self.centre) @ self.weights, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of unit variance of standardised inputs.

    Attributes
    ----------
    centre, scale : array, shape (p,)
        Mean and standard deviation (n − 1) of the inputs.
    vectors : array, shape (p, k)
        Eigenvectors of the correlation matrix, unit length, entries summing to a positive number.
    variances : array, shape (p,)
        All eigenvalues, largest first.
    """

    centre: Floats
    scale: Floats
    vectors: Floats
    variances: Floats

    @property
    def shares(self) -> Floats:
        """Share of each component in the inputs' variance."""
        return np.asarray(self.variances / self.variances.sum(), dtype=np.float64)

    @property
    def weights(self) -> Floats:
        """Weights of the centred inputs in components of unit variance, shape (p, k)."""
        spread = np.sqrt(self.variances[: self.vectors.shape[1]])
        return np.asarray(self.vectors / self.scale[:, None] / spread, dtype=np.float64)

    @property
    def slopes(self) -> Floats:
        """Slopes of the standardised inputs on components of unit variance, shape (p, k)."""
        spread = np.sqrt(self.variances[: self.vectors.shape[1]])
        return np.asarray(self.vectors * spread, dtype=np.float64)


def principal_components(inputs: Floats, count: int, names: Sequence[str]) -> Components:
    """Find the first components of standardised inputs.

    Parameters
    ----------
    inputs : array, shape (n, p)
        Complete rows.
    count : int
        Components to find.
    names : sequence of str
        Of the inputs, for errors.

    Raises
    ------
    CoverageError
        If there are too few rows, an input never moves, or fewer than `count` components do.

    Examples
    --------
    >>> found = principal_components(
    ...     np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0], [3.0, 7.0]]), 1, ["ED1", "ED2"]
    ... )
    >>> found.vectors.round(4).ravel()
    array([0.7071, 0.7071])
    """
    rows, width = inputs.shape
    if rows < width + SPARE_ROWS:
        raise CoverageError(
            f"{rows} announcements have all of {', '.join(names)}; {width + SPARE_ROWS} are needed"
        )
    centre = inputs.mean(axis=0)
    apart = inputs - centre
    covariance = apart.T @ apart / (rows - 1)
    scale = np.sqrt(covariance.diagonal())
    refuse_still(scale, inputs, names)
    variances, vectors = decompose(covariance / np.outer(scale, scale))
    if variances[count - 1] <= NO_SPREAD * variances[0]:
        raise CoverageError(f"{', '.join(names)} move as fewer than {count} components")
    return Components(centre, scale, vectors[:, :count], variances)


def refuse_still(scale: Floats, inputs: Floats, names: Sequence[str]) -> None:
    """Refuse inputs that never move: they cannot be standardised."""
    size = np.abs(inputs).max(axis=0)
    if (scale > NO_SPREAD * size).all():
        return
    still = [n for n, sd, top in zip(names, scale, size, strict=True) if sd <= NO_SPREAD * top]
    raise CoverageError(f"{', '.join(still)} never moves: it cannot be standardised")


def decompose(symmetric: Floats) -> tuple[Floats, Floats]:
    """Decompose a symmetric matrix: eigenvalues, largest first, and vectors of positive sum."""
    values, vectors = np.linalg.eigh(symmetric)
    values, vectors = values[::-1], vectors[:, ::-1]
    signs = np.where(vectors.sum(axis=0) < 0.0, -1.0, 1.0)
    return np.maximum(values, 0.0), vectors * signs


def slope(response: Floats, regressor: Floats) -> float:
    """Regress one series on another with a constant; rows where either is missing do not count.

    Raises
    ------
    CoverageError
        If fewer than three rows have both, or the response does not move with the regressor.
    """
    both = np.isfinite(response) & np.isfinite(regressor)
    if both.sum() < 3:
        raise CoverageError("fewer than three announcements have what the series is scaled to")
    x, y = regressor[both] - regressor[both].mean(), response[both]
    found = float(x @ y / (x @ x))
    if abs(found) * float(np.abs(x).max()) <= SLIGHT * float(np.abs(y).max()):
        raise CoverageError("what the series is scaled to does not move with it")
    return found
