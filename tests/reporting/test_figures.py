"""Figures show the tables' numbers, say when they are a replica's, and come out the same twice."""

from __future__ import annotations

import io
import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from ratemodel.errors import CoverageError
from ratemodel.reporting import figures
from ratemodel.reporting.figures import style
from ratemodel.reporting.tables import csv_text, finish_table
from ratemodel.types.decomposition import PARTS, CrashDecomposition
from ratemodel.types.sentence import DISAGREE

EVENT, SECOND = "fall-2026", "second one: a/b"
DATES = pd.bdate_range("2026-01-05", periods=40)
FIRST, LAST = DATES[18], DATES[19]
EFFECTIVE = pd.to_datetime(["2026-03-19", "2026-04-30", "2026-06-18", "2026-07-30"])
NAMES = {"GC": "Gold (COMEX)", "SOL": "Solana", "UP": "Riser"}
Z90 = 1.6448536269514722
SAME = {"rel": 0.0, "abs": 1e-9}
"""What is drawn went through a few sums and a date axis, no more."""

COMPONENTS = {
    # component: band, then (estimate, low, high) of GC, SOL and UP
    "total": ("exact", (-14.0, -14.0, -14.0), (-12.0, -12.0, -12.0), (3.5, 3.5, 3.5)),
    "drift": ("confidence", (0.4, 0.2, 0.6), (-0.1, -0.9, 0.7), (0.3, 0.1, 0.5)),
    "rate_premium": ("confidence", (-0.2, -0.4, 0.1), (0.3, 0.0, 0.7), (0.7, 0.5, 0.9)),
    "dollar": ("confidence", (-1.2, -1.6, -0.8), (-1.9, -3.1, -0.6), (-0.5, -0.9, -0.1)),
    "leverage_floor": ("sensitivity", (-1.5, -4.0, -0.5), (0.0, 0.0, 0.0), (-0.5, -0.6, -0.4)),
    "leverage_ceiling": ("predictive", (-13.0, -17.0, -9.0), (-10.3, -22.0, 1.3), (3.0, 1.0, 5.0)),
    "leverage": ("sensitivity", (-1.5, -4.0, -0.5), (0.0, 0.0, 0.0), (-0.5, -0.6, -0.4)),
    "residual": ("confidence", (-11.5, -12.5, -8.0), (-10.3, -12.0, -8.6), (3.5, 3.2, 3.8)),
}
FLOOR_NOTES = {"GC": "", "SOL": "no flow of SOL was measured in fall-2026", "UP": DISAGREE}


def component_rows(event: str) -> list[dict[str, object]]:
    return [
        {
            "event": event,
            "asset": asset,
            "component": component,
            "method": "flows",
            "estimate_pp": values[0],
            "low_pp": values[1],
            "high_pp": values[2],
            "level": 0.90,
            "band": band,
            "note": FLOOR_NOTES[asset] if "leverage" in component else "",
            "simple_pct": values[0],
            **dict.fromkeys(["share_pct", "share_low_pct", "share_high_pct"], 0.0),
        }
        for component, (band, *by_asset) in COMPONENTS.items()
        for asset, values in zip(NAMES, by_asset, strict=True)
    ]


