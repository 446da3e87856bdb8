"""A fitted volatility model: parameters, errors, conditional volatility, residuals."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
import pandas as pd

from ratemodel.errors import DataError, StudyError

VolatilityModel = Literal["garch", "gjr", "egarch"]
Distribution = Literal["normal", "t", "skewt"]
ErrorKind = Literal["robust", "hessian", "opg"]


@dataclass(frozen=True, eq=False)
class VolatilityFit:
    r"""A univariate volatility model and what it says about each date.

    GJR: :math:`\sigma_t^2 = \omega + \alpha\varepsilon_{t-1}^2 +
    \gamma\varepsilon_{t-1}^2 1[\varepsilon_{t-1}<0] + \beta\sigma_{t-1}^2`.

    Attributes
    ----------
    name : str
        What was fitted, an asset.
    model, distribution : str
        As fitted: a GJR whose news terms vanish is refitted as GARCH, and `note` says so.
    params : Series
        By arch's names (mu, omega, alpha[1], gamma[1], beta[1], nu, ...); returns in pp.
    covariance_robust, covariance_hessian : DataFrame
        Of the parameters.
    sigma_pp, standardised_residuals : Series
        By date.
    next_sigma_pp : float
        One-step forecast after the last date.
    log_likelihood : float
    converged : bool
    n : int
    note : str
    """

    name: str
    model: VolatilityModel
    distribution: Distribution
    params: pd.Series[float]
    covariance_robust: pd.DataFrame
    covariance_hessian: pd.DataFrame
    sigma_pp: pd.Series[float]
    standardised_residuals: pd.Series[float]
    next_sigma_pp: float
    log_likelihood: float
    converged: bool
    n: int
    note: str = ""

    def __post_init__(self) -> None:
        if len(self.sigma_pp) != self.n or len(self.standardised_residuals) != self.n:
            raise DataError(f"{self.name}: volatility and residuals must have {self.n} dates")

    @property
    def covariance_opg(self) -> pd.DataFrame:
        """Inverse outer product of the scores J, from what the other two covariances hold.

        With Hessian H, robust is H⁻¹ J H⁻¹: so J⁻¹ = H⁻¹ (robust)⁻¹ H⁻¹.
        """
        hessian = self.covariance_hessian.to_numpy(float)
        matrix = hessian @ np.linalg.solve(self.covariance_robust.to_numpy(float), hessian)
        return pd.DataFrame(matrix, index=self.params.index, columns=self.params.index)

    @property
    def label(self) -> str:
        """Model and distribution, e.g. ``gjr-t``."""
        return f"{self.model}-{self.distribution}"

    def std_errors(self, kind: ErrorKind = "robust") -> pd.Series[float]:
        """Read standard errors off a covariance: robust (sandwich), Hessian, or outer product."""
        if kind not in get_args(ErrorKind):
            raise StudyError(f"kind must be one of {', '.join(get_args(ErrorKind))}, got {kind!r}")
        matrix: pd.DataFrame = getattr(self, f"covariance_{kind}")
        return pd.Series(np.sqrt(np.diagonal(matrix.to_numpy())), index=self.params.index)

    def conf_int(self, level: float = 0.90) -> pd.DataFrame:
        """Give normal intervals of the parameters from robust errors: columns low, high."""
        reach = NormalDist().inv_cdf(0.5 + level / 2.0) * self.std_errors()
        return pd.DataFrame({"low": self.params - reach, "high": self.params + reach})

    def to_frame(self) -> pd.DataFrame:
        """One row a parameter: estimate, std_err (robust), t, p, and the fit's own facts."""
        error = self.std_errors()
        t = self.params / error
        return pd.DataFrame(
            {
                "asset": self.name,
                "model": self.label,
                "parameter": self.params.index,
                "estimate": self.params.to_numpy(),
                "std_err": error.to_numpy(),
                "t": t.to_numpy(),
                "p": [2.0 * NormalDist().cdf(-abs(value)) for value in t],
                "converged": self.converged,
                "log_likelihood": self.log_likelihood,
                "n": self.n,
                "start": self.sigma_pp.index[0],
                "end": self.sigma_pp.index[-1],
                "note": self.note,
            }
        )

    def path_frame(self) -> pd.DataFrame:
        """One row a date: sigma_pp and standardised_residual."""
        return pd.DataFrame(
            {
                "date": self.sigma_pp.index,
                "asset": self.name,
                "model": self.label,
                "sigma_pp": self.sigma_pp.to_numpy(),
                "standardised_residual": self.standardised_residuals.to_numpy(),
            }
        )

    def summary(self) -> str:
        """List the parameters with robust errors."""
        error = self.std_errors()
        lines = [str(self)]
        lines += [f"{k:<10} {v:+10.5f}  ({error.loc[str(k)]:.5f})" for k, v in self.params.items()]
        return "\n".join([*lines, self.note] if self.note else lines)

    def __str__(self) -> str:
        state = "converged" if self.converged else "NOT converged"
        return (
            f"{self.label} of {self.name or 'returns'}, n {self.n}, "
            f"log-likelihood {self.log_likelihood:.3f}, {state}"
        )
