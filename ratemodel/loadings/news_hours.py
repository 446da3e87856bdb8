"""Which hours bring news about rates: a clock that runs by New York's day and rests at weekends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.calendars import Times

Floats = npt.NDArray[np.float64]

ZONE = "America/New_York"
OPEN_HOUR, CLOSE_HOUR, DAY_SHARE = 7.5, 17.5, 0.8
"""New York hours, and the share of a day's news that comes in them. Volume and volatility of
Treasuries are highly concentrated there (Fleming 1997); the share itself is a choice."""


def news_days(instants: Times) -> Floats:
    r"""Count the days of news up to each instant, from an arbitrary start.

    A weekday holds one day of news, four fifths of it between 07:30 and 17:30 in New York, evenly
    on either side of these hours and within them; a weekend holds none. Differences say how much
    came between two instants, in days.

    Parameters
    ----------
    instants : array of datetime64, shape (n,)
        UTC.

    Returns
    -------
    array, shape (n,)

    References
    ----------
    Fleming, M. J. (1997), "The round-the-clock market for U.S. Treasury securities", Federal
    Reserve Bank of New York Economic Policy Review 3(2), 9-32.

    Examples
    --------
    From 13:30 to 15:00 in New York, and from there over the weekend to 13:30 on Monday:

    >>> when = np.array(["2026-01-30T18:30", "2026-01-30T20:00", "2026-02-02T18:30"], "M8[s]")
    >>> np.diff(news_days(when)).round(3).tolist()
    [0.12, 0.88]
    """
    local = pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(ZONE).tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]")
    hours = (local.to_numpy() - days) / np.timedelta64(1, "h")
    night = 24.0 - (CLOSE_HOUR - OPEN_HOUR)
    in_hours = np.clip(hours - OPEN_HOUR, 0.0, CLOSE_HOUR - OPEN_HOUR)
    share = DAY_SHARE * in_hours / (CLOSE_HOUR - OPEN_HOUR)
    share = share + (1.0 - DAY_SHARE) * (hours - in_hours) / night
    whole = np.busday_count(np.datetime64("1970-01-01", "D"), days)
    return np.asarray(whole + np.where(np.is_busday(days), share, 0.0), dtype=float)
