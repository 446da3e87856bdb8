"""The joint path: every contract and every meeting of a date in one linear-Gaussian system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.calendars import EffectiveLag
from ratemodel.path.equations import PathEquations
from ratemodel.path.noise import (
    MISFIT_WINDOW,
    TRADED_MONTHS,
    misfit_bp,
    misfit_factor,
    months_ahead,
    own_variance_bp2,
    tick_bp,
)
from ratemodel.path.systems import (
    CHUNK_DATES,
    FREE_SD_BP,
    Batch,
    Marks,
    Prior,
    residuals,
    solve_batch,
    spanned,
)
from ratemodel.types.covariance import PathCovariance
from ratemodel.types.marks import MarkErrors
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOVE_SD_BP = 25.0
"""Prior standard deviation τ of a meeting's move: one step of policy."""
IDENTIFIED_PRIOR_SHARE = 0.5
MISFIT_DATES = 64
"""The misfit stands still for this many dates, a quarter of a year."""
FIRST_MISFIT_BP = 1.0
"""With which residuals are made that the misfit is estimated on; they hardly depend on it."""
INFORMATIVE_LEVERAGE = 0.5
"""Marks that determine their own fit by more than this say little about the misfit."""
ALONE = 1e-6
"""Nor does a mark say anything of itself that only it determines: one minus its leverage."""
OUTLYING_ERRORS = 3.5
"""A mark farther than this from what the others say is given the error that this takes."""
ROUNDING = 1e-6
OUTLYING_ROUNDS = 8
"""Marks of a date that may be doubted, one after the other."""


def solve_joint(
    system: PathEquations,
    tau: float,
    noise_sd_bp: float | str | Floats,
    effective_lag: EffectiveLag,
) -> RatePath:
    r"""Solve every date's equations, the misfit following from residuals of the dates before.

    .. math:: \Sigma = (P + G'WG)^{-1}, \qquad \mu = \Sigma (G'Wy + P\mu_0)

    Estimated, the variance of a mark's error is that of rounding to the tick, the misfit common to
    all marks, and what the contract itself was off by of late. Marks that are nevertheless off by
    more than three and a half errors on the day, the farthest first, are given the error that they
    show: each weighs less, and none is left out.

    Parameters
    ----------
    system : PathEquations
    tau : float
        Prior standard deviation of a move, basis points; infinite for a flat prior.
    noise_sd_bp : float, "estimated" or array, shape (n,)
        An array is of the curve's settlements.
    effective_lag : {0, 1, "era"}
        Recorded in the path.

    Returns
    -------
    RatePath
    """
    marks, prior = Marks.of(system), Prior.of(system, tau)
    used = system.used
    runs = np.split(
        np.arange(len(prior.held)), np.arange(CHUNK_DATES, len(prior.held), CHUNK_DATES)
    )
    batches = [Batch.of(marks, prior, dates) for dates in runs]
    common, own = _variances(system, marks, batches, noise_sd_bp)
    solution = _Solution.of(system, marks, prior, batches, (common + own)[used])
    residual = np.full(len(common), np.nan)
    if isinstance(noise_sd_bp, str):
        own[used] += _doubt_outliers(solution, (common + own)[used])
    residual[used] = solution.residual_bp
    covariance = solution.extend(min(tau, FREE_SD_BP))
    share = _prior_share(solution.variances_bp2, MOVE_SD_BP if np.isinf(tau) else tau)
    identified = np.zeros(share.shape, dtype=bool)
    for batch in batches:
        told = spanned(marks, batch)
        identified[:, batch.dates, : told.shape[2]] = told
    identified &= share < IDENTIFIED_PRIOR_SHARE
    share[:, :, 1:][:, system.meetings < 0] = 1.0
    return RatePath(
        curve=system.curve,
        calendar=system.calendar,
        anchor=system.anchor,
        fixings_pct=system.fixings,
        marks=MarkErrors(np.sqrt(common), np.sqrt(own), residual),
        meetings=system.meetings,
        reach=system.reach,
        current_pct=solution.mean_bp[:, 0] / 100.0,
        moves_bp=solution.mean_bp[:, 1:],
        covariance=covariance,
        level_se_bp=np.sqrt(solution.variances_bp2[0]),
        move_se_bp=np.sqrt(solution.variances_bp2[1, :, 1:]),
        level_identified=identified[0],
        level_prior_share=share[0],
        move_identified=identified[1, :, 1:],
        move_prior_share=share[1, :, 1:],
        effective_lag=effective_lag,
        prior_sd_bp=tau,
    )


def _precision(variance: Floats, news: Bools) -> Floats:
    return np.divide(1.0, variance, out=np.zeros(len(variance)), where=news)


