"""Hold odds against outcomes, beside FedWatch's for the same meetings."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import StudyError
from ratemodel.odds.convolve import convolve_moves
from ratemodel.odds.dispersion import (
    LEARNING_HORIZONS,
    VARIANTS_TRIED,
    Dispersion,
    learn_dispersion,
    score_bins,
)
from ratemodel.odds.distribution import StepOdds, join_bins, step_odds
from ratemodel.odds.expected import STEP_BP, ExpectedMoves, expected_moves, outcomes
from ratemodel.types.eras import ERAS as ALL_ERAS
from ratemodel.types.odds import OddsScores
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HORIZONS_DAYS = LEARNING_HORIZONS
ERAS = dict(list(ALL_ERAS.items())[1:])
"""By date of the meeting. Before 1996 there is too little to learn from."""
MEETINGS_A_YEAR = 8
FEWEST_BLOCKS = 4
"""Fewer blocks give no interval: they are drawn again and again."""
CALIBRATION_EDGES = (0.005, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Forecast probabilities are grouped between these; smaller ones say next to nothing."""
MEASURES = ("rmse_bp", "rps", "log_loss")


def score_odds(
    path: RatePath,
    fedwatch: RatePath,
    *,
    level: float = 0.90,
    draws: int = 2000,
    seed: int = 20260130,
    dispersion: Dispersion | None = None,
) -> OddsScores:
    r"""Score a path's odds against what the committee did, beside FedWatch's.

    Scored are scheduled meetings that both paths give a forecast of on the eve, at each horizon
    both reach: root mean squared error of the expected cumulative move, ranked probability score
    :math:`\sum_k (F_k - 1[k \ge K])^2` and log loss (floor 0.005). The gain's interval comes from
    blocks of consecutive meetings as long as forecasts overlap (eight meetings at a year).

    Parameters
    ----------
    path : RatePath
        With errors; its spread on each date is learned from outcomes announced before that year.
    fedwatch : RatePath
        Of the same market, ``engine="fedwatch"``.
    level : float
        Coverage of the intervals.
    draws, seed : int
        Of the bootstrap.
    dispersion : Dispersion, optional
        What was learned from `path` already (`learn_dispersion`).

    Returns
    -------
    OddsScores

    Raises
    ------
    StudyError
        If the second path is not FedWatch's.
    """
    if fedwatch.engine != "fedwatch" or path.engine == "fedwatch":
        raise StudyError('odds are scored beside those of implied_path(..., engine="fedwatch")')
    ours, theirs = _Forecasts.dispersed(path, dispersion), _Forecasts.convolved(fedwatch)
    ours, theirs = _common(ours, theirs)
    streams = iter(np.random.SeedSequence(seed).spawn(len(ERAS) * len(HORIZONS_DAYS)))
    scores, calibration = [], []
    for era, (first, last) in ERAS.items():
        announced = ours.pairs["announced"]
        inside = (announced >= first) & (announced <= last)
        for horizon in HORIZONS_DAYS:
            rng = np.random.default_rng(next(streams))
            use = np.flatnonzero(inside & (ours.pairs["horizon_days"] == horizon))
            if len(use) < 2:
                continue
            block = max(1, int(np.ceil(MEETINGS_A_YEAR * horizon / 365.0)))
            draw = circular_blocks(len(use), block, draws, rng)
            for name, value, gains in _compare(ours, theirs, use, draw):
                tail = (1.0 - level) / 2.0
                low, high = np.quantile(gains, [tail, 1.0 - tail])
                if len(use) < FEWEST_BLOCKS * block:
                    low, high = np.nan, np.nan
                scores.append((era, horizon, name, *value, low, high, level, len(use)))
            for engine, forecast in (("fedwatch", theirs), (path.engine, ours)):
                part = _calibrate(forecast, use)
                calibration.append(part.assign(era=era, horizon_days=horizon, engine=engine))
    columns = ["era", "horizon_days", "measure", "value", "fedwatch", "gain", "low", "high"]
    return OddsScores(
        pd.DataFrame(scores, columns=[*columns, "level", "n"]),
        _stack(calibration),
        VARIANTS_TRIED,
    )


