"""Fed funds futures of a simulated central bank: a true path, rounded settlements, fixings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.validation.noise import student

Floats = npt.NDArray[np.float64]

MEETING_GAP_WEEKS = (6, 7)
"""Eight scheduled meetings a year."""
HORIZON_MONTHS = 12
CONTRACTS = 25
"""Delivery months quoted: the running one and two years on."""
MONTHS_KNOWN = 40
"""The calendar runs this far past the last date."""
WARM_UP_DAYS = 200
"""Calendar days of fixings before the first date."""
COMMON_SD_BP, OWN_SD_BP, NEWS_DF = 3.8, 0.4, 6.0
"""Daily sd of what all meetings share, at 12 months, and of each meeting's own revision."""
FADING = 4.0
"""Meetings on which a revision's size falls by e."""
MEETINGS_A_YEAR = 8
TIMING = 0.7
"""Share of a decision's surprise that the next meeting takes back: it came sooner or later."""
FIRST_TARGET_PCT, FIRST_MOVE_BP = 4.25, -5.0
"""Lower end of the first range; what is expected of each of the first eight meetings."""
RANGE_PCT, SPREAD_PCT, STEP_BP = 0.25, 0.08, 25.0
FIXING_SD_BP, SETTLEMENT_SD_BP = 0.5, 0.25
TICK_BP, NEAREST_TICK_BP = 0.5, 0.25


@dataclass(frozen=True, eq=False)
class RateMarket:
    """What is quoted, and what really became known.

    Attributes
    ----------
    futures, fomc, fixings : DataFrame
        Input tables; `fixings` are rows of rates.
    news_bp : array, shape (dates, pieces)
        True revisions of the rate that rules 12 months after the date before, by piece of the day.
    """

    futures: pd.DataFrame
    fomc: pd.DataFrame
    fixings: pd.DataFrame
    news_bp: Floats


def draw_rate_market(
    dates: pd.DatetimeIndex,
    piece_sd: Floats,
    event: int,
    event_bp: float,
    rng: np.random.Generator,
) -> RateMarket:
    r"""Draw a central bank's path and the futures that price it.

    Expected moves of all meetings are revised in every piece of a day. On the day of a meeting the
    target moves by whole steps, up or down from what is expected with such odds that it is right
    on average; most of that surprise is one of timing. A settlement is

    .. math:: 100 - \frac{1}{D}\sum_{d} \operatorname{E}_t[r_d] + u

    over the D days of its month, published fixings for days gone, rounded to its tick.

    Parameters
    ----------
    dates : DatetimeIndex
        Trade dates; the first is where prices start.
    piece_sd : array, shape (pieces,)
        Size of a piece's news, of a day's. Decisions come in the last.
    event : int
        Position of the date in whose first piece `event_bp` is added.
    event_bp : float
        At 12 months.
    rng : numpy.random.Generator

    Returns
    -------
    RateMarket
    """
    announced = _meetings(dates)
    effective = announced + pd.Timedelta(days=1)
    revisions = _revisions(dates, announced, piece_sd, event, event_bp, rng)
    ahead = np.cumsum(announced > dates[0])
    expected = np.where((ahead > 0) & (ahead <= MEETINGS_A_YEAR), FIRST_MOVE_BP, 0.0)
    moves_bp = expected + np.zeros((len(dates), 1))
    for day, date in enumerate(dates):
        if day:
            moves_bp[day] = moves_bp[day - 1] + revisions[day].sum(axis=1)
        for k in np.flatnonzero(announced == date):
            surprise = _decide(moves_bp[day, k], rng)
            revisions[day, k, -1] += surprise
            revisions[day, k + 1, -1] -= TIMING * surprise
            moves_bp[day, k : k + 2] += surprise * np.array([1.0, -TIMING])
    horizon = (dates[:-1] + pd.DateOffset(months=HORIZON_MONTHS)).to_numpy()
    within = effective.to_numpy() <= horizon[:, None]
    news = np.zeros((len(dates), len(piece_sd)))
    news[1:] = np.einsum("tk,tkp->tp", within, revisions[1:])
    days = pd.date_range(
        dates[0] - pd.Timedelta(days=WARM_UP_DAYS),
        (dates[-1].to_period("M") + CONTRACTS).end_time.normalize(),
    )
    steps = (effective.to_numpy()[:, None] <= days.to_numpy()).astype(float)
    base = FIRST_TARGET_PCT + SPREAD_PCT
    final = moves_bp[-1] * (announced <= dates[-1])
    fixed = _fixings(base + final @ steps / 100.0, days, rng)
    futures = _settlements(dates, days, base + moves_bp @ steps / 100.0, fixed, rng)
    known = days <= dates[-1]
    fixings = pd.DataFrame({"date": days[known], "series": "DFF", "value": fixed[known]})
    return RateMarket(futures, _fomc(announced, final, announced <= dates[-1]), fixings, news)


