"""Least squares of returns on clock-matched shocks and the dollar, with HAC errors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
import numpy.typing as npt

from ratemodel.errors import CoverageError, StudyError
from ratemodel.loadings.breaks import largest_break
from ratemodel.loadings.covariance import Covariance, covariance_of
from ratemodel.types.loadings import DOLLAR, DesignRows, EstimationSample, Stability

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """A regression: coefficients, residuals, and the regressors behind them."""

    params: Floats
    residuals: Floats
    regressors: Floats

    @property
    def bread(self) -> Floats:
        """Inverse of X'X."""
        return np.asarray(np.linalg.inv(self.regressors.T @ self.regressors), dtype=np.float64)

    @property
    def scores(self) -> Floats:
        """Rows x_t e_t, shape (n, p)."""
        return self.regressors * self.residuals[:, None]


def least_squares(response: Floats, regressors: Floats) -> LeastSquares:
    """Regress by ordinary least squares.

    Parameters
    ----------
    response : array, shape (n,)
    regressors : array, shape (n, p)
        Including the constant.
    """
    from statsmodels.regression.linear_model import OLS

    fit = OLS(response, regressors).fit()
    return LeastSquares(
        params=np.asarray(fit.params, dtype=float),
        residuals=np.asarray(fit.resid, dtype=float),
        regressors=regressors,
    )


def design_matrix(rows: DesignRows, projection: Floats) -> Floats:
    """Stack constant, shock columns and (if any) the dollar's part that shocks do not explain."""
    parts = [np.ones((len(rows), 1)), rows.shocks_bp]
    if rows.has_dollar:
        parts.append((rows.dollar_pct - rows.dollar_terms @ projection)[:, None])
    return np.hstack(parts)


@dataclass(frozen=True, eq=False)
class LoadingFit:
    r"""The loading regression of one asset on one sample.

    :math:`r = \alpha + \sum b z + \gamma x + \varepsilon` with x the residual of the dollar's move
    on all shocks whose interval overlaps its own.

    Attributes
    ----------
    sample : EstimationSample
    returns : LeastSquares
        Of the asset's returns on (1, z, x).
    dollar : LeastSquares or None
        Of the dollar's moves on (number of moves, overlapping shocks).
    covariance : array, shape (p + d, p + d)
        Of the coefficients of both regressions together: x is an estimate, and its error is part
        of the error of the loadings.
    cov : {"HAC", "HC1"}
        Kind of that covariance.
    """

    sample: EstimationSample
    returns: LeastSquares
    dollar: LeastSquares | None
    covariance: Floats
    cov: Covariance = "HAC"

    @property
    def projection(self) -> Floats:
        """Coefficients of the dollar on shocks; empty without a dollar."""
        return np.zeros(0) if self.dollar is None else self.dollar.params

    @cached_property
    def shock_slots(self) -> dict[str, list[int]]:
        """Positions in `returns.params` that add up to each shock's loading."""
        slots: dict[str, list[int]] = {}
        for position, (name, _) in enumerate(self.sample.rows.columns, start=1):
            slots.setdefault(name, []).append(position)
        return slots

    def loading(self, shock: str) -> tuple[float, float]:
        """Add up the loading β = b_S + b_E on one shock, pp per bp, with its standard error."""
        return self._sum(self.shock_slots[shock])

    def dollar_loading(self) -> tuple[float, float]:
        """Read the loading γ on the dollar's own part, pp per 1 %, with its standard error."""
        return self._sum([len(self.returns.params) - 1])

    def residuals_of(self, rows: DesignRows) -> Floats:
        """Say what the fit leaves of other rows: their returns less drift, shocks and dollar."""
        left: Floats = rows.returns_pp - design_matrix(rows, self.projection) @ self.returns.params
        return left

    def slots(self, name: str) -> list[int]:
        """Look up the coefficients that add up to a loading: a shock's, or the dollar's."""
        return [len(self.returns.params) - 1] if name == DOLLAR else self.shock_slots[name]

    @property
    def loadings(self) -> list[str]:
        """Loadings the regression has: the shocks, and the dollar if it is there."""
        return [*self.shock_slots, *([] if self.dollar is None else [DOLLAR])]

    def combination(self, name: str) -> Floats:
        """Weights with which the coefficients of returns add up to a loading, shape (p,)."""
        weights = np.zeros(len(self.returns.params))
        weights[self.slots(name)] = 1.0
        return weights

    def leverage(self, name: str) -> Floats:
        r"""Share of each row in what identifies a loading, shape (n,), adding up to one.

        The loading is :math:`\sum_t w_t r_t`; a row's share is :math:`w_t^2 / \sum w^2`, with one
        regressor its squared distance from the mean over the sum of them.
        """
        weights = self.returns.regressors @ self.returns.bread @ self.combination(name)
        share: Floats = weights**2 / np.sum(weights**2)
        return share

    @cached_property
    def stability(self) -> dict[str, Stability]:
        """The largest break of each loading, the clearing of the dollar taken as it is."""
        x = self.returns.regressors
        response = self.sample.rows.returns_pp
        found = {name: largest_break(response, x, self.combination(name)) for name in self.loadings}
        dates = self.sample.rows.dates
        return {
            name: Stability() if broken is None else Stability(dates[broken[0]], *broken[1:])
            for name, broken in found.items()
        }

    def cleared_error(self, dollar_loading: float) -> Floats:
        r"""Variance that the estimated clearing of the dollar adds to coefficients, shape (p, p).

        Moving the projection by δ moves x by D δ, which any estimator that follows its regressors
        takes back through the other coefficients: :math:`\gamma^2 A V A'` with
        :math:`A = (X'X)^{-1}X'D` and V the variance of the projection.
        """
        size = len(self.returns.params)
        if self.dollar is None:
            return np.zeros((size, size))
        passed_on = self.returns.bread @ self.returns.regressors.T @ self.dollar.regressors
        added: Floats = dollar_loading**2 * passed_on @ self.covariance[size:, size:] @ passed_on.T
        return added

    def _sum(self, slots: list[int]) -> tuple[float, float]:
        block = self.covariance[np.ix_(slots, slots)]
        return float(self.returns.params[slots].sum()), float(np.sqrt(block.sum()))