def circular_blocks(n: int, length: int, draws: int, rng: np.random.Generator) -> Ints:
    """Draw row numbers in blocks of consecutive ones, the last followed by the first.

    Returns
    -------
    array of int, shape (draws, n)

    Examples
    --------
    >>> circular_blocks(4, 4, 1, np.random.default_rng(0)).tolist()
    [[3, 0, 1, 2]]
    """
    starts = rng.integers(0, n, (draws, -(-n // length)))
    rows: Ints = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, :n] % n
    return rows


class _Forecasts:
    """Pairs of forecast and outcome with their bins, cases numbered as the pairs."""

    def __init__(self, pairs: pd.DataFrame, mean_steps: Floats, odds: StepOdds) -> None:
        self.pairs, self.mean_steps, self.odds = pairs, mean_steps, odds
        self.outcome = pairs["outcome_steps"].round().to_numpy(float)

    @classmethod
    def dispersed(cls, path: RatePath, dispersion: Dispersion | None) -> _Forecasts:
        moves = expected_moves(path)
        pairs = outcomes(path, moves, HORIZONS_DAYS)
        row, slot = pairs["row"].to_numpy(), pairs["slot"].to_numpy()
        if dispersion is None:
            dispersion = learn_dispersion(path, moves)
        sd = dispersion.sd_steps(row, pairs["days"].to_numpy(float))
        mean = moves.mean_steps[row, slot]
        return cls(pairs, mean, step_odds(mean, sd, moves.lowest_step[row], dispersion.tails))

    @classmethod
    def convolved(cls, path: RatePath) -> _Forecasts:
        moves = expected_moves(path)
        pairs = outcomes(path, moves, HORIZONS_DAYS)
        pairs = pairs.loc[np.isfinite(_means(moves, pairs))].reset_index(drop=True)
        slot = pairs["slot"].to_numpy()
        parts = []
        for number, odds in enumerate(convolve_moves(moves.single_steps[pairs["row"]])):
            parts.append(odds.where(slot[odds.case] == number))
        return cls(pairs, _means(moves, pairs), join_bins(parts))

    def take(self, use: Ints) -> _Forecasts:
        """Keep some pairs, in the order given."""
        place = np.full(len(self.pairs), -1)
        place[use] = np.arange(len(use))
        kept = self.odds.where(place[self.odds.case] >= 0)
        odds = join_bins([StepOdds(place[kept.case], kept.step, kept.probability)])
        pairs = self.pairs.iloc[use].reset_index(drop=True)
        return _Forecasts(pairs, self.mean_steps[use], odds)

    @cached_property
    def losses(self) -> dict[str, Floats]:
        """Score each pair: squared error (bp²), ranked probability score, log loss."""
        rps, log_loss = score_bins(
            self.odds.case, self.odds.step, self.odds.probability, self.outcome
        )
        error = STEP_BP * (self.mean_steps - self.outcome)
        return {"rmse_bp": error**2, "rps": rps, "log_loss": log_loss}


def _means(moves: ExpectedMoves, pairs: pd.DataFrame) -> Floats:
    mean: Floats = moves.mean_steps[pairs["row"].to_numpy(), pairs["slot"].to_numpy()]
    return mean


def _common(ours: _Forecasts, theirs: _Forecasts) -> tuple[_Forecasts, _Forecasts]:
    """Keep pairs that both have, of meetings that both forecast on their eve."""
    key = ["announced", "horizon_days"]
    both = ours.pairs[key].reset_index(names="ours")
    both = both.merge(theirs.pairs[key].reset_index(names="theirs"), on=key)
    eve = both.loc[both["horizon_days"] == min(HORIZONS_DAYS), "announced"]
    both = both.loc[both["announced"].isin(eve)]
    return ours.take(both["ours"].to_numpy()), theirs.take(both["theirs"].to_numpy())


def _compare(
    ours: _Forecasts, theirs: _Forecasts, use: Ints, draw: Ints
) -> list[tuple[str, tuple[float, float, float], Floats]]:
    mine, other = ours.losses, theirs.losses
    found = []
    for name in MEASURES:
        a, b = mine[name][use], other[name][use]
        # The root of a mean of squares is taken after averaging, in every draw.
        finish = np.sqrt if name == "rmse_bp" else np.asarray
        value, reference = float(finish(a.mean())), float(finish(b.mean()))
        gains = finish(b[draw].mean(axis=1)) - finish(a[draw].mean(axis=1))
        found.append((name, (value, reference, reference - value), gains))
    return found


def _calibrate(forecast: _Forecasts, use: Ints) -> pd.DataFrame:
    part = forecast.take(use)
    came = part.odds.step == part.outcome[part.odds.case]
    group = np.searchsorted(CALIBRATION_EDGES, part.odds.probability, side="left") - 1
    frame = pd.DataFrame(
        {"group": group, "forecast": part.odds.probability, "observed": came.astype(float)}
    )
    table = frame.loc[frame["group"] >= 0].groupby("group").agg(["mean", "size"])
    edges = np.asarray(CALIBRATION_EDGES)
    at = table.index.to_numpy()
    return pd.DataFrame(
        {
            "probability_low": edges[at],
            "probability_high": edges[np.minimum(at + 1, len(edges) - 1)],
            "forecast": table[("forecast", "mean")].to_numpy(),
            "observed": table[("observed", "mean")].to_numpy(),
            "n": table[("observed", "size")].to_numpy(),
        }
    )


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["era", "horizon_days", "engine", "probability_low", "probability_high"]
    columns += ["forecast", "observed", "n"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]
