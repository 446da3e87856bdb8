"""`ratemodel data fetch` against servers on this machine: every series ends fetched or named."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import fred_replies
import pandas as pd
import pytest
from fred_replies import UNREGISTERED, Observations
from local_server import Asked, Reply, serving

import ratemodel.market.fetch as fetching
from ratemodel import cli
from ratemodel.market.sources import client_of, http
from ratemodel.market.sources.http import Limit, Limiter, Patience

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
DAYS = [f"{day:%Y-%m-%d}" for day in pd.bdate_range("2025-06-02", "2026-02-27")]


def series(level: float) -> Observations:
    return {day: f"{level + number / 1000:.4f}" for number, day in enumerate(DAYS)}


HELD = {"DFF": series(3.6), "DGS2": series(4.1), "DTWEXBGS": series(120.0)}
ASKED = ",".join(HELD)


@pytest.fixture(autouse=True)
def fast(monkeypatch, tmp_path):
    """An empty working folder, no key of this machine, limits that do not slow tests down."""
    monkeypatch.chdir(tmp_path)
    for name in ("FRED_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    limiters = {name: Limiter([Limit(1000, 1.0)]) for name in ("fred", "fredgraph")}
    monkeypatch.setattr(http, "_LIMITERS", limiters)


def call(capsys, *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        cli.main([str(word) for word in words])
    streams = capsys.readouterr()
    return int(left.value.code or 0), streams.out, streams.err


def fetch(capsys, *words: object) -> tuple[int, str, str]:
    wanted = ("--series", ASKED, "--assets", "none", "--start", "2025-06-01")
    return call(capsys, "data", "fetch", *wanted, *words)


@pytest.fixture
def fred_server(monkeypatch):
    with serving(fred_replies.fred(HELD)) as server:
        monkeypatch.setenv("RATEMODEL_FRED_URL", server.url)
        monkeypatch.setenv("FRED_API_KEY", KEY)
        yield server


def rates(folder: str = "data/raw") -> dict[str, int]:
    return pd.read_csv(Path(folder) / "rates.csv").groupby("series").size().to_dict()


def test_a_fetch_makes_a_store_with_a_line_for_each_series(fred_server, capsys):
    status, out, err = fetch(capsys)
    assert status == 0, err
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["fetched", "fred", name] for name in HELD
    ]
    assert rates() == {name: len(DAYS) for name in sorted(HELD)}
    assert "3 fetched" in err
    assert call(capsys, "data", "verify")[:2] == (0, "data/raw: 3 downloads, all as recorded\n")


def test_what_is_young_enough_is_not_asked_for_again(fred_server, capsys):
    fetch(capsys)
    status, out, _ = fetch(capsys)
    assert (status, len(fred_server.asked)) == (0, 3)
    assert {line.split()[0] for line in out.splitlines()} == {"fresh"}
    assert fetch(capsys, "--max-age", 0)[0] == 0
    assert len(fred_server.asked) == 6


def test_partial_success_is_kept_and_what_failed_is_named(fred_server, capsys):
    status, out, err = fetch(capsys, "--series", "DFF,NOSUCH")
    assert status == 1
    assert "ratemodel: fred NOSUCH 2025-06-01 failed" in err
    assert "The series does not exist" in err
    assert rates() == {"DFF": len(DAYS)}
    assert out.splitlines()[0].startswith("fetched fred DFF")


def test_a_refused_key_is_said_once_and_nothing_more_is_asked(fred_server, capsys):
    fred_server.answer = lambda _: Reply(UNREGISTERED, 400)
    status, _, err = fetch(capsys)
    assert status == 2
    assert "api_key is not registered" in err
    assert len(fred_server.asked) == 1
    assert not Path("data").exists()


def test_without_a_key_graphs_are_read(monkeypatch, capsys):
    def answer(asked: Asked) -> Reply:
        name = asked.params["id"]
        return Reply(fred_replies.csv(name, HELD[name]))

    with serving(answer) as server:
        monkeypatch.setenv("RATEMODEL_FREDGRAPH_URL", f"{server.url}/graph/fredgraph.csv")
        status, out, _ = fetch(capsys)
    assert status == 0
    assert out.splitlines()[0].startswith("fetched fredgraph DFF")
    assert {asked.path for asked in server.asked} == {"/graph/fredgraph.csv"}


def test_the_key_is_read_from_dotenv(fred_server, monkeypatch, capsys):
    monkeypatch.delenv("FRED_API_KEY")
    Path(".env").write_text(f"export FRED_API_KEY='{KEY}'\n")
    assert fetch(capsys)[0] == 0
    assert fred_server.asked[0].params["api_key"] == KEY


def test_a_key_of_another_form_does_not_matter_where_none_is_needed(monkeypatch, capsys):
    monkeypatch.setenv("FRED_API_KEY", "WRONG")
    status, _, err = fetch(capsys, "--from", "fredgraph", "--series", "A B")
    assert (status, "is no FRED id" in err) == (2, True)
    assert "got 5 characters" in fetch(capsys)[2]


def test_latest_data_do_not_mix_with_a_vintage(fred_server, monkeypatch, capsys):
    assert fetch(capsys, "--as-of", "2026-01-28")[0] == 0
    monkeypatch.delenv("FRED_API_KEY")
    status, _, err = fetch(capsys)
    assert status == 2
    assert "the store holds data as of 2026-01-28" in err


def test_tables_that_lag_are_told_and_verify_makes_them_anew(fred_server, capsys):
    fetch(capsys, "--series", "DFF")
    old = Path("data/raw/TABLES.json").read_bytes()
    table = Path("data/raw/rates.csv").read_bytes()
    fetch(capsys, "--series", "DGS2")
    Path("data/raw/TABLES.json").write_bytes(old)
    Path("data/raw/rates.csv").write_bytes(table)
    assert "the tables lag behind" in call(capsys, "data", "status")[2]
    assert "tables made anew" in call(capsys, "data", "verify")[2]
    assert sorted(rates()) == ["DFF", "DGS2"]
    assert call(capsys, "data", "status")[2] == ""


def test_one_store_holds_one_vintage(fred_server, capsys):
    assert fetch(capsys, "--as-of", "2026-01-28", "--store", "then")[0] == 0
    assert fred_server.asked[0].params["realtime_end"] == "2026-01-28"
    status, _, err = fetch(capsys, "--store", "then")
    assert status == 2
    assert "the store holds data as of 2026-01-28, and the latest data is asked for" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--as-of", "2026-01-28"), "which needs FRED_API_KEY"),
        (("--from", "fred"), "fred needs a key"),
        (("--from", "stooq"), "no provider 'stooq'; there are fred,"),
        (("--start", "1 Jan"), "--start must be a date YYYY-MM-DD, got '1 Jan'"),
        (("--end", "2020-01-01"), "nothing lies between"),
        (("--series", "DFF&x=1"), "is no FRED id"),
        (("--assets", "GC,FOO", "--from", "yahoo"), "yahoo: none has DFF, DGS2, DTWEXBGS, FOO"),
        (("--end", "9999-12-31"), "--end must lie in 1900 to 2100"),
        (("--max-age", "nan"), "'nan' is not a valid integer"),
        (("--store", ""), "names no folder"),
        (("--series", "none"), "nothing is asked for"),
        (("--as-of", "2099-01-28"), "--as-of must not lie in the future, got 2099-01-28"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_written(words, told, capsys):
    status, out, err = fetch(capsys, *words)
    assert (status, out) == (2, "")
    assert told in err
    assert not Path("data").exists()


def test_a_folder_that_is_no_store_is_said(capsys):
    status, _, err = call(capsys, "data", "verify", "--store", "nowhere")
    assert status == 2
    assert "nowhere: no store of downloads" in err
    status, _, err = call(capsys, "data", "status", "--store", "nowhere")
    assert (status, err) == (2, "ratemodel: nowhere: no such folder\n")


def test_damage_ends_verify_with_one(fred_server, capsys):
    fetch(capsys)
    snapshot = next(Path("data/raw/snapshots").glob("*/*"))
    snapshot.write_bytes(snapshot.read_bytes() + b" ")
    status, _, err = call(capsys, "data", "verify")
    assert status == 1
    assert f"{snapshot.name} was changed" in err


def test_status_shows_age_and_gaps(fred_server, capsys):
    days = {d: "3.6" for d in DAYS if not "2025-08-01" <= d <= "2025-08-20"}
    fred_server.answer = fred_replies.fred({"DFF": days})
    fetch(capsys, "--series", "DFF")
    _, out, _ = call(capsys, "data", "status", "--today", "2026-03-04")
    head, row = out.splitlines()[:2]
    assert head.split() == [
        *("table", "series", "provider", "rows", "first", "last", "stale_days", "gaps"),
        "longest_gap",
    ]
    assert row.split() == [
        *("rates", "DFF", "fred", str(len(days)), DAYS[0], DAYS[-1], "5", "1"),
        "2025-07-31..2025-08-21",
    ]


def test_a_key_spelt_in_entities_is_hidden_once_it_is_read(fred_server, capsys):
    entities = "".join(f"&#{ord(letter)};" for letter in KEY)
    fred_server.answer = lambda _: Reply(f'<error message="key {entities} is bad"/>')
    status, out, err = fetch(capsys)
    assert status == 2
    assert "key [key] is bad" in out
    assert KEY not in out + err


# --- The key, in 200 faults -------------------------------------------------------------------


def faults(seed: int):
    """Everything a server can do wrong, in random order, sometimes with the key in it."""
    draw = random.Random(seed)

    def answer(asked: Asked) -> Reply:
        key = asked.params.get("api_key", "")
        good = fred_replies.xml(HELD["DFF"])
        return draw.choice(
            [
                Reply(good),
                Reply(good, cut=draw.randrange(len(good))),
                Reply(good[: draw.randrange(len(good))]),
                Reply(good, chunked=True, cut=draw.randrange(len(good))),
                Reply(good.replace("3.6", draw.choice(["", "x", key, "1e999"]), 1)),
                Reply(good, drip_s=0.01),
                Reply(UNREGISTERED.replace("api_key", f"api_key={key}"), 400),
                Reply(f"<html>{key}</html>", draw.choice([429, 500, 503])),
                Reply("", draw.choice([423, 404, 429, 500]), {"Retry-After": "0"}),
                Reply(f'<error message="{key}"/>', draw.choice([200, 400, 404, 423, 500])),
                Reply("", 302, {"Location": f"http://127.0.0.1:9/?api_key={key}"}),
                Reply(f"<!-- {key} -->{good}"),
                Reply("", 200, {"Content-Encoding": "gzip"}),
                Reply(good, 200, {"Content-Encoding": "gzip"}),
                Reply(good, 200, {"Content-Length": "9", "X-Key": key}),
                Reply(b"\xff\xfe" + key.encode("utf-16")),
                Reply(delay_s=0.2),
            ]
        )

    return answer


def texts_of(error: BaseException | None) -> str:
    if error is None:
        return ""
    own = f"{error!s} {error!r} {error.args!r} {vars(error)!r}"
    return f"{own} {texts_of(error.__cause__)} {texts_of(error.__context__)}"


@pytest.mark.slow
def test_the_key_appears_nowhere_in_200_faults(fred_server, monkeypatch, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    impatient = Patience(connect_s=1, read_s=0.1, total_s=0.3, attempts=2, first_pause_s=0.001)
    monkeypatch.setattr(
        fetching, "client_of", lambda name, keys, _: client_of(name, keys, impatient)
    )
    fred_server.answer = faults(20260130)
    words = ("data", "fetch", "--series", ASKED, "--assets", "none", "--max-age", "0")
    shown, statuses = [], []
    while len(fred_server.asked) < 200:
        store = f"store{len(statuses) % 5}"
        with pytest.raises(SystemExit) as left:
            cli.main([*words, "--store", store, *(["--debug"] if len(statuses) % 2 else [])])
        statuses.append(left.value.code)
        streams = capsys.readouterr()
        shown += [streams.out, streams.err, texts_of(left.value)]
    assert {1, 2} <= set(statuses) <= {0, 1, 2}
    for text in (*shown, caplog.text):
        assert KEY not in text.lower()
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        assert KEY.encode() not in path.read_bytes().lower(), path
        assert KEY.encode("utf-16-le") not in path.read_bytes(), path
