"""The manifest of a store: one row a download, only ever added to."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from ratemodel.errors import DataError
from ratemodel.market.tables import INPUT_TABLES

SNAPSHOTS = "snapshots"
IMPORT = "import"
"""Provider of files of vendors."""
LAST_RECORDED = "last recorded"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One row of the manifest: what was downloaded, when, and what is in it.

    Attributes
    ----------
    provider, table : str
    query : str
        What was asked, as JSON; never with a key.
    retrieved : str
        Instant of the download, UTC.
    sha256, suffix : str
        Name of the file.
    size, rows : int
        Bytes; rows of the table it gives.
    first, last : str
        First and last date in it.
    left_out : str
        What of the reply is not among the rows, with counts.
    """

    provider: str
    table: str
    query: str
    retrieved: str
    sha256: str
    suffix: str
    size: int
    rows: int
    first: str
    last: str
    left_out: str = ""

    @property
    def whole(self) -> bool:
        """Whether it holds all its provider has of its dates; a file of a vendor's may not."""
        return self.provider != IMPORT

    @property
    def settled(self) -> bool:
        """Whether its futures prices are settlements, not prices last recorded."""
        last = self.asked.get("price") == LAST_RECORDED or self.provider == "yahoo"
        return not (self.table == "futures" and last)

    @property
    def path(self) -> str:
        """Where the bytes are, relative to the store."""
        return f"{SNAPSHOTS}/{self.sha256[:2]}/{self.sha256}.{self.suffix}"

    @property
    def asked(self) -> dict[str, str]:
        """What was asked, by name."""
        return dict(json.loads(self.query))

    def __str__(self) -> str:
        return " ".join([self.provider, *(value for value in self.asked.values() if value)])


_COLUMNS = tuple(field.name for field in fields(Snapshot))
_DAY = r"\d{4}-\d{2}-\d{2}"
_FORMS = {
    name: re.compile(form, re.ASCII)
    for name, form in {
        "table": "|".join(INPUT_TABLES),
        "query": r'\{("[^"\\]*":"([^"\\]|\\.)*"(,(?!\})|(?=\})))*\}',
        "retrieved": _DAY + r"T\d{2}:\d{2}:\d{2}Z",
        "sha256": r"[0-9a-f]{64}",
        "suffix": r"[A-Za-z0-9]{1,10}",
        "size": r"\d{1,15}",
        "rows": r"\d{1,12}",
        "first": _DAY,
        "last": _DAY,
    }.items()
}
"""What the cells of a row look like; a damaged manifest is refused before anything is read."""


def query_text(query: Sequence[tuple[str, str]]) -> str:
    """Spell a query in one way only, so that equal queries are equal texts."""
    return json.dumps(dict(sorted(query)), separators=(",", ":"), ensure_ascii=False)


def still_needed(rows: Sequence[Snapshot]) -> tuple[list[Snapshot], list[str]]:
    """Leave out downloads whose dates a later download of the same query covers.

    Returns
    -------
    needed : list of Snapshot
        In the order of the downloads.
    notes : list of str
        Downloads that held more rows than the one that replaces them.
    """
    newest: dict[tuple[str, str], Snapshot] = {}
    needed: list[Snapshot] = []
    notes: list[str] = []
    for row in reversed(rows):
        key = (row.provider, row.query)
        later = newest.get(key)
        # Two files may bear one name and hold different series.
        if later is None or not row.whole or row.first < later.first or row.last > later.last:
            needed.append(row)
        elif row.rows > later.rows:
            notes.append(
                f"{row}: {row.rows:,} rows on {row.retrieved[:10]}, "
                f"{later.rows:,} on {later.retrieved[:10]}"
            )
        newest.setdefault(key, row)
    return needed[::-1], notes


def read_manifest(text: str, source: str) -> list[Snapshot]:
    """Read the rows of a manifest.

    Raises
    ------
    DataError
        If it is no manifest; the text names the row.
    """
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise DataError(f"{source}: no manifest ({error})") from None
    if not lines or tuple(lines[0]) != _COLUMNS:
        raise DataError.at_row(source, 1, "not the columns of a manifest")
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        texts = dict(zip(_COLUMNS, cells, strict=False))
        if len(cells) != len(_COLUMNS) or not all(
            form.fullmatch(texts[name]) for name, form in _FORMS.items()
        ):
            shown = ",".join(cells)[:60]
            raise DataError.at_row(source, number, f"no row of a manifest: {shown!r}")
        size, held = int(texts.pop("size")), int(texts.pop("rows"))
        rows.append(Snapshot(**texts, size=size, rows=held))
    return rows


def manifest_text(rows: Sequence[Snapshot]) -> str:
    """Write the rows of a manifest as CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([getattr(row, name) for name in _COLUMNS] for row in rows)
    return buffer.getvalue()
