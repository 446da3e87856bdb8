"""One way to the network: limits kept by the whole process, deadlines, bounded retries.

Every provider asks through it; what comes back is bytes, or one sentence that says why not.
"""

from __future__ import annotations

import re
import threading
import time
import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Protocol, TypedDict, Unpack
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from ratemodel.errors import SourceError
from ratemodel.market.sources.secret import Secret

AGENT = "ratemodel"
MARGIN = 1.1
"""Requests are spaced this much wider than a limit asks: they may be delayed unequally on the
way, and it is their arrival that is counted."""

LARGEST_BYTES = 256 << 20
"""No table of any provider comes near this."""

_TOO_MANY = 429
_PIECE = 1 << 16
_SAID = re.compile(r"""(?:error_message|message|description)["']?\s*[=:]\s*["']([^"']{1,300})""")


class Clock(Protocol):
    """What time it is, and how to let it pass; tests bring their own."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


SYSTEM_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many calls in any span of so many seconds."""

    calls: int
    seconds: float


class Limiter:
    """Keep several limits at once, for every thread of the process.

    A call is given the earliest moment that keeps each limit: n calls in any s seconds means
    that a call comes at least s seconds after the n-th before it.
    """

    def __init__(self, limits: Sequence[Limit], clock: Clock = SYSTEM_CLOCK) -> None:
        self._limits = tuple(limits)
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: deque[float] = deque(maxlen=max(limit.calls for limit in limits))
        self._not_before = -np.inf

    def wait(self) -> None:
        """Return when the next request may be sent, and count it as sent."""
        with self._lock:
            now = self._clock.monotonic()
            moment = max(now, self._not_before)
            for limit in self._limits:
                if len(self._sent) >= limit.calls:
                    moment = max(moment, self._sent[-limit.calls] + limit.seconds * MARGIN)
            self._sent.append(moment)
        if moment > now:
            self._clock.sleep(moment - now)

    def pause(self, seconds: float) -> None:
        """Send nothing for a while: the provider asked for it."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock.monotonic() + seconds)


_LIMITERS: dict[str, Limiter] = {}
_LIMITERS_LOCK = threading.Lock()


def process_limiter(provider: str, limits: Sequence[Limit]) -> Limiter:
    """Look up a provider's limiter: one for the whole process, whoever asks."""
    with _LIMITERS_LOCK:
        return _LIMITERS.setdefault(provider, Limiter(limits))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and how often to try again.

    Attributes
    ----------
    connect_s, read_s : float
        Until a connection stands; between two pieces of a reply.
    total_s : float
        For one whole reply: a provider that drips one byte a second never breaks `read_s`.
    attempts : int
        Tries in all, on 429, 5xx and timeouts; anything else is final at once.
    first_pause_s, longest_pause_s : float
        Pauses double from the first to the longest, each times a random 0.5 to 1.5.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 120.0
    attempts: int = 5
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0


PATIENCE = Patience()


class How(TypedDict):
    """What every way of asking is told, in the words of `requests`."""

    headers: Mapping[str, str]
    timeout: tuple[float, float]
    stream: bool


class Ask(Protocol):
    """One way of asking: opens a reply, whose body is still to be read."""

    def __call__(self, url: str, secret: Secret | None, **how: Unpack[How]) -> requests.Response:
        """Send one request; raise what `requests` raises."""
        ...


def get_with_key(url: str, secret: Secret | None, **how: Unpack[How]) -> requests.Response:
    """Ask by GET, with the key, if any, as the parameter ``api_key``; a key is not sent on."""
    key = {} if secret is None else {"api_key": secret.reveal()}
    return requests.get(url, params=key, allow_redirects=secret is None, **how)


