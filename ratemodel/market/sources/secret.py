"""A key that is handed on and never shown: not in a text, a log, an exception or a file."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ratemodel.errors import StudyError

HIDDEN = "[key]"

KEY_NAMES = {"fred": "FRED_API_KEY", "databento": "DATABENTO_API_KEY"}
"""Where the key of each provider that needs one is looked for."""

_FORMS = {
    "FRED_API_KEY": (re.compile(r"[0-9a-z]{32}"), "32 lower-case letters and digits"),
    "DATABENTO_API_KEY": (re.compile(r"db-[0-9A-Za-z]{29}"), "db- and 29 letters and digits"),
}
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A key whose text only `reveal` gives.

    Examples
    --------
    >>> key = Secret("0123456789abcdef0123456789abcdef")
    >>> key
    [key]
    >>> key.hide("GET /x?api_key=0123456789abcdef0123456789abcdef")
    'GET /x?api_key=[key]'
    """

    _text: str

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def reveal(self) -> str:
        """Give the key itself: for the request that needs it, and nothing else."""
        return self._text

    def hide(self, text: str) -> str:
        """Blot the key out of a text, in either case, and as headers spell it."""
        spellings = "|".join(re.escape(spelling) for spelling in (self._text, self._in_header()))
        return re.sub(spellings, HIDDEN, text, flags=re.IGNORECASE)

    def within(self, data: bytes) -> bool:
        """Whether some bytes repeat the key."""
        low = data.lower()
        return any(text.encode().lower() in low for text in (self._text, self._in_header()))

    def _in_header(self) -> str:
        """Spell the key as a user's name without a password, less what depends on its end."""
        return base64.b64encode(f"{self._text}:".encode()).decode().rstrip("=")[:-1]


def find_key(name: str, environment: Mapping[str, str], dotenv: str = "") -> Secret | None:
    """Look for a key in the environment, then in the text of a ``.env`` file.

    Parameters
    ----------
    name : str
        One of the values of `KEY_NAMES`.
    environment : mapping of str to str
    dotenv : str
        ``NAME=value`` lines; ``export``, quotes and ``#`` comments as shells have them.

    Returns
    -------
    Secret or None
        None where neither has it.

    Raises
    ------
    StudyError
        If it is not of the form the provider's keys have. The text does not repeat it.

    Examples
    --------
    >>> dotenv = "export FRED_API_KEY='0123456789abcdef0123456789abcdef'  # mine"
    >>> find_key("FRED_API_KEY", {}, dotenv)
    [key]
    >>> find_key("FRED_API_KEY", {"FRED_API_KEY": "secret"})
    Traceback (most recent call last):
    ratemodel.errors.StudyError: FRED_API_KEY must be 32 lower-case letters and digits, got
    6 characters
    """
    text = environment.get(name, "").strip() or _dotenv(dotenv).get(name, "")
    if not text:
        return None
    form, words = _FORMS[name]
    if not form.fullmatch(text):
        raise StudyError(f"{name} must be {words}, got {len(text)} characters")
    secret = Secret(text)
    _hide_in_logs(secret)
    return secret


def decode_dotenv(data: bytes) -> str:
    """Read the bytes of a ``.env`` file; editors on Windows write marks or two bytes a letter.

    Examples
    --------
    >>> decode_dotenv("A=1".encode("utf-16")) == decode_dotenv(b"A=1") == "A=1"
    True
    """
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if wide else "utf-8-sig", errors="replace")


def _dotenv(text: str) -> dict[str, str]:
    values = {}
    for line in text.splitlines():
        match = _ASSIGNMENT.fullmatch(line)
        if match is None:
            continue
        value = match[2]
        if value[:1] in ("'", '"'):
            value = value[1:].partition(value[0])[0]
        else:
            value = re.split(r"(?:^|\s)#", value)[0].strip()
        values[match[1]] = value
    return values


class _HideKeys(logging.Filter):
    """urllib3 logs whole addresses at DEBUG level; whoever turns that on must not log a key."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[Secret] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for secret in self.secrets:
            text = secret.hide(text)
        record.msg, record.args = text, ()
        return True


_LOG_FILTER = _HideKeys()


def _hide_in_logs(secret: Secret) -> None:
    _LOG_FILTER.secrets.add(secret)
    # Records of a child logger do not pass the filters of its parents: each is given its own.
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "requests"):
        logger = logging.getLogger(name)
        if _LOG_FILTER not in logger.filters:
            logger.addFilter(_LOG_FILTER)
