"""Limits, deadlines, retries and keys, against servers that misbehave."""

from __future__ import annotations

import gzip
import itertools
import logging
import socket
import threading

import pytest
from fake_time import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from local_server import Reply, serving

from ratemodel.errors import SourceError
from ratemodel.market.sources.http import Client, Limit, Limiter, Patience, process_limiter
from ratemodel.market.sources.secret import find_key

KEY_TEXT = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
FAST = Patience(connect_s=1, read_s=0.3, total_s=0.6, attempts=3, first_pause_s=0.01)
JITTER_S = 0.1
"""A loaded machine may hold a request up this long on its way from the limiter to the server."""
FREE = [Limit(1000, 1.0)]


def client(patience: Patience = FAST, limits=FREE, key: str | None = None) -> Client:
    secret = find_key("FRED_API_KEY", {"FRED_API_KEY": key}) if key else None
    return Client(Limiter(limits), patience, secret=secret)


def fails(client: Client, url: str) -> str:
    with pytest.raises(SourceError) as caught:
        client.get(url)
    return str(caught.value)


# --- Limits -----------------------------------------------------------------------------------


def most_in_any(moments: list[float], seconds: float) -> int:
    return max(sum(start <= other < start + seconds for other in moments) for start in moments)


@given(
    limits=st.lists(
        st.builds(Limit, st.integers(1, 6), st.floats(0.1, 60.0)), min_size=1, max_size=3
    ),
    idle=st.lists(st.floats(0.0, 5.0), min_size=1, max_size=60),
)
def test_no_span_of_time_holds_more_calls_than_a_limit_allows(limits, idle):
    clock = FakeClock()
    limiter, moments = Limiter(limits, clock), []
    for pause in idle:
        clock.now += pause
        limiter.wait()
        moments.append(clock.now)
    for limit in limits:
        assert most_in_any(moments, limit.seconds) <= limit.calls


def test_a_call_within_the_limits_does_not_wait():
    clock = FakeClock()
    limiter = Limiter([Limit(2, 1.0), Limit(120, 60.0)], clock)
    limiter.wait()
    limiter.wait()
    assert clock.slept == []
    limiter.wait()
    assert 1.0 <= clock.slept[0] < 1.2


def test_a_pause_holds_everybody_back():
    clock = FakeClock()
    limiter = Limiter(FREE, clock)
    limiter.pause(7.0)
    limiter.wait()
    assert clock.slept == [7.0]


def test_threads_share_one_limit():
    with serving(lambda _: Reply("ok")) as server:
        shared = client(limits=[Limit(4, 0.25)])
        threads = [threading.Thread(target=shared.get, args=(server.url,)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.asked) == 16
        assert most_in_any([asked.at for asked in server.asked], 0.25 - JITTER_S) <= 4


def test_a_provider_has_one_limiter_in_the_process():
    assert process_limiter("test", FREE) is process_limiter("test", [Limit(1, 1.0)])


# --- What is tried again ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_overloaded_server_is_asked_again(status):
    replies = itertools.chain([Reply("<html>no</html>", status)] * 2, itertools.repeat(Reply("ok")))
    with serving(lambda _: next(replies)) as server:
        assert client().get(server.url) == b"ok"
        assert len(server.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 423, 451, 301])
def test_a_refusal_is_final(status):
    body = '<error code="400" message="Bad Request.  The series does not exist."/>'
    with serving(lambda _: Reply(body, status)) as server:
        text = fails(client(key=KEY_TEXT), server.url)
        assert len(server.asked) == 1
    assert text.startswith(f"127.0.0.1: {status} ")
    assert text.endswith("Bad Request. The series does not exist")


def test_what_html_says_is_not_repeated():
    with serving(lambda _: Reply("<html><p message='x'>Too Many</p></html>", 429)) as server:
        assert fails(client(), server.url) == "127.0.0.1: 429 Too Many Requests (tried 3 times)"
        assert len(server.asked) == 3


def test_a_wait_that_is_asked_for_is_waited_and_no_more_than_the_longest():
    clock = FakeClock()
    replies = iter([Reply("", 429, {"Retry-After": "7"}), Reply("", 503, {"Retry-After": "3600"})])
    with serving(lambda _: next(replies, Reply("ok"))) as server:
        patience = Patience(attempts=3, first_pause_s=0.01, longest_pause_s=20.0)
        asking = Client(Limiter(FREE, clock), patience, clock=clock)
        assert asking.get(server.url) == b"ok"
    assert clock.slept == [7.0, 20.0]


