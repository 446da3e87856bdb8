"""One asset's split in one sentence: what `summary()` and the headline say alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DISAGREE = "flows and prices disagree"
ASSUMING = "assumes other news no larger than before"


def split_sentence(subject: str, parts: Mapping[Any, Mapping[Any, Any]]) -> str:
    """Say what one asset's move was made of, residual first, each part with its interval.

    The interval of leverage stands beside what it assumes, and a part that nobody measured is not
    printed as a zero.

    Parameters
    ----------
    subject : str
        The asset and when.
    parts : mapping of str to mapping
        By component: estimate_pp, low_pp, high_pp, note.
    """
    ceiling, floor = parts["leverage_ceiling"], parts["leverage_floor"]
    low, high = float(ceiling["low_pp"]), float(ceiling["high_pp"])
    verdict = "an interval: these data identify no more"
    if low <= 0.0 <= high:
        verdict = "not distinguishable from zero"
    if ceiling["note"] == DISAGREE:
        verdict = f"but measured {DISAGREE}"
    measured = f"{_rounded(floor['estimate_pp']):+.2f} measured"
    if floor["estimate_pp"] == 0.0 and floor["note"]:
        measured = unmeasured(str(floor["note"]))
    began = f" ({parts['total']['note']})" if parts["total"]["note"] else ""
    return (
        f"{subject}: {parts['total']['estimate_pp']:+.2f} pp{began}. "
        f"Not explained {_banded(parts['residual'])}; "
        f"rates {_banded(parts['rate_premium'])}; "
        f"dollar {'not measured' if parts['dollar']['note'] else _banded(parts['dollar'])}; "
        f"drift {_banded(parts['drift'])}; "
        f"leverage between {low:+.1f} and {high:+.1f} ({verdict}; {ASSUMING}; {measured})."
    )


def unmeasured(note: str) -> str:
    """Say why measured leverage is zero: nothing was seen, or what was seen has no volume to it.

    Examples
    --------
    >>> unmeasured("flows of GC were measured in metals-2026, its daily volume was not")
    'flow not sized'
    """
    return "no flow measured" if note.startswith("no flow") else "flow not sized"


def _banded(part: Mapping[Any, Any]) -> str:
    value, low, high = (_rounded(part[k]) for k in ("estimate_pp", "low_pp", "high_pp"))
    return f"{value:+.2f} [{low:+.2f}, {high:+.2f}]"


def _rounded(value: float) -> float:
    """Round to two digits, without a negative zero."""
    return round(value, 2) + 0.0
