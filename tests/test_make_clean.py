"""`make clean` deletes what runs wrote, by name, and can delete nothing else. Decoys only."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder with the Makefile and a decoy study, nothing of the real project."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(PROJECT / "Makefile", folder)
    (folder / "study.toml").write_text("")
    return folder


def fill(folder: Path, listed: list[str]) -> None:
    for name in [*listed, "tables/datapackage.json", "run.json", "inputs.d"]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (folder / "inputs.d").write_text(f"{folder}/run.json:\n")
    (folder / "outputs.txt").write_text("\n".join([*listed, "tables/datapackage.json"]) + "\n")


def clean(project: Path, out: Path) -> subprocess.CompletedProcess[str]:
    assert project.parent in out.parents, "decoys only"
    command = ["make", "-s", "clean", f"OUT={out}"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_a_run_is_deleted_whole(project, tmp_path):
    out = tmp_path / "out"
    fill(out, ["tables/checks.csv", "figures/waterfall.png", "headline.txt", "report.html"])
    assert clean(project, out).returncode == 0
    assert not out.exists()


def test_a_file_of_somebody_else_stays(project, tmp_path):
    out = tmp_path / "out"
    fill(out, ["tables/checks.csv", "headline.txt"])
    (out / "thesis.tex").write_text("years of work")
    (out / "tables" / "mine.csv").write_text("1")
    clean(project, out)
    left = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert left == ["tables/mine.csv", "thesis.tex"]


def test_what_a_stage_wrote_is_deleted_too(project, tmp_path):
    out = tmp_path / "out"
    fill(out, ["tables/shocks.csv"])
    for name in ("run.json", "inputs.d"):
        (out / name).unlink()
    assert clean(project, out).returncode == 0
    assert not out.exists()


@pytest.mark.parametrize("name", ["somebody", "deep/er"])
def test_a_folder_no_run_wrote_is_left_alone(project, tmp_path, name):
    out = tmp_path / name
    out.mkdir(parents=True)
    (out / "mine").write_text("x")
    done = clean(project, out)
    assert done.returncode != 0
    assert "left alone" in done.stderr
    assert (out / "mine").exists()


def test_a_list_that_points_elsewhere_is_not_followed(project, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other.csv"
    other.write_text("x")
    fill(out, ["tables/checks.csv"])
    with (out / "outputs.txt").open("a") as listing:
        listing.write(f"../other.csv\ntables/../../other.csv\n{other}\n")
    clean(project, out)
    assert other.exists()


def test_nothing_there_is_nothing_to_do(project, tmp_path):
    assert clean(project, tmp_path / "absent").returncode == 0
