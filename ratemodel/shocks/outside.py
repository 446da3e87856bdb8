"""Take any outside series as a shock, with the clock that says when it was known."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ratemodel.calendars import Times, strike_times
from ratemodel.errors import ClockError, DataError, StudyError
from ratemodel.types.clock import Clock
from ratemodel.types.shocks import ShockSeries

Unit = Literal["bp", "pp"]
SCALE_TO_BP: dict[Unit, float] = {"bp": 1.0, "pp": 100.0}
SPARSE_DAYS = 10
"""A date-indexed series with typical gaps longer than this is not one of daily changes."""


def shock_series(
    values: pd.Series[float] | pd.DataFrame,
    known_at: str | None = None,
    unit: Unit = "bp",
) -> ShockSeries:
    """Wrap an outside series of revisions or surprises.

    With zone-aware timestamps each value is a point: news known at that instant. With plain dates
    and `known_at` each value is the change since the strike of the row before.

    Parameters
    ----------
    values : Series or DataFrame
        One column a shock; a Series is called path_bp unless it has a name. Missing values stay
        missing.
    known_at : str, optional
        ``HH:MM Zone``, for an index of dates.
    unit : {"bp", "pp"}
        Of the values: basis points or percentage points.

    Returns
    -------
    ShockSeries

    Raises
    ------
    ClockError
        If neither the index nor `known_at` says when the values were known.
    DataError
        If dates repeat, or a date-indexed series is too sparse to be one of daily changes.
    StudyError
        If the unit is unknown.

    Examples
    --------
    >>> daily = pd.Series([1.0, -2.0], index=pd.to_datetime(["2026-01-29", "2026-01-30"]))
    >>> print(shock_series(daily, known_at="15:30 America/New_York"))
    2 shocks 2026-01-29..2026-01-30
    """
    if unit not in SCALE_TO_BP:
        raise StudyError(f"unit must be one of {', '.join(SCALE_TO_BP)}, got {unit!r}")
    frame = values.to_frame(values.name or "path_bp") if isinstance(values, pd.Series) else values
    if not isinstance(frame.index, pd.DatetimeIndex):
        raise DataError("a shock series is indexed by dates or zone-aware timestamps")
    frame = (frame.astype(float) * SCALE_TO_BP[unit]).sort_index()
    start, end, index = _instants(pd.DatetimeIndex(frame.index), known_at)
    frame.index = index
    return ShockSeries(
        values_bp=frame,
        errors_bp=pd.DataFrame(np.nan, index=frame.index, columns=frame.columns),
        identified=frame.notna(),
        start_utc=start,
        end_utc=end,
        source=pd.Series("outside", index=frame.index),
        metadata={"sample": f"{index[0]}..{index[-1]}", "scaling": unit, "sign": "as given"},
    )


def _instants(
    index: pd.DatetimeIndex, known_at: str | None
) -> tuple[Times, Times, pd.DatetimeIndex]:
    if index.tz is not None:
        if known_at is not None:
            raise ClockError("zone-aware timestamps say themselves when they are known")
        naive = index.tz_convert("UTC").tz_localize(None)
        instants = naive.to_numpy().astype("datetime64[s]")
        return instants, instants, naive
    if known_at is None:
        raise ClockError(
            "say when the values were known: known_at='HH:MM Zone', or a zone in the index"
        )
    if (index != index.normalize()).any():
        raise ClockError("an index with times of day needs a zone; with dates only, known_at")
    gaps = np.diff(index.to_numpy()).astype("timedelta64[D]").astype(int)
    if len(gaps) and np.median(gaps) > SPARSE_DAYS:
        raise DataError(
            f"values are typically {np.median(gaps):.0f} days apart: a daily change runs from the "
            "row before; give surprises a zone-aware timestamp each"
        )
    end = strike_times(index, Clock.parse(known_at))
    return np.concatenate([end[:1] - np.timedelta64(1, "D"), end[:-1]]), end, index
