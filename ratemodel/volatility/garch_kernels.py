r"""Likelihoods of GARCH-type models with derivatives, and the climb to their maximum, in numba.

One file, because numba's cache of compiled functions follows changes of the file a function is in
and not of those it calls (`density_kernels.py` and
`step_kernels.py` say so too). The model is, with a the weight of rises and g that of falls (g = a
in a GARCH),

.. math:: u_t = (y_t - b'x_t)\, m_t^{-1/2}, \qquad
          h_t = \omega + (a\,|\,g)\, u_{t-1}^2 + \beta h_{t-1} + \delta'|s_t| , \qquad m_t = 1,

or, in the product form, without δ in h and with :math:`m_t = \exp(\delta'|s_t|)`. The variance is
h m. θ is in working order: what moves u (b, and δ of the product form), ω, a, (g), β, δ of the sum,
and 1/ν for Student's t. Before the first date h and u² are `start`, or with `sample` the mean of u²
at each θ. X (K, T) holds the regressors of the mean, A (P, T) the |s|; both may have no rows.

Nothing of second order is carried along in time: with the backward sum :math:`\lambda_t = l_{h,t} +
\beta\lambda_{t+1}` the part of the Hessian that comes from second derivatives of h is
:math:`\sum_t \lambda_t \Delta_t`, Δ being what enters their recursion at t.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ratemodel.volatility.density_kernels import densities, log_sums, t_terms
from ratemodel.volatility.step_kernels import (
    best_step,
    clear,
    dot,
    inverse,
    mirror,
    put,
    stiffened,
    take_products,
)

BHHH_STEPS = 2
"""Steps by outer products of scores before the Hessian is worth its price."""
NEAR = 1.0
"""Gain of log-likelihood in sight, below which Newton's steps are taken."""
CONVERGED = 1e-11
"""Gain of log-likelihood that a last Newton step may promise: a millionth of a standard error."""
NOISE = 1e-13
"""Relative rounding of a log-likelihood."""
ENOUGH = 1e-4
"""Share of the gain in sight that a step must bring (Armijo)."""
MAX_STEPS = 200


@njit(cache=True, error_model="numpy")
def mean_part(theta, y, X, A, product, u, J):
    """Fill u and du/dθ (J has no rows: not asked for); give -½ Σ ln m."""
    K, T = X.shape
    put(y, u)
    for k in range(K):
        for t in range(T):
            u[t] -= X[k, t] * theta[k]
    for k in range(min(K, J.shape[0])):
        for t in range(T):
            J[k, t] = -X[k, t]
    logs = 0.0
    if product:
        for t in range(T):
            half = 0.0
            for j in range(A.shape[0]):
                half -= 0.5 * theta[K + j] * A[j, t]
            logs += half
            scale = math.exp(half)
            u[t] *= scale
            for k in range(J.shape[0]):
                J[k, t] = J[k, t] * scale if k < K else -0.5 * A[k - K, t] * u[t]
    return logs


@njit(cache=True, error_model="numpy")
def variances(theta, w, asym, A, product, u, start, h):
    """Run the recursion of h."""
    omega, a, g, beta = theta[w], theta[w + 1], theta[w + 1 + asym], theta[w + 2 + asym]
    T, now = u.size, start
    extra = 0 if product else A.shape[0]
    news = 0.5 * (a + g) * start
    for t in range(T):
        x = omega + news
        for j in range(extra):
            x += theta[w + 3 + asym + j] * A[j, t]
        now = x + beta * now
        h[t] = now
        news = (g if u[t] < 0.0 else a) * (u[t] * u[t])


@njit(cache=True, error_model="numpy")
def value(theta, y, X, A, start, asym, student, product, sample, work):
    """Log-likelihood; the first two rows of `work` become u and h."""
    u, h = work[0], work[1]
    w = X.shape[0] + (A.shape[0] if product else 0)
    logs = mean_part(theta, y, X, A, product, u, work[:0])
    variances(theta, w, asym, A, product, u, dot(u, u) / u.size if sample else start, h)
    m = 1.0 / theta[-1] - 2.0 if student else 1.0
    sum_h, tails = log_sums(u, h, m, student)
    total = logs - 0.5 * sum_h
    if student:
        return total + u.size * t_terms(theta[-1])[1] - 0.5 * (m + 3.0) * tails
    return total - 0.5 * tails - 0.5 * u.size * math.log(2.0 * math.pi)