def rate_path() -> pd.DataFrame:
    rows = []
    for number, date in enumerate(DATES):
        rows.append((date, pd.NaT, pd.NaT, 3.64, 0.5, np.nan, np.nan, True))
        for place, effective in enumerate(EFFECTIVE):
            known = place != 1
            rate = 3.55 - 0.09 * place + 0.002 * number
            error = (0.6 + place) if known else 21.0
            announced = effective - pd.Timedelta(days=1)
            rows.append((date, announced, effective, rate, error, -9.0, 1.0, known))
    columns = ["trade_date", "meeting", "effective_date", "rate_pct", "rate_se_bp"]
    columns += ["change_bp", "change_se_bp", "rate_identified"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(identified=False, prior_share=0.01, rate_prior_share=0.01)


def shocks() -> pd.DataFrame:
    move = 6.0 * np.sin(np.arange(len(DATES)))
    move[14] = np.nan
    none = np.full(len(DATES), np.nan)
    return pd.DataFrame(
        {
            "trade_date": DATES,
            "target_bp": none,
            "path_bp": move,
            "slope_bp": none,
            "target_se_bp": none,
            "path_se_bp": np.where(np.isnan(move), np.nan, 0.35),
            "slope_se_bp": none,
            "path_identified": ~np.isnan(move),
            "is_fomc": np.arange(len(DATES)) == 17,
            "is_unscheduled": False,
            "path_12m_bp": none,
            "path_12m_se_bp": none,
            "path_12m_source": "",
            "is_cpi": None,
            "is_payrolls": None,
            "source": np.where(np.isnan(move), "", "futures:level 2026-12-31"),
        }
    )


def returns() -> pd.DataFrame:
    moved = {"GC": -0.3, "SOL": 0.4, "UP": 0.1}
    frames = [
        pd.DataFrame({"date": DATES, "asset": asset, "log_return_pp": step, "days": 1})
        for asset, step in moved.items()
    ]
    table = pd.concat(frames)
    return table.assign(start_utc=table["date"], end_utc=table["date"] + pd.Timedelta(days=1))


def loadings(event: str) -> pd.DataFrame:
    rows = [
        (event, asset, shock, 0.05, 0.02, 0.01, 0.09, "", True)
        for asset, shock in itertools.product(["GC", "SOL"], ["path_bp", "dollar"])
    ]
    lost = (
        np.nan,
        np.nan,
        np.nan,
        np.nan,
        "fewer than 30 rows before the event: none can be estimated",
        False,
    )
    rows += [(event, "UP", shock, *lost) for shock in ("path_bp", "dollar")]
    columns = ["event", "asset", "shock", "estimate_pp_per_bp", "std_err", "ci_low", "ci_high"]
    own = pd.DataFrame(rows, columns=[*columns, "reason", "converged"]).assign(method="ols")
    weak = (event, "GC", "path_bp", -0.90, 2.0, -np.inf, np.inf, "no end", True)
    other = pd.DataFrame(
        [(event, "GC", "path_bp", 0.02, 0.01, 0.00, 0.04, "", True), weak],
        columns=[*columns, "reason", "converged"],
    ).assign(method=["robust", "rigobon_sack"])
    return pd.concat([own, other]).assign(
        ci_level=0.90,
        n=300,
        start=DATES[0],
        end=DATES[17],
        cov_type="HAC",
        attenuation=0.98,
        dropped=0,
        largest_day=DATES[3],
        largest_day_weight=0.1,
        break_date=pd.NaT,
        break_statistic=np.nan,
        break_p=np.nan,
        first_stage_f=np.nan,
        start_pp_per_bp=np.nan,
        end_pp_per_bp=np.nan,
        note="",
    )


def loadings_paths(event: str) -> pd.DataFrame:
    dates, horizons = DATES[:6], np.arange(4)
    frames = [
        pd.DataFrame({"asset": "GC", "method": "kalman", "date": dates, "horizon_days": np.nan}),
        pd.DataFrame(
            {"asset": "GC", "method": "rolling", "date": dates[3:], "horizon_days": np.nan}
        ),
        pd.DataFrame(
            {"asset": "SOL", "method": "local_projection", "date": pd.NaT, "horizon_days": horizons}
        ),
    ]
    table = pd.concat(frames, ignore_index=True)
    value = 0.01 * np.arange(len(table))
    return table.assign(
        event=event,
        shock="path_bp",
        estimate_pp_per_bp=value,
        std_err=0.02,
        ci_low=value - 0.03,
        ci_high=value + 0.03,
        ci_level=0.90,
        n=120,
    )


CAUSES = {
    # cause: (alone, with the trades it set off, low, high) of GC and SOL; UP has none
    "rates": ((-0.2, -0.3, -0.6, 0.1), (0.3, 0.3, 0.0, 0.7)),
    "dollar": ((-1.2, -1.3, -1.7, -0.9), (-1.9, -1.9, -3.1, -0.6)),
    "other": ((-11.5, -12.5, -12.4, -11.0), (-10.3, -10.3, -12.0, -8.6)),
    "margin_call": ((0.1, -0.9, -1.9, -0.4), None),
}


def counterfactuals(event: str) -> pd.DataFrame:
    rows = [
        (event, asset, cause, *values)
        for cause, by_asset in CAUSES.items()
        for asset, values in zip(["GC", "SOL"], by_asset, strict=True)
        if values is not None
    ]
    columns = ["event", "asset", "channel", "direct_pp", "with_amplification_pp"]
    table = pd.DataFrame(rows, columns=[*columns, "low_pp", "high_pp"])
    others = ["shapley_pp", "first_in_pp", "last_in_pp", "owen_pp", "with_channels_pp"]
    others += ["shapley_low_pp", "shapley_high_pp", "net_of_usual_gain_pp"]
    return table.assign(**dict.fromkeys(others, 0.0), level=0.90, draws=201, note="")


ERAS, HORIZONS = ("1996-2008", "2016-2023"), (1, 90, 365)
NO_FORECAST = ("1996-2008", 365)


def odds_scores() -> pd.DataFrame:
    rows = [
        (era, days, measure, 0.1 * days, 0.12 * days, 0.02 * days, -0.1, 0.3, 0.9, 60, 12)
        for era in ERAS
        for days in HORIZONS
        for measure in ("rmse_bp", "rps", "log_loss")
        if (era, days) != NO_FORECAST
    ]
    columns = ["era", "horizon_days", "measure", "value", "fedwatch", "gain", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "level", "n", "variants_tried"])


