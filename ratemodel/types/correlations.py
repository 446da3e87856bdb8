"""Conditional correlations of several assets: parameters, errors, correlations by date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError, DataError, StudyError

Floats = npt.NDArray[np.float64]
CorrelationModel = Literal["dcc", "adcc"]
CorrelationErrors = Literal["robust", "hessian", "opg"]

UNIT_DIAGONAL = 1e-12
"""How far rounding may carry a correlation with itself from one."""


@dataclass(frozen=True, eq=False)
class CorrelationFit:
    r"""Dynamic conditional correlations (Engle 2002) of standardised residuals.

    :math:`Q_t = (1-a-b)S - gN + a z_{t-1}z_{t-1}' + g n_{t-1}n_{t-1}' + bQ_{t-1}`, and the
    correlations are Q over the roots of its diagonal.

    Attributes
    ----------
    model : {"dcc", "adcc"}
    assets : tuple of str
    dates : Index, length n
        Those common to all margins.
    names : tuple of str
        Of the parameters: a, b, and g of the asymmetric model.
    estimates : array, shape (p,)
    covariances : dict of kind to array, shape (p, p)
        ``robust``: of the two steps together (margins, S and N, then these); ``hessian`` and
        ``opg`` as if the residuals were known. NaN for a parameter on its bound.
    correlations : array, shape (n, N, N)
    log_likelihood : float
        Of the correlations alone, given the residuals: the margins' own are not in it.
    converged : bool
        A maximum was verified, and all margins converged.
    note : str
        Dates dropped in aligning the margins; bounds.
    """

    model: CorrelationModel
    assets: tuple[str, ...]
    dates: pd.Index
    names: tuple[str, ...]
    estimates: Floats
    covariances: dict[str, Floats]
    correlations: Floats
    log_likelihood: float
    converged: bool
    note: str = ""

    def __post_init__(self) -> None:
        count = len(self.assets)
        if self.correlations.shape != (len(self.dates), count, count):
            raise DataError(f"correlations must be {len(self.dates)} matrices of {count} assets")
        own = np.diagonal(self.correlations, axis1=1, axis2=2)
        if not np.allclose(own, 1.0, rtol=0.0, atol=UNIT_DIAGONAL):
            raise DataError("an asset's correlation with itself must be one")

    @property
    def n(self) -> int:
        """Number of dates."""
        return len(self.dates)

    @cached_property
    def params(self) -> pd.Series[float]:
        """Estimates by name."""
        return pd.Series(self.estimates, index=list(self.names))

    def std_errors(self, kind: CorrelationErrors = "robust") -> pd.Series[float]:
        """Read standard errors: robust (of both steps), hessian or opg (of this step alone)."""
        if kind not in self.covariances:
            known = ", ".join(self.covariances)
            raise StudyError(f"kind must be one of {known}, got {kind!r}")
        return pd.Series(np.sqrt(np.diagonal(self.covariances[kind])), index=list(self.names))

    def conf_int(self, level: float = 0.90, kind: CorrelationErrors = "robust") -> pd.DataFrame:
        """Give normal intervals of the parameters: columns low, high."""
        reach = NormalDist().inv_cdf(0.5 + level / 2.0) * self.std_errors(kind)
        return pd.DataFrame({"low": self.params - reach, "high": self.params + reach})

    def correlation(self, asset_a: str, asset_b: str) -> pd.Series[float]:
        """Look one pair up, by date."""
        for asset in (asset_a, asset_b):
            if asset not in self.assets:
                raise CoverageError(f"no asset {asset} among {', '.join(self.assets)}")
        i, j = self.assets.index(asset_a), self.assets.index(asset_b)
        return pd.Series(self.correlations[:, i, j], index=self.dates)

    def to_frame(self) -> pd.DataFrame:
        """One row a date and pair: date, asset_a, asset_b, model, correlation."""
        pairs = list(combinations(range(len(self.assets)), 2))
        parts = {(self.assets[i], self.assets[j]): self.correlations[:, i, j] for i, j in pairs}
        return pd.DataFrame(
            {
                "date": np.repeat(self.dates.to_numpy(), len(pairs)),
                "asset_a": [a for a, _ in parts] * self.n,
                "asset_b": [b for _, b in parts] * self.n,
                "model": self.model,
                "correlation": np.column_stack(list(parts.values())).ravel(),
            }
        )

    def model_frame(self) -> pd.DataFrame:
        """One row a parameter: estimate, std_err (of both steps), t, p, and the fit's own facts."""
        error = self.std_errors()
        t = self.params / error
        return pd.DataFrame(
            {
                "model": self.model,
                "parameter": list(self.names),
                "estimate": self.estimates,
                "std_err": error.to_numpy(),
                "t": t.to_numpy(),
                "p": [2.0 * NormalDist().cdf(-abs(value)) for value in t],
                "converged": self.converged,
                "log_likelihood": self.log_likelihood,
                "n": self.n,
                "start": self.dates[0],
                "end": self.dates[-1],
                "note": self.note,
            }
        )

    def summary(self) -> str:
        """List the parameters with two-step errors."""
        error = self.std_errors()
        lines = [str(self)]
        lines += [f"{k:<3} {v:+10.5f}  ({error.loc[str(k)]:.5f})" for k, v in self.params.items()]
        return "\n".join([*lines, self.note] if self.note else lines)

    def __str__(self) -> str:
        state = "converged" if self.converged else "NOT converged"
        return (
            f"{self.model} of {', '.join(self.assets)}, n {self.n}, "
            f"log-likelihood {self.log_likelihood:.3f}, {state}"
        )
