"""Look up keys of a study file: typed, with errors that name file, key and value."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from ratemodel.errors import ClockError, StudyError
from ratemodel.types.clock import Clock

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def iso_date(text: str) -> pd.Timestamp:
    """Read a date written YYYY-MM-DD, and in no other way.

    Raises
    ------
    ValueError
        If it is written otherwise, or no day of the calendar.
    """
    if not _ISO_DATE.fullmatch(text):
        raise ValueError(f"not YYYY-MM-DD: {text!r}")
    return pd.Timestamp(text)


class StudyTable:
    """Typed look-ups in parsed TOML whose errors name the file, the key and the value."""

    def __init__(self, source: str) -> None:
        self.source = source

    def error(self, problem: str) -> StudyError:
        """Name the file before what is wrong in it."""
        return StudyError(f"{self.source}: {problem}")

    def known(self, table: dict[str, Any], where: str, allowed: set[str]) -> None:
        """Refuse a key that is not allowed: a misspelt one would else change nothing in silence."""
        for key in table:
            if key not in allowed:
                at = f"[{where}] " if where else ""
                raise self.error(
                    f"{at}unknown key {key!r}; known keys are {', '.join(sorted(allowed))}"
                )

    def table(self, raw: dict[str, Any], key: str, allowed: set[str] | None) -> dict[str, Any]:
        """Look a table up; empty if it is not there."""
        value = raw.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"[{key}] must be a table, got {value!r}")
        if allowed is not None:
            self.known(value, key, allowed)
        return value

    def text(self, table: dict[str, Any], key: str, default: str) -> str:
        """Look a text up that is not empty."""
        value = table.get(key, default)
        if not isinstance(value, str) or (key in table and not value.strip()):
            raise self.error(f"{key} must be a non-empty text, got {value!r}")
        return value

    def texts(self, table: dict[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Look a list of texts up, none of them twice."""
        value = table.get(key, list(default))
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise self.error(f"{key} must be a list of texts, got {value!r}")
        if len(set(value)) < len(value):
            raise self.error(f"{key} names something twice: {value!r}")
        return tuple(value)

    def integer(self, table: dict[str, Any], key: str, default: int, *, low: int) -> int:
        """Look a whole number up that is at least `low`."""
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise self.error(f"{key} must be a whole number of at least {low}, got {value!r}")
        return value

    def date(
        self, table: dict[str, Any], key: str, default: pd.Timestamp | None
    ) -> pd.Timestamp | None:
        """Look a date up."""
        if key not in table:
            return default
        value = str(table[key])
        try:
            return iso_date(value)
        except ValueError:
            raise self.error(f"{key} must be a date YYYY-MM-DD, got {value!r}") from None

    def clock(self, entry: dict[str, Any], symbol: str) -> Clock | None:
        """Look an asset's strike clock up; None if it has none."""
        if "struck_at" not in entry:
            return None
        try:
            return Clock.parse(self.text(entry, "struck_at", ""))
        except ClockError as error:
            raise ClockError(f"{self.source}: [assets] {symbol}: {error}") from None

    def choice(
        self, table: dict[str, Any], key: str, default: Any, allowed: tuple[str, ...]
    ) -> Any:
        """Look one of some allowed values up."""
        value = table.get(key, default)
        if value not in allowed:
            raise self.error(f"{key} must be one of {', '.join(allowed)}, got {value!r}")
        return value
