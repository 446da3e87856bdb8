"""Leverage without flow data: what moves with other classes of assets, if quiet days allow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.decomposition.components import Amount
from ratemodel.decomposition.null import NullModel
from ratemodel.errors import CoverageError
from ratemodel.loadings import (
    LoadingFit,
    build_design,
    estimation_sample,
    fit_loading,
    normal_quantile,
    window_rows,
)
from ratemodel.types.loadings import DesignRows
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries

Floats = npt.NDArray[np.float64]

FACTOR = "common_factor"
FACTOR_COLUMNS = (
    *("others", "loading", "low", "high", "p_value", "level", "n", "used"),
    *("leverage_pp", "low_pp", "high_pp", "reason"),
)


@dataclass(frozen=True, eq=False)
class Residuals:
    """What one asset's loading regression leaves of its returns, over their volatility.

    Attributes
    ----------
    table : DataFrame
        date, asset, log_return_pp (here residual over volatility), days, start_utc, end_utc: rows
        of the sample, of the event and the one after it.
    start, end : Timestamp
        First and last date of the event.
    after : Timestamp
        First date of the sample.
    scale_pp : array, shape (days,)
        Volatility of each of the event's returns, known before it.
    """

    table: pd.DataFrame
    start: pd.Timestamp
    end: pd.Timestamp
    after: pd.Timestamp
    scale_pp: Floats


@dataclass(frozen=True, eq=False)
class CommonFactor:
    """What the common factor says of one asset, or why it says nothing.

    Attributes
    ----------
    others : tuple of str
        Assets of the factor.
    loading, low, high, p_value : float
        λ before the event: residual over volatility a unit of the factor, which is a mean of the
        same of others; NaN where it could not be estimated.
    level : float
    n : int
        Rows of the estimate.
    reason : str
        Empty if the factor may be used.
    day_pp, day_low_pp, day_high_pp : array, shape (days,)
        What goes with the factor in each return of the event; zero if it may not be used.
    total : (estimate, low, high)
    """

    others: tuple[str, ...]
    loading: float
    low: float
    high: float
    p_value: float
    level: float
    n: int
    reason: str
    day_pp: Floats
    day_low_pp: Floats
    day_high_pp: Floats
    total: tuple[float, float, float]

    def amount(self, day: int | None = None) -> Amount:
        """Leverage of the event, or of one of its returns."""
        if day is None:
            return Amount(*self.total, self.reason, "confidence")
        middle, low, high = (part[day] for part in (self.day_pp, self.day_low_pp, self.day_high_pp))
        return Amount(float(middle), float(low), float(high), self.reason, "confidence")

    def row(self) -> dict[str, object]:
        """Row of the table: columns `FACTOR_COLUMNS`."""
        values = (
            *("; ".join(self.others), self.loading, self.low, self.high, self.p_value),
            *(self.level, self.n, not self.reason, *self.total, self.reason),
        )
        return dict(zip(FACTOR_COLUMNS, values, strict=True))


def common_factor(
    asset: str,
    residuals: Mapping[str, Residuals],
    groups: Mapping[str, tuple[str, str]],
    level: float,
) -> CommonFactor:
    r"""Ask whether an asset moves with other classes of assets, and read the event if it does.

    The factor f is the mean of other classes' standardised residuals, one asset an underlying.
    Selling by holders of both classes would show in it, if it showed before the event at all:

    .. math:: \varepsilon_{it}/\sigma_{it} = \lambda_S f_S + \lambda_E f_E + u_{it}, \qquad
              \text{leverage}_i = \sum_{t \in W} \sigma_{it}
              (\hat\lambda_S f_{S,t} + \hat\lambda_E f_{E,t}),

    matched by the clock as shocks are. Where :math:`\lambda = \lambda_S + \lambda_E` before the
    event is not above zero, at the level of the bands for all assets of the event together
    (Bonferroni), there is no common factor to speak of and the event's is no estimate of anything.

    Parameters
    ----------
    asset : str
    residuals : mapping of str to Residuals
        Of every asset split in the event.
    groups : mapping of str to (class, underlying)
    level : float

    Returns
    -------
    CommonFactor
    """
    own = residuals[asset]
    others = other_classes(asset, list(residuals), groups)
    if not others:
        return _refused(own, others, level, "no asset of another class was split in the event")
    series = _factor([residuals[other].table for other in others])
    try:
        design = build_design(Returns(own.table), asset, series, (FACTOR,))
        fit = fit_loading(estimation_sample(design, own.after, own.start))
        window = window_rows(design, own.start, own.end).with_columns(fit.sample.rows.columns)
    except CoverageError as missing:
        return _refused(own, others, level, str(missing))
    from scipy.stats import norm

    loading, error = fit.loading(FACTOR)
    reach = normal_quantile(level) * error
    low, high = loading - reach, loading + reach
    p_value = 2.0 * float(norm.sf(abs(loading / error)))
    needed = (1.0 - level) / len(residuals)
    reason = ""
    if loading <= 0.0 or p_value >= needed:
        reason = (
            f"before the event {asset} moved with {', '.join(others)} by {loading:+.2f} "
            f"[{low:+.2f}, {high:+.2f}], p = {p_value:.2g} where one of {len(residuals)} "
            f"tests needs {needed:.2g}: no common factor, so its moves are no measure of leverage"
        )
    slots = fit.shock_slots[FACTOR]
    regressors = own.scale_pp[:, None] * window.shocks_bp
    weights = fit.returns.params[slots]
    covariance = fit.covariance[np.ix_(slots, slots)]
    used = 0.0 if reason else 1.0
    middle = used * regressors @ weights
    spread = normal_quantile(level) * np.sqrt(
        np.einsum("ti,ij,tj->t", regressors, covariance, regressors)
    )
    whole = regressors.sum(axis=0)
    width = used * normal_quantile(level) * float(np.sqrt(whole @ covariance @ whole))
    total = float(middle.sum())
    return CommonFactor(
        others=others,
        loading=loading,
        low=low,
        high=high,
        p_value=p_value,
        level=level,
        n=len(fit.sample.rows),
        reason=reason,
        day_pp=middle,
        day_low_pp=middle - used * spread,
        day_high_pp=middle + used * spread,
        total=(total, total - width, total + width),
    )


def event_residuals(
    returns: pd.DataFrame,
    fit: LoadingFit,
    null: NullModel,
    design: DesignRows,
    event: tuple[pd.Timestamp, pd.Timestamp],
    after: pd.Timestamp,
) -> Residuals:
    """Collect an asset's standardised residuals, of the sample and of the event.

    Rows of the event and the one after it are divided by the volatility known before it.

    Parameters
    ----------
    returns : DataFrame
        The asset's rows of `Returns`.
    fit : LoadingFit
    null : NullModel
    design : DesignRows
        All rows of the asset.
    event : (first date, last date)
    after : Timestamp
        First date of the sample.
    """
    sample = fit.sample.rows
    start, end = event
    beyond = np.flatnonzero(design.dates >= end)[1:2]
    later = design.dates > sample.dates[-1]
    later &= design.dates <= (design.dates[beyond[0]] if len(beyond) else end)
    rows = design.take(later).with_columns(sample.columns)
    left = fit.residuals_of(rows) / (null.sigma_pp * null.stretch(rows.elapsed_days))
    values = pd.concat(
        [
            pd.Series(np.asarray(null.fit.standardised_residuals), index=sample.dates),
            pd.Series(left, index=rows.dates).dropna(),
        ]
    )
    held = returns.loc[returns["date"].isin(values.index)]
    table = held.assign(log_return_pp=values.loc[held["date"]].to_numpy())
    window = window_rows(design, start, end)
    return Residuals(table, start, end, after, null.sigma_pp * null.stretch(window.elapsed_days))


def other_classes(
    asset: str, assets: Sequence[str], groups: Mapping[str, tuple[str, str]]
) -> tuple[str, ...]:
    """Choose the first asset of every underlying of other classes.

    Examples
    --------
    >>> groups = {"GC": ("metal", "gold"), "GLD": ("metal", "gold"), "BTC": ("crypto", "bitcoin")}
    >>> other_classes("BTC", ["GC", "GLD", "BTC"], groups)
    ('GC',)
    """
    first: dict[str, str] = {}
    for other in assets:
        kind, underlying = groups[other]
        if kind != groups[asset][0]:
            first.setdefault(underlying, other)
    return tuple(first.values())


def _factor(tables: Sequence[pd.DataFrame]) -> ShockSeries:
    """Mean of some assets' standardised residuals, on dates that all of them have."""
    shared = pd.DatetimeIndex(tables[0]["date"])
    for table in tables[1:]:
        shared = shared.intersection(pd.DatetimeIndex(table["date"]))
    rows = [table.set_index("date").loc[shared.sort_values()] for table in tables]
    start = np.array([part["start_utc"].to_numpy().astype("datetime64[s]") for part in rows])
    end = np.array([part["end_utc"].to_numpy().astype("datetime64[s]") for part in rows])
    values = np.mean([part["log_return_pp"].to_numpy(float) for part in rows], axis=0)
    frame = pd.DataFrame({FACTOR: values}, index=rows[0].index)
    return ShockSeries(
        values_bp=frame,
        errors_bp=frame * 0.0,
        identified=frame.notna(),
        start_utc=start.min(axis=0),
        end_utc=end.max(axis=0),
        source=pd.Series("residuals of other classes", index=frame.index),
        metadata={"scaling": "standard deviations"},
    )


def _refused(own: Residuals, others: tuple[str, ...], level: float, reason: str) -> CommonFactor:
    zero, nan = np.zeros(len(own.scale_pp)), float("nan")
    return CommonFactor(
        others, nan, nan, nan, nan, level, 0, reason, zero, zero, zero, (0.0, 0.0, 0.0)
    )
