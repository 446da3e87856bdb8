"""What the user may have to say about a file, and what was read from it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratemodel.errors import StudyError

TABLES = ("futures", "prices", "rates")
DIALECTS = ("barchart", "bloomberg", "lseg", "databento", "cme", "generic", "native")

_CHOICES = {
    "table": TABLES,
    "dialect": DIALECTS,
    "quote": ("price", "rate"),
    "dates": ("ymd", "mdy", "dmy"),
    "decimal": (".", ","),
}
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user says about a file; empty = find out.

    Attributes
    ----------
    table : str
        ``futures``, ``prices`` or ``rates``.
    dialect : str
        Whose layout it is.
    contract : str
        Delivery month ``YYYY-MM`` of a file of one contract.
    symbol : str
        Asset or series of a file of one.
    quote : str
        ``price`` (100 minus the rate) or ``rate`` (percent a year); must fit the values.
    dates : str
        ``ymd``, ``mdy`` or ``dmy``: order of dates that are figures parted by ``/``, ``-``, ``.``.
    decimal : str
        ``.`` or ``,``.
    field : str
        Column taken as settlement (close, value), by its name in the file.
    roll : DataFrame, optional
        Roll calendar of a continuous series: `first_date`, first trade date on which it is the
        `contract` (``YYYY-MM``). Without one such series are refused.

    Examples
    --------
    >>> ImportOptions(dates="european")
    Traceback (most recent call last):
    ratemodel.errors.StudyError: --dates must be one of ymd, mdy, dmy, got 'european'
    """

    table: str = ""
    dialect: str = ""
    contract: str = ""
    symbol: str = ""
    quote: str = ""
    dates: str = ""
    decimal: str = ""
    field: str = ""
    roll: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value and value not in choices:
                raise StudyError(f"--{name} must be one of {', '.join(choices)}, got {value!r}")
        if self.contract and not _MONTH.fullmatch(self.contract):
            raise StudyError(f"--contract must be a month YYYY-MM, got {self.contract!r}")


@dataclass(frozen=True, eq=False)
class Imported:
    """Rows of an input table, as text, and how they were read.

    Attributes
    ----------
    table : str
    frame : DataFrame
        Text cells in the columns of the table, sorted by its key; not yet validated.
    rows : array of int
        Row of the file that each row of the frame comes from; the first line is row 1.
    dialect : str
    found : tuple of str
        One sentence for each thing that was found out or left out.
    decided : dict of str to str
        Options under which nothing has to be found out: the same frame comes of them.
    """

    table: str
    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    dialect: str
    found: tuple[str, ...]
    decided: dict[str, str]
