"""Commitments of Traders: strings in, three measures a week out, and what is no report."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_server import Reply, serving

from ratemodel.errors import SourceError
from ratemodel.market.schema import INPUT_TABLES, validate
from ratemodel.market.sources import cftc
from ratemodel.market.sources.base import Wanted
from ratemodel.market.sources.http import Client, Limit, Limiter

QUERY = {"asset": "GC", "code": "088691", "measure": "cot", "start": "2026-01-01", "as_of": ""}
WANTED = Wanted((), ("GC", "ETH", "BTC"), dt.date(2026, 1, 1), dt.date(2026, 3, 4))


def report(date: str = "2026-01-27", **changes: object) -> dict[str, object]:
    """A report as the site's JSON has it; a field changed to None is left out, as there."""
    fields = {
        "report_date_as_yyyy_mm_dd": f"{date}T00:00:00.000",
        "cftc_contract_market_code": "088691",
        "futonly_or_combined": "FutOnly",
        "noncomm_positions_long_all": "200",
        "noncomm_positions_short_all": "50",
        "comm_positions_long_all": "30",
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


def body(*reports: object) -> bytes:
    return json.dumps(reports).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        cftc.parse(data, QUERY)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("cftc GC (088691): ")
    return str(caught.value)


def test_asks_for_one_contract_by_its_code():
    gold, bitcoin = cftc.requests(WANTED)
    assert gold.table == "leverage"
    assert dict(gold.query) == QUERY
    assert dict(bitcoin.query)["code"] == "133741"
    assert cftc.requests(Wanted(("DFF",), ("ETH",), WANTED.start, WANTED.end)) == []


def test_a_vintage_has_only_what_was_published():
    # Of Tuesday 3 March and asked as of Thursday the 5th: it came out on Friday.
    as_of = Wanted((), ("GC",), WANTED.start, dt.date(2026, 3, 5), dt.date(2026, 3, 5))
    (request,) = cftc.requests(as_of)
    assert "2026-03-02T23" in request.url.replace("%3A", ":")
    assert dict(request.query)["as_of"] == "2026-03-05"


def test_gives_the_project_s_measures_units_and_source():
    frame = cftc.parse(body(report()), QUERY)
    assert frame.to_numpy().tolist() == [
        ["2026-01-27", "GC", measure, value, unit, "cftc legacy"]
        for measure, value, unit in [
            ("cot_noncommercial_long", "200", "contracts, Tuesday report date"),
            ("cot_noncommercial_short", "50", "contracts, Tuesday report date"),
            ("cot_open_interest_reportable_long", "230", "contracts, spreading excluded"),
        ]
    ]
    validate(frame, INPUT_TABLES["leverage"], "x")


def test_does_not_shift_the_date_and_takes_one_that_is_no_tuesday():
    # In a holiday week the report is of Monday.
    frame = cftc.parse(body(report("2026-01-26")), QUERY)
    assert set(frame["date"]) == {"2026-01-26"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no JSON"),
        (b"<html><body>Forbidden</body></html>", "no JSON"),
        (b'{"error":true,"message":"Query coordinator error: no such column"}', "no such column"),
        (b'{"code":"429"}', "not said which"),
        (b'{"message":"Too\\nmany"}', "Too many"),
        (b"[]", "no reports from 2026-01-01 on"),
        (b"7", "no list of reports"),
        (b'["x"]', "no list of reports"),
        (body(report(cftc_contract_market_code="084691")), "'084691', not '088691'"),
        (body(report(futonly_or_combined="Combined")), "'Combined', not 'FutOnly'"),
        (body(report(report_date_as_yyyy_mm_dd=None)), "date 'None'"),
        (body(report("2026-13-01")), "date '2026-13-01'"),
        (body(report("2025-12-30")), "2025-12-30, before 2026-01-01"),
        (body(report(), report()), "2026-01-27 came twice"),
        (body(report(comm_positions_long_all=None)), "comm_positions_long_all 'nothing'"),
        (body(report(noncomm_positions_long_all="-1")), "'-1', no count"),
        (body(report(noncomm_positions_short_all="1,200")), "'1,200', no count"),
    ],
)
def test_names_what_is_no_reply(data, said):
    assert said in refusal(data)


def test_a_full_page_may_have_been_cut():
    day = dt.date(2026, 1, 6)
    weeks = [(day + dt.timedelta(days=7 * n)).isoformat() for n in range(5000)]
    assert "may have more" in refusal(body(*map(report, weeks)))


def test_a_reply_cut_off_anywhere_is_refused():
    data = body(report(), report("2026-02-03"))
    for length in range(0, len(data), 9):
        refusal(data[:length])


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_give_anything_but_a_sentence(data):
    refusal(data)


weeks = st.dictionaries(
    st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)), st.tuples(*[st.integers(0, 10**6)] * 3)
)


@given(weeks.filter(bool))
def test_every_week_comes_out_once_with_longs_that_add_up(positions):
    names = ("noncomm_positions_long_all", "noncomm_positions_short_all", "comm_positions_long_all")
    reports = [
        report(date.isoformat(), **{n: str(c) for n, c in zip(names, counts, strict=True)})
        for date, counts in positions.items()
    ]
    table = validate(cftc.parse(body(*reports), QUERY), INPUT_TABLES["leverage"], "x")
    wide = table.pivot(index="date", columns="measure", values="value")
    assert [when.date() for when in wide.index] == sorted(positions)
    longs = [positions[when.date()][0] + positions[when.date()][2] for when in wide.index]
    assert wide["cot_open_interest_reportable_long"].tolist() == longs


def test_round_trip():
    with serving(lambda asked: Reply(body(report(), report("2026-02-03")))) as server:
        request = cftc.requests(WANTED, server.url)[0]
        data = Client(Limiter([Limit(10, 1.0)])).get(request.url)
        (asked,) = server.asked
    assert asked.path == "/resource/6dca-aqww.json"
    assert asked.params["$where"] == (
        "cftc_contract_market_code='088691' AND report_date_as_yyyy_mm_dd "
        "between '2026-01-01T00:00:00.000' and '2026-03-04T23:59:59.000'"
    )
    assert asked.params["$limit"] == "5000"
    table = validate(cftc.parse(data, dict(request.query)), INPUT_TABLES["leverage"], "x")
    assert len(table) == 6
