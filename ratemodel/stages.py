"""A study's stages in memory, in order: each one call, made when first asked for and only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ratemodel.checks import run_checks
from ratemodel.config import ALL_EVENTS, REPLICA, Study
from ratemodel.decomposition import decompose, events_of, placebo, rate_cut_premium
from ratemodel.errors import CoverageError, DataError, StudyError
from ratemodel.estimators import METHODS, Known, estimate_cases
from ratemodel.leverage import unknown_channels
from ratemodel.loadings import Case, unestimated_rows
from ratemodel.market import load_market
from ratemodel.maturities import YIELD_SERIES
from ratemodel.odds import (
    Dispersion,
    expected_moves,
    learn_dispersion,
    meeting_probabilities,
    reported_dates,
    score_odds,
)
from ratemodel.path import Engine, Premium, horizon_frame, implied_path, known_target
from ratemodel.reporting.tables import empty_table, finish_table
from ratemodel.returns import log_returns
from ratemodel.shocks import path_shocks, shock_table
from ratemodel.types.checks import CheckTable
from ratemodel.types.correlations import CorrelationFit
from ratemodel.types.decomposition import CrashDecomposition
from ratemodel.types.loadings import DOLLAR, LoadingTable
from ratemodel.types.market import Market
from ratemodel.types.odds import OddsScores
from ratemodel.types.path import RatePath
from ratemodel.types.placebo import Placebo
from ratemodel.types.returns import Returns
from ratemodel.types.shocks import ShockSeries
from ratemodel.types.volatility import VolatilityFit
from ratemodel.volatility import fit_dcc

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Take a line of progress and say nothing."""


