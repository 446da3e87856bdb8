"""Estimate loadings asset by asset and set them in a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ratemodel.config import Bands, Study
from ratemodel.errors import CoverageError, StudyError
from ratemodel.loadings.bootstrap import normal_quantile
from ratemodel.loadings.design import build_design, estimation_sample
from ratemodel.loadings.regression import LoadingFit, attenuation, fit_loading, hac_lags
from ratemodel.types.loadings import DOLLAR, LoadingTable
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries

LoadingMethod = Literal["ols"]


def estimate_loadings(
    returns: Returns,
    shocks: ShockSeries,
    before: pd.Timestamp | str,
    controls: str | None = None,
    method: LoadingMethod = "ols",
    level: float = Bands().level,
    seed: int = Bands().seed,
    *,
    after: pd.Timestamp | str | None = None,
    assets: Sequence[str] | None = None,
    names: Sequence[str] = Study().shock_series,
    event: str = "",
) -> LoadingTable:
    r"""Estimate how returns load on shocks, matched by the clock, before a date.

    .. math:: r = \alpha + b_S z_S + b_E z_E + \gamma x + \varepsilon,
              \qquad \beta = b_S + b_E

    by least squares with Newey-West errors (Bartlett, ⌊4 (T/100)^{2/9}⌋ lags, normal critical
    values). Rows any of whose intervals reaches `before` are not used.

    Parameters
    ----------
    returns : Returns
    shocks : ShockSeries
    before : Timestamp or str
        First date of the event.
    controls : str, optional
        The dollar series, if `returns` holds it.
    method : {"ols"}
    level : float
        Coverage of the intervals.
    seed : int
        Unused by least squares; kept so that all methods are called alike.
    after : Timestamp or str, optional
        First date of the sample; all of the past if left out.
    assets : sequence of str, optional
        All assets of `returns` but the control, if left out.
    names : sequence of str
        Shocks to use.
    event : str
        Label of the rows.

    Returns
    -------
    LoadingTable
        An asset whose loading cannot be estimated has a row with the reason.

    Raises
    ------
    StudyError
        If the method is unknown.

    Examples
    --------
    >>> import ratemodel as rm
    >>> market = rm.load_market("replica")
    >>> path = rm.implied_path(market.futures, market.fomc, market.rates)
    >>> table = rm.estimate_loadings(
    ...     rm.log_returns(market), rm.path_shocks(path), before="2026-01-30"
    ... )
    >>> bool(table.estimate("GC") < 0.1)
    True
    """
    if method not in get_args(LoadingMethod):
        allowed = ", ".join(get_args(LoadingMethod))
        raise StudyError(f"method must be one of {allowed}, got {method!r}")
    first = pd.Timestamp(after) if after is not None else pd.Timestamp(shocks.dates[0])
    wanted = list(assets) if assets is not None else [a for a in returns.assets if a != controls]
    records: list[dict[str, Any]] = []
    for asset in wanted:
        try:
            design = build_design(returns, asset, shocks, tuple(names), controls)
            fit = fit_loading(estimation_sample(design, first, pd.Timestamp(before)))
        except CoverageError as error:
            records += unestimated_rows(event, asset, names, level, str(error))
            continue
        records += loading_rows(fit, shocks, level, event)
    return LoadingTable(pd.DataFrame(records))


def loading_rows(
    fit: LoadingFit, shocks: ShockSeries, level: float, event: str
) -> list[dict[str, Any]]:
    """Turn one fit into rows of the loadings table: one a shock, one for the dollar."""
    rows = fit.sample.rows
    found = [(name, *fit.loading(name)) for name in fit.shock_slots]
    if fit.dollar is not None:
        found.append((DOLLAR, *fit.dollar_loading()))
    critical = normal_quantile(level)
    common = {
        "event": event,
        "asset": rows.asset,
        "method": "ols",
        "ci_level": level,
        "n": len(rows),
        "start": rows.dates[0],
        "end": rows.dates[-1],
        "cov_type": f"HAC Bartlett {hac_lags(len(rows))}",
        "converged": True,
        "reason": "",
        "dropped": fit.sample.dropped,
    }
    return [
        {
            **common,
            "shock": name,
            "estimate_pp_per_bp": estimate,
            "std_err": error,
            "ci_low": estimate - critical * error,
            "ci_high": estimate + critical * error,
            "attenuation": np.nan if name == DOLLAR else _attenuation(fit, shocks, name),
        }
        for name, estimate, error in found
    ]


def _attenuation(fit: LoadingFit, shocks: ShockSeries, name: str) -> float:
    inside = (shocks.end_utc > fit.sample.rows.start_utc.min()) & (
        shocks.end_utc <= fit.sample.before_utc
    )
    values = shocks.of(name).to_numpy(float)[inside]
    errors = shocks.errors_bp[name].to_numpy(float)[inside]
    known = np.isfinite(values) & np.isfinite(errors)
    return attenuation(values[known], errors[known]) if known.any() else float("nan")


def unestimated_rows(
    event: str, asset: str, names: Sequence[str], level: float, reason: str
) -> list[dict[str, Any]]:
    """Give an asset that could not be estimated its rows, with the reason in place of numbers."""
    empty = dict.fromkeys(("estimate_pp_per_bp", "std_err", "ci_low", "ci_high"), np.nan)
    row = {
        **empty,
        "event": event,
        "asset": asset,
        "method": "ols",
        "ci_level": level,
        "n": 0,
        "start": pd.NaT,
        "end": pd.NaT,
        "cov_type": "",
        "converged": False,
        "reason": reason,
        "attenuation": np.nan,
        "dropped": 0,
    }
    return [{**row, "shock": name} for name in names]