def _variances(
    system: PathEquations, marks: Marks, batches: list[Batch], noise_sd_bp: float | str | Floats
) -> tuple[Floats, Floats]:
    """Each settlement's error variance: common to all, and its contract's own; from the past."""
    curve, used = system.curve, system.used
    if not isinstance(noise_sd_bp, str):
        given = np.broadcast_to(noise_sd_bp, curve.cells[0].shape) ** 2
        return given, np.zeros(len(given))
    ahead = months_ahead(curve, *curve.cells)
    tick, scale = tick_bp(curve) ** 2 / 12.0, misfit_factor(ahead) ** 2
    date, contract = marks.cell
    first = _precision((tick + scale * FIRST_MISFIT_BP**2)[used], marks.news)
    residual, leverage = np.empty(len(used)), np.empty(len(used))
    for batch in batches:
        of = batch.line
        residual[of], leverage[of] = residuals(system, marks, batch, first[of])
    told = marks.news & (leverage < 1.0 - ALONE)
    estimates = np.divide(residual**2, 1.0 - leverage, out=np.zeros(len(used)), where=told)
    judged = marks.news & marks.whole & (ahead[used] <= TRADED_MONTHS)
    line = np.flatnonzero(judged & (leverage < INFORMATIVE_LEVERAGE))
    judged_on, shown, rounded = date[line], estimates[line], tick[used][line]
    eta = np.empty(len(curve.trade_dates))
    for start in range(0, len(eta), MISFIT_DATES):
        past = slice(*np.searchsorted(judged_on, [start - MISFIT_WINDOW, start]))
        eta[start : start + MISFIT_DATES] = misfit_bp(shown[past], rounded[past])
    common = tick + scale * eta[curve.cells[0]] ** 2
    own = np.zeros(len(common))
    own[used] = own_variance_bp2(estimates, contract, common[used])
    return common, own


@dataclass(frozen=True, eq=False)
class _Solution:
    """Every date's state, and its marks' residuals; written a run of dates at a time."""

    system: PathEquations
    marks: Marks
    prior: Prior
    mean_bp: Floats
    runs: list[Floats]
    """Covariances of levels, run by run."""
    variances_bp2: Floats
    """Of levels, then of moves, shape (2, T, K + 1)."""
    residual_bp: Floats
    leverage: Floats

    @classmethod
    def of(
        cls,
        system: PathEquations,
        marks: Marks,
        prior: Prior,
        batches: list[Batch],
        variance_bp2: Floats,
    ) -> _Solution:
        """Solve all dates, with each mark's error variance given."""
        shape = (len(system.meetings), system.meetings.shape[1] + 1)
        mean, variances = np.zeros(shape), np.zeros((2, *shape))
        residual, leverage = np.zeros(len(marks.news)), np.zeros(len(marks.news))
        solution = cls(system, marks, prior, mean, [], variances, residual, leverage)
        for batch in batches:
            solution.runs.append(solution.write(batch, variance_bp2))
        return solution

    def write(self, batch: Batch, variance_bp2: Floats) -> Floats:
        """Solve some dates and keep all but the covariances of levels, which are returned."""
        of, dates = batch.line, batch.dates
        precision = _precision(variance_bp2[of], self.marks.news[of])
        fit = solve_batch(self.system, self.marks, batch, precision)
        size = fit.mean_bp.shape[1]
        self.mean_bp[dates, :size] = fit.mean_bp
        self.variances_bp2[:, dates, :size] = fit.variances_bp2
        self.residual_bp[of], self.leverage[of] = fit.residual_bp, fit.leverage
        return fit.covariance_bp2

    def solve_again(self, dates: Ints, variance_bp2: Floats) -> None:
        """Solve some dates once more, with other error variances."""
        covariance = self.write(Batch.of(self.marks, self.prior, dates), variance_bp2)
        for number, date in enumerate(dates):
            run, place = divmod(int(date), CHUNK_DATES)
            size = int(self.system.reach[date]) + 1
            self.runs[run][:size, :size, place] = covariance[:size, :size, number]

    def extend(self, move_sd_bp: float) -> PathCovariance:
        """Let meetings that no contract reaches be what the prior says: no move, and its error."""
        beyond, dates = self.system.beyond, np.arange(len(self.mean_bp))
        last = self.variances_bp2[0, dates, self.system.reach][:, None]
        further = last + move_sd_bp**2 * np.cumsum(beyond, axis=1)
        levels, moves = self.variances_bp2[:, :, 1:]
        np.copyto(levels, further, where=beyond)
        np.copyto(moves, move_sd_bp**2, where=beyond)
        self.variances_bp2[:, :, 1:][:, self.system.meetings < 0] = 0.0
        listed = (self.system.meetings >= 0).sum(axis=1)
        return PathCovariance(tuple(self.runs), self.system.reach, listed, move_sd_bp)


def _doubt_outliers(solution: _Solution, variance_bp2: Floats) -> Floats:
    """Give marks that are far from what the others say the error this takes; how much more, bp²."""
    marks = solution.marks
    date = marks.cell[0]
    variance = variance_bp2.copy()
    for _ in range(OUTLYING_ROUNDS):
        told = marks.news & (solution.leverage < 1.0 - ALONE)
        spare = np.where(told, 1.0 - solution.leverage, 1.0)
        square = np.where(told, solution.residual_bp**2 / (variance * spare), 0.0)
        far = np.flatnonzero(square > (OUTLYING_ERRORS + ROUNDING) ** 2)
        if not len(far):
            break
        # The farthest of each date: it may be why others seem to be off.
        far = far[np.lexsort((-square[far], date[far]))]
        worst = far[np.flatnonzero(np.diff(date[far], prepend=-1))]
        # Left out, a mark's distance from the fit has variance v + v h / (1 - h).
        excess = square[worst] / OUTLYING_ERRORS**2 - 1.0
        variance[worst] += excess * variance[worst] / spare[worst]
        solution.solve_again(date[worst], variance)
    return variance - variance_bp2


def _prior_share(variances: Floats, tau: float) -> Floats:
    """Ratio of posterior to prior variance, the level's tie and known decisions being data.

    Of levels, then of moves, shape (2, T, K + 1); 0 of the current level, which has no prior.
    """
    moves_summed = np.arange(variances.shape[2])
    prior = tau**2 * np.stack([moves_summed, np.minimum(moves_summed, 1)])[:, None, :]
    share: Floats = np.divide(variances, prior, out=np.zeros_like(variances), where=prior > 0)
    return share
