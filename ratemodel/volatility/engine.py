"""Our own engine: GARCH and GJR, normal and t, with shocks in mean and variance, by the kernels.

A `Problem` is what the kernels maximise: returns in units of their own size, parameters in working
order, linear constraints. Answers are carried back to arch's parameters and the returns' units, so
that nothing depends on whether these were fractions, percent or basis points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ratemodel.recursions import Form
from ratemodel.types.volatility import ErrorKind

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BACKCAST_DECAY, BACKCAST_DATES = 0.94, 75
"""arch's: the first dates' squared residuals, weighted."""
LEAST_OMEGA = 1e-8
"""Of the variance; arch's bound."""
LEAST_NU, LARGEST_NU = 2.05, 500.0
"""arch's bounds."""
START_NU = 8.0
CLEAR_GAIN = 6.0
"""Log-likelihood above that of a constant variance from which a maximum was the highest in
simulations (twice that on a constraint); below, variances that only drift from their start may."""
SAME = 1e-8
"""Log-likelihoods nearer than this are one maximum."""
NO_ROOM = 1e-9
"""Of a parameter's own slope: what rounding leaves of one that cannot move."""
STARTS = (
    *((0.05, 0.97), (0.10, 0.90), (0.03, 0.99)),
    *((0.10, 0.30), (0.30, 0.60), (0.20, 0.95)),
    *((0.005, 0.98), (0.02, 0.90), (0.001, 0.9995), (0.05, 0.50)),
)
"""Weight of news and persistence: three usual, then where other maxima have been found."""
USUAL = 3
START_SHOCK_SHARE = 0.2
"""Of the variance that news and memory leave, given to shocks at the start."""


@dataclass(frozen=True, eq=False)
class Problem:
    """One model of one or more series of equal length.

    Attributes
    ----------
    X : array, shape (K, T)
        Regressors of the mean, each over its root mean square `x_size`.
    A : array, shape (P, T)
        |s|, each over its mean `a_size`.
    asym, student, sample : bool
        GJR; Student's t; start-up variance recomputed with the mean.
    form : {"sum", "product"}
    """

    X: Floats
    A: Floats
    x_size: Floats
    a_size: Floats
    asym: bool
    student: bool
    sample: bool
    form: Form

    @classmethod
    def of(
        cls, X: Floats, A: Floats, *, asym: bool, student: bool, sample: bool, form: Form
    ) -> Problem:
        """Bring regressors, a row each, to unit size."""
        x_size = np.sqrt(np.mean(X**2, axis=1))
        a_size = A.mean(axis=1)
        return cls(
            np.ascontiguousarray(X / x_size[:, None]),
            np.ascontiguousarray(A / a_size[:, None]),
            *(x_size, a_size, asym, student, sample, form),
        )

    @property
    def product(self) -> bool:
        """Whether shocks multiply the variance."""
        return self.form == "product" and len(self.A) > 0

    @property
    def moving(self) -> int:
        """Parameters that move the residual: place of ω."""
        return len(self.X) + (len(self.A) if self.product else 0)

    @property
    def beta(self) -> int:
        """Place of β."""
        return self.moving + 2 + self.asym

    @property
    def size(self) -> int:
        """Number of parameters."""
        return len(self.X) + 3 + self.asym + len(self.A) + self.student

    @property
    def deltas(self) -> range:
        """Places of δ."""
        first = len(self.X) if self.product else self.beta + 1
        return range(first, first + len(self.A))

    @property
    def flags(self) -> tuple[bool, bool, bool, bool]:
        """As the kernels take them."""
        return self.asym, self.student, self.product, self.sample

    @property
    def least_starts(self) -> int:
        """Starts beyond the first: normal likelihoods of fat tails have shown several maxima."""
        return 0 if self.student else 3

    def constraints(self) -> tuple[Floats, Floats]:
        """C and low with C θ >= low: ω, news, β, δ of the sum, ν; persistence stands last."""
        return _constraints(self.moving, self.beta, self.size, self.student)

    def starts(self) -> Floats:
        """Where to climb from, for a y of unit variance; the mean is filled in by the caller."""
        shares = 0 if self.product else len(self.A)
        return _starts(self.moving, self.beta, self.size, self.student, shares).copy()

    def names(self, mean: list[str], shocks: list[str]) -> list[str]:
        """Parameters in arch's order and by its names."""
        news = ["alpha[1]", "gamma[1]"] if self.asym else ["alpha[1]"]
        delta = [f"delta[{name}]" for name in shocks]
        return [*mean, "omega", *news, "beta[1]", *delta, *(["nu"] if self.student else [])]

    def to_arch(self, theta: Floats, scale: float) -> tuple[Floats, Floats]:
        """Carry θ to arch's parameters, with the matrix of derivatives (rows: arch's)."""
        K, w, p = len(self.X), self.moving, self.size
        order = [*range(K), *range(w, self.beta + 1), *self.deltas, *([p - 1] * self.student)]
        unit = np.ones(p)
        unit[:K] = scale / self.x_size
        unit[w] = scale**2
        unit[list(self.deltas)] = (1.0 if self.product else scale**2) / self.a_size
        slope = np.diag(unit)
        if self.asym:
            slope[w + 2, w + 1] = -1.0
        values = slope @ theta
        if self.student:
            values[-1] = 1.0 / theta[-1]
            slope[-1, -1] = -(values[-1] ** 2)
        return values[order], slope[order]

    def pinned(self, C: Floats, active: Bools, slope: Floats) -> Bools:
        """Which of arch's parameters active constraints leave no room: they have no error."""
        held = C[active]
        free = np.eye(self.size) - held.T @ np.linalg.pinv(held.T)
        return np.asarray(np.abs(slope @ free).max(axis=1) < NO_ROOM * np.abs(slope).max(axis=1))


