"""Load a folder of input tables, or the replica, as one validated `Market`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ratemodel.calendars import BUILT_IN_CLOCKS
from ratemodel.config import REPLICA, REPLICA_MARK
from ratemodel.errors import DataError
from ratemodel.market.facts import builtin_table
from ratemodel.market.parse import RawTable, Suffix, parse_table
from ratemodel.market.rules import Rule, known_event
from ratemodel.market.schema import BUILT_IN, INPUT_TABLES, empty_table, validate
from ratemodel.market.snapshots import STORE_FILES, lag_note
from ratemodel.types.clock import Clock
from ratemodel.types.market import DataKind, Market

BUILT_IN_SOURCE = "built-in"

_SUFFIXES: tuple[Suffix, ...] = (".csv", ".csv.gz", ".parquet")

_SWITCHED_OFF = {
    "futures": "rate paths and shocks from futures are switched off",
    "rates": "whatever needs yields or a dollar index of FRED is switched off",
    "leverage": "funding, open interest and positioning are switched off",
    "prices_1h": "hourly timing is switched off",
    "odds": "timing by prediction markets is switched off",
    "releases": "flags of CPI and payroll days are switched off",
}
"""What a run goes without where a table is missing or empty."""


def load_market(
    source: str | Path = REPLICA,
    *,
    clocks: Mapping[str, Clock] | None = None,
    seed: int | None = None,
) -> Market:
    """Load everything a study reads, and refuse what the input format refuses.

    Only `prices`, and `futures` or `rates`, are needed. A table of the folder replaces the
    built-in one of its name whole: two calendars mixed row by row would be nobody's.

    Parameters
    ----------
    source : str or Path, default "replica"
        A folder of tables, each one `.csv`, `.csv.gz` or `.parquet`; or the text ``replica`` for
        the generated data set (write ``./replica`` for a folder of that name).
    clocks : mapping of str to Clock, optional
        Strike clocks of the study; they override the built-in ones.
    seed : int, optional
        Of the replica, in place of its own. A folder has none.

    Returns
    -------
    Market
        Its `notes` say what was ignored, left out or switched off.

    Raises
    ------
    DataError
        If a table is missing, unreadable or breaks a promise of the input format; the text names
        the file, the row and the value.
    """
    if source == REPLICA:
        from ratemodel.market.replica import build_replica

        market = build_replica() if seed is None else build_replica(seed=seed)
        return replace(market, clocks={**market.clocks, **(clocks or {})})
    loader = _Loader(Path(source))
    tables = {name: loader.table(name) for name in INPUT_TABLES if name != "forced_flows"}
    events = known_event(tables["events"]["event"].tolist())
    tables["forced_flows"] = loader.table("forced_flows", extra_rules=[events])
    if tables["prices"].empty or (tables["futures"].empty and tables["rates"].empty):
        raise DataError(f"{source}: prices, and futures or rates, must have rows below the header")
    return Market(
        **tables,
        clocks={**BUILT_IN_CLOCKS, **(clocks or {})},
        data_kind=loader.data_kind,
        sources={name: loader.sources[name] for name in INPUT_TABLES if name in loader.sources},
        notes=tuple(loader.notes),
        dates_from="yields" if tables["futures"].empty else "futures",
    )


def read_tables(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Read the tables that a folder holds, each checked by itself.

    Returns
    -------
    dict of str to DataFrame
        By name, in the order of the input format; the built-in ones are not among them.

    Raises
    ------
    DataError
        If the folder or a table is none.
    """
    found, _ = _find(Path(folder))
    return {name: _read(name, *found[name], ())[0] for name in INPUT_TABLES if name in found}


def read_outside(path: str | Path) -> RawTable:
    """Read a table that is none of the input format's: its cells, and the row of each.

    Raises
    ------
    DataError
        If the file is no table that can be read.
    """
    return parse_table(_read_bytes(Path(path)), _suffix_of(Path(path)), str(path))


def read_one(name: str, path: str | Path) -> pd.DataFrame:
    """Read one table of the input format from a file of any name.

    Raises
    ------
    DataError
        If the file cannot be read or the table breaks a promise of the format.
    """
    return _read(name, Path(path), _suffix_of(Path(path)), ())[0]