def odds_calibration() -> pd.DataFrame:
    rows = [
        (era, days, engine, low, low + 0.2, low + 0.1, min(1.0, low + 0.03 * place), 5 + place)
        for era in ERAS
        for days in HORIZONS
        for place, engine in enumerate(("fedwatch", "joint"))
        for low in (0.0, 0.2, 0.4, 0.6, 0.8)
        if (era, days) != NO_FORECAST
    ]
    columns = ["era", "horizon_days", "engine", "probability_low", "probability_high"]
    return pd.DataFrame(rows, columns=[*columns, "forecast", "observed", "n"])


def make_tables(
    data_kind: str = "market", events: tuple[str, ...] = (EVENT,), through_csv: bool = False
) -> dict[str, pd.DataFrame]:
    split = pd.DataFrame([row for event in events for row in component_rows(event)])
    frames = {
        "rate_path": rate_path(),
        "shocks": shocks(),
        "returns": returns(),
        "loadings": pd.concat([loadings(event) for event in events]),
        "loadings_paths": pd.concat([loadings_paths(event) for event in events]),
        "decomposition": split,
        "decomposition_daily": pd.concat([split.assign(trade_date=day) for day in (FIRST, LAST)]),
        "counterfactuals": pd.concat([counterfactuals(event) for event in events]),
        "odds_scores": odds_scores(),
        "odds_calibration": odds_calibration(),
    }
    tables = {name: finish_table(name, f, "test", data_kind) for name, f in frames.items()}
    if through_csv:
        return {name: pd.read_csv(io.StringIO(csv_text(name, t))) for name, t in tables.items()}
    return tables


DRAW = {
    "rate_path": lambda tables: figures.rate_path_figure(tables, EVENT),
    "shocks": lambda tables: figures.shocks_figure(tables, EVENT, names=NAMES),
    "loadings": lambda tables: figures.loadings_figure(tables, EVENT, names=NAMES),
    "loadings_methods": lambda tables: figures.methods_figure(tables, EVENT, names=NAMES),
    "loadings_paths": lambda tables: figures.paths_figure(tables, EVENT, names=NAMES),
    "waterfall": lambda tables: figures.waterfall(tables, EVENT, names=NAMES),
    "counterfactuals": lambda tables: figures.counterfactuals(tables, EVENT, names=NAMES),
    "odds_calibration": lambda tables: figures.calibration_figure(tables),
}
OF_AN_EVENT = {name: draw for name, draw in DRAW.items() if name != "odds_calibration"}


@cache
def drawn(name: str, data_kind: str = "market"):
    """One figure for the tests that only read its words."""
    return DRAW[name](make_tables(data_kind))


by_name = pytest.mark.parametrize("name", DRAW)
every_figure = pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW.keys())
every_event_figure = pytest.mark.parametrize("draw", OF_AN_EVENT.values(), ids=OF_AN_EVENT.keys())
from_memory_and_csv = pytest.mark.parametrize("through_csv", [False, True], ids=["frame", "csv"])


