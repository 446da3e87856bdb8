"""Databento: what is asked is what its own client asks; what is read are settlements."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path

import databento_replies
import pandas as pd
import pytest
from databento.common.error import BentoClientError
from databento.historical.api.timeseries import TimeseriesHttpAPI
from databento_dbn import StatType
from databento_replies import dbn, settled
from local_server import Asked, Reply, serving

from ratemodel import cli
from ratemodel.errors import SourceError
from ratemodel.market.dialects import read_vendor_file
from ratemodel.market.sources import Wanted, client_of, databento, http
from ratemodel.market.sources.http import Limit, Limiter, Patience
from ratemodel.market.sources.secret import find_key

KEY = "db-0123456789ABCDEFabcdef0123456"
JANUARY = {"symbols": "ZQ.FUT", "month": "2026-01", "end": "2026-02-05"}
PATIENCE = Patience(connect_s=1, read_s=1, attempts=2, first_pause_s=0.001)
MESSAGES = [
    settled("ZQG6", "2026-01-29", "96.3575"),
    settled("ZQV6", "2026-01-30", "96.3700", at="19:05:00"),
    settled("ZQV6", "2026-01-30", "96.3750", at="23:40:00"),
    settled("ZQV6-ZQX6", "2026-01-30", "0.0100"),
    settled("UD:ZQ: GN 0116900", "2026-01-30", "0.0200"),
    settled("ZQV6", "2026-01-30", "96.4000", kind=StatType.OPENING_PRICE),
    settled("ZQV6", "2026-01-30", None, kind=StatType.CLEARED_VOLUME, quantity=1200),
    settled(
        "ZQV6", "2026-01-30", None, kind=StatType.OPEN_INTEREST, quantity=54000, on="2026-02-02"
    ),
    settled("ZQX6", "2026-01-30", "96.3900"),
    settled("ZQX6", "2026-01-30", "96.3900", at="20:00:00", deleted=True),
    settled("ZQV6", "2026-02-02", "96.4200"),
]


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(http, "_LIMITERS", {"databento": Limiter([Limit(1000, 1.0)])})


def request(url: str = databento.BASE_URL):
    wanted = Wanted((), ("ZQ",), dt.date(2026, 1, 1), dt.date(2026, 3, 4))
    return databento.requests(wanted, url)[0]


def get(url: str) -> bytes:
    keys = {"databento": find_key("DATABENTO_API_KEY", {"DATABENTO_API_KEY": KEY})}
    return client_of("databento", keys, PATIENCE).get(request(url).url)


def test_settlements_are_kept_with_volume_and_open_interest_and_nothing_else():
    frame = databento.parse(dbn(MESSAGES), JANUARY)
    assert frame.to_numpy().tolist() == [
        ["2026-01-29", "2026-02", "96.3575", "", ""],
        ["2026-01-30", "2026-10", "96.375", "1200", "54000"],
    ]
    assert frame.attrs["dropped"] == {"settlements of other months": 1}


def test_what_is_asked_is_what_its_own_client_asks():
    with serving(lambda _: Reply(dbn(MESSAGES))) as server:
        ours = get(server.url)
        theirs = TimeseriesHttpAPI(KEY, server.url).get_range(
            dataset="GLBX.MDP3",
            schema="statistics",
            symbols="ZQ.FUT",
            stype_in="parent",
            start=dt.date(2026, 1, 1),
            end=dt.date(2026, 2, 6),
        )
        mine, own = server.asked
    assert (mine.path, mine.params) == (own.path, own.params)
    assert mine.headers["Authorization"] == own.headers["Authorization"]
    assert ours == theirs.raw
    # Its own reading of the records, reduced by hand to the last settlement of October's contract.
    (number,) = {int(m["symbol"]) for m in theirs.mappings["ZQV6"]}
    settlements = [
        (record.ts_recv, record.pretty_price)
        for record in theirs
        if record.instrument_id == number
        and record.stat_type == StatType.SETTLEMENT_PRICE
        and pd.Timestamp(record.ts_ref).date() == dt.date(2026, 1, 30)
    ]
    read = databento.parse(ours, JANUARY).set_index(["contract", "trade_date"])["settle"]
    assert float(read["2026-10", "2026-01-30"]) == max(settlements)[1]


def test_months_cover_what_is_wanted_once_and_end_a_day_before_today():
    wanted = Wanted((), ("ZQ",), dt.date(2009, 1, 1), dt.date(2010, 9, 1))
    asked = [dict(r.query) for r in databento.requests(wanted)]
    assert [query["month"] for query in asked] == ["2010-06", "2010-07", "2010-08"]
    assert "start=2010-06-06" in databento.requests(wanted)[0].url
    assert "end=2010-08-06" in databento.requests(wanted)[1].url
    assert "end=2010-08-31" in databento.requests(wanted)[2].url
    assert databento.requests(Wanted((), ("GC",), wanted.start, wanted.end)) == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Reply(
                databento_replies.refusal("auth_invalid_username_in_basic_auth", "No such key."),
                401,
            ),
            "401 Unauthorized: No such key",
        ),
        (
            Reply(databento_replies.refusal("data_start_after_available_end", "Too late."), 422),
            "422 .*: Too late",
        ),
        (Reply("<html>slow down</html>", 429), "429 Too Many Requests [(]tried 2 times[)]"),
        (Reply(dbn(MESSAGES), cut=100), "broke off"),
        (Reply(f"who is {KEY}?"), "repeats the key"),
        (Reply(base64.b64encode(f"{KEY}:".encode())), "repeats the key"),
    ],
)
def test_a_refusal_is_named_without_the_key(reply, said):
    with serving(lambda _: reply) as server, pytest.raises(SourceError, match=said) as caught:
        get(server.url)
    assert KEY not in str(caught.value)


def test_its_own_client_is_refused_alike():
    body = databento_replies.refusal("auth_invalid_username_in_basic_auth", "No such key.")
    with serving(lambda _: Reply(body, 401)) as server, pytest.raises(BentoClientError):
        TimeseriesHttpAPI(KEY, server.url).get_range("GLBX.MDP3", dt.date(2026, 1, 1))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (dbn(MESSAGES)[:-20], "not a readable zstd file"),
        (dbn(MESSAGES, packed=False)[:-20], "cut off within a record"),
        (b"DBN\x03" + bytes(50), "not a readable DBN file"),
        (b"DBN\x63" + bytes(50), "not a readable DBN file"),
        (dbn([])[:9], "not a readable zstd file"),
        (dbn([]), "no row below the column names"),
        (dbn([settled("ZQV6", "2026-02-02", "96.4")]), "no settlements of the month"),
        (dbn([settled("ZQV6-ZQX6", "2026-01-30", "0.01")]), "no row is of a 30-day fed funds"),
        (b"<html></html>", "none of the first rows"),
        (b"", "the file is empty"),
    ],
)
def test_what_is_no_month_is_named(body, said):
    with pytest.raises(SourceError, match=said):
        databento.parse(body, JANUARY)


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_of_databento_s_is_imported_as_it_is(packed):
    imported = read_vendor_file(
        dbn(MESSAGES, packed=packed), "glbx-mdp3-20260130.statistics.dbn.zst"
    )
    assert (imported.dialect, imported.table) == ("databento", "futures")
    assert imported.frame["settle"].tolist() == ["96.3575", "96.375", "96.42"]
    assert "2 rows of spreads left out" in imported.found


def test_fetch_keeps_months_that_are_over(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(f"DATABENTO_API_KEY={KEY}")
    monkeypatch.delenv("DATABENTO_API_KEY", raising=False)

    def answer(asked: Asked) -> Reply:
        month = asked.params["start"][:7]
        return Reply(dbn([settled("ZQZ6", f"{month}-{day:02d}", "96.5") for day in (5, 6, 7)]))

    words = ["data", "fetch", "--from", "databento", "--series", "none", "--assets", "ZQ"]
    words += ["--start", "2025-11-03", "--end", "2026-02-20"]
    with serving(answer) as server:
        monkeypatch.setenv("RATEMODEL_DATABENTO_URL", server.url)
        for _ in range(2):
            with pytest.raises(SystemExit) as left:
                cli.main(words)
    streams = capsys.readouterr()
    assert left.value.code in (0, None), streams.err
    assert len(server.asked) == 4
    table = pd.read_csv("data/raw/futures.csv")
    assert len(table) == 12
    for file in (path for path in Path("data").rglob("*") if path.is_file()):
        assert KEY.encode() not in file.read_bytes()
    assert KEY not in streams.out + streams.err


def test_without_a_key_nothing_is_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABENTO_API_KEY", raising=False)
    with pytest.raises(SystemExit) as left:
        cli.main(["data", "fetch", "--from", "databento,fredgraph", "--assets", "ZQ"])
    assert left.value.code == 2
    assert "databento needs a key in DATABENTO_API_KEY" in capsys.readouterr().err
