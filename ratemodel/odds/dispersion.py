"""How far policy strays from what is expected: learned each January from outcomes known by then."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.odds.distribution import NORMAL, fat_tails, step_odds
from ratemodel.odds.expected import STEP_BP, ExpectedMoves, outcomes
from ratemodel.shocks import path_shocks
from ratemodel.types.path import RatePath
from ratemodel.types.shocks import PATH

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Criterion = Literal["rps", "log"]

TRADE_DATES_A_YEAR = 252
DAYS_A_YEAR = 365.0
LEARNING_HORIZONS = (1, 30, 90, 180, 365)
"""Days before a meeting at which forecasts are held against outcomes."""
LEARNED_YEARS = 1.0
BEYOND_LEARNED = 0.5
"""Farther than outcomes teach, uncertainty grows as that of a random walk."""
SCALES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0)
PERSISTENCES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25)
FEWEST_OUTCOMES = 60
"""Pairs of forecast and outcome needed before they rule: two years of meetings."""
DEFAULT_PARAMETERS = (2.0, 1.75)
"""Scale and persistence where a path brings no history: chosen by the outcomes of 1994 to 2023."""
DEFAULT_VOLATILITY_BP = 5.0
"""Daily revision of the rate 12 months ahead where no history tells: its mean since 1994."""
LOG_FLOOR = 0.005
"""Probabilities count as at least this in the log loss: one surprise must not decide alone."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to learn the dispersion; which is used was chosen on outcomes before 2016.

    Attributes
    ----------
    window : int
        Trade dates of trailing volatility.
    tails : sequence of (weight, sd)
        Distribution of Z.
    criterion : {"rps", "log"}
        Score that each January's parameters minimise.
    """

    window: int
    tails: tuple[tuple[float, float], ...]
    criterion: Criterion


CRITERIA: tuple[Criterion, ...] = ("rps", "log")
VARIANTS = tuple(
    Variant(window, tails, criterion)
    for window, tails, criterion in product((60, 125, 250), (NORMAL, fat_tails(0.1, 3.0)), CRITERIA)
)
"""The ways compared on outcomes of 1996 to 2015."""
CHOSEN = Variant(125, fat_tails(0.1, 3.0), "log")
"""Best of them there, by ranked probability score and by log loss over eras and horizons."""
VARIANTS_TRIED = 89
"""These 12, 36 with volatility drawn towards its long-run mean, 36 that forget old outcomes; and
five levels from which moves are counted (`expected_moves`): the target plus its usual spread, the
current level, half-way, by the size of spreads' errors, by the kind of target."""


@dataclass(frozen=True, eq=False)
class Dispersion:
    r"""Standard deviation of a meeting's outcome around what is expected.

    .. math:: \sigma(t, D) = a_t\, v_t \sqrt{252}\, (D / 365)^{\eta_t}, \qquad D \le 365

    with v the trailing volatility of the revisions of the rate 12 months ahead, D the days to the
    meeting and :math:`\eta` their persistence across meetings: 0.5 if each day's revision shifts
    all meetings alike, 1.5 if it shifts each meeting's move alike, so that later meetings gather
    more of them. Beyond a year it grows with the root of D.

    Attributes
    ----------
    volatility_bp : array, shape (T,)
    scale, persistence : array, shape (T,)
    outcomes : array of int, shape (T,)
        Pairs of forecast and outcome they were learned from; 0 for the default.
    tails : tuple of (weight, sd)
    """

    volatility_bp: Floats
    scale: Floats
    persistence: Floats
    outcomes: Ints
    tails: tuple[tuple[float, float], ...]

    def sd_steps(self, rows: Ints, days: Floats) -> Floats:
        """Evaluate for some rows of the path's dates and days ahead, 25 bp steps."""
        annual = self.scale[rows] * self.volatility_bp[rows] * np.sqrt(TRADE_DATES_A_YEAR)
        years = days / DAYS_A_YEAR
        power = np.where(years <= LEARNED_YEARS, self.persistence[rows], BEYOND_LEARNED)
        sd: Floats = annual * years**power / STEP_BP
        return sd