def test_a_silent_server_times_out_and_is_asked_again():
    with serving(lambda _: Reply("ok", delay_s=1.0)) as server:
        assert fails(client(), server.url) == "127.0.0.1: timed out (tried 3 times)"


def test_a_drip_ends_at_the_deadline():
    with serving(lambda _: Reply("x" * 100, drip_s=0.05)) as server:
        assert "no end after 0.6 s (tried 3 times)" in fails(client(), server.url)


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_bytes_arrive_as_sent(size):
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    packed = Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    for reply in (Reply(body), Reply(body, chunked=True), packed):
        with serving(lambda _, reply=reply: reply) as server:
            assert client().get(server.url) == body


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (gzip.compress(b"x" * 100, mtime=0)[:-9], "packed and broke off"),
        (b"\x1f\x8bnonsense", "packed and damaged"),
        (gzip.compress(bytes(300 << 20), 1, mtime=0), "more than 256 MiB"),
    ],
    ids=["half", "damaged", "bomb"],
)
def test_a_packed_reply_is_whole_and_of_a_sane_size(body, told):
    patient = Patience(connect_s=1, read_s=5, total_s=20, attempts=1)
    with serving(lambda _: Reply(body, headers={"Content-Encoding": "gzip"})) as server:
        assert told in fails(client(patient), server.url)
        assert server.asked[0].headers["Accept-Encoding"] == "identity"


def test_an_address_that_is_none_is_said():
    assert "cannot be asked" in fails(client(), "http://[::1/x")


@pytest.mark.parametrize("chunked", [False, True])
def test_half_a_reply_is_no_reply(chunked):
    with serving(lambda _: Reply("x" * 100, cut=40, chunked=chunked)) as server:
        assert "broke off after 40 bytes" in fails(client(), server.url)


def test_nobody_there_is_final_and_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert fails(client(), f"http://127.0.0.1:{port}/x?secret=1") == "127.0.0.1: cannot be reached"


@pytest.mark.slow
def test_a_storm_of_429_keeps_the_limit_and_every_call_ends():
    limits = [Limit(2, 0.5), Limit(15, 6.0)]
    ends = []
    with serving(lambda asked: Reply("", 429 if len(server.asked) % 3 else 200)) as server:
        shared = client(Patience(attempts=3, first_pause_s=0.05), limits)

        def ask() -> None:
            try:
                ends.append(shared.get(server.url))
            except SourceError as error:
                ends.append(str(error))

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        moments = [asked.at for asked in server.asked]
    assert len(ends) == 12
    for limit in limits:
        assert most_in_any(moments, limit.seconds - JITTER_S) <= limit.calls


# --- The key ----------------------------------------------------------------------------------


def everything_about(error: BaseException) -> str:
    """Every text that hangs on an exception: its causes, contexts and their arguments."""
    seen, texts = [error], []
    for link in seen:
        texts += [str(link), repr(link), repr(link.args), repr(vars(link))]
        seen += [e for e in (link.__cause__, link.__context__) if e and e not in seen]
    return "\n".join(texts)


def test_the_key_is_sent_and_shown_nowhere(caplog):
    caplog.set_level(logging.DEBUG)
    with serving(lambda asked: Reply(asked.params["api_key"], 400)) as server:
        asking = client(key=KEY_TEXT)
        with pytest.raises(SourceError) as caught:
            asking.get(f"{server.url}/series?id=DFF")
        assert server.asked[0].params == {"id": "DFF", "api_key": KEY_TEXT}
    assert any("/series?id=DFF" in record.getMessage() for record in caplog.records)
    for text in (everything_about(caught.value), caplog.text, repr(asking), str(asking)):
        assert KEY_TEXT not in text


def test_a_reply_that_repeats_the_key_is_not_handed_on():
    with serving(lambda asked: Reply(f"you are {asked.params['api_key'].upper()}")) as server:
        assert "repeats the key" in fails(client(key=KEY_TEXT), server.url)


def test_a_key_is_not_sent_after_a_redirect():
    with serving(lambda _: Reply("elsewhere")) as other:
        moved = Reply("", 302, {"Location": f"{other.url}/x"})
        with serving(lambda _: moved) as server:
            assert "302 Found" in fails(client(key=KEY_TEXT), server.url)
        assert other.asked == []
