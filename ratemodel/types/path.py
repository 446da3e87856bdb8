"""The rate path: where the market expects the funds rate, meeting by meeting."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError, DataError
from ratemodel.types.clock import FUTURES_CLOCK, Clock
from ratemodel.types.covariance import PathCovariance
from ratemodel.types.futures import FuturesCurve
from ratemodel.types.marks import MarkErrors, by_cell

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RatePath:
    r"""Expected rates by trade date and meeting, with errors.

    The state on a trade date is :math:`\theta = (r_0, m_1, \dots, m_K)`, the current level and
    the moves still ahead; levels are its cumulative sums.

    Attributes
    ----------
    curve : FuturesCurve
        The settlements with their guard flags.
    calendar : DataFrame, M rows
        Meetings in order of effect (``calendars.meeting_calendar``).
    anchor : DataFrame, T rows
        target_pct, spread_bp, level_pct, sd_bp: what ties r_0 on each trade date.
    fixings_pct : Series
        Effective rate by calendar day, as far as known; empty without rates.
    marks : MarkErrors
        How exact each settlement is and how far from the path.
    meetings : array, shape (T, K)
        Row numbers of `calendar`, padded with −1: all known, five years ahead.
    reach : array of int, shape (T,)
        How many of a date's meetings contracts (or yields) reach; of those beyond, listed so that
        no row depends on which contracts are quoted, nothing is known but the prior.
    current_pct : array, shape (T,)
        Posterior mean of r_0, percent.
    moves_bp : array, shape (T, K)
        Posterior mean of the moves, basis points; 0 where padded.
    covariance : PathCovariance
        Of levels, and so of the state.
    level_se_bp : array, shape (T, K + 1)
        Standard errors of `levels_pct`, basis points; 0 where padded.
    move_se_bp : array, shape (T, K)
        Those of `moves_bp`.
    level_identified, level_prior_share : array, shape (T, K + 1)
        Whether the level is spanned by unflagged contracts and its prior share is below 0.5; of
        yields, which average over many meetings and span none, the prior share is asked alone.
    move_identified, move_prior_share : array, shape (T, K)
        The same of each meeting's move: two meetings between contracts may leave the level after
        both known and the two moves not.
    effective_lag : 0, 1 or "era"
    prior_sd_bp : float
        τ of the moves; infinite when flat.
    engine : {"joint", "fedwatch", "yields"}
        What the path was read with.
    yields_pct : DataFrame, T rows
        Treasury yields (``maturities.YIELD_SERIES``) quoted on the trade dates, percent; NaN where
        there are none. Struck half an hour after futures of the same date.
    clock : Clock
        When on its trade date the path is struck.
    """

    curve: FuturesCurve
    calendar: pd.DataFrame
    anchor: pd.DataFrame
    fixings_pct: pd.Series[float]
    marks: MarkErrors
    meetings: Ints
    reach: Ints
    current_pct: Floats
    moves_bp: Floats
    covariance: PathCovariance
    level_se_bp: Floats
    move_se_bp: Floats
    level_identified: Bools
    level_prior_share: Floats
    move_identified: Bools
    move_prior_share: Floats
    effective_lag: int | str
    prior_sd_bp: float
    engine: str = "joint"
    yields_pct: pd.DataFrame = field(default_factory=pd.DataFrame)
    clock: Clock = FUTURES_CLOCK

    def __post_init__(self) -> None:
        if self.calendar["effective"].isna().any():
            raise DataError("a meeting of the calendar has no effective date")

    @property
    def trade_dates(self) -> pd.DatetimeIndex:
        """Trade dates, ascending."""
        return self.curve.trade_dates

    @property
    def levels_pct(self) -> Floats:
        """Expected rates now and after each meeting, percent, shape (T, K + 1)."""
        steps = np.concatenate([100.0 * self.current_pct[:, None], self.moves_bp], axis=1)
        levels: Floats = np.cumsum(steps, axis=1) / 100.0
        return levels

    @property
    def covariance_bp2(self) -> Floats:
        """Covariances of (r_0, moves), bp squared, shape (T, K + 1, K + 1); 0 where padded."""
        return self.covariance.of_moves()

    @property
    def noise_bp(self) -> Floats:
        """Standard deviation of each mark's error in a day's change, tick and misfit, (T, C)."""
        return by_cell(self.marks.noise_bp, self.curve.cells, self.curve.rates_pct.shape)

    @property
    def residual_bp(self) -> Floats:
        """Fit minus observed, shape (T, C); NaN where not quoted or not used."""
        return by_cell(self.marks.residual_bp, self.curve.cells, self.curve.rates_pct.shape)

    def position(self, date: pd.Timestamp | str) -> int:
        """Row number of a trade date."""
        stamp = pd.Timestamp(date)
        where = self.trade_dates.get_indexer(pd.DatetimeIndex([stamp]))[0]
        if where < 0:
            raise CoverageError(
                f"{stamp:%Y-%m-%d} is no trade date of this path "
                f"({self.trade_dates[0]:%Y-%m-%d}..{self.trade_dates[-1]:%Y-%m-%d})"
            )
        return int(where)

    def at(self, date: pd.Timestamp | str) -> pd.DataFrame:
        """Rows of one trade date: the current level, then one row a meeting."""
        return self._rows(np.array([self.position(date)]))

    def to_frame(self) -> pd.DataFrame:
        """Tidy: one row a trade date and meeting (empty meeting = current level)."""
        return self._rows(np.arange(len(self.trade_dates)))

    def _rows(self, dates: Ints) -> pd.DataFrame:
        held = np.concatenate(
            [np.ones((len(dates), 1), dtype=bool), self.meetings[dates] >= 0], axis=1
        )
        rows, slots = np.nonzero(held)
        at = dates[rows]
        now = np.full((len(self.meetings), 1), -1)
        meeting = np.concatenate([now, self.meetings], axis=1)[at, slots]
        moves = np.concatenate([np.full(now.shape, np.nan), self.moves_bp], axis=1)
        announced = self.calendar["announced"].to_numpy()
        effective = self.calendar["effective"].to_numpy()
        none = np.datetime64("NaT")
        move_se = np.concatenate([np.full(now.shape, np.nan), self.move_se_bp], axis=1)
        has_move = slots > 0
        identified = np.concatenate([self.level_identified[:, :1], self.move_identified], axis=1)
        share = np.concatenate([self.level_prior_share[:, :1], self.move_prior_share], axis=1)
        return pd.DataFrame(
            {
                "trade_date": self.trade_dates[at],
                "meeting": np.where(has_move, announced[meeting], none),
                "effective_date": np.where(has_move, effective[meeting], none),
                "rate_pct": self.levels_pct[at, slots],
                "rate_se_bp": self.level_se_bp[at, slots],
                "change_bp": moves[at, slots],
                "change_se_bp": move_se[at, slots],
                "identified": identified[at, slots],
                "prior_share": share[at, slots],
                "rate_identified": self.level_identified[at, slots],
                "rate_prior_share": self.level_prior_share[at, slots],
            }
        )

    def probabilities(self, dates: pd.DatetimeIndex | None = None) -> pd.DataFrame:
        """Odds of each target after each meeting: ``ratemodel.meeting_probabilities(path)``."""
        from ratemodel.odds import meeting_probabilities

        return meeting_probabilities(self, dates)

    def summary(self) -> str:
        """Say the last path, a line a meeting."""
        lines = [str(self)]
        reached = self.at(self.trade_dates[-1]).iloc[: self.reach[-1] + 1]
        for row in reached.to_dict("records"):
            name = "now       " if pd.isna(row["meeting"]) else f"{row['meeting']:%Y-%m-%d}"
            mark = "" if row["rate_identified"] else "  (not identified)"
            lines.append(f"{name}  {row['rate_pct']:7.3f} %  ± {row['rate_se_bp']:5.1f} bp{mark}")
        return "\n".join(lines)

    def __str__(self) -> str:
        dates = self.trade_dates
        return (
            f"rate path, {len(dates):,} trade dates {dates[0]:%Y-%m-%d}..{dates[-1]:%Y-%m-%d}, "
            f"up to {self.meetings.shape[1]} meetings ahead"
        )
