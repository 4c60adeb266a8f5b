"""Steps with a rate for each element or each step: Adagrad, Adadelta, RMSprop, Rprop and ASGD.

Their definitions stand in ``optim/``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.optimizer_rows import Numbers, Row, move, sign, sorted_out
from lucid.engines.cpu.kernels.pieces import at, step


@step
def _adagrad(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, rate, eps = c[0], c[1], c[2], c[3]
    g, p, s = at(places, 0, n), at(places, 1, n), at(places, 2, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        b = s[i] + d * d
        s[i] = b
        p[i] -= rate * (d / (np.sqrt(b) + eps))


@step
def _adadelta(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, lr, rho, rest, eps = c[0], c[1], c[2], c[3], c[4], c[5]
    g, p, v, u = at(places, 0, n), at(places, 1, n), at(places, 2, n), at(places, 3, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        b = rho * v[i] + rest * d * d
        a = u[i]
        d *= np.sqrt(a + eps) / np.sqrt(b + eps)
        v[i] = b
        u[i] = rho * a + rest * d * d
        p[i] -= lr * d


@step
def _rmsprop(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, lr, alpha, rest, eps, momentum = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
    g, p, v = at(places, 0, n), at(places, 1, n), at(places, 2, n)
    if momentum == 0:
        for i in range(n):
            d = turn * g[i]
            if decay != 0:
                d += decay * p[i]
            b = alpha * v[i] + rest * d * d
            v[i] = b
            p[i] -= lr * (d / (np.sqrt(b) + eps))
    else:
        last = at(places, 3, n)
        for i in range(n):
            d = turn * g[i]
            if decay != 0:
                d += decay * p[i]
            b = alpha * v[i] + rest * d * d
            v[i] = b
            d = momentum * last[i] + d / (np.sqrt(b) + eps)
            last[i] = d
            p[i] -= lr * d


@step
def _centered(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, lr, alpha, rest, eps, momentum = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
    g, p, v, mean = at(places, 0, n), at(places, 1, n), at(places, 2, n), at(places, 3, n)
    move = np.empty(n, np.float32)  # it stays in the cache
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        move[i] = d
    for i in range(n):
        d = move[i]
        a = alpha * mean[i] + rest * d
        b = alpha * v[i] + rest * d * d
        mean[i] = a
        v[i] = b
        b -= a * a
        if b < 0:  # nan stays
            b = np.float32(0)
        move[i] = d / (np.sqrt(b) + eps)
    if momentum == 0:
        for i in range(n):
            p[i] -= lr * move[i]
    else:
        last = at(places, 4, n)
        for i in range(n):
            d = momentum * last[i] + move[i]
            last[i] = d
            p[i] -= lr * d


@step
def _rprop(places, n, c):  # type: ignore[no-untyped-def]
    turn, shorter, longer, least, most = c[0], c[1], c[2], c[3], c[4]
    one, zero = np.float32(1), np.float32(0)
    g, p, prev, length = at(places, 0, n), at(places, 1, n), at(places, 2, n), at(places, 3, n)
    for i in range(n):
        d = turn * g[i]
        s = one if d > 0 else (-one if d < 0 else d)  # nan stays
        last = prev[i]
        same = s if last > 0 else (-s if last < 0 else last)
        x = length[i] * (longer if same > 0 else (shorter if same < 0 else one))
        x = least if x < least else x
        x = most if x > most else x
        length[i] = x
        prev[i] = zero if same < 0 else d
        p[i] -= (zero if same < 0 else s) * x


@step
def _asgd(places, n, c):  # type: ignore[no-untyped-def]
    turn, decay, keep, eta, mu = c[0], c[1], c[2], c[3], c[4]
    g, p, mean = at(places, 0, n), at(places, 1, n), at(places, 2, n)
    for i in range(n):
        d = turn * g[i]
        if decay != 0:
            d += decay * p[i]
        x = keep * p[i] - eta * d
        p[i] = x
        mean[i] = x if mu == 1 else mean[i] + (x - mean[i]) * mu


# ----------------------------------------------------------------- rows


def adagrad(rows: list[Row]) -> list[Row]:
    """Step by ``optim.Adagrad``."""
    fit, left = sorted_out(rows)
    move(_adagrad, fit, ("sum",), _adagrad_plan, begin={"sum": "initial_accumulator_value"})
    return left


def _adagrad_plan(options: dict[str, Any], count: int | None) -> tuple[Numbers, tuple[int]]:
    count = count or 0
    rate = options["lr"] / (1 + count * options["lr_decay"])
    return (sign(options), options["weight_decay"], rate, options["eps"]), (count + 1,)


def adadelta(rows: list[Row]) -> list[Row]:
    """Step by ``optim.Adadelta``."""
    fit, left = sorted_out(rows)
    move(_adadelta, fit, ("square_avg", "acc_delta"), _adadelta_plan)
    return left


def _adadelta_plan(options: dict[str, Any], count: int | None) -> tuple[Numbers, tuple[int]]:
    rho = options["rho"]
    numbers = sign(options), options["weight_decay"], options["lr"], rho, 1 - rho, options["eps"]
    return numbers, ((count or 0) + 1,)


def rmsprop(rows: list[Row]) -> list[Row]:
    """Step by ``optim.RMSprop``."""
    fit, left = sorted_out(rows)
    for centered in (False, True):
        for moving in (False, True):
            chosen = [r for r in fit if r[3]["centered"] is centered and (r[3]["momentum"] != 0) is moving]
            names = [
                "square_avg",
                *(["grad_avg"] if centered else []),
                *(["momentum_buffer"] if moving else []),
            ]
            move(_centered if centered else _rmsprop, chosen, tuple(names), _rmsprop_plan)
    return left


def _rmsprop_plan(options: dict[str, Any], count: int | None) -> tuple[Numbers, tuple[int]]:
    alpha = options["alpha"]
    return (
        sign(options),
        options["weight_decay"],
        options["lr"],
        alpha,
        1 - alpha,
        options["eps"],
        options["momentum"],
    ), ((count or 0) + 1,)


def rprop(rows: list[Row]) -> list[Row]:
    """Step by ``optim.Rprop``."""
    fit, left = sorted_out(rows)
    move(_rprop, fit, ("prev", "step_size"), _rprop_plan, begin={"step_size": "lr"})
    return left


def _rprop_plan(options: dict[str, Any], count: int | None) -> tuple[Numbers, tuple[int]]:
    return (sign(options), *options["etas"], *options["step_sizes"]), ((count or 0) + 1,)


def asgd(rows: list[Row]) -> list[Row]:
    """Step by ``optim.ASGD``."""
    fit, left = sorted_out(rows)
    move(_asgd, fit, ("ax",), _asgd_plan, ("step", "eta", "mu"))
    return left


def _asgd_plan(
    options: dict[str, Any], count: int | None, eta: float | None, mu: float | None
) -> tuple[Numbers, tuple[int, float, float]]:
    count = (count or 0) + 1
    lr, lambd = options["lr"], options["lambd"]
    eta, mu = lr if eta is None else eta, 1.0 if mu is None else mu
    numbers = sign(options), options["weight_decay"], 1 - lambd * eta, eta, mu
    following = lr / (1 + lambd * lr * count) ** options["alpha"]
    return numbers, (count, following, 1 / max(1, count - options["t0"]))
