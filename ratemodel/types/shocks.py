"""Shocks: revisions of expected rates, each with its error and the interval it happened in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import CoverageError, DataError

Times = npt.NDArray[np.datetime64]
PATH = "path_bp"


@dataclass(frozen=True, eq=False)
class ShockSeries:
    """Revisions in basis points, by name, over intervals between strikes.

    Attributes
    ----------
    values_bp : DataFrame, shape (T, S)
        Columns such as target_bp, path_bp, slope_bp; rows by date, ascending; NaN where there is
        no shock.
    errors_bp : DataFrame, shape (T, S)
        Standard errors, same columns; NaN where unknown.
    identified : DataFrame of bool, shape (T, S)
        Whether the data, not the prior, set the value.
    start_utc, end_utc : array of datetime64[s], shape (T,)
        The interval (start, end] in which the news arrived; equal for a timestamped surprise.
    source : Series of str, length T
        What the values were made of.
    fixed_bp, fixed_se_bp, fixed_prior_share : DataFrame, shape (T, Q)
        Revisions of the rate ruling at fixed dates (columns, quarter ends), their errors and
        prior shares: what `at` and the fall-back of a study choose from. Empty for outside series.
    fixed_source : str
        What those were made of, on every date; yields never mix into them.
    fixed_date : Timestamp or None
        Set if path_bp is the revision at this fixed date rather than 12 months ahead.
    metadata : mapping
        Sample, scaling and sign in words.
    jumps : int
        Changes of single contracts left out because no neighbour made them.

    Raises
    ------
    DataError
        If dates repeat, shapes differ or intervals run backwards.
    """

    values_bp: pd.DataFrame
    errors_bp: pd.DataFrame
    identified: pd.DataFrame
    start_utc: Times
    end_utc: Times
    source: pd.Series[str]
    fixed_bp: pd.DataFrame = field(default_factory=pd.DataFrame)
    fixed_se_bp: pd.DataFrame = field(default_factory=pd.DataFrame)
    fixed_prior_share: pd.DataFrame = field(default_factory=pd.DataFrame)
    fixed_source: str = ""
    fixed_date: pd.Timestamp | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    jumps: int = 0

    def __post_init__(self) -> None:
        index = self.values_bp.index
        if not index.is_unique:
            twice = index[index.duplicated()][0]
            raise DataError(f"a shock series has one value a date; {twice} repeats")
        if not index.is_monotonic_increasing:
            raise DataError("shock dates must ascend")
        for name in ("errors_bp", "identified"):
            frame = getattr(self, name)
            if frame.shape != self.values_bp.shape:
                raise DataError(f"{name} must have one cell for each shock")
        if len(self.start_utc) != len(index) or len(self.end_utc) != len(index):
            raise DataError("every shock needs the interval in which it became known")
        if (self.end_utc < self.start_utc).any() or (
            np.diff(self.end_utc.astype(np.int64)) < 0
        ).any():
            raise DataError("shock intervals must run forward in time")

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Dates of the shocks, ascending."""
        return pd.DatetimeIndex(self.values_bp.index)

    @property
    def names(self) -> list[str]:
        """Names of the shocks held."""
        return list(self.values_bp.columns)

    @property
    def is_point(self) -> bool:
        """Whether the shocks are timestamped surprises rather than intervals."""
        return bool((self.start_utc == self.end_utc).all())

    def of(self, name: str = PATH) -> pd.Series[float]:
        """One shock by date, basis points."""
        if name not in self.values_bp:
            raise CoverageError(f"no shock {name}; there are {', '.join(self.names)}")
        return self.values_bp[name]

    def at(self, fixed_date: pd.Timestamp | str) -> ShockSeries:
        """Take the revision at a fixed date as the path shock.

        Parameters
        ----------
        fixed_date : Timestamp or str
            One of the quarter ends in `fixed_bp`.
        """
        stamp = pd.Timestamp(fixed_date)
        if stamp not in self.fixed_bp.columns:
            raise CoverageError(f"no revision is held for the fixed date {stamp:%Y-%m-%d}")
        values, errors = self.values_bp.copy(), self.errors_bp.copy()
        identified = self.identified.copy()
        values[PATH], errors[PATH] = self.fixed_bp[stamp], self.fixed_se_bp[stamp]
        identified[PATH] = self.fixed_identified[stamp]
        made_of = self.fixed_source
        told = self.source.str.startswith(made_of) & (self.source != "")
        source = self.source.where(~told, f"{made_of}:level {stamp:%Y-%m-%d}").where(told, "")
        return replace(
            self,
            values_bp=values,
            errors_bp=errors,
            identified=identified,
            source=source,
            fixed_date=stamp,
        )

    @property
    def fixed_identified(self) -> pd.DataFrame:
        """Whether each fixed-date revision exists and owes less than a quarter to the prior."""
        return self.fixed_bp.notna() & (self.fixed_prior_share < PATH_PRIOR_SHARE)

    def to_frame(self) -> pd.DataFrame:
        """Tidy: trade_date, each shock, its error, whether it is identified, source."""
        frame = self.values_bp.reset_index(names="trade_date")
        for name in self.names:
            stem = name.removesuffix("_bp")
            frame[f"{stem}_se_bp"] = self.errors_bp[name].to_numpy()
            frame[f"{stem}_identified"] = self.identified[name].to_numpy()
        frame["source"] = self.source.to_numpy()
        return frame

    def summary(self) -> str:
        """Say for each shock: number, standard deviation, typical error."""
        lines = [str(self)]
        for name in self.names:
            values, errors = self.values_bp[name].dropna(), self.errors_bp[name].dropna()
            error = f", se {errors.median():.2f}" if len(errors) else ""
            lines.append(f"{name:<10} {len(values):>6,} values, sd {values.std():.2f} bp{error}")
        return "\n".join(lines)

    def __str__(self) -> str:
        at = f", path at {self.fixed_date:%Y-%m-%d}" if self.fixed_date is not None else ""
        dates = self.values_bp.index
        return f"{len(dates):,} shocks {dates[0]:%Y-%m-%d}..{dates[-1]:%Y-%m-%d}{at}"


PATH_PRIOR_SHARE = 0.25
"""Prior share from which on a path revision counts as not identified."""
