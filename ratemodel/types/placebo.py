"""Placebo windows: stretches without an event, each with a band made before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from ratemodel.types.eras import ERAS

PLACEBO_COLUMNS = (
    *("asset", "window_start", "window_end", "residual_pp", "low_pp", "high_pp", "covered"),
    *("sigma_pre_pp", "state", "era", "iid_low_pp", "iid_high_pp", "iid_covered"),
    *("dollar", "level", "reason"),
)
COVERAGE_COLUMNS = ("group", "windows", "coverage", "iid_coverage", "std_err")
By = Literal["all", "state", "era", "asset"]
GROUPINGS: tuple[By, ...] = ("all", "state", "era")


@dataclass(frozen=True, eq=False)
class Placebo:
    """Windows split as if they were events, and whether the band held what came.

    Attributes
    ----------
    table : DataFrame
        Columns `PLACEBO_COLUMNS`; a window with a `reason` does not count and has no numbers.
    omitted : mapping of str to str
        Assets without a window, and why.
    """

    table: pd.DataFrame
    omitted: Mapping[str, str] = field(default_factory=dict)

    @property
    def counted(self) -> pd.DataFrame:
        """Windows that count."""
        return self.table.loc[self.table["reason"] == ""]

    def coverage(self, by: By = "all", asset: str | None = None) -> pd.DataFrame:
        """Say how often bands held what came, overall or by group.

        Parameters
        ----------
        by : {"all", "state", "era", "asset"}
            `state` is the quintile of volatility known before the window.
        asset : str, optional
            All together if left out.

        Returns
        -------
        DataFrame
            Columns `COVERAGE_COLUMNS`: group, windows, coverage by filtered simulation, coverage
            by returns taken as independent, and the binomial error of the first.
        """
        rows = self.counted
        if asset is not None:
            rows = rows.loc[rows["asset"] == asset]
        groups = rows.assign(all="all").groupby(by, sort=by != "asset")
        table = pd.DataFrame(
            {
                "windows": groups.size(),
                "coverage": groups["covered"].agg(lambda held: held.astype(float).mean()),
                "iid_coverage": groups["iid_covered"].agg(lambda held: held.astype(float).mean()),
            }
        )
        table["std_err"] = (table["coverage"] * (1.0 - table["coverage"]) / table["windows"]) ** 0.5
        return table.rename_axis("group").reset_index()[list(COVERAGE_COLUMNS)]

    def to_frame(self) -> pd.DataFrame:
        """One row a window."""
        return self.table

    def summary(self) -> str:
        """Say for each asset what was covered overall, by volatility known before, and by era."""
        lines = [str(self)]
        for asset in dict.fromkeys(self.counted["asset"]):
            for by in GROUPINGS:
                for row in self.coverage(by, asset).to_dict("records"):
                    lines.append(
                        f"{asset:<8} {row['group']:<12} n {row['windows']:>5}  "
                        f"{row['coverage']:.3f} ({row['std_err']:.3f}), "
                        f"returns taken as independent {row['iid_coverage']:.3f}"
                    )
        left_out = self.table.loc[self.table["reason"] != "", "reason"].value_counts()
        lines += [f"not counted: {count} {why}" for why, count in left_out.items()]
        return "\n".join([*lines, *(f"left out: {why}" for why in self.omitted.values())])

    def __str__(self) -> str:
        rows = self.counted
        if rows.empty:
            return "no placebo window counts"
        level, share = 100.0 * float(rows["level"].iloc[0]), 100.0 * rows["covered"].mean()
        return f"{level:g} % bands of {len(rows):,} windows without an event cover {share:.1f} %"


def era_of(dates: pd.DatetimeIndex) -> list[str]:
    """Name the era of each date."""
    return [next(name for name, (low, high) in ERAS.items() if low <= d <= high) for d in dates]
