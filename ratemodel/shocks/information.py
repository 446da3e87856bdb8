"""Split a policy surprise into policy and information by what the stock market did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.errors import CoverageError
from ratemodel.shocks.components import SPARE_ROWS, decompose, refuse_still
from ratemodel.types.components import Design

Floats = npt.NDArray[np.float64]

INPUTS = ("MP1", "FF4", "ED2", "ED3", "ED4")
SCALED_TO = 4
"""Column of ED4, whose standard deviation the component is given."""


@dataclass(frozen=True, eq=False)
class ComponentRule:
    """The component: a sum of changes in which missing ones count as zero.

    Attributes
    ----------
    weights : array, shape (p,)
    loadings, shares : array
        As in `Rule`.
    """

    weights: Floats
    loadings: Floats
    shares: Floats

    def values(self, design: Design) -> Floats:
        """Component of each row, shape (n, 1)."""
        filled = np.nan_to_num(design.inputs, nan=0.0)
        return np.asarray(filled @ self.weights[:, None], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class SplitRule:
    """The component split by sign and by rotation.

    Attributes
    ----------
    component : ComponentRule
    rotation : array, shape (2,)
        Policy shock as a sum of the component and the stock return.
    """

    component: ComponentRule
    rotation: Floats

    @property
    def loadings(self) -> Floats:
        """None of its own: those of the component stand with it."""
        return self.component.loadings[:, :0]

    @property
    def shares(self) -> Floats:
        """Share of each principal component in the inputs' variance."""
        return self.component.shares

    def values(self, design: Design) -> Floats:
        """Policy and information by sign, policy and information by rotation, shape (n, 4).

        Where the stock return is missing all are zero; a product of zero counts as information:
        so do the published series.
        """
        component, stocks = self.component.values(design)[:, 0], design.extra[:, 0]
        known = np.isfinite(stocks)
        returns = np.where(known, stocks, 0.0)
        opposed = component * returns < 0.0
        rotated = np.column_stack([component, returns]) @ self.rotation
        return np.column_stack(
            [
                np.where(opposed, component, 0.0),
                np.where(known & ~opposed, component, 0.0),
                np.where(known, rotated, 0.0),
                np.where(known, component - rotated, 0.0),
            ]
        )


def information_component(design: Design) -> ComponentRule:
    """Estimate the component.

    It is the first one of [MP1 FF4 ED2 ED3 ED4], each over its standard deviation, not centred,
    missing changes counted as zero; its standard deviation is that of ED4.

    Parameters
    ----------
    design : Design
        Inputs in the order of `INPUTS`, NaN where missing.

    References
    ----------
    Jarociński, M. and P. Karadi (2020), "Deconstructing monetary policy surprises: the role of
    information shocks", American Economic Journal: Macroeconomics 12(2), 1-43.
    """
    rows, width = design.inputs.shape
    if rows < width + SPARE_ROWS:
        raise CoverageError(f"{rows} announcements; {width + SPARE_ROWS} are needed")
    filled = np.nan_to_num(design.inputs, nan=0.0)
    scale = filled.std(axis=0, ddof=1)
    refuse_still(scale, filled, INPUTS)
    standard = filled / scale
    variances, vectors = decompose(standard.T @ standard)
    score = standard @ vectors[:, 0]
    known = design.inputs[np.isfinite(design.inputs[:, SCALED_TO]), SCALED_TO]
    size = float(known.std(ddof=1)) / float(score.std(ddof=1))
    return ComponentRule(vectors[:, 0] / scale * size, vectors[:, :1], variances / variances.sum())


def information_split(design: Design, quantile: float = 0.5) -> SplitRule:
    """Estimate the component and how it turns into policy and information.

    Parameters
    ----------
    design : Design
        Inputs in the order of `INPUTS`, NaN where missing; extra is the stock return, percent.
    quantile : float
        Of the admissible angles; 0.5 is the published median.
    """
    component = information_component(design)
    surprise = component.values(design)[:, 0]
    return SplitRule(component, policy_rotation(surprise, design.extra[:, 0], quantile))


def policy_rotation(component: Floats, stocks: Floats, quantile: float) -> Floats:
    r"""Weigh component and stock return so that their sum is a policy shock.

    With q1 along the component, q2 along the part of the return orthogonal to it, and the return
    = r12 q1 + r22 q2, all splits into two orthogonal shocks that sum to the component are

    .. math:: u = |m| \cos a\,(\cos a\, q_1 - \sin a\, q_2), \qquad m - u.

    Policy must move stocks down, tan a > r12/r22, and information up, tan a < −r22/r12 if
    r12 < 0; of these angles, between 0 and a right angle, the asked quantile is taken.

    Parameters
    ----------
    component, stocks : array, shape (n,)
        Rows without a stock return do not count.
    quantile : float

    Returns
    -------
    array, shape (2,)
        Weights of component and return in the policy shock.

    References
    ----------
    Jarociński, M. (2020), "Central bank information effects and transatlantic spillovers", ECB
    Working Paper 2482, appendix B.
    """
    known = np.isfinite(stocks)
    m, s = component[known], stocks[known]
    length = float(np.sqrt(m @ m))
    if length == 0.0:
        raise CoverageError("no announcement with a stock return has a surprise to split")
    r12 = float(m @ s) / length
    other = s - m * (r12 / length)
    r22 = float(np.sqrt(other @ other))
    if r22 <= 1e-12 * float(np.sqrt(s @ s)) or r22 == 0.0:
        raise CoverageError("the stock return is a multiple of the component: no split")
    low = max(0.0, float(np.arctan2(r12, r22)))
    high = float(np.arctan2(r22, -r12)) if r12 < 0.0 else np.pi / 2.0
    angle = (1.0 - quantile) * low + quantile * high
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    return np.array([cos * cos + cos * sin * r12 / r22, -cos * sin * length / r22])
