"""fredapi's own requests and reading, over our transport, on FRED's real reply shapes."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace

import fred_replies
import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_server import Reply, serving

from ratemodel.errors import SourceError, StudyError
from ratemodel.market.schema import INPUT_TABLES, validate
from ratemodel.market.sources import fred, fredgraph
from ratemodel.market.sources.base import Wanted
from ratemodel.market.sources.http import Client, Limit, Limiter
from ratemodel.market.sources.secret import find_key

KEY_TEXT = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
DFF = {"2026-01-29": "3.64", "2026-01-30": ".", "2026-02-02": "3.6400", "2026-02-03": "-0.05"}
WANTED = Wanted(("DFF",), (), dt.date(2026, 1, 1), dt.date(2026, 3, 4))
QUERY = {"series": "DFF", "start": "2026-01-01", "as_of": ""}


def refusal(parse, body: str | bytes) -> str:
    with pytest.raises(SourceError) as caught:
        parse(body.encode() if isinstance(body, str) else body, QUERY)
    return str(caught.value)


def test_a_series_is_asked_for_and_read_through_fredapi():
    key = find_key("FRED_API_KEY", {}, f"FRED_API_KEY={KEY_TEXT}")
    with serving(fred_replies.fred({"DFF": DFF})) as server:
        (request,) = fred.requests(WANTED, f"{server.url}/fred")
        body = Client(Limiter([Limit(100, 1.0)]), secret=key).get(request.url)
        (asked,) = server.asked
    assert asked.path == "/fred/series/observations"
    assert asked.params == {
        "series_id": "DFF",
        "observation_start": "2026-01-01",
        "api_key": KEY_TEXT,
    }
    assert KEY_TEXT not in repr(request)
    table = validate(fred.parse(body, dict(request.query)), INPUT_TABLES["rates"], "DFF")
    assert [f"{date:%m-%d}" for date in table["date"]] == ["01-29", "02-02", "02-03"]
    assert table["value"].tolist() == [3.64, 3.64, -0.05]


def test_an_end_that_is_asked_for_is_in_the_address_and_the_query():
    wanted = replace(WANTED, open_ended=False)
    (request,) = fred.requests(wanted)
    assert request.url.endswith("&observation_end=2026-03-04")
    for source in (fred, fredgraph):
        assert dict(source.requests(wanted)[0].query)["end"] == "2026-03-04"
        assert "end" not in dict(source.requests(WANTED)[0].query)


def test_a_vintage_asks_for_one_real_time_date():
    wanted = Wanted(("GDP",), (), dt.date(2026, 1, 1), dt.date(2026, 3, 4), dt.date(2026, 1, 28))
    (request,) = fred.requests(wanted)
    assert request.url.endswith("&realtime_start=2026-01-28&realtime_end=2026-01-28")
    assert dict(request.query)["as_of"] == "2026-01-28"
    assert fredgraph.requests(wanted) == []


@pytest.mark.parametrize("series", ["", "DFF&api_key=1", "../x", "DFF ", "D" * 65, "é"])
def test_what_is_no_id_is_refused_before_it_is_asked(series):
    for source in (fred, fredgraph):
        with pytest.raises(StudyError, match="is no FRED id"):
            source.requests(Wanted((series,), (), dt.date(2026, 1, 1), dt.date(2026, 3, 4)))


@given(
    st.dictionaries(
        st.dates(dt.date(1950, 1, 1), dt.date(2030, 1, 1)).map(str),
        st.one_of(st.just("."), st.decimals(-50, 50, places=4).map(str)),
        min_size=1,
        max_size=30,
    ).filter(lambda held: set(held.values()) != {"."})
)
def test_xml_json_and_csv_say_the_same(held):
    held = dict(sorted(held.items()))
    replies = [
        fred.parse(fred_replies.xml(held).encode(), QUERY),
        fred.parse(fred_replies.as_json(held).encode(), QUERY),
        *(
            fredgraph.parse(fred_replies.csv("DFF", held, name).encode(), QUERY)
            for name in ("DATE", "observation_date")
        ),
    ]
    tables = [validate(reply, INPUT_TABLES["rates"], "DFF") for reply in replies]
    assert [f"{d:%Y-%m-%d}" for d in tables[0]["date"]] == [d for d, v in held.items() if v != "."]
    assert tables[0]["value"].tolist() == [float(v) for v in held.values() if v != "."]
    for table in tables[1:]:
        assert table.equals(tables[0])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (fred_replies.UNREGISTERED, "api_key is not registered"),
        (fred_replies.NO_SERIES, "The series does not exist"),
        (fred_replies.xml(DFF)[:-30], "cut off"),
        (fred_replies.xml(DFF, count=9000), "4 of 9,000 observations came"),
        (fred_replies.xml({"2027-01-04": "."}), "no observations in the dates"),
        (fred_replies.xml({}), "no observations in the dates"),
        (fred_replies.xml({"2027-01-04": "n/a"}), "cannot be read"),
        (fred_replies.xml({"04/01/2027": "3"}), "cannot be read"),
        (fred_replies.as_json(DFF)[:-9], "cut off"),
        ('{"error_code": 400, "error_message": "Bad Request."}', "Bad Request."),
        ('{"count": 1}', "cut off or is no XML"),
        ("<html><body>Too many</body></html>", "no observations in the reply: <html>"),
        ("", "cut off"),
        (b"\xff\xfe", "cut off"),
        ('<?xml version="1.0" encoding="foo-8"?><observations/>', "cut off"),
        ("[" * 200_000, "cut off"),
        ('{"observations": ' + "[" * 200_000, "cut off"),
        (fred_replies.xml({"2026-01-30": "1_000"}), "cannot be read: '2026-01-30' '1_000'"),
        (fred_replies.xml({"2026-01-30": "٣"}), "cannot be read"),
        (fred_replies.xml({"": "3.6"}), "cannot be read"),
        (fred_replies.xml(DFF).replace(" date=", " day="), "cannot be read"),
    ],
)
def test_what_is_no_full_reply_is_refused(body, told):
    text = refusal(fred.parse, body)
    assert text.startswith("fred DFF: ")
    assert told in text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<html>no</html>", "no table of it, got '<html>no</html>'"),
        ("", "got 'nothing'"),
        ("DATE,DGS2\n2026-01-30,4.1\n", "no table of it"),
        ("DATE,DFF\n2026-01-30,3.64\n2026-02-02,3.", "cut off"),
        ("DATE,DFF\n2026-01-30\n", "line 2 has 1 cells"),
        ("<html>" + "x" * 200_000, "no table of it"),
        ("DATE,DFF\n", "no observations"),
        ("DATE,DFF\n2026-01-30,.\n", "no observations"),
    ],
)
def test_what_is_no_full_graph_is_refused(body, told):
    assert told in refusal(fredgraph.parse, body)


@pytest.mark.parametrize(
    ("dotenv", "found"),
    [
        (f"FRED_API_KEY={KEY_TEXT}", True),
        (f"# mine\nexport FRED_API_KEY = '{KEY_TEXT}' # x\n", True),
        (f'OTHER=1\nFRED_API_KEY="{KEY_TEXT}"', True),
        ("FRED_API_KEY=", False),
        ("", False),
        (f"NOT_FRED_API_KEY={KEY_TEXT}", False),
    ],
)
def test_the_key_is_looked_for_in_dotenv(dotenv, found):
    assert (find_key("FRED_API_KEY", {}, dotenv) is not None) == found


@pytest.mark.parametrize("wrong", [KEY_TEXT[:-1], KEY_TEXT.upper(), f"{KEY_TEXT}x", "a b"])
def test_a_key_of_another_form_is_refused_and_not_repeated(wrong):
    with pytest.raises(StudyError, match="32 lower-case") as caught:
        find_key("FRED_API_KEY", {"FRED_API_KEY": wrong})
    assert wrong not in str(caught.value)


def test_loggers_of_the_transport_hide_the_key(caplog):
    find_key("FRED_API_KEY", {"FRED_API_KEY": KEY_TEXT})
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").debug("GET /x?api_key=%s", KEY_TEXT)
    assert caplog.messages == ["GET /x?api_key=[key]"]


def test_proxies_of_the_environment_do_not_change_the_process(monkeypatch):
    """fredapi's own initialiser would install an opener for everybody."""
    import urllib.request

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    before = urllib.request._opener
    fred.requests(WANTED)
    assert urllib.request._opener is before


def test_the_server_s_words_are_told():
    with serving(lambda _: Reply(fred_replies.UNREGISTERED, 400)) as server:
        (request,) = fred.requests(WANTED, server.url)
        with pytest.raises(SourceError, match=r"400 Bad Request: .*api_key is not registered"):
            Client(Limiter([Limit(100, 1.0)])).get(request.url)
