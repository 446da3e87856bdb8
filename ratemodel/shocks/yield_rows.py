"""Changes of Treasury yields as further rows of a day's revisions, with the size of their noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import YIELD_CLOCK, strike_times
from ratemodel.linear import quadratic_form
from ratemodel.maturities import YIELD_SERIES, maturity_dates, share_after
from ratemodel.types.path import RatePath

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NOISE_SD_BP = {"DGS3MO": 1.8, "DGS6MO": 1.6, "DGS1": 1.7, "DGS2": 2.3}
"""Daily news of a yield's premium where futures have not yet told it: its misfit against them over
all dates before 2011 on which they identify the revision twelve months ahead."""
NOISE_FLOOR_BP = 0.4
"""Two yields rounded to a basis point: the root of 2/12."""
MISFIT_DATES = 250
MISFIT_MIN = 100
CHI2_MEDIAN = 0.45493642311957283
"""Median of a squared standard normal: premium news has fat tails in flights to safety."""


@dataclass(frozen=True, slots=True, eq=False)
class YieldRows:
    """Each date's changes of yields since the date before, as rows of equations.

    Attributes
    ----------
    design : array, shape (T, 4, K)
        Weight of each meeting's revision in each yield's change.
    change_bp : array, shape (T, 4)
        Change less what the passing of time alone makes of it; 0 where not usable.
    usable : array of bool, shape (T, 4)
    """

    design: Floats
    change_bp: Floats
    usable: Bools

    @property
    def any(self) -> Bools:
        """Dates with at least one usable change, shape (T,)."""
        dates: Bools = np.asarray(self.usable.any(axis=1))
        return dates

    @property
    def level_design(self) -> Floats:
        """Weight of each level's revision, the current one's first, shape (T, 4, K + 1).

        A level rules from its meeting to the next, so it weighs what the one has more of the days
        ahead than the other; the current level is not revised.
        """
        following = np.pad(self.design[:, :, 1:], ((0, 0), (0, 0), (0, 1)))
        return np.pad(self.design - following, ((0, 0), (0, 0), (1, 0)))

    def take(self, at: Ints) -> YieldRows:
        """Keep some dates."""
        return YieldRows(self.design[at], self.change_bp[at], self.usable[at])


def yield_rows(path: RatePath, meetings: Ints, longest_gap_days: int) -> YieldRows:
    r"""Lay out the changes of yields between trade dates as equations in the meetings' revisions.

    .. math:: \Delta y_h - \text{roll}_h = g_h'\delta + u_h, \qquad
              \text{roll}_h = \bar r_{t-1}[t, t+h) - \bar r_{t-1}[t-1, t-1+h)

    with :math:`\bar r_{t-1}[\cdot)` the mean over days of the path expected the day before. The
    premium's level cancels; its news is u. A yield is used if quoted on both trade dates, and only
    where no decision falls between the strikes of futures (15:00) and of yields (15:30): such a
    change holds news that the contracts' does not, or the other way round.

    Parameters
    ----------
    path : RatePath
    meetings : array, shape (T, K)
        Meetings that may be revised on each date, rows of the calendar, padded with −1.
    longest_gap_days : int
        No change over a longer gap.

    Returns
    -------
    YieldRows
    """
    dates = path.trade_dates
    cells = (len(dates), len(YIELD_SERIES))
    if path.yields_pct.empty or len(dates) < 2:
        none = np.zeros(cells, dtype=bool)
        return YieldRows(np.zeros((*cells, meetings.shape[1])), np.zeros(cells), none)
    effective = path.calendar["effective"].to_numpy()
    start, end = dates.to_numpy(), maturity_dates(dates)
    held = (meetings >= 0)[:, None, :]
    design = share_after(start, end, effective[meetings]) * held
    observed = 100.0 * path.yields_pct.loc[:, list(YIELD_SERIES)].to_numpy(float)
    before, known = effective[path.meetings[:-1]], (path.meetings[:-1] >= 0)[:, None, :]
    rolled = share_after(start[1:], end[1:], before) - share_after(start[:-1], end[:-1], before)
    roll = ((rolled * known) * path.moves_bp[:-1, None, :]).sum(axis=2)
    change = np.full(cells, np.nan)
    change[1:] = np.diff(observed, axis=0) - roll
    near = np.zeros(len(dates), dtype=bool)
    near[1:] = np.diff(start) <= np.timedelta64(longest_gap_days, "D")
    apart = _announced_between_strikes(path)
    near[1:] &= ~(apart[1:] | apart[:-1])
    usable = np.isfinite(change) & near[:, None]
    return YieldRows(design, np.where(usable, change, 0.0), usable)


def _announced_between_strikes(path: RatePath) -> Bools:
    """Dates with an announcement after the path's strike and not after that of yields."""
    announced = np.sort(path.calendar["announced_utc"].to_numpy())
    ends = [strike_times(path.trade_dates, clock) for clock in (path.clock, YIELD_CLOCK)]
    count = [np.searchsorted(announced, end, side="right") for end in ends]
    between: Bools = count[1] > count[0]
    return between


