"""Solve runs of dates for level and moves: in levels, or in moves where something is left free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.banded import factor, inverse, inverse_band, solve
from ratemodel.calendars import days_share_from
from ratemodel.levels import band_of, level_moment, move_variances, normal_band
from ratemodel.linear import NULL_SPACE_RIDGE, gaussian_posterior, quadratic_form
from ratemodel.path.equations import PathEquations
from ratemodel.rows import LevelRows, fitted, fitted_variance, level_rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DECISION_SD_BP = 3.0
"""How exactly an announced decision is taken over on its own day."""
SPANNED_SHARE = 1e-5
"""Share of a level outside the contracts' row space that counts as none: rounding."""
FREE_SD_BP = 2500.0
"""Looser than this, a prior counts as none: differences of levels that uncertain drown in rounding,
so such dates are solved in moves."""
CHUNK_DATES = 256
"""Dates a batch: few enough to stay in a processor's cache, many enough to be quick."""


@dataclass(frozen=True, eq=False)
class Marks:
    """All settlements in one line, date by date: n of them."""

    cell: tuple[Ints, Ints]
    """Trade date and contract of each."""
    rows: LevelRows
    share: Floats
    """Month × meeting; the last row and column are zero, for padding."""
    observed_bp: Floats
    whole: Bools
    """Whether the month is still ahead: of the running one fixings are known."""
    news: Bools
    """Whether the mark is unflagged."""

    @classmethod
    def of(cls, system: PathEquations) -> Marks:
        """Line up the settlements of all dates."""
        date, contract = (of[system.used] for of in system.curve.cells)
        there = system.contracts >= 0
        cell = (date, contract)
        weight = system.level_weight[there]
        share = days_share_from(system.calendar["effective"].to_numpy(), system.curve.months)
        return cls(
            cell=cell,
            rows=level_rows(share, *cell, system.meetings, weight),
            share=np.pad(share, ((0, 1), (0, 1))),
            observed_bp=system.observed_bp[there],
            whole=weight == 1.0,
            news=system.curve.is_news(*cell),
        )


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known of each date's state (r_0, moves) beside its contracts, shape (T, K + 1)."""

    held: Bools
    """Slots to solve for, the first of each date; moves that no mark reaches are left out."""
    mean_bp: Floats
    precision: Floats
    data: Bools
    """Whether that is data: the level's tie, an announced decision."""

    @classmethod
    def of(cls, system: PathEquations, tau: float) -> Prior:
        """Collect the ties of levels, the decisions announced and the prior of moves."""
        level = system.anchor["level_pct"].to_numpy(float)
        sd = system.anchor["sd_bp"].to_numpy(float)
        anchored = np.isfinite(level) & np.isfinite(sd)
        tie = np.divide(1.0, sd**2, out=np.zeros(len(sd)), where=anchored)
        reached = int(system.reach.max(initial=0))
        decided = system.decided[:, :reached]
        moves = np.where(decided, DECISION_SD_BP**-2.0, tau**-2.0)
        return cls(
            held=np.arange(reached + 1) <= system.reach[:, None],
            mean_bp=np.column_stack(
                [np.where(anchored, 100.0 * level, 0.0), system.prior_bp[:, :reached]]
            ),
            precision=np.column_stack([tie, moves]),
            data=np.column_stack([anchored, decided]),
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """The systems of N dates, S slots each: marks counted from what the prior expects."""

    dates: Ints
    line: Ints
    """Positions of the marks."""
    rows: LevelRows
    held: Bools
    mean_bp: Floats
    precision: Floats
    data: Bools
    news_bp: Floats

    @classmethod
    def of(cls, marks: Marks, prior: Prior, dates: Ints) -> Batch:
        """Cut out some dates (positions, ascending)."""
        size = int(prior.held[dates].sum(axis=1).max())
        rows, line = marks.rows.take(dates)
        mean = prior.mean_bp[dates, :size]
        return cls(
            dates=dates,
            line=line,
            rows=rows,
            held=prior.held[dates, :size],
            mean_bp=mean,
            precision=prior.precision[dates, :size],
            data=prior.data[dates, :size],
            news_bp=marks.observed_bp[line] - fitted(rows, np.cumsum(mean.T, axis=0)),
        )

    @property
    def firm(self) -> bool:
        """Whether every slot has a prior that counts."""
        return bool((self.precision[self.held] >= FREE_SD_BP**-2.0).all())

    def revised(self, precision: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
        """Solve for the levels' distances from what was expected, (S, N), and give the factors."""
        factors = factor(normal_band(self.rows, precision, self.precision.T, self.held.T))
        moment = level_moment(self.rows, precision * self.news_bp, self.held.T.shape)
        return solve(*factors, moment), factors


@dataclass(frozen=True, eq=False)
class Fit:
    """States of N dates, S slots each, and what they say of their marks."""

    mean_bp: Floats
    """Of r_0 and moves, shape (N, S); 0 where padded."""
    covariance_bp2: Floats
    """Of levels, shape (S, S, N)."""
    variances_bp2: Floats
    """Of levels, then of moves, shape (2, N, S)."""
    residual_bp: Floats
    leverage: Floats


def solve_batch(system: PathEquations, marks: Marks, batch: Batch, precision: Floats) -> Fit:
    r"""Solve some dates for the state and its covariance.

    .. math:: \Sigma = (P + G'WG)^{-1}, \qquad \mu = \Sigma (G'Wy + P\mu_0)

    Parameters
    ----------
    system : PathEquations
    marks : Marks
    batch : Batch
    precision : array, shape (n,)
        Diagonal of W for the marks of these dates; 0 for a mark that is not to weigh.

    Returns
    -------
    Fit
    """
    if not batch.firm:
        return _in_moves(system, marks, batch, precision)
    revised, factors = batch.revised(precision)
    levels = inverse(*factors)
    band = band_of(levels, max(len(batch.rows.weight), 2))
    moves = np.diff(revised, axis=0, prepend=0.0).T
    return Fit(
        mean_bp=(batch.mean_bp + moves) * batch.held,
        covariance_bp2=levels,
        variances_bp2=np.stack([band[0], move_variances(band)]).transpose(0, 2, 1),
        residual_bp=fitted(batch.rows, revised) - batch.news_bp,
        leverage=precision * fitted_variance(batch.rows, band),
    )


def residuals(
    system: PathEquations, marks: Marks, batch: Batch, precision: Floats
) -> tuple[Floats, Floats]:
    """Fit the marks of some dates without covariances: residuals (bp) and leverages alone."""
    if not batch.firm:
        fit = _in_moves(system, marks, batch, precision)
        return fit.residual_bp, fit.leverage
    revised, factors = batch.revised(precision)
    variance = fitted_variance(batch.rows, inverse_band(*factors))
    return fitted(batch.rows, revised) - batch.news_bp, precision * variance


def _in_moves(system: PathEquations, marks: Marks, batch: Batch, precision: Floats) -> Fit:
    """Solve by a generalised inverse: least squares of minimum norm in directions left free."""
    dates, held = batch.dates, batch.held
    size = held.shape[1]
    contracts, meetings = system.contracts[dates], system.meetings[dates, : size - 1]
    there = contracts >= 0
    reached = np.where(held[:, 1:], meetings, -1)
    moves = marks.share[contracts[:, :, None], reached[:, None, :]]
    design = np.concatenate([system.level_weight[dates, :, None], moves], axis=2)
    weight = np.zeros(contracts.shape)
    weight[there] = precision
    observed = system.observed_bp[dates]
    tied = np.where(held, batch.precision, 1.0)
    mean, covariance = gaussian_posterior(design, weight, observed, batch.mean_bp, tied)
    levels = np.cumsum(np.cumsum(covariance, axis=1), axis=2)
    own = [np.diagonal(part, axis1=1, axis2=2) for part in (levels, covariance)]
    return Fit(
        mean_bp=mean * held,
        covariance_bp2=levels.transpose(1, 2, 0),
        variances_bp2=np.stack(own),
        residual_bp=(np.einsum("tck,tk->tc", design, mean) - observed)[there],
        leverage=precision * quadratic_form(design, covariance)[there],
    )


def spanned(marks: Marks, batch: Batch) -> Bools:
    r"""Say whether levels, then moves, are combinations of what is observed, shape (2, N, S).

    What is observed are unflagged contracts, the level's tie and known decisions. The measure is
    that of `linear.outside_row_space`, its ridge on moves, read off the band in levels.
    """
    ridge = np.where(batch.data, 1.0, 0.0) + NULL_SPACE_RIDGE
    news = marks.news[batch.line].astype(float)
    band = inverse_band(*factor(normal_band(batch.rows, news, ridge.T, batch.held.T)))
    outside = NULL_SPACE_RIDGE * np.stack([band[0], move_variances(band)])
    # A level is the sum of j moves and r_0: a direction of squared length j + 1.
    outside[0] /= np.arange(1, band.shape[1] + 1)[:, None]
    within: Bools = outside.transpose(0, 2, 1) < SPANNED_SHARE
    return within & batch.held