def _suffix_of(path: Path) -> Suffix:
    for suffix in _SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise DataError(f"{path}: not a table: its name ends in none of {', '.join(_SUFFIXES)}")


class _Loader:
    """One folder: its table files, where each table came from, and what there is to say."""

    def __init__(self, folder: Path) -> None:
        self.sources: dict[str, str] = {}
        self.notes: list[str] = []
        self.data_kind: DataKind = "market"
        self._files, others = _find(folder)
        if REPLICA_MARK in others:
            self.data_kind = "replica"
            self.notes.append(f"{REPLICA_MARK}: the folder holds the replica, no market data")
        lag = lag_note(folder)
        if lag:
            self.notes.append(lag)
        unknown = [name for name in others if name not in (REPLICA_MARK, *STORE_FILES)]
        if unknown:
            self.notes.append(f"ignored, not input tables: {', '.join(unknown)}")
        if "prices" not in self._files:
            raise DataError(f"{folder}: no prices table ({_spellings('prices')})")
        if not {"futures", "rates"} & self._files.keys():
            raise DataError(
                f"{folder}: neither a futures nor a rates table "
                f"({_spellings('futures')}; {_spellings('rates')})"
            )

    def table(self, name: str, *, extra_rules: Sequence[Rule] = ()) -> pd.DataFrame:
        """Read one table: the folder's, else the built-in one, else an empty one."""
        spec = INPUT_TABLES[name]
        if name in self._files:
            path, suffix = self._files[name]
            frame, raw = _read(name, path, suffix, extra_rules)
            self.sources[name] = path.name
            self._describe(name, raw, frame)
            return frame
        if name in BUILT_IN:
            self.sources[name] = BUILT_IN_SOURCE
            return builtin_table(name)
        self.notes.append(f"{name}: not in the folder: {_SWITCHED_OFF[name]}")
        return empty_table(spec)

    def _describe(self, name: str, raw: RawTable, frame: pd.DataFrame) -> None:
        file = self.sources[name]
        extra = [str(c) or "(unnamed)" for c in raw.frame if c not in INPUT_TABLES[name].names]
        if extra:
            self.notes.append(f"{file}: columns not read: {', '.join(extra)}")
        left_out = len(raw.frame) - len(frame)
        if left_out:
            rows = "row" if left_out == 1 else "rows"
            self.notes.append(f"{file}: {left_out:,} {rows} without an observation left out")
        if frame.empty:
            self.notes.append(f"{file}: no rows: {_SWITCHED_OFF.get(name, 'nothing is read')}")


def _find(folder: Path) -> tuple[dict[str, tuple[Path, Suffix]], list[str]]:
    """Match files to tables, and list the others; two files for one table are one too many."""
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        raise DataError(f"{folder}: no such folder") from None
    except NotADirectoryError:
        raise DataError(f"{folder}: not a folder of tables") from None
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from None
    files: dict[str, tuple[Path, Suffix]] = {}
    others = []
    for path in entries:
        name, dot, rest = path.name.partition(".")
        suffix = next((known for known in _SUFFIXES if dot + rest == known), None)
        if name not in INPUT_TABLES or suffix is None or path.is_dir():
            others.append(path.name)
        elif name in files:
            raise DataError(
                f"{folder}: two files for the table {name}, "
                f"{files[name][0].name} and {path.name}: keep one"
            )
        else:
            files[name] = (path, suffix)
    if not entries:
        raise DataError(f"{folder}: the folder is empty")
    return files, others


def _read(
    name: str, path: Path, suffix: Suffix, extra_rules: Sequence[Rule]
) -> tuple[pd.DataFrame, RawTable]:
    raw = parse_table(_read_bytes(path), suffix, str(path))
    frame = validate(
        raw.frame, INPUT_TABLES[name], str(path), rows=raw.rows, extra_rules=extra_rules
    )
    return frame, raw


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


def _spellings(name: str) -> str:
    return ", ".join(f"{name}{suffix}" for suffix in _SUFFIXES)
