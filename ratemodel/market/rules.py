"""What must hold between the columns of one row; what one cell must be is in ``tables``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import pandas as pd

from ratemodel.market.cells import Fault, first_fault
from ratemodel.types.flow_parameters import FLOW_PARAMETERS, FlowParameter

Rule = Callable[[pd.DataFrame], Iterator[Fault | None]]

FINAL_SETTLEMENT_DAYS = 7
"""A contract settles finally on the first business days after its delivery month."""

PRICE_NOISE = 1e-9
"""Relative: a high and a close that were the same number may differ in their last digits."""


def _final_settlement(frame: pd.DataFrame) -> Iterator[Fault | None]:
    trade_date, contract = frame["trade_date"], frame["contract"]
    last = contract.dt.to_timestamp(how="start") + pd.offsets.MonthEnd(0)
    late = trade_date > last + pd.Timedelta(days=FINAL_SETTLEMENT_DAYS)
    yield first_fault(
        late.to_numpy(bool),
        lambda row: (
            f"trade_date {trade_date[row]:%Y-%m-%d} is more than {FINAL_SETTLEMENT_DAYS} days "
            f"after the end of the delivery month, got contract '{contract[row]}'"
        ),
    )


def _ascending(frame: pd.DataFrame, lower: str, upper: str, noise: float = 0.0) -> Fault | None:
    small, large = frame[lower], frame[upper]
    return first_fault(
        (small > large * (1 + noise)).to_numpy(bool),
        lambda row: (
            f"{lower} must not exceed {upper}, "
            f"got {lower} {small[row]:.10g} and {upper} {large[row]:.10g}"
        ),
    )


def _both_or_neither(frame: pd.DataFrame, one: str, other: str) -> Fault | None:
    missing = frame[one].isna()
    return first_fault(
        (missing != frame[other].isna()).to_numpy(bool),
        lambda row: (
            f"{one if missing[row] else other} is empty: {one} and {other} must be given "
            f"both or neither, got {frame[other if missing[row] else one][row]:g}"
        ),
    )


def _prices_within_range(frame: pd.DataFrame) -> Iterator[Fault | None]:
    for lower, upper in (("low", "high"), ("low", "close"), ("close", "high")):
        yield _ascending(frame, lower, upper, PRICE_NOISE)


def _targets(frame: pd.DataFrame) -> Iterator[Fault | None]:
    for when in ("before", "after"):
        lower, upper = f"target_lower_{when}_pct", f"target_upper_{when}_pct"
        yield _both_or_neither(frame, lower, upper)
        yield _ascending(frame, lower, upper)
    before, after = frame["target_lower_before_pct"], frame["target_lower_after_pct"]
    yield first_fault(
        (after.notna() & before.isna()).to_numpy(bool),
        lambda row: (
            "target_lower_before_pct is empty though the target after the decision is given, "
            f"got target_lower_after_pct {after[row]:g}"
        ),
    )


def _events(frame: pd.DataFrame) -> Iterator[Fault | None]:
    name, start, end = frame["event"], frame["start"], frame["end"]
    yield first_fault(
        (name.str.lower() == "all").to_numpy(bool),
        lambda row: f"event must not be called all, which means every event, got {name[row]!r}",
    )
    yield first_fault(
        (end < start).to_numpy(bool),
        lambda row: f"end must not be before start {start[row]:%Y-%m-%d}, got {end[row]:%Y-%m-%d}",
    )


def _margin_dates(frame: pd.DataFrame) -> Iterator[Fault | None]:
    announced, effective = frame["announced"], frame["effective_after_close"]
    yield first_fault(
        (effective < announced).to_numpy(bool),
        lambda row: (
            f"effective_after_close must not be before announced {announced[row]:%Y-%m-%d}, "
            f"got {effective[row]:%Y-%m-%d}"
        ),
    )


def _ranges(frame: pd.DataFrame) -> Iterator[Fault | None]:
    low, central, high = frame["low"], frame["central"], frame["high"]
    yield first_fault(
        ((low > central) | (central > high) | (low > high)).to_numpy(bool),
        lambda row: (
            "low, central and high must be in ascending order, "
            f"got {low[row]:g}, {central[row]:g}, {high[row]:g}"
        ),
    )


def _flow_parameters(frame: pd.DataFrame) -> Iterator[Fault | None]:
    """Hold units and bounds of the parameters that are known; others move nothing, and are told."""
    keys = list(zip(frame["channel"], frame["parameter"], strict=True))
    known = [FLOW_PARAMETERS.get(key, FlowParameter((), "")) for key in keys]
    units = frame["unit"].tolist()
    yield first_fault(
        np.array([bool(p.units) and u not in p.units for p, u in zip(known, units, strict=True)]),
        lambda row: (
            f"unit of {' '.join(keys[row])} must be {' or '.join(known[row].units)}, "
            f"got {units[row]!r}"
        ),
    )
    for name in ("low", "central", "high"):
        yield _out_of_bounds(frame, name, keys, known)


def _out_of_bounds(
    frame: pd.DataFrame, name: str, keys: list[tuple[str, str]], known: list[FlowParameter]
) -> Fault | None:
    values = frame[name].tolist()
    return first_fault(
        np.array([not p.holds(v) for p, v in zip(known, values, strict=True)]),
        lambda row: (
            f"{name} of {' '.join(keys[row])} must be {known[row].bounds()}, got {values[row]:g}"
        ),
    )


def _one_range(frame: pd.DataFrame) -> Iterator[Fault | None]:
    """Refuse two different ranges for one parameter of one asset: neither goes before the other."""
    seen: dict[tuple[object, ...], tuple[object, ...]] = {}
    other = np.zeros(len(frame), dtype=bool)
    columns = ["event", "date", "channel", "parameter", "asset", "low", "central", "high"]
    for position, row in enumerate(frame[columns].itertuples(index=False)):
        event, date, channel, parameter, assets, *numbers = row
        known = FLOW_PARAMETERS.get((channel, parameter))
        if known is None or known.measured:
            continue
        for asset in str(assets).split(";"):
            key = (event, str(date), channel, parameter, asset.strip())
            other[position] |= seen.setdefault(key, tuple(numbers)) != tuple(numbers)
    yield first_fault(
        other,
        lambda row: (
            f"{frame['channel'][row]} {frame['parameter'][row]} has one range for an asset in an "
            f"event, got another one of {frame['asset'][row]}"
        ),
    )


RULES: dict[str, tuple[Rule, ...]] = {
    "futures": (_final_settlement,),
    "prices": (_prices_within_range,),
    "fomc": (_targets,),
    "events": (_events,),
    "margins": (_margin_dates,),
    "forced_flows": (_ranges, _flow_parameters, _one_range),
}
"""Rules by table; a rule meets NaN and NaT where a cell was empty or faulty."""


def known_event(events: Collection[str]) -> Rule:
    """Make the rule that a row's event is ``all`` or one of `events`.

    A misspelt event would otherwise switch its forced selling off without a word.
    """

    def rule(frame: pd.DataFrame) -> Iterator[Fault | None]:
        event = frame["event"]
        known = event.isin(["all", "", *events]).to_numpy(bool)
        yield first_fault(
            np.logical_not(known),
            lambda row: (
                f"event must be all or a row of the events table "
                f"({', '.join(sorted(events)) or 'which is empty'}), got {event[row]!r}"
            ),
        )

    return rule
