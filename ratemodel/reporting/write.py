"""Write a run into its folder: all of it or nothing, and never into another study's."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ratemodel.errors import StudyError
from ratemodel.reporting.tables import KNOWN_TABLES, OUTPUT_TABLES, csv_text

RUN_FILE = "run.json"
PACKAGE_FILE = "tables/datapackage.json"
INPUTS_FILE = "inputs.d"
OUTPUTS_FILE = "outputs.txt"
HEADLINE_FILE = "headline.txt"
REPORT_FILE = "report.html"


def check_owner(
    folder: Path, study: str, data_kind: str | None = None, *, force: bool = False
) -> None:
    """Refuse to write into a folder that holds another study, or something else.

    Raises
    ------
    StudyError
        Unless the folder is absent, empty, or holds this study on this kind of data (if given);
        `force` overrides.
    """
    if folder.exists() and not folder.is_dir():
        raise StudyError(f"{folder} is a file, not a folder for tables")
    if force or not folder.exists() or not any(folder.iterdir()):
        return
    package = folder / PACKAGE_FILE
    if not package.exists():
        raise StudyError(
            f"{folder} holds files but no run of ratemodel; --force writes all the same"
        )
    try:
        described = json.loads(package.read_text(encoding="utf-8"))
        owner, kind = described["study"], described["data_kind"]
    except (ValueError, TypeError, KeyError):
        raise StudyError(f"{package} cannot be read; --force writes all the same") from None
    if data_kind is not None and kind != data_kind:
        raise StudyError(f"{folder} holds {kind} data, not {data_kind} data; --force overrides")
    if owner != study:
        raise StudyError(
            f"{folder} belongs to the study {owner!r}, not {study!r}; --force overrides"
        )


def data_package(names: list[str], study: str, data_kind: str) -> dict[str, Any]:
    """Describe tables as a Data Package: every column's type, unit and meaning."""
    return {
        "name": f"ratemodel-{''.join(c if c.isalnum() else '-' for c in study.lower())}",
        "study": study,
        "data_kind": data_kind,
        "resources": [
            {
                "name": name,
                "path": f"{name}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "description": KNOWN_TABLES[name].description,
                "schema": KNOWN_TABLES[name].schema(),
            }
            for name in names
        ],
    }


def write_tables(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    files: Mapping[str, bytes],
    *,
    study: str,
    data_kind: str,
) -> list[str]:
    """Write tables and other files into a folder, moved there when all are made.

    Where tables of a run are written, the record of a complete run goes first: until `complete_run`
    writes it anew, the folder does not count as one. Tables of other stages already in the folder
    stay, and stay described. What is about to be written is listed before it is, so that
    `make clean` finds all of it.

    Parameters
    ----------
    folder : Path
    tables : mapping of str to DataFrame
        Finished tables by name.
    files : mapping of str to bytes
        Other files by path relative to the folder.
    study, data_kind : str

    Returns
    -------
    list of str
        Paths written, relative to the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = {path.stem for path in (folder / "tables").glob("*.csv")} & set(KNOWN_TABLES)
    names = [name for name in KNOWN_TABLES if name in held or name in tables]
    package = json.dumps(data_package(names, study, data_kind), indent=2, ensure_ascii=False)
    contents = {f"tables/{name}.csv": csv_text(name, table) for name, table in tables.items()}
    contents[PACKAGE_FILE] = package + "\n"
    for abandoned in folder.glob(".writing-*"):
        shutil.rmtree(abandoned)
    staged = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        for name, text in contents.items():
            _put(staged / name, text.encode())
        for name, data in files.items():
            _put(staged / name, data)
        written = [*contents, *files]
        if not OUTPUT_TABLES.keys().isdisjoint(tables):
            (folder / RUN_FILE).unlink(missing_ok=True)
        _list_outputs(folder, list(dict.fromkeys([*_listed(folder), *written])))
        for name in written:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staged / name, target)
    finally:
        shutil.rmtree(staged)
    return written


def _listed(folder: Path) -> list[str]:
    """List what earlier commands left in a folder, by their own account."""
    listing = folder / OUTPUTS_FILE
    return listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []


def _list_outputs(folder: Path, names: list[str]) -> None:
    (folder / OUTPUTS_FILE).write_text("\n".join(names) + "\n", encoding="utf-8")


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def complete_run(
    folder: Path, written: list[str], inputs: list[Path], record: Mapping[str, Any], out: str
) -> None:
    """Mark a run complete: what it read and wrote, for make, and its record, last.

    Parameters
    ----------
    folder : Path
    written : list of str
        Outputs, relative to the folder; outputs of an earlier run that are not among them go.
    inputs : list of Path
        Files and folders read.
    record : mapping
        Goes into run.json.
    out : str
        The folder as the user named it: how make knows the target.
    """
    for stale in set(_listed(folder)) - set(written):
        (folder / stale).unlink(missing_ok=True)
    escaped = [_escape(str(path)) for path in inputs]
    rules = [f"{_escape(out)}/{RUN_FILE}: {' '.join(escaped)}", *(f"{name}:" for name in escaped)]
    _list_outputs(folder, written)
    (folder / INPUTS_FILE).write_text("\n".join(rules) + "\n", encoding="utf-8")
    text = json.dumps(record, indent=2, ensure_ascii=False, sort_keys=True)
    staged = folder / f".{RUN_FILE}"
    staged.write_text(text + "\n", encoding="utf-8")
    os.replace(staged, folder / RUN_FILE)


def input_files(study: Path | None, folder: Path | None) -> list[Path]:
    """List what a run read: the study, the folder of tables (one may be added) and its files."""
    held = [] if folder is None else [folder, *_files(folder)]
    return held if study is None else [study, *held]


def file_hashes(study: Path | None, folder: Path | None) -> dict[str, str]:
    """Hash the files a run read (SHA-256, by file name)."""
    files = [path for path in input_files(study, folder) if path.is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


def _escape(name: str) -> str:
    """Write a file name as make reads one."""
    return name.replace("$", "$$").replace("#", "\\#").replace(" ", "\\ ")
