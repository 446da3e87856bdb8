"""One asset whose loadings are to be estimated, and its sample before the event."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from ratemodel.config import Bands, LoadingOptions
from ratemodel.loadings.covariance import Covariance
from ratemodel.loadings.design import build_design, estimation_sample
from ratemodel.loadings.regression import LoadingFit, fit_loading
from ratemodel.types.loadings import DesignRows, EstimationSample
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries


@dataclass(frozen=True, eq=False)
class Case:
    """An asset, its shocks and its sample, laid out when first asked for and shared by estimators.

    Attributes
    ----------
    returns : Returns
    asset : str
    shocks : ShockSeries
    names : tuple of str
        Shocks to use.
    dollar : str or None
        Series in `returns`.
    after : Timestamp or None
        No interval of the sample starts before it; None begins with the first shock.
    before : Timestamp
        No interval of the sample reaches it: the event's first date.
    level : float
        Coverage of intervals.
    cov : {"HAC", "HC1"}
        Errors of whatever is least squares.
    options : LoadingOptions
    """

    returns: Returns
    asset: str
    shocks: ShockSeries
    names: tuple[str, ...]
    dollar: str | None
    after: pd.Timestamp | None
    before: pd.Timestamp
    level: float = Bands().level
    cov: Covariance = "HAC"
    options: LoadingOptions = field(default_factory=LoadingOptions)

    @cached_property
    def design(self) -> DesignRows:
        """All rows of the asset."""
        return build_design(self.returns, self.asset, self.shocks, self.names, self.dollar)

    @cached_property
    def first(self) -> pd.Timestamp:
        """Instant before which no interval of the sample starts."""
        if self.after is not None:
            return self.after
        holds = self.design.runs[:, 1] > self.design.runs[:, 0]
        if self.shocks.is_point and holds.any():
            return pd.Timestamp(self.design.start_utc[holds][0])
        return pd.Timestamp(self.shocks.dates[0])

    @cached_property
    def sample(self) -> EstimationSample:
        """Complete rows before the event."""
        return estimation_sample(self.design, self.first, self.before)

    @cached_property
    def fit(self) -> LoadingFit:
        """Least squares on the sample."""
        return fit_loading(self.sample, self.cov)
