"""Build policy surprises from a table of changes: choose series, estimate, say what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.config import SurpriseOptions
from ratemodel.errors import CoverageError, DataError, StudyError
from ratemodel.shocks.changes import (
    CHANGES,
    Beside,
    Origin,
    read_beside,
    read_changes,
)
from ratemodel.shocks.factors import EIGHT, PathScale
from ratemodel.shocks.flags import announcement_flags
from ratemodel.shocks.kuttner import (
    CONTRACTS,
    MP1_NEEDS,
    MP2_NEEDS,
    Cancelled,
    DecisionSurprises,
    decision_surprises,
)
from ratemodel.shocks.registry import (
    EXPANDING,
    INFORMATION,
    KUTTNER,
    PREDICTORS,
    PURCHASES_SINCE,
    SERIES,
    SPLIT,
    STOCKS,
    YEAR,
    Construction,
    constructions,
    scaling_of,
)
from ratemodel.shocks.resampling import expanding_values
from ratemodel.types.changes import Changes
from ratemodel.types.components import ComponentFit, Design, Rule
from ratemodel.types.surprises import PolicySurprises, SeriesAbout

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
ScaleTo = str | pd.Series | pd.DataFrame

ALL = "all"
RATES = (*CONTRACTS, *(f"ED{k}" for k in range(1, 9)), *EIGHT, YEAR)
READ = tuple(dict.fromkeys((*RATES, STOCKS)))


PREDICTED_BY, SCALED_TO = Origin("predictors"), Origin("scale_to")


@dataclass(frozen=True, slots=True)
class Origins:
    """How errors call the tables."""

    changes: Origin = CHANGES
    predictors: Origin = PREDICTED_BY
    scale_to: Origin = SCALED_TO


def build_surprises(
    changes: pd.DataFrame | Changes,
    series: str | Sequence[str],
    fomc: pd.DataFrame,
    predictors: pd.DataFrame | None = None,
    scale_to: ScaleTo | None = None,
    options: SurpriseOptions | None = None,
    origins: Origins | None = None,
) -> PolicySurprises:
    """Build the series asked for; see ``ratemodel.surprises.policy_surprises``.

    Raises
    ------
    StudyError
        If a series or choice is unknown.
    CoverageError
        If a series asked for by name lacks its inputs.
    DataError
        If a table cannot be read.
    """
    options, origins = options or SurpriseOptions(), origins or Origins()
    _check_choices(options)
    wanted = _wanted(series)
    read = read_changes(
        changes, (*READ, scale_to) if isinstance(scale_to, str) else READ, origins.changes
    )
    decisions = decision_surprises(read, fomc, options.cancelled)
    beside, notes = _beside(read, predictors, origins)
    year = _year(read, scale_to, origins)
    if year is not None:
        beside[YEAR] = year.values
    builder = _Builder(read, decisions, beside, options, year.names[0] if year else "")
    reasons = {name: builder.add(name) for name in wanted}
    omitted = {name: reason for name, reason in reasons.items() if reason}
    if omitted and (series not in (ALL, [ALL]) or not builder.values):
        name, reason = next(iter(omitted.items()))
        raise CoverageError(f"{origins.changes.source}: {name} cannot be built: {reason}")
    return PolicySurprises(
        values=pd.DataFrame(builder.values, index=read.times),
        about=builder.about,
        flags=announcement_flags(read, fomc),
        omitted=omitted,
        notes=tuple(dict.fromkeys([*builder.notes, *notes])),
        fits=builder.fits,
    )


def _beside(
    changes: Changes, predictors: pd.DataFrame | None, origins: Origins
) -> tuple[dict[str, Floats], list[str]]:
    """Read stock returns and predictors, which stand beside what components are taken from."""
    beside, notes = {}, []
    if changes.has(STOCKS):
        beside[STOCKS] = changes.columns((STOCKS,))
    if predictors is not None:
        beside[PREDICTORS] = read_beside(predictors, changes, origins.predictors).values
        lacking = int((~np.isfinite(beside[PREDICTORS]).all(axis=1)).sum())
        if lacking:
            notes.append(f"bs_mps_orth: announcements without all predictors: {lacking}")
    return beside, notes


def _year(changes: Changes, scale_to: ScaleTo | None, origins: Origins) -> Beside | None:
    """Read the yield that news is scaled to, under its name; None if there is none."""
    if isinstance(scale_to, str):
        if not changes.has(scale_to):
            raise CoverageError(f"scale_to: the table of changes has no number in {scale_to!r}")
        return Beside(changes.columns((scale_to,)), (scale_to,))
    if scale_to is None:
        return Beside(changes.columns((YEAR,)), (YEAR,)) if changes.has(YEAR) else None
    found = read_beside(scale_to, changes, origins.scale_to)
    if len(found.names) == 1:
        return found
    if YEAR not in found.names:
        raise DataError(
            f"{origins.scale_to.source}: one column of changes is needed, or one named {YEAR}; "
            f"found {', '.join(found.names)}"
        )
    return Beside(found.values[:, [found.names.index(YEAR)]], (YEAR,))


def _wanted(series: str | Sequence[str]) -> list[str]:
    if series in (ALL, [ALL]):
        return list(SERIES)
    names = [series] if isinstance(series, str) else list(series)
    if not names:
        raise StudyError("name at least one series, or all")
    for name in names:
        spec = SERIES.get(name.removesuffix(EXPANDING))
        if spec is None or (name.endswith(EXPANDING) and spec.construction == KUTTNER):
            raise StudyError(
                f"no series {name!r}; there are {', '.join(SERIES)} and, for all but the first "
                f"two, the same names ending in {EXPANDING}"
            )
    return list(dict.fromkeys(names))


def _check_choices(options: SurpriseOptions) -> None:
    for name, value, allowed in (
        ("cancelled", options.cancelled, get_args(Cancelled)),
        ("path_scale", options.path_scale, get_args(PathScale)),
    ):
        if value not in allowed:
            raise StudyError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    if not 0.0 <= options.rotation_quantile <= 1.0:
        raise StudyError(f"rotation_quantile lies from 0 to 1, got {options.rotation_quantile}")
    if options.min_events < 1:
        raise StudyError(f"min_events is a positive number, got {options.min_events}")


@dataclass(eq=False)
class _Builder:
    """One table of changes on its way to surprises."""

    changes: Changes
    decisions: DecisionSurprises
    beside: Mapping[str, Floats]
    options: SurpriseOptions
    year: str
    values: dict[str, Floats] = field(default_factory=dict)
    about: dict[str, SeriesAbout] = field(default_factory=dict)
    fits: dict[str, ComponentFit] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    expanding: dict[str, Floats] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.made = constructions(self.options)
        self.used = self.changes.table.assign(**self.decisions.used)
        self.notes += self.decisions.notes

    def add(self, name: str) -> str:
        """Build one series; hand back the reason if it cannot be built."""
        base = name.removesuffix(EXPANDING)
        spec = SERIES[base]
        if spec.construction == KUTTNER:
            return self._add_decision(name)
        if spec.beside and spec.beside not in self.beside:
            return f"it needs {_BESIDE[spec.beside]}"
        fit = self._fit(spec.construction)
        if fit is None:
            return self.refused[spec.construction]
        column = self.made[spec.construction].series.index(base)
        if name == base:
            own = fit.rule.values(fit.design)[:, column]
        else:
            own = self._expanding(spec.construction, fit)[:, column]
        if not np.isfinite(own).any():
            return "no announcement has enough others before it, or all it needs"
        values = np.full(len(self.changes.times), np.nan)
        values[self.changes.times.get_indexer(fit.times)] = own
        self._put(name, values)
        return ""

    def _add_decision(self, name: str) -> str:
        needed = MP1_NEEDS if name == "mp1" else MP2_NEEDS
        own = self.decisions.own.get(name.upper())
        if own is None:
            return _lacks(self.changes.table, needed)
        if not np.isfinite(own).any():
            return "no announcement has the contract it is read from"
        missing = int(np.isnan(own).sum())
        if missing:
            self.notes.append(
                f"{name}: announcements without a value, lacking a contract: {missing}"
            )
        self._put(name, own)
        return ""

    def _put(self, name: str, values: Floats) -> None:
        spec = SERIES[name.removesuffix(EXPANDING)]
        held = self.changes.times[np.isfinite(values)]
        sample = f"{held[0]:%Y-%m-%d}..{held[-1]:%Y-%m-%d}, {len(held)} announcements"
        if name.endswith(EXPANDING):
            sample += ", each estimated on those up to it"
        self.values[name] = values
        scaling = scaling_of(name, self.options, self.year)
        self.about[name] = SeriesAbout(spec.unit, sample, scaling, spec.sign, spec.source)

    def _fit(self, name: str) -> ComponentFit | None:
        if name in self.fits or name in self.refused:
            return self.fits.get(name)
        made = self.made[name]
        lacking = _lacks(self.used, made.inputs)
        if lacking:
            self.refused[name] = lacking
            return None
        rows, notes = _sample(made, self.changes, self.used)
        extra = next((self.beside[b] for b in made.beside if b in self.beside), None)
        design = Design(
            inputs=self.used.loc[rows, list(made.inputs)].to_numpy(float),
            extra=np.full((int(rows.sum()), 1), np.nan) if extra is None else extra[rows],
            early=np.asarray(self.changes.days[rows] < PURCHASES_SINCE),
        )
        try:
            rule = made.estimate(design)
        except CoverageError as error:
            self.refused[name] = str(error)
            return None
        self.notes += notes
        if name == INFORMATION:
            self.notes += _filled_notes(design)
        if name == SPLIT:
            self.notes += _split_notes(design, rule)
        times = self.changes.times[rows]
        self.fits[name] = ComponentFit(
            name, made.series, made.inputs, times, design, rule, made.estimate
        )
        return self.fits[name]

    def _expanding(self, name: str, fit: ComponentFit) -> Floats:
        if name not in self.expanding:
            made, first = self.made[name], self.options.min_events
            self.expanding[name], failed = expanding_values(made, fit.design, first)
            if failed:
                self.notes.append(
                    f"{', '.join(made.series)} expanding: announcements up to which nothing can be "
                    f"estimated: {failed}"
                )
        return self.expanding[name]


def _lacks(table: pd.DataFrame, needed: Sequence[str]) -> str:
    """Say which of the columns needed have no number; empty text if all have."""
    lacking = [n for n in needed if n not in table or table[n].isna().all()]
    if not lacking:
        return ""
    return f"it needs {', '.join(needed)}; the table lacks {', '.join(lacking)}"


def _sample(made: Construction, changes: Changes, used: pd.DataFrame) -> tuple[Bools, list[str]]:
    """Choose the announcements a construction is estimated on, and count the others."""
    finite = np.isfinite(used.loc[:, list(made.inputs)].to_numpy(float))
    complete = finite.any(axis=1) if made.may_be_incomplete else finite.all(axis=1)
    early = np.asarray(changes.days < made.since)
    left_out = np.asarray(changes.days.isin(list(made.without)))
    series, notes = ", ".join(made.series), []
    without = ", ".join(f"{day:%Y-%m-%d}" for day in made.without)
    for count, why in (
        ((early & ~left_out).sum(), f"announcements before {made.since:%Y}, not in the sample"),
        (left_out.sum(), f"left out as in the published series ({without})"),
        ((~complete & ~early & ~left_out).sum(), "announcements without a value, lacking an input"),
    ):
        if count:
            notes.append(f"{series}: {why}: {count}")
    return np.asarray(complete & ~early & ~left_out), notes


def _filled_notes(design: Design) -> list[str]:
    filled = int(np.isnan(design.inputs).any(axis=1).sum())
    said = "jk_pc1: announcements whose missing changes count as zero, as published"
    return [f"{said}: {filled}"] if filled else []


def _split_notes(design: Design, rule: Rule) -> list[str]:
    """Count what the published split treats in ways of its own."""
    stocks = design.extra[:, 0]
    component = rule.values(design)[:, :2].sum(axis=1)
    return [
        "policy and information: shocks set to 0 without a stock return, as published: "
        f"{int(np.isnan(stocks).sum())}",
        "policy and information: products of zero booked as information, as published: "
        f"{int((component * stocks == 0.0).sum())}",
    ]


_BESIDE = {
    STOCKS: f"the stock return {STOCKS}, percent",
    YEAR: f"changes of the one-year yield: scale_to, or a column {YEAR}",
    PREDICTORS: "predictors known before the announcement",
}
