"""A driver's own noise: GARCH day by day, then spread over the hours of each day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.market.replica.days import DayGrid, owners, place
from ratemodel.market.replica.drivers import DRIVERS, EXTREME, Driver
from ratemodel.market.replica.settings import SLOTS, Slot

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SMALLEST = 1e-12
"""Stands for a length of zero: what comes after the last strike may be nothing."""


@dataclass(frozen=True, eq=False)
class Noise:
    """One driver's own noise.

    Attributes
    ----------
    ends : array, shape (n,)
        Positions at which its days end; what comes after the last is day n.
    dates : DatetimeIndex, length n
        Dates of those ends.
    sigma_pp : array, shape (n + 1,)
        Conditional standard deviation of each day, known at the end of the day before.
    z : array, shape (n + 1,)
        Each day's noise over its standard deviation.
    hourly : array, shape (size,)
        Standard normals that spread a day's noise over its slots.
    news_pp : array, shape (size,)
        Noise at each position, pp.
    """

    ends: Ints
    dates: pd.DatetimeIndex
    sigma_pp: Floats
    z: Floats
    hourly: Floats
    news_pp: Floats

    def sigma_on(self, date: pd.Timestamp) -> float:
        """Look up the standard deviation of the day that ends on a date, pp."""
        return float(self.sigma_pp[place(self.dates, date)])


def day_ends(grid: DayGrid, driver: Driver) -> tuple[Ints, pd.DatetimeIndex]:
    """Positions and dates at which a driver's days end: crypto never closes."""
    rows = grid.rows("every" if driver.slot is Slot.MIDNIGHT else "trade")
    return grid.positions(rows, driver.slot), grid.days[rows]


def simulate_noise(
    grid: DayGrid,
    driver: Driver,
    leader: Noise | None,
    linear_pp: Floats,
    moves_pp: Mapping[pd.Timestamp, float],
    before: pd.Timestamp,
    rng: np.random.Generator,
) -> Noise:
    """Draw a driver's own noise.

    On the dates of `moves_pp` the day's noise is what is left of the move after the linear part:
    that is the residual of an event. Up to the event the other days' noise sums, with theirs, to
    zero, and after it among themselves, so that prices start and end where drift, news and the
    event alone would have them.

    Parameters
    ----------
    grid : DayGrid
    driver : Driver
    leader : Noise or None
        Of the driver's leader, whose days must end on the same dates.
    linear_pp : array, shape (size,)
        Cumulated drift, rate and dollar parts.
    moves_pp : mapping of Timestamp to float
        Whole moves of the leading asset, by the date on which the day ends.
    before : Timestamp
        Last trade date before the event.
    rng : numpy.random.Generator

    Returns
    -------
    Noise
    """
    ends, dates = day_ends(grid, driver)
    days = len(ends) + 1
    unit = np.sqrt((driver.nu - 2.0) / driver.nu)
    z = unit * rng.standard_t(driver.nu, days)
    hourly = rng.standard_normal(grid.size)
    if leader is not None:
        own = np.sqrt(1.0 - driver.rho**2)
        z = driver.rho * leader.z + own * z
        hourly = driver.rho * leader.hourly + own * hourly
    owner = owners(ends, grid.size)
    variance = grid.news_variance(driver.kind)
    length: Floats = np.bincount(owner, variance, minlength=days).astype(float)
    forced = np.full(days, np.nan)
    slots = [place(dates, date) for date in moves_pp]
    forced[slots] = list(moves_pp.values()) - np.diff(linear_pp[ends], prepend=0.0)[slots]
    sigma, z = _garch(driver, z, forced / np.sqrt(np.maximum(length, SMALLEST)))
    total = sigma * np.sqrt(length) * z
    total[slots] = forced[slots]
    history = np.arange(days) <= place(dates, before)
    free = history & np.isnan(forced)
    total[free] -= total[history].sum() / free.sum()
    total[~history & np.isnan(forced)] -= total[~history & np.isnan(forced)].mean()
    share = _shares(variance, owner, ends, ~np.isnan(forced))
    bridge = sigma[owner] * np.sqrt(variance) * hourly
    bridge -= share * np.bincount(owner, bridge, minlength=days)[owner]
    return Noise(ends, dates, sigma, z, hourly, share * total[owner] + bridge)


def _garch(driver: Driver, z: Floats, forced: Floats) -> tuple[Floats, Floats]:
    """Run the variance recursion; a forced day's z is what it must be."""
    a, g, b = driver.garch
    z = z.copy()
    sigma = np.empty(len(z))
    variance = driver.sigma**2
    for day, shock in enumerate(forced):
        sigma[day] = np.sqrt(variance)
        felt = z[day]
        if not np.isnan(shock):
            z[day] = shock / sigma[day]
            felt = min(max(z[day], -EXTREME), EXTREME)
        variance = driver.omega + variance * (b + (a + g * (felt < 0.0)) * felt**2)
    return sigma, z


def _shares(variance: Floats, owner: Ints, ends: Ints, forced: Bools) -> Floats:
    """Share of a day's noise that falls on each position: in proportion to the variance of news.

    A forced move falls between the midnight before its date and the strike that ends it: the
    news of the event broke in the evening.
    """
    row = np.arange(len(owner)) // SLOTS
    same_date = row == np.append(ends // SLOTS, row[-1])[owner]
    weight = np.where(forced[owner] & ~same_date, 0.0, variance)
    whole = np.bincount(owner, weight, minlength=len(forced))
    shares: Floats = weight / np.maximum(whole, SMALLEST)[owner]
    return shares


def pass_through(noise: Noise, grid: DayGrid, driver: Driver, position: int, by_pp: float) -> Noise:
    """Shift noise inside one day, so that it has gone `by_pp` further by a position.

    What is added up to the position is taken back after it; the day's sum stays.
    """
    variance = grid.news_variance(driver.kind)
    owner = owners(noise.ends, grid.size)
    row = np.arange(grid.size) // SLOTS
    inside = (owner == owner[position]) & (row == row[position])
    earlier = inside & (np.arange(grid.size) <= position)
    later = inside & ~earlier
    up = np.where(earlier, variance, 0.0) / variance[earlier].sum()
    down = np.where(later, variance, 0.0) / variance[later].sum()
    return replace(noise, news_pp=noise.news_pp + by_pp * (up - down))


def leaders_first(drivers: Mapping[str, Driver] = DRIVERS) -> list[str]:
    """Order drivers so that each follows its leader.

    Examples
    --------
    >>> order = leaders_first()
    >>> order.index("gold") < order.index("silver")
    True
    """
    return sorted(drivers, key=lambda name: bool(drivers[name].leader))
