"""Yahoo through yfinance's session: a browser's handshake, cookies and crumb; the bytes are kept.

Yahoo answers 429 to whoever does not look like a browser, however rarely it is asked, and every few
months looks are judged by something else. yfinance follows that; its tables are not used: they are
adjusted unless told otherwise, and empty where Yahoo refused.
"""

from __future__ import annotations

import io
from typing import Unpack
from urllib.parse import urlsplit

import requests
from urllib3 import HTTPResponse

from ratemodel.market.sources.http import How, get_with_key
from ratemodel.market.sources.secret import Secret

_TOO_MANY = 429
HOME = "yahoo.com"
WITHOUT = "Too Many Requests, as to all that is no browser: install ratemodel[yfinance]"
"""What a refusal means where the extra is not installed."""


def ask_as_browser(url: str, secret: Secret | None, **how: Unpack[How]) -> requests.Response:
    """Ask Yahoo through yfinance where that is installed, else, and for mirrors, plainly.

    yfinance asks for a cookie and a crumb before, and again otherwise after a refusal: these
    requests are its own.
    """
    if not (urlsplit(url).hostname or "").endswith(HOME):
        return get_with_key(url, secret, **how)
    try:
        from yfinance.data import YfData
        from yfinance.exceptions import YFException, YFRateLimitError
    except ImportError:
        reply = get_with_key(url, secret, **how)
        if reply.status_code == _TOO_MANY:
            reply.reason = WITHOUT
        return reply
    try:
        answer = YfData().get(url, timeout=how["timeout"])
    except YFRateLimitError:
        return _reply(_TOO_MANY, "Too Many Requests", b"")
    except (YFException, OSError) as error:
        # The errors of its transport quote the address; they have classes of their own.
        timed_out = "Timeout" in type(error).__name__
        raise (requests.Timeout if timed_out else requests.ConnectionError)() from None
    return _reply(answer.status_code, answer.reason, answer.content)


def _reply(status: int, reason: str, body: bytes) -> requests.Response:
    """Dress bytes that are here already as a reply that is still to be read."""
    reply = requests.Response()
    reply.status_code, reply.reason = status, reason
    reply.raw = HTTPResponse(io.BytesIO(body), status=status, preload_content=False)
    return reply