def container(axes, label):
    found = [held for held in axes.containers if held.get_label() == label]
    assert len(found) == 1, f"{label} is drawn {len(found)} times"
    return found[0]


def line(axes, start):
    found = [held for held in axes.lines if str(held.get_label()).startswith(start)]
    assert len(found) == 1, f"{start} is drawn {len(found)} times"
    return found[0]


def whiskers(axes, label):
    """Low and high ends, by axis: the segments of an errorbar."""
    held = container(axes, label).lines[2][0].get_segments()
    segments = np.array([segment for segment in held if len(segment)])
    return segments[:, 0], segments[:, 1]


def words(figure):
    return figure.findobj(Text)


def texts(figure):
    return "\n".join(text.get_text() for text in words(figure))


# --- Numbers drawn are the tables' ------------------------------------------------------------


@from_memory_and_csv
def test_waterfall_bars_are_the_components(through_csv):
    tables = make_tables(through_csv=through_csv)
    figure = figures.waterfall(tables, EVENT, names=NAMES)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == list(NAMES.values())
    for axes, asset in zip(shown, NAMES, strict=True):
        split = tables["decomposition"]
        rows = split[split["asset"] == asset].set_index("component")
        start = 0.0
        for component in (*PARTS, "total"):
            (bar,) = container(axes, f"_{component}").patches
            base = 0.0 if component == "total" else start
            want = rows.loc[component]
            assert bar.get_x() == pytest.approx(base, **SAME)
            assert bar.get_width() == pytest.approx(want["estimate_pp"], **SAME)
            if want["high_pp"] > want["low_pp"]:
                low, high = whiskers(axes, f"_{component} band")
                assert low[0, 0] == pytest.approx(base + want["low_pp"], **SAME)
                assert high[0, 0] == pytest.approx(base + want["high_pp"], **SAME)
            else:
                labels = [held.get_label() for held in axes.containers]
                assert f"_{component} band" not in labels
            start = base + bar.get_width()
        (bar,) = container(axes, "_leverage set").patches
        ceiling = rows.loc["leverage_ceiling"]
        assert bar.get_x() == pytest.approx(ceiling["low_pp"], **SAME)
        assert bar.get_x() + bar.get_width() == pytest.approx(ceiling["high_pp"], **SAME)


@from_memory_and_csv
def test_waterfall_prints_its_values_and_what_zero_means(through_csv):
    gold, solana, riser = figures.waterfall(make_tables(through_csv=through_csv)).axes[:3]
    printed = {axes: [text.get_text() for text in axes.texts] for axes in (gold, solana, riser)}
    assert {"−11.50", "[−12.50, −8.00]", "−14.00", "−17.0 to −9.0"} <= set(printed[gold])
    assert "no flow measured" not in printed[gold]
    assert {"no flow measured", "−22.0 to +1.3, includes 0"} <= set(printed[solana])
    assert "[−0.60, −0.40] †" in printed[riser]
    assert f"† {DISAGREE}" in texts(gold.figure).replace("\n", " ")


def test_waterfall_does_not_print_a_zero_for_a_dollar_nobody_measured():
    tables = make_tables()
    split = tables["decomposition"]
    dollar = (split["component"] == "dollar") & (split["asset"] == "SOL")
    split.loc[dollar, ["estimate_pp", "low_pp", "high_pp"]] = 0.0
    split.loc[dollar, "note"] = "DTWEXBGS is left out"
    gold, solana = figures.waterfall(tables, EVENT, names=NAMES).axes[:2]
    assert "not measured" in [text.get_text() for text in solana.texts]
    assert "not measured" not in [text.get_text() for text in gold.texts]


def test_waterfall_takes_a_decomposition_and_a_choice_of_assets():
    tables = make_tables()
    table, daily = (
        tables[name].drop(columns=["study", "data_kind"])
        for name in ("decomposition", "decomposition_daily")
    )
    split = CrashDecomposition(table, daily, *[pd.DataFrame()] * 8, {}, {}, {}, {}, "market")
    (axes,) = figures.waterfall(split, assets=["UP"]).axes
    (bar,) = container(axes, "_total").patches
    assert axes.get_title(loc="left") == "UP"
    assert bar.get_width() == 3.5
    assert "replica" not in texts(axes.figure).lower()
    object.__setattr__(split, "data_kind", "replica")
    assert "REPLICA DATA – not a market" in texts(figures.waterfall(split, assets=["UP"]))


