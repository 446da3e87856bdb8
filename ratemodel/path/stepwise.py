"""The joint path: every contract and every meeting of a date in one linear-Gaussian system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.banded import factor, inverse_band
from ratemodel.calendars import EffectiveLag, days_share_from
from ratemodel.levels import (
    LevelRows,
    fitted,
    fitted_variance,
    level_rows,
    move_variances,
    normal_band,
    posterior,
    state_covariance,
)
from ratemodel.linear import NULL_SPACE_RIDGE, gaussian_posterior, quadratic_form
from ratemodel.path.equations import PathEquations
from ratemodel.path.noise import (
    MISFIT_WINDOW,
    TRADED_MONTHS,
    misfit_bp,
    misfit_factor,
    months_ahead,
    tick_bp,
)
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOVE_SD_BP = 25.0
"""Prior standard deviation τ of a meeting's move: one step of policy."""
DECISION_SD_BP = 3.0
"""How exactly an announced decision is taken over on its own day."""
IDENTIFIED_PRIOR_SHARE = 0.5
SPANNED_SHARE = 1e-5
"""Share of a level outside the contracts' row space that counts as none: rounding."""
FREE_SD_BP = 2500.0
"""Looser than this, a prior counts as none: differences of levels that uncertain drown in rounding,
so such dates are solved in moves."""
CHUNK_DATES = 64
"""Dates a batch: small enough for the misfit to follow the past, large enough to be quick."""
INFORMATIVE_LEVERAGE = 0.5
"""Marks that determine their own fit by more than this say little about the misfit."""


def solve_joint(
    system: PathEquations,
    tau: float,
    noise_sd_bp: float | str | Floats,
    effective_lag: EffectiveLag,
) -> RatePath:
    r"""Solve every date's equations, the misfit following from residuals of the dates before.

    .. math:: \Sigma = (P + G'WG)^{-1}, \qquad \mu = \Sigma (G'Wy + P\mu_0)

    Parameters
    ----------
    system : PathEquations
    tau : float
        Prior standard deviation of a move, basis points; infinite for a flat prior.
    noise_sd_bp : float, "estimated" or array, shape (T, C)
    effective_lag : {0, 1, "era"}
        Recorded in the path.

    Returns
    -------
    RatePath
    """
    curve, marks, prior = system.curve, _marks(system), _prior(system, tau)
    dates, size = prior.held.shape
    tick_variance, scale = tick_bp(curve) ** 2 / 12.0, misfit_factor(curve)
    mark_tick, mark_scale = tick_variance[marks.cell], scale[marks.cell]
    eta = np.zeros(dates)
    residual = np.full(curve.rates_pct.shape, np.nan)
    mean = np.zeros((dates, size))
    covariance = np.zeros((dates, size, size))
    variances = np.zeros((2, dates, size))
    past: list[tuple[int, Floats, Floats]] = []
    given = np.broadcast_to(
        np.nan if isinstance(noise_sd_bp, str) else noise_sd_bp, tick_variance.shape
    )
    for start in range(0, dates, CHUNK_DATES):
        chunk = slice(start, min(start + CHUNK_DATES, dates))
        of = marks.of(chunk)
        if isinstance(noise_sd_bp, str):
            eta[chunk] = _past_misfit(past, start)
            variance = mark_tick[of] + (mark_scale[of] * eta[start]) ** 2
        else:
            variance = given[marks.cell[0][of], marks.cell[1][of]] ** 2
        precision = np.where(marks.news[of], 1.0 / variance, 0.0)
        fit = _solve_batch(system, marks, prior, chunk, precision)
        used = fit.mean_bp.shape[1]
        mean[chunk, :used], covariance[chunk, :used, :used] = fit.mean_bp, fit.covariance_bp2
        variances[:, chunk, :used] = fit.variances_bp2
        residual[marks.cell[0][of], marks.cell[1][of]] = fit.residual_bp
        use = marks.judged[of] & (fit.leverage < INFORMATIVE_LEVERAGE)
        estimates = fit.residual_bp[use] ** 2 / (1.0 - fit.leverage[use])
        past.append((chunk.stop, estimates, mark_tick[of][use]))
    if isinstance(noise_sd_bp, str):
        noise = np.sqrt(tick_variance + (scale * eta[:, None]) ** 2)
    else:
        noise = given.copy()
    share = _prior_share(variances, MOVE_SD_BP if np.isinf(tau) else tau)
    identified = _spanned(marks, prior) & (share < IDENTIFIED_PRIOR_SHARE) & prior.held
    share[:, ~prior.held] = 1.0
    return RatePath(
        curve=curve,
        calendar=system.calendar,
        anchor=system.anchor,
        fixings_pct=system.fixings,
        noise_bp=noise,
        meetings=system.meetings,
        current_pct=mean[:, 0] / 100.0,
        moves_bp=mean[:, 1:],
        covariance_bp2=covariance,
        level_identified=identified[0],
        level_prior_share=share[0],
        move_identified=identified[1, :, 1:],
        move_prior_share=share[1, :, 1:],
        residual_bp=residual,
        effective_lag=effective_lag,
        prior_sd_bp=tau,
    )


