"""Estimate loadings by every method: the one place where loadings and volatility meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ratemodel.calendars import Times, announcement_times
from ratemodel.config import Bands, LoadingOptions, Study
from ratemodel.errors import CoverageError, StudyError
from ratemodel.loadings import (
    Case,
    Covariance,
    event_loadings,
    garch_loadings,
    kalman_loadings,
    least_squares_loadings,
    loading_rows,
    projected_loadings,
    quantile_loadings,
    rigobon_sack_loadings,
    robust_loadings,
    rolling_loadings,
    shrunken_loadings,
    unestimated_rows,
)
from ratemodel.market.facts import builtin_table
from ratemodel.types.loadings import Loading, LoadingTable, no_paths
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries
from ratemodel.volatility import fit_volatility

LoadingMethod = Literal[
    "ols",
    "garch",
    "events",
    "rigobon_sack",
    "quantile",
    "robust",
    "rolling",
    "kalman",
    "local_projection",
    "shrinkage",
]
METHODS: tuple[LoadingMethod, ...] = get_args(LoadingMethod)
ANNOUNCED = ("scheduled", "unscheduled")
"""Kinds of FOMC announcements that decide on the target."""


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
    names: Sequence[str] | None = None,
    event: str = "",
    cov: Covariance = "HAC",
    options: LoadingOptions | None = None,
    announcements: pd.DataFrame | None = None,
    anchors: pd.DataFrame | None = None,
) -> LoadingTable:
    r"""Estimate how returns load on shocks, matched by the clock, before a date.

    .. math:: r = \alpha + b_S z_S + b_E z_E + \gamma x + \varepsilon,
              \qquad \beta = b_S + b_E

    Rows any of whose intervals reaches `before` are not used. Methods:

    - ``ols``: least squares, with Newey-West errors (Bartlett, ⌊4 (T/100)^{2/9}⌋ lags, no
      small-sample factor, normal critical values) unless `cov` says otherwise;
    - ``garch``: the likelihood of a GJR model with t errors, the same regressors in its mean;
    - ``events``: least squares on the days on which the shock has a value;
    - ``rigobon_sack``: the shift of variance on announcement days, with Fieller's interval;
    - ``quantile``, ``robust``: median regression, Huber's M-estimator;
    - ``rolling``, ``kalman``: the loading of the last days before the event, from the last window
      or a random walk; the whole course is in ``paths``;
    - ``local_projection``: the response on the day of the shock; later ones are in ``paths``;
    - ``shrinkage``: least squares drawn to published loadings.

    Parameters
    ----------
    returns : Returns
    shocks : ShockSeries
    before : Timestamp or str
        First date of the event.
    controls : str, optional
        The dollar series, if `returns` holds it.
    method : str
    level : float
        Coverage of the intervals.
    seed : int
        Unused: no method draws. Kept so that all estimates of the package are called alike.
    after : Timestamp or str, optional
        First date of the sample; the first shock's if left out.
    assets : sequence of str, optional
        All assets of `returns` but the control, if left out.
    names : sequence of str, optional
        Shocks to use; the default study's if the series holds them, else all it holds.
    event : str
        Label of the rows.
    cov : {"HAC", "HC1"}
        Errors of ols, events, rolling and local_projection.
    options : LoadingOptions, optional
        Quantile, length of a rolling window, last horizon.
    announcements : DataFrame, optional
        Days of large news, as in the fomc table. Rigobon-Sack compares them with other days: the
        built-in FOMC decisions if left out. Events keeps to them: all days with a value if left
        out.
    anchors : DataFrame, optional
        Published loadings, as in the anchors table; the built-in ones if left out.

    Returns
    -------
    LoadingTable
        An asset whose loading cannot be estimated has a row with the reason.

    Raises
    ------
    StudyError
        If the method or the kind of errors is unknown.
    CoverageError
        If the series lacks a shock that is asked for.

    Examples
    --------
    >>> import ratemodel as rm
    >>> market = rm.load_market("replica")
    >>> path = rm.implied_path(market.futures, market.fomc, market.rates)
    >>> returns, shocks = rm.log_returns(market), rm.path_shocks(path)
    >>> table = rm.estimate_loadings(returns, shocks, before="2026-01-30")
    >>> bool(table.estimate("GC") < 0.1)
    True
    >>> robust = rm.estimate_loadings(
    ...     returns, shocks, before="2026-01-30", method="robust", assets=["GC"]
    ... )
    >>> robust.row("GC", method="robust")["cov_type"]
    'Huber'
    """
    if method not in METHODS:
        raise StudyError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if cov not in get_args(Covariance):
        raise StudyError(f"cov must be one of {', '.join(get_args(Covariance))}, got {cov!r}")
    known = Known.of(announcements, anchors, method)
    wanted = list(assets) if assets is not None else [a for a in returns.assets if a != controls]
    cases = [
        Case(
            returns=returns,
            asset=asset,
            shocks=shocks,
            names=shock_names(shocks, names),
            dollar=controls,
            after=None if after is None else pd.Timestamp(after),
            before=pd.Timestamp(before),
            level=level,
            cov=cov,
            options=options if options is not None else LoadingOptions(),
        )
        for asset in wanted
    ]
    return estimate_cases([(event, case) for case in cases], (method,), known)


@dataclass(frozen=True, eq=False)
class Known:
    """What estimators need beyond returns and shocks.

    Attributes
    ----------
    event_days : array of datetime64, or None
        Announcements that the event study keeps to; None for all days with a value.
    announcements : array of datetime64
        That the variance of news shifts on.
    anchors : DataFrame
    """

    event_days: Times | None
    announcements: Times
    anchors: pd.DataFrame

    @classmethod
    def of(
        cls,
        announcements: pd.DataFrame | None,
        anchors: pd.DataFrame | None,
        method: str = "",
    ) -> Known:
        """Take what is given, and the package's own tables for the method that needs one."""
        days = announcements
        if days is None and method == "rigobon_sack":
            days = builtin_table("fomc")
        if anchors is None:
            anchors = builtin_table("anchors") if method == "shrinkage" else pd.DataFrame()
        decided = np.array([], dtype="datetime64[s]")
        if days is not None:
            decided = announcement_times(days.loc[days["kind"].isin(ANNOUNCED)])
        return cls(None if announcements is None else decided, decided, anchors)


