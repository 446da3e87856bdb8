"""Estimated components of changes: what enters, how it is weighed, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64] | npt.NDArray[np.bool_] | slice


@dataclass(frozen=True, eq=False)
class Design:
    """The changes a construction is estimated on, one row an announcement, in order of time.

    Attributes
    ----------
    inputs : array, shape (n, p)
        Changes that the components are taken from, percentage points.
    extra : array, shape (n, q)
        What scales, splits or predicts a component: a yield, a stock return, predictors. NaN
        where it is missing.
    early : array of bool, shape (n,)
        Announcements before 2009, when no large-scale asset purchases were to be announced.
    """

    inputs: Floats
    extra: Floats
    early: Bools

    def take(self, rows: Rows) -> Design:
        """Keep some rows, in the order given."""
        return Design(self.inputs[rows], self.extra[rows], self.early[rows])

    def __len__(self) -> int:
        return len(self.inputs)


class Rule(Protocol):
    """How changes become surprises, as estimated on one sample; applies to any other.

    Attributes
    ----------
    loadings : array, shape (p, k)
        How the inputs load on each of the first k series; for a series that is a first principal
        component, its eigenvector of unit length, else the slope of the standardised input on the
        factor of unit variance.
    shares : array, shape (p,)
        Share of each principal component in the inputs' variance, largest first.
    """

    @property
    def loadings(self) -> Floats:
        """Loadings of the inputs."""
        ...

    @property
    def shares(self) -> Floats:
        """Shares of variance."""
        ...

    def values(self, design: Design) -> Floats:
        """Surprises of each row, shape (n, series)."""
        ...


@dataclass(frozen=True, eq=False)
class ComponentFit:
    """One construction as estimated: everything needed to estimate it again on other rows.

    Attributes
    ----------
    name : str
        Of the construction.
    series : tuple of str
        Series it makes, in the order of the rule's columns.
    inputs : tuple of str
        Columns of the design's inputs.
    times : DatetimeIndex
        Announcements of the design's rows.
    design : Design
    rule : Rule
    estimate : callable
        What made the rule of the design.
    """

    name: str
    series: tuple[str, ...]
    inputs: tuple[str, ...]
    times: pd.DatetimeIndex
    design: Design
    rule: Rule
    estimate: Callable[[Design], Rule]

    @property
    def loadings(self) -> pd.DataFrame:
        """Loadings of the inputs (rows) on the estimated components (columns)."""
        names = list(self.series[: self.rule.loadings.shape[1]])
        return pd.DataFrame(self.rule.loadings, index=list(self.inputs), columns=names)

    @property
    def shares(self) -> Floats:
        """Share of each principal component in the inputs' variance, largest first."""
        return self.rule.shares
