"""A key that is handed on and never shown: not in a text, a log, an exception or a file."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ratemodel.errors import StudyError

FRED_KEY = "FRED_API_KEY"
HIDDEN = "[key]"

KEY_LENGTH = 32
_FRED_KEY_FORM = re.compile(rf"[0-9a-z]{{{KEY_LENGTH}}}")
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
        """Blot the key out of a text, in either case."""
        return re.sub(re.escape(self._text), HIDDEN, text, flags=re.IGNORECASE)

    def within(self, data: bytes) -> bool:
        """Whether some bytes repeat the key."""
        return self._text.encode().lower() in data.lower()


def find_fred_key(environment: Mapping[str, str], dotenv: str = "") -> Secret | None:
    """Look for the FRED key in the environment, then in the text of a ``.env`` file.

    Parameters
    ----------
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
        If it is not 32 lower-case letters and digits. The text does not repeat it.

    Examples
    --------
    >>> find_fred_key({}, "export FRED_API_KEY='0123456789abcdef0123456789abcdef'  # mine")
    [key]
    >>> find_fred_key({"FRED_API_KEY": "secret"})
    Traceback (most recent call last):
    ratemodel.errors.StudyError: FRED_API_KEY must be 32 lower-case letters and digits, got
    6 characters
    """
    text = environment.get(FRED_KEY, "").strip() or _dotenv(dotenv).get(FRED_KEY, "")
    if not text:
        return None
    if not _FRED_KEY_FORM.fullmatch(text):
        wrong = "" if len(text) != KEY_LENGTH else ", not all of them such"
        must = f"must be {KEY_LENGTH} lower-case letters and digits"
        raise StudyError(f"{FRED_KEY} {must}, got {len(text)} characters{wrong}")
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
