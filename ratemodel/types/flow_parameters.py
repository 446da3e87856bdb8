"""What a row of forced_flows may say: parameters by channel, their units and their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlowParameter:
    """One parameter of one channel.

    Attributes
    ----------
    units : tuple of str
        Units it may be given in; the first is the usual one.
    least, most : float
        Bounds of all three numbers.
    above : bool
        Whether the lower bound itself is excluded.
    measured : bool
        Whether it is a flow, of which there may be several, rather than a range.
    meaning : str
    """

    units: tuple[str, ...]
    meaning: str
    least: float = float("-inf")
    most: float = float("inf")
    above: bool = False
    measured: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number is within the bounds; one that is missing is not out of them."""
        low = value <= self.least if self.above else value < self.least
        return not (low or value > self.most)

    def bounds(self) -> str:
        """Say the bounds in words.

        Examples
        --------
        >>> FLOW_PARAMETERS["margin_call", "cash_met_share"].bounds()
        'from 0 to 1'
        >>> FLOW_PARAMETERS["impact", "adv"].bounds()
        'above 0'
        """
        low = f"{'above' if self.above else 'from'} {self.least:g}"
        if self.most < float("inf"):
            return f"{low} {'up to' if self.above else 'to'} {self.most:g}"
        return low if self.above else f"{self.least:g} or more"


FLOW_PARAMETERS: Mapping[tuple[str, str], FlowParameter] = {
    ("levered_etf", "leverage"): FlowParameter(("ratio",), "Leverage; below zero if inverse."),
    ("levered_etf", "aum_before"): FlowParameter(
        ("usd",), "Assets of all such funds before the event.", least=0.0
    ),
    ("levered_etf", "flow_observed"): FlowParameter(
        ("usd",), "Rebalancing that was seen; sales are negative.", measured=True
    ),
    ("margin_call", "maintenance_before"): FlowParameter(
        ("pct_of_notional",), "Maintenance margin before.", least=0.0, most=100.0, above=True
    ),
    ("margin_call", "maintenance_after"): FlowParameter(
        ("pct_of_notional",),
        "The new margin; date: the last on which the old one held.",
        least=0.0,
        most=100.0,
        above=True,
    ),
    ("margin_call", "buffer_mean"): FlowParameter(
        ("multiple_of_margin",), "Mean equity above the margin.", least=0.0, above=True
    ),
    ("margin_call", "cash_met_share"): FlowParameter(
        ("fraction",), "Share of calls met with cash.", least=0.0, most=1.0
    ),
    ("margin_call", "open_interest"): FlowParameter(
        ("contracts",), "Long positions, as many short ones.", least=0.0
    ),
    ("contract", "size"): FlowParameter(
        ("troy_oz", "units"), "Size of one contract in the asset's unit.", least=0.0, above=True
    ),
    ("liquidation", "long_usd"): FlowParameter(
        ("usd",), "Longs closed by venues: a size, sold.", least=0.0, measured=True
    ),
    ("liquidation", "short_usd"): FlowParameter(
        ("usd",), "Shorts closed by venues: a size, bought.", least=0.0, measured=True
    ),
    ("liquidation", "open_interest"): FlowParameter(
        ("usd",), "Leveraged longs, as many shorts.", least=0.0
    ),
    ("liquidation", "leverage"): FlowParameter(
        ("ratio",), "Of positions when opened.", least=0.0, above=True
    ),
    ("volatility_target", "exposure"): FlowParameter(
        ("usd",), "Held by funds that target volatility.", least=0.0
    ),
    ("impact", "adv"): FlowParameter(
        ("usd_per_day", "usd"), "Daily volume before the event.", least=0.0, above=True
    ),
    ("impact", "y_square_root"): FlowParameter(
        ("ratio", "fraction"), "Prefactor Y of the impact law.", least=0.0, above=True
    ),
    ("impact", "q_linear_below"): FlowParameter(
        ("fraction", "ratio"),
        "Share of daily volume below which impact is linear.",
        least=0.0,
        most=1.0,
        above=True,
    ),
}
"""By channel and parameter."""

FLOW_CHANNELS = tuple(dict.fromkeys(channel for channel, _ in FLOW_PARAMETERS))
"""Sellers, their impact, and contract sizes."""
