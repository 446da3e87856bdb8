"""Target and path, policy news, and the three factors with asset purchases: rotated components."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from ratemodel.errors import CoverageError
from ratemodel.shocks.components import (
    SLIGHT,
    Components,
    LinearRule,
    principal_components,
    slope,
)
from ratemodel.types.components import Design

Floats = npt.NDArray[np.float64]
PathScale = Literal["ed4", "equal"]

FIVE = ("MP1", "MP2", "ED2", "ED3", "ED4")
EIGHT = (*FIVE, "UST2Y", "UST5Y", "UST10Y")


def target_and_path(design: Design, path_scale: PathScale = "ed4") -> LinearRule:
    r"""Turn two components so that one of them does not move the current rate.

    With F the first two principal components, of unit variance, of the standardised
    [MP1 MP2 ED2 ED3 ED4] and g the slopes of MP1 on them,

    .. math:: Z_1 = (g_1 F_1 + g_2 F_2)/|g|, \qquad Z_2 = (g_1 F_2 - g_2 F_1)/|g|,

    so that MP1 has no slope on Z2. The target factor is Z1 scaled one-for-one to MP1, the path
    factor Z2 scaled one-for-one to ED4, which also sets their signs.

    Parameters
    ----------
    design : Design
        Inputs in the order of `FIVE`, complete rows.
    path_scale : {"ed4", "equal"}
        ``equal`` scales path so that a unit of it moves ED4 as a unit of target does, as in the
        original paper.

    References
    ----------
    Gürkaynak, R., B. Sack and E. Swanson (2005), "Do actions speak louder than words?",
    International Journal of Central Banking 1(1), 55-93.
    """
    found = principal_components(design.inputs, 2, FIVE)
    g = found.slopes[0]
    size = float(np.hypot(g[0], g[1]))
    if size < SLIGHT:
        raise CoverageError("MP1 does not move with the first two components")
    turn = np.array([[g[0], -g[1]], [g[1], g[0]]]) / size
    sd = found.scale
    slopes = found.slopes @ turn
    to_mp1, target_on_ed4 = slopes[0, 0] * sd[0], slopes[4, 0] * sd[4]
    path_on_ed4 = slopes[4, 1] * sd[4]
    if abs(slopes[4, 1]) < SLIGHT:
        raise CoverageError("ED4 does not move with the path factor, which cannot be scaled to it")
    if path_scale == "equal":
        if abs(slopes[4, 0]) < SLIGHT:
            raise CoverageError("ED4 does not move with the target factor: no equal effect")
        path_on_ed4 *= to_mp1 / target_on_ed4
    scales = np.array([to_mp1, path_on_ed4])
    signs = np.sign(scales)
    return LinearRule(found.centre, found.weights @ turn * scales, slopes * signs, found.shares)


def policy_news(design: Design) -> LinearRule:
    """Take the first component of the same five, one-for-one with the one-year yield.

    Parameters
    ----------
    design : Design
        Inputs in the order of `FIVE`; extra is the yield's change, NaN where it is missing.

    References
    ----------
    Nakamura, E. and J. Steinsson (2018), "High-frequency identification of monetary
    non-neutrality", Quarterly Journal of Economics 133(3), 1283-1330.
    """
    found = principal_components(design.inputs, 1, FIVE)
    return first_component(found, design, design.extra[:, 0])


def first_component(found: Components, design: Design, scale_to: Floats) -> LinearRule:
    """Scale a first component so that the slope of another change on it is one."""
    component = ((design.inputs - found.centre) @ found.weights)[:, 0]
    effect = slope(scale_to, component)
    return LinearRule(found.centre, found.weights * effect, found.vectors, found.shares)


def purchase_factors(design: Design) -> LinearRule:
    r"""Separate the current rate, forward guidance and asset purchases.

    With F the first three components, of unit variance, of the standardised changes in
    [MP1 MP2 ED2 ED3 ED4] and in the 2-, 5- and 10-year yield: the first factor is the direction
    in which MP1 moves; the other two are orthogonal to it, so that MP1 has no slope on them, and
    among these the third is the one whose variance before 2009 is least. All have unit variance
    on the sample. Signs: the first raises MP1, the second ED4; a positive third one is more
    purchases than expected and lowers the 10-year yield.

    Parameters
    ----------
    design : Design
        Inputs in the order of `EIGHT`, complete rows, with `early` set.

    Raises
    ------
    CoverageError
        If announcements before 2009, or since, are too few to tell the factors apart.

    References
    ----------
    Swanson, E. T. (2021), "Measuring the effects of federal reserve forward guidance and asset
    purchases on financial markets", Journal of Monetary Economics 118, 32-53.
    """
    found = principal_components(design.inputs, 3, EIGHT)
    early = design.early
    if early.sum() < 3 or (~early).sum() < 3:
        raise CoverageError(
            f"{int(early.sum())} announcements before 2009 and {int((~early).sum())} since; three "
            "of each are needed to tell purchases from forward guidance"
        )
    g = found.slopes[0]
    size = float(np.linalg.norm(g))
    if size < SLIGHT:
        raise CoverageError("MP1 does not move with the first three components")
    first = g / size
    # Left singular vectors beyond the first span what is orthogonal to it.
    rest = np.linalg.svd(first[:, None])[0][:, 1:]
    factors = (design.inputs - found.centre) @ found.weights @ rest
    variances, turn = np.linalg.eigh(np.cov(factors[early], rowvar=False))
    if variances[1] - variances[0] < SLIGHT:
        raise CoverageError("before 2009 no factor varies less than another")
    rotation = np.column_stack([first, rest @ turn[:, 1], rest @ turn[:, 0]])
    slopes = found.slopes @ rotation
    signs = np.array([1.0, _sign(slopes[4, 1]), -_sign(slopes[7, 2])])
    return LinearRule(found.centre, found.weights @ rotation * signs, slopes * signs, found.shares)


def _sign(value: float) -> float:
    return -1.0 if value < 0.0 else 1.0