@njit(cache=True, error_model="numpy")
def slopes_of_h(theta, w, asym, A, product, u, h, J, start, start_1, D):
    """Run dh/dθ, a row of D a parameter."""
    T = u.size
    bad, b = w + 1 + asym, w + 2 + asym
    a, g, beta = theta[w + 1], theta[bad], theta[b]
    share = 0.5 if asym else 1.0
    d_omega, d_a, d_g, d_beta = 1.0, share * start, 0.5 * start, start
    for t in range(T):
        D[w, t], D[w + 1, t], D[bad, t], D[b, t] = d_omega, d_a, d_g, d_beta
        if not asym:
            D[bad, t] = d_a
        square = u[t] * u[t]
        fell = asym and u[t] < 0.0
        d_omega = 1.0 + beta * d_omega
        d_a = (0.0 if fell else square) + beta * d_a
        d_g = (square if fell else 0.0) + beta * d_g
        d_beta = h[t] + beta * d_beta
    for r in range(w):
        now = (0.5 * (a + g) + beta) * start_1[r]
        for t in range(T):
            D[r, t] = now
            now = 2.0 * (g if u[t] < 0.0 else a) * u[t] * J[r, t] + beta * now
    if not product:
        for j in range(A.shape[0]):
            now = 0.0
            for t in range(T):
                now = A[j, t] + beta * now
                D[b + 1 + j, t] = now


@njit(cache=True, error_model="numpy")
def derivatives(
    theta,
    y,
    X,
    A,
    start,
    asym,
    student,
    product,
    sample,
    work,
    scored,
    bent,
    grad,
    opg,
    hess,
):
    """Log-likelihood and gradient; if `scored` outer products of scores, if `bent` minus Hessian.

    `work` has 13 + w + 2 p rows; scores are left in the last p, dh/dθ in the p before, du/dθ in the
    w before these.
    """
    (K, T), P, p = X.shape, A.shape[0], theta.size
    w, e = K + (P if product else 0), p - student
    bad, b = w + 1 + asym, w + 2 + asym
    u, h, ahead, L = work[0], work[1], work[2], work[3:13]
    J, D, S = (
        work[13 : 13 + w],
        work[13 + w : 13 + w + e],
        work[13 + w + p : 13 + w + 2 * p],
    )
    logs = mean_part(theta, y, X, A, product, u, J)
    start_1, start_2 = np.zeros(w), np.zeros((w, w))
    if sample:
        start = dot(u, u) / u.size
        for t in range(T):
            ahead[t], L[0, t] = 2.0 / T, 2.0 / T * u[t]
        for i in range(w):
            start_1[i] = dot(L[0], J[i])
        add_squares(start_2, 1.0, ahead, L[0], J, A, K)
    variances(theta, w, asym, A, product, u, start, h)
    slopes_of_h(theta, w, asym, A, product, u, h, J, start, start_1, D)
    total, by_eta, by_eta_2 = densities(u, h, theta[-1], student, scored, bent, L)
    for i in range(e):
        grad[i] = dot(D[i], L[1])
    for i in range(w):
        grad[i] += dot(J[i], L[0])
    if student:
        grad[e] = by_eta
    for i in range(K, w):
        grad[i] -= 0.5 * A[i - K].sum()
    if bent:
        clear(hess)
        now = 0.0
        for t in range(T - 1, -1, -1):
            ahead[t] = now
            now = L[1, t] + theta[b] * now
        for i in range(e):
            for t in range(T):
                S[i, t] = L[5, t] * D[i, t]
            if i < w:
                for t in range(T):
                    S[i, t] += L[4, t] * J[i, t]
        take_products(hess, D, S)
        for i in range(e):
            carried = dot(D[i], ahead)
            if i < w:
                carried += now * start_1[i]
            hess[max(i, b), min(i, b)] -= carried * (2.0 if i == b else 1.0)
        for i in range(w):
            for t in range(T):
                S[i, t] = L[4, t] * D[i, t] + L[3, t] * J[i, t]
        take_products(hess, J, S)
        for i in range(w):
            for n in range(w + 1, b):
                cross = now * start_1[i] / (1 + asym)
                for t in range(T):
                    if not asym or (u[t] < 0.0) == (n == bad):
                        cross += 2.0 * ahead[t] * u[t] * J[i, t]
                hess[n, i] -= cross
        for t in range(T):
            ahead[t] *= 2.0 * (theta[bad] if u[t] < 0.0 else theta[w + 1])
            L[5, t] = ahead[t] * u[t] + L[0, t]
        middle = 0.5 * (theta[w + 1] + theta[bad]) + theta[b]
        add_squares(hess, -1.0, ahead, L[5], J, A, K)
        for i in range(w):
            for j in range(i + 1):
                hess[i, j] -= now * middle * start_2[i, j]
        if student:
            for i in range(e):
                hess[e, i] = -dot(D[i], L[7])
                if i < w:
                    hess[e, i] -= dot(J[i], L[6])
            hess[e, e] = -by_eta_2
        mirror(hess, 1.0)
    if scored:
        for i in range(e):
            for t in range(T):
                S[i, t] = L[1, t] * D[i, t]
            if i < w:
                for t in range(T):
                    S[i, t] += L[0, t] * J[i, t]
            if K <= i < w:
                for t in range(T):
                    S[i, t] -= 0.5 * A[i - K, t]
        if student:
            put(L[2], S[e])
        clear(opg)
        take_products(opg, S, S)
        mirror(opg, -1.0)
    return logs + total