@dataclass(frozen=True, eq=False)
class Stages:
    """A study's stages, each computed when first asked for and only once.

    Attributes
    ----------
    study : Study
    jobs : int
        Processes; results do not depend on it.
    say : callable
        Takes one line of progress.
    """

    study: Study
    jobs: int = 1
    say: Say = silent

    @cached_property
    def market(self) -> Market:
        """Input tables, validated."""
        self.say(f"reading {self.study.data}")
        market = load_market(self.study.data, clocks=self.study.clocks)
        used = ", ".join(f"{name} {source}" for name, source in market.sources.items())
        self.say(f"tables used: {used}")
        for note in market.notes:
            self.say(note)
        for name, count in unknown_channels(market.forced_flows).items():
            self.say(f"forced_flows: {count} rows of the unknown {name} are not used")
        events_of(market, self.study.event)
        source = self.study.shock_source
        market = replace(market, dates_from=source)
        if source == "futures" and market.futures.empty:
            raise DataError(
                f"{self.study.data}: no futures table; shocks come from fed funds futures, or from "
                "Treasury yields with [shock] source = 'yields'"
            )
        if market.trade_dates.empty:
            raise DataError(f"{self.study.data}: no Treasury yield ({', '.join(YIELD_SERIES)})")
        return market

    @property
    def folder(self) -> Path | None:
        """Folder of input tables; None on the replica."""
        return None if self.study.data == REPLICA else Path(self.study.data)

    @cached_property
    def assets(self) -> list[str]:
        """The study's assets that have prices."""
        held = set(self.market.prices["asset"])
        present = [s.symbol for s in self.study.assets if s.symbol in held]
        if not present:
            wanted = ", ".join(s.symbol for s in self.study.assets)
            raise CoverageError(f"{self.study.data}: the prices table holds none of {wanted}")
        return present

    @cached_property
    def dollar(self) -> str | None:
        """The dollar series, if the market has it."""
        series = self.study.dollar_series
        known = series in set(self.market.rates["series"]) or series in set(
            self.market.prices["asset"]
        )
        if not known:
            self.say(f"no series {series}: the dollar is left out and counts as not explained")
        return series if known else None

    @cached_property
    def path(self) -> RatePath:
        """Expected rates from all futures, or from yields."""
        market = self.market
        self.say("rate path")
        engine: Engine = "yields" if self.study.shock_source == "yields" else "joint"
        premium: Premium = "expanding" if self.study.path_options.premium else "none"
        return implied_path(market.futures, market.fomc, market.rates, engine, premium=premium)

    @cached_property
    def fedwatch(self) -> RatePath:
        """Expected rates by CME's published algorithm: what odds are held beside."""
        market = self.market
        return implied_path(market.futures, market.fomc, market.rates, engine="fedwatch")

    @cached_property
    def has_odds(self) -> bool:
        """Whether a target is known: without one there is nothing to bet on."""
        known = bool(known_target(self.path)["target_pct"].notna().any())
        if not known:
            self.say("no odds of meetings: the fomc table has no target")
        return known

    @cached_property
    def dispersion(self) -> Dispersion:
        """How far outcomes stray from what is expected, as learned each January."""
        return learn_dispersion(self.path, expected_moves(self.path))

    @cached_property
    def odds(self) -> pd.DataFrame:
        """Odds of each target on the dates the study tabulates."""
        if not self.has_odds:
            return empty_table("meeting_probabilities")
        path = self.path
        events = events_of(self.market, self.study.event)
        dates = path.trade_dates
        if self.study.path_options.probabilities == "window":
            dates = reported_dates(dates, events[["start", "end"]])
        return meeting_probabilities(path, dates, self.dispersion)

    @cached_property
    def odds_scores(self) -> OddsScores:
        """Odds held against outcomes; none where there are no odds, or no futures for FedWatch."""
        if not self.has_odds or self.market.futures.empty:
            return OddsScores(empty_table("odds_scores"), empty_table("odds_calibration"), 0)
        self.say("odds of meetings, held against outcomes")
        bands = self.study.bands
        scores = score_odds(
            self.path,
            self.fedwatch,
            level=bands.level,
            draws=bands.draws,
            seed=bands.seed,
            dispersion=self.dispersion,
        )
        self.say(str(scores))
        return scores

    @cached_property
    def all_shocks(self) -> ShockSeries:
        """Daily revisions, path_bp 12 months ahead."""
        path = self.path
        self.say("shocks")
        return path_shocks(path)

    @cached_property
    def shocks(self) -> ShockSeries:
        """The shocks as the study uses them: with its fall-back, if one event needs one."""
        if self.study.event == ALL_EVENTS:
            return self.all_shocks
        return self.split.shocks[self.study.event]

    @cached_property
    def returns(self) -> Returns:
        """Log returns of the assets between the study's dates."""
        table = log_returns(self.market, self.assets).to_frame()
        sample = self.study.sample
        if sample.start is not None and self.study.event != ALL_EVENTS:
            table = table.loc[table["date"] >= sample.start]
        if sample.end is not None:
            table = table.loc[table["date"] <= sample.end]
        return Returns(table)

    @cached_property
    def split(self) -> CrashDecomposition:
        """The decomposition, with the loadings and volatility behind it."""
        study, shocks = self.study, self.all_shocks
        self.say("loadings, bands and split")
        split = decompose(
            self.market,
            shocks,
            event=study.event,
            dollar=self.dollar,
            level=study.bands.level,
            draws=study.bands.draws,
            seed=study.bands.seed,
            n_jobs=self.jobs,
            sample=study.sample,
            assets=self.assets,
            specs=study.assets,
            names=study.shock_series,
            margin_clock=study.margin_clock,
        )
        missing = [spec.symbol for spec in study.assets if spec.symbol not in self.assets]
        absent = {(e, a): f"no prices of {a}" for e in split.events for a in missing}
        split = replace(split, omitted={**split.omitted, **absent})
        dollar = split.table.loc[split.table["component"] == "dollar"]
        if self.dollar is not None:
            for row in dollar.loc[dollar["note"] != ""].to_dict("records"):
                self.say(f"{row['event']} {row['asset']}: {row['note']}")
        for (event, _), reason in split.omitted.items():
            self.say(f"left out: {event}: {reason}")
        return split

    @cached_property
    def placebo(self) -> Placebo:
        """Earlier windows without an event, each split by the days before it."""
        study, shocks = self.study, self.all_shocks
        self.say("windows without an event")
        return placebo(
            self.market,
            shocks,
            study.event,
            self.dollar,
            study.bands.level,
            study.bands.draws,
            study.bands.seed,
            self.jobs,
            pre_days=study.sample.pre_days,
            assets=self.assets,
            names=study.shock_series,
        )

    @cached_property
    def loadings(self) -> LoadingTable:
        """Loadings by every method, on the samples of the split; its own come first."""
        study, split = self.study, self.split
        self.say("loadings by other methods")
        series = self.assets if self.dollar is None else [*self.assets, self.dollar]
        returns = log_returns(self.market, series)
        own = split.loadings.table
        failed = own.loc[own["estimate_pp_per_bp"].isna()]
        without = set(
            failed.loc[failed["shock"] == DOLLAR, ["event", "asset"]].apply(tuple, axis=1)
        )
        cases = [
            (
                row["event"],
                Case(
                    returns=returns,
                    asset=row["asset"],
                    shocks=split.shocks[row["event"]],
                    names=study.shock_series,
                    dollar=None if (row["event"], row["asset"]) in without else self.dollar,
                    after=row["after"],
                    before=row["before"],
                    level=study.bands.level,
                    options=study.loading_options,
                ),
            )
            for row in split.windows.to_dict("records")
        ]
        known = Known.of(self.market.fomc, self.market.anchors)
        others = estimate_cases(cases, METHODS[1:], known, self.jobs)
        # A dollar left out has its reason for every method, an asset left out for every shock.
        reasons = [
            row
            for lost in failed.to_dict("records")
            for method in METHODS[1:]
            for row in unestimated_rows(
                *(lost["event"], lost["asset"], [lost["shock"]], study.bands.level),
                *(lost["reason"], method),
            )
        ]
        table = pd.concat([own, others.table, *([pd.DataFrame(reasons)] if reasons else [])])
        assets, events = (pd.factorize(table[key])[0] for key in ("asset", "event"))
        return LoadingTable(table.iloc[np.lexsort((assets, events))], others.paths)

    @cached_property
    def correlations(self) -> dict[str, CorrelationFit | str]:
        """Correlations of the assets' residuals before each event; a text says why not."""
        by_event: dict[str, list[VolatilityFit]] = {}
        for (event, _), fit in self.split.volatility.items():
            by_event.setdefault(event, []).append(fit)
        return {event: self._correlate(event, fits) for event, fits in by_event.items()}

    def _correlate(self, event: str, fits: list[VolatilityFit]) -> CorrelationFit | str:
        try:
            return fit_dcc(fits)
        except (CoverageError, StudyError) as error:
            self.say(f"no correlations before {event}: {error}")
            return str(error)

    @cached_property
    def checks(self) -> CheckTable:
        """Diagnostics of all stages."""
        odds = self.table("meeting_probabilities")
        return run_checks(self.market, self.path, self.all_shocks, self.split, odds)

    def table(self, name: str) -> pd.DataFrame:
        """Compute one output table, finished."""
        frame = _BUILD[name](self)
        return finish_table(name, frame, self.study.name, self.market.data_kind)


