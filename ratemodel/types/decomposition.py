"""A crash split into its parts, with bands that say which kind they are."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError, IdentityError
from ratemodel.types.loadings import LoadingTable
from ratemodel.types.market import DataKind
from ratemodel.types.sentence import split_sentence
from ratemodel.types.shocks import ShockSeries
from ratemodel.types.volatility import VolatilityFit

Component = Literal[
    "total",
    "drift",
    "rate_premium",
    "dollar",
    "leverage_floor",
    "leverage_ceiling",
    "leverage",
    "residual",
]
COMPONENTS: tuple[Component, ...] = (
    *("total", "drift", "rate_premium", "dollar"),
    *("leverage_floor", "leverage_ceiling", "leverage", "residual"),
)
PARTS: tuple[Component, ...] = ("drift", "rate_premium", "dollar", "leverage", "residual")
"""Components that add up to the total."""

Band = Literal["exact", "confidence", "predictive", "sensitivity", "identified_set"]
ADDING_UP_PP = 1e-10
"""Largest gap between a total and its parts: rounding of a handful of sums."""

KEY = ["event", "asset", "component", "method"]
VALUES = ["estimate_pp", "low_pp", "high_pp", "level", "band", "note"]


class ComponentValue(NamedTuple):
    """One component: estimate and interval in pp, and the kind of interval."""

    estimate_pp: float
    low_pp: float
    high_pp: float
    band: str


@dataclass(frozen=True, eq=False)
class CrashDecomposition:
    r"""The split of one or more events, asset by asset, in log points × 100.

    .. math:: \text{total} = \text{drift} + \text{rate premium} + \text{dollar} +
              \text{leverage} + \text{residual}

    The ceiling of leverage is everything not explained by drift, rates and dollar; its low and
    high are what leverage could be if the unmodelled shock was drawn from quiet days' noise.
    "Not rates" is not "leverage": what no flow, measured or modelled, accounts for is residual.

    Attributes
    ----------
    table : DataFrame
        event, asset, component, method, estimate_pp, low_pp, high_pp, level, band, note,
        simple_pct (the component's part of the simple return, linked), share_pct, share_low_pct,
        share_high_pct (of the total, NaN where it is below two standard deviations of its noise).
    daily : DataFrame
        The same by trade_date.
    windows : DataFrame
        event, asset, first, last (dates of the window's returns), rows, after, before (dates
        between which the sample lies), start_utc, sample_rows, dropped_rows, last_sample_utc,
        sigma_pre_pp (volatility per day known when the event began), time_exponent (κ: noise over
        d days is d^(κ/2) times a day's), feedback_gain, steepest_gain (of forced selling, at the
        point), parameter_draws, draws_admissible, draws_unstable, disagree, first_shock, last_shock
        (dates of the shocks used; NaT if none falls into the window).
    loadings : LoadingTable
    volatility : dict of (event, asset) to VolatilityFit
        Of the loading regression's residuals before the event.
    flows : DataFrame
        Measured flows used: event, asset, flow (their number), date, trade_date (of the return
        they fall into), channel, low_usd, central_usd, high_usd, grade, source, adv_usd,
        sigma_pre_pp.
    counterfactuals : DataFrame
        event, asset, channel (a cause: rates, dollar, other, or a forced trader) with its effects.
    counterfactuals_daily : DataFrame
        The main effects by trade_date.
    abnormality : DataFrame
        event, asset, measure, p_value, p_floor, statistic, note.
    common_factor : DataFrame
        event, asset, others, loading, low, high, p_value, level, n, used, leverage_pp, low_pp,
        high_pp, reason: whether other classes of assets say something of leverage.
    shocks : dict of str to ShockSeries
        By event: the series used, with its fall-back.
    shock_notes : dict of str to str
        By event: which fixed date the path shock was taken at, and why; empty if none needed.
    identified_share : dict of str to float
        By event: share of dates on which the shock used is identified.
    omitted : dict of (event, asset) to str
        What could not be split, and why; asset is empty for a whole event.
    data_kind : {"market", "replica"}
    shock_volatility : dict of (event, asset) to VolatilityFit or str
        As `volatility`, with the size of the study's shocks in the variance; a text says why not.

    Raises
    ------
    IdentityError
        If for any event, asset and method the parts do not sum to the total to 1e-10.
    """

    table: pd.DataFrame
    daily: pd.DataFrame
    windows: pd.DataFrame
    loadings: LoadingTable
    volatility: dict[tuple[str, str], VolatilityFit]
    flows: pd.DataFrame
    counterfactuals: pd.DataFrame
    counterfactuals_daily: pd.DataFrame
    abnormality: pd.DataFrame
    common_factor: pd.DataFrame
    shocks: dict[str, ShockSeries]
    shock_notes: dict[str, str]
    identified_share: dict[str, float]
    omitted: dict[tuple[str, str], str]
    data_kind: DataKind
    shock_volatility: dict[tuple[str, str], VolatilityFit | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        gap = self.adding_up_gap_pp()
        if not gap <= ADDING_UP_PP:
            raise IdentityError(f"parts of a decomposition miss the total by {gap:.3g} pp")

    def adding_up_gap_pp(self) -> float:
        """Largest distance between a total and the sum of its parts, window and daily."""
        gaps = [0.0]
        for frame, key in (
            (self.table, ["event", "asset", "method"]),
            (self.daily, ["event", "asset", "method", "trade_date"]),
        ):
            wide = frame.pivot(index=key, columns="component", values="estimate_pp")
            difference = wide["total"] - wide[list(PARTS)].sum(axis=1, skipna=False)
            gaps.append(float(np.abs(difference.to_numpy()).max()))
        return float(np.max(gaps))

    @property
    def events(self) -> list[str]:
        """Events split, in order."""
        return list(dict.fromkeys(self.table["event"]))

    @property
    def assets(self) -> list[str]:
        """Assets split, in order."""
        return list(dict.fromkeys(self.table["asset"]))

    def component(self, asset: str, name: str, event: str | None = None) -> ComponentValue:
        """Look one component of the window up."""
        event = self.events[0] if event is None else event
        table = self.table
        rows = table[
            (table["event"] == event) & (table["asset"] == asset) & (table["component"] == name)
        ]
        if rows.empty:
            raise CoverageError(f"no component {name} of {asset} in {event}")
        row = rows.iloc[0]
        return ComponentValue(
            float(row["estimate_pp"]), float(row["low_pp"]), float(row["high_pp"]), row["band"]
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the tidy table of whole windows."""
        return self.table.copy()

    def summary(self) -> str:
        """Say what each asset's move was made of, residual first, with what the rest assumes."""
        return "\n".join(
            split_sentence(
                f"{asset}, {event}",
                rows.set_index("component").to_dict("index"),
                keyed_rows(self.counterfactuals, event, asset, "channel"),
                keyed_rows(self.abnormality, event, asset, "measure"),
            )
            for (event, asset), rows in self.table.groupby(["event", "asset"], sort=False)
        )

    def __str__(self) -> str:
        return f"decomposition of {', '.join(self.events)} for {', '.join(self.assets)}"


def keyed_rows(
    table: pd.DataFrame, event: Hashable, asset: Hashable, key: str
) -> dict[Hashable, dict[Hashable, Any]]:
    """Look the rows of one asset in one event up, by a column that tells them apart."""
    if table.empty:
        return {}
    rows = table.loc[(table["event"] == event) & (table["asset"] == asset)]
    return rows.set_index(key).to_dict("index")