@cache
def _constraints(w: int, beta: int, size: int, student: bool) -> tuple[Floats, Floats]:
    # Between β and 1/ν stand the δ of the sum.
    positive = range(w, size - student)
    rows = np.eye(size)[positive]
    lows = np.zeros(len(positive))
    lows[0] = LEAST_OMEGA
    ends = np.zeros((2, size))
    ends[:, -1] = 1.0, -1.0
    last = np.zeros((1, size))
    last[0, w + 1 : beta] = -1.0 / (beta - w - 1)
    last[0, beta] = -1.0
    if not student:
        return np.vstack([rows, last]), np.append(lows, -1.0)
    limits = [1.0 / LARGEST_NU, -1.0 / LEAST_NU, -1.0]
    return np.vstack([rows, ends, last]), np.append(lows, limits)


@cache
def _starts(w: int, beta: int, size: int, student: bool, shares: int) -> Floats:
    out = np.zeros((len(STARTS), size))
    news, persistence = np.array(STARTS).T
    rest = 1.0 - persistence
    out[:, w] = rest
    out[:, w + 1 : beta] = news[:, None]
    out[:, beta] = persistence - news
    if shares:
        out[:, w] = (1.0 - START_SHOCK_SHARE) * rest
        out[:, beta + 1 : beta + 1 + shares] = START_SHOCK_SHARE / shares * rest[:, None]
    if student:
        out[:, -1] = 1.0 / START_NU
    return out


@dataclass(frozen=True, eq=False)
class Maximum:
    """What the kernels found, in arch's parameters and the units of the returns."""

    estimates: Floats
    covariances: dict[ErrorKind, Floats]
    log_likelihood: float
    sure: bool
    pinned: Bools
    integrated: bool
    scale: float
    residuals: Floats
    variances: Floats
    next_base: float
    scores: Floats
    news_slopes: Floats


@cache
def _weights(length: int) -> Floats:
    """Weights of arch's start-up variance."""
    weights = BACKCAST_DECAY ** np.arange(min(BACKCAST_DATES, length), dtype=float)
    return np.asarray(weights / weights.sum(), dtype=float)


def _least_squares_map(X: Floats) -> Floats:
    """Matrix that makes least-squares coefficients of a series, shape (K, T)."""
    if len(X) < 2:
        return X / len(X.T) if len(X) else X  # a constant
    return np.ascontiguousarray(np.linalg.solve(X @ X.T, X))


@dataclass(frozen=True, eq=False)
class _Summit:
    """Where the climb ended, for returns in units of `scale`."""

    theta: Floats
    log_likelihood: float
    sure: bool
    active: Bools
    matrices: Floats
    scale: float
    work: Floats


