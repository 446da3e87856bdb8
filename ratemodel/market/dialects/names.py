"""Look up what a column is called, and what its name means in a layout."""

from __future__ import annotations

import re
from functools import lru_cache

from ratemodel.market.dialects.layouts import GENERIC, LAYOUTS, Layout, Role


def layout_of(dialect: str) -> Layout:
    """Look a layout up by its dialect."""
    return next(layout for layout in LAYOUTS if layout.dialect == dialect)


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """Write a column's name without capitals, brackets, underscores.

    Examples
    --------
    >>> normal("PX_SETTLE"), normal("%Chg"), normal("Open Int"), normal("Settlement Price (USD)")
    ('px settle', '%chg', 'open int', 'settlement price')
    """
    plain = re.sub(r"\([^)]*\)", "", name.lower())
    return " ".join(re.sub(r"[^0-9a-z%]+", " ", plain).split())


def names_of(layout: Layout) -> dict[str, Role]:
    """Map every column name a layout knows to what it holds; its own names before general ones.

    Examples
    --------
    >>> names_of(layout_of("barchart"))["latest"]
    'last'
    """
    names: dict[str, Role] = {}
    for columns in (layout.columns, GENERIC.columns):
        for role, synonyms in columns.items():
            for name in synonyms:
                names.setdefault(name, role)
    return names


def rank(layout: Layout, role: Role, name: str) -> int:
    """Place a column's name among those the layout knows for a role; the best is 0."""
    known = (*layout.columns.get(role, ()), *GENERIC.columns.get(role, ()))
    return known.index(name) if name in known else len(known)