def premium_noise(rows: YieldRows, mean_bp: Floats, covariance_bp2: Floats, told: Bools) -> Floats:
    r"""Follow the size of premium news: misfit of yields against futures where those tell.

    .. math:: s_h^2 = \operatorname{median}_{250}\big((\Delta y_h - g_h'\hat\delta)^2\big) / 0.455
              - \overline{g_h'\Sigma g_h}

    over the last 250 dates before t on which the revision is identified by futures.

    Parameters
    ----------
    rows : YieldRows
    mean_bp : array, shape (T, K + 1)
        Revisions of levels by futures alone, the current one's first.
    covariance_bp2 : array, shape (T, K + 1, K + 1)
    told : array of bool, shape (T,)
        Dates on which futures identify the revision.

    Returns
    -------
    array, shape (T, 4)
        Standard deviations, basis points; the documented sizes before 100 such dates.
    """
    design = rows.level_design
    fitted = np.einsum("thk,tk->th", design, mean_bp)
    error = quadratic_form(design, covariance_bp2)
    noise = np.empty(rows.change_bp.shape)
    for column, name in enumerate(YIELD_SERIES):
        use = np.flatnonzero(told & rows.usable[:, column])
        past = pd.DataFrame(
            {
                "missed": (rows.change_bp[use, column] - fitted[use, column]) ** 2 / CHI2_MEDIAN,
                "error": error[use, column],
            }
        ).rolling(MISFIT_DATES, min_periods=MISFIT_MIN)
        square = (past["missed"].median() - past["error"].mean()).to_numpy(float)
        size = np.sqrt(np.maximum(square, NOISE_FLOOR_BP**2))
        size = np.where(np.isnan(size), NOISE_SD_BP[name], size)
        before = np.searchsorted(use, np.arange(len(noise)), side="left")
        noise[:, column] = np.concatenate([[NOISE_SD_BP[name]], size])[before]
    return noise


def update_levels(
    mean_bp: Floats, covariance_bp2: Floats, rows: YieldRows, noise_bp: Floats
) -> tuple[Floats, Floats]:
    r"""Add the changes of yields to what is known of the levels' revisions (Kalman's update).

    .. math:: K = \Sigma A'(A \Sigma A' + R)^{-1}, \qquad x + K(y - Ax), \qquad
              \Sigma - K A \Sigma

    Parameters
    ----------
    mean_bp : array, shape (T, K + 1)
    covariance_bp2 : array, shape (T, K + 1, K + 1)
    rows : YieldRows
    noise_bp : array, shape (T, 4)

    Returns
    -------
    mean, covariance : array
        Of the same shapes.
    """
    design = np.where(rows.usable[:, :, None], rows.level_design, 0.0)
    noise = np.where(rows.usable, noise_bp**2, 1.0)
    crossed = np.matmul(design, covariance_bp2)
    innovation = np.matmul(crossed, design.transpose(0, 2, 1))
    innovation[:, np.arange(noise.shape[1]), np.arange(noise.shape[1])] += noise
    gain = np.linalg.solve(innovation, crossed).transpose(0, 2, 1)
    missed = rows.change_bp - np.einsum("thk,tk->th", design, mean_bp)
    mean = mean_bp + np.einsum("tkh,th->tk", gain, missed)
    covariance = covariance_bp2 - np.matmul(gain, crossed)
    return mean, (covariance + covariance.transpose(0, 2, 1)) / 2.0
