"""Loadings from variances that shift: what more news on announcement days does to covariances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import Times
from ratemodel.errors import CoverageError
from ratemodel.loadings.bootstrap import normal_quantile
from ratemodel.loadings.case import Case
from ratemodel.loadings.estimate import loading_of
from ratemodel.loadings.events import MIN_EVENT_DAYS, holds
from ratemodel.types.loadings import Loading

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def rigobon_sack_loadings(case: Case, announcements: Times) -> list[Loading]:
    r"""Identify the loading by the shift of variance on announcement days.

    Whatever else moves returns and rates is taken to be as large on announcement days E as on
    others C, only policy news larger; then

    .. math:: \beta = \frac{\operatorname{cov}_E(r, s) - \operatorname{cov}_C(r, s)}
                           {\operatorname{var}_E(s) - \operatorname{var}_C(s)}

    although r may move s within the day. Matched by the clock: the shock whose interval holds the
    announcement with the return that holds it, and on other days those that hold the same hour.
    The dollar does not enter: β is the total effect.

    The interval is Fieller's, of all β for which the numerator less β times the denominator is not
    significantly different from zero. It covers however weak the shift is, and may be unbounded;
    the error in the table is that of the numerator less β times the denominator at the estimate,
    over the denominator. `first_stage_f` is the squared t of the denominator.

    Parameters
    ----------
    case : Case
    announcements : array of datetime64

    Returns
    -------
    list of Loading

    Raises
    ------
    CoverageError
        With several shocks, with points (which have no variance on other days), without
        announcements, or with fewer than ten days in either regime.

    References
    ----------
    Rigobon, R. and B. Sack (2004), "The impact of monetary policy on asset prices", Journal of
    Monetary Economics 51(8), 1553-1575.

    Fieller, E. C. (1954), "Some problems in interval estimation", Journal of the Royal Statistical
    Society B 16(2), 175-185.
    """
    if len(case.names) > 1:
        raise CoverageError(f"{case.asset}: a shift of variance identifies one shock, not several")
    if case.shocks.is_point:
        raise CoverageError(
            f"{case.asset}: timestamped surprises have no variance on other days; events says all"
        )
    if not len(announcements):
        raise CoverageError(f"{case.asset}: no announcement is known, so no day has more news")
    name = case.names[0]
    pairs = match_hours(case, name, announcements)
    for what, count in (("with", pairs.event.sum()), ("without", (~pairs.event).sum())):
        if count < MIN_EVENT_DAYS:
            raise CoverageError(
                f"{case.asset}: {count} days {what} an announcement, {MIN_EVENT_DAYS} are needed"
            )
    shift = variance_shift(pairs.returns_pp, pairs.shock_bp, pairs.event)
    low, high, excluded = fieller_set(shift, normal_quantile(case.level))
    told = shift.denominator > 0.0
    squares = np.where(pairs.event, (pairs.shock_bp - pairs.shock_bp[pairs.event].mean()) ** 2, 0.0)
    return [
        loading_of(
            case.fit,
            case.shocks,
            name,
            shift.ratio if told else np.nan,
            shift.ratio_error if told else np.nan,
            case.level,
            "independent days, Fieller",
            low=low,
            high=high,
            n=len(pairs.event),
            start=pairs.dates[0],
            end=pairs.dates[-1],
            reason=_reason(shift, low, high, excluded),
            largest_day=pairs.dates[int(np.argmax(squares))],
            largest_day_weight=float(squares.max() / squares.sum()),
            first_stage_f=shift.first_stage_f,
            note=f"{int(pairs.event.sum())} days with an announcement",
        )
    ]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Returns and shocks that hold the same instant, day by day."""

    dates: pd.DatetimeIndex
    returns_pp: Floats
    shock_bp: Floats
    event: Bools


