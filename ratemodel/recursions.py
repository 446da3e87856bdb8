r"""Volatility recursions run forward: one step, expected variances, simulated paths.

GARCH and GJR are carried as h, the part of the variance that has a memory: :math:`\sigma^2 = h m`,
with shocks either inside h or, in the product form, in :math:`m = \exp(\delta'|s|)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Form = Literal["sum", "product"]
Number = Any
"""A float, or an array of one for each draw."""

MEAN_ABS_NORMAL = float(np.sqrt(2.0 / np.pi))
"""E|z| of a standard normal: what EGARCH counts the size of news from."""


@dataclass(frozen=True, eq=False)
class Recursion:
    r"""How the variance of the next date follows from this one's.

    .. math:: \bar h_{t+1} = \omega + (\alpha + \gamma 1[u_t<0]) u_t^2 + \beta h_t, \qquad
              h_t = \bar h_t + \delta'|s_t|

    with :math:`u = \varepsilon`; in the product form :math:`h = \bar h` and :math:`u =
    \varepsilon / \sqrt m`. EGARCH (Nelson 1991) is :math:`\ln\bar h_{t+1} = \omega + \alpha(|z_t| -
    \sqrt{2/\pi}) + \gamma z_t + \beta \ln h_t`.

    Attributes
    ----------
    omega, alpha, gamma, beta : float, or array of shape (draws,)
    delta : array, shape (P,) or (P, draws)
    form : {"sum", "product"}
    exponential : bool
        EGARCH.
    bad_share : float
        E[z²; z < 0]: half for symmetric news.
    """

    omega: Number
    alpha: Number
    gamma: Number
    beta: Number
    delta: Floats
    form: Form = "sum"
    exponential: bool = False
    bad_share: float = 0.5

    def level(self, base: Floats, size: Floats) -> Floats:
        """Add the shocks of a date to h, in the form that has them there."""
        return base + size @ self.delta if self.form == "sum" else base

    def multiple(self, size: Floats) -> Floats:
        """Give what the shocks of a date multiply its variance by, in the form that does."""
        return np.asarray(np.exp(size @ self.delta) if self.form == "product" else 1.0)

    def after(self, h: Floats, u: Floats) -> Floats:
        """Give the next h before its own shocks."""
        if self.exponential:
            z = u / np.sqrt(h)
            news = self.alpha * (np.abs(z) - MEAN_ABS_NORMAL) + self.gamma * z
            return np.asarray(np.exp(self.omega + news + self.beta * np.log(h)))
        square = u**2
        return np.asarray(
            self.omega + (self.alpha + self.gamma * (u < 0.0)) * square + self.beta * h
        )

    def expected(self, base: float, sizes: Floats) -> Floats:
        """Forecast variances, given the first h before its shocks and |s| by date, shape (H, P).

        News of an EGARCH is taken to be normal: with Student's t its variance has no mean.
        """
        if self.exponential:
            return np.array(
                [self._expected_exponential(base, ahead) for ahead in range(len(sizes))]
            )
        out = np.empty(len(sizes))
        persistence = self.alpha + self.gamma * self.bad_share + self.beta
        for step, size in enumerate(sizes):
            h = float(self.level(np.asarray(base), size))
            out[step] = h * self.multiple(size)
            base = self.omega + persistence * h
        return out

    def _expected_exponential(self, base: float, ahead: int) -> float:
        """E exp(ln h) some steps on: each of the news between has a mean in closed form."""
        powers = self.beta ** np.arange(ahead)
        log_mean = self.omega * powers.sum() + self.beta**ahead * np.log(base)
        cdf = NormalDist().cdf
        for k in powers:
            up, down = k * (self.alpha + self.gamma), k * (self.alpha - self.gamma)
            mean = np.exp(up**2 / 2.0) * cdf(up) + np.exp(down**2 / 2.0) * cdf(down)
            log_mean += np.log(mean) - k * self.alpha * MEAN_ABS_NORMAL
        return float(np.exp(log_mean))

    def paths(self, base: Floats, news: Floats, sizes: Floats) -> Floats:
        """Run paths of unit-variance news, shape (H, ...); gives residuals of that shape."""
        out = np.empty(news.shape)
        for step, z in enumerate(news):
            h = self.level(base, sizes[step])
            u = np.sqrt(h) * z
            out[step] = u * np.sqrt(self.multiple(sizes[step]))
            base = self.after(h, u)
        return out


def draw_news(shape: Sequence[float], size: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Draw news of mean zero and unit variance.

    Parameters
    ----------
    shape : sequence of float
        None: normal. ν: Student's t. ν and λ: Hansen's skewed t, two halves of a t stretched by
        1 - λ and 1 + λ.
    size : tuple of int
    rng : numpy.random.Generator

    References
    ----------
    Hansen, B. E. (1994), "Autoregressive conditional density estimation", International Economic
    Review 35(3), 705-730.
    """
    if not shape:
        return rng.standard_normal(size)
    nu = shape[0]
    t = rng.standard_t(nu, size=size) * np.sqrt((nu - 2.0) / nu)
    if len(shape) == 1:
        return np.asarray(t)
    skew = shape[1]
    right = rng.random(size) < (1.0 + skew) / 2.0
    folded = np.abs(t) * np.where(right, 1.0 + skew, skew - 1.0)
    at_zero = exp(lgamma((nu + 1.0) / 2.0) - lgamma(nu / 2.0)) / np.sqrt(np.pi * (nu - 2.0))
    mean = 4.0 * skew * at_zero * (nu - 2.0) / (nu - 1.0)
    return np.asarray((folded - mean) / np.sqrt(1.0 + 3.0 * skew**2 - mean**2))
