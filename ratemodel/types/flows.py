"""Forced flows in dollars, as ranges, by date, asset and channel."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ratemodel.errors import DataError

FLOW_COLUMNS = ("date", "channel", "low_usd", "central_usd", "high_usd", "grade", "source")


@dataclass(frozen=True, eq=False)
class ForcedFlows:
    """Measured forced flows of one asset in one event, and the market they hit.

    Attributes
    ----------
    asset : str
    flows : DataFrame
        date, channel, low_usd, central_usd, high_usd (signed: sales negative), grade, source.
    adv_usd : tuple of float or None
        Daily volume before the event, dollars a day: low, central, high.
    y : tuple of float
        Prefactor Y of the impact law: low, central, high.
    linear_below : tuple of float
        Share of daily volume q* under which impact is linear: low, central, high.
    note : str
        Why flows cannot be turned into a price move, if so.
    """

    asset: str
    flows: pd.DataFrame
    adv_usd: tuple[float, float, float] | None
    y: tuple[float, float, float]
    linear_below: tuple[float, float, float]
    note: str = ""

    def __post_init__(self) -> None:
        missing = [name for name in FLOW_COLUMNS if name not in self.flows]
        if missing:
            raise DataError(f"{self.asset}: flows lack {', '.join(missing)}")
        low, centre, high = (self.flows[f"{k}_usd"] for k in ("low", "central", "high"))
        if not ((low <= centre) & (centre <= high)).all():
            raise DataError(f"{self.asset}: a flow is a range, low <= central <= high")
