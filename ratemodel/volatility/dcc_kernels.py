r"""Dynamic conditional correlations: log-likelihood, scores and adjoints, in numba.

.. math:: Q_t = (1-a-b)S - gN + a z_{t-1}z_{t-1}' + g n_{t-1}n_{t-1}' + bQ_{t-1}, \qquad Q_1 = S,

n = z where z < 0, else 0. With :math:`x_i = z_i\sqrt{q_{ii}}` the log-likelihood of correlations
:math:`R = \operatorname{diag}(Q)^{-1/2} Q \operatorname{diag}(Q)^{-1/2}` is

.. math:: \ell_t = -\tfrac12\left(\ln|Q| - \sum_i \ln q_{ii} + x'Q^{-1}x - z'z\right).

Matrices of LANES dates lie side by side, the date last, so that one instruction serves several.
φ = (a, b, g) always; a symmetric DCC has g = 0.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ratemodel.volatility.step_kernels import clear, put

LANES = 64
"""Dates side by side; more no longer pays, and short samples fill no more."""


@njit(cache=True, error_model="numpy")
def advance(Q, phi, S, N, z):
    """Take Q to the next date."""
    a, b, g = phi
    for i in range(z.size):
        for j in range(i + 1):
            bad = z[i] * z[j] if z[i] < 0.0 and z[j] < 0.0 else 0.0
            target = (1.0 - a - b) * S[i, j] - g * N[i, j]
            Q[i, j] = target + a * z[i] * z[j] + g * bad + b * Q[i, j]
            Q[j, i] = Q[i, j]


@njit(cache=True, error_model="numpy")
def correlation_path(phi, Z, S, N):
    """Correlation matrices by date, shape (T, n, n)."""
    T, n = Z.shape
    out = np.empty((T, n, n))
    Q = S.copy()
    for t in range(T):
        if t:
            advance(Q, phi, S, N, Z[t - 1])
        for i in range(n):
            for j in range(n):
                out[t, i, j] = Q[i, j] / math.sqrt(Q[i, i] * Q[j, j])
    return out


@njit(cache=True, error_model="numpy")
def products(A, i, B, j, first, stop, out):
    """Sum A[i, k] B[j, k] over k, all lanes together."""
    lanes = out.size
    for v in range(lanes):
        out[v] = 0.0
    for k in range(first, stop):
        p, q = A[i, k], B[j, k]
        for v in range(lanes):
            out[v] += p[v] * q[v]


@njit(cache=True, error_model="numpy")
def factor(L, x, n):
    """Cholesky factors in place, with x replaced by L^{-1}x; all lanes together."""
    s = np.empty(LANES)
    for i in range(n):
        for j in range(i + 1):
            products(L, i, L, j, 0, j, s)
            for v in range(LANES):
                rest = L[i, j, v] - s[v]
                L[i, j, v] = math.sqrt(rest) if i == j else rest / L[j, j, v]
        for k in range(i):
            for v in range(LANES):
                x[i, v] -= L[i, k, v] * x[k, v]
        for v in range(LANES):
            x[i, v] /= L[i, i, v]


@njit(cache=True, error_model="numpy")
def invert(L, G, x, n):
    """Turn factors into inverses of their matrices (lower half, in G), and L^{-1}x into w."""
    s = np.empty(LANES)
    for j in range(n):  # G becomes L^{-1}, transposed: its columns lie in rows
        for v in range(LANES):
            G[j, j, v] = 1.0 / L[j, j, v]
        for i in range(j + 1, n):
            products(L, i, G, j, j, i, s)
            for v in range(LANES):
                G[j, i, v] = -s[v] / L[i, i, v]
    for i in range(n):  # w = L^{-T} y, from the top: row i needs y of the rows below only
        for v in range(LANES):
            x[i, v] *= G[i, i, v]
        for k in range(i + 1, n):
            for v in range(LANES):
                x[i, v] += G[i, k, v] * x[k, v]
    for i in range(n):
        for j in range(i + 1):
            products(G, i, G, j, i, n, L[i, j])
    for i in range(n):
        for j in range(i + 1):
            for v in range(LANES):
                G[i, j, v] = L[i, j, v]


@njit(cache=True, error_model="numpy")
def advance_block(phi, S, N, before, fell, Q, start, L):
    """Take Q through the dates of a block, into the lower half of L; `start` keeps where it was."""
    a, b, g = phi
    n = Q.shape[0]
    for i in range(n):
        for j in range(i + 1):
            now = Q[i, j]
            start[i, j] = now
            target = (1.0 - a - b) * S[i, j] - g * N[i, j]
            for v in range(LANES):
                news = a * before[i, v] * before[j, v] + g * fell[i, v] * fell[j, v]
                now = target + news + b * now
                L[i, j, v] = now
            Q[i, j] = now


@njit(cache=True, error_model="numpy")
def score_block(phi, S, N, before, fell, start, Q, G, D, part):
    """Take dQ/dφ through the dates of a block and multiply it by dl/dQ, date by date."""
    b = phi[1]
    n = S.shape[0]
    clear(part)
    for i in range(n):
        for j in range(i + 1):
            da, db, dg, last = D[0, i, j], D[1, i, j], D[2, i, j], start[i, j]
            twice = 1.0 if i == j else 2.0
            for v in range(LANES):
                da = before[i, v] * before[j, v] - S[i, j] + b * da
                db = last - S[i, j] + b * db
                dg = fell[i, v] * fell[j, v] - N[i, j] + b * dg
                last = Q[i, j, v]
                weight = twice * G[i, j, v]
                part[0, v] += weight * da
                part[1, v] += weight * db
                part[2, v] += weight * dg
            D[0, i, j], D[1, i, j], D[2, i, j] = da, db, dg


@njit(cache=True, error_model="numpy")
def likelihood(phi, Z, S, N, slopes, scores, by_q, by_z):
    """Log-likelihood; with `slopes` fills scores (T, 3) and, where they have rows, by_q and by_z.

    These are dl/dQ (T, n, n), symmetric, so that the change of l is the sum of its products with
    that of Q, and dl/dz at a given Q.
    """
    T, n = Z.shape
    shape = (n, n, LANES)
    L, G, Qs = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    Q, start, D, part = (
        S.copy(),
        np.zeros((n, n)),
        np.zeros((3, n, n)),
        np.zeros((3, LANES)),
    )
    before, fell = np.zeros((n, LANES)), np.zeros((n, LANES))
    now, x, root = np.zeros((n, LANES)), np.zeros((n, LANES)), np.ones((n, LANES))
    total = 0.0
    # The first date has Q = S: it is a block of its own, so that every other block has a past.
    first, held = 0, 1
    while first < T:
        for i in range(n):
            for v in range(LANES):
                last = Z[min(first + v, T) - 1, i] if first else 0.0
                before[i, v], fell[i, v] = last, min(last, 0.0)
                now[i, v] = Z[min(first + v, T - 1), i]
        if first:
            advance_block(phi, S, N, before, fell, Q, start, L)
        else:
            for i in range(n):
                for j in range(i + 1):
                    L[i, j] = S[i, j]
        for i in range(n):
            for v in range(LANES):
                root[i, v] = math.sqrt(L[i, i, v])
                x[i, v] = now[i, v] * root[i, v]
        if slopes:
            for i in range(n):
                for j in range(i + 1):
                    put(L[i, j], Qs[i, j])
        factor(L, x, n)
        for v in range(held):
            for i in range(n):
                square = x[i, v] * x[i, v] - now[i, v] * now[i, v]
                total -= math.log(L[i, i, v] / root[i, v]) + 0.5 * square
        if slopes:
            invert(L, G, x, n)
            for i in range(n):
                for j in range(i + 1):
                    for v in range(LANES):
                        G[i, j, v] = 0.5 * (x[i, v] * x[j, v] - G[i, j, v])
                for v in range(LANES):
                    G[i, i, v] += 0.5 * (1.0 / root[i, v] - x[i, v] * now[i, v]) / root[i, v]
            if first:
                score_block(phi, S, N, before, fell, start, Qs, G, D, part)
            for v in range(held):
                for k in range(3):
                    scores[first + v, k] = part[k, v]
                for i in range(n * (by_q.shape[0] > 0)):
                    by_z[first + v, i] = now[i, v] - x[i, v] * root[i, v]
                    for j in range(i + 1):
                        by_q[first + v, i, j] = G[i, j, v]
                        by_q[first + v, j, i] = G[i, j, v]
        first += held
        held = min(LANES, T - first)
    return total


@njit(cache=True, error_model="numpy")
def adjoint(phi, Z, S, N, by_q, by_z, by_s, by_n):
    """Carry dl/dQ back in time: adds to dL/dz, and fills dL/dS and dL/dN.

    S and N count as given; by_q is used up.
    """
    T, n = Z.shape
    a, b, g = phi
    clear(by_s)
    clear(by_n)
    for t in range(T - 1, 0, -1):
        for i in range(n):
            pull, bad_pull = 0.0, 0.0
            for j in range(n):
                value = by_q[t, i, j]
                pull += value * Z[t - 1, j]
                if Z[t - 1, j] < 0.0:
                    bad_pull += value * Z[t - 1, j]
                by_s[i, j] += (1.0 - a - b) * value
                by_n[i, j] -= g * value
                by_q[t - 1, i, j] += b * value
            by_z[t - 1, i] += 2.0 * a * pull
            if Z[t - 1, i] < 0.0:
                by_z[t - 1, i] += 2.0 * g * bad_pull
    for i in range(n):
        for j in range(n):
            by_s[i, j] += by_q[0, i, j]
