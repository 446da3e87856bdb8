"""The best step under linear constraints, for problems of a few parameters, in numba.

numba's cache of compiled functions follows changes of the file a function is in and not of those it
calls: after a change here, change (or touch) `garch_kernels.py` too.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

STIFF = 1e10
"""Curvature across an active constraint, relative to the largest: nothing moves across it."""
SINGULAR = 1e-13
"""A pivot below this share of its diagonal counts as zero."""


@njit(cache=True, error_model="numpy")
def dot(a, b):
    """Sum of products in eight running sums, which a processor adds side by side."""
    n = a.size
    whole = n - n % 8
    s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(0, whole, 8):
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
        s4 += a[i + 4] * b[i + 4]
        s5 += a[i + 5] * b[i + 5]
        s6 += a[i + 6] * b[i + 6]
        s7 += a[i + 7] * b[i + 7]
    for i in range(whole, n):
        s0 += a[i] * b[i]
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@njit(cache=True, error_model="numpy")
def put(values, into):
    """Copy a row, value by value: to compile an assignment of slices takes numba a second."""
    for i in range(values.size):
        into[i] = values[i]


@njit(cache=True, error_model="numpy")
def clear(matrix):
    """Set a matrix to zero."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            matrix[i, j] = 0.0


@njit(cache=True, error_model="numpy")
def inverse(matrix):
    """Invert a symmetric matrix by Cholesky; False if it is not positive definite."""
    n = matrix.shape[0]
    L, out = np.zeros((n, n)), np.zeros((n, n))
    for j in range(n):
        d = matrix[j, j]
        for k in range(j):
            d -= L[j, k] * L[j, k]
        if not d > SINGULAR * abs(matrix[j, j]):
            return out, False
        L[j, j] = 1.0 / math.sqrt(d)
        for i in range(j + 1, n):
            s = matrix[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            L[i, j] = s * L[j, j]
    for j in range(n):  # L, whose diagonal is inverted already, becomes its own inverse
        for i in range(j + 1, n):
            s = 0.0
            for k in range(j, i):
                s -= L[i, k] * L[k, j]
            L[i, j] = s * L[i, i]
    for i in range(n):
        for j in range(i + 1):
            s = 0.0
            for k in range(i, n):
                s += L[k, i] * L[k, j]
            out[i, j], out[j, i] = s, s
    return out, True


@njit(cache=True, error_model="numpy")
def stiffened(matrix, C, active):
    """Invert a matrix on what the active constraints leave free, by making the rest immovable."""
    n, largest = matrix.shape[0], 0.0
    out = np.zeros((n, n))
    for i in range(n):
        put(matrix[i], out[i])
    for i in range(n):
        largest = max(largest, abs(matrix[i, i]))
    for k in range(active.size):
        if active[k]:
            for i in range(n):
                for j in range(n):
                    out[i, j] += STIFF * largest * C[k, i] * C[k, j]
    return inverse(out)


@njit(cache=True, error_model="numpy")
def best_step(grad, bread, C, slack, active, d):
    """Maximise g'd - 1/2 d'M d subject to C d >= -slack, with `bread` the inverse of M.

    A primal active-set method from d = 0 (Nocedal and Wright 2006, algorithm 16.3); fills `d` and
    `active` and gives g'd.
    """
    m, p = C.shape
    rest, move, price = np.zeros(p), np.zeros(p), np.zeros(m)  # rest: gradient less M d
    half, system = np.zeros((m, p)), np.zeros((m, m))
    put(grad, rest)
    for i in range(m):
        active[i] = False
        for j in range(p):
            half[i, j] = dot(C[i], bread[j])
    for j in range(p):
        d[j] = 0.0
        move[j] = dot(bread[j], grad)
    whole = dot(grad, move)
    for _ in range(10 * (m + 1)):
        for i in range(m):
            for j in range(m):
                both = active[i] and active[j]
                system[i, j] = dot(half[i], C[j]) if both else 1.0 * (i == j)
        solved = inverse(system)[0]
        for i in range(m):
            price[i] = 0.0
            for j in range(m):
                if active[i] and active[j]:
                    price[i] += solved[i, j] * dot(half[j], rest)
        for j in range(p):
            move[j] = dot(bread[j], rest)
            for i in range(m):
                move[j] -= half[i, j] * price[i]
        if dot(rest, move) <= 1e-12 * whole:
            worst = -1
            for i in range(m):
                if price[i] > 0.0 and (worst < 0 or price[i] > price[worst]):
                    worst = i
            if worst < 0:
                break
            active[worst] = False
            continue
        length, hit = 1.0, -1
        for i in range(m):
            along = dot(C[i], move)
            if not active[i] and along < 0.0:
                room = max(0.0, slack[i] + dot(C[i], d))
                if room < -length * along:
                    length, hit = room / -along, i
        for j in range(p):
            d[j] += length * move[j]
            rest[j] -= length * rest[j]
            for i in range(m):
                rest[j] += length * price[i] * C[i, j]
        if hit >= 0:
            active[hit] = True
    return dot(grad, d)


@njit(cache=True, error_model="numpy")
def take_products(out, P, Q):
    """Take from a lower half the products of the rows of P with those of Q."""
    for i in range(P.shape[0]):
        for j in range(i + 1):
            out[i, j] -= dot(P[i], Q[j])


@njit(cache=True, error_model="numpy")
def mirror(matrix, sign):
    """Complete a symmetric matrix from its lower half."""
    for i in range(matrix.shape[0]):
        for j in range(i + 1):
            matrix[i, j] *= sign
            matrix[j, i] = matrix[i, j]


@njit(cache=True, error_model="numpy")
def errors(hess, opg, C, active, out):
    """Fill covariances of θ by Hessian, outer products and both, on what constraints leave free.

    False if the Hessian is not positive definite there.
    """
    p = hess.shape[0]
    half = np.zeros((p, p))
    by_hess, good = stiffened(hess, C, active)
    by_opg, told = stiffened(opg, C, active)
    for i in range(p):
        for j in range(p):
            half[i, j] = dot(by_hess[i], opg[j])
    for i in range(p):
        for j in range(p):
            out[0, i, j] = by_hess[i, j]
            out[1, i, j] = by_opg[i, j] if told else math.nan
            out[2, i, j] = dot(half[i], by_hess[j])
    return good