def _meetings(dates: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Lay out Wednesdays, eight a year, from before the first date to long after the last."""
    start = dates[0] - pd.Timedelta(days=WARM_UP_DAYS)
    start += pd.Timedelta(days=(2 - start.day_of_week) % 7)
    end = dates[-1] + pd.DateOffset(months=MONTHS_KNOWN)
    found = [start]
    while found[-1] < end:
        found.append(found[-1] + pd.Timedelta(weeks=MEETING_GAP_WEEKS[len(found) % 2]))
    return pd.DatetimeIndex(found)


def _revisions(
    dates: pd.DatetimeIndex,
    announced: pd.DatetimeIndex,
    piece_sd: Floats,
    event: int,
    event_bp: float,
    rng: np.random.Generator,
) -> Floats:
    """Draw revisions of moves still ahead, shape (dates, meetings, pieces)."""
    ahead = announced.to_numpy() >= dates.to_numpy()[:, None]
    distance = np.where(ahead, np.cumsum(ahead, axis=1) - 1, 0)
    weight = np.where(ahead, np.exp(-distance / FADING), 0.0)
    weight /= np.exp(-np.arange(MEETINGS_A_YEAR) / FADING).sum()
    common = COMMON_SD_BP * student(rng, NEWS_DF, (len(dates), len(piece_sd))) * piece_sd
    common[event, 0] += event_bp
    own = OWN_SD_BP * student(rng, NEWS_DF, (*ahead.shape, len(piece_sd))) * piece_sd
    drawn: Floats = weight[:, :, None] * common[:, None, :] + ahead[:, :, None] * own
    return drawn


def _decide(expected_bp: float, rng: np.random.Generator) -> float:
    """Move by whole steps, by odds that make the expectation right; give the surprise."""
    below = np.floor(expected_bp / STEP_BP)
    more = rng.random() < expected_bp / STEP_BP - below
    return float(STEP_BP * (below + more) - expected_bp)


def _fixings(level_pct: Floats, days: pd.DatetimeIndex, rng: np.random.Generator) -> Floats:
    """Round the effective rate of business days to a basis point; weekends repeat Friday's."""
    rate = np.round(level_pct + FIXING_SD_BP / 100.0 * rng.standard_normal(len(days)), 2)
    business = days.day_of_week < 5
    last = np.maximum.accumulate(np.where(business, np.arange(len(days)), 0))
    return np.asarray(rate[last])


def _settlements(
    dates: pd.DatetimeIndex,
    days: pd.DatetimeIndex,
    expected_pct: Floats,
    fixed_pct: Floats,
    rng: np.random.Generator,
) -> pd.DataFrame:
    gone = days.to_numpy() < dates.to_numpy()[:, None]
    daily = np.where(gone, fixed_pct, expected_pct)
    month = days.to_period("M").asi8
    edges = np.flatnonzero(np.diff(month, prepend=month[0] - 1))
    mean = np.add.reduceat(daily, edges, axis=1) / np.diff(edges, append=len(days))
    months = days[edges].to_period("M")
    running = dates.to_period("M").asi8
    column = running[:, None] - month[0] + np.arange(CONTRACTS)
    rate_bp = 100.0 * np.take_along_axis(mean, column, axis=1)
    rate_bp += SETTLEMENT_SD_BP * rng.standard_normal(rate_bp.shape)
    tick = np.full(CONTRACTS, TICK_BP)
    tick[0] = NEAREST_TICK_BP
    return pd.DataFrame(
        {
            "trade_date": np.repeat(dates.to_numpy(), CONTRACTS),
            "contract": months[column.ravel()],
            "settle": 100.0 - (tick * np.round(rate_bp / tick)).ravel() / 100.0,
        }
    )


def _fomc(
    announced: pd.DatetimeIndex, moves_bp: Floats, decided: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Tabulate meetings; targets of those still to come are not known."""
    after = FIRST_TARGET_PCT + np.cumsum(np.round(moves_bp)) / 100.0
    before = after - np.round(moves_bp) / 100.0
    lower = {"before": np.where(decided, before, np.nan), "after": np.where(decided, after, np.nan)}
    table = pd.DataFrame({"announced": announced, "time_et": "14:00", "kind": "scheduled"})
    for when, values in lower.items():
        table[f"target_lower_{when}_pct"] = values
        table[f"target_upper_{when}_pct"] = values + RANGE_PCT
    never = pd.DatetimeIndex([pd.NaT] * len(table))
    return table.assign(known_since=never, cancelled_on=never)
