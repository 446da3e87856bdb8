"""A store of raw downloads: kept by content, listed in a manifest, made into input tables.

The store is a folder of input tables like any other, with two things beside them: ``snapshots/``,
each file named by the SHA-256 of its bytes and never changed, and ``MANIFEST.csv``, to which rows
are only added. The tables are made from these two alone, so they can be made again at any time.

Every write is a new file put in place by one rename, under a lock that other processes wait for: a
reader sees the file as it was or as it is, and a process killed at any moment leaves at worst a
snapshot that no manifest row names, or tables that lag behind the manifest. Both are told apart
from damage; the next build mends the second.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import pandas as pd

from ratemodel.errors import DataError, StudyError
from ratemodel.market.export import as_text
from ratemodel.market.manifest import (
    SNAPSHOTS,
    Snapshot,
    manifest_text,
    query_text,
    read_manifest,
    still_needed,
)
from ratemodel.market.merge import Download, merge_downloads
from ratemodel.market.schema import INPUT_TABLES, validate
from ratemodel.market.sources.base import Request

MANIFEST = "MANIFEST.csv"
TABLES_RECORD = "TABLES.json"
LOCK = ".ratemodel-lock"
WRITING = ".ratemodel-writing"
"""The one file that may be half written: the lock's holder writes it, the next one over it."""
STORE_FILES = (MANIFEST, SNAPSHOTS, TABLES_RECORD, LOCK, WRITING)
"""What a store holds beside its tables."""

Parse = Callable[[bytes, Mapping[str, str]], pd.DataFrame]
Parsers = Mapping[str, Parse]


class _Record(TypedDict):
    """Which manifest the tables are of (empty text: none whole), and the hashes they may have."""

    manifest: str
    tables: dict[str, list[str]]


def lag_note(folder: Path) -> str:
    """Say that the tables of a folder lag behind its manifest; empty text if they do not."""
    store = SnapshotStore(folder, {})
    if store.is_built():
        return ""
    return (
        f"the tables lag behind {MANIFEST}: a download was interrupted, or a table deleted; fetch "
        "again, or let `ratemodel data verify` make them anew"
    )


