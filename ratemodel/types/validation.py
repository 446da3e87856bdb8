"""How often bands held a truth that was known, and how wide they were."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

VALIDATION_COLUMNS = (
    *("design", "component", "replications", "truth_pp", "bias_pp", "rmse_pp", "coverage"),
    *("coverage_se", "required_low", "required_high", "mean_width_pp", "ideal_width_pp"),
    *("width_ratio", "width_limit", "level", "holds"),
)


@dataclass(frozen=True, eq=False)
class Validation:
    """Coverage of known truth, one row a design and component.

    Attributes
    ----------
    table : DataFrame
        Columns `VALIDATION_COLUMNS`.
    """

    table: pd.DataFrame

    @property
    def failures(self) -> pd.DataFrame:
        """Rows that miss what is required of them."""
        return self.table.loc[~self.table["holds"]]

    def to_frame(self) -> pd.DataFrame:
        """One row a design and component."""
        return self.table

    def summary(self) -> str:
        """Say for each design how often each band held the truth, and how wide it was."""
        lines = [str(self)]
        for row in self.table.to_dict("records"):
            missed = "" if row["holds"] else "  not as required"
            lines.append(
                f"{row['design']:<20} {row['component']:<17} n {row['replications']:>4}  "
                f"covers {row['coverage']:.3f} ({row['coverage_se']:.3f})  "
                f"width {row['mean_width_pp']:5.2f} pp, {row['width_ratio']:.2f} of ideal{missed}"
            )
        return "\n".join(lines)

    def __str__(self) -> str:
        count, held = len(self.table), int(self.table["holds"].sum())
        level = 100.0 * float(self.table["level"].iloc[0])
        return f"{level:g} % bands of {count} parts with known truth: {held} as required"
