"""Policy surprises by announcement and series, with what each is made of and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError, DataError
from ratemodel.types.components import ComponentFit

PP_UNIT, SD_UNIT = "percentage points", "standard deviations"


@dataclass(frozen=True, slots=True)
class SeriesAbout:
    """What a reader must know to use a series: unit, sample, scaling, sign and source."""

    unit: str
    sample: str
    scaling: str
    sign: str
    source: str


@dataclass(frozen=True, eq=False)
class PolicySurprises:
    """Surprises in policy announcements, by instant and series.

    Attributes
    ----------
    values : DataFrame, shape (n, series)
        In the unit of each series; rows by announcement, zone-aware New York time, ascending. NaN
        where an announcement has no value.
    about : mapping of str to SeriesAbout
        For each series.
    flags : Series of str, length n
        Why an announcement deserves a second look (``unscheduled;holiday``); empty text if not.
    omitted : mapping of str to str
        Series that the inputs do not allow, with what is missing.
    notes : tuple of str
        What was left out or treated in a particular way, with its count.
    fits : mapping of str to ComponentFit
        Estimated constructions, by name.

    Raises
    ------
    DataError
        If announcements repeat, are out of order or without zone, or a series is not described.
    """

    values: pd.DataFrame
    about: Mapping[str, SeriesAbout]
    flags: pd.Series[str]
    omitted: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fits: Mapping[str, ComponentFit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        index = self.values.index
        if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
            raise DataError("surprises are indexed by zone-aware instants")
        if not (index.is_unique and index.is_monotonic_increasing):
            raise DataError("announcements must ascend and not repeat")
        silent = [str(name) for name in self.values if name not in self.about]
        if silent:
            raise DataError(f"nothing is said about {', '.join(silent)}")
        object.__setattr__(self, "values", self.values.copy())

    @property
    def names(self) -> list[str]:
        """Series held."""
        return list(self.values.columns)

    @property
    def times(self) -> pd.DatetimeIndex:
        """Announcements, New York time, ascending."""
        return pd.DatetimeIndex(self.values.index)

    def series(self, name: str) -> pd.Series[float]:
        """One series by announcement; announcements without a value are not in it.

        Raises
        ------
        CoverageError
            If the series is not held; the text says why, if it is known.
        """
        if name not in self.values:
            why = self.omitted.get(name)
            held = f"there are {', '.join(self.names)}"
            raise CoverageError(f"no series {name}: {why or held}")
        return self.values[name].dropna()

    def on(self, date: pd.Timestamp | str) -> pd.DataFrame:
        """Say what each series called the announcements of one date, or why it has no value.

        Parameters
        ----------
        date : Timestamp or str
            In New York.

        Returns
        -------
        DataFrame
            announced, series, value, reason; a series without a value on that date has a reason.
        """
        day = pd.Timestamp(date).tz_localize(None).normalize()
        here = self.times[self.times.tz_localize(None).normalize() == day]
        rows: list[tuple[object, str, float, str]] = []
        for name in self.names:
            if here.empty:
                end = f"{self.times[0]:%Y-%m-%d}..{self.times[-1]:%Y-%m-%d}"
                why = f"the table has no announcement of {day:%Y-%m-%d}; it runs {end}"
                rows.append((pd.NaT, name, np.nan, why))
            for time in here:
                value = float(self.values[name].loc[time])
                why = "" if value == value else "an input of this announcement is missing"
                rows.append((time, name, value, why))
        rows += [(pd.NaT, name, np.nan, why) for name, why in self.omitted.items()]
        return pd.DataFrame(rows, columns=["announced", "series", "value", "reason"])

    def to_frame(self) -> pd.DataFrame:
        """Tidy: announced, series, value, unit, sample, scaling, sign, flags; values only."""
        parts = []
        for name in self.names:
            value, about = self.series(name), self.about[name]
            parts.append(
                pd.DataFrame(
                    {
                        "announced": value.index,
                        "series": name,
                        "value": value.to_numpy(float),
                        "unit": about.unit,
                        "sample": about.sample,
                        "scaling": about.scaling,
                        "sign": about.sign,
                        "flags": self.flags.loc[value.index].to_numpy(),
                    }
                )
            )
        columns = ["announced", "series", "value", "unit", "sample", "scaling", "sign", "flags"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)

    def summary(self) -> str:
        """Say for each series: announcements, size, sample, scaling; then what was left out."""
        lines = [str(self)]
        for name in self.names:
            value, about = self.series(name), self.about[name]
            unit = "sd" if about.unit == SD_UNIT else "pp"
            lines.append(
                f"{name:<14} {len(value):>4} values, sd {value.std():.4f} {unit}, "
                f"{about.sample}; {about.scaling}; {about.sign} ({about.source})"
            )
        lines += [f"{name:<14} left out: {why}" for name, why in self.omitted.items()]
        return "\n".join([*lines, *self.notes])

    def __str__(self) -> str:
        out = f", {len(self.omitted)} left out" if self.omitted else ""
        return (
            f"{len(self.names)} surprise series of {len(self.values)} announcements "
            f"{self.times[0]:%Y-%m-%d}..{self.times[-1]:%Y-%m-%d}{out}"
        )


@dataclass(frozen=True, eq=False)
class ComponentErrors:
    """Sampling errors of estimated components: bands of loadings, errors of single values.

    Attributes
    ----------
    loadings : DataFrame
        series, input, loading, low, high, level, draws, n.
    std_errors : DataFrame, shape (n, series)
        Standard error of each announcement's value that comes from estimating the component;
        NaN where there is no value. Index and columns as in `PolicySurprises.values`.
    """

    loadings: pd.DataFrame
    std_errors: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Bands of loadings, one row a series and input."""
        return self.loadings.copy()

    def summary(self) -> str:
        """Say for each series: loadings with bands, and the typical error of a value."""
        lines = [str(self)]
        for name, part in self.loadings.groupby("series", sort=False):
            cells = [
                f"{row['input']} {row['loading']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
                for row in part.to_dict("records")
            ]
            lines.append(f"{name:<14} {', '.join(cells)}")
        for label, typical in self.std_errors.median().dropna().items():
            lines.append(f"{label!s:<14} median standard error of a value {typical:.5f}")
        return "\n".join(lines)

    def __str__(self) -> str:
        held = self.loadings["series"].nunique()
        return f"bootstrap bands for the loadings of {held} components"
