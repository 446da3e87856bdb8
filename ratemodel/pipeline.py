"""Run a study: every table of it, written as a complete run or as one stage's part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from ratemodel.config import Study, read_study
from ratemodel.reporting.headline import headline
from ratemodel.reporting.tables import OUTPUT_TABLES, STAGE_TABLES
from ratemodel.reporting.write import (
    HEADLINE_FILE,
    REPORT_FILE,
    check_owner,
    complete_run,
    file_hashes,
    input_files,
    write_tables,
)
from ratemodel.stages import Say, Stages, silent
from ratemodel.types.checks import CheckTable

PLACEBO = "placebo"
LIBRARIES = ("arch", "numpy", "pandas", "ratemodel", "scipy", "statsmodels")


class RunTables(dict[str, pd.DataFrame]):
    """Finished tables by name, and what is needed to write them as a run.

    Attributes
    ----------
    stages : Stages
        The results behind the tables.
    names : tuple of str
        Tables of a stage command; all tables for a run.
    """

    def __init__(self, stages: Stages, names: Iterable[str] = tuple(OUTPUT_TABLES)) -> None:
        self.stages = stages
        super().__init__({name: stages.table(name) for name in names})

    @property
    def checks(self) -> CheckTable:
        """Diagnostics of the run."""
        return self.stages.checks

    @cached_property
    def headline(self) -> str:
        """The answer in plain words."""
        study, split = self.stages.study, self.stages.split
        return headline(self, study.asset_names, split.shock_notes, split.omitted)

    def report(self, record: Mapping[str, Any]) -> str:
        """Write the answer and all that stands behind it as one HTML page."""
        from ratemodel.reporting.report import report

        study, split, market = self.stages.study, self.stages.split, self.stages.market
        names, notes, omitted = study.asset_names, split.shock_notes, split.omitted
        return report(self, names, notes, omitted, record, market.forced_flows)

    def write(self, folder: str | Path, *, force: bool = False) -> None:
        """Write a complete run: tables, figures, report, headline and record.

        Parameters
        ----------
        folder : str or Path
        force : bool
            Write even if the folder belongs to another study.

        Raises
        ------
        StudyError
            If the folder belongs to another study.
        """
        from ratemodel.reporting.figures import draw_all

        stages, target = self.stages, Path(folder)
        study, kind = stages.study, stages.market.data_kind
        check_owner(target, study.name, kind, force=force)
        stages.say("figures and report")
        files = draw_all(self, study.asset_names)
        files[HEADLINE_FILE] = self.headline.encode()
        record = self.record()
        files[REPORT_FILE] = self.report(record).encode()
        written = write_tables(target, self, files, study=study.name, data_kind=kind)
        read = input_files(study.path, self.stages.folder)
        complete_run(target, written, read, record, str(folder))

    @property
    def summary(self) -> str:
        """What a stage says of itself, if anything."""
        return self.stages.placebo.summary() if PLACEBO in self else ""

    def write_stage(self, folder: str | Path, *, force: bool = False) -> None:
        """Write only the tables held and their own figures, beside those of other stages."""
        from ratemodel.reporting.figures import draw_stage

        stages, target = self.stages, Path(folder)
        kind = stages.market.data_kind
        check_owner(target, stages.study.name, kind, force=force)
        files = draw_stage(self, stages.study.asset_names)
        write_tables(target, self, files, study=stages.study.name, data_kind=kind)

    def record(self) -> dict[str, Any]:
        """Say what the run was made from: inputs with hashes, versions, seed, study."""
        study, market = self.stages.study, self.stages.market
        return {
            "study": study.name,
            "study_file": study.path.name if study.path else "built-in",
            "data_kind": market.data_kind,
            "event": study.event,
            "sample_start": _iso(study.sample.start),
            "sample_end": _iso(study.sample.end),
            "level": study.bands.level,
            "draws": study.bands.draws,
            "seed": study.bands.seed,
            "tables_used": dict(market.sources),
            "inputs_sha256": file_hashes(study.path, self.stages.folder),
            "versions": {name: version(name) for name in LIBRARIES},
            "shock": {k: v or "12 months ahead" for k, v in self.stages.split.shock_notes.items()},
            "failed_checks": [c.name for c in self.checks.checks if not c.passed],
        }


def run(
    study: Study | str | Path | None = None,
    *,
    data: str | Path | None = None,
    event: str | None = None,
    seed: int | None = None,
    jobs: int = 1,
    say: Say = silent,
) -> RunTables:
    """Compute every table of a study: the command line's own path.

    Parameters
    ----------
    study : Study, path or None
        A study, a study file, or None for the built-in one (the 2026 crash on the replica).
    data : str or Path, optional
        ``replica`` or a folder, in place of the study's.
    event : str, optional
        In place of the study's.
    seed : int, optional
        In place of the study's.
    jobs : int
        Processes; results do not depend on it.
    say : callable
        Takes lines of progress.

    Returns
    -------
    RunTables
        Frames by table name; ``write(folder)`` writes them.

    Examples
    --------
    >>> import ratemodel as rm
    >>> from ratemodel.config import Bands
    >>> tables = rm.run(rm.Study(bands=Bands(draws=200)))
    >>> bool(tables["checks"]["passed"].all())
    True
    """
    stages = prepare(study, data=data, event=event, seed=seed, jobs=jobs, say=say)
    return compute(stages, tuple(OUTPUT_TABLES))


def prepare(
    study: Study | str | Path | None,
    *,
    data: str | Path | None = None,
    event: str | None = None,
    seed: int | None = None,
    jobs: int = 1,
    say: Say = silent,
) -> Stages:
    """Settle what a run will compute, and read nothing but the study file."""
    chosen = study if isinstance(study, Study) else Study() if study is None else read_study(study)
    if data is not None:
        chosen = replace(chosen, data=str(data))
    if event is not None:
        chosen = replace(chosen, event=event)
    if seed is not None:
        chosen = replace(chosen, bands=replace(chosen.bands, seed=seed))
    return Stages(chosen, jobs, say)


def compute(stages: Stages, names: Iterable[str]) -> RunTables:
    """Compute some tables on one BLAS thread: two threads would give other bytes than one."""
    # Loaded first: a limit does not reach a BLAS that is loaded after it is set.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return RunTables(stages, names)


def stage_tables(stage: str) -> tuple[str, ...]:
    """Names of the tables a stage command writes."""
    return STAGE_TABLES[stage]


def _iso(stamp: pd.Timestamp | None) -> str:
    return "" if stamp is None else f"{stamp:%Y-%m-%d}"
