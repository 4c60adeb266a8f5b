"""Steps of Adam's kin: NAdam, RAdam, Adamax and Lion. Their definitions stand in ``optim/``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.optimizer_rows import Numbers, Row, move, sign, sorted_out
from lucid.engines.cpu.kernels.optimizers import pulls
from lucid.engines.cpu.kernels.pieces import at, step


@step
def _nadam(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, pull, by_g, by_m, fix, eps = c[0], c[1], c[2], c[7], c[8], c[9], c[10]
    beta1, rest1, beta2, rest2 = c[3], c[4], c[5], c[6]
    g, p, m, v = at(places, 0, n), at(places, 1, n), at(places, 2, n), at(places, 3, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        a = beta1 * m[i] + rest1 * d
        b = beta2 * v[i] + rest2 * d * d
        m[i] = a
        v[i] = b
        p[i] = pull * p[i] - (by_g * d + by_m * a) / (np.sqrt(b) * fix + eps)


@step
def _radam(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, pull, rate, sure, eps = c[0], c[1], c[2], c[7], c[8], c[9]
    beta1, rest1, beta2, rest2 = c[3], c[4], c[5], c[6]
    g, p, m, v = at(places, 0, n), at(places, 1, n), at(places, 2, n), at(places, 3, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        a = beta1 * m[i] + rest1 * d
        b = beta2 * v[i] + rest2 * d * d
        m[i] = a
        v[i] = b
        if sure != 0:
            a /= np.sqrt(b) + eps
        p[i] = pull * p[i] - rate * a


@step
def _adamax(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, beta1, rest1, beta2, rate, eps = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
    g, p, m, u = at(places, 0, n), at(places, 1, n), at(places, 2, n), at(places, 3, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        a = beta1 * m[i] + rest1 * d
        b = beta2 * u[i]
        e = abs(d) + eps
        if e > b or e != e:  # nan stays
            b = e
        m[i] = a
        u[i] = b
        p[i] -= rate * (a / b)


@step
def _lion(places, n, c):  # type: ignore[no-untyped-def]
    turn, pull, lr, beta1, rest1, beta2, rest2 = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
    g, p, m = at(places, 0, n), at(places, 1, n), at(places, 2, n)
    for i in range(n):
        d = turn * g[i]
        a = m[i]
        u = beta1 * a + rest1 * d
        if u > 0:  # nan stays
            u = np.float32(1)
        if u < 0:
            u = np.float32(-1)
        m[i] = beta2 * a + rest2 * d
        p[i] = pull * p[i] - lr * u


# ----------------------------------------------------------------- rows


def nadam(rows: list[Row]) -> list[Row]:
    """Step by ``optim.NAdam``."""
    fit, left = sorted_out(rows)
    move(_nadam, fit, ("exp_avg", "exp_avg_sq"), _nadam_plan, ("step", "mu_product"))
    return left


def _nadam_plan(
    options: dict[str, Any], count: int | None, product: float | None
) -> tuple[Numbers, tuple[int, float]]:
    count = (count or 0) + 1
    lr, decay = options["lr"], options["momentum_decay"]
    beta1, beta2 = options["betas"]
    mu = beta1 * (1 - 0.5 * 0.96 ** (count * decay))
    following = beta1 * (1 - 0.5 * 0.96 ** ((count + 1) * decay))
    product = mu if product is None else product * mu
    return (
        *pulls(options),
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        lr * (1 - mu) / (1 - product),
        lr * following / (1 - product * following),
        1 / math.sqrt(1 - beta2**count),
        options["eps"],
    ), (count, product)


def radam(rows: list[Row]) -> list[Row]:
    """Step by ``optim.RAdam``."""
    fit, left = sorted_out(rows)
    move(_radam, fit, ("exp_avg", "exp_avg_sq"), _radam_plan)
    return left


def _radam_plan(options: dict[str, Any], count: int | None) -> tuple[Numbers, tuple[int]]:
    count = (count or 0) + 1
    beta1, beta2 = options["betas"]
    rate, sure = options["lr"] / (1 - beta1**count), 0.0
    most, rest = 2 / (1 - beta2) - 1, 1 - beta2**count
    known = most - 2 * count * beta2**count / rest
    if known > 5:
        sure = 1.0
        share = (known - 4) * (known - 2) * most / ((most - 4) * (most - 2) * known)
        rate *= math.sqrt(share * rest)
    numbers = (*pulls(options), beta1, 1 - beta1, beta2, 1 - beta2, rate, sure, options["eps"])
    return numbers, (count,)


def adamax(rows: list[Row]) -> list[Row]:
    """Step by ``optim.Adamax``."""
    fit, left = sorted_out(rows)
    move(_adamax, fit, ("exp_avg", "exp_inf"), _adamax_plan)
    return left


def _adamax_plan(options: dict[str, Any], count: int | None) -> tuple[Numbers, tuple[int]]:
    count = (count or 0) + 1
    beta1, beta2 = options["betas"]
    rate = options["lr"] / (1 - beta1**count)
    return (sign(options), options["weight_decay"], beta1, 1 - beta1, beta2, rate, options["eps"]), (count,)


def lion(rows: list[Row]) -> list[Row]:
    """Step by ``optim.Lion``."""
    fit, left = sorted_out(rows)
    move(_lion, fit, ("exp_avg",), _lion_plan, ())
    return left


def _lion_plan(options: dict[str, Any]) -> tuple[Numbers, tuple[()]]:
    lr = options["lr"]
    beta1, beta2 = options["betas"]
    pull = 1 - lr * options["weight_decay"]
    return (sign(options), pull, lr, beta1, 1 - beta1, beta2, 1 - beta2), ()
