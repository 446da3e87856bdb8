"""How returns load on surprises matched by the clock, and what matching by date would have said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.config import Bands
from ratemodel.errors import ClockError, CoverageError
from ratemodel.loadings import build_design
from ratemodel.maturities import yield_dates
from ratemodel.returns import log_returns
from ratemodel.shocks.outside import shock_series
from ratemodel.types.market import Market
from ratemodel.types.returns import Returns
from ratemodel.types.surprises import PolicySurprises

Floats = npt.NDArray[np.float64]

ASSETS = ("GC", "SI", "BTC")
FEWEST = 10
"""Announcements needed before a loading is estimated."""
MAX_DAYS = 10.0
"""A return over more days than this holds too much else."""
COLUMNS = (
    *("asset", "series", "estimate", "std_err", "ci_low", "ci_high", "ci_level", "n"),
    *("same_date", "same_date_err", "per_sd_pp", "per_sd_low", "per_sd_high", "reason"),
)


def asset_loadings(
    market: Market,
    surprises: PolicySurprises | pd.DataFrame,
    assets: Sequence[str] = ASSETS,
    level: float = Bands().level,
) -> pd.DataFrame:
    r"""Regress returns on the surprises inside them, on announcement days only.

    A return runs between two strikes; a surprise belongs to the return whose interval holds its
    instant. COMEX gold settles before a 14:00 statement, so that statement is in the next day's.

    .. math:: r = a + b z + e, \qquad z = \text{sum of the surprises inside}

    with heteroskedasticity-robust errors (HC1), one regression an asset and series.

    Parameters
    ----------
    market : Market
        Prices with clocks. The grid of returns is that of yields if they reach farther.
    surprises : PolicySurprises or DataFrame
        A frame has zone-aware instants and one column a series, percentage points.
    assets : sequence of str
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        asset, series, estimate (pp of return per unit of the series), std_err, ci_low, ci_high,
        ci_level, n, same_date (the estimate if matched by calendar date), same_date_err,
        per_sd_pp, per_sd_low, per_sd_high (the same for one standard deviation of the surprises
        inside), reason (why there is no estimate).
    """
    values = surprises.values if isinstance(surprises, PolicySurprises) else surprises
    reach = NormalDist().inv_cdf((1.0 + level) / 2.0)
    rows = []
    for asset in assets:
        try:
            returns = log_returns(_widest_grid(market), [asset])
        except (CoverageError, ClockError) as error:
            rows += [{"asset": asset, "series": name, "reason": str(error)} for name in values]
            continue
        for name in values:
            found = _regress(returns, asset, values[name].dropna().rename(str(name)), reach)
            rows.append({"asset": asset, "series": name, **found})
    blank = {**dict.fromkeys(COLUMNS, np.nan), "ci_level": level, "n": 0, "reason": ""}
    return pd.DataFrame([{**blank, **row} for row in rows], columns=list(COLUMNS))


def _regress(
    returns: Returns, asset: str, series: pd.Series[float], reach: float
) -> dict[str, float | str]:
    """Regress one asset on one series both ways; the reason alone if that cannot be done."""
    if series.empty:
        return {"reason": "the series has no value"}
    design = build_design(returns, asset, shock_series(series, unit="pp"), (str(series.name),))
    short = design.elapsed_days <= MAX_DAYS
    inside = (design.runs[:, 1] > design.runs[:, 0]) & design.complete & short
    if inside.sum() < FEWEST:
        return {
            "reason": f"{int(inside.sum())} announcements inside its returns; {FEWEST} are needed"
        }
    # Shocks are held in hundredths of the series' unit.
    told = design.shocks_bp[inside, 0] / 100.0
    estimate, error = robust_slope(design.returns_pp[inside], told)
    day = pd.DatetimeIndex(series.index).tz_localize(None).normalize()
    own = np.asarray(series.groupby(day).sum().reindex(design.dates), dtype=np.float64)
    dated = np.isfinite(own) & short
    same, same_error = robust_slope(design.returns_pp[dated], own[dated])
    low, high, spread = estimate - reach * error, estimate + reach * error, float(told.std(ddof=1))
    return {
        "estimate": estimate,
        "std_err": error,
        "ci_low": low,
        "ci_high": high,
        "n": int(inside.sum()),
        "same_date": same,
        "same_date_err": same_error,
        "per_sd_pp": estimate * spread,
        "per_sd_low": low * spread,
        "per_sd_high": high * spread,
    }


def robust_slope(response: Floats, regressor: Floats) -> tuple[float, float]:
    """Regress with a constant; slope and its HC1 error, NaN where the regressor never moves."""
    if len(response) < FEWEST or float(np.ptp(regressor)) == 0.0:
        return float("nan"), float("nan")
    x = regressor - regressor.mean()
    slope = float(x @ response / (x @ x))
    residuals = response - response.mean() - slope * x
    size = len(response)
    variance = float(((x * residuals) ** 2).sum() / (x @ x) ** 2) * size / (size - 2.0)
    return slope, float(np.sqrt(variance))


def _widest_grid(market: Market) -> Market:
    """Take the dates of yields where there are more of them: gaps in futures join returns."""
    yields = yield_dates(market.rates)
    return replace(market, dates_from="yields") if len(yields) > len(market.trade_dates) else market
