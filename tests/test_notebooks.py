"""Every notebook runs on a small replica run, shows its figure, and reads tables only."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import jupytext
import nbclient
import pytest

import ratemodel as rm
from ratemodel.config import Bands, Study

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.py"))
MAY_IMPORT = {"os", "pathlib", "pandas", "ratemodel"}
SECONDS_A_CELL = 300


def small_study() -> Study:
    """Two assets, one of them without a measured flow, and few draws."""
    study = Study(bands=Bands(draws=100))
    return replace(study, assets=tuple(a for a in study.assets if a.symbol in {"GC", "SOL"}))


def run_notebook(path: Path) -> list[Any]:
    """Run a notebook in a fresh kernel and return its outputs."""
    notebook = jupytext.read(path)
    place = {"metadata": {"path": str(path.parent)}}
    nbclient.NotebookClient(notebook, timeout=SECONDS_A_CELL, resources=place).execute()
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_there_are_notebooks():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_imports_nothing_that_computes(path: Path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    imported = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported <= MAY_IMPORT


@pytest.mark.slow
@pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")
def test_all_notebooks_run_on_one_small_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # One test, so that the run is made once whatever the number of pytest's workers.
    rm.run(small_study()).write(tmp_path / "out")
    monkeypatch.setenv("RATEMODEL_OUT", str(tmp_path / "out"))
    for path in NOTEBOOKS:
        outputs = run_notebook(path)
        said = [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]
        assert not said, f"{path.name} warns: {said}"
        pictures = [o for o in outputs if "image/png" in o.get("data", {})]
        assert pictures, f"{path.name} shows no figure"
