"""What would have happened without one of the causes: every coalition of shocks and channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from ratemodel.leverage import Channel, ImpactLaw, first_fixed_point, first_solution

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Coalition = frozenset[str]

RATES, DOLLAR, OTHER = "rates", "dollar", "other"
SHOCKS = (RATES, DOLLAR, OTHER)
SELECTED_PP = 1e-8
"""Distance within which the observed return is the solution found: bisection leaves 1e-13."""


@dataclass(frozen=True, eq=False)
class Causes:
    """What moved one asset in one window, in D draws.

    Attributes
    ----------
    returns_pp : array, shape (days,)
        Observed log returns.
    drift_pp : array, shape (D,)
        Per return.
    rates_pp, dollar_pp : array, shape (days, D)
        Shocks times loadings.
    channels : tuple of Channel
        Forced traders that respond to returns.
    law : ImpactLaw or None
        None only without channels.
    """

    returns_pp: Floats
    drift_pp: Floats
    rates_pp: Floats
    dollar_pp: Floats
    channels: tuple[Channel, ...]
    law: ImpactLaw | None

    @property
    def players(self) -> tuple[str, ...]:
        """Shocks and channels, by name."""
        return (*SHOCKS, *(channel.name for channel in self.channels))

    @cached_property
    def impact_pp(self) -> Floats:
        """Price move of all channels' flows at the observed returns, shape (days, D)."""
        draws = len(self.drift_pp)
        rows, earlier = [], list[Floats]()
        for value in self.returns_pp:
            today = np.full((draws, 1), value)
            rows.append(self._response(self.channels, earlier, today)[:, 0])
            earlier.append(today)
        return np.array(rows)

    @cached_property
    def other_pp(self) -> Floats:
        """Backed out: what neither drift, rates, dollar nor forced flows explain, (days, D)."""
        known = self.drift_pp + self.rates_pp + self.dollar_pp + self.impact_pp
        rest: Floats = self.returns_pp[:, None] - known
        return rest

    def _response(
        self, channels: Sequence[Channel], earlier: list[Floats], today: Floats
    ) -> Floats:
        if self.law is None:
            return np.zeros_like(today)
        flows = [channel.flow_usd(earlier, today) for channel in channels]
        return self.law.move_pp(sum(flows, np.zeros_like(today)))

    def path_pp(self, coalition: Coalition) -> Floats:
        """Solve the returns of a market with these causes only, day by day, shape (days, D)."""
        shocks = {RATES: self.rates_pp, DOLLAR: self.dollar_pp, OTHER: self.other_pp}
        acting = [channel for channel in self.channels if channel.name in coalition]
        push = self.drift_pp + sum(
            (shocks[name] for name in SHOCKS if name in coalition), np.zeros_like(self.rates_pp)
        )
        if not acting:
            return np.asarray(push, dtype=float)
        earlier: list[Floats] = []
        for today in push:
            solved = first_solution(today, lambda r: self._response(acting, earlier, r))
            earlier.append(solved[:, None])
        return np.hstack(earlier).T

    def feedback(self) -> Feedback:
        """Solve each day for the observed return, from the observed returns before it."""
        if not self.channels:
            none = np.zeros_like(self.rates_pp)
            return Feedback(none, none, np.ones(len(self.drift_pp), dtype=bool))
        points, earlier = [], list[Floats]()
        push = self.drift_pp + self.rates_pp + self.dollar_pp + self.other_pp
        for today, value in zip(push, self.returns_pp, strict=True):
            points.append(
                first_fixed_point(today, lambda r: self._response(self.channels, earlier, r))
            )
            earlier.append(np.full((len(today), 1), value))
        solved = np.array([point.return_pp for point in points])
        gap = np.abs(solved - self.returns_pp[:, None])
        return Feedback(
            gain=np.array([point.gain for point in points]),
            steepest=np.array([point.steepest for point in points]),
            selected=np.asarray((gap <= SELECTED_PP).all(axis=0), dtype=bool),
        )