def learn_dispersion(
    path: RatePath, moves: ExpectedMoves, variant: Variant | None = None
) -> Dispersion:
    """Learn scale and persistence anew each January, from outcomes announced before it.

    Within a year parameters stand still. Before sixty outcomes are known, and where a path brings
    no revisions, the documented defaults hold: these were read from outcomes of 1994 to 2023, so
    odds before 1996 and of short paths are not blind to them.

    Parameters
    ----------
    path : RatePath
    moves : ExpectedMoves
        Of that path.
    variant : Variant, optional
        By default the one chosen on outcomes before 2016.

    Returns
    -------
    Dispersion
    """
    variant = CHOSEN if variant is None else variant
    dates = path.trade_dates
    volatility = trailing_volatility_bp(path, variant.window)
    pairs = outcomes(path, moves, LEARNING_HORIZONS)
    grid = list(product(SCALES, PERSISTENCES))
    losses = np.array([_losses(pairs, moves, volatility, pair, variant) for pair in grid])
    years = dates.year.to_numpy()
    scale, persistence = (np.full(len(dates), value) for value in DEFAULT_PARAMETERS)
    known = np.zeros(len(dates), dtype=np.int64)
    announced = pairs["announced"].dt.year.to_numpy()
    for year in np.unique(years):
        before = announced < year
        if before.sum() < FEWEST_OUTCOMES:
            continue
        best = grid[int(losses[:, before].mean(axis=1).argmin())]
        now = years == year
        scale[now], persistence[now] = best
        known[now] = before.sum()
    return Dispersion(volatility, scale, persistence, known, variant.tails)


def trailing_volatility_bp(path: RatePath, window: int) -> Floats:
    """Root mean square of path_bp over the trailing trade dates, shape (T,).

    The default holds until half a window is known.
    """
    revisions = path_shocks(path).of(PATH)
    mean = (revisions**2).rolling(window, min_periods=window // 2).mean()
    volatility: Floats = np.sqrt(mean.to_numpy(float))
    return np.where(np.isnan(volatility), DEFAULT_VOLATILITY_BP, volatility)


def scored(
    mean: Floats,
    sd: Floats,
    lowest: Floats,
    outcome: Floats,
    tails: tuple[tuple[float, float], ...],
) -> tuple[Floats, Floats]:
    """Score forecasts by ranked probability score and log loss, each of shape (N,)."""
    odds = step_odds(mean, sd, lowest, tails)
    return score_bins(odds.case, odds.step, odds.probability, outcome)


def score_bins(
    case: Ints, step: Ints, probability: Floats, outcome: Floats
) -> tuple[Floats, Floats]:
    r"""Score binned forecasts against outcomes.

    .. math:: RPS = \sum_k (F_k - 1[k \ge K])^2, \qquad LL = -\ln \max(p_K, 0.005)

    Parameters
    ----------
    case, step, probability : array, shape (B,)
        Bins of one case together, ascending, without gaps.
    outcome : array, shape (N,)
        Steps.

    Returns
    -------
    rps, log_loss : array, shape (N,)

    Examples
    --------
    >>> rps, loss = score_bins(
    ...     np.array([0, 0]), np.array([0, 1]), np.array([0.75, 0.25]), np.array([1.0])
    ... )
    >>> rps.round(4).tolist(), loss.round(3).tolist()
    ([0.5625], [1.386])
    """
    cases = len(outcome)
    start = np.searchsorted(case, np.arange(cases))
    end = np.searchsorted(case, np.arange(cases), side="right") - 1
    total = np.cumsum(probability)
    below = total - (total[start] - probability[start])[case]
    came = step >= outcome[case]
    rps = np.bincount(case, (below - came) ** 2, minlength=cases).astype(float)
    # Between the outcome and the nearest bin, if it lies outside them all, each step misses by 1.
    rps += np.maximum(step[start] - outcome, 0.0) + np.maximum(outcome - step[end] - 1.0, 0.0)
    hit = np.bincount(case, probability * (step == outcome[case]), minlength=cases)
    log_loss: Floats = -np.log(np.maximum(hit, LOG_FLOOR))
    return rps, log_loss


def _losses(
    pairs: pd.DataFrame,
    moves: ExpectedMoves,
    volatility: Floats,
    parameters: tuple[float, float],
    variant: Variant,
) -> Floats:
    row, slot = pairs["row"].to_numpy(), pairs["slot"].to_numpy()
    if not len(row):
        return np.empty(0)
    count = len(volatility)
    dispersion = Dispersion(
        volatility,
        np.full(count, parameters[0]),
        np.full(count, parameters[1]),
        np.zeros(count, dtype=np.int64),
        variant.tails,
    )
    rps, log_loss = scored(
        moves.mean_steps[row, slot],
        dispersion.sd_steps(row, pairs["days"].to_numpy(float)),
        moves.lowest_step[row],
        pairs["outcome_steps"].round().to_numpy(float),
        variant.tails,
    )
    return rps if variant.criterion == "rps" else log_loss