def _past_misfit(past: list[tuple[int, Floats, Floats]], now: int) -> float:
    recent = [(v, tick) for stop, v, tick in past if stop > now - MISFIT_WINDOW]
    if not recent:
        return misfit_bp(np.array([]), np.array([]))
    return misfit_bp(
        np.concatenate([v for v, _ in recent]), np.concatenate([tick for _, tick in recent])
    )


@dataclass(frozen=True, eq=False)
class _Marks:
    """All settlements in one line, date by date: n of them."""

    cell: tuple[Ints, Ints]
    """Trade date and contract of each."""
    rows: LevelRows
    share: Floats
    """Month × meeting; the last row and column are zero, for padding."""
    observed_bp: Floats
    news: Bools
    """Whether the mark is unflagged."""
    judged: Bools
    """Whether the misfit is read from it."""

    def of(self, dates: slice) -> slice:
        """Where the marks of a run of dates stand in the line."""
        start, stop = np.searchsorted(self.cell[0], [dates.start, dates.stop])
        return slice(int(start), int(stop))


def _marks(system: PathEquations) -> _Marks:
    curve = system.curve
    date, slot = np.nonzero(system.contracts >= 0)
    cell = (date, system.contracts[date, slot])
    weight = system.level_weight[date, slot]
    share = days_share_from(system.calendar["effective"].to_numpy(), curve.months)
    news = curve.unflagged[cell]
    return _Marks(
        cell=cell,
        rows=level_rows(share, *cell, system.meetings, weight),
        share=np.pad(share, ((0, 1), (0, 1))),
        observed_bp=system.observed_bp[date, slot],
        news=news,
        judged=news & (months_ahead(curve, *cell) <= TRADED_MONTHS) & (weight == 1.0),
    )


@dataclass(frozen=True, eq=False)
class _Prior:
    """What is known of each date's state (r_0, moves) beside its contracts, shape (T, K + 1)."""

    held: Bools
    """False where padded."""
    mean_bp: Floats
    precision: Floats
    data: Bools
    """Whether that is data: the level's tie, an announced decision."""


def _prior(system: PathEquations, tau: float) -> _Prior:
    level = system.anchor["level_pct"].to_numpy(float)
    sd = system.anchor["sd_bp"].to_numpy(float)
    anchored = np.isfinite(level) & np.isfinite(sd)
    tie = np.divide(1.0, sd**2, out=np.zeros(len(sd)), where=anchored)
    moves = np.where(system.decided, DECISION_SD_BP**-2.0, tau**-2.0)
    return _Prior(
        held=np.column_stack([np.ones(len(level), dtype=bool), system.meetings >= 0]),
        mean_bp=np.column_stack([np.where(anchored, 100.0 * level, 0.0), system.prior_bp]),
        precision=np.column_stack([tie, moves]),
        data=np.column_stack([anchored, system.decided]),
    )


@dataclass(frozen=True, eq=False)
class _Fit:
    """The states of a batch of dates, date by date, and what they say of its marks."""

    mean_bp: Floats
    covariance_bp2: Floats
    variances_bp2: Floats
    """Of levels, then of moves, shape (2, T, K + 1)."""
    residual_bp: Floats
    leverage: Floats