@from_memory_and_csv
def test_causes_are_drawn_from_zero_with_their_intervals(through_csv):
    tables = make_tables(through_csv=through_csv)
    gold, solana = figures.counterfactuals(tables, names=NAMES).axes
    for axes, asset in ((gold, 0), (solana, 1)):
        for cause, by_asset in CAUSES.items():
            if by_asset[asset] is None:
                assert [held for held in axes.lines if held.get_label() == f"_{cause} alone"] == []
                continue
            alone, both, low, high = by_asset[asset]
            (bar,) = container(axes, f"_{cause}").patches
            assert (bar.get_x(), bar.get_width()) == pytest.approx((0.0, both), **SAME)
            assert line(axes, f"_{cause} alone").get_xdata() == pytest.approx([alone], **SAME)
            ends = whiskers(axes, f"_{cause} band")
            assert [end[0, 0] for end in ends] == pytest.approx([low, high], **SAME)
    printed = [text.get_text() for text in gold.texts]
    assert {"−0.20", "−0.30", "[−0.60, +0.10]", "−12.50", "[−12.40, −11.00]"} <= set(printed)
    assert "not modelled" not in printed
    assert [text.get_text() for text in solana.texts].count("not modelled") == 1


def test_causes_say_where_no_forced_trader_is_modelled():
    table = make_tables()
    assert "No forced trader" not in texts(figures.counterfactuals(table))
    alone = texts(figures.counterfactuals(table, assets=["SOL"])).replace("\n", " ")
    assert "No forced trader could be modelled." in alone
    with pytest.raises(CoverageError, match="has no causes of UP"):
        figures.counterfactuals(table, assets=["SOL", "UP"])
    table["counterfactuals"] = table["counterfactuals"].iloc[:0]
    with pytest.raises(CoverageError, match="counterfactuals is empty"):
        figures.counterfactuals(table)


@from_memory_and_csv
def test_path_lines_and_bands_are_the_levels(through_csv):
    tables = make_tables(through_csv=through_csv)
    levels, revisions = figures.rate_path_figure(tables, EVENT).axes
    path = rate_path()
    before, after = (path[path["trade_date"] == day] for day in (DATES[17], LAST))
    for rows, word in ((before, "before"), (after, "after")):
        rate = rows["rate_pct"].to_numpy()
        assert line(levels, f"_all {word}").get_ydata()[:-1] == pytest.approx(rate, **SAME)
        sure = np.where(rows["rate_identified"], rate, np.nan)
        drawn = line(levels, f"{word}: ").get_ydata()[:-1]
        assert drawn == pytest.approx(sure, nan_ok=True, **SAME)
        bands = container(levels, f"_band {word}").patches
        half = Z90 * rows["rate_se_bp"].to_numpy() / 100.0
        assert [b.get_y() for b in bands] == pytest.approx(rate - half, **SAME)
        assert [b.get_y() + b.get_height() for b in bands] == pytest.approx(rate + half, **SAME)
        assert [b.get_alpha() > 0.1 for b in bands] == rows["rate_identified"].tolist()
    bars = container(revisions, "_revision").patches
    moved = 100.0 * (after["rate_pct"].to_numpy() - before["rate_pct"].to_numpy())[1:]
    assert [bar.get_height() for bar in bars] == pytest.approx(moved, **SAME)
    solid = [bar.get_linestyle() != "--" for bar in bars]
    assert solid == after["rate_identified"].tolist()[1:]
    start = EFFECTIVE.to_numpy("datetime64[D]").astype(float)
    assert [bar.get_x() for bar in bars] == pytest.approx(start, **SAME)
    assert "hawkish" in texts(revisions)
    assert "dovish" in texts(revisions)


def test_path_says_dashes_only_where_there_are_some():
    tables = make_tables()
    assert "not identified" in texts(figures.rate_path_figure(tables, EVENT))
    tables["rate_path"] = tables["rate_path"].assign(rate_identified=True)
    assert "not identified" not in texts(figures.rate_path_figure(tables, EVENT))


