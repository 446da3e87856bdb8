"""What is known of each settlement used: how exact it is, and how far it lies from the path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MarkErrors:
    """One value for each of n settlements, in the order of ``FuturesCurve.cells``.

    Attributes
    ----------
    noise_bp : array, shape (n,)
        Standard deviation of the error, tick and misfit; basis points.
    own_misfit_bp : array, shape (n,)
        That of the further error of marks that are, or of contracts that have been of late, farther
        from the others than that. It lasts: changes of such a contract are as exact as others'.
    residual_bp : array, shape (n,)
        Fit minus observed; NaN where no equation was made of the mark.
    """

    noise_bp: Floats
    own_misfit_bp: Floats
    residual_bp: Floats

    @classmethod
    def none(cls) -> MarkErrors:
        """Of a path that was not read from contracts jointly."""
        return cls(np.empty(0), np.empty(0), np.empty(0))

    @property
    def total_bp(self) -> Floats:
        """Standard deviation of the whole error, shape (n,)."""
        total: Floats = np.hypot(self.noise_bp, self.own_misfit_bp)
        return total


def by_cell(values: Floats, cells: tuple[Ints, Ints], shape: tuple[int, int]) -> Floats:
    """Lay values out by trade date and contract, NaN where there is none.

    Examples
    --------
    >>> by_cell(np.array([0.5]), (np.array([0]), np.array([1])), (1, 2))
    array([[nan, 0.5]])
    """
    table = np.full(shape, np.nan)
    if len(values):
        table[cells] = values
    return table
