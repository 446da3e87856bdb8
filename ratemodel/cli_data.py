"""`ratemodel data`: fetch, import, status, verify."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ratemodel.errors import DataError, StudyError

if TYPE_CHECKING:
    import pandas as pd

    from ratemodel.market.fetch import Outcome
    from ratemodel.market.snapshots import SnapshotStore
    from ratemodel.market.sources import Request
    from ratemodel.market.sources.secret import Secret

STORE = "data/raw"
DOTENV = ".env"
PARTLY_FAILED = 1
YEARS = range(1900, 2101)


def named_folder(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Refuse an empty path: it would mean the current folder, or an unset variable."""
    if value is not None and not value.strip():
        raise click.BadParameter("names no folder", param=option)
    return value


def _store_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all commands on a store share."""
    store = click.option(
        "--store",
        default=STORE,
        show_default=True,
        metavar="DIR",
        callback=named_folder,
        help="Folder of downloads.",
    )
    # `main` looks for the word itself, whatever the command.
    debug = click.option(
        "--debug", is_flag=True, expose_value=False, help="Show the traceback of a defect."
    )
    return store(debug(command))


@click.group(name="data")
def data() -> None:
    """Fetch, import and check input tables."""


@data.command(name="fetch")
@click.argument("study", required=False)
@_store_options
@click.option("--from", "providers", metavar="NAME,…", default="", help="In order of preference.")
@click.option(
    "--series", metavar="ID,…", default="", help="FRED ids, not the study's; 'none' for none."
)
@click.option("--assets", metavar="SYMBOL,…", default="", help="Not the study's; 'none' for none.")
@click.option("--start", metavar="DATE", help="First date [two years before the sample].")
@click.option("--end", metavar="DATE", help="Last date [today].")
@click.option("--as-of", metavar="DATE", help="Only what was published by then (FRED vintages).")
@click.option(
    "--max-age",
    type=click.IntRange(0, 100_000),
    default=12,
    show_default=True,
    metavar="HOURS",
    help="What the store has and is younger is not asked for again.",
)
@click.option("--quiet", is_flag=True, help="Say nothing but what failed.")
def fetch_command(
    study: str | None,
    store: str,
    providers: str,
    series: str,
    assets: str,
    start: str | None,
    end: str | None,
    as_of: str | None,
    max_age: int,
    quiet: bool,
) -> None:
    """Download what STUDY needs into a store, which `run --data` takes as it is.

    The key of FRED is read from FRED_API_KEY, or from .env in the current folder. Without one, FRED
    is read through its graphs. Databento is asked on request only: it needs DATABENTO_API_KEY,
    and each download is paid for.
    """
    from dataclasses import replace

    import pandas as pd

    from ratemodel.config import Study, read_study
    from ratemodel.market.fetch import fetch, plan_fetch, wanted_by

    chosen = study or ("study.toml" if Path("study.toml").exists() else None)
    today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
    wanted = wanted_by(read_study(chosen) if chosen else Study(), today)
    if series:
        wanted = replace(wanted, series=_names(series))
    if assets:
        wanted = replace(wanted, assets=_names(assets))
    wanted = replace(
        wanted,
        start=_date(start, "--start").date() if start else wanted.start,
        end=_date(end, "--end").date() if end else wanted.end,
        as_of=_date(as_of, "--as-of").date() if as_of else None,
        open_ended=end is None,
    )
    if wanted.end < wanted.start:
        raise StudyError(f"nothing lies between {wanted.start} and {wanted.end}")
    if wanted.as_of is not None and wanted.as_of > today.date():
        raise StudyError(f"--as-of must not lie in the future, got {wanted.as_of}")
    names = _names(providers)
    keys = _keys(names if names and not as_of else (*names, "fred"))
    requests = plan_fetch(wanted, keys=keys, providers=names, base_urls=_mirrors(os.environ))
    target = _open_store(store)
    ends = fetch(
        target,
        requests,
        keys=keys,
        now=lambda: pd.Timestamp.now("UTC"),
        max_age=pd.Timedelta(hours=max_age),
    )
    outcomes = list(_shown(ends, requests, quiet=quiet))
    notes = target.build()
    _report(outcomes, notes, store, quiet=quiet)


@data.command(name="import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_store_options
@click.option("--table", type=click.Choice(["futures", "prices", "rates"]), help="What it holds.")
@click.option("--dialect", metavar="NAME", help="barchart, bloomberg, lseg, databento, cme, ...")
@click.option("--contract", metavar="YYYY-MM", help="Delivery month of a file of one contract.")
@click.option("--symbol", metavar="NAME", help="Asset or series of a file of one.")
@click.option("--quote", type=click.Choice(["price", "rate"]), help="How futures are quoted.")
@click.option("--dates", type=click.Choice(["ymd", "mdy", "dmy"]), help="Order of its dates.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Its decimal mark.")
@click.option("--field", metavar="COLUMN", help="Column taken as the settlement.")
@click.option("--roll", metavar="FILE", help="CSV first_date,contract: what a generic ticker was.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def import_command(
    files: tuple[str, ...], store: str, roll: str | None, quiet: bool, **said: str | None
) -> None:
    """Read files of vendors into a store. What is found is said; what is unclear is asked."""
    from ratemodel.market.importing import import_files

    told = {name: value for name, value in said.items() if value}
    target = _open_store(store)
    for line in import_files(target, files, told, roll=roll):
        if not quiet:
            click.echo(line, err=True)
    for note in target.build():
        click.echo(f"{store}: {note}", err=True)


@data.command(name="status")
@_store_options
@click.option("--today", metavar="DATE", help="Count ages to this date, not to today.")
def status_command(store: str, today: str | None) -> None:
    """Show every series of a store or a folder of tables: its age, gaps and copied contracts."""
    import pandas as pd

    from ratemodel.market.facts import builtin_table
    from ratemodel.market.snapshots import lag_note
    from ratemodel.market.status import (
        RECENT,
        calendar_note,
        future_notes,
        lockstep_frame,
        status_frame,
    )

    tables = _held_tables(store)
    day = (
        _date(today, "--today") if today else pd.Timestamp.now("UTC").tz_localize(None).normalize()
    )
    lag = lag_note(Path(store))
    if lag:
        click.echo(f"{store}: {lag}", err=True)
    click.echo(_aligned(status_frame(tables, _open_store(store).manifest(), day)))
    for note in future_notes(tables, day):
        click.echo(note)
    if "futures" in tables:
        futures = tables["futures"]
        last = min(futures["trade_date"].max(), day)
        runs = lockstep_frame(futures)
        recent = runs.loc[runs["last"] > f"{last - RECENT:%Y-%m-%d}"]
        click.echo(
            f"\ncontracts that only repeated a nearer one: {len(runs)} runs, "
            f"{len(recent)} of them within a year of {last:%Y-%m-%d}"
        )
        if len(recent):
            click.echo(_aligned(recent))
        click.echo(calendar_note(tables.get("fomc", builtin_table("fomc")), last))


@data.command(name="verify")
@_store_options
def verify_command(store: str) -> None:
    """Hash and read every download of a store again; exit 1 if one is damaged.

    Tables that an interrupted download left behind its manifest are made anew.
    """
    target = _open_store(store)
    rows = target.manifest()
    if not rows:
        raise DataError(f"{store}: no store of downloads (no MANIFEST.csv)")
    damage, remarks = target.verify()
    for line in remarks:
        click.echo(f"{store}: {line}", err=True)
    for line in damage:
        click.echo(f"ratemodel: {store}: {line}", err=True)
    if damage:
        raise SystemExit(PARTLY_FAILED)
    if not target.is_built():
        target.build()
        click.echo(f"{store}: tables made anew", err=True)
    downloads = "1 download" if len(rows) == 1 else f"{len(rows):,} downloads"
    click.echo(f"{store}: {downloads}, all as recorded")


def _shown(
    ends: Iterator[Outcome], requests: Sequence[Request], *, quiet: bool
) -> Iterator[Outcome]:
    """Pass on how downloads end; on a terminal, under a bar that names the one under way."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as LeftColumn

    console = Console(stderr=True)
    parts = (BarColumn(), MofNCompleteColumn(), LeftColumn(), TextColumn("{task.description}"))
    with Progress(
        *parts, console=console, transient=True, disable=quiet or not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=len(requests))
        for request in requests:
            bar.update(task, description=str(request))
            yield next(ends)
            bar.advance(task)