def _volatility_models(stages: Stages) -> pd.DataFrame:
    split = stages.split
    parts = [fit.to_frame().assign(event=event) for (event, _), fit in split.volatility.items()]
    for (event, asset), found in split.shock_volatility.items():
        if isinstance(found, str):
            frame = _not_estimated("gjr-x-t", f"delta[{stages.study.shock_series[0]}]", found)
            fit = split.volatility[event, asset]
            frame = frame.assign(asset=asset, n=fit.n, start=fit.dates[0], end=fit.dates[-1])
        else:
            frame = found.to_frame()
        parts.append(frame.assign(event=event))
    return pd.concat(parts)


def _not_estimated(model: str, parameter: str, reason: str) -> pd.DataFrame:
    """One row that says why a model has no parameters."""
    empty = dict.fromkeys(("estimate", "std_err", "t", "p", "log_likelihood"), float("nan"))
    row = {"model": model, "parameter": parameter, **empty, "converged": False, "note": reason}
    return pd.DataFrame([row])


def _correlations(stages: Stages) -> pd.DataFrame:
    found = stages.correlations.items()
    parts = [fit.to_frame().assign(event=e) for e, fit in found if not isinstance(fit, str)]
    return pd.concat(parts) if parts else empty_table("correlations")


def _correlation_models(stages: Stages) -> pd.DataFrame:
    parts = []
    for event, fit in stages.correlations.items():
        if isinstance(fit, str):
            frame = _not_estimated("dcc", "a", fit).assign(n=0, start=None, end=None)
        else:
            frame = fit.model_frame()
        parts.append(frame.assign(event=event))
    return pd.concat(parts)


def _volatility(stages: Stages) -> pd.DataFrame:
    fits = stages.split.volatility
    return pd.concat([fit.path_frame().assign(event=event) for (event, _), fit in fits.items()])


_BUILD: dict[str, Callable[[Stages], pd.DataFrame]] = {
    "rate_path": lambda s: s.path.to_frame(),
    "path_horizons": lambda s: horizon_frame(s.path, level=s.study.bands.level),
    "meeting_probabilities": lambda s: s.odds,
    "odds_scores": lambda s: s.odds_scores.scores.assign(
        variants_tried=s.odds_scores.variants_tried
    ),
    "odds_calibration": lambda s: s.odds_scores.calibration,
    "shocks": lambda s: shock_table(s.shocks, s.path.calendar, s.market.releases, s.all_shocks),
    "returns": lambda s: s.returns.to_frame(),
    "volatility_models": _volatility_models,
    "volatility": _volatility,
    "loadings": lambda s: s.loadings.to_frame(),
    "loadings_paths": lambda s: s.loadings.paths,
    "correlation_models": _correlation_models,
    "correlations": _correlations,
    "measured_flows": lambda s: s.split.flows,
    "decomposition": lambda s: s.split.to_frame(),
    "decomposition_daily": lambda s: s.split.daily,
    "counterfactuals": lambda s: s.split.counterfactuals,
    "counterfactuals_daily": lambda s: s.split.counterfactuals_daily,
    "rate_cut_premium": lambda s: rate_cut_premium(s.path, s.split, s.market.prices),
    "abnormality": lambda s: s.split.abnormality,
    "placebo": lambda s: s.placebo.table,
    "common_factor": lambda s: s.split.common_factor,
    "checks": lambda s: s.checks.to_frame(),
}
