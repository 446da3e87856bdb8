"""The page says what the tables say, to scale, and needs nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import ratemodel as rm
from ratemodel.config import AssetSpec, Bands
from ratemodel.reporting.report import report
from ratemodel.reporting.tables import KNOWN_TABLES

NAMES = {"GC": "Gold", "SI": "Silver", "SOL": "Solana"}
ROUNDED = {"rel": 0.0, "abs": 0.005 + 1e-9}
"""Two decimals are printed."""
ROUNDED_ONCE = {"rel": 0.0, "abs": 0.05 + 1e-9}
"""One decimal is printed: shares, bounds of leverage, basis points."""
ROUNDED_THRICE = {"rel": 0.0, "abs": 0.0005 + 1e-9}
"""Three decimals are printed: loadings."""
PLACE_PCT = 0.001
"""Places are rounded to 0.0005 % of the axis, of which a distance has two."""
VOID = {"meta", "br", "hr", "img", "input", "link", "col"}
OPTIONAL = (
    "counterfactuals",
    "abnormality",
    "rate_cut_premium",
    "loadings",
    "measured_flows",
    "common_factor",
    "checks",
)
NUMBER = r"[+−]?\d+(?:\.\d+)?"


@dataclass
class Node:
    """An element of the page."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return "".join(parts).replace("\u00a0", " ")

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def all(self, tag: str = "", **attributes: str) -> list[Node]:
        wanted = {name.replace("_", "-").strip("-"): value for name, value in attributes.items()}
        return [
            node
            for node in self.walk()
            if (not tag or node.tag == tag)
            and all(
                value in node.attributes.get(name, "").split(" ") for name, value in wanted.items()
            )
        ]

    def one(self, tag: str = "", **attributes: str) -> Node:
        (found,) = self.all(tag, **attributes)
        return found


