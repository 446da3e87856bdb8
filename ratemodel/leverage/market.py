"""Channels of one asset in draws of what is not known of them, and the market they trade in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ratemodel.leverage.channels import (
    Channel,
    LeveragedFund,
    Liquidations,
    MarginCalls,
    ObservedFlow,
    VolatilityTarget,
)
from ratemodel.leverage.impact import ImpactLaw
from ratemodel.leverage.model import DAY, LeverageModel

Floats = npt.NDArray[np.float64]
Drawn = Mapping[str, Floats]
"""Parameters by name, shape (D, 1) each."""

CASH_SHORT = 0.95
"""Share of margin calls that shorts meet with cash: hedgers, who hold the metal."""
DECAY = 0.94
"""λ a day of the volatility that funds follow (RiskMetrics 1996)."""


@dataclass(frozen=True, eq=False)
class ForcedMarket:
    """Channels of one asset with the market they trade in, in D draws.

    Attributes
    ----------
    channels : tuple of Channel
        Measured flows in place where they are known.
    quiet_channels : tuple of Channel
        The same as they were before the event: its margins, no measured flow.
    exogenous_usd : array, shape (days, D)
        Measured flows that no model makes respond to returns.
    law : ImpactLaw
    """

    channels: tuple[Channel, ...]
    quiet_channels: tuple[Channel, ...]
    exogenous_usd: Floats
    law: ImpactLaw


def forced_market(model: LeverageModel, drawn: Drawn) -> ForcedMarket:
    """Build the channels of an asset from drawn parameters.

    Parameters
    ----------
    model : LeverageModel
    drawn : mapping of str to array, shape (D, 1)
        A value of each of the model's ranges (``draw_ranges``).

    Returns
    -------
    ForcedMarket
    """
    draws = len(drawn["adv"])
    quiet = tuple(_channel(name, drawn, model, ("",)) for name in model.usable)
    acting = (_channel(name, drawn, model, model.margin_slots) for name in model.usable)
    measured = {name: _by_day(name, drawn, len(model.returns_pp)) for name in model.measured}
    channels: list[Channel] = []
    exogenous = {name: np.nan_to_num(usd) for name, usd in measured.items()}
    for channel in acting:
        if channel.name not in measured:
            channels.append(channel)
            continue
        observed = ObservedFlow.of(channel, measured[channel.name], model.returns_pp)
        channels.append(observed)
        taken = np.isfinite(observed.observed_usd)
        exogenous[channel.name] = np.where(taken, 0.0, exogenous[channel.name])
    return ForcedMarket(
        channels=tuple(channels),
        quiet_channels=quiet,
        exogenous_usd=sum(exogenous.values(), np.zeros((len(model.returns_pp), draws))),
        law=ImpactLaw(
            sigma_pp=np.full((draws, 1), model.sigma_pp),
            adv_usd=drawn["adv"],
            y=drawn["y_square_root"],
            linear_below=drawn["q_linear_below"],
        ),
    )


def _channel(
    name: str, drawn: Drawn, model: LeverageModel, margin_slots: tuple[str, ...]
) -> Channel:
    if name == "levered_etf":
        return LeveragedFund(drawn["levered_etf.aum_before"], drawn["levered_etf.leverage"])
    if name == "liquidation":
        return Liquidations(drawn["liquidation.open_interest"], drawn["liquidation.leverage"])
    if name == "volatility_target":
        exposure = drawn["volatility_target.exposure"]
        flat = np.ones_like(exposure)
        return VolatilityTarget(exposure, model.sigma_pp * flat, DECAY * flat)
    before = drawn["margin_call.maintenance_before"] / 100.0
    cash = drawn["margin_call.cash_met_share"]
    return MarginCalls(
        open_interest_usd=drawn["margin_call.open_interest"] * drawn["contract_usd"],
        margin_before=before,
        margin_by_day=[
            drawn[f"margin.{slot}"] / 100.0 if slot else before for slot in margin_slots
        ],
        buffer_mean=drawn["margin_call.buffer_mean"],
        cash_long=cash,
        cash_short=np.maximum(cash, CASH_SHORT),
    )


def _by_day(channel: str, drawn: Mapping[str, Floats], days: int) -> Floats:
    """Draws of what was measured of a channel in each return, NaN where nothing: (days, D)."""
    none = np.full(len(drawn["adv"]), np.nan)
    keys = [f"{channel}{DAY}{day}" for day in range(days)]
    return np.array([drawn[key][:, 0] if key in drawn else none for key in keys])
