"""Strike clocks: when on its date a series is struck."""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ratemodel.errors import ClockError

_PATTERN = re.compile(r"(\d{1,2}):(\d{2})\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day, in a named zone, at which a daily series is struck.

    A price known at 16:00 in New York and one known at 15:00 in London bear the same date and
    contain different news; only the clock says which.

    Attributes
    ----------
    minutes : int
        Minutes after the midnight that *starts* the date, 0 to 1440. 1440 ("24:00") is the
        midnight that ends the date.
    zone : str
        IANA time zone name, or ``UTC``.

    Raises
    ------
    ClockError
        If the text is not ``HH:MM Zone``, the time is past 24:00 or the zone is unknown.

    Examples
    --------
    >>> Clock.parse("13:30 America/New_York")
    Clock(minutes=810, zone='America/New_York')
    >>> str(Clock.parse("24:00 UTC"))
    '24:00 UTC'
    """

    minutes: int
    zone: str

    def __post_init__(self) -> None:
        if not 0 <= self.minutes <= 1440:
            raise ClockError(f"a strike clock runs from 00:00 to 24:00, got {self}")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ClockError(f"unknown time zone {self.zone!r} in strike clock {self}") from None

    @classmethod
    def parse(cls, text: str) -> Clock:
        """Read ``HH:MM Zone``."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None or int(match[2]) > 59:
            raise ClockError(f"a strike clock is written 'HH:MM Zone', got {text!r}")
        return cls(int(match[1]) * 60 + int(match[2]), match[3])

    def __str__(self) -> str:
        return f"{self.minutes // 60:02d}:{self.minutes % 60:02d} {self.zone}"


FUTURES_CLOCK = Clock.parse("15:00 America/New_York")
"""When fed funds futures settle."""
