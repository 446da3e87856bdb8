"""The latent rate path: expected moves of every meeting, revised all day, ending in decisions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import meeting_calendar
from ratemodel.market.replica.days import DayGrid, owners, place
from ratemodel.market.replica.pins import Pins
from ratemodel.market.replica.settings import (
    CUT_SHARES,
    DECISION_BP,
    LATER_MOVE_BP,
    LEVEL_BP,
    LEVEL_FADE_YEARS,
    MEETING_BP,
    PATH_T_DF,
    SLOPE_BP,
    SLOPE_YEARS,
    STATEMENT_VARIANCE,
    Slot,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAYS_PER_YEAR = 365.25
PATH_MONTHS = 12
"""Distance of the rate whose revision is the path shock."""


@dataclass(frozen=True, eq=False)
class PathNews:
    r"""Every revision of every expected move, by position of the grid.

    The expected move of meeting k at position p is its decision less the news still to come,

    .. math:: m_k(p) = D_k - \sum_{q > p} \delta_k(q),

    so that revisions are independent draws and the market is right in the end.

    Attributes
    ----------
    calendar : DataFrame, K rows
        Meetings announced within or after the sample, in order of effect.
    base_bp : array, shape (K,)
        Expected moves before the first position.
    revised_bp : array, shape (size, K)
        Revisions up to and including each position.
    path_bp : array, shape (size,)
        News at each position about the rate ruling 12 months after the trade date before it.
    """

    calendar: pd.DataFrame
    base_bp: Floats
    revised_bp: Floats
    path_bp: Floats

    def moves_bp(self, positions: Ints) -> Floats:
        """Read the expected moves as known at some positions, shape (n, K)."""
        moves: Floats = self.base_bp + self.revised_bp[positions]
        return moves

    def pending_bp(self, grid: DayGrid, rows: Ints, slot: Slot) -> Floats:
        """Keep expected moves not yet in effect on the date, 0 for those that are, (n, K)."""
        effective = pd.DatetimeIndex(self.calendar["effective"]).to_numpy()
        ahead = effective[None, :] > grid.days[rows].to_numpy()[:, None]
        return np.where(ahead, self.moves_bp(grid.positions(rows, slot)), 0.0)


def simulate_path(
    grid: DayGrid, fomc: pd.DataFrame, pins: Pins, rng: np.random.Generator
) -> PathNews:
    """Draw the news of every meeting and slot.

    A level factor moves all meetings alike and fades beyond a year, a slope factor moves sooner
    against later ones, and each meeting has news of its own. Statements come at 14:00 in New York:
    their news, and that of the decision, falls between 14:00 and the futures' strike at 15:00.

    Parameters
    ----------
    grid : DayGrid
    fomc : DataFrame
        The built-in table: its decisions come true, and meetings without one are priced so that
        the quoted cuts hold on their date.
    pins : Pins
    rng : numpy.random.Generator

    Returns
    -------
    PathNews
    """
    calendar = meeting_calendar(fomc)
    calendar = calendar.loc[calendar["announced"] >= grid.days[0]].reset_index(drop=True)
    announced = pd.DatetimeIndex(calendar["announced"])
    held = np.flatnonzero(announced <= grid.days[-1])
    statements = grid.positions(
        (announced[held] - grid.days[0]).days.to_numpy(np.int64), Slot.FUTURES
    )
    last_news = np.full(len(calendar), grid.size)
    last_news[held] = statements
    alive = np.arange(grid.size)[:, None] <= last_news[None, :]
    effective = pd.DatetimeIndex(calendar["effective"]).to_numpy()
    ahead = effective[None, :] <= _horizons(grid)[:, None]
    revision = _draw(grid, effective, alive, statements, held, rng)
    revision += _pinned(grid, effective, alive, ahead, revision, pins)
    revised = np.cumsum(revision, axis=0)
    return PathNews(
        calendar=calendar,
        base_bp=_base(grid, calendar, revised, held, pins),
        revised_bp=revised,
        path_bp=(revision * ahead).sum(axis=1),
    )


def _horizons(grid: DayGrid) -> npt.NDArray[np.datetime64]:
    """For each position, the date 12 months after the last futures strike before it."""
    dates = grid.trade_dates
    strikes = grid.positions(np.flatnonzero(grid.trade), Slot.FUTURES)
    last = np.maximum(owners(strikes, grid.size) - 1, 0)
    horizons = pd.DatetimeIndex(dates + pd.DateOffset(months=PATH_MONTHS)).to_numpy()
    return horizons[last]


def _years_ahead(grid: DayGrid, effective: npt.NDArray[np.datetime64]) -> Floats:
    days = grid.days.to_numpy().astype("datetime64[D]")
    distance = (effective.astype("datetime64[D]")[None, :] - days[:, None]).astype(np.int64)
    return np.repeat(distance / DAYS_PER_YEAR, grid.size // len(days), axis=0)


def _level_weights(grid: DayGrid, effective: npt.NDArray[np.datetime64]) -> Floats:
    beyond = np.maximum(_years_ahead(grid, effective) - 1.0, 0.0)
    weights: Floats = LEVEL_BP * np.exp(-beyond / LEVEL_FADE_YEARS)
    return weights


def _draw(
    grid: DayGrid,
    effective: npt.NDArray[np.datetime64],
    alive: Bools,
    statements: Ints,
    held: Ints,
    rng: np.random.Generator,
) -> Floats:
    variance = grid.news_variance("path")
    common = variance.copy()
    common[statements] += STATEMENT_VARIANCE
    unit = np.sqrt((PATH_T_DF - 2.0) / PATH_T_DF)
    level, slope = np.sqrt(common) * unit * rng.standard_t(PATH_T_DF, (2, grid.size))
    own = MEETING_BP * np.sqrt(variance)[:, None] * rng.standard_normal((grid.size, len(effective)))
    own[statements, held] += DECISION_BP * rng.standard_normal(len(held))
    years = _years_ahead(grid, effective)
    sooner, later = SLOPE_YEARS
    turn = SLOPE_BP * (np.where(years <= sooner, 1.0, -1.0) * (years <= later))
    revision = _level_weights(grid, effective) * level[:, None] + turn * slope[:, None] + own
    drawn: Floats = revision * alive
    return drawn


def _pinned(
    grid: DayGrid,
    effective: npt.NDArray[np.datetime64],
    alive: Bools,
    ahead: Bools,
    revision: Floats,
    pins: Pins,
) -> Floats:
    """News of the level factor that makes the path revisions of pinned dates what they must be."""
    weights = _level_weights(grid, effective) * alive
    variance = grid.news_variance("path")
    owner = owners(grid.positions(np.flatnonzero(grid.trade), Slot.FUTURES), grid.size)
    news, reach = (revision * ahead).sum(axis=1), (weights * ahead).sum(axis=1)
    added = np.zeros(grid.size)
    for date, target_bp in pins.path_bp.items():
        inside = owner == place(grid.trade_dates, date)
        share = variance[inside] / variance[inside].sum()
        added[inside] = (target_bp - news[inside].sum()) * share / reach[inside]
    extra: Floats = weights * added[:, None]
    return extra


def _base(grid: DayGrid, calendar: pd.DataFrame, revised: Floats, held: Ints, pins: Pins) -> Floats:
    """Set the moves expected at the start: they end in the decisions, or in the quoted cuts."""
    decided_bp = 100.0 * (calendar["after_pct"] - calendar["before_pct"]).to_numpy(float)
    date, cuts_bp = pins.cuts_priced
    quote = grid.position(date, Slot.FUTURES)
    base = np.zeros(len(calendar))
    base[held] = decided_bp[held] - revised[-1, held]
    announced = pd.DatetimeIndex(calendar["announced"])
    pending = announced > date
    same_year = np.asarray(announced.year == date.year)
    decided = np.isin(np.arange(len(calendar)), held)
    known_bp = (base + revised[quote])[pending & same_year & decided].sum()
    undecided = np.flatnonzero(same_year & ~decided)
    shares = np.array(CUT_SHARES[: len(undecided)]) / sum(CUT_SHARES[: len(undecided)])
    priced = np.where(decided, 0.0, LATER_MOVE_BP)
    priced[undecided] = (cuts_bp - known_bp) * shares
    base[~decided] = (priced - revised[quote])[~decided]
    return base
