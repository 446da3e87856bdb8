"""The command line: options in, one call, files and exit status out."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from ratemodel.cli_data import data, named_folder
from ratemodel.cli_surprises import surprises
from ratemodel.cli_validate import validate
from ratemodel.errors import EventLeakError, IdentityError, RateModelError

DEFAULT_STUDY = "study.toml"
FAILED_CHECK, BAD_INPUT, DEFECT, INTERRUPTED = 1, 2, 3, 130
STAGES = {
    "path": "Expected rates by meeting and horizon.",
    "shocks": "Daily revisions of the expected path.",
    "volatility": "Returns and their volatility before the event.",
    "loadings": "How returns load on shocks.",
    "leverage": "Measured forced flows.",
    "decompose": "The split of the crash.",
    "placebo": "Earlier windows without an event, split by the days before them.",
}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ratemodel")
def commands() -> None:
    """How much of a crash was rate expectations, how much leverage, and how sure we are."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options all stages share."""
    for option in reversed(
        (
            click.argument("study", required=False),
            click.option(
                "--data",
                metavar="DIR|replica",
                callback=named_folder,
                help="Input tables, not the study's.",
            ),
            click.option(
                "--out",
                metavar="DIR",
                callback=named_folder,
                help="Output folder [output/<study file>].",
            ),
            click.option("--event", metavar="NAME|all", help="A row of events, not the study's."),
            click.option("--jobs", type=click.IntRange(1), default=1, show_default=True),
            click.option("--seed", type=click.IntRange(0), help="Not the study's."),
            click.option("--quiet", is_flag=True, help="Say nothing but errors."),
            click.option("--force", is_flag=True, help="Write into another study's folder."),
            click.option("--debug", is_flag=True, help="Show the traceback of a defect."),
        )
    ):
        command = option(command)
    return command


@commands.command()
@_options
def run(**options: Any) -> None:
    """Compute every table and figure of STUDY, and the report."""
    _compute(None, **options)


@commands.command()
@_options
def report(**options: Any) -> None:
    """Run STUDY and say where its report is: one self-contained HTML page.

    The page names the tables it was made from, so they are written with it, as by `run`.
    """
    _compute(None, **options)


def _stage(name: str, description: str) -> None:
    @commands.command(name=name, help=description)
    @_options
    def stage(**options: Any) -> None:
        _compute(name, **options)


for _name, _description in STAGES.items():
    _stage(_name, _description)


commands.add_command(data)
commands.add_command(surprises)
commands.add_command(validate)


@commands.command()
@click.option("--out", default=DEFAULT_STUDY, show_default=True, metavar="FILE")
def init(out: str) -> None:
    """Write a commented study to start from."""
    from ratemodel.config import write_study

    write_study(Path(out))
    click.echo(f"{out}: a study to edit; `ratemodel run {out}` computes it", err=True)


@commands.command()
@click.option("--out", required=True, metavar="DIR", help="A new or empty folder.")
@click.option("--seed", type=click.IntRange(0), help="Another replica.")
def replica(out: str, seed: int | None) -> None:
    """Write the embedded data set as input tables, with its truth."""
    from ratemodel.market.export import export_replica

    if seed is None:
        export_replica(Path(out))
    else:
        export_replica(Path(out), seed=seed)
    click.echo(f"{out}: input tables and truth.csv", err=True)


def _compute(stage: str | None, *, study: str | None, quiet: bool, **options: Any) -> None:
    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    path = study or (DEFAULT_STUDY if Path(DEFAULT_STUDY).exists() else None)
    say(f"study {path}" if path else "study built-in: the 2026 crash on the replica")
    from ratemodel.pipeline import compute, prepare, stage_tables
    from ratemodel.reporting.tables import OUTPUT_TABLES
    from ratemodel.reporting.write import REPORT_FILE, check_owner

    stages = prepare(
        path,
        data=options["data"],
        event=options["event"],
        seed=options["seed"],
        jobs=options["jobs"],
        say=say,
    )
    out = options["out"] or str(Path("output") / (Path(path).stem if path else "study"))
    chosen = stages.study
    check_owner(Path(out), chosen.name, chosen.data_kind, force=options["force"])
    tables = compute(stages, stage_tables(stage) if stage else tuple(OUTPUT_TABLES))
    if stage is not None:
        tables.write_stage(out, force=options["force"])
        say(f"{out}: {', '.join(tables)}")
        if not quiet and tables.summary:
            click.echo(tables.summary)
        return
    tables.write(out, force=options["force"])
    say(f"{out}: {len(tables)} tables; the report is {Path(out) / REPORT_FILE}")
    if not quiet:
        click.echo(tables.headline, nl=False)
    failed = tables.checks.fatal_failures
    for check in failed:
        click.echo(f"ratemodel: fatal check failed: {check}", err=True)
    if failed:
        raise SystemExit(FAILED_CHECK)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 check failed, 2 bad input, 3 defect."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        commands.main(args=words, prog_name="ratemodel", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("ratemodel: interrupted", err=True)
        sys.exit(INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(BAD_INPUT)
    except click.ClickException as error:
        click.echo(f"ratemodel: {error.format_message()}", err=True)
        sys.exit(BAD_INPUT)
    except (IdentityError, EventLeakError) as error:
        _defect(error, words)
    except RateModelError as error:
        click.echo(f"ratemodel: {error}", err=True)
        sys.exit(BAD_INPUT)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"ratemodel: {where}{error.strerror or error}", err=True)
        sys.exit(BAD_INPUT)
    except Exception as error:
        _defect(error, words)
    sys.exit(0)


def _defect(error: Exception, words: list[str]) -> NoReturn:
    if "--debug" in words:
        traceback.print_exc()
    else:
        kind = type(error).__name__
        click.echo(f"ratemodel: a defect ({kind}: {error}); run again with --debug", err=True)
    sys.exit(DEFECT)


if __name__ == "__main__":
    main()
