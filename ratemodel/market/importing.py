"""Take files of vendors into a store: all of them, or none if one cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import pandas as pd

from ratemodel.errors import DataError, StudyError
from ratemodel.market.dialects import Imported, ImportOptions, read_vendor_file
from ratemodel.market.dialects.sheets import count
from ratemodel.market.manifest import IMPORT, LAST_RECORDED
from ratemodel.market.schema import INPUT_TABLES, validate
from ratemodel.market.snapshots import SnapshotStore
from ratemodel.market.sources import Query, Request
from ratemodel.study_table import iso_date

_SUFFIXES = ("csv", "txt", "tsv", "json", "gz", "zst", "dbn")
LAST_PRICE = "there is no settlement"
"""How the reader of vendor files says that a price is the last one recorded."""


def import_files(
    store: SnapshotStore,
    files: Sequence[str],
    said: Mapping[str, str],
    *,
    roll: str | None = None,
) -> Iterator[str]:
    """Read files, check every row, then keep them as snapshots.

    Parameters
    ----------
    store : SnapshotStore
    files : sequence of str
    said : mapping of str to str
        Import options the user gave, by name.
    roll : str, optional
        File of a roll calendar: CSV with first_date and contract.

    Yields
    ------
    str
        What was found in each file, a line each.

    Raises
    ------
    DataError
        If a file cannot be read or breaks a promise of its table; the text names its row.
    StudyError
        If something must be said first: the text is the question.
    """
    now = pd.Timestamp.now("UTC")
    calendar = "" if roll is None else _roll_text(_bytes(roll), roll)
    accepted: list[tuple[Request, bytes, pd.DataFrame]] = []
    said_of: dict[str, tuple[str, ...]] = {}
    for file in files:
        body, name = _bytes(file), Path(file).name
        options = _options({**said, "roll": calendar})
        found = read_vendor_file(body, name, options)
        table = validate(found.frame, INPUT_TABLES[found.table], file, rows=found.rows)
        _refuse_future(found, file, now)
        last = any(line.startswith(LAST_PRICE) for line in found.found)
        decided = {
            **found.decided,
            "roll": calendar,
            "table": found.table,
            "file": name,
            "price": LAST_RECORDED if last else "",
        }
        query = tuple((key, value) for key, value in decided.items() if value)
        suffix = Path(file).suffix.lstrip(".").lower()
        suffix = suffix if suffix in _SUFFIXES else "txt"
        accepted.append((Request(IMPORT, found.table, query, "", suffix), body, table))
        yield f"{file}: {count(len(found.frame), 'row')} of {found.table}"
        said_of[file] = found.found
    yield from _findings(said_of)
    for request, body, table in accepted:
        store.put(request, body, now, table)


def parse(body: bytes, query: Query) -> pd.DataFrame:
    """Read a kept file again, with everything decided that was found out the first time."""
    return read_vendor_file(body, query["file"], _options(query)).frame


def _refuse_future(found: Imported, file: str, now: pd.Timestamp) -> None:
    """Refuse settlements and closes of days that have not been: a year is misread or mistyped.

    Rates may have them: projections are dated ahead.
    """
    if found.table == "rates":
        return
    days = found.frame.iloc[:, 0]
    # Where the day is furthest on it is tomorrow already.
    ahead = (days > f"{now + pd.Timedelta(days=1):%Y-%m-%d}").to_numpy()
    if ahead.any():
        at = int(ahead.argmax())
        problem = f"{days.name} must not lie in the future, got {days.iloc[at]}"
        raise DataError.at_row(file, int(found.rows[at]), problem)


def _findings(said_of: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Tell what was found once for all files it was found in, with the first one's details."""
    told: dict[str, dict[str, str]] = {}
    for file, lines in said_of.items():
        for line in lines:
            told.setdefault(line.partition(": ")[0], {})[file] = line
    for lines_by_file in told.values():
        file, line = next(iter(lines_by_file.items()))
        others = len(lines_by_file) - 1
        if len(said_of) == 1:
            yield f"  {line}"
        elif len(lines_by_file) == len(said_of) and len(set(lines_by_file.values())) == 1:
            yield f"  all files: {line}"
        else:
            yield f"  {file}{f' and {others} more' if others else ''}: {line}"


def _options(said: Mapping[str, str]) -> ImportOptions:
    roll = None
    if said.get("roll"):
        roll = pd.DataFrame(json.loads(said["roll"]), columns=["first_date", "contract"])
    names = [field.name for field in fields(ImportOptions) if field.name != "roll"]
    return ImportOptions(roll=roll, **{name: said.get(name, "") for name in names})


def _roll_text(data: bytes, source: str) -> str:
    """Read a roll calendar into the one text a query can hold."""
    lines = [line.split(",") for line in data.decode("utf-8-sig", errors="replace").split()]
    if not lines or lines[0] != ["first_date", "contract"]:
        raise DataError.at_row(source, 1, "a roll calendar has the columns first_date,contract")
    for row, cells in enumerate(lines[1:], start=2):
        try:
            first_date, contract = cells
            iso_date(first_date)
            iso_date(f"{contract}-01")
        except ValueError:
            raise DataError.at_row(
                source, row, f"must be YYYY-MM-DD,YYYY-MM, got {','.join(cells)!r}"
            ) from None
    if lines[1:] != sorted(lines[1:]) or len(lines) < 2:
        raise StudyError(f"{source}: a roll calendar has rows, in order of first_date")
    return json.dumps(lines[1:], separators=(",", ":"))


def _bytes(file: str) -> bytes:
    if not file.isprintable():
        raise DataError(f"{file!r}: a file name of printable characters is needed")
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror})") from None
