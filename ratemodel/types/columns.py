"""Columns and tables described once: for the border's checks, datapackage.json and the codebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ColumnType = Literal[
    "date",
    "month",
    "datetime",
    "time",
    "clock",
    "number",
    "integer",
    "boolean",
    "symbols",
    "text",
]
"""What a cell holds: ``month`` is ``YYYY-MM``, ``time`` ``HH:MM``, ``clock`` ``HH:MM Zone``,
``symbols`` names separated by ``;``. Input tables have no integers and no booleans."""

_DATA_PACKAGE_TYPES: dict[ColumnType, str] = {
    "date": "date",
    "month": "yearmonth",
    "datetime": "datetime",
    "time": "string",
    "clock": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "symbols": "string",
    "text": "string",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what its cells hold, in which unit, and what is legal there.

    Attributes
    ----------
    name : str
    type : ColumnType
    unit : str
        In words, as for a reader (``basis points``); empty where a cell has none.
    description : str
        One sentence on what a cell means.
    required : bool
        Whether the table must have the column at all.
    allow_empty : bool
        Whether a cell may be empty. A column that is not required may always have empty cells.
    low, high : float, optional
        Smallest and largest legal number.
    above : float, optional
        A number every cell must exceed: a price is above 0, not at it.
    choices : tuple of str
        The closed set of legal texts; empty where any text is legal.

    Examples
    --------
    >>> Column("close", "number", "US dollars", "Price at the strike.", above=0.0).descriptor()
    {'name': 'close', 'type': 'number', 'description': 'Price at the strike.',
     'unit': 'US dollars', 'constraints': {'required': True, 'minimum': 0.0}}
    """

    name: str
    type: ColumnType
    unit: str = ""
    description: str = ""
    required: bool = True
    allow_empty: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    above: float | None = None

    @property
    def may_be_empty(self) -> bool:
        """Whether a cell may be empty."""
        return self.allow_empty or not self.required

    def descriptor(self) -> dict[str, Any]:
        """Describe the column as a field of a Data Package (datapackage.org).

        `above` is told as a minimum: readers of packages before version 2 refuse to know more.
        """
        limits: dict[str, Any] = {
            "required": not self.may_be_empty or None,
            "minimum": self.low if self.above is None else self.above,
            "maximum": self.high,
            "enum": list(self.choices) or None,
        }
        constraints = {key: value for key, value in limits.items() if value is not None}
        field: dict[str, Any] = {
            "name": self.name,
            "type": _DATA_PACKAGE_TYPES[self.type],
            "description": self.description,
        }
        if self.unit:
            field["unit"] = self.unit
        if constraints:
            field["constraints"] = constraints
        return field


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table: its columns, in order, and what makes a row its own.

    Attributes
    ----------
    name : str
    columns : tuple of Column
    key : tuple of str
        Columns that no two rows share, and by which rows are sorted. Empty: rows keep the order
        of the file and may repeat.
    description : str
    observed : str
        A column without which a row says nothing: rows where it is empty are left out, not
        refused (FRED marks a date without an observation by an empty cell or a ``.``). Empty
        text: no such column.

    Examples
    --------
    >>> spec = TableSpec(
    ...     "rates", (Column("date", "date"), Column("value", "number", "percent")), ("date",)
    ... )
    >>> spec.names
    ('date', 'value')
    >>> spec.column("value").unit
    'percent'
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    description: str = ""
    observed: str = ""

    def __post_init__(self) -> None:
        for name in (*self.key, *filter(None, [self.observed])):
            self.column(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required_names(self) -> tuple[str, ...]:
        """Names of the columns the table must have, in order."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """Look up one column by name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}; it has {', '.join(self.names)}")

    def schema(self) -> dict[str, Any]:
        """Describe the table as a Data Package table schema.

        There a primary key may hold no empty cell; a key of ours that may is left out.
        """
        schema: dict[str, Any] = {"fields": [column.descriptor() for column in self.columns]}
        if self.key and not any(self.column(name).may_be_empty for name in self.key):
            schema["primaryKey"] = list(self.key)
        return schema
