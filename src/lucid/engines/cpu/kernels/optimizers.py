"""Steps of SGD and Adam, in one pass through memory. Their definitions stand in ``optim/``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.optimizer_rows import Numbers, Row, move, sign, sorted_out
from lucid.engines.cpu.kernels.pieces import at, step


@step
def _sgd(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, lr = c[0], c[1], c[2]
    g, p = at(places, 0, n), at(places, 1, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        p[i] -= lr * d


@step
def _momentum(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, lr, keep, gain, by_g, by_v = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
    g, p, v = at(places, 0, n), at(places, 1, n), at(places, 2, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        u = keep * v[i] + gain * d
        v[i] = u
        if by_g != 0:
            u = d + by_v * u
        p[i] -= lr * u


@step
def _adam(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, pull, rate, fix, eps = c[0], c[1], c[2], c[7], c[8], c[9]
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
        p[i] = pull * p[i] - rate * (a / (np.sqrt(b) * fix + eps))


@step
def _amsgrad(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, pull, rate, fix, eps = c[0], c[1], c[2], c[7], c[8], c[9]
    beta1, rest1, beta2, rest2 = c[3], c[4], c[5], c[6]
    g, p, m, v = at(places, 0, n), at(places, 1, n), at(places, 2, n), at(places, 3, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        m[i] = beta1 * m[i] + rest1 * d
        v[i] = beta2 * v[i] + rest2 * d * d
    top = at(places, 4, n)
    for i in range(n):
        b = top[i]
        if v[i] > b or v[i] != v[i]:  # nan stays
            b = v[i]
        top[i] = b
        p[i] = pull * p[i] - rate * (m[i] / (np.sqrt(b) * fix + eps))


# ----------------------------------------------------------------- rows


def sgd(rows: list[Row]) -> list[Row]:
    """Step by ``optim.SGD``."""
    fit, left = sorted_out(rows)
    move(_sgd, [row for row in fit if not row[3]["momentum"]], (), _sgd_plan, ())
    moving = [row for row in fit if row[3]["momentum"]]
    begun = [row for row in moving if "momentum_buffer" in row[2]]
    new = [row for row in moving if "momentum_buffer" not in row[2]]
    move(_momentum, begun, ("momentum_buffer",), _going_on_plan, ())
    move(_momentum, new, ("momentum_buffer",), _beginning_plan, ())
    return left


def _sgd_plan(options: dict[str, Any]) -> tuple[Numbers, tuple[()]]:
    return (sign(options), options["weight_decay"], options["lr"]), ()


def _going_on_plan(options: dict[str, Any]) -> tuple[Numbers, tuple[()]]:
    momentum, nesterov = options["momentum"], 1.0 if options["nesterov"] else 0.0
    return (*_sgd_plan(options)[0], momentum, 1 - options["dampening"], nesterov, momentum), ()


def _beginning_plan(options: dict[str, Any]) -> tuple[Numbers, tuple[()]]:
    nesterov = 1.0 if options["nesterov"] else 0.0  # the first step takes the gradient whole
    return (*_sgd_plan(options)[0], 0.0, 1.0, nesterov, options["momentum"]), ()


def adam(rows: list[Row]) -> list[Row]:
    """Step by ``optim.Adam`` and ``optim.AdamW``."""
    fit, left = sorted_out(rows)
    names = ("exp_avg", "exp_avg_sq")
    move(_adam, [row for row in fit if not row[3]["amsgrad"]], names, _adam_plan)
    move(_amsgrad, [row for row in fit if row[3]["amsgrad"]], (*names, "max_exp_avg_sq"), _adam_plan)
    return left


def _adam_plan(options: dict[str, Any], count: int | None) -> tuple[Numbers, tuple[int]]:
    count = (count or 0) + 1
    lr = options["lr"]
    beta1, beta2 = options["betas"]
    return (
        *pulls(options),
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        lr / (1 - beta1**count),
        1 / math.sqrt(1 - beta2**count),
        options["eps"],
    ), (count,)


def pulls(options: dict[str, Any]) -> tuple[float, float, float]:
    """Return the sign of a gradient, its share of the weight decay, and the weights' own factor."""
    decay = options["weight_decay"]
    if options["decoupled_weight_decay"]:
        return sign(options), 0.0, 1 - options["lr"] * decay
    return sign(options), decay, 1.0