class Tree(HTMLParser):
    """Build the tree; a tag that is closed out of turn, or never, fails."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        node = Node(tag, {name: value or "" for name, value in attrs})
        assert len(node.attributes) == len(attrs), f"{tag} has an attribute twice"
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def parsed(page: str) -> Node:
    tree = Tree()
    tree.feed(page)
    tree.close()
    assert tree.open == [tree.root], f"never closed: {[node.tag for node in tree.open[1:]]}"
    return tree.root


def numbers(text: str) -> list[float]:
    """Numbers printed with a sign or inside brackets, minus written as a minus."""
    assert not re.search(r"[ \[]-\d", text), f"a hyphen for a minus: {text}"
    return [float(word.replace("−", "-")) for word in re.findall(NUMBER, text)]


@pytest.fixture(scope="module")
def run() -> rm.pipeline.RunTables:
    """A small run on the replica."""
    assets = tuple(AssetSpec(symbol, name) for symbol, name in NAMES.items())
    return rm.run(rm.Study(name="small", assets=assets, bands=Bands(draws=200)))


@pytest.fixture(scope="module")
def tables(run) -> dict[str, pd.DataFrame]:
    return dict(run)


def page_of(tables: Mapping[str, pd.DataFrame], **how: object) -> str:
    inputs = {"names": NAMES, "notes": {}, "omitted": {}, "record": {"seed": 1}, **how}
    return report(tables, **inputs)


@pytest.fixture(scope="module")
def page(tables) -> Node:
    return parsed(page_of(tables))


def changed(tables: Mapping[str, pd.DataFrame], name: str, rows=None, **values: object):
    """The tables with some cells of one of them changed; `rows` is a query."""
    frame = tables[name].copy()
    chosen = frame.index if rows is None else frame.query(rows).index
    assert len(chosen), f"{name} has no row where {rows}"
    for column, value in values.items():
        if isinstance(value, str):
            frame[column] = frame[column].astype(object)
        frame.loc[chosen, column] = value
    return {**tables, name: frame}


def row_of(tables: Mapping[str, pd.DataFrame], name: str, **keys: str) -> pd.Series:
    frame = tables[name]
    held = np.logical_and.reduce([frame[key] == value for key, value in keys.items()])
    (_, row), *_ = frame.loc[held].iterrows()
    return row


def part(tables: Mapping[str, pd.DataFrame], asset: str, component: str) -> pd.Series:
    return row_of(tables, "decomposition", asset=asset, component=component)


# --- The numbers are the tables' --------------------------------------------------------------


@pytest.mark.parametrize("asset", NAMES)
@pytest.mark.parametrize("component", ["residual", "rate_premium", "dollar", "drift", "leverage"])
def test_strips_print_each_part_with_its_interval(page, tables, asset, component):
    row = part(tables, asset, component)
    strip = page.one("section", data_asset=asset).all("div", data_part=component)[0]
    value = strip.one("span", class_="number").text
    if component == "leverage" and asset == "SOL":
        assert value == "unknown: none measured, none modelled"
        assert not strip.all("rect")
        return
    want = [row["estimate_pp"], row["low_pp"], row["high_pp"]]
    assert numbers(value) == pytest.approx(want, **ROUNDED)
    kind = strip.one("span", class_="kind").text
    assert {"confidence": "90 % confidence interval", "sensitivity": "range over"}[
        row["band"]
    ] in kind


@pytest.mark.parametrize("asset", NAMES)
def test_leverage_is_printed_as_an_interval(page, tables, asset):
    row = part(tables, asset, "leverage_ceiling")
    strip = page.one("section", data_asset=asset).one("div", data_part="leverage_ceiling")
    value = strip.one("span", class_="number").text
    assert numbers(value) == pytest.approx([row["low_pp"], row["high_pp"]], **ROUNDED_ONCE)
    assert ("zero is inside" in value) == (row["low_pp"] <= 0.0 <= row["high_pp"])
    assert "predictive" in strip.text
    assert "if other news was no larger than before" in strip.text
    assert not strip.all("circle"), "the set has no point"


@pytest.mark.parametrize("asset", NAMES)
def test_the_answer_is_the_headlines_sentence(page, run, asset):
    said = page.one("section", data_answer=asset).one("p", class_="full").text
    line = next(line for line in run.headline.splitlines() if line.startswith(f"{NAMES[asset]}, "))
    plain = re.sub(r"(?<=[ \[(])-(?=\d)", "−", line).replace("5e-05", "0.00005")
    assert said == plain


@pytest.mark.parametrize("asset", NAMES)
def test_shares_have_their_intervals_or_are_not_given(page, tables, asset):
    lead = page.one("section", data_answer=asset).one("p", class_="lead").text
    rates = part(tables, asset, "rate_premium")
    if pd.isna(rates["share_pct"]):
        assert "No share" in lead
        assert "%" not in lead
        want = [rates["estimate_pp"], rates["low_pp"], rates["high_pp"]]
        assert numbers(lead) == pytest.approx(want, **ROUNDED)
        return
    want = [
        part(tables, asset, name)[column]
        for name in ("rate_premium", "dollar", "leverage", "residual")
        for column in ("share_pct", "share_low_pct", "share_high_pct")
    ]
    assert lead.startswith("Of this fall rates account for ")
    assert numbers(lead) == pytest.approx(want, **ROUNDED_ONCE)
    assert len(re.findall(r"% \[", lead)) == 4


def test_both_kinds_of_share_are_among_the_cases(tables):
    empty = tables["decomposition"].query("component == 'rate_premium'")["share_pct"].isna()
    assert set(empty) == {True, False}


def test_a_suppressed_share_is_not_printed(tables):
    none = dict.fromkeys(["share_pct", "share_low_pct", "share_high_pct"], np.nan)
    root = parsed(page_of(changed(tables, "decomposition", "asset == 'GC'", **none)))
    assert "%" not in root.one("section", data_answer="GC").one("p", class_="lead").text


def test_causes_are_the_counterfactuals(page, tables):
    rows = [
        [cell.text for cell in line.all("td")]
        for table in page.all("table", class_="causes")
        for line in table.one("tbody").all("tr")
    ]
    want = tables["counterfactuals"]
    assert len(rows) == len(want) > 0
    for cells, (_, row) in zip(rows, want.iterrows(), strict=True):
        direct, amplified, shapley = cells
        assert numbers(direct) == pytest.approx([row["direct_pp"]], **ROUNDED)
        ends = [row["with_amplification_pp"], row["low_pp"], row["high_pp"]]
        assert numbers(amplified) == pytest.approx(ends, **ROUNDED)
        ends = [row["shapley_pp"], row["shapley_low_pp"], row["shapley_high_pp"]]
        assert numbers(shapley) == pytest.approx(ends, **ROUNDED)


def test_premia_are_the_table(page, tables):
    lines = page.one("section", id="premium-1").one("tbody").all("tr")
    for line, asset in zip(lines, NAMES, strict=True):
        assert line.one("th").text == NAMES[asset]
        for cell, when in zip(line.all("td"), ("peak", "before", "after"), strict=True):
            row = row_of(tables, "rate_cut_premium", asset=asset, when=when)
            date, _, rest = cell.text.partition(": ")
            assert pd.Timestamp(date) == row["date"]
            cuts, *ends = numbers(rest)
            assert cuts == pytest.approx(row["cuts_priced_bp"], **ROUNDED_ONCE)
            want = [row["premium_pp"], row["low_pp"], row["high_pp"]]
            assert ends == pytest.approx(want, **ROUNDED)


def test_loadings_are_those_of_the_split(page, tables):
    lines = page.one("section", id="loadings-1").one("tbody").all("tr")
    want = tables["loadings"].query("method == 'ols'")
    assert len(lines) == len(want)
    for line, (_, row) in zip(lines, want.iterrows(), strict=True):
        _, loading, count, _ = (cell.text for cell in line.all("td"))
        ends = [row["estimate_pp_per_bp"], row["ci_low"], row["ci_high"]]
        assert numbers(loading) == pytest.approx(ends, **ROUNDED_THRICE)
        assert count == str(row["n"])


def test_probabilities_are_the_table_and_a_floor_is_a_bound(page, tables):
    lines = page.one("section", id="abnormal-1").one("tbody").all("tr")
    for line, asset in zip(lines, NAMES, strict=True):
        for cell, measure in zip(line.all("td"), ("conformal", "fhs", "evt"), strict=False):
            row = row_of(tables, "abnormality", asset=asset, measure=measure)
            at_most = row["p_value"] <= row["p_floor"]
            if row["p_value"] < 1e-5:
                assert cell.text == "below 0.00001"
                continue
            assert ("at most" in cell.text) == at_most
            # Two significant digits.
            assert float(cell.text.split()[-1]) == pytest.approx(row["p_value"], rel=0.05, abs=0.0)


def test_flows_are_printed_with_grade_and_source(page, tables):
    lines = page.one("section", id="flows-1").all("table")[0].one("tbody").all("tr")
    want = tables["measured_flows"]
    assert len(lines) == len(want) > 0
    for line, (_, row) in zip(lines, want.iterrows(), strict=True):
        dollars, graded = (cell.text for cell in line.all("td")[-2:])
        central, low, high = (1e9 * value for value in numbers(dollars))
        assert [low, central, high] == pytest.approx(
            [row["low_usd"], row["central_usd"], row["high_usd"]], rel=0.005, abs=0.0
        )
        assert graded == f"{row['grade']}: {row['source']}"


def test_tables_behind_have_every_cell(page, tables):
    shown = {table.one("summary").one("code").text: table for table in page.all(class_="behind")}
    assert {"decomposition", "counterfactuals", "loadings", "checks"} <= set(shown)
    for name, table in shown.items():
        spec = [column.name for column in KNOWN_TABLES[name].columns]
        head = [cell.text for cell in table.one("thead").all("th")]
        assert head == [column for column in spec if column not in ("study", "data_kind")]
        assert len(table.one("tbody").all("tr")) == len(tables[name])
    estimates = [
        float(line.all("td")[3].text.replace("−", "-"))
        for line in shown["decomposition"].one("tbody").all("tr")
    ]
    # Four significant digits.
    assert estimates == pytest.approx(
        tables["decomposition"]["estimate_pp"].to_numpy(), rel=0.0005, abs=1e-12
    )


def test_every_file_is_listed_with_what_it_holds(page, tables):
    listed = {
        line.one("th").text: [cell.text for cell in line.all("td")]
        for line in page.one("section", id="tables").all("table")[-1].one("tbody").all("tr")
    }
    assert listed == {
        f"tables/{name}.csv": [f"{len(frame):,}", KNOWN_TABLES[name].description]
        for name, frame in tables.items()
    }


# --- To scale ---------------------------------------------------------------------------------


def pct(node: Node, name: str) -> float:
    return float(node.attributes[name].removesuffix("%"))


@pytest.mark.parametrize("asset", NAMES)
def test_distances_are_to_scale_and_zero_is_where_the_line_is(page, tables, asset):
    drawing = page.one("div", data_drawing=asset)
    labels = drawing.one("div", class_="axis").all("text")
    places = {float(label.text.replace("−", "-")): pct(label, "x") for label in labels}
    (first, at_first), *_, (last, at_last) = sorted(places.items())
    assert last > first
    per_pp = (at_last - at_first) / (last - first)

    def place(value: float) -> float:
        return at_first + per_pp * (value - first)

    # Ticks are rounded places too: what is far from them inherits their error, scaled.
    within = {"rel": 0.0, "abs": PLACE_PCT * max(1.0, 100.0 / (at_last - at_first))}
    for value, at in places.items():
        assert at == pytest.approx(place(value), **within)
    checked = 0
    for strip in drawing.all(class_="row"):
        row = part(tables, asset, strip.attributes["data-part"])
        zero = strip.one("line", class_="zero")
        assert pct(zero, "x1") == pct(zero, "x2") == pytest.approx(place(0.0), **within)
        for band in strip.all("rect"):
            low, high = row["low_pp"], row["high_pp"]
            if row["band"] == "exact":
                low, high = sorted((0.0, row["estimate_pp"]))
            assert pct(band, "x") == pytest.approx(place(low), **within)
            assert pct(band, "x") + pct(band, "width") == pytest.approx(place(high), **within)
            assert 0.0 <= pct(band, "x") <= pct(band, "x") + pct(band, "width") <= 100.0
            checked += 1
        for point in strip.all("circle"):
            assert pct(point, "cx") == pytest.approx(place(row["estimate_pp"]), **within)
    assert checked == (6 if asset == "SOL" else 9), "all but what nobody measured"


def test_the_overview_has_all_assets_on_one_axis(page, tables):
    drawing = page.one("div", data_drawing="overview")
    strips = drawing.all(class_="row")
    assert [strip.attributes["data-part"] for strip in strips] == list(NAMES)
    zero = {pct(strip.one("line", class_="zero"), "x1") for strip in strips}
    assert len(zero) == 1
    wide = {
        strip.attributes["data-part"]: pct(strip.one("rect", class_="set"), "width")
        for strip in strips
    }
    rows = {asset: part(tables, asset, "leverage_ceiling") for asset in NAMES}
    width = {asset: row["high_pp"] - row["low_pp"] for asset, row in rows.items()}
    for one in NAMES:
        for other in NAMES:
            ratio = width[one] / width[other]
            within = PLACE_PCT * (1.0 + ratio)
            assert wide[one] == pytest.approx(ratio * wide[other], rel=0.0, abs=within)


# --- Nothing but itself -----------------------------------------------------------------------


def test_nothing_outside_the_page_is_referred_to(tables):
    text = page_of(tables)
    root = parsed(text)
    held = {node.tag for node in root.walk()}
    assert held.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form"})
    ids = [node.attributes["id"] for node in root.walk() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    for node in root.walk():
        assert "src" not in node.attributes
        assert not any(name.startswith("on") for name in node.attributes)
        target = node.attributes.get("href", "")
        assert not target or (target[0] == "#" and target[1:] in ids), target
    assert set(re.findall(r"url\(([^)]*)\)", text)) == {"#hatch"}
    assert "@import" not in text
    assert "http" not in text


def test_the_same_tables_give_the_same_bytes(tables):
    assert page_of(tables) == page_of({name: frame.copy() for name, frame in tables.items()})


def test_a_replica_is_warned_of_and_a_market_is_not(page, tables):
    warning = page.one("p", class_="warning").text
    assert "generated numbers that imitate a market; nothing below is a finding" in warning
    market = {name: frame.assign(data_kind="market") for name, frame in tables.items()}
    root = parsed(page_of(market))
    assert not root.all("p", class_="warning")
    assert "Market data." in root.text
    assert "Replica" not in root.text


def test_names_are_escaped(tables):
    name = '<b>&"Gold"</b>'
    text = page_of(tables, names={**NAMES, "GC": name}, omitted={("metals-2026", "<i>"): "<i>: &"})
    root = parsed(text)
    assert name not in text
    assert root.one("section", data_answer="GC").one("h4").text.startswith(f"{name}: ")
    assert "<i>: not split (&)." in [node.text for node in root.all("p", class_="omitted")]
    assert not root.all("b", data_part="GC")
    odd = {
        key: frame.assign(asset=frame["asset"].replace("GC", '<&"')) if "asset" in frame else frame
        for key, frame in tables.items()
    }
    root = parsed(page_of(odd, names={}))
    assert root.one("section", data_asset='<&"').one("h4").text == '<&"'


# --- What is missing says so ------------------------------------------------------------------


@pytest.mark.parametrize("empty", [False, True], ids=["absent", "without rows"])
@pytest.mark.parametrize("name", OPTIONAL)
def test_an_optional_table_that_is_missing_is_named(page, tables, name, empty):
    fewer = {key: frame for key, frame in tables.items() if key != name}
    if empty:
        fewer[name] = tables[name].iloc[:0]
    root = parsed(page_of(fewer))
    words = {
        "common_factor": "was not asked in this run",
        "checks": "No diagnostics are in the tables",
    }
    if name in words:
        assert words[name] in root.text
        assert words[name] not in page.text
    else:
        assert len(root.all("p", data_absent=name)) == 1
        assert not page.all("p", data_absent=name)
    assert root.one("section", data_asset="GC").all("rect")


def test_a_dollar_left_out_is_not_a_zero(tables):
    query = "asset == 'GC' and component == 'dollar'"
    zero = {"estimate_pp": 0.0, "low_pp": 0.0, "high_pp": 0.0, "note": "DTWEXBGS is left out"}
    root = parsed(page_of(changed(tables, "decomposition", query, **zero)))
    strip = root.one("section", data_asset="GC").one("div", data_part="dollar")
    assert strip.one("span", class_="number").text == "not measured"
    assert not strip.all("rect")
    assert "DTWEXBGS is left out" in root.one("ul", class_="doubts").text


def test_two_methods_of_leverage_stand_beside_each_other(tables):
    split = tables["decomposition"]
    factor = split.assign(method="factor")
    factor.loc[factor["component"] == "leverage", ["estimate_pp", "low_pp", "high_pp"]] = (
        -3.0,
        -4.0,
        -2.0,
    )
    root = parsed(page_of({**tables, "decomposition": pd.concat([split, factor])}))
    strips = root.one("section", data_asset="GC").all("div", data_part="leverage")
    assert [numbers(s.one("span", class_="number").text) for s in strips][-1] == [-3.0, -4.0, -2.0]
    assert "By the method factor" in strips[-1].text


# --- Words follow from the tables -------------------------------------------------------------


def days_of(tables: Mapping[str, pd.DataFrame], **values: object) -> list[str]:
    shocks = tables["shocks"].copy()
    day = shocks["trade_date"] == pd.Timestamp("2026-01-30")
    assert day.sum() == 1
    shocks.loc[day, list(values)] = list(values.values())
    root = parsed(page_of({**tables, "shocks": shocks}))
    return [line.text for line in root.one("ul", class_="days").all("li")]


@pytest.mark.parametrize(
    ("move", "error", "words"),
    [
        (-4.0, 0.5, "−4.0 bp (standard error 0.5), dovish: lower rates expected"),
        (4.0, 0.5, "+4.0 bp (standard error 0.5), hawkish: higher rates expected"),
        (0.3, 0.5, "hawkish: higher rates expected, by less than its standard error"),
        (0.0, 0.5, "+0.0 bp (standard error 0.5), unchanged"),
        (np.nan, np.nan, "no revision that contracts identify"),
    ],
)
def test_the_sign_of_a_revision_says_dovish_or_hawkish(tables, move, error, words):
    assert days_of(tables, path_bp=move, path_se_bp=error)[0].startswith("30 Jan 2026: ")
    assert days_of(tables, path_bp=move, path_se_bp=error)[0].endswith(words)


def doubts_of(tables: Mapping[str, pd.DataFrame], **how: object) -> str:
    return parsed(page_of(tables, **how)).one("ul", class_="doubts").text


def test_leverage_that_may_be_zero_is_named(tables):
    query = "asset == 'GC' and component == 'leverage_ceiling'"
    held = changed(
        tables, "decomposition", "component == 'leverage_ceiling'", low_pp=-9.0, high_pp=-1.0
    )
    assert "Zero leverage cannot be excluded" not in doubts_of(held)
    words = doubts_of(changed(held, "decomposition", query, high_pp=0.5))
    assert "Zero leverage cannot be excluded for Gold:" in words
    assert "For Silver and Solana it excludes zero only if" in words


def test_where_no_flow_was_measured_is_named(tables):
    words = doubts_of(tables)
    assert "No forced flow was measured for Solana: the floor there is no finding." in words


def test_the_fixed_date_is_said_with_its_reason(tables):
    assert "the rate 12 months ahead. Another horizon" in doubts_of(tables)
    words = doubts_of(tables, notes={"metals-2026": "identified on 55% of dates only"})
    assert "at a fixed date" in words
    assert "identified on 55% of dates only. Another date is another shock." in words


@pytest.mark.parametrize("fatal", [False, True])
def test_a_failed_check_is_named(tables, fatal):
    assert "checks that compare with a threshold passed" in doubts_of(tables)
    name = "volatility_not_converged"
    words = doubts_of(
        changed(
            tables,
            "checks",
            f"check == {name!r}",
            passed=False,
            value=2.0,
            fatal=fatal,
        )
    )
    assert f"{name}: 2, needed == 0" in words
    assert ("(fatal)" in words) == fatal


def test_a_method_that_differs_is_named_with_both_intervals(tables):
    away = {"estimate_pp_per_bp": 7.0, "ci_low": 6.5, "ci_high": 7.5}
    words = doubts_of(
        changed(
            tables,
            "loadings",
            "asset == 'GC' and method == 'robust' and shock == 'path_bp'",
            **away,
        )
    )
    assert "Gold, robust: +7.000 [+6.500, +7.500]; least squares" in words
    wide = changed(tables, "loadings", "method != 'ols'", ci_low=-np.inf, ci_high=np.inf)
    assert "Another estimate of the loading" not in doubts_of(wide)
    assert "the interval of each holds what least squares estimate" in doubts_of(wide)


def test_a_loading_that_changed_is_named(tables):
    still = changed(tables, "loadings", break_p=0.5)
    assert "changed inside the sample" not in doubts_of(still)
    query = "asset == 'SI' and method == 'ols' and shock == 'dollar'"
    words = doubts_of(changed(still, "loadings", query, break_p=0.01))
    assert "Silver on the dollar: around" in words


def test_reasons_of_the_common_factor_are_repeated(tables):
    reasons = list(tables["common_factor"]["reason"])
    assert any(reasons)
    words = doubts_of(tables)
    for reason in filter(None, reasons):
        assert re.sub(r"(?<=[ \[(])-(?=\d)", "−", reason) in words
    used = changed(tables, "common_factor", "asset == 'GC'", used=True, reason="")
    assert "may stand in for flows of Gold" in doubts_of(used)


def test_ranges_are_those_that_count_for_the_event(run, tables):
    flows = run.stages.market.forced_flows
    root = parsed(page_of(tables, forced_flows=flows))
    (table,) = root.one("section", id="flows-1").one("details").all("table")
    lines = [[cell.text for cell in line.all("td")] for line in table.one("tbody").all("tr")]
    counting = flows[flows["event"].isin(["metals-2026", "all"])]
    named = counting["asset"].str.contains(r"\b(?:GC|SI|SOL|all)\b")
    assert len(lines) == named.sum() > 0
    assert "mean margin buffer" in root.one("ul", class_="doubts").text
    assert not parsed(page_of(tables)).one("section", id="flows-1").all("details")


def test_the_record_is_printed(tables):
    root = parsed(
        page_of(tables, record={"seed": 7, "failed_checks": [], "versions": {"numpy": "9.9"}})
    )
    entries = {node.text for node in root.one("dl").all("dd")}
    assert {"7", "none", "numpy: 9.9"} == entries


def test_each_of_several_events_has_its_sections(tables):
    second = {
        name: pd.concat([frame, frame.assign(event="second")]) if "event" in frame else frame
        for name, frame in tables.items()
    }
    root = parsed(page_of(second))
    assert [node.attributes["data-event"] for node in root.all("article")] == [
        "metals-2026",
        "second",
    ]
    assert len(root.all("section", data_asset="GC")) == 2
