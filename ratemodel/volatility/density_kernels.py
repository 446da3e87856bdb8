"""Log-densities of normal and Student t news with their derivatives, in numba.

After a change here, change (or touch) `garch_kernels.py` too: numba's cache of compiled functions
follows changes of the file a function is in and not of those it calls.
"""

from __future__ import annotations

import math

from numba import njit

from ratemodel.volatility.step_kernels import dot

LOGS_AT_ONCE = 8
"""Factors multiplied before one logarithm is taken of them: it costs ten products."""


@njit(cache=True, error_model="numpy")
def psi(x):
    """First and second derivative of ln Γ, by recurrence and the asymptotic series; x > 0."""
    first, second = 0.0, 0.0
    while x < 15.0:
        first -= 1.0 / x
        second += 1.0 / (x * x)
        x += 1.0
    f = 1.0 / (x * x)
    tail = 1 / 12 - f * (1 / 120 - f * (1 / 252 - f * (1 / 240 - f / 132)))
    bend = 1 / 6 - f * (1 / 30 - f * (1 / 42 - f * (1 / 30 - f * 5 / 66)))
    return first + math.log(x) - 0.5 / x - f * tail, second + (1.0 + 0.5 / x + f * bend) / x


@njit(cache=True, error_model="numpy")
def t_terms(eta):
    """ν - 2 and the constant of the log-density of a unit-variance t, with two ν-derivatives."""
    nu = 1.0 / eta
    m = nu - 2.0
    constant = math.lgamma(0.5 * (nu + 1.0)) - math.lgamma(0.5 * nu) - 0.5 * math.log(math.pi * m)
    high, high_2 = psi(0.5 * (nu + 1.0))
    low, low_2 = psi(0.5 * nu)
    return (
        m,
        constant,
        0.5 * (high - low - 1.0 / m),
        0.25 * (high_2 - low_2) + 0.5 / (m * m),
    )


@njit(cache=True, error_model="numpy")
def log_sums(u, h, m, student):
    """Σ ln h, and Σ ln(1 + u²/(h m)), for the normal Σ u²/h."""
    logs, tails, prod_h, prod_tail = 0.0, 0.0, 1.0, 1.0
    for t in range(u.size):
        q = u[t] * u[t] / (h[t] * m)
        prod_h *= h[t]
        if student:
            prod_tail *= 1.0 + q
        else:
            tails += q
        if t % LOGS_AT_ONCE == 0:
            logs += math.log(prod_h)
            tails += math.log(prod_tail)
            prod_h, prod_tail = 1.0, 1.0
    return logs + math.log(prod_h), tails + math.log(prod_tail)


@njit(cache=True, error_model="numpy")
def densities(u, h, eta, student, scored, bent, L):
    """Fill the derivatives of ln f, rows u, h, η; uu, uh, hh; ηu, ηh; give ln f's and η's sums.

    Those by η date by date are asked for by `scored`, second ones of a t by `bent`.

    With f = 1/(1 + u²/(h m)) all of a t's are products of f, u and h. Loops are short: a compiler
    turns loops over few arrays into vector instructions.
    """
    T, r, f = u.size, L[8], L[9]
    m, constant, c1, c2 = t_terms(eta) if student else (1.0, 0.0, 0.0, 0.0)
    sum_h, tails = log_sums(u, h, m, student)
    for t in range(T):
        r[t] = 1.0 / h[t]
    if not student:
        for t in range(T):
            z = u[t] * r[t]
            L[0, t], L[1, t] = -z, 0.5 * (u[t] * z - 1.0) * r[t]
        for t in range(T):
            L[3, t], L[4, t] = -r[t], u[t] * r[t] * r[t]
        for t in range(T):
            L[5, t] = (0.5 - u[t] * u[t] * r[t]) * r[t] * r[t]
        return -0.5 * (sum_h + tails + T * math.log(2.0 * math.pi)), 0.0, 0.0
    n, d1, d2 = m + 3.0, -((m + 2.0) ** 2), 2.0 * (m + 2.0) ** 3  # of ν = 1/η by η
    k = n / m
    for t in range(T):
        f[t] = 1.0 / (1.0 + u[t] * u[t] * r[t] / m)
    for t in range(T):
        L[0, t], L[1, t] = (
            -k * f[t] * u[t] * r[t],
            0.5 * (n * (1.0 - f[t]) - 1.0) * r[t],
        )
    for t in range(T * bent):
        L[3, t], L[4, t] = (
            -k * f[t] * (2.0 * f[t] - 1.0) * r[t],
            k * f[t] * f[t] * u[t] * r[t] ** 2,
        )
    for t in range(T * bent):
        L[5, t] = 0.5 * (1.0 - n * (1.0 - f[t] * f[t])) * r[t] * r[t]
    for t in range(T * bent):
        mixed = d1 * (1.0 - k * f[t]) * r[t]
        L[6, t], L[7, t] = -u[t] * f[t] * mixed / m, 0.5 * (1.0 - f[t]) * mixed
    if scored:
        for t in range(T):
            L[2, t] = (c1 + 0.5 * k * (1.0 - f[t]) + 0.5 * math.log(f[t])) * d1
    sum_f = 0.0
    for t in range(T):
        sum_f += f[t]
    by_nu = T * c1 - 0.5 * tails + 0.5 * k * (T - sum_f)
    twice = T * c2 + (T - sum_f) / m - 0.5 * k * (T - dot(f, f)) / m
    total = T * constant - 0.5 * (sum_h + n * tails)
    return total, by_nu * d1, twice * d1 * d1 + by_nu * d2
