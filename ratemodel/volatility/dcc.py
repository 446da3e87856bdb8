"""Dynamic conditional correlations of fitted margins, with the errors of both steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError, StudyError
from ratemodel.types.correlations import CorrelationFit, CorrelationModel
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility.filtered import common_residuals

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NAMES = ("a", "b", "g")
STARTS = ((0.02, 0.95, 0.0), (0.03, 0.60, 0.0))
LARGEST_PERSISTENCE = 1.0 - 1e-7
"""At one the correlations have no mean to return to."""
CONVERGED = 1e-9
"""Gain of log-likelihood that a last step may promise."""
MAX_STEPS = 200
DIFFERENCE = 1e-5
"""Step of central differences of exact gradients."""


class _Data(NamedTuple):
    """Residuals and what they are targeted at."""

    Z: Floats
    S: Floats
    N: Floats

    @classmethod
    def of(cls, Z: Floats) -> _Data:
        bad = np.minimum(Z, 0.0)
        return cls(np.ascontiguousarray(Z), Z.T @ Z / len(Z), bad.T @ bad / len(Z))


def fit_dcc(
    fits: Sequence[VolatilityFit],
    model: CorrelationModel = "dcc",
    *,
    params: Mapping[str, float] | None = None,
) -> CorrelationFit:
    r"""Fit dynamic conditional correlations to margins of any kind.

    .. math:: Q_t = (1-a-b)S - gN + a z_{t-1}z_{t-1}' + g n_{t-1}n_{t-1}' + bQ_{t-1},
              \qquad Q_1 = S,

    with z the margins' standardised residuals on their common dates, n = min(z, 0), S and N the
    means of zz' and nn' (correlation targeting), g = 0 for ``dcc``. The normal likelihood of the
    correlations is maximised subject to a, b, g ≥ 0 and a + b + κg < 1, κ the largest eigenvalue of
    :math:`S^{-1/2}NS^{-1/2}`. With H minus the Hessian of this step, the influence of a date on the
    estimates is

    .. math:: H^{-1}\left[s_t + L_{\varphi S}\,(z_tz_t' - S)/n + \ldots +
              \sum_i L_{\varphi\theta_i} H_i^{-1} s_{it}\right],

    its own score, what it adds to the targets, and what it adds to the margins' parameters; the
    mixed derivatives L are taken through residuals and targets. `robust` errors are the sum of its
    squares: those of both steps together.

    Parameters
    ----------
    fits : sequence of VolatilityFit
        At least two, each of another name; shocks in their variances are fine.
    model : {"dcc", "adcc"}
    params : mapping, optional
        a, b (and g): correlations at these, with nothing estimated and no errors.

    Returns
    -------
    CorrelationFit
        Not converging is a field, not an exception.

    Raises
    ------
    CoverageError
        With fewer than 100 common dates, or residuals so alike that S is singular.
    StudyError
        If names repeat, there is one margin only, or `params` are out of bounds.

    References
    ----------
    Engle, R. F. (2002), "Dynamic conditional correlation", Journal of Business and Economic
    Statistics 20(3), 339-350. Cappiello, L., R. F. Engle and K. Sheppard (2006), "Asymmetric
    dynamics in the correlations of global equity and bond returns", Journal of Financial
    Econometrics 4(4), 537-572. Newey, W. K. and D. McFadden (1994), "Large sample estimation and
    hypothesis testing", Handbook of Econometrics 4, section 6.

    Examples
    --------
    >>> from ratemodel.volatility import fit_volatility
    >>> draws = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 400)
    >>> margins = [fit_volatility(pd.Series(x, name=n)) for n, x in zip("AB", draws.T)]
    >>> fit = fit_dcc(margins, params={"a": 0.0, "b": 0.9})
    >>> bool(abs(fit.correlation("A", "B").iloc[-1] - 0.6) < 0.1)
    True
    """
    if model not in get_args(CorrelationModel):
        known = ", ".join(get_args(CorrelationModel))
        raise StudyError(f"model must be one of {known}, got {model!r}")
    assets = tuple(fit.name for fit in fits)
    if len(assets) < 2 or len(set(assets)) < len(assets):
        raise StudyError(f"correlations need two margins or more, of different names, got {assets}")
    table = common_residuals(fits)
    data = _Data.of(table.to_numpy(float))
    count = 3 if model == "adcc" else 2
    C, low = _constraints(data, count, assets)
    if params is None:
        phi, sure, active = _maximise(data, C, low)
    else:
        phi, sure, active = _given(params, count, C, low), True, np.zeros(len(low), dtype=bool)
    covariances = dict.fromkeys(("robust", "hessian", "opg"), np.full((count, count), np.nan))
    if params is None:
        told, curved = _covariances(fits, table.index, data, phi, C, active)
        sure = sure and curved
        covariances = told if sure else covariances
    return CorrelationFit(
        model=model,
        assets=assets,
        dates=table.index,
        names=NAMES[:count],
        estimates=phi,
        covariances=covariances,
        correlations=_kernels().correlation_path(_whole(phi), *data),
        log_likelihood=_likelihood(phi, data),
        converged=bool(sure and all(fit.converged for fit in fits)),
        note=_note(fits, table.index, phi, C, active, sure),
    )


def _kernels() -> Any:
    """Load the kernels when first used: numba takes a second."""
    from ratemodel.volatility import dcc_kernels

    return dcc_kernels


def _whole(phi: Floats) -> Floats:
    """φ with g, which a symmetric model has at zero."""
    return np.append(phi, np.zeros(3 - len(phi)))


def _constraints(data: _Data, count: int, assets: tuple[str, ...]) -> tuple[Floats, Floats]:
    """C and low with C φ >= low: positive parameters, and persistence last."""
    values, vectors = np.linalg.eigh(data.S)
    if not values[0] > 1e-10 * values[-1]:
        raise CoverageError(f"residuals of {', '.join(assets)} cannot be told apart")
    root = vectors / np.sqrt(values)
    kappa = np.linalg.eigvalsh(root.T @ data.N @ root)[-1]
    C = np.vstack([np.eye(count), -np.array([1.0, 1.0, kappa])[:count]])
    return C, np.array([*np.zeros(count), -LARGEST_PERSISTENCE])


def _given(params: Mapping[str, float], count: int, C: Floats, low: Floats) -> Floats:
    names = NAMES[:count]
    if set(params) != set(names):
        raise StudyError(f"params must be {', '.join(names)}, got {', '.join(params)}")
    phi = np.array([float(params[name]) for name in names])
    if not (C @ phi >= low).all():
        raise StudyError(f"params {dict(params)} are out of bounds")
    return phi


def _likelihood(phi: Floats, data: _Data) -> float:
    n = data.Z.shape[1]
    nothing = np.zeros((0, n, n)), np.zeros((0, n))
    return float(_kernels().likelihood(_whole(phi), *data, False, np.zeros((0, 3)), *nothing))


def _scores(phi: Floats, data: _Data) -> tuple[float, Floats]:
    """Log-likelihood and scores by date."""
    T, n = data.Z.shape
    scores = np.zeros((T, 3))
    nothing = np.zeros((0, n, n)), np.zeros((0, n))
    value = _kernels().likelihood(_whole(phi), *data, True, scores, *nothing)
    return float(value), scores[:, : len(phi)]


def _maximise(data: _Data, C: Floats, low: Floats) -> tuple[Floats, bool, Bools]:
    """Climb from the likeliest start: outer products of scores, corrected step by step (BFGS).

    Gives φ, whether nothing more can be gained, and the active constraints.
    """
    from ratemodel.volatility.step_kernels import best_step, stiffened

    count = C.shape[1]
    starts = [np.array(start)[:count] for start in STARTS]
    phi = max(starts, key=lambda start: _likelihood(start, data))
    here, scores = _scores(phi, data)
    grad, metric = scores.sum(axis=0), scores.T @ scores
    active, d = np.zeros(len(low), dtype=bool), np.zeros(count)
    for _ in range(MAX_STEPS):
        bread = stiffened(metric, C, np.zeros(len(low), dtype=bool))[0]
        gain = best_step(grad, bread, C, C @ phi - low, active, d)
        if gain < CONVERGED:
            break
        length = 1.0
        there, scores = _scores(phi + d, data)
        while not there >= here + 1e-4 * length * gain - 1e-13 * abs(here) and length > 1e-10:
            length *= 0.5
            there, scores = _scores(phi + length * d, data)
        if length <= 1e-10:
            return phi, False, active
        step, change = length * d, grad - scores.sum(axis=0)
        phi, here, grad = phi + step, there, scores.sum(axis=0)
        metric = _corrected(metric, step, change)
    else:
        return phi, False, active
    return np.where(active[:count], 0.0, phi), True, active


def _corrected(metric: Floats, step: Floats, change: Floats) -> Floats:
    """BFGS update, damped so that the metric stays positive definite (Powell 1978)."""
    along = metric @ step
    curvature, own = float(step @ change), float(step @ along)
    if curvature < 0.2 * own:
        share = 0.8 * own / (own - curvature)
        change = share * change + (1.0 - share) * along
        curvature = float(step @ change)
    return metric - np.outer(along, along) / own + np.outer(change, change) / curvature


class _Slopes(NamedTuple):
    """Derivatives of the log-likelihood at one φ: by φ, by residuals (targets follow), targets."""

    phi: Floats
    z: Floats
    S: Floats
    N: Floats
    scores: Floats


def _slopes(phi: Floats, data: _Data) -> _Slopes:
    T, n = data.Z.shape
    scores, by_q, by_z = np.zeros((T, 3)), np.zeros((T, n, n)), np.zeros((T, n))
    by_s, by_n = np.zeros((n, n)), np.zeros((n, n))
    kernels, whole = _kernels(), _whole(phi)
    kernels.likelihood(whole, *data, True, scores, by_q, by_z)
    kernels.adjoint(whole, *data, by_q, by_z, by_s, by_n)
    bad = np.minimum(data.Z, 0.0)
    by_z += 2.0 / T * (data.Z @ by_s + np.where(data.Z < 0.0, bad @ by_n, 0.0))
    own = scores[:, : len(phi)]
    return _Slopes(own.sum(axis=0), by_z, by_s, by_n, own)


def _covariances(
    fits: Sequence[VolatilityFit],
    dates: pd.Index,
    data: _Data,
    phi: Floats,
    C: Floats,
    active: Bools,
) -> tuple[dict[str, Floats], bool]:
    """Covariances of φ (of both steps, Hessian, outer products), and whether it is a maximum."""
    from ratemodel.volatility.step_kernels import stiffened

    count, T = len(phi), len(data.Z)
    mixed = []
    for k in range(count):
        step = np.eye(count)[k] * DIFFERENCE
        high, low = _slopes(phi + step, data), _slopes(phi - step, data)
        mixed.append(
            [(up - down) / (2.0 * DIFFERENCE) for up, down in zip(high[:4], low[:4], strict=True)]
        )
    hessian = -np.array([row[0] for row in mixed])
    hessian = (hessian + hessian.T) / 2.0
    scores = _scores(phi, data)[1]
    bad = np.minimum(data.Z, 0.0)
    own = scores.copy()
    for k, (_, _, by_s, by_n) in enumerate(mixed):
        for values, by, mean in ((data.Z, by_s, data.S), (bad, by_n, data.N)):
            own[:, k] += (((values @ by) * values).sum(axis=1) - (by * mean).sum()) / T
    everything = dates
    for fit in fits:
        everything = everything.union(fit.dates)
    influence = np.zeros((len(everything), count))
    influence[everything.get_indexer(dates)] += own
    for place, fit in enumerate(fits):
        common = fit.dates.get_indexer(dates)
        by_margin = np.array([row[1][:, place] @ fit.news_slopes[common] for row in mixed])
        bread = np.nan_to_num(fit.covariances["hessian"])
        influence[everything.get_indexer(fit.dates)] += fit.scores @ bread @ by_margin.T
    free, curved = stiffened(np.ascontiguousarray(hessian), C, active)
    out = {
        "robust": free @ (influence.T @ influence) @ free,
        "hessian": free,
        "opg": stiffened(np.ascontiguousarray(scores.T @ scores), C, active)[0],
    }
    for matrix in out.values():
        matrix[active[:count]] = np.nan
        matrix[:, active[:count]] = np.nan
    return out, bool(curved)


def _note(
    fits: Sequence[VolatilityFit],
    dates: pd.Index,
    phi: Floats,
    C: Floats,
    active: Bools,
    sure: bool,
) -> str:
    parts = []
    everything = dates
    for fit in fits:
        everything = everything.union(fit.dates)
    if dropped := len(everything) - len(dates):
        parts.append(f"{dropped} dates without a residual of every asset dropped")
    held = [NAMES[k] for k in range(len(phi)) if active[k]]
    if held:
        parts.append(f"on its bound, without standard error: {', '.join(held)}")
    if active[-1]:
        parts.append("persistence is on its bound")
    if not sure:
        parts.append("no maximum was verified")
    return "; ".join(parts)
