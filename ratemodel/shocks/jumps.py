"""The jump guard: a contract that moved where its neighbours did not moved by mistake."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ratemodel.calendars import pack_true

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

JUMP_BP = 30.0
"""How far a contract's change may lie from that of the contract a month nearer."""
VOTERS = 3
"""So many of the nearest contracts say, by their median, what the first is held against."""


def find_jumps(change_bp: Floats, usable: Bools, running: Bools) -> Bools:
    r"""Mark changes that no news about policy can have made.

    Expected rates of two months differ by the meetings between them, so their changes are near
    each other. From the nearest contract outwards, a change is a jump if it lies more than
    :math:`30\sqrt{\Delta}` bp from that of the nearest nearer contract that did not jump itself,
    :math:`\Delta` months away. The nearest is held against the median of the nearest three. The
    running month takes part in neither role: after its days are half over, its contract moves by
    half the news.

    Parameters
    ----------
    change_bp : array, shape (T, C)
        Changes since the trade date before, contracts by delivery month.
    usable : array of bool, shape (T, C)
        Contracts quoted and unflagged on both dates.
    running : array of bool, shape (T, C)
        The running month.

    Returns
    -------
    array of bool, shape (T, C)
        A block of far marks that slips together jumps as a whole: each is held against the last
        that did not. With fewer than three contracts the nearest cannot be doubted.

    Examples
    --------
    >>> change = np.array([[1.0, 2.0, -160.0, -160.0, 2.5]])
    >>> find_jumps(change, np.full((1, 5), True), np.full((1, 5), False))
    array([[False, False,  True,  True, False]])
    """
    votes = usable & ~running
    first = pack_true(votes)
    rows = np.arange(len(change_bp))
    jumped = np.zeros(change_bp.shape, dtype=bool)
    if not first.shape[1]:
        return jumped
    enough = votes.sum(axis=1) >= VOTERS
    nearest = np.where(enough[:, None], change_bp[rows[:, None], first[:, :VOTERS]], 0.0)
    reference = np.where(enough, np.median(nearest, axis=1), np.nan)
    behind = first[:, 0] - 1
    for column in range(change_bp.shape[1]):
        at = np.flatnonzero(votes[:, column])
        change = change_bp[at, column]
        months = np.maximum(column - behind[at], 1)
        # NaN compares as False: without a reference there is no doubt.
        off = np.abs(change - reference[at]) > JUMP_BP * np.sqrt(months)
        jumped[at[off], column] = True
        reference[at[~off]] = change[~off]
        behind[at[~off]] = column
    return jumped
