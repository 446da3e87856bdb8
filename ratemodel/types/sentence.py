"""One asset's split in a few sentences: what `summary()` and the headline say alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[Any, Any]

DISAGREE = "flows and prices disagree"
ASSUMING = "if other news was no larger than before"
SHOCKS = ("rates", "dollar", "other")
"""Causes of a counterfactual that are no forced traders."""
ABNORMAL_P = 0.05
"""An event is called abnormal if both its rank and simulated windows put it below this."""


def split_sentence(
    subject: str,
    parts: Mapping[Any, Row],
    causes: Mapping[Any, Row],
    abnormal: Mapping[Any, Row],
) -> str:
    """Say what one asset's move was made of, residual first, each part with its interval.

    The interval of leverage stands beside what it assumes, a part that nobody measured is not
    printed as a zero, and a move is called abnormal only if quiet days say so.

    Parameters
    ----------
    subject : str
        The asset and when.
    parts : mapping of str to mapping
        By component: estimate_pp, low_pp, high_pp, note.
    causes : mapping of str to mapping
        By channel: with_amplification_pp, low_pp, high_pp. Empty if none were solved for.
    abnormal : mapping of str to mapping
        By measure: p_value, p_floor. Empty if none was computed.
    """
    began = f" ({parts['total']['note']})" if parts["total"]["note"] else ""
    dollar = "not measured" if parts["dollar"]["note"] else banded(parts["dollar"])
    return (
        f"{subject}: {parts['total']['estimate_pp']:+.2f} pp{began}. "
        f"Not explained {banded(parts['residual'])}; "
        f"rates {banded(parts['rate_premium'])}{amplified(causes)}; "
        f"dollar {dollar}; "
        f"drift {banded(parts['drift'])}; "
        f"{_forced(parts)}. "
        f"{_bounds(parts)}{verdict(abnormal)}"
    )


def amplified(causes: Mapping[Any, Row]) -> str:
    """Say what rates did together with the forced trades they set off, if any could be modelled.

    Examples
    --------
    >>> amplified({"rates": {}, "dollar": {}, "other": {}})
    ' directly, no forced trader modelled that could amplify them'
    """
    if not causes:
        return ""
    if not set(causes) - set(SHOCKS):
        return " directly, no forced trader modelled that could amplify them"
    return f" directly, {banded(causes['rates'], 'with_amplification_pp')} with amplification"


def verdict(abnormal: Mapping[Any, Row]) -> str:
    """Say whether quiet days make such a move, by rank and by simulation.

    Examples
    --------
    >>> low, high = ({"p_value": p, "p_floor": 0.003} for p in (0.003, 0.12))
    >>> verdict({"conformal": low, "fhs": high}).split(": ")[1]
    'p = 0.12 by simulation, at most 0.003 by rank.'
    """
    if not abnormal:
        return ""
    ranked, simulated = abnormal["conformal"], abnormal["fhs"]
    both = all(row["p_value"] < ABNORMAL_P for row in (ranked, simulated))
    return (
        f" Less rates, dollar and drift it is {'abnormal' if both else 'not abnormal'}: "
        f"p {_probability(simulated)} by simulation, {_probability(ranked, '')} by rank."
    )


def _probability(row: Row, equals: str = "= ") -> str:
    bound = row["p_value"] <= row["p_floor"]
    return f"{'at most ' if bound else equals}{row['p_value']:.2g}"


def _forced(parts: Mapping[Any, Row]) -> str:
    """Point and interval of forced flows, with what of it was measured; or of a common factor."""
    leverage, floor = parts["leverage"], parts["leverage_floor"]
    known = not leverage["low_pp"] == leverage["high_pp"] == 0.0
    if leverage.get("band") == "confidence":
        return f"leverage by common moves {banded(leverage) if known else 'unknown'}"
    none = floor["estimate_pp"] == 0.0 and floor["note"]
    measured = unmeasured(str(floor["note"])) if none else f"{_two(floor['estimate_pp'])} measured"
    if floor["note"] == DISAGREE:
        measured = f"{measured}, but {DISAGREE}"
    if not known:
        return f"forced flows unknown ({measured}, none modelled)"
    return f"forced flows {banded(leverage)} ({measured})"


def _bounds(parts: Mapping[Any, Row]) -> str:
    ceiling, leverage = parts["leverage_ceiling"], parts["leverage"]
    low, high = float(ceiling["low_pp"]), float(ceiling["high_pp"])
    meaning = "these data identify no more"
    if low <= 0.0 <= high:
        meaning = "not distinguishable from zero"
    elif leverage["low_pp"] > high or leverage["high_pp"] < low:
        meaning += (
            "; known flows do not reach that far: other news was larger, or flows are missing"
        )
    return f"Leverage between {low:+.1f} and {high:+.1f} {ASSUMING}: {meaning}."


def unmeasured(note: str) -> str:
    """Say why measured leverage is zero: nothing was seen, or what was seen has no volume to it.

    Examples
    --------
    >>> unmeasured("flows of GC were measured in metals-2026, its daily volume was not")
    'flow not sized'
    """
    return "no flow measured" if note.startswith("no flow") else "flow not sized"


def banded(part: Row, estimate: str = "estimate_pp") -> str:
    """Write an estimate with its interval.

    Examples
    --------
    >>> banded({"estimate_pp": -0.001, "low_pp": -1.0, "high_pp": 2.345})
    '+0.00 [-1.00, +2.35]'
    """
    return f"{_two(part[estimate])} [{_two(part['low_pp'])}, {_two(part['high_pp'])}]"


def _two(value: float) -> str:
    """Write two digits with a sign, and no negative zero."""
    return f"{round(value, 2) + 0.0:+.2f}"
