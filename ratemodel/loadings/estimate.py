"""Set what an estimator found in rows of the loadings table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.loadings.bootstrap import normal_quantile
from ratemodel.loadings.covariance import covariance_label
from ratemodel.loadings.regression import LoadingFit, attenuation
from ratemodel.types.loadings import DOLLAR, EstimationSample, Loading
from ratemodel.types.shocks import ShockSeries

Floats = npt.NDArray[np.float64]


def least_squares_loadings(
    fit: LoadingFit, shocks: ShockSeries, level: float, **more: Any
) -> list[Loading]:
    """Read a regression's loadings: on each shock, and on the dollar."""
    label = covariance_label(fit.cov, len(fit.sample.rows))
    values = [
        fit.dollar_loading() if name == DOLLAR else fit.loading(name) for name in fit.loadings
    ]
    return [
        loading_of(
            *(fit, shocks, name, estimate, error, level, label), **{**_sides(fit, name), **more}
        )
        for name, (estimate, error) in zip(fit.loadings, values, strict=True)
    ]


def _sides(fit: LoadingFit, name: str) -> dict[str, Any]:
    """Split a loading on a shock into b_S and b_E: half and half where one column holds both."""
    if name == DOLLAR:
        return {}
    sides = {"start": 0.0, "end": 0.0}
    for slot in fit.slots(name):
        side, value = fit.sample.rows.columns[slot - 1][1], float(fit.returns.params[slot])
        for at in sides if side == "inside" else (side,):
            sides[at] += value / 2.0 if side == "inside" else value
    return {"at_start": sides["start"], "at_end": sides["end"]}


def summed_loadings(
    fit: LoadingFit,
    shocks: ShockSeries,
    params: Floats,
    covariance: Floats,
    level: float,
    cov_type: str,
    **more: Any,
) -> list[Loading]:
    """Add up coefficients of the regressors of `fit`, however they were estimated.

    Parameters
    ----------
    fit : LoadingFit
        Least squares on the same rows.
    shocks : ShockSeries
    params, covariance : array, shapes (p,), (p, p)
        By the estimator, which takes the cleared dollar as given; its error is added here.
    level : float
    cov_type : str
    **more
        Further facts of `Loading`.
    """
    gamma = float(params[-1]) if DOLLAR in fit.loadings else 0.0
    whole = covariance + fit.cleared_error(gamma)
    found = []
    for name in fit.loadings:
        weights = fit.combination(name)
        value, error = float(weights @ params), float(np.sqrt(weights @ whole @ weights))
        found.append(loading_of(fit, shocks, name, value, error, level, cov_type, **more))
    return found


def loading_of(
    fit: LoadingFit,
    shocks: ShockSeries,
    name: str,
    estimate: float,
    std_err: float,
    level: float,
    cov_type: str,
    **more: Any,
) -> Loading:
    """Set one loading on the rows of a regression: interval, span, largest day, stability.

    `more` are facts of `Loading` that differ from the regression's.
    """
    rows = fit.sample.rows
    reach = normal_quantile(level) * std_err
    share = fit.leverage(name)
    facts: dict[str, Any] = {
        "low": estimate - reach,
        "high": estimate + reach,
        "n": len(rows),
        "start": rows.dates[0],
        "end": rows.dates[-1],
        "attenuation": np.nan if name == DOLLAR else _attenuation(fit.sample, shocks, name),
        "dropped": fit.sample.dropped,
        "largest_day": rows.dates[int(np.argmax(share))],
        "largest_day_weight": float(share.max()),
        "stability": fit.stability[name],
    }
    facts.update(more)
    return Loading(name, float(estimate), float(std_err), cov_type=cov_type, **facts)


def path_frame(
    name: str,
    estimate: Floats,
    std_err: Floats,
    level: float,
    *,
    n: Any,
    date: pd.DatetimeIndex | None = None,
    horizon_days: npt.NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Set a loading that has no single number in rows: by date, or by horizon."""
    reach = normal_quantile(level) * std_err
    size = len(estimate)
    horizons = [pd.NA] * size if horizon_days is None else horizon_days
    return pd.DataFrame(
        {
            "shock": name,
            "date": pd.DatetimeIndex([pd.NaT] * size) if date is None else date,
            "horizon_days": pd.array(horizons, dtype="Int64"),
            "estimate_pp_per_bp": estimate,
            "std_err": std_err,
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
            "ci_level": level,
            "n": n,
        }
    )


def loading_rows(
    found: Sequence[Loading], *, event: str, asset: str, method: str, level: float
) -> list[dict[str, Any]]:
    """Turn one asset's loadings by one method into rows of the table."""
    return [loading.to_row(event, asset, method, level) for loading in found]


def least_squares_rows(
    fit: LoadingFit, shocks: ShockSeries, level: float, event: str
) -> list[dict[str, Any]]:
    """Turn a regression into rows of the table."""
    found = least_squares_loadings(fit, shocks, level)
    return loading_rows(found, event=event, asset=fit.sample.rows.asset, method="ols", level=level)


def _attenuation(sample: EstimationSample, shocks: ShockSeries, name: str) -> float:
    inside = (shocks.end_utc > sample.rows.start_utc.min()) & (shocks.end_utc <= sample.before_utc)
    values = shocks.of(name).to_numpy(float)[inside]
    errors = shocks.errors_bp[name].to_numpy(float)[inside]
    known = np.isfinite(values) & np.isfinite(errors)
    return attenuation(values[known], errors[known]) if known.any() else float("nan")


def unestimated_rows(
    event: str, asset: str, names: Sequence[str], level: float, reason: str, method: str = "ols"
) -> list[dict[str, Any]]:
    """Give an asset that could not be estimated its rows, with the reason in place of numbers."""
    return [Loading.none(name, reason).to_row(event, asset, method, level) for name in names]