@from_memory_and_csv
def test_shock_bars_are_the_shocks(through_csv):
    tables = make_tables(through_csv=through_csv)
    top, below = figures.shocks_figure(tables, EVENT, names=NAMES).axes
    rows = shocks().iloc[8:30].reset_index(drop=True)
    known = rows["path_bp"].notna()
    bars = container(top, "_path_bp").patches
    assert [bar.get_height() for bar in bars] == pytest.approx(rows["path_bp"][known], **SAME)
    low, high = whiskers(top, "_band")
    half = Z90 * rows["path_se_bp"][known].to_numpy()
    assert low[:, 1] == pytest.approx(rows["path_bp"][known] - half, **SAME)
    assert high[:, 1] == pytest.approx(rows["path_bp"][known] + half, **SAME)
    colours = [bar.get_facecolor() for bar in bars]
    odd = [place for place, c in enumerate(colours) if colours.count(c) == 1]
    assert [rows.index[known][place] for place in odd] == [9], "the announcement day stands out"
    assert "31 Dec 2026" in texts(top.figure)
    gold = next(held for held in below.lines if len(held.get_xdata()) == len(rows))
    chained = rows.index.to_numpy() - 9.0
    final = {round(held.get_ydata()[-1], 6) for held in below.lines if len(held.get_xdata()) > 2}
    assert gold.get_xdata() == pytest.approx(rows.index.to_numpy(float), **SAME)
    assert final == {round(step * chained[-1], 6) for step in (-0.3, 0.4, 0.1)}


def test_loadings_are_the_tables():
    rates, dollar = figures.loadings_figure(make_tables(), EVENT, names=NAMES).axes
    for axes in (rates, dollar):
        points = container(axes, "_loading").lines[0].get_xdata()
        assert points == pytest.approx([0.05, 0.05, np.nan], nan_ok=True, **SAME)
        low, high = whiskers(axes, "_loading")
        assert low[:, 0] == pytest.approx([0.01, 0.01], **SAME)
        assert high[:, 0] == pytest.approx([0.09, 0.09], **SAME)
        assert "fewer than 30 rows before the\nevent: none can be estimated" in [
            text.get_text() for text in axes.texts
        ]


def test_methods_are_the_table_and_an_interval_without_ends_crosses_the_panel():
    gold, _, bottom = figures.methods_figure(make_tables(), EVENT, names=NAMES).axes[:3]
    assert container(gold, "_loading").lines[0].get_xdata() == pytest.approx([0.05, 0.02], **SAME)
    low, high = whiskers(gold, "_loading")
    assert low[:, 0] == pytest.approx([0.01, 0.00], **SAME)
    assert high[:, 0] == pytest.approx([0.09, 0.04], **SAME)
    endless = [line for line in gold.lines if list(line.get_ydata()) == [2, 2]]
    assert [list(line.get_xdata()) for line in endless] == [list(gold.get_xlim())]
    edge = [line for line in gold.lines if line.get_marker() == "<"]
    assert [line.get_xdata()[0] for line in edge] == [gold.get_xlim()[0]]
    assert "fewer than 30 rows before the\nevent: none can be estimated" in [
        text.get_text() for text in bottom.texts
    ]


def test_paths_are_the_table():
    table = loadings_paths(EVENT)
    (time, after), (empty, days) = np.reshape(
        figures.paths_figure(make_tables(), EVENT, names=NAMES).axes, (2, 2)
    )
    for method, place in (("kalman", 0), ("rolling", 1)):
        drawn_ = [line for line in time.lines if not line.get_label().startswith("_")][place]
        expected = table.loc[table["method"] == method, "estimate_pp_per_bp"]
        assert drawn_.get_ydata() == pytest.approx(expected.to_numpy(), **SAME)
    response = table.loc[table["method"] == "local_projection"]
    line = next(line for line in days.lines if not line.get_label().startswith("_"))
    assert line.get_xdata() == pytest.approx(response["horizon_days"].to_numpy(float), **SAME)
    assert line.get_ydata() == pytest.approx(response["estimate_pp_per_bp"].to_numpy(), **SAME)
    assert "no estimate" in texts(after)
    assert "no estimate" in texts(empty)