def _open_store(folder: str) -> SnapshotStore:
    from ratemodel.market.readers import READERS
    from ratemodel.market.snapshots import SnapshotStore

    return SnapshotStore(folder, READERS)


def _held_tables(folder: str) -> dict[str, pd.DataFrame]:
    from ratemodel.market.store import read_tables

    return read_tables(folder)


def _keys(providers: Sequence[str]) -> dict[str, Secret]:
    """Look for the keys of these providers; those not there are left out."""
    from ratemodel.market.sources.secret import KEY_NAMES, decode_dotenv, find_key

    dotenv = Path(DOTENV)
    text = decode_dotenv(dotenv.read_bytes()) if dotenv.is_file() else ""
    found = {
        provider: find_key(name, os.environ, text)
        for provider, name in KEY_NAMES.items()
        if provider in providers
    }
    return {provider: key for provider, key in found.items() if key is not None}


def _mirrors(environment: os._Environ[str]) -> dict[str, str]:
    """Look for RATEMODEL_FRED_URL and the like: where a provider is asked instead of at home."""
    from ratemodel.market.sources import PROVIDERS

    named = {name: environment.get(f"RATEMODEL_{name.upper()}_URL", "") for name in PROVIDERS}
    return {name: url.rstrip("/") for name, url in named.items() if url}


