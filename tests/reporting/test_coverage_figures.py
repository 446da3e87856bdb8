"""Figures of coverage show the tables' numbers, where they lie, and say when there is nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ratemodel.errors import CoverageError
from ratemodel.reporting import figures
from ratemodel.reporting.figures import style
from ratemodel.reporting.tables import csv_text, finish_table
from ratemodel.types.placebo import PLACEBO_COLUMNS
from ratemodel.types.validation import VALIDATION_COLUMNS

DESIGNS, PARTS = ("no crash", "mixed"), ("rate_premium", "dollar", "leverage_ceiling")
DRAWN = {"rtol": 0.0, "atol": 1e-12}


def validation() -> pd.DataFrame:
    shares = iter((0.90, 0.88, 0.91, 0.80, 0.92, 0.93))
    rows = [
        (design, part, 500, 0.0, 0.0, 1.0, next(shares), 0.013, 0.86, 0.94, 3.3, 3.0, 1.1, 1.15)
        for design in DESIGNS
        for part in PARTS
    ]
    frame = pd.DataFrame([(*row, 0.90, row[6] > 0.86) for row in rows], columns=VALIDATION_COLUMNS)
    return finish_table("validation", frame, "validation", "replica")


def placebo() -> pd.DataFrame:
    count = 40
    starts = pd.bdate_range("2019-01-01", periods=2 * count)[::2]
    frame = pd.DataFrame({"window_start": starts, "window_end": starts + pd.Timedelta(days=1)})
    frame = frame.assign(
        asset="GC",
        **dict.fromkeys(("residual_pp", "iid_low_pp", "iid_high_pp"), 0.0),
        **{"low_pp": -1.0, "high_pp": 1.0, "sigma_pre_pp": np.arange(count) + 1.0},
        covered=np.arange(count) % 10 != 0,
        iid_covered=np.arange(count) < 30,
        state=[f"quintile {1 + k // 8}" for k in range(count)],
        era=["2016-2023" if k < 20 else "2024-" for k in range(count)],
        **{"dollar": True, "level": 0.90, "reason": ""},
    )
    frame.loc[39, ["reason", "state"]] = ["touches fright", ""]
    return finish_table("placebo", frame[list(PLACEBO_COLUMNS)], "mine", "market")


def points(axes, colour: str) -> list[tuple[float, float]]:
    lines = [line for line in axes.get_lines() if line.get_marker() == "o"]
    return [
        (float(x), float(y))
        for line in lines
        if line.get_color() == colour
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def test_validation_shows_each_share_on_its_line_and_marks_what_fails():
    table = validation()
    figure = figures.validation_figure({"validation": table})
    assert figure.get_axes()[0].get_yticks().tolist() == [0, 1]
    for column, part in enumerate(PARTS):
        axes = figure.get_axes()[column]
        shown = points(axes, style.BLUE) + points(axes, style.VERMILION)
        own = table.loc[table["component"] == part, "coverage"]
        np.testing.assert_allclose(
            sorted(shown, key=lambda p: p[1]), list(zip(own, (0, 1), strict=True)), **DRAWN
        )
    assert points(figure.get_axes()[0], style.VERMILION) == [(0.80, 1.0)]
    assert "REPLICA" in " ".join(text.get_text() for text in figure.texts)


def test_placebo_shows_shares_of_windows_that_count():
    figure = figures.placebo_figure({"placebo": placebo()}, names={"GC": "Gold"})
    left, right = figure.get_axes()
    assert left.get_title(loc="left") == "Gold"
    # 39 count; of them 0, 10, 20 and 30 are not covered.
    assert points(left, style.BLUE)[0][1] == pytest.approx(35 / 39, rel=1e-12, abs=0.0)
    assert points(left, style.ORANGE)[0][1] == pytest.approx(30 / 39, rel=1e-12, abs=0.0)
    assert len(points(left, style.BLUE)) == 3, "overall and two eras"
    fifths = [share for _, share in points(right, style.BLUE)]
    np.testing.assert_allclose(fifths, [7 / 8, 7 / 8, 7 / 8, 7 / 8, 1.0], **DRAWN)


@pytest.mark.parametrize(
    ("draw", "name", "table"),
    [
        (figures.validation_figure, "validation", validation),
        (figures.placebo_figure, "placebo", placebo),
    ],
)
def test_a_figure_is_the_same_twice_and_from_its_file(draw, name, table, tmp_path):
    path = tmp_path / f"{name}.csv"
    path.write_text(csv_text(name, table()))
    fresh = style.png_and_svg(draw({name: table()}))
    assert fresh == style.png_and_svg(draw({name: table()}))
    read = style.png_and_svg(draw({name: pd.read_csv(path)}))
    assert read[0] == fresh[0]


def test_nothing_to_draw_is_said():
    with pytest.raises(CoverageError, match="nothing to draw"):
        figures.validation_figure({"validation": validation().iloc[:0]})
    with pytest.raises(CoverageError, match="nothing to draw"):
        figures.placebo_figure({"placebo": placebo().assign(reason="touches fright")})
