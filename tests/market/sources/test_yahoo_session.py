"""The real yfinance, its hosts moved to a server on this machine: its session, our bytes."""

from __future__ import annotations

import builtins
import gzip
import json
from urllib.parse import urlsplit, urlunsplit

import pytest
from local_server import Asked, Reply, serving

yfinance = pytest.importorskip("yfinance")

from curl_cffi.requests import Session  # noqa: E402
from test_yahoo import GOOD  # noqa: E402
from yfinance.data import SingletonMeta, YfData  # noqa: E402

from ratemodel.errors import SourceError  # noqa: E402
from ratemodel.market.sources import client_of, http, yahoo_session  # noqa: E402
from ratemodel.market.sources.http import Limit, Limiter, Patience  # noqa: E402

CHART = "https://query1.finance.yahoo.com/v8/finance/chart/GC%3DF?interval=1d"
PATIENCE = Patience(connect_s=1, read_s=1, attempts=2, first_pause_s=0.001)
BODY = json.dumps(GOOD).encode()


class Moved(Session):
    """yfinance's own kind of session, for which every host of Yahoo's is one here."""

    def __init__(self, url: str) -> None:
        super().__init__(impersonate="chrome")
        self.here = urlsplit(url)

    def request(self, method, url, *args, **kwargs):
        split = urlsplit(url)
        assert split.hostname.endswith("yahoo.com")
        here = split._replace(scheme=self.here.scheme, netloc=self.here.netloc)
        return super().request(method, urlunsplit(here), *args, **kwargs)


@pytest.fixture
def yahoo(monkeypatch, tmp_path):
    """A Yahoo that sets a cookie, hands out a crumb, and answers charts as it is told."""
    yfinance.set_tz_cache_location(str(tmp_path))
    monkeypatch.setattr(SingletonMeta, "_instances", {})
    monkeypatch.setattr(http, "_LIMITERS", {"yahoo": Limiter([Limit(1000, 1.0)])})
    chart = [Reply(BODY)]

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/getcrumb"):
            return Reply("a1b2c3")
        if "/chart/" in asked.path:
            return chart[0]
        return Reply("", 404, {"Set-Cookie": "A3=d1; Path=/"})

    with serving(answer) as server:
        server.chart = chart
        YfData(session=Moved(server.url))
        yield server


def charts(server) -> list[Asked]:
    return [asked for asked in server.asked if "/chart/" in asked.path]


def test_asks_as_a_browser_and_keeps_the_bytes(yahoo):
    assert client_of("yahoo", {}, PATIENCE).get(CHART) == BODY
    (asked,) = charts(yahoo)
    assert asked.params == {"interval": "1d", "crumb": "a1b2c3"}
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert "Chrome" in headers["user-agent"]


def test_packed_replies_arrive_unpacked(yahoo):
    yahoo.chart[0] = Reply(gzip.compress(BODY), 200, {"Content-Encoding": "gzip"})
    assert client_of("yahoo", {}, PATIENCE).get(CHART) == BODY


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply("Too Many Requests\r\n", 429), "429 Too Many Requests [(]tried 2 times[)]"),
        (
            Reply('{"chart":{"error":{"description":"No data found, delisted"}}}', 404),
            "404 Not Found: No data found, delisted",
        ),
        (Reply("<html>hiccup</html>", 502), "502 Bad Gateway [(]tried 2 times[)]"),
        (Reply(BODY, cut=20), "cannot be reached|broke off"),
        (Reply(BODY, delay_s=5), "timed out [(]tried 2 times[)]"),
    ],
    ids=["429", "404", "502", "cut", "silent"],
)
def test_a_refusal_is_a_named_failure_and_never_an_empty_table(yahoo, reply, said):
    yahoo.chart[0] = reply
    with pytest.raises(SourceError, match=said) as caught:
        client_of("yahoo", {}, PATIENCE).get(CHART)
    assert "query1.finance.yahoo.com" in str(caught.value)


def test_a_mirror_is_asked_plainly(yahoo):
    assert client_of("yahoo", {}, PATIENCE).get(f"{yahoo.url}/v8/finance/chart/GC%3DF") == BODY
    (asked,) = yahoo.asked
    assert asked.headers["User-Agent"] == "ratemodel"


def test_without_the_extra_a_429_says_what_to_install(yahoo, monkeypatch):
    found = builtins.__import__

    def without_yfinance(name, *args, **kwargs):
        if name.startswith("yfinance"):
            raise ImportError(name)
        return found(name, *args, **kwargs)

    yahoo.chart[0] = Reply("Too Many Requests", 429)
    monkeypatch.setattr(builtins, "__import__", without_yfinance)
    monkeypatch.setattr(yahoo_session, "HOME", "127.0.0.1")
    with pytest.raises(SourceError, match=r"429 .* install ratemodel\[yfinance\]"):
        client_of("yahoo", {}, PATIENCE).get(f"{yahoo.url}/v8/finance/chart/GC%3DF")