def _names(text: str) -> tuple[str, ...]:
    if text.strip() == "none":
        return ()
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _date(text: str, option: str) -> pd.Timestamp:
    from ratemodel.study_table import iso_date

    try:
        date = iso_date(text)
    except ValueError:
        raise StudyError(f"{option} must be a date YYYY-MM-DD, got {text!r}") from None
    if date.year not in YEARS:
        raise StudyError(f"{option} must lie in {YEARS[0]} to {YEARS[-1]}, got {text!r}")
    return date


def _report(outcomes: list[Outcome], notes: list[str], store: str, *, quiet: bool) -> None:
    """Show how each download ended; 1 if some failed, 2 if all did."""
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if not quiet:
        for outcome in outcomes:
            held = outcome.snapshot
            what = outcome.reason
            if held is not None:
                less = f"; left out: {held.left_out}" if held.left_out else ""
                what = f"{held.rows:>7,} rows {held.first}..{held.last}{less}"
            click.echo(f"{outcome.status:<8}{outcome.request!s:<44} {what}")
        for note in notes:
            click.echo(f"{store}: {note}", err=True)
    counts = Counter(outcome.status for outcome in outcomes)
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    if len(failed) == len(outcomes):
        raise DataError(f"{store}: nothing fetched: {failed[0].reason}")
    if not quiet:
        click.echo(f"{store}: {said}", err=True)
    for outcome in failed:
        click.echo(f"ratemodel: {outcome.request} failed: {outcome.reason}", err=True)
    if failed:
        raise SystemExit(PARTLY_FAILED)


def _aligned(frame: pd.DataFrame) -> str:
    """Set a table in columns: numbers to the right, words to the left."""
    if frame.empty:
        return "nothing"
    columns = []
    for name in frame:
        cells = [str(name), *(str(cell) for cell in frame[name])]
        width = max(len(cell) for cell in cells)
        number = frame[name].dtype.kind in "iuf"
        columns.append([cell.rjust(width) if number else cell.ljust(width) for cell in cells])
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))