# --- On its face ------------------------------------------------------------------------------


@by_name
def test_replica_is_stamped_and_a_market_is_not(name):
    assert texts(drawn(name, "replica")).count("REPLICA DATA – not a market") == 2
    assert "replica" not in texts(drawn(name)).lower()


@pytest.mark.parametrize("name", OF_AN_EVENT)
def test_says_study_bands_and_units(name):
    figure = drawn(name)
    said = texts(figure).replace("\n", " ")
    assert "ratemodel, study test." in said
    assert "90 %" in said
    shown = [axes for axes in figure.axes if axes.get_visible()]
    units = ("percent", "basis point", "log points × 100", "date")
    labels = [axes.get_xlabel() or axes.get_ylabel() for axes in shown]
    named = [label for label in labels if label]
    assert named
    assert all(any(unit in label.lower() for unit in units) for label in named)
    assert any(unit in " ".join(named) for unit in units[:3])


def with_assets(tables: dict[str, pd.DataFrame], count: int) -> dict[str, pd.DataFrame]:
    """Keep one asset, or repeat the three under other names."""
    held = list(NAMES)
    taken = {f"{held[k % 3]}{k}": held[k % 3] for k in range(count)}
    out = dict(tables)
    by_asset = ("returns", "loadings", "loadings_paths", "counterfactuals")
    for name in (*by_asset, "decomposition", "decomposition_daily"):
        table = tables[name]
        copies = [table[table["asset"] == old].assign(asset=new) for new, old in taken.items()]
        out[name] = pd.concat(copies, ignore_index=True)
    return out


def undrawn(figure):
    """Labels of ticks outside the axis, and all of a hidden panel."""
    hidden = [axes.findobj(Text) for axes in figure.axes if not axes.get_visible()]
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        hidden += [(t.label1, t.label2) for t in ticks if not low <= t.get_loc() <= high]
    return set(itertools.chain.from_iterable(hidden))


@pytest.mark.parametrize(("assets", "data_kind"), [(1, "market"), (8, "replica")])
@every_figure
def test_nothing_is_clipped_or_printed_over(draw, assets, data_kind):
    figure = draw(with_assets(make_tables(data_kind), assets))
    with style.house_style():
        style.lay_out(figure)
    renderer = figure.canvas.get_renderer()
    frame = figure.bbox
    boxes, hidden = {}, undrawn(figure)
    for text in words(figure):
        box = text.get_window_extent(renderer)
        if not text.get_text().strip() or text.get_gid() == "replica-watermark":
            continue
        if box.width == 0.0 or text in hidden:
            continue
        ends = (box.x0, frame.width - box.x1, box.y0, frame.height - box.y1)
        assert min(ends) >= 0.0, f"{text.get_text()!r} is cut off"
        boxes[text] = box
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert min(across, down) < 2.0, f"{one.get_text()!r} over {other.get_text()!r}"


# --- Files ------------------------------------------------------------------------------------


def test_one_event_gives_plain_names_and_the_same_bytes_twice(monkeypatch):
    monkeypatch.setattr(style, "PNG_DPI", 60)
    tables = with_assets(make_tables("replica"), 1)
    files = [figures.draw_all(tables, NAMES) for _ in range(2)]
    stems = ("rate_path", "shocks", "loadings", "loadings_methods", "loadings_paths", "waterfall")
    stems += ("counterfactuals", "odds_calibration")
    assert list(files[0]) == [f"figures/{stem}.{end}" for stem in stems for end in ("png", "svg")]
    assert files[0] == files[1]
    assert all(data.startswith(b"\x89PNG") for name, data in files[0].items() if "png" in name)
    vectors = [data for name, data in files[0].items() if name.endswith("svg")]
    assert not any(b"<dc:date>" in data for data in vectors)


