"""Channels of forced selling: each turns a window's returns into signed dollars, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ratemodel.leverage.responses import (
    fund_rebalancing_usd,
    liquidated_share,
    margin_call_share,
    volatility_target_usd,
)

Floats = npt.NDArray[np.float64]


class Channel(Protocol):
    """One kind of forced trader, in D draws of what is not known of it.

    A flow depends on the returns of the window so far and on today's: there is no other state, so
    the same channel serves every counterfactual.
    """

    @property
    def name(self) -> str:
        """Name in the forced_flows table."""

    def flow_usd(self, earlier_pp: Sequence[Floats], today_pp: Floats) -> Floats:
        """Dollars traded after today's return, sales negative.

        Parameters
        ----------
        earlier_pp : sequence of arrays, shape (D, 1)
            Log returns of the window's days before.
        today_pp : array, shape (D, G)
            Log returns of today, G of them to be looked at.

        Returns
        -------
        array, shape (D, G)
        """


def simple(log_return_pp: Floats) -> Floats:
    """Turn a log return in pp into a simple one, a fraction."""
    return np.expm1(log_return_pp / 100.0)


@dataclass(frozen=True, eq=False)
class LeveragedFund:
    """Funds that keep a leverage L; their assets follow their own returns, never below zero.

    Attributes
    ----------
    aum_usd, leverage : array, shape (D, 1)
        Before the window.
    """

    aum_usd: Floats
    leverage: Floats
    name: str = "levered_etf"

    def flow_usd(self, earlier_pp: Sequence[Floats], today_pp: Floats) -> Floats:
        """Rebalance: L(L − 1) A R."""
        aum = self.aum_usd
        for past in earlier_pp:
            aum = aum * np.maximum(0.0, 1.0 + self.leverage * simple(past))
        return fund_rebalancing_usd(simple(today_pp), aum, self.leverage)


@dataclass(frozen=True, eq=False)
class MarginCalls:
    """Futures positions whose holders must show a margin, longs and shorts of equal size.

    A position closed stays closed: each day trades what the margin call takes beyond the largest
    share taken so far.

    Attributes
    ----------
    open_interest_usd : array, shape (D, 1)
        Notional of the longs, and of the shorts, at the price before the window.
    margin_before : array, shape (D, 1)
        Maintenance margin before the window, fraction of notional.
    margin_by_day : sequence of arrays, shape (D, 1)
        In force on each day of the window.
    buffer_mean : array, shape (D, 1)
        Mean equity above the margin, in margins.
    cash_long, cash_short : array, shape (D, 1)
        Share of the calls met with cash.
    """

    open_interest_usd: Floats
    margin_before: Floats
    margin_by_day: Sequence[Floats]
    buffer_mean: Floats
    cash_long: Floats
    cash_short: Floats
    name: str = "margin_call"

    def flow_usd(self, earlier_pp: Sequence[Floats], today_pp: Floats) -> Floats:
        """Longs sell, shorts buy."""
        so_far = np.zeros_like(self.margin_before)
        flow = np.zeros(1)
        for short, cash, sign in ((False, self.cash_long, -1.0), (True, self.cash_short, 1.0)):
            taken, moved = so_far, so_far
            for day, past in enumerate(earlier_pp):
                moved = moved + past
                taken = np.maximum(taken, self._share(day, moved, short))
            moved = moved + today_pp
            more = np.maximum(0.0, self._share(len(earlier_pp), moved, short) - taken)
            worth = self.open_interest_usd * (1.0 + simple(moved))
            flow = flow + sign * (1.0 - cash) * more * worth
        return flow

    def _share(self, day: int, moved_pp: Floats, short: bool) -> Floats:
        return margin_call_share(
            simple(moved_pp),
            self.margin_before,
            self.margin_by_day[day],
            self.buffer_mean,
            short=short,
        )


@dataclass(frozen=True, eq=False)
class Liquidations:
    """Leveraged positions that a venue closes when their margin is gone.

    Attributes
    ----------
    open_interest_usd : array, shape (D, 1)
        Longs, and shorts of the same size, at the price before the window.
    leverage : array, shape (D, 1)
    """

    open_interest_usd: Floats
    leverage: Floats
    name: str = "liquidation"

    def flow_usd(self, earlier_pp: Sequence[Floats], today_pp: Floats) -> Floats:
        """Close longs after falls, shorts after rises."""
        flow = np.zeros(1)
        for short, sign in ((False, -1.0), (True, 1.0)):
            taken = moved = np.zeros_like(self.leverage)
            for past in earlier_pp:
                moved = moved + past
                taken = np.maximum(
                    taken, liquidated_share(simple(moved), self.leverage, short=short)
                )
            moved = moved + today_pp
            share = liquidated_share(simple(moved), self.leverage, short=short)
            worth = self.open_interest_usd * (1.0 + simple(moved))
            flow = flow + sign * np.maximum(0.0, share - taken) * worth
        return flow


@dataclass(frozen=True, eq=False)
class VolatilityTarget:
    """Funds that hold their volatility constant.

    Attributes
    ----------
    exposure_usd, sigma_pp, decay : array, shape (D, 1)
        Exposure and volatility before the window; λ of the volatility they follow.
    """

    exposure_usd: Floats
    sigma_pp: Floats
    decay: Floats
    name: str = "volatility_target"

    def flow_usd(self, earlier_pp: Sequence[Floats], today_pp: Floats) -> Floats:
        """Hold exposure proportional to 1/σ."""
        exposure, sigma = self.exposure_usd, self.sigma_pp
        for past in earlier_pp:
            later = np.sqrt(self.decay * sigma**2 + (1.0 - self.decay) * past**2)
            exposure, sigma = exposure * sigma / later, later
        return volatility_target_usd(today_pp, sigma, exposure, self.decay)


@dataclass(frozen=True, eq=False)
class ObservedFlow:
    r"""A channel whose flow was measured on some days of the window.

    .. math:: Q_t(r) = Q^{obs}_t\, \frac{Q^{model}_t(r)}{Q^{model}_t(r^{obs})}

    on those days, the model on the others. What was observed fixes the size, the model how it
    would have differed after other returns.

    Attributes
    ----------
    model : Channel
    observed_usd : array, shape (days, D)
        NaN on days on which nothing was measured.
    observed_pp : array, shape (days,)
        The window's log returns.
    """

    model: Channel
    observed_usd: Floats
    observed_pp: Floats

    @classmethod
    def of(cls, model: Channel, measured_usd: Floats, observed_pp: Floats) -> ObservedFlow:
        """Tie a model to what was measured, but for days on which the model would not have traded.

        Parameters
        ----------
        model : Channel
        measured_usd : array, shape (days, D)
        observed_pp : array, shape (days,)
        """
        usable = np.array(
            [
                np.where(_at_observed(model, observed_pp, day, usd)[:, 0] != 0.0, usd, np.nan)
                for day, usd in enumerate(measured_usd)
            ]
        )
        return cls(model, usable, observed_pp)

    @property
    def name(self) -> str:
        """Name of the model's channel."""
        return self.model.name

    def flow_usd(self, earlier_pp: Sequence[Floats], today_pp: Floats) -> Floats:
        """Scale the model to what was observed."""
        day = len(earlier_pp)
        flow = self.model.flow_usd(earlier_pp, today_pp)
        measured = self.observed_usd[day][:, None]
        if np.isnan(measured).all():
            return flow
        then = _at_observed(self.model, self.observed_pp, day, measured)
        scaled = measured * flow / np.where(then == 0.0, 1.0, then)
        return np.where(np.isnan(measured), flow, scaled)


def _at_observed(model: Channel, observed_pp: Floats, day: int, like: Floats) -> Floats:
    """Flow of a model after the observed returns up to a day, shape (D, 1)."""
    history = [np.full((len(like), 1), value) for value in observed_pp[:day]]
    return model.flow_usd(history, np.full((len(like), 1), observed_pp[day]))