def _climb(problem: Problem, returns: Floats, to_mean: Floats) -> _Summit:
    """Climb from the likeliest of the usual starts, and from others if that may not be enough.

    Enough is a maximum clearly above a constant variance; with normal news some more are climbed
    all the same.
    """
    from ratemodel.volatility import garch_kernels as kernels
    from ratemodel.volatility.step_kernels import errors

    X, A, p, w, n = problem.X, problem.A, problem.size, problem.moving, len(returns)
    coefficients = to_mean @ returns
    residuals = returns - coefficients @ X
    scale = float(np.sqrt(residuals @ residuals / n))
    weights = _weights(n)
    start = float(weights @ (residuals[: len(weights)] / scale) ** 2)
    starts = problem.starts()
    starts[:, : len(X)] = coefficients / scale
    C, low = problem.constraints()
    work = np.empty((13 + w + 2 * p, n))
    args = (returns / scale, X, A, start, *problem.flags, work)
    likely = [kernels.value(theta, *args) for theta in starts[:USUAL]]
    order = [int(np.argmax(likely))]
    order += [i for i in range(len(starts)) if i != order[0]]
    grad, opg, hess = np.zeros(p), np.zeros((p, p)), np.zeros((p, p))
    active = np.zeros(len(low), dtype=bool)
    best, top, sure, held = starts[0], -np.inf, False, active
    for tried, theta in enumerate(starts[order]):
        there, good, _ = kernels.climb(theta, C, low, *args, opg, hess, active)
        if there > top + SAME or (good and not sure and there > top - SAME):
            best, top, sure, held = theta, there, good, active.copy()
        if tried == problem.least_starts and sure:
            flat = best.copy()
            flat[w : p - problem.student] = 0.0
            flat[w] = 1.0
            gain = top - kernels.value(flat, *args)
            if gain > CLEAR_GAIN * (2.0 if held.any() else 1.0):
                break
    kernels.derivatives(best, *args, True, True, grad, opg, hess)
    matrices = np.empty((3, p, p))
    curved = errors(hess, opg, C, held, matrices)
    return _Summit(best, float(top), bool(sure and curved), held, matrices, scale, work)


def maximise(problem: Problem, returns: Floats) -> Maximum:
    """Fit one series."""
    p, w = problem.size, problem.moving
    found = _climb(problem, returns, _least_squares_map(problem.X))
    theta, scale, work = found.theta, found.scale, found.work
    estimates, slope = problem.to_arch(theta, scale)
    u, h, J, D = work[0], work[1], work[13 : 13 + w], work[13 + w : 13 + w + p]
    D[p - problem.student :] = 0.0
    root = 1.0 / np.sqrt(h)
    news_slopes = (-0.5 * u / h * root) * D
    news_slopes[:w] += root * J
    back = np.linalg.inv(slope)
    pinned = np.zeros(p, dtype=bool)
    if found.active.any():
        pinned = problem.pinned(problem.constraints()[0], found.active, slope)
    growth = np.exp(theta[list(problem.deltas)] @ problem.A) if problem.product else 1.0
    news = theta[w + 1 + (problem.asym and u[-1] < 0.0)] * u[-1] ** 2
    return Maximum(
        estimates=estimates,
        covariances=covariances_of(found.matrices, found.sure, slope, pinned),
        log_likelihood=found.log_likelihood - len(returns) * np.log(scale),
        sure=found.sure,
        pinned=pinned,
        integrated=bool(found.active[-1]),
        scale=scale,
        residuals=scale * u * np.sqrt(growth),
        variances=scale**2 * h * growth,
        next_base=scale**2 * float(theta[w] + news + theta[problem.beta] * h[-1]),
        scores=(back.T @ work[13 + w + p :]).T,
        news_slopes=(back.T @ news_slopes).T,
    )


def covariances_of(
    matrices: Floats, good: bool, slope: Floats, pinned: Bools
) -> dict[ErrorKind, Floats]:
    """Carry covariances of θ to arch's parameters; what is on a bound has none."""
    out: dict[ErrorKind, Floats] = {}
    kinds: tuple[ErrorKind, ...] = ("hessian", "opg", "robust")
    for kind, matrix in zip(kinds, matrices, strict=True):
        carried = slope @ matrix @ slope.T
        carried[pinned] = np.nan
        carried[:, pinned] = np.nan
        out[kind] = carried if good else np.full_like(carried, np.nan)
    return out


@dataclass(frozen=True, eq=False)
class Many:
    """Fits of several series, a row each, in arch's parameters and the units of the returns."""

    estimates: Floats
    std_errors: Floats
    log_likelihoods: Floats
    sure: Bools


def maximise_many(problem: Problem, series: npt.NDArray[Any]) -> Many:
    """Fit each row of `series`; robust standard errors, NaN on a bound or without a maximum."""
    to_mean, C = _least_squares_map(problem.X), problem.constraints()[0]
    shape = (len(series), problem.size)
    estimates, errors = np.empty(shape), np.full(shape, np.nan)
    tops, sure = np.empty(len(series)), np.zeros(len(series), dtype=bool)
    for i, row in enumerate(series):
        found = _climb(problem, np.ascontiguousarray(row), to_mean)
        estimates[i], slope = problem.to_arch(found.theta, found.scale)
        tops[i] = found.log_likelihood - len(row) * np.log(found.scale)
        sure[i] = found.sure
        if found.sure:
            errors[i] = np.sqrt(((slope @ found.matrices[2]) * slope).sum(axis=1))
            if found.active.any():
                errors[i, problem.pinned(C, found.active, slope)] = np.nan
    return Many(estimates, errors, tops, sure)