def test_of_several_events_each_has_its_waterfall(monkeypatch):
    monkeypatch.setattr("ratemodel.reporting.figures.draw.png_and_svg", lambda f: (b"", b""))
    names = list(figures.draw_all(make_tables(events=(EVENT, SECOND, "second one a:b")), NAMES))
    assert [name for name in names if name.endswith(".png")] == [
        "figures/rate_path-fall-2026.png",
        "figures/shocks-fall-2026.png",
        "figures/loadings-fall-2026.png",
        "figures/loadings_methods-fall-2026.png",
        "figures/loadings_paths-fall-2026.png",
        "figures/waterfall-fall-2026.png",
        "figures/counterfactuals-fall-2026.png",
        "figures/waterfall-second_one_a_b.png",
        "figures/counterfactuals-second_one_a_b.png",
        "figures/waterfall-second_one_a_b_2.png",
        "figures/counterfactuals-second_one_a_b_2.png",
        "figures/odds_calibration.png",
    ]


@every_figure
def test_leaves_pyplot_and_the_users_settings_alone(draw):
    import matplotlib as mpl
    from matplotlib import pyplot

    with mpl.rc_context({"font.size": 31.0, "axes.titlesize": 40.0, "svg.hashsalt": "mine"}):
        settings = dict(mpl.rcParams)
        figure = draw(make_tables())
        assert dict(mpl.rcParams) == settings
    assert pyplot.get_fignums() == []
    assert {text.get_fontsize() for text in words(figure)}.isdisjoint({31.0, 40.0})


# --- What cannot be drawn says why ------------------------------------------------------------


@every_event_figure
def test_refuses_an_event_that_was_not_split(draw):
    tables = {
        name: table.assign(event="other") if "event" in table else table
        for name, table in make_tables().items()
    }
    with pytest.raises(CoverageError, match="no row of fall-2026; it holds other"):
        draw(tables)


def test_calibration_draws_both_engines_where_there_are_forecasts():
    figure = figures.calibration_figure(make_tables())
    panels = figure.get_axes()
    assert len(panels) == len(ERAS) * len(HORIZONS)
    table = odds_calibration()
    for axes, (era, days) in zip(panels, [(e, d) for e in ERAS for d in HORIZONS], strict=True):
        drawn = {c.get_label(): c.get_offsets().tolist() for c in axes.collections}
        here = table.loc[(table["era"] == era) & (table["horizon_days"] == days)]
        expected = {
            f"_{'ours' if engine == 'joint' else engine}": part[["forecast", "observed"]]
            .to_numpy()
            .tolist()
            for engine, part in here.groupby("engine")
        }
        assert drawn == expected
        assert ("no forecast" in texts(axes)) == ((era, days) == NO_FORECAST)
    scored = [axes.get_title(loc="left") for axes in panels]
    assert scored[0] == "0.100 | 0.120  (60)"


def test_calibration_says_study_score_and_axes():
    said = texts(figures.calibration_figure(make_tables())).replace("\n", " ")
    for words_ in ("study test", "ranked probability score", "probability said", "share come true"):
        assert words_ in said


def test_calibration_without_forecasts_is_refused():
    tables = make_tables()
    tables["odds_calibration"] = tables["odds_calibration"].iloc[:0]
    with pytest.raises(CoverageError, match="no odds"):
        figures.calibration_figure(tables)


def test_refuses_what_the_tables_do_not_reach():
    tables = make_tables()
    with pytest.raises(CoverageError, match="has no split of XX"):
        figures.waterfall(tables, assets=["GC", "XX"])
    late = tables["rate_path"].query("trade_date >= @FIRST")
    with pytest.raises(CoverageError, match="no rate path both before and in"):
        figures.rate_path_figure({**tables, "rate_path": late}, EVENT)
    early = tables["shocks"].query("trade_date < @FIRST")
    with pytest.raises(CoverageError, match="no shock falls into"):
        figures.shocks_figure({**tables, "shocks": early}, EVENT)


def test_draws_without_returns_and_without_any_identified_level():
    tables = make_tables()
    tables["returns"] = tables["returns"].query("asset == 'none'")
    assert len(figures.shocks_figure(tables, EVENT).axes) == 1
    tables["rate_path"] = tables["rate_path"].assign(identified=False)
    assert len(figures.rate_path_figure(tables, EVENT).axes) == 2
    tables["shocks"] = tables["shocks"].assign(path_bp=np.nan, path_se_bp=np.nan)
    assert "no revision known" in texts(figures.shocks_figure(tables, EVENT))