def post_with_key(url: str, secret: Secret | None, **how: Unpack[How]) -> requests.Response:
    """Ask by POST: the parameters of the address as a form, the key as the user's name."""
    address, _, query = url.partition("?")
    user = None if secret is None else (secret.reveal(), "")
    form = dict(parse_qsl(query))
    return requests.post(address, data=form, auth=user, allow_redirects=False, **how)


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    may_retry: bool = False
    asked_pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Client:
    """Downloads for one provider.

    Attributes
    ----------
    limiter : Limiter
    patience : Patience
    secret : Secret, optional
        Sent by `ask`, and blotted out of everything else.
    ask : callable
        How the provider is asked.
    clock : Clock
    """

    limiter: Limiter
    patience: Patience = PATIENCE
    secret: Secret | None = None
    ask: Ask = get_with_key
    clock: Clock = SYSTEM_CLOCK
    _jitter: np.random.Generator = field(
        default_factory=lambda: np.random.default_rng(time.time_ns()), repr=False
    )

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Fetch the body of a reply with status 200.

        Parameters
        ----------
        url : str
            With parameters, without the key.
        headers : mapping, optional
            Besides our own.

        Raises
        ------
        SourceError
            If it cannot be had; the text names the host and the reason, never the key, and no
            exception of the libraries below (which may quote the address) hangs on it.
        """
        attempt = 1
        while isinstance(reply := self._attempt(url, headers or {}), _Failure):
            if not reply.may_retry or attempt == self.patience.attempts:
                tried = f" (tried {attempt} times)" if attempt > 1 else ""
                raise SourceError(self._hide(f"{_host(url)}: {reply.reason}{tried}"))
            self._pause(attempt, reply)
            attempt += 1
        return reply

    def _pause(self, attempt: int, failure: _Failure) -> None:
        longest = self.patience.longest_pause_s
        backoff = min(self.patience.first_pause_s * 2 ** (attempt - 1), longest)
        seconds = backoff * self._jitter.uniform(0.5, 1.5)
        # Never sooner than asked, but a provider that asks for an hour is not waited for.
        self.limiter.pause(max(seconds, min(failure.asked_pause_s, longest)))

    def _attempt(self, url: str, headers: Mapping[str, str]) -> bytes | _Failure:
        """Ask once. Failures are returned, so that no exception carries the address upwards."""
        self.limiter.wait()
        deadline = self.clock.monotonic() + self.patience.total_s
        received = bytearray()
        answered = False
        try:
            with self.ask(
                url,
                self.secret,
                # Packed streams may end early without a word; plain ones have a length.
                headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **headers},
                timeout=(self.patience.connect_s, self.patience.read_s),
                stream=True,
            ) as reply:
                answered = True
                # What has come, not a full piece: only so can a drip be cut short.
                while piece := reply.raw.read1(_PIECE, decode_content=False):
                    received += piece
                    if len(received) > LARGEST_BYTES:
                        return _Failure(f"more than {LARGEST_BYTES >> 20} MiB")
                    if self.clock.monotonic() > deadline:
                        return _Failure(f"no end after {self.patience.total_s:g} s", True)
                return self._judge(reply, bytes(received))
        except (requests.Timeout, UrllibTimeout):
            return _Failure("timed out", True)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            if answered:
                return _Failure(f"the reply broke off after {len(received):,} bytes")
            reachable = not isinstance(error, requests.ConnectionError)
            why = f"cannot be asked ({type(error).__name__})" if reachable else "cannot be reached"
            return _Failure(why)

    def _judge(self, reply: requests.Response, sent: bytes) -> bytes | _Failure:
        status = reply.status_code
        body = _unpacked(sent, reply.headers.get("Content-Encoding", "identity"))
        if isinstance(body, _Failure):
            return body
        if status == requests.codes.ok:
            if self.secret is not None and self.secret.within(body):
                return _Failure("the reply repeats the key, so it is not kept")
            return body
        said = _said(body)
        reason = f"{status} {reply.reason or 'without a reason'}{f': {said}' if said else ''}"
        may_retry = status == _TOO_MANY or status >= 500
        return _Failure(reason, may_retry, _retry_after(reply.headers.get("Retry-After", "")))

    def _hide(self, text: str) -> str:
        return text if self.secret is None else self.secret.hide(text)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _unpacked(sent: bytes, encoding: str) -> bytes | _Failure:
    """Unpack a reply packed though not asked to be; half a packed reply is no reply."""
    if encoding.lower() in ("", "identity"):
        return sent
    if encoding.lower() not in ("gzip", "x-gzip"):
        return _Failure(f"the reply is packed as {encoding}")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(sent, LARGEST_BYTES)
    except zlib.error:
        return _Failure("the reply is packed and damaged")
    if unpacker.unconsumed_tail:
        return _Failure(f"more than {LARGEST_BYTES >> 20} MiB")
    return body if unpacker.eof else _Failure("the reply is packed and broke off")


def _said(body: bytes) -> str:
    """Find the provider's own words in an error's XML or JSON; a page of HTML says nothing."""
    text = body[:4096].decode("utf-8", errors="replace")
    if "<html" in text.lower():
        return ""
    match = _SAID.search(text)
    return "" if match is None else " ".join(match[1].split()).rstrip(".")


def _retry_after(text: str) -> float:
    """Read seconds, or the date until which to wait, from a Retry-After header."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0
