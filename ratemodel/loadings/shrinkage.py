"""Loadings drawn to published ones, each weighted by its precision."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ratemodel.errors import CoverageError
from ratemodel.loadings.bootstrap import normal_quantile
from ratemodel.loadings.case import Case
from ratemodel.loadings.estimate import least_squares_loadings
from ratemodel.types.loadings import DOLLAR, Loading

ALSO_CALLED = {
    "path_bp": ("path", "daily path", "ED4"),
    "target_bp": ("target", "funds-rate"),
    "DGS2": ("2y", "2-year"),
}
"""How the literature calls a shock: an anchor of another rate is in other units."""
SAME_SAMPLE = 0.5
"""An anchor with more of its own sample than this inside ours is our estimate once more."""
_SPAN = re.compile(r"(\d{4}-\d{2})\.\.(\d{4}-\d{2})")


def shrunken_loadings(case: Case, anchors: pd.DataFrame) -> list[Loading]:
    r"""Average least squares with published estimates of the same loading, by precision.

    .. math:: \tilde\beta = \frac{\hat\beta/se^2 + \sum_k a_k/se_k^2}{1/se^2 + \sum_k 1/se_k^2},
              \qquad \tilde{se}^{-2} = se^{-2} + \sum_k se_k^{-2}

    Nothing is said of the sign: the literature disputes gold's. The error takes the loading as one
    number everywhere, which `break_p` may deny.

    Parameters
    ----------
    case : Case
    anchors : DataFrame
        Columns of the anchors table; percent per basis point is pp per bp to first order.

    Returns
    -------
    list of Loading
        The note names the anchors used, and those not used with the reason.

    Raises
    ------
    CoverageError
        If no shock has an anchor that can be used.
    """
    own = least_squares_loadings(case.fit, case.shocks, case.level)
    found = [
        _shrink(loading, *_sort(anchors, case, loading), case.level)
        for loading in own
        if loading.shock != DOLLAR
    ]
    if all(np.isnan(loading.estimate) for loading in found):
        raise CoverageError(found[0].reason)
    return found


def _shrink(own: Loading, used: pd.DataFrame, note: str, level: float) -> Loading:
    if used.empty:
        return Loading.none(own.shock, note)
    values = np.append(used["estimate_pct_per_bp"].to_numpy(float), own.estimate)
    precision = 1.0 / np.append(used["se_pct_per_bp"].to_numpy(float), own.std_err) ** 2
    estimate = float(values @ precision / precision.sum())
    error = float(1.0 / np.sqrt(precision.sum()))
    reach = normal_quantile(level) * error
    return replace(
        own,
        estimate=estimate,
        std_err=error,
        low=estimate - reach,
        high=estimate + reach,
        cov_type=f"precision weights on {own.cov_type}",
        note=note,
    )


def _sort(anchors: pd.DataFrame, case: Case, own: Loading) -> tuple[pd.DataFrame, str]:
    """Choose the anchors of one loading and say which are not used, and why."""
    rows = anchors.loc[anchors["asset"] == case.asset]
    reasons = [_objection(row, own) for row in rows.to_dict("records")]
    fits = np.array([not reason for reason in reasons], dtype=bool)
    used = rows.loc[fits]
    refused = [
        f"{shock} ({reason})"
        for shock, reason in zip(rows["shock"], reasons, strict=True)
        if reason
    ]
    unused = f"not used: {'; '.join(refused)}" if refused else ""
    if used.empty:
        start = f"no published loading of {case.asset} on {own.shock} to shrink to"
        return used, "; ".join(filter(None, [start, unused]))
    return used, "; ".join(filter(None, [f"drawn to {'; '.join(used['shock'])}", unused]))


def _objection(anchor: Mapping[Hashable, Any], own: Loading) -> str:
    shock, error, span = str(anchor["shock"]), anchor["se_pct_per_bp"], str(anchor["sample"])
    if not str(shock).startswith((own.shock, *ALSO_CALLED.get(own.shock, ()))):
        return "another shock"
    if not isinstance(error, float) or not error > 0.0:
        return "no standard error"
    if _share_inside(span, own) > SAME_SAMPLE:
        return "our own sample"
    return ""


def _share_inside(span: str, own: Loading) -> float:
    """Share of a span of months, YYYY-MM..YYYY-MM, that lies in our sample; 0 if it is not told."""
    found = _SPAN.fullmatch(span)
    if found is None:
        return 0.0
    months = pd.period_range(found.group(1), found.group(2), freq="M")
    inside = (months >= own.start.to_period("M")) & (months <= own.end.to_period("M"))
    return float(inside.mean())
