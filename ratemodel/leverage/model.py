"""One asset's forced traders in one event: which can be modelled, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.config import MarginClock
from ratemodel.leverage.ranges import Range, lists, matching_rows, parameter_range

Floats = npt.NDArray[np.float64]
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "levered_etf": ("leverage", "aum_before"),
    "margin_call": ("maintenance_before", "open_interest", "buffer_mean", "cash_met_share"),
    "liquidation": ("open_interest", "leverage"),
    "volatility_target": ("exposure",),
}
"""What a channel's model needs."""
IMPACT = ("adv", "y_square_root", "q_linear_below")
DAY = ".day"
"""What joins a channel to the return in which its flow was measured."""
IMPACT_DEFAULT: Mapping[str, Range] = {
    "y_square_root": Range(1.0, 1.0, 1.0),
    "q_linear_below": Range(1e-3, 1e-3, 1e-3),
}


@dataclass(frozen=True, eq=False)
class EventTables:
    """What the input tables say of leverage in one event.

    Attributes
    ----------
    event : str
    forced_flows, margins : DataFrame
        The tables.
    prices_before : mapping of str to float
        Last price of each asset before the event.
    margin_clock : {"effective", "announced"}
        Whether a new margin counts from the close it takes effect after, or from the day after its
        announcement.
    """

    event: str
    forced_flows: pd.DataFrame
    margins: pd.DataFrame
    prices_before: Mapping[str, float]
    margin_clock: MarginClock = "effective"


@dataclass(frozen=True, eq=False)
class LeverageModel:
    """Forced traders of one asset that can be modelled, with the ranges of what is not known.

    Attributes
    ----------
    ranges : dict of str to Range
        By parameter: ``channel.parameter``, ``channel.dayN`` for what was measured in return N,
        ``margin.DATE`` for new margins, and the impact law's own.
    usable : tuple of str
        Channels whose model has all it needs.
    measured : tuple of str
        Channels of which flows were measured.
    margin_slots : tuple of str
        For each return of the window, the new margin in force; empty = the margin before.
    returns_pp : array, shape (days,)
    sigma_pp : float
        Volatility known before the event.
    unmodelled : tuple of str
        Channels of which something is known but not enough, and what is missing.
    """

    ranges: dict[str, Range]
    usable: tuple[str, ...]
    measured: tuple[str, ...]
    margin_slots: tuple[str, ...]
    returns_pp: Floats
    sigma_pp: float
    unmodelled: tuple[str, ...]

    @property
    def moves_prices(self) -> bool:
        """Whether there are flows, and a volume to set them against."""
        return "adv" in self.ranges and bool(self.usable or self.measured)

    def measured_only(self, reason: str) -> LeverageModel:
        """Leave out every channel that is not measured, and say why."""
        ranges = {key: held for key, held in self.ranges.items() if key in IMPACT or DAY in key}
        return replace(self, ranges=ranges, usable=(), unmodelled=(*self.unmodelled, reason))


def leverage_model(
    tables: EventTables,
    asset: str,
    dates: pd.DatetimeIndex,
    returns_pp: Floats,
    measured_usd: Mapping[str, Floats],
    sigma_pp: float,
) -> LeverageModel:
    """Collect what is known of an asset's forced traders in an event.

    Parameters
    ----------
    tables : EventTables
    asset : str
    dates : DatetimeIndex
        Of the window's returns.
    returns_pp : array, shape (days,)
    measured_usd : mapping of str to array, shape (days, 3)
        By channel: low, central, high of what was measured in each return; NaN where nothing.
    sigma_pp : float
        Volatility known before the event.

    Returns
    -------
    LeverageModel
    """
    ranges: dict[str, Range] = {}
    usable, unmodelled = [], []
    for channel, names in PARAMETERS.items():
        found = {name: _range(tables, asset, channel, name) for name in names}
        missing = [name for name, held in found.items() if held is None]
        if channel == "margin_call" and "open_interest" not in missing:
            if (notional := _contract_usd(tables, asset)) is None:
                missing.append("contract size or its price")
            else:
                ranges["contract_usd"] = notional
        if not missing:
            usable.append(channel)
            ranges |= {f"{channel}.{k}": held for k, held in found.items() if held is not None}
        elif len(missing) < len(names) or channel in measured_usd:
            unmodelled.append(f"{channel}: no {', '.join(missing)}")
    for channel, usd in measured_usd.items():
        for day, (low, central, high) in enumerate(usd):
            if np.isfinite(central):
                ranges[f"{channel}{DAY}{day}"] = Range(low, central, high)
    changes = _changes(tables, asset) if "margin_call" in usable else {}
    slots = tuple(_slot(changes, date) for date in dates)
    ranges |= {f"margin.{key}": held for key, (_, held) in changes.items() if key in slots}
    for name in IMPACT:
        held = _range(tables, asset, "impact", name) or IMPACT_DEFAULT.get(name)
        if held is None:
            unmodelled.append(f"impact: no {name}")
        else:
            ranges[name] = held
    return LeverageModel(
        ranges=ranges,
        usable=tuple(usable),
        measured=tuple(measured_usd),
        margin_slots=slots,
        returns_pp=returns_pp,
        sigma_pp=sigma_pp,
        unmodelled=tuple(unmodelled),
    )


def _range(tables: EventTables, asset: str, channel: str, name: str) -> Range | None:
    return parameter_range(tables.forced_flows, tables.event, asset, channel, name)


def _contract_usd(tables: EventTables, asset: str) -> Range | None:
    """Dollars of one contract before the event: its size times the price it is quoted in."""
    flows = tables.forced_flows
    positions = matching_rows(flows, tables.event, asset, "margin_call", "open_interest")
    underlying = set(positions["underlying"])
    sizes = flows.loc[(flows["channel"] == "contract") & (flows["parameter"] == "size")]
    sizes = sizes.loc[sizes["underlying"].isin(underlying)]
    for row in sizes.to_dict("records"):
        symbol = str(row["asset"])
        price = tables.prices_before.get(symbol)
        if price is not None:
            return Range(*(float(row[k]) * price for k in ("low", "central", "high")))
    return None


def _slot(changes: Mapping[str, tuple[pd.Timestamp, Range]], date: pd.Timestamp) -> str:
    """Name the new margin in force for the return of a date; empty = the margin before."""
    past = [key for key, (since, _) in changes.items() if since < date]
    return past[-1] if past else ""


def _changes(tables: EventTables, asset: str) -> dict[str, tuple[pd.Timestamp, Range]]:
    """Look new margins up: the last date on which the old one still held, and the range."""
    rows = matching_rows(
        tables.forced_flows, tables.event, asset, "margin_call", "maintenance_after"
    )
    rows = rows.loc[rows["date"].notna()].sort_values("date")
    changes = {}
    for row in rows.to_dict("records"):
        since = row["date"]
        if tables.margin_clock == "announced":
            said = tables.margins.loc[
                (tables.margins["effective_after_close"] == since)
                & tables.margins["product"].map(lambda p, held=row["asset"]: lists(held, str(p))),
                "announced",
            ]
            since = said.min() if len(said) else since
        held = Range(float(row["low"]), float(row["central"]), float(row["high"]))
        changes[f"{row['date']:%Y-%m-%d}"] = (since, held)
    return changes