class SnapshotStore:
    """A folder of downloads.

    Parameters
    ----------
    folder : str or Path
        Made when the first snapshot is put.
    parsers : mapping of str to callable
        By provider: bytes and query to rows of its table.
    """

    def __init__(self, folder: str | Path, parsers: Parsers) -> None:
        self.folder = Path(folder)
        self.parsers = parsers
        self._just_put: dict[tuple[str, str, str], pd.DataFrame] = {}

    def manifest(self) -> list[Snapshot]:
        """Read all rows of the manifest, in the order of the downloads.

        Raises
        ------
        DataError
            If it is no manifest; the text names the row.
        """
        path = self.folder / MANIFEST
        if not path.exists():
            return []
        text = path.read_bytes().decode("utf-8", errors="replace")
        return read_manifest(text, str(path))

    def put(
        self,
        request: Request,
        body: bytes,
        retrieved: pd.Timestamp,
        table: pd.DataFrame | None = None,
    ) -> Snapshot:
        """Keep a reply that its provider's reader and the border accept.

        Parameters
        ----------
        request : Request
        body : bytes
        retrieved : Timestamp
            UTC.
        table : DataFrame, optional
            Its rows, validated, where they have been read already: large files take a second.

        Raises
        ------
        DataError
            If the reply is none or breaks a promise of its input table, or if a table of that name
            is in the folder that the store has not written.
        """
        left_out = ""
        if table is None:
            table, left_out = self._rows(
                request.provider, request.table, body, dict(request.query), str(request)
            )
        dates = table[_time(request.table)]
        snapshot = Snapshot(
            provider=request.provider,
            table=request.table,
            query=query_text(request.query),
            retrieved=f"{retrieved:%Y-%m-%dT%H:%M:%SZ}",
            sha256=hashlib.sha256(body).hexdigest(),
            suffix=request.suffix,
            size=len(body),
            rows=len(table),
            first=f"{dates.min():%Y-%m-%d}",
            last=f"{dates.max():%Y-%m-%d}",
            left_out=left_out,
        )
        with self._locked():
            self._refuse_strangers([request.table])
            target = self.folder / snapshot.path
            if not target.exists():
                self._write(target, body)
            rows = [*self.manifest(), snapshot]
            self._write(self.folder / MANIFEST, manifest_text(rows).encode())
        self._just_put[snapshot.provider, snapshot.query, snapshot.sha256] = table
        return snapshot

    def rows_of(self, snapshot: Snapshot) -> pd.DataFrame:
        """Read one snapshot again: the rows of its table, validated."""
        body = (self.folder / snapshot.path).read_bytes()
        return self._rows(
            snapshot.provider, snapshot.table, body, snapshot.asked, f"{self.folder}: {snapshot}"
        )[0]

    def tables(self) -> tuple[dict[str, pd.DataFrame], list[str]]:
        """Make the input tables from the snapshots.

        Returns
        -------
        tables : dict of str to DataFrame
        notes : list of str
            What was revised or withdrawn between downloads, and what disagreed.
        """
        made: dict[str, pd.DataFrame] = {}
        notes: list[str] = []
        rows = self.manifest()
        for name in INPUT_TABLES:
            mine = [row for row in rows if row.table == name]
            if mine:
                needed, said = still_needed(mine)
                downloads = [
                    Download(row.provider, self._known_rows(row), row.whole, row.settled)
                    for row in needed
                ]
                made[name], more = merge_downloads(downloads, INPUT_TABLES[name])
                notes += [*said, *more]
        return made, notes

    def build(self) -> list[str]:
        """Write the input tables anew, if the manifest has grown since they were written.

        Returns
        -------
        list of str
            Notes of `tables`; empty where nothing was to be done.

        Raises
        ------
        DataError
            If a table is in the way that the store has not written.
        """
        if not (self.folder / MANIFEST).exists():
            return []
        with self._locked():
            if self.is_built():
                return []
            tables, notes = self.tables()
            texts = {name: as_text(table).encode() for name, table in tables.items()}
            self._refuse_strangers(texts)
            known = self._record()["tables"]
            hashes = {name: [hashlib.sha256(text).hexdigest()] for name, text in texts.items()}
            # Recorded before they are written: what a kill leaves half way is the store's own.
            both = {name: [*known.get(name, []), *hashes.get(name, [])] for name in known | hashes}
            self._write_record({"manifest": "", "tables": both})
            for name, text in texts.items():
                self._write(self.folder / f"{name}.csv", text)
            self._write_record({"manifest": self._manifest_hash(), "tables": hashes})
        return notes

    def is_built(self) -> bool:
        """Whether the tables are those of the manifest as it is, and all there."""
        record = self._record()
        there = all((self.folder / f"{name}.csv").exists() for name in record["tables"])
        return there and record["manifest"] == self._manifest_hash()

    def verify(self) -> tuple[list[str], list[str]]:
        """Hash and read everything again.

        Returns
        -------
        damage : list of str
            Snapshots that are gone, changed or no longer read as recorded; tables that are not
            what the store wrote.
        remarks : list of str
            What an interrupted download left, and tables that are gone: the next build mends both.
        """
        damage: list[str] = []
        remarks: list[str] = []
        rows = self.manifest()
        # A reply that came unchanged many times is read once.
        for row in dict.fromkeys(replace(row, retrieved="") for row in rows):
            damage += [f"{row}: {problem}" for problem in self._examine(row)]
        named = {self.folder / row.path for row in rows}
        held = set((self.folder / SNAPSHOTS).glob("*/*.*"))
        strays = sorted(path.name for path in held - named)
        if strays:
            remarks.append(f"{len(strays)} snapshots that no row names: {', '.join(strays[:3])}")
        record = self._record()
        for name, hashes in record["tables"].items():
            path = self.folder / f"{name}.csv"
            if path.exists() and _sha256(path) not in hashes:
                damage.append(f"{path.name} is not what the store wrote")
            elif not path.exists() and record["manifest"]:
                remarks.append(f"{path.name} is gone")
        if not self.is_built():
            remarks.append("the tables lag behind the manifest")
        return damage, remarks

    def _known_rows(self, row: Snapshot) -> pd.DataFrame:
        """Rows of a snapshot: those just put need no second reading."""
        just_put = self._just_put.get((row.provider, row.query, row.sha256))
        return self.rows_of(row) if just_put is None else just_put

    def _examine(self, row: Snapshot) -> Iterator[str]:
        path = self.folder / row.path
        if not path.exists():
            yield f"{row.path} is gone"
            return
        if _sha256(path) != row.sha256:
            yield f"{row.path} was changed"
            return
        try:
            table = self.rows_of(row)
        except DataError as error:
            yield f"cannot be read any more ({error})"
            return
        dates = table[_time(row.table)]
        span = (len(table), f"{dates.min():%Y-%m-%d}", f"{dates.max():%Y-%m-%d}")
        if span != (row.rows, row.first, row.last):
            yield f"gives {span[0]} rows {span[1]}..{span[2]}, not as recorded"

    def _rows(
        self, provider: str, table: str, body: bytes, query: Mapping[str, str], source: str
    ) -> tuple[pd.DataFrame, str]:
        if provider not in self.parsers:
            raise DataError(f"{source}: no reader for the provider {provider}")
        read = self.parsers[provider](body, query)
        frame = validate(read, INPUT_TABLES[table], source)
        if frame.empty:
            raise DataError(f"{source}: no rows")
        dropped = {**read.attrs.get("dropped", {}), "without observation": len(read) - len(frame)}
        return frame, ", ".join(f"{count} {what}" for what, count in dropped.items() if count)

    def _refuse_strangers(self, names: Iterable[str]) -> None:
        """Refuse to write beside a table that the store has not written."""
        known = self._record()["tables"]
        for name in names:
            own = self.folder / f"{name}.csv"
            for path in (own, self.folder / f"{name}.csv.gz", self.folder / f"{name}.parquet"):
                if path.exists() and (path != own or _sha256(path) not in known.get(name, [])):
                    raise DataError(
                        f"{path}: not as the store wrote it: move it away, or import it"
                    )

    def _record(self) -> _Record:
        path = self.folder / TABLES_RECORD
        if not path.exists():
            return {"manifest": "", "tables": {}}
        try:
            record: _Record = json.loads(path.read_text(encoding="utf-8"))
            return {"manifest": str(record["manifest"]), "tables": dict(record["tables"])}
        except (ValueError, TypeError, KeyError):
            raise DataError(
                f"{path}: damaged; delete it, and the next import makes it anew"
            ) from None

    def _write_record(self, record: _Record) -> None:
        self._write(self.folder / TABLES_RECORD, (json.dumps(record, indent=1) + "\n").encode())

    def _write(self, target: Path, data: bytes) -> None:
        """Put a file in place by one rename, after its bytes are on the disk."""
        target.parent.mkdir(parents=True, exist_ok=True)
        part = self.folder / WRITING
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)

    def _manifest_hash(self) -> str:
        path = self.folder / MANIFEST
        return _sha256(path) if path.exists() else ""

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from writing; the lock goes with the process that holds it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            # Not an error of the data: whoever fetches is not to go on to the next series.
            raise StudyError(f"{self.folder}: cannot be written ({error.strerror})") from None


def _time(table: str) -> str:
    """Name the column of a table that says when."""
    kinds = ("date", "datetime")
    return next(column.name for column in INPUT_TABLES[table].columns if column.type in kinds)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
