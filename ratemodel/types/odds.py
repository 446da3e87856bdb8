"""How good odds of policy moves were: scores by era and horizon, and their calibration."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class OddsScores:
    """Odds held against outcomes, beside FedWatch's for the same meetings.

    Attributes
    ----------
    scores : DataFrame
        era, horizon_days, measure (rmse_bp, rps, log_loss; smaller is better), value, fedwatch,
        gain (fedwatch less value), low, high (block bootstrap; NaN where there are too few
        meetings), level, n (meetings).
    calibration : DataFrame
        era, horizon_days, engine, probability_low, probability_high (bin of forecast
        probabilities), forecast (their mean), observed (share that came true), n.
    variants_tried : int
        Ways to learn the spread that were compared, on outcomes before 2016.
    """

    scores: pd.DataFrame
    calibration: pd.DataFrame
    variants_tried: int

    def to_frame(self) -> pd.DataFrame:
        """Scores, one row an era, horizon and measure."""
        return self.scores

    def summary(self) -> str:
        """Say where odds were better or worse than FedWatch's, a line an era and horizon."""
        lines = [str(self)]
        for (era, days), part in self.scores.groupby(["era", "horizon_days"], sort=False):
            cells = [
                f"{row['measure']} {row['value']:.3f} against {row['fedwatch']:.3f} "
                f"({row['gain']:+.3f} {_interval(row['low'], row['high'])})"
                for row in part.to_dict("records")
            ]
            lines.append(f"{era} {days:>3} days, n = {part['n'].iloc[0]}: " + "; ".join(cells))
        return "\n".join(lines)

    def __str__(self) -> str:
        meetings = int(self.scores.groupby("era")["n"].max().sum()) if len(self.scores) else 0
        return (
            f"odds of {meetings} meetings against FedWatch's; "
            f"{self.variants_tried} variants compared on outcomes before 2016"
        )


def _interval(low: float, high: float) -> str:
    return "without interval" if low != low else f"[{low:+.3f}, {high:+.3f}]"