def match_hours(case: Case, name: str, announcements: Times) -> Pairs:
    """Pair each shock with the return that holds the same announcement, or the same hour.

    A return that holds several of these instants is left out.
    """
    shocks, rows = case.shocks, case.sample.rows
    ordered = np.sort(announcements)
    event = holds(shocks, ordered)
    last = ordered[np.maximum(np.searchsorted(ordered, shocks.end_utc, side="right") - 1, 0)]
    lag = shocks.end_utc - last
    usual = np.median(lag[event].astype(np.int64)) if event.any() else 0
    instant = np.where(event, last, shocks.end_utc - np.timedelta64(int(usual), "s"))
    values = np.asarray(shocks.of(name), dtype=np.float64)
    known = shocks.identified[name].to_numpy(bool) & (instant > shocks.start_utc)
    opened = rows.strike_utc - (rows.elapsed_days * 86400.0).round().astype("timedelta64[s]")
    place = np.minimum(np.searchsorted(rows.strike_utc, instant, side="left"), len(rows) - 1)
    known &= (opened[place] < instant) & (instant <= rows.strike_utc[place])
    known &= np.isfinite(values)
    known &= np.bincount(place[known], minlength=len(rows))[place] == 1
    return Pairs(
        dates=rows.dates[place[known]],
        returns_pp=rows.returns_pp[place[known]],
        shock_bp=values[known],
        event=event[known],
    )


@dataclass(frozen=True)
class Shift:
    """A ratio of two shifts, with the covariance of both.

    `variance` is that of (numerator, denominator): three numbers, own, shared, own.
    """

    numerator: float
    denominator: float
    variance: tuple[float, float, float]

    @property
    def ratio(self) -> float:
        """What the ratio is, if the denominator is no accident."""
        return self.numerator / self.denominator

    @property
    def ratio_error(self) -> float:
        """Error of numerator less ratio times denominator, over the denominator."""
        return float(np.sqrt(self.spread(self.ratio)) / abs(self.denominator))

    @property
    def first_stage_f(self) -> float:
        """Squared t-statistic of the denominator."""
        return self.denominator**2 / self.variance[2]

    def spread(self, ratio: float) -> float:
        """Variance of numerator less a ratio times denominator."""
        own, shared, other = self.variance
        return max(own - 2.0 * ratio * shared + ratio**2 * other, 0.0)


def variance_shift(returns_pp: Floats, shock_bp: Floats, event: Bools) -> Shift:
    """Measure how covariance and variance shift between two sets of independent days."""
    products = []
    for regime in (event, ~event):
        r, s = returns_pp[regime], shock_bp[regime]
        factor = len(s) / (len(s) - 1.0)
        products.append(
            factor * np.column_stack([(r - r.mean()) * (s - s.mean()), (s - s.mean()) ** 2])
        )
    numerator, denominator = products[0].mean(axis=0) - products[1].mean(axis=0)
    spread = np.cov(products[0].T) / event.sum() + np.cov(products[1].T) / (~event).sum()
    return Shift(
        float(numerator),
        float(denominator),
        (float(spread[0, 0]), float(spread[0, 1]), float(spread[1, 1])),
    )


def fieller_set(shift: Shift, critical: float) -> tuple[float, float, tuple[float, float] | None]:
    r"""Collect the ratios that data do not refute: :math:`(N - \beta D)^2 \le z^2 V(\beta)`.

    Returns
    -------
    low, high : float
        Ends of the set; infinite where it has none.
    excluded : tuple of float or None
        The gap of a set that is the whole line but for it.

    Examples
    --------
    >>> fieller_set(Shift(2.0, 1.0, (0.0625, 0.0, 0.0)), 2.0)
    (1.5, 2.5, None)
    """
    own, shared, other = shift.variance
    square = shift.denominator**2 - critical**2 * other
    middle = shift.numerator * shift.denominator - critical**2 * shared
    constant = shift.numerator**2 - critical**2 * own
    discriminant = middle**2 - square * constant
    if square > 0.0:
        reach = np.sqrt(max(discriminant, 0.0))
        return float((middle - reach) / square), float((middle + reach) / square), None
    if discriminant <= 0.0 or square == 0.0:
        return -np.inf, np.inf, None
    reach = np.sqrt(discriminant)
    return -np.inf, np.inf, (float((middle + reach) / square), float((middle - reach) / square))


def _reason(shift: Shift, low: float, high: float, excluded: tuple[float, float] | None) -> str:
    """Say why there is no estimate, or no end to the interval."""
    if np.isfinite(low) and np.isfinite(high):
        return ""
    what = "all values" if excluded is None else f"all but {excluded[0]:.4f} to {excluded[1]:.4f}"
    if shift.denominator <= 0.0:
        return f"the shock varies no more with announcements than without; not refuted: {what}"
    return (
        f"the shock hardly varies more with announcements (F {shift.first_stage_f:.1f}): "
        f"the interval is unbounded, not refuted: {what}"
    )