@dataclass(frozen=True, eq=False)
class Feedback:
    """How strongly forced flows answer the observed returns, in D draws.

    Attributes
    ----------
    gain, steepest : array, shape (days, D)
        dI/dr at the observed return, and the largest on the way to it.
    selected : array of bool, shape (D,)
        The observed returns are the first fixed points of their own causes.
    """

    gain: Floats
    steepest: Floats
    selected: Bools

    @property
    def stable(self) -> Bools:
        """Whether the gain stays below one on the way to every return of the window."""
        return np.asarray((self.steepest < 1.0).all(axis=0), dtype=bool)


@dataclass(frozen=True, eq=False)
class Attribution:
    """Effects of each cause of a window on each of its returns, in D draws; all pp.

    Attributes
    ----------
    players : tuple of str
    direct, with_amplification, shapley, owen : array, shape (players, days, D)
        v({i}) − v(∅); v(N) − v(N less i); the average over all orders; the same with shocks and
        channels each kept together.
    amplified_alone : array, shape (players, days, D)
        v(i with C) − v(C): with all forced traders but no other shock.
    nothing, everything : array, shape (days, D)
        v(∅) and v(N).
    """

    players: tuple[str, ...]
    direct: Floats
    with_amplification: Floats
    amplified_alone: Floats
    shapley: Floats
    owen: Floats
    nothing: Floats
    everything: Floats

    def of_window(self) -> Attribution:
        """Sum the effects over the window's returns: days of length one."""

        def summed(effect: Floats) -> Floats:
            return np.asarray(effect.sum(axis=-2, keepdims=True), dtype=float)

        return Attribution(
            self.players,
            *map(summed, (self.direct, self.with_amplification, self.amplified_alone)),
            *map(summed, (self.shapley, self.owen, self.nothing, self.everything)),
        )


def attribute(causes: Causes) -> Attribution:
    r"""Solve the window for every coalition of causes and share its return out.

    .. math:: v_t(S) = r_t^S, \quad v(S) = \sum_t v_t(S), \quad
              r_t^S = \alpha + \sum_{j \in S} e_{j,t} + I\Big(\sum_{c \in S} Q_c(r_t^S)\Big)

    with states that follow the counterfactual returns. The Shapley value of cause i is

    .. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n-|S|-1)!}{n!}\,[v(S \cup i) - v(S)] ,

    exact, inside every draw.

    Parameters
    ----------
    causes : Causes

    Returns
    -------
    Attribution

    References
    ----------
    Shapley, L. S. (1953), "A value for n-person games"; Owen, G. (1977), "Values of games with a
    priori unions".
    """
    players = causes.players
    everyone = frozenset(players)
    worth: dict[Coalition, Floats] = {
        frozenset(members): causes.path_pp(frozenset(members))
        for size in range(len(players) + 1)
        for members in combinations(players, size)
    }
    forced = everyone - set(SHOCKS)
    nothing, everything = worth[frozenset()], worth[everyone]
    return Attribution(
        players=players,
        direct=np.array([worth[frozenset({i})] - nothing for i in players]),
        with_amplification=np.array([everything - worth[everyone - {i}] for i in players]),
        amplified_alone=np.array([worth[forced | {i}] - worth[forced - {i}] for i in players]),
        shapley=np.array([_shapley(worth, everyone, i) for i in players]),
        owen=np.array([_owen(worth, (frozenset(SHOCKS), forced), i) for i in players]),
        nothing=nothing,
        everything=everything,
    )


def _shapley(worth: dict[Coalition, Floats], everyone: Coalition, player: str) -> Floats:
    others = sorted(everyone - {player})
    value = np.zeros_like(worth[frozenset()])
    for size in range(len(others) + 1):
        weight = 1.0 / (len(everyone) * comb(len(others), size))
        for members in combinations(others, size):
            before = frozenset(members)
            value = value + weight * (worth[before | {player}] - worth[before])
    return value


def _owen(
    worth: dict[Coalition, Floats], unions: tuple[Coalition, Coalition], player: str
) -> Floats:
    """Average over the orders in which neither union is interrupted by the other."""
    own, other = unions if player in unions[0] else unions[::-1]
    value = np.zeros_like(worth[frozenset()])
    mates = sorted(own - {player})
    for size in range(len(mates) + 1):
        weight = 0.5 / (len(own) * comb(len(mates), size))
        for members in combinations(mates, size):
            for whole in (frozenset[str](), other):
                before = frozenset(members) | whole
                value = value + weight * (worth[before | {player}] - worth[before])
    return value
