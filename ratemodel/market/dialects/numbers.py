"""Read the numbers of a file exactly: as decimals, with the file's own comma."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import Literal

from ratemodel.errors import DataError, StudyError

DecimalMark = Literal[".", ","]

EXACT = Context(prec=60)
"""More digits than any cell has: no sum of two cells is ever rounded."""

_BLANK = re.compile(r"|#N/?A\b.*|N\.?/?A\.?|NAN|NULL|NONE|NIL|-+|[.]|–|—", re.I)
_MULTIPLES = {"K": 3, "M": 6, "B": 9}

# Thousands may be parted by the other mark, a blank (also a hard or a thin one) or an apostrophe.
_APART = r"\u0020\u00a0\u2009\u202f'’"
_GRAMMAR: dict[str, re.Pattern[str]] = {
    mark: re.compile(
        rf"(?=[+-]?[.,]?\d)[+-]?(?:\d+|[1-9]\d{{0,2}}(?:([{other}{_APART}])\d{{3}})(?:\1\d{{3}})*)?"
        rf"(?:[{mark}]\d*)?(?:E[+-]?\d\d?)?"
    )
    for mark, other in ((".", ","), (",", "."))
}
_PARTED = re.compile(rf"[{_APART}]")


def is_blank(text: str) -> bool:
    """Tell a cell without a value, in any vendor's words for it.

    Examples
    --------
    >>> [is_blank(text) for text in ("", "#N/A N/A", "-", ".", "0")]
    [True, True, True, True, False]
    """
    return _BLANK.fullmatch(text.strip()) is not None


def read_number(text: str, mark: str) -> Decimal | None:
    """Read one number; None where it is none under this decimal mark.

    Examples
    --------
    >>> read_number("96,3625", ","), read_number("1,234,500", "."), read_number("1.2K", ".")
    (Decimal('96.3625'), Decimal('1234500'), Decimal('1.2E+3'))
    >>> read_number("96,3625", ".") is None
    True
    """
    number = text.strip().replace("−", "-").upper()
    multiple = _MULTIPLES.get(number[-1:], 0)
    if multiple:
        number = number[:-1].rstrip()
    if not _GRAMMAR[mark].fullmatch(number):
        return None
    number = _PARTED.sub("", number)
    plain = number.replace(",", "") if mark == "." else number.replace(".", "").replace(",", ".")
    value = Decimal(plain)
    return value.scaleb(multiple, EXACT) if multiple else value


def write_number(value: Decimal) -> str:
    """Write a decimal plainly, without a power of ten and without zeros that say nothing.

    Examples
    --------
    >>> write_number(Decimal("96.3600")), write_number(Decimal("1.2E+3"))
    ('96.36', '1200')
    """
    return f"{value.normalize(EXACT):f}"


def write_cells(values: Sequence[Decimal | None]) -> list[str]:
    """Write a column of decimals, each distinct one once; None is an empty cell."""
    texts = {value: "" if value is None else write_number(value) for value in dict.fromkeys(values)}
    return [texts[value] for value in values]


def find_mark(
    cells: Iterable[str], source: str, *, low: int | None = None, high: int | None = None
) -> DecimalMark:
    """Find out whether point or comma parts the decimals.

    Parameters
    ----------
    cells : iterable of str
        Every cell that is read as a price or rate; blanks do not count.
    source : str
        How errors call the file.
    low, high : int, optional
        What the numbers can be: 96,375 within 105 has a decimal comma.

    Raises
    ------
    StudyError
        If both are possible and do not mean the same numbers.

    Examples
    --------
    >>> find_mark(["96,375", "96,3625"], "x.csv"), find_mark(["4,745.10"], "x.csv")
    (',', '.')
    >>> find_mark(["84,000"], "x.csv")
    Traceback (most recent call last):
    ratemodel.errors.StudyError: x.csv: the decimals could follow a point or a comma (84,000 is
    84000 or 84.000); say --decimal . or --decimal ,
    """
    marks: tuple[DecimalMark, ...] = (".", ",")
    distinct = [text for text in dict.fromkeys(cells) if not is_blank(text)]
    fits = {mark: [read_number(text, mark) for text in distinct] for mark in marks}
    # Wrong in few cells is a broken cell; wrong in more cells than the other is a wrong mark.
    misses = {
        mark: sum(
            value is None
            or (low is not None and value < low)
            or (high is not None and value > high)
            for value in values
        )
        for mark, values in fits.items()
    }
    if fits["."] == fits[","] or misses["."] < misses[","]:
        return "."
    if misses[","] < misses["."]:
        return ","
    at = next(i for i, value in enumerate(fits["."]) if value != fits[","][i])
    text = distinct[at]
    point = "no number" if fits["."][at] is None else text.replace(",", "")
    comma = "no number" if fits[","][at] is None else text.replace(".", "").replace(",", ".")
    raise StudyError(
        f"{source}: the decimals could follow a point or a comma ({text} is {point} or {comma}); "
        "say --decimal . or --decimal ,"
    )


def read_cells(
    cells: Sequence[str], rows: Sequence[int], source: str, what: str, mark: str
) -> list[Decimal | None]:
    """Read a column; None where a cell is blank.

    Raises
    ------
    DataError
        If a cell is no number.

    Examples
    --------
    >>> read_cells(["1,5", "x"], [2, 3], "x.csv", "settle", ",")
    Traceback (most recent call last):
    ratemodel.errors.DataError: x.csv, row 3: settle must be a number with a decimal comma, got 'x'
    """
    read: dict[str, Decimal | None] = {}
    for text in dict.fromkeys(cells):
        read[text] = None if is_blank(text) else read_number(text, mark)
        if read[text] is None and not is_blank(text):
            comma = " with a decimal comma" if mark == "," else ""
            raise DataError.at_row(
                source,
                rows[cells.index(text)],
                f"{what} must be a number{comma}, got {text[:80]!r}",
            )
    return [read[text] for text in cells]