Found = tuple[list[Loading], pd.DataFrame]

_ESTIMATE: dict[str, Callable[[Case, Known], Found]] = {
    "ols": lambda case, _: (least_squares_loadings(case.fit, case.shocks, case.level), no_paths()),
    "garch": lambda case, _: (garch_loadings(case, fit_volatility), no_paths()),
    "events": lambda case, known: (event_loadings(case, known.event_days), no_paths()),
    "rigobon_sack": lambda case, known: (
        rigobon_sack_loadings(case, known.announcements),
        no_paths(),
    ),
    "quantile": lambda case, _: (quantile_loadings(case), no_paths()),
    "robust": lambda case, _: (robust_loadings(case), no_paths()),
    "rolling": lambda case, _: rolling_loadings(case),
    "kalman": lambda case, _: kalman_loadings(case),
    "local_projection": lambda case, _: projected_loadings(case),
    "shrinkage": lambda case, known: (shrunken_loadings(case, known.anchors), no_paths()),
}


def estimate_cases(
    cases: Sequence[tuple[str, Case]], methods: Sequence[str], known: Known, n_jobs: int = 1
) -> LoadingTable:
    """Estimate several assets, each labelled with its event, by several methods.

    Parameters
    ----------
    cases : sequence of (event, Case)
    methods : sequence of str
    known : Known
    n_jobs : int
        Processes; results do not depend on it.
    """
    if n_jobs == 1 or len(cases) < 2:
        parts = [_estimate(case, methods, known, event) for event, case in cases]
    else:
        from joblib import Parallel, delayed

        parts = list(
            Parallel(n_jobs=n_jobs)(
                delayed(_estimate)(case, methods, known, event) for event, case in cases
            )
        )
    rows = [row for own, _ in parts for row in own]
    paths = [path for _, own in parts for path in own]
    return LoadingTable(pd.DataFrame(rows), pd.concat(paths) if paths else no_paths())


def _estimate(
    case: Case, methods: Sequence[str], known: Known, event: str
) -> tuple[list[dict[str, Any]], list[pd.DataFrame]]:
    """Estimate one asset; a method that does not apply gives its reason."""
    # Loaded first: a limit does not reach a BLAS that is loaded after it is set.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    rows: list[dict[str, Any]] = []
    paths: list[pd.DataFrame] = []
    label = {"event": event, "asset": case.asset}
    with threadpool_limits(limits=1):
        for method in methods:
            try:
                found, path = _ESTIMATE[method](case, known)
            except CoverageError as error:
                rows += unestimated_rows(
                    **label, names=case.names, level=case.level, reason=str(error), method=method
                )
                continue
            rows += loading_rows(found, **label, method=method, level=case.level)
            if len(path):
                paths.append(path.assign(**label, method=method))
    return rows, paths


def shock_names(shocks: ShockSeries, wanted: Sequence[str] | None = None) -> tuple[str, ...]:
    """Choose shocks: those asked for, else the default study's if held, else all that are held."""
    if wanted is None:
        default = Study().shock_series
        return default if set(default) <= set(shocks.names) else tuple(shocks.names)
    for name in wanted:
        shocks.of(name)
    return tuple(wanted)
