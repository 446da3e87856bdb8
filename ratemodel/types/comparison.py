"""Surprise series side by side: how alike they are, and where they part."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class SurpriseComparison:
    """Pairs of series, and what each called one date.

    Attributes
    ----------
    pairs : DataFrame
        series_a, series_b, n (announcements with both), correlation, disagreement (the
        announcement on which they lie farthest apart, each over its standard deviation), value_a,
        value_b, gap_sd.
    calls : DataFrame
        announced, series, value, reason: as `PolicySurprises.on`.
    date : Timestamp
        The date of the calls.
    """

    pairs: pd.DataFrame
    calls: pd.DataFrame
    date: pd.Timestamp

    def correlation(self, a: str, b: str) -> float:
        """Look one correlation up, in either order."""
        rows = self.pairs
        own = (rows["series_a"] == a) & (rows["series_b"] == b)
        other = (rows["series_a"] == b) & (rows["series_b"] == a)
        return float(rows.loc[own | other, "correlation"].iloc[0])

    def to_frame(self) -> pd.DataFrame:
        """Pairs, one row each."""
        return self.pairs.copy()

    def summary(self) -> str:
        """Say for each pair how alike it is and where it parts, then the calls."""
        lines = [str(self)]
        lines += [
            f"{row['series_a']:<13} {row['series_b']:<13} r {row['correlation']:+.3f} (n "
            f"{row['n']}), farthest apart {row['disagreement']:%Y-%m-%d}: {row['value_a']:+.3f} "
            f"against {row['value_b']:+.3f}"
            for row in self.pairs.to_dict("records")
        ]
        for row in self.calls.to_dict("records"):
            said = row["reason"] or f"{row['value']:+.4f}"
            lines.append(f"{self.date:%Y-%m-%d} {row['series']:<13} {said}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return (
            f"{len(self.pairs)} pairs of surprise series, and what each called {self.date:%Y-%m-%d}"
        )
