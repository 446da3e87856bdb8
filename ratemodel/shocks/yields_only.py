"""Revisions from yields alone: how much is news and how much premium, told by yields themselves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ratemodel.linear import gaussian_posterior
from ratemodel.maturities import YIELD_SERIES
from ratemodel.shocks.yield_rows import NOISE_FLOOR_BP, NOISE_SD_BP, YieldRows

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

COMMON_SHARE = 0.2
"""Correlation ρ of two meetings' revisions. On dates before 2011 on which futures identify them it
is 0.14 over the eight nearest meetings and 0.34 over the five nearest."""
MOVE_SD_BP = 2.0
"""Typical daily revision of one meeting's move, where the past says nothing yet."""
MOVE_SD_FLOOR_BP = 0.25
PAST_DATES = 60


class Scales(NamedTuple):
    """Of each date, from the dates before: sd of a meeting's revision, and of premium news."""

    move_sd_bp: Floats
    """Shape (T,)."""
    noise_sd_bp: Floats
    """Shape (T, 4)."""


def trailing_scales(rows: YieldRows) -> Scales:
    r"""Tell news from premium by what yields have in common, over the 60 dates before.

    .. math:: E[\Delta y_i \Delta y_j] = q^2 g_i'C g_j + s^2 w_i^2 1_{i = j},
              \qquad C = (1 - \rho) I + \rho 11'

    Products of two different yields hold no premium news, so q² is their sum over that of
    :math:`g_i'Cg_j`; s² is the mean over maturities of what squares hold beyond it. The shape w of
    premium news over maturities is that of ``NOISE_SD_BP``. A constant size instead of s would take
    all news of quiet years for noise.

    Parameters
    ----------
    rows : YieldRows

    Returns
    -------
    Scales
    """
    shape = np.array([NOISE_SD_BP[name] for name in YIELD_SERIES])
    total = rows.design.sum(axis=2)
    design = np.matmul(rows.design, rows.design.transpose(0, 2, 1))
    weight = (1.0 - COMMON_SHARE) * design + COMMON_SHARE * total[:, :, None] * total[:, None, :]
    both = rows.usable[:, :, None] & rows.usable[:, None, :]
    product = rows.change_bp[:, :, None] * rows.change_bp[:, None, :]
    sums = [_past_sum(np.where(both, part, 0.0)) for part in (product, weight)]
    count = _past_sum(both.astype(float))
    upper = np.triu_indices(len(shape), 1)
    shared, exposure, pairs = (part[:, *upper].sum(axis=1) for part in (*sums, count))
    square = np.divide(shared, exposure, out=np.full(len(shared), np.nan), where=pairs > 0)
    move = np.maximum(square, MOVE_SD_FLOOR_BP**2)
    each = np.arange(len(shape))
    own = sums[0][:, each, each] - move[:, None] * sums[1][:, each, each]
    seen = count[:, each, each]
    own = np.divide(own, seen, out=np.full(own.shape, np.nan), where=seen > 0) / shape**2
    scale = np.nanmean(np.where((seen > 0).sum(axis=1, keepdims=True) > 0, own, 1.0), axis=1)
    known = (np.arange(len(square)) >= PAST_DATES) & np.isfinite(square)
    move_sd = np.where(known, np.sqrt(move), MOVE_SD_BP)
    scale = np.where(known, np.sqrt(np.maximum(scale, 0.0)), 1.0)
    return Scales(move_sd, np.maximum(scale[:, None] * shape, NOISE_FLOOR_BP))


def _past_sum(values: Floats) -> Floats:
    """Sum over the dates before each, up to sixty."""
    total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    now = np.arange(len(values))
    past: Floats = total[now] - total[np.maximum(now - PAST_DATES, 0)]
    return past


def revise_by_yields(rows: YieldRows, scales: Scales, held: Bools) -> tuple[Floats, Floats]:
    r"""Estimate each meeting's revision from the changes of yields.

    Revisions are a common part and one of their own, :math:`\delta_k = c + \epsilon_k` with
    variances :math:`\rho q^2` and :math:`(1-\rho) q^2`.

    Parameters
    ----------
    rows : YieldRows
    scales : Scales
    held : array of bool, shape (T, K)
        Meetings there are.

    Returns
    -------
    mean : array, shape (T, K)
        Basis points; 0 where padded.
    covariance : array, shape (T, K, K)
    """
    common = rows.design.sum(axis=2, keepdims=True)
    spread = scales.move_sd_bp[:, None] ** -2.0
    own = np.where(held, spread / (1.0 - COMMON_SHARE), 1.0)
    mean, covariance = gaussian_posterior(
        np.concatenate([common, rows.design], axis=2),
        np.where(rows.usable, scales.noise_sd_bp**-2.0, 0.0),
        rows.change_bp,
        np.zeros((len(held), held.shape[1] + 1)),
        np.concatenate([spread / COMMON_SHARE, own], axis=1),
    )
    crossed = covariance[:, :1, 1:]
    joint = covariance[:, 1:, 1:] + covariance[:, :1, :1] + crossed + crossed.transpose(0, 2, 1)
    both = held[:, :, None] & held[:, None, :]
    return (mean[:, :1] + mean[:, 1:]) * held, joint * both
