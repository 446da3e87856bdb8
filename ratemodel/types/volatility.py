"""A fitted volatility model: parameters, errors, conditional volatility, forecasts, simulations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from math import erfc, sqrt
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import DataError, StudyError
from ratemodel.recursions import Form, Recursion, draw_news

Floats = npt.NDArray[np.float64]
VolatilityModel = Literal["garch", "gjr", "egarch"]
Distribution = Literal["normal", "t", "skewt"]
Startup = Literal["backcast", "sample"]
ErrorKind = Literal["robust", "hessian", "opg"]


@dataclass(frozen=True, eq=False)
class VolatilityFit:
    r"""A univariate volatility model and what it says about each date.

    GJR: :math:`\sigma_t^2 = \omega + \alpha\varepsilon_{t-1}^2 +
    \gamma\varepsilon_{t-1}^2 1[\varepsilon_{t-1}<0] + \beta\sigma_{t-1}^2`, with shocks in the
    variance :math:`+ \delta'|s_t|`, or in the product form :math:`\sigma_t^2 = h_t
    \exp(\delta'|s_t|)`, h following the GJR of :math:`\varepsilon_t \exp(-\delta'|s_t|/2)`.

    Attributes
    ----------
    name : str
        What was fitted, an asset.
    model, distribution : str
        As fitted: a GJR whose news terms vanish is refitted as GARCH, and `note` says so.
    names : tuple of str
        Of the parameters, as arch calls them (mu, omega, alpha[1], gamma[1], beta[1], nu, ...), and
        ``delta[NAME]`` for shocks in the variance.
    estimates : array, shape (p,)
        Returns in pp.
    covariances : dict of kind to array, shape (p, p)
        Of the parameters by ``hessian``, ``opg`` (outer products of scores), ``robust`` (both: a
        sandwich). A parameter on its bound has none: its row and column are NaN.
    dates : Index, length n
    residuals_pp, sigmas_pp : array, shape (n,)
    scores, news_slopes : array, shape (n, p)
        By date: of the log-likelihood, and derivatives of the standardised residual. What an
        estimate made of these residuals needs for its error.
    next_base : float
        h of the date after the last, pp², before that date's own shocks.
    log_likelihood : float
    converged : bool
        A maximum was verified: gradient, curvature, constraints. `arch` fits: its own flag.
    n : int
    startup : {"backcast", "sample"}
        Where the variance starts.
    scale_pp : float
        What returns were divided by while the likelihood was climbed; parameters are in pp anyway.
    form : {"sum", "product"}
        How shocks enter the variance.
    shock_names : tuple of str
    shock_sizes : array, shape (n, P)
        |s| by date.
    mean_regressors : array, shape (n, K)
    bad_share : float
        E[z²; z < 0] of the news.
    note : str
    """

    name: str
    model: VolatilityModel
    distribution: Distribution
    names: tuple[str, ...]
    estimates: Floats
    covariances: Mapping[ErrorKind, Floats]
    dates: pd.Index
    residuals_pp: Floats
    sigmas_pp: Floats
    scores: Floats
    news_slopes: Floats
    next_base: float
    log_likelihood: float
    converged: bool
    n: int
    startup: Startup = "backcast"
    scale_pp: float = 1.0
    form: Form = "sum"
    shock_names: tuple[str, ...] = ()
    shock_sizes: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    mean_regressors: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    bad_share: float = 0.5
    note: str = ""

    def __post_init__(self) -> None:
        if not len(self.dates) == len(self.residuals_pp) == len(self.sigmas_pp) == self.n:
            raise DataError(f"{self.name}: volatility and residuals must have {self.n} dates")

    @property
    def label(self) -> str:
        """Model and distribution, e.g. ``gjr-t``; ``gjr-x-t`` with shocks in the variance."""
        shocks = {"sum": "-x", "product": "-xm"}[self.form] if self.shock_names else ""
        return f"{self.model}{shocks}-{self.distribution}"

    def with_note(self, note: str) -> VolatilityFit:
        """Put a note before the fit's own."""
        return replace(self, note="; ".join(filter(None, [note, self.note])))

    @cached_property
    def params(self) -> pd.Series[float]:
        """Estimates by name."""
        return pd.Series(self.estimates, index=self._index)

    @cached_property
    def sigma_pp(self) -> pd.Series[float]:
        """Conditional standard deviation by date."""
        return pd.Series(self.sigmas_pp, index=self.dates)

    @cached_property
    def standardised_residuals(self) -> pd.Series[float]:
        """Residual over sigma by date."""
        return pd.Series(self.residuals_pp / self.sigmas_pp, index=self.dates)

    @cached_property
    def recursion(self) -> Recursion:
        """The fitted recursion, to be run forward."""
        value = dict(zip(self.names, self.estimates.tolist(), strict=True))
        return Recursion(
            value["omega"],
            value["alpha[1]"],
            value.get("gamma[1]", 0.0),
            value["beta[1]"],
            np.array([value[f"delta[{name}]"] for name in self.shock_names]),
            self.form,
            self.model == "egarch",
            self.bad_share,
        )

    @property
    def persistence(self) -> float:
        """How much of a variance is left after a day: α + γ E[z²; z < 0] + β; EGARCH: β."""
        r = self.recursion
        return float(r.beta if r.exponential else r.alpha + r.gamma * self.bad_share + r.beta)

    @property
    def next_sigma_pp(self) -> float:
        """One-step forecast after the last date, for shocks of usual size."""
        return float(np.sqrt(self.forecast(1).iloc[0]))

    def covariance(self, kind: ErrorKind = "robust") -> pd.DataFrame:
        """Read the covariance of the estimates by name."""
        return pd.DataFrame(self._matrix(kind), index=self._index, columns=self._index)

    def std_errors(self, kind: ErrorKind = "robust") -> pd.Series[float]:
        """Read standard errors: robust (sandwich), hessian, or opg (outer products of scores)."""
        return pd.Series(np.sqrt(np.diagonal(self._matrix(kind))), index=self._index)

    @property
    def _index(self) -> pd.Index:
        return _index_of(self.names)

    def _matrix(self, kind: ErrorKind) -> Floats:
        if kind not in get_args(ErrorKind):
            known = ", ".join(get_args(ErrorKind))
            raise StudyError(f"kind must be one of {known}, got {kind!r}")
        return self.covariances[kind]

    def conf_int(self, level: float = 0.90, kind: ErrorKind = "robust") -> pd.DataFrame:
        """Give normal intervals of the parameters: columns low, high."""
        reach = NormalDist().inv_cdf(0.5 + level / 2.0) * self.std_errors(kind)
        return pd.DataFrame({"low": self.params - reach, "high": self.params + reach})

    def shock_tests(self, kind: ErrorKind = "robust") -> pd.DataFrame:
        r"""Test each δ against zero, one-sided: whether the shocks raise the variance.

        Under the null δ of the sum form lies on its bound, and the squared t-ratio is zero with
        probability one half, else a χ² of one degree (Andrews 2001): :math:`p = 1 - \Phi(t)`, and 1
        at δ = 0. It holds for one δ at a time with the others inside their bounds. The product form
        has no bound: same p, and δ may be negative.

        Returns
        -------
        DataFrame
            By shock: estimate, std_err, t, p.
        """
        rows, error = [], self.std_errors(kind)
        for name in self.shock_names:
            key = f"delta[{name}]"
            estimate, std_err = float(self.params[key]), float(error[key])
            bound = self.form == "sum" and estimate == 0.0
            t = estimate / std_err
            rows.append((name, estimate, std_err, t, 1.0 if bound else erfc(t / sqrt(2.0)) / 2.0))
        return pd.DataFrame(rows, columns=["shock", "estimate", "std_err", "t", "p"])

    def forecast(
        self, horizon: int, shocks: pd.DataFrame | Floats | None = None
    ) -> pd.Series[float]:
        """Forecast variances, pp², for 1..`horizon` dates after the last.

        Parameters
        ----------
        horizon : int
        shocks : DataFrame or array, shape (horizon, P), optional
            Future shocks in the variance, in the units of the sample's; their size counts. Without,
            each date has shocks of the mean size of the sample (in the product form, the mean of
            the multiples).

        Returns
        -------
        Series
            By step, 1..horizon.

        Raises
        ------
        StudyError
            If shocks do not fit the model, or for an EGARCH beyond one step unless it is normal:
            its variance then has no mean.
        """
        if horizon < 1:
            raise StudyError(f"a forecast looks at least one date ahead, got {horizon}")
        if self.model == "egarch" and self.distribution != "normal" and horizon > 1:
            raise StudyError("an EGARCH with fat tails has no mean variance beyond one step")
        expected = self.recursion.expected(self.next_base, self.future_sizes(horizon, shocks))
        if self.form == "product" and self.shock_names and shocks is None:
            expected = expected * np.exp(self.shock_sizes @ self.recursion.delta).mean()
        return pd.Series(
            expected, index=pd.RangeIndex(1, horizon + 1, name="step"), name="variance_pp2"
        )

    def simulate(
        self,
        horizon: int,
        rng: np.random.Generator,
        *,
        draws: int = 1,
        shocks: pd.DataFrame | Floats | None = None,
    ) -> Floats:
        """Simulate residuals after the last date, with news of the fitted distribution.

        Parameters
        ----------
        horizon : int
        rng : numpy.random.Generator
        draws : int
        shocks : DataFrame or array, shape (horizon, P), optional
            As in `forecast`.

        Returns
        -------
        array, shape (draws, horizon)
            Residuals, pp: returns less their mean.
        """
        sizes = self.future_sizes(horizon, shocks)
        shape = [float(self.params[k]) for k in ("nu", "eta", "lambda") if k in self.names]
        news = draw_news(shape, (horizon, draws), rng)
        return self.recursion.paths(np.full(draws, self.next_base), news, sizes).T

    def future_sizes(self, horizon: int, shocks: pd.DataFrame | Floats | None) -> Floats:
        """Give |s| of future dates, shape (horizon, P): as told, else of the sample's mean size."""
        count = len(self.shock_names)
        if shocks is None:
            if self.form == "product" or not count:
                return np.zeros((horizon, count))
            return np.tile(self.shock_sizes.mean(axis=0), (horizon, 1))
        if isinstance(shocks, pd.DataFrame) and set(self.shock_names) <= set(shocks.columns):
            shocks = shocks[list(self.shock_names)]
        sizes: Floats = np.abs(np.asarray(shocks, dtype=float)).reshape(len(shocks), -1)
        if sizes.shape != (horizon, count) or not np.isfinite(sizes).all():
            raise StudyError(
                f"future shocks must be finite, {horizon} dates of {count} shocks, "
                f"got {sizes.shape[0]} of {sizes.shape[1]}"
            )
        return sizes

    def to_frame(self) -> pd.DataFrame:
        """One row a parameter: estimate, std_err (robust), t, p, and the fit's own facts.

        p is two-sided; of δ in the sum form one-sided (`shock_tests`).
        """
        error = self.std_errors()
        t = self.params / error
        p = 2.0 * np.array([NormalDist().cdf(-abs(value)) for value in t])
        if self.form == "sum":
            for name, one_sided in self.shock_tests()[["shock", "p"]].itertuples(index=False):
                p[self.names.index(f"delta[{name}]")] = one_sided
        return pd.DataFrame(
            {
                "asset": self.name,
                "model": self.label,
                "parameter": list(self.names),
                "estimate": self.estimates,
                "std_err": error.to_numpy(),
                "t": t.to_numpy(),
                "p": p,
                "converged": self.converged,
                "log_likelihood": self.log_likelihood,
                "n": self.n,
                "start": self.dates[0],
                "end": self.dates[-1],
                "note": self.note,
            }
        )

    def path_frame(self) -> pd.DataFrame:
        """One row a date: sigma_pp and standardised_residual."""
        return pd.DataFrame(
            {
                "date": self.dates,
                "asset": self.name,
                "model": self.label,
                "sigma_pp": self.sigmas_pp,
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


@cache
def _index_of(names: tuple[str, ...]) -> pd.Index:
    """Make the index of some parameters once: pandas takes as long as a pass of a likelihood."""
    return pd.Index(list(names))


@dataclass(frozen=True, eq=False)
class VolatilityDraws:
    """Parameters fitted to bootstrap series, and the forecasts they make of the sample's own.

    Attributes
    ----------
    params : DataFrame
        One row a draw, by arch's names.
    next_sigma_pp : array, shape (draws,)
        Forecast after the *sample's* last date with each draw's parameters.
    persistence : array, shape (draws,)
    converged : array of bool, shape (draws,)
    """

    params: pd.DataFrame
    next_sigma_pp: Floats
    persistence: Floats
    converged: npt.NDArray[np.bool_]

    def conf_int(self, level: float = 0.90) -> pd.DataFrame:
        """Give percentile intervals of the parameters over converged draws: columns low, high."""
        ends = self.params[self.converged].quantile([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
        return ends.T.set_axis(["low", "high"], axis=1)

    def to_frame(self) -> pd.DataFrame:
        """One row a draw: parameters, persistence, next_sigma_pp, converged."""
        return self.params.assign(
            persistence=self.persistence,
            next_sigma_pp=self.next_sigma_pp,
            converged=self.converged,
        )

    def summary(self) -> str:
        """List the parameters with their intervals of 90 %."""
        lines = [str(self)]
        for name, row in self.conf_int().iterrows():
            lines.append(f"{name:<10} [{row['low']:+10.5f}, {row['high']:+10.5f}]")
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{len(self.params)} bootstrap draws, {int(self.converged.sum())} converged"
