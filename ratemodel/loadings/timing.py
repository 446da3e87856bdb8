"""What came when: news of a day that reaches over a strike is known, its place there is not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ratemodel.loadings.regression import LoadingFit
from ratemodel.types.loadings import DesignRows

Floats = npt.NDArray[np.float64]

MOST_MISSED = 0.5
"""A dollar struck half a day off misses half its news; at more than that it is another day's."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What the ends of a window leave unplaced.

    Attributes
    ----------
    straddled : float
        s (1 − s) at both ends, s the share before it of the news of the shock that reaches over.
    gap_days : float
        Time by which the dollar's strikes miss the ends.
    dollar_straddled : float
        As `straddled`, at the dollar's own strikes.
    """

    straddled: float = 0.0
    gap_days: float = 0.0
    dollar_straddled: float = 0.0

    @classmethod
    def of(cls, rows: DesignRows) -> Timing:
        """Add the start of a window's first return and the end of its last."""
        ends = (rows.straddled, rows.dollar_gap_days, rows.dollar_straddled)
        return cls(*(float(by_row[0, 0] + by_row[-1, 1]) for by_row in ends))

    @property
    def missed_share(self) -> float:
        """Share of a day's dollar news that its strike misses at an end."""
        return min(self.gap_days / 2.0, MOST_MISSED)


AT_STRIKES = Timing()
"""Nothing is unplaced: all is struck at once."""


@dataclass(frozen=True, eq=False)
class DailyNews:
    """How much news a day of the sample held.

    Attributes
    ----------
    fit : LoadingFit
    """

    fit: LoadingFit

    @cached_property
    def shock_sd_bp(self) -> Floats:
        """Root mean square of the shocks, by column, shape (P,)."""
        rows = self.fit.sample.rows
        held = np.diff(rows.runs.reshape(len(rows), 2, 2), axis=2).sum() / 2.0
        return np.asarray(np.sqrt((rows.shocks_bp**2).sum(axis=0) / max(held, 1.0)))

    @cached_property
    def same_shock(self) -> npt.NDArray[np.bool_]:
        """Whether two columns are of one shock, shape (P, P)."""
        names = np.array([name for name, _ in self.fit.sample.rows.columns])
        return np.asarray(names[:, None] == names)

    @cached_property
    def own_dollar_pct2(self) -> float:
        """Variance of the dollar's own part a move."""
        rows = self.fit.sample.rows
        cleared = rows.dollar_pct - rows.dollar_terms @ self.fit.projection
        return float((cleared**2).sum() / rows.dollar_terms[:, 0].sum())

    @cached_property
    def through_dollar_pct2(self) -> float:
        """Variance of a day's shocks in the dollar."""
        names = [name for name, _ in self.fit.sample.rows.columns]
        first = [names.index(name) for name in dict.fromkeys(names)]
        takes = self.fit.projection[1:].reshape(len(first), -1).sum(axis=1)
        return float(takes**2 @ self.shock_sd_bp[first] ** 2)

    def dollar_pct2(self, gap_days: Floats | float, straddled: Floats | float) -> Floats:
        """Variance of the dollar that a strike misses."""
        missed = gap_days * self.own_dollar_pct2 + straddled * self.through_dollar_pct2
        return np.asarray(missed, dtype=float)


def timing_variance(fit: LoadingFit, timing: Timing, moved_pct: float) -> tuple[Floats, float]:
    r"""Variance of what came inside a window, bp² by shock columns and pct² of the dollar.

    A straddling shock leaves :math:`\sigma_s^2 s(1-s)` unplaced (`news_days` says what s is); it
    counts with the whole loading, so it is one error in all of the shock's columns. A dollar
    struck g days before or after the asset misses g days of its own news at either end and, of
    shocks that reach over its strikes, what it takes of them (:math:`\pi`); and its loading is too
    small by the share g, which errs by g times its whole move :math:`x_W`:

    .. math:: \frac{2 g \sigma_x^2 + \pi^2 \sigma_s^2 \sum_j s_j (1 - s_j) + (g x_W)^2}{(1-g)^2}

    Parameters
    ----------
    fit : LoadingFit
    timing : Timing
    moved_pct : float
        The dollar's own move in the window, x_W.

    Returns
    -------
    (array, shape (P, P); float)
    """
    news = DailyNews(fit)
    shocks = timing.straddled * news.same_shock * np.outer(news.shock_sd_bp, news.shock_sd_bp)
    if not fit.sample.rows.has_dollar:
        return shocks, 0.0
    share = timing.missed_share
    missed = float(news.dollar_pct2(timing.gap_days, timing.dollar_straddled))
    return shocks, (missed + (share * moved_pct) ** 2) / (1.0 - share) ** 2


def draw_timing(
    fit: LoadingFit, rows: DesignRows, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw what is misplaced in each return of a window.

    What a strike's straddling news has too much on one side it has too little on the other, so
    that over the window only its ends are left; the error of the dollar's loading is one for all.

    Parameters
    ----------
    fit : LoadingFit
    rows : DesignRows
        Consecutive returns.
    count : int
    rng : numpy.random.Generator

    Returns
    -------
    (array, shape (count, days, P); array, shape (count, days))
        bp by shock column, and pct of the dollar.
    """
    news, days = DailyNews(fit), len(rows)

    def at_strikes(by_row: Floats) -> Floats:
        return np.append(by_row[:, 0], by_row[-1:, 1])

    names = list(dict.fromkeys(name for name, _ in rows.columns))
    shocks = np.zeros((count, days, len(rows.columns)))
    for name in names:
        own = [position for position, column in enumerate(rows.columns) if column[0] == name]
        drawn = rng.standard_normal((count, days + 1)) * np.sqrt(at_strikes(rows.straddled))
        shocks[:, :, own] = -np.diff(drawn, axis=1)[:, :, None] * news.shock_sd_bp[own]
    if not rows.has_dollar:
        return shocks, np.zeros((count, days))
    share = Timing.of(rows).missed_share
    size = news.dollar_pct2(at_strikes(rows.dollar_gap_days), at_strikes(rows.dollar_straddled))
    moved = rows.dollar_pct - rows.dollar_terms @ fit.projection
    missed = -np.diff(rng.standard_normal((count, days + 1)) * np.sqrt(size), axis=1)
    missed = missed + share * moved * rng.standard_normal((count, 1))
    return shocks, missed / (1.0 - share)
