"""Tables of changes: whose time it is, what is missing, what is refused and how."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from announcement_worlds import factor_changes, predictors_of

import ratemodel as rm
from ratemodel.shocks.registry import EXPANDING, SERIES

ROUNDING = 1e-12


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return factor_changes()


@pytest.fixture(scope="module")
def everything(table):
    return rm.policy_surprises(
        table.assign(FF1=table["MP1"], FF2=0.0, FF3=0.0), predictors=predictors_of(table)
    )


def test_all_is_fifteen_series(everything):
    assert everything.names == list(SERIES)
    assert len(everything.names) == 15
    assert not everything.omitted
    frame = everything.to_frame()
    assert list(frame.columns[:6]) == ["announced", "series", "value", "unit", "sample", "scaling"]
    assert set(frame["series"]) == set(SERIES)
    assert not frame.duplicated(["announced", "series"]).any()


@pytest.mark.parametrize("column", ["announced", "date_time", "start"])
@pytest.mark.parametrize("form", ["naive", "text", "utc", "text with zone", "index", "utc index"])
def test_time_is_read_alike_wherever_it_stands(table, column, form):
    expected = rm.policy_surprises(table, ["target", "bs_mps"])
    naive = table.index.tz_localize(None)
    cells = {
        "naive": naive,
        "text": naive.strftime("%Y-%m-%d %H:%M"),
        "utc": table.index.tz_convert("UTC"),
        "text with zone": table.index.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
    if form.endswith("index"):
        given = table.set_axis(naive if form == "index" else table.index.tz_convert("UTC"))
    else:
        given = table.reset_index(drop=True).assign(**{column: cells[form]})
    found = rm.policy_surprises(given, ["target", "bs_mps"])
    pd.testing.assert_frame_equal(found.values, expected.values, check_freq=False)
    assert str(found.times.tz) == "America/New_York"


def test_the_first_time_column_rules(table):
    given = table.reset_index(drop=True).assign(
        start="1800-01-01", date_time=table.index, announced=table.index + pd.Timedelta(hours=1)
    )
    assert (rm.policy_surprises(given, "target").times == table.index + pd.Timedelta(hours=1)).all()


def test_dates_with_times_beside_them_as_in_the_calendar():
    given = pd.DataFrame(
        {
            "announced": ["2026-01-28", "2026-01-28"],
            "time_et": ["14:00", "09:30"],
            "FF1": [0.1, 0.2],
            "FF2": [0.3, 0.4],
        }
    )
    found = rm.policy_surprises(given, ["mp1"])
    assert found.times.strftime("%H:%M").tolist() == ["09:30", "14:00"]
    assert found.series("mp1").tolist() == [0.4, 0.3]


def test_order_of_rows_and_columns_does_not_matter(table):
    expected = rm.policy_surprises(table, list(SERIES)[2:11], predictors=predictors_of(table))
    rng = np.random.default_rng(5)
    mixed = table.iloc[rng.permutation(len(table))][list(rng.permutation(table.columns))]
    found = rm.policy_surprises(
        mixed, list(SERIES)[2:11], predictors=predictors_of(table).sample(frac=1, random_state=1)
    )
    pd.testing.assert_frame_equal(
        found.values, expected.values, check_freq=False, rtol=0, atol=ROUNDING
    )


def test_a_missing_change_leaves_its_announcement_out_and_is_counted(table):
    gap = table.copy()
    gap.iloc[7, gap.columns.get_loc("ED3")] = np.nan
    found = rm.policy_surprises(gap, ["target", "path", "swanson_fg"])
    assert np.isnan(found.values["target"].iloc[7])
    assert len(found.series("target")) == len(table) - 1
    assert "target, path: announcements without a value, lacking an input: 1" in found.notes
    rest = rm.policy_surprises(table.drop(index=table.index[7]), ["target", "path", "swanson_fg"])
    pd.testing.assert_frame_equal(found.values.dropna(), rest.values, check_freq=False)


NEEDS = {
    "mp1": "FF1",
    "mp2": "FF3",
    "target": "MP2",
    "path": "ED4",
    "news": "UST1Y",
    "jk_pc1": "FF4",
    "mp_poor_man": "SP500",
    "cbi_poor_man": "SP500",
    "mp_median": "SP500",
    "cbi_median": "ED2",
    "bs_mps": "ED1",
    "bs_mps_orth": "predictors",
    "swanson_ffr": "UST2Y",
    "swanson_fg": "UST5Y",
    "swanson_lsap": "UST10Y",
}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_series_without_its_inputs_is_named_and_never_zero(table, name, how):
    full = table.assign(FF1=0.01, FF2=0.02, FF3=0.03)
    lacking = NEEDS[name]
    predictors = None if lacking == "predictors" else predictors_of(table)
    if lacking != "predictors":
        full = full.drop(columns=lacking) if how == "absent" else full.assign(**{lacking: np.nan})
        if lacking == "MP2":
            full = full.drop(columns="FF3")
    with pytest.raises(rm.RateModelError, match=lacking):
        rm.policy_surprises(full, [name], predictors=predictors)
    found = rm.policy_surprises(full, "all", predictors=predictors)
    assert name not in found.names
    assert lacking in found.omitted[name]
    assert name not in set(found.to_frame()["series"])
    assert name in found.summary()
    with pytest.raises(rm.RateModelError, match=lacking):
        found.series(name)
    reasons = found.on("1995-01-11").set_index("series")["reason"]
    assert lacking in reasons[name]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"FF1": ["0.1", "zehn"]}, "row 3: FF1 must be a number, got 'zehn'"),
        ({"FF1": ["0.1", "inf"]}, "row 3: FF1 must be a finite number"),
        ({"FF1": [0.1, np.inf]}, "row 3: FF1 must be a finite number"),
        ({"date_time": ["2026-01-28", ""]}, "row 3: date_time is empty"),
        ({"date_time": ["2026-01-28", "28/01/2026"]}, "row 3: date_time must be a date"),
        ({"date_time": ["2026-01-28", 5]}, "row 3: date_time must be a date"),
        ({"date_time": ["2026-02-30", "2026-01-28"]}, "row 2: date_time must be a date"),
        (
            {"date_time": ["2026-01-28 14:00"] * 2},
            "row 3: date_time 2026-01-28 14:00 repeats row 2",
        ),
        (
            {"date_time": ["2026-01-28 14:00", "2026-01-28 19:00Z"]},
            "row 3: date_time 2026-01-28 14:00 repeats row 2",
        ),
    ],
)
def test_a_bad_cell_is_named_with_its_row(changes, said):
    table = pd.DataFrame(
        {"date_time": ["2026-01-28", "2026-03-18"], "FF1": ["0.1", "0.2"], "FF2": ["", "0.2"]}
    )
    with pytest.raises(rm.RateModelError, match=said.replace("(", r"\(")):
        rm.policy_surprises(table.assign(**changes), ["mp1"])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda t: rm.policy_surprises(t.reset_index(drop=True)), "no time of the announcements"),
        (lambda t: rm.policy_surprises(t.iloc[:0]), "no rows"),
        (lambda t: rm.policy_surprises(t, ["mp3"]), "swanson_lsap"),
        (lambda t: rm.policy_surprises(t, [f"mp1{EXPANDING}"]), "no series 'mp1_expanding'"),
        (lambda t: rm.policy_surprises(t, []), "at least one"),
        (lambda t: rm.policy_surprises(t, cancelled="drop"), "skip, keep"),
        (lambda t: rm.policy_surprises(t, path_scale="one"), "ed4, equal"),
        (lambda t: rm.policy_surprises(t, rotation_quantile=1.5), "from 0 to 1"),
        (lambda t: rm.policy_surprises(t, fomc=pd.DataFrame({"announced": []})), "kind"),
        (lambda t: rm.policy_surprises(t, scale_to="DGS1"), "no number in 'DGS1'"),
        (lambda t: rm.policy_surprises(t.iloc[:5], ["target"]), "7 are needed"),
        (lambda t: rm.policy_surprises(t.assign(ED3=0.1), ["target"]), "ED3 never moves"),
        (lambda t: rm.policy_surprises(t[["SP500"]], "all"), "cannot be built"),
    ],
)
def test_what_cannot_be_done_is_said(table, call, said):
    with pytest.raises(rm.RateModelError, match=said):
        call(table)


def test_a_year_of_yields_may_be_a_column_a_series_or_a_frame(table):
    expected = rm.policy_surprises(table, ["news"]).values
    bare = table.drop(columns="UST1Y")
    dated = table["UST1Y"].set_axis(table.index.tz_localize(None).normalize())
    daily = pd.concat([dated, pd.Series(9.0, index=dated.index + pd.Timedelta(days=1))])
    for scale_to in (table["UST1Y"], table["UST1Y"].to_frame(), dated, daily):
        found = rm.policy_surprises(bare, ["news"], scale_to=scale_to).values
        pd.testing.assert_frame_equal(found, expected, check_freq=False)
    renamed = table.rename(columns={"UST1Y": "GSW1"})
    pd.testing.assert_frame_equal(
        rm.policy_surprises(renamed, ["news"], scale_to="GSW1").values, expected, check_freq=False
    )
    with pytest.raises(rm.RateModelError, match="one column of changes"):
        rm.policy_surprises(bare, ["news"], scale_to=table[["ED1", "ED2"]])
    late = table["UST1Y"].set_axis(table.index + pd.Timedelta(days=3))
    with pytest.raises(rm.RateModelError, match="no row is of an announcement"):
        rm.policy_surprises(bare, ["news"], scale_to=late)


def test_predictors_without_a_time_need_the_index_of_the_changes(table):
    numbered = table.reset_index(names="date_time")
    predictors = predictors_of(table)
    expected = rm.policy_surprises(table, ["bs_mps_orth"], predictors=predictors)
    found = rm.policy_surprises(
        numbered.sample(frac=1, random_state=3),
        ["bs_mps_orth"],
        predictors=predictors.reset_index(drop=True),
    )
    pd.testing.assert_frame_equal(found.values, expected.values, check_freq=False)
    with pytest.raises(rm.RateModelError, match="no time of the announcements"):
        rm.policy_surprises(
            numbered, ["bs_mps_orth"], predictors=predictors.reset_index(drop=True).iloc[1:]
        )


def test_a_result_cannot_be_changed_through_what_it_hands_out(everything):
    frame = everything.to_frame()
    handed, series = everything.to_frame(), everything.series("mp1")
    handed["value"] = 0.0
    series.iloc[:] = 0.0
    pd.testing.assert_frame_equal(everything.to_frame(), frame)


def test_values_go_on_as_shocks_with_their_clock(everything):
    shocks = rm.shock_series(everything.values[["target", "path"]], unit="pp")
    assert shocks.is_point
    assert shocks.of("path").iloc[0] == pytest.approx(100.0 * everything.series("path").iloc[0])


def test_what_one_series_lacks_does_not_take_another_along(table):
    """Predictors in a line leave bs_mps, a return that is the component leaves jk_pc1."""
    component = rm.policy_surprises(table, ["jk_pc1"]).series("jk_pc1")
    predictors = predictors_of(table).assign(one=1.0)
    found = rm.policy_surprises(table.assign(SP500=-2.0 * component), predictors=predictors)
    assert "collinear" in found.omitted["bs_mps_orth"]
    assert "multiple of the component" in found.omitted["mp_median"]
    assert {"bs_mps", "jk_pc1", "target"} <= set(found.names)
    pd.testing.assert_series_equal(found.series("jk_pc1"), component, check_freq=False)


def test_scaling_is_told_as_it_was_done(table):
    names = ["path", "news", "mp_median", "news_expanding"]
    plain = rm.policy_surprises(table, names).about
    other = rm.policy_surprises(
        table, names, scale_to="UST2Y", path_scale="equal", rotation_quantile=0.25
    ).about
    assert plain["path"].scaling.startswith("one-for-one with ED4")
    assert other["path"].scaling.startswith("moves ED4 as much as target does")
    assert plain["news"].scaling == "one-for-one with the one-year yield"
    assert other["news"].scaling == other["news_expanding"].scaling == "one-for-one with UST2Y"
    assert other["mp_median"].scaling.endswith("quantile 0.25 of the admissible angles")
