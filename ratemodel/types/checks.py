"""Diagnostics as a table: what was measured, against what, and whether it holds."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Operator = Literal["<=", ">=", "==", "info"]
_COMPARE = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True, slots=True)
class Check:
    """One diagnostic: `value` `operator` `threshold`.

    An ``info`` check states a value and cannot fail; its threshold is NaN.

    Examples
    --------
    >>> Check("adding_up", 1e-12, "<=", 1e-10, fatal=True).passed
    True
    """

    name: str
    value: float
    operator: Operator
    threshold: float
    fatal: bool = False
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the comparison holds; NaN never does."""
        if self.operator == "info":
            return True
        return bool(_COMPARE[self.operator](self.value, self.threshold))

    def __str__(self) -> str:
        state = "passed" if self.passed else "FAILED"
        return f"{self.name}: {self.value:g} {self.operator} {self.threshold:g} {state}"


@dataclass(frozen=True, slots=True)
class CheckTable:
    """All diagnostics of one run."""

    checks: tuple[Check, ...]

    @property
    def fatal_failures(self) -> tuple[Check, ...]:
        """Fatal checks that do not hold: the run's exit status depends on them."""
        return tuple(c for c in self.checks if c.fatal and not c.passed)

    def to_frame(self) -> pd.DataFrame:
        """One row a check: check, value, operator, threshold, passed, fatal, note."""
        return pd.DataFrame(
            {
                "check": [c.name for c in self.checks],
                "value": [float(c.value) for c in self.checks],
                "operator": [c.operator for c in self.checks],
                "threshold": [float(c.threshold) for c in self.checks],
                "passed": [c.passed for c in self.checks],
                "fatal": [c.fatal for c in self.checks],
                "note": [c.note for c in self.checks],
            }
        )

    def summary(self) -> str:
        """List every check, a line each."""
        return "\n".join(str(c) for c in self.checks)

    def __str__(self) -> str:
        failed = sum(not c.passed for c in self.checks)
        return f"{len(self.checks)} checks, {failed} failed, {len(self.fatal_failures)} fatally"