def _solve_batch(
    system: PathEquations, marks: _Marks, prior: _Prior, dates: slice, precision: Floats
) -> _Fit:
    """Solve a batch of dates in levels, or in moves where the prior leaves something free."""
    size = int(prior.held[dates].sum(axis=1).max())
    held, tied = prior.held[dates, :size], prior.precision[dates, :size]
    if (tied[held] >= FREE_SD_BP**-2.0).all():
        fit = _in_levels(marks, prior, dates, size, precision)
    else:
        fit = _in_moves(system, marks, prior, dates, size, precision)
    if not held.all():
        fit.mean_bp[~held] = 0.0
        fit.covariance_bp2[...] *= held[:, :, None] & held[:, None, :]
    return fit


def _in_levels(marks: _Marks, prior: _Prior, dates: slice, size: int, precision: Floats) -> _Fit:
    """Solve for the levels' distances from what was expected."""
    rows, observed = marks.rows.between(dates.start, dates.stop), marks.observed_bp[marks.of(dates)]
    held = prior.held[dates, :size].T
    tied = np.where(held, prior.precision[dates, :size].T, 0.0)
    expected = np.cumsum(prior.mean_bp[dates, :size].T, axis=0)
    news = observed - fitted(rows, expected)
    revised, levels = posterior(rows, precision, news, tied, held)
    covariance = state_covariance(levels)
    return _Fit(
        mean_bp=prior.mean_bp[dates, :size] + np.diff(revised, axis=0, prepend=0.0).T,
        covariance_bp2=covariance,
        variances_bp2=np.stack([_own(levels.transpose(2, 0, 1)), _own(covariance)]),
        residual_bp=fitted(rows, revised) - news,
        leverage=precision * fitted_variance(rows, levels),
    )


def _own(covariance: Floats) -> Floats:
    """Take the variances of a covariance for each date."""
    return np.diagonal(covariance, axis1=1, axis2=2)


def _in_moves(
    system: PathEquations,
    marks: _Marks,
    prior: _Prior,
    dates: slice,
    size: int,
    precision: Floats,
) -> _Fit:
    """Solve by a generalised inverse: least squares of minimum norm in directions left free."""
    contracts, meetings = system.contracts[dates], system.meetings[dates, : size - 1]
    there = contracts >= 0
    moves = marks.share[contracts[:, :, None], meetings[:, None, :]]
    design = np.concatenate([system.level_weight[dates, :, None], moves], axis=2)
    weight = np.zeros(contracts.shape)
    weight[there] = precision
    observed = system.observed_bp[dates]
    tied = np.where(prior.held[dates, :size], prior.precision[dates, :size], 1.0)
    mean, covariance = gaussian_posterior(
        design, weight, observed, prior.mean_bp[dates, :size], tied
    )
    levels = np.broadcast_to(np.tril(np.ones((size, size))), covariance.shape)
    return _Fit(
        mean_bp=mean,
        covariance_bp2=covariance,
        variances_bp2=np.stack([quadratic_form(levels, covariance), _own(covariance)]),
        residual_bp=(np.einsum("tck,tk->tc", design, mean) - observed)[there],
        leverage=precision * quadratic_form(design, covariance)[there],
    )


def _prior_share(variances: Floats, tau: float) -> Floats:
    """Ratio of posterior to prior variance, the level's tie and known decisions being data.

    Of levels, then of moves, shape (2, T, K + 1); 0 of the current level, which has no prior.
    """
    moves_summed = np.arange(variances.shape[2])
    prior = tau**2 * np.stack([moves_summed, np.minimum(moves_summed, 1)])[:, None, :]
    share: Floats = np.divide(variances, prior, out=np.zeros_like(variances), where=prior > 0)
    return share


def _spanned(marks: _Marks, prior: _Prior) -> Bools:
    r"""Whether levels, then moves, are combinations of what is observed, shape (2, T, K + 1).

    What is observed are unflagged contracts, the level's tie and known decisions. The measure is
    that of `linear.outside_row_space`, its ridge on moves, read off the band in levels.
    """
    ridge = np.where(prior.data, 1.0, 0.0) + NULL_SPACE_RIDGE
    band = inverse_band(
        *factor(normal_band(marks.rows, marks.news.astype(float), ridge.T, prior.held.T))
    )
    size = prior.held.shape[1]
    outside = NULL_SPACE_RIDGE * np.stack([band[0], move_variances(band)])
    # A level is the sum of j moves and r_0: a direction of squared length j + 1.
    outside[0] /= np.arange(1, size + 1)[:, None]
    spanned: Bools = outside.transpose(0, 2, 1) < SPANNED_SHARE
    return spanned