def fit_loading(sample: EstimationSample, cov: Covariance = "HAC") -> LoadingFit:
    r"""Estimate one asset's loadings on a sample that ends before the event.

    The dollar's move is first cleared of every shock overlapping its own interval (the broad
    index is made of noon rates: yesterday's afternoon news and this morning's), so that β is the
    total effect of a shock and γ that of the dollar beyond it. With d and v the regressors and
    residuals of that step, the influence of row t on the loadings is

    .. math:: (X'X)^{-1}\left[x_t e_t + \hat\gamma\, X'D (D'D)^{-1} d_t v_t\right],

    the second term being the error of the cleared dollar (Murphy and Topel 1985).

    Parameters
    ----------
    sample : EstimationSample
    cov : {"HAC", "HC1"}
        Kind of standard errors.

    Returns
    -------
    LoadingFit

    Raises
    ------
    StudyError
        If the kind of standard errors is unknown.
    CoverageError
        If the regressors are collinear: a shock that never moves, or two that move as one.
    """
    if cov not in get_args(Covariance):
        allowed = ", ".join(get_args(Covariance))
        raise StudyError(f"cov must be one of {allowed}, got {cov!r}")
    rows = sample.rows
    dollar = None
    if rows.has_dollar:
        _full_rank(rows.asset, rows.dollar_terms)
        dollar = least_squares(rows.dollar_pct, rows.dollar_terms)
    projection = np.zeros(0) if dollar is None else dollar.params
    regressors = design_matrix(rows, projection)
    _full_rank(rows.asset, regressors)
    returns = least_squares(rows.returns_pp, regressors)
    influence = returns.scores @ returns.bread
    if dollar is not None:
        step = dollar.scores @ dollar.bread
        passed_on = step @ dollar.regressors.T @ returns.regressors @ returns.bread
        influence = np.hstack([influence + returns.params[-1] * passed_on, step])
    covariance = covariance_of(influence, cov, regressors.shape[1])
    return LoadingFit(sample, returns, dollar, covariance, cov)


def _full_rank(asset: str, regressors: Floats) -> None:
    if np.linalg.matrix_rank(regressors) < regressors.shape[1]:
        raise CoverageError(
            f"{asset}: the sample cannot tell its regressors apart (a shock that never moves, or "
            "two that move as one)"
        )


def attenuation(shock_bp: Floats, error_bp: Floats) -> float:
    """Factor by which errors in a shock shrink its loading: 1 − mean(se²) / var(s).

    Examples
    --------
    >>> attenuation(np.array([-2.0, 2.0]), np.array([1.0, 1.0]))
    0.75
    """
    spread = float(np.var(shock_bp))
    if spread == 0.0:
        return float("nan")
    return 1.0 - float(np.mean(error_bp**2)) / spread
