"""Errors a user can act on: every text names the file, the row and the value."""

from __future__ import annotations


class RateModelError(Exception):
    """Base of every error that is the input's or the user's, never a defect of ratemodel."""


class DataError(RateModelError):
    """An input table breaks a promise of the input format."""

    @classmethod
    def at_row(cls, source: str, row: int, problem: str) -> DataError:
        """Name the file, the row (the header is row 1) and what is wrong there."""
        return cls(f"{source}, row {row}: {problem}")


class SourceError(DataError):
    """A provider refused, could not be reached, or sent something that is no reply."""


class StudyError(RateModelError):
    """A study file, an option or an argument asks for something that does not exist."""


class ClockError(RateModelError):
    """A series has no strike clock, or one that cannot be read."""


class CoverageError(RateModelError):
    """The data do not reach far enough for what was asked."""


class IdentityError(RateModelError):
    """Parts that must sum to a whole do not."""


class EventLeakError(RateModelError):
    """An estimation sample touches the event it is meant to explain."""