@njit(cache=True, error_model="numpy")
def add_squares(out, sign, weight, bend, J, A, K):
    """Add Σ weight du du' + bend d²u to a corner's lower half; d²u is -½ A du for δ."""
    w, T = J.shape
    for i in range(w):
        for j in range(i + 1):
            total = 0.0
            for t in range(T):
                total += weight[t] * J[i, t] * J[j, t]
            if i >= K:
                for t in range(T):
                    total -= 0.5 * bend[t] * A[i - K, t] * J[j, t]
            out[i, j] += sign * total


@njit(cache=True, error_model="numpy")
def climb(
    theta,
    C,
    low,
    y,
    X,
    A,
    start,
    asym,
    student,
    product,
    sample,
    work,
    opg,
    hess,
    active,
):
    """Climb from θ to a maximum subject to C θ >= low: BHHH steps, then Newton's.

    Moves θ; gives the log-likelihood and whether it is a maximum: no step that the constraints
    allow gains, and the Hessian is negative definite along those they leave free.
    """
    args = (y, X, A, start, asym, student, product, sample, work)
    p = theta.size
    grad, d, slack, trial = np.zeros(p), np.zeros(p), np.zeros(low.size), np.zeros(p)
    held = np.zeros(low.size, np.bool_)
    put(theta, trial)
    here, gain, length, scored, bent, checked = -np.inf, 0.0, 1.0, True, False, True
    for step in range(MAX_STEPS):
        there = derivatives(trial, *args, scored, bent, grad, opg, hess)
        while not checked and not there >= here + ENOUGH * length * gain - NOISE * abs(here):
            length *= 0.5
            if length < 1e-10:
                return here, False, step
            for i in range(p):
                trial[i] = theta[i] + length * d[i]
            there = value(trial, *args)
        if not checked and length < 1.0:
            checked = True
            continue
        here = there
        put(trial, theta)
        for i in range(low.size):
            slack[i] = dot(C[i], theta) - low[i]
        bread, exact = inverse(hess) if bent else (opg, False)
        if not exact:
            if not scored:
                scored, checked = True, True
                continue
            largest = 0.0
            for i in range(p):
                largest = max(largest, opg[i, i])
            for i in range(p):
                opg[i, i] += 1e-10 * largest
            bread = inverse(opg)[0]
        gain = best_step(grad, bread, C, slack, active, d)
        if bent and not exact:
            # Newton's step all the same, if it may be bent across constraints that hold.
            for i in range(low.size):
                held[i] = active[i] and slack[i] < 1e-12
            stiff, exact = stiffened(hess, C, held)
            if exact:
                gain = best_step(grad, stiff, C, slack, active, d)
                for i in range(low.size):
                    exact = exact and (active[i] or not held[i])
            if not exact:
                gain = best_step(grad, bread, C, slack, active, d)
        if gain < CONVERGED and bent:
            return here, exact, step
        bent = step + 1 >= BHHH_STEPS or gain < NEAR
        scored, checked, length = not bent, False, 1.0
        for i in range(p):
            trial[i] += d[i]
        for k in range(low.size):  # rounding must not carry θ across its bound
            if active[k]:
                off = (low[k] - dot(C[k], trial)) / dot(C[k], C[k])
                for i in range(p):
                    trial[i] += off * C[k, i]
    return here, False, MAX_STEPS
