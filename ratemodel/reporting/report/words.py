"""Numbers as the page prints them: one minus sign, sensible digits, an interval with each."""

from __future__ import annotations

import re
from math import isinf
from typing import Any

import pandas as pd

from ratemodel.reporting.figures.style import signed
from ratemodel.reporting.headline import day

SMALLEST_P = 1e-5
"""Smaller p-values are printed as below this: no sample here says more."""
UNBROKEN = "\u00a0"
"""A space at which no line breaks."""
_HYPHEN = re.compile(r"(?<![\w.\-])-(?=[\d.])")
_BRACKET = re.compile(r"(\[[^\[\], ]+,) (?=[^\[\], ]+\])")
_EXPONENT = re.compile(r"(\d(?:\.\d+)?)e([+-]\d+)")


def typeset(text: str) -> str:
    r"""Write a sentence's numbers with a minus sign, and small ones without an exponent.

    Examples
    --------
    >>> typeset("-0.12 [-0.28, +0.05] since 2026-01-30, p at most 5e-05")
    '−0.12 [−0.28,\xa0+0.05] since 2026-01-30, p at most 0.00005'
    """
    plain = _EXPONENT.sub(lambda found: _decimal(float(found.group(0))), text)
    return unbroken(_HYPHEN.sub("−", plain))


def unbroken(text: str) -> str:
    """Keep each interval on one line, and each p with its value."""
    together = _BRACKET.sub(lambda found: found.group(1) + UNBROKEN, text)
    return together.replace("p = ", f"p{UNBROKEN}={UNBROKEN}")


def _decimal(value: float) -> str:
    return f"{value:.12f}".rstrip("0").rstrip(".")


def banded(value: float, low: float, high: float, digits: int = 2) -> str:
    r"""Write an estimate with its interval; ends that are infinite say so.

    Examples
    --------
    >>> banded(-0.119, -0.283, 0.046)
    '−0.12 [−0.28,\xa0+0.05]'
    >>> banded(-0.3, float("-inf"), float("inf"))
    '−0.30 [−∞,\xa0+∞]'
    """
    return f"{signed(value, digits)} {bracket(low, high, digits)}"


def bracket(low: float, high: float, digits: int = 2) -> str:
    """Write an interval, of which ends may be infinite or unknown."""
    return f"[{_end(low, digits)},{UNBROKEN}{_end(high, digits)}]"


def _end(value: float, digits: int) -> str:
    if pd.isna(value):
        return "not known"
    if isinf(value):
        return "+∞" if value > 0.0 else "−∞"
    return signed(value, digits)


def share(value: float, low: float, high: float) -> str:
    r"""Write a share of the total with its interval.

    Examples
    --------
    >>> share(0.846, -0.326, 2.017)
    '0.8\xa0% [−0.3,\xa02.0]'
    """
    middle, low_end, high_end = (f"{round(x, 1) + 0.0:.1f}" for x in (value, low, high))
    return f"{middle}{UNBROKEN}% [{low_end},{UNBROKEN}{high_end}]".replace("-", "−")


def probability(value: float, floor: float) -> str:
    """Write a p-value; at a method's smallest it is a bound.

    Examples
    --------
    >>> probability(0.003, 0.003), probability(0.1197, 0.003), probability(2e-9, 0.0)
    ('at most 0.003', '0.12', 'below 0.00001')
    """
    if pd.isna(value):
        return "none"
    if value < SMALLEST_P:
        return f"below {_decimal(SMALLEST_P)}"
    bound = "at most " if value <= floor else ""
    return bound + _decimal(float(f"{value:.2g}"))


def dollars(value: float) -> str:
    r"""Write an amount in billions or millions.

    Examples
    --------
    >>> dollars(-6.5e8), dollars(1.3e11), dollars(4e6)
    ('−0.65\xa0bn', '130\xa0bn', '4\xa0m')
    """
    unit, by = ("bn", 1e9) if abs(value) >= 1e8 else ("m", 1e6)
    return f"{value / by:.3g}{UNBROKEN}{unit}".replace("-", "−")


def quantity(value: float) -> str:
    r"""Write a parameter: large ones as amounts, others to four digits.

    Examples
    --------
    >>> quantity(-3e9), quantity(450000.0), quantity(0.95)
    ('−3\xa0bn', '450,000', '0.95')
    """
    if abs(value) >= 1e7:
        return dollars(value)
    return f"{value:,.0f}" if abs(value) >= 1e4 else typeset(f"{value:.4g}")


def cell(value: Any) -> str:
    """Write a cell of a table behind the page: numbers to four digits, an empty cell as nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if pd.isna(value):
        return ""
    if isinstance(value, float) and not isinf(value):
        return typeset(f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}")
    return typeset(str(value))


def source_words(source: str) -> str:
    """Say which rate a shock is a revision of, and what it was read from.

    Examples
    --------
    >>> source_words("futures:level 2026-12-31")
    'the rate ruling on 31 Dec 2026, from fed funds futures'
    >>> source_words("futures+yields")
    'the rate 12 months ahead, from fed funds futures and Treasury yields'
    """
    read, _, level = source.partition(":level ")
    from_what = " and ".join(
        {"futures": "fed funds futures", "yields": "Treasury yields"}.get(part, part)
        for part in read.split("+")
    )
    which = (
        f"the rate ruling on {day(pd.Timestamp(level))}" if level else "the rate 12 months ahead"
    )
    return f"{which}, from {from_what}"


def joined(parts: list[str]) -> str:
    """Join names as a sentence does.

    Examples
    --------
    >>> joined(["Gold"]), joined(["Gold", "Silver", "Ether"])
    ('Gold', 'Gold, Silver and Ether')
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
