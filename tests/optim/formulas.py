"""Optimizers as formulas over whole NumPy arrays, and the options with which tests of steps run them.

A formula takes a parameter, an iterator of gradients and options, and yields the parameter after each step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from lucid import optim

Array = Any
Steps = Iterator[Array]


def each(**options: list[Any]) -> list[dict[str, Any]]:
    """Return every combination of the options' values."""
    return [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]


# ----------------------------------------------------------------- formulas


def sgd(
    p: Array,
    gs: Steps,
    lr: float = 1e-3,
    momentum: float = 0,
    dampening: float = 0,
    weight_decay: float = 0,
    nesterov: bool = False,
    maximize: bool = False,
) -> Steps:
    velocity = None
    for g in gs:
        g = (-g if maximize else g) + weight_decay * p
        velocity = g if velocity is None else momentum * velocity + (1 - dampening) * g
        if momentum:
            g = g + momentum * velocity if nesterov else velocity
        p = p - lr * g
        yield p


def adam(
    p: Array,
    gs: Steps,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
) -> Steps:
    m = v = largest = np.zeros_like(p)
    for t, g in enumerate(gs, start=1):
        g = -g if maximize else g
        if decoupled_weight_decay:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        largest = np.maximum(largest, v)
        m_hat = m / (1 - betas[0] ** t)
        v_hat = (largest if amsgrad else v) / (1 - betas[1] ** t)
        p = p - lr * m_hat / (np.sqrt(v_hat) + eps)
        yield p


def adamw(p: Array, gs: Steps, weight_decay: float = 1e-2, **options: Any) -> Steps:
    return adam(p, gs, weight_decay=weight_decay, decoupled_weight_decay=True, **options)


def nadam(
    p: Array,
    gs: Steps,
    lr: float = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0,
    momentum_decay: float = 4e-3,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> Steps:
    m = v = np.zeros_like(p)
    mus = [betas[0] * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in range(100)]
    for t, g in enumerate(gs, start=1):
        g = -g if maximize else g
        if decoupled_weight_decay:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = mus[t + 1] * m / (1 - np.prod(mus[1 : t + 2])) + (1 - mus[t]) * g / (
            1 - np.prod(mus[1 : t + 1])
        )
        p = p - lr * m_hat / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
        yield p


def radam(
    p: Array,
    gs: Steps,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> Steps:
    m = v = np.zeros_like(p)
    end = 2 / (1 - betas[1]) - 1
    for t, g in enumerate(gs, start=1):
        g = -g if maximize else g
        if decoupled_weight_decay:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        move = m / (1 - betas[0] ** t)
        rho = end - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
        if rho > 5:
            r = np.sqrt((rho - 4) * (rho - 2) * end / ((end - 4) * (end - 2) * rho))
            move = move * r * np.sqrt(1 - betas[1] ** t) / (np.sqrt(v) + eps)
        p = p - lr * move
        yield p


def adamax(
    p: Array,
    gs: Steps,
    lr: float = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0,
    maximize: bool = False,
) -> Steps:
    m = u = np.zeros_like(p)
    for t, g in enumerate(gs, start=1):
        g = (-g if maximize else g) + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        u = np.maximum(betas[1] * u, abs(g) + eps)
        p = p - lr / (1 - betas[0] ** t) * m / u
        yield p


def lion(
    p: Array,
    gs: Steps,
    lr: float = 1e-4,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0,
    maximize: bool = False,
) -> Steps:
    m = np.zeros_like(p)
    for g in gs:
        g = -g if maximize else g
        p = p - lr * (np.sign(betas[0] * m + (1 - betas[0]) * g) + weight_decay * p)
        m = betas[1] * m + (1 - betas[1]) * g
        yield p


def adagrad(
    p: Array,
    gs: Steps,
    lr: float = 1e-2,
    lr_decay: float = 0,
    weight_decay: float = 0,
    initial_accumulator_value: float = 0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> Steps:
    total = np.full_like(p, initial_accumulator_value)
    for t, g in enumerate(gs):
        g = (-g if maximize else g) + weight_decay * p
        total = total + g**2
        p = p - lr / (1 + t * lr_decay) * g / (np.sqrt(total) + eps)
        yield p


def adadelta(
    p: Array,
    gs: Steps,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0,
    maximize: bool = False,
) -> Steps:
    v = u = np.zeros_like(p)
    for g in gs:
        g = (-g if maximize else g) + weight_decay * p
        v = rho * v + (1 - rho) * g**2
        delta = np.sqrt((u + eps) / (v + eps)) * g
        u = rho * u + (1 - rho) * delta**2
        p = p - lr * delta
        yield p


def rmsprop(
    p: Array,
    gs: Steps,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0,
    momentum: float = 0,
    centered: bool = False,
    maximize: bool = False,
) -> Steps:
    v = a = b = np.zeros_like(p)
    for g in gs:
        g = (-g if maximize else g) + weight_decay * p
        v = alpha * v + (1 - alpha) * g**2
        a = alpha * a + (1 - alpha) * g
        b = momentum * b + g / (np.sqrt(v - a**2 if centered else v) + eps)
        p = p - lr * b
        yield p


def rprop(
    p: Array,
    gs: Steps,
    lr: float = 1e-2,
    etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50),
    maximize: bool = False,
) -> Steps:
    last, size = np.zeros_like(p), np.full_like(p, lr)
    for g in gs:
        g = np.where(maximize, -g, g)
        size = size * np.select([g * last > 0, g * last < 0], [etas[1], etas[0]], 1.0)
        size = np.minimum(np.maximum(size, step_sizes[0]), step_sizes[1])
        last = np.where(g * last < 0, 0.0, g)
        p = p - size * np.sign(last)
        yield p


def asgd(
    p: Array,
    gs: Steps,
    lr: float = 1e-2,
    lambd: float = 1e-4,
    alpha: float = 0.75,
    t0: float = 1e6,
    weight_decay: float = 0,
    maximize: bool = False,
) -> Steps:
    eta = lr
    for t, g in enumerate(gs, start=1):
        g = (-g if maximize else g) + weight_decay * p
        p = p - lambd * eta * p - eta * g
        eta = lr / (1 + lambd * lr * t) ** alpha
        yield p


# ----------------------------------------------------------------- rows

_ADAM = [
    {},
    {"betas": (0.5, 0.9), "eps": 1e-3},
    {"betas": (0.0, 0.0)},
    *each(lr=[0.1], weight_decay=[0.0, 0.2], amsgrad=[False, True], maximize=[False, True]),
]
_DECAYS = [
    {},
    {"lr": 0.1, "weight_decay": 0.2},
    {"lr": 0.1, "weight_decay": 0.2, "maximize": True, "decoupled_weight_decay": True},
]

OPTIONS: Mapping[str, list[dict[str, Any]]] = {
    "SGD": [
        {},
        {"momentum": 0.9, "dampening": 0.5},
        *each(lr=[0.1], momentum=[0.0, 0.9], weight_decay=[0.0, 0.2], maximize=[False, True]),
        *each(lr=[0.1], momentum=[0.9], weight_decay=[0.0, 0.2], nesterov=[True]),
    ],
    "Adam": [*_ADAM, {"lr": 0.1, "weight_decay": 0.2, "decoupled_weight_decay": True}],
    "AdamW": _ADAM,
    "NAdam": [*_DECAYS, {"betas": (0.5, 0.9), "eps": 1e-3, "momentum_decay": 0.5}, {"betas": (0.0, 0.0)}],
    "RAdam": [*_DECAYS, {"betas": (0.5, 0.9), "eps": 1e-3}, {"betas": (0.0, 0.0)}],
    "Adamax": [
        {},
        {"betas": (0.5, 0.5), "eps": 1e-3, "maximize": True},
        {"lr": 0.1, "weight_decay": 0.2, "betas": (0.0, 0.0)},
    ],
    "Lion": [{}, {"lr": 0.1, "betas": (0.5, 0.9)}, {"lr": 0.1, "weight_decay": 0.2, "maximize": True}],
    "Adagrad": [
        {},
        {"lr": 0.1, "lr_decay": 0.5, "eps": 1e-3, "maximize": True},
        {"lr": 0.1, "weight_decay": 0.2, "initial_accumulator_value": 0.5},
    ],
    "Adadelta": [{}, {"rho": 0.5, "eps": 1e-3, "maximize": True}, {"lr": 0.5, "weight_decay": 0.2}],
    "RMSprop": [
        {},
        {"alpha": 0.5, "eps": 1e-3},
        *each(weight_decay=[0.2], momentum=[0.0, 0.9], centered=[False, True], maximize=[False, True]),
    ],
    "Rprop": [{}, {"lr": 0.1, "etas": (0.4, 1.5), "step_sizes": (0.05, 0.2)}, {"maximize": True}],
    "ASGD": [
        {},
        {"lr": 0.1, "lambd": 0.5, "alpha": 0.5, "t0": 1.0},
        {"lr": 0.1, "weight_decay": 0.2, "t0": 0.0, "maximize": True},
    ],
}

FORMULAS: Mapping[str, Callable[..., Steps]] = {
    "SGD": sgd,
    "Adam": adam,
    "AdamW": adamw,
    "NAdam": nadam,
    "RAdam": radam,
    "Adamax": adamax,
    "Lion": lion,
    "Adagrad": adagrad,
    "Adadelta": adadelta,
    "RMSprop": rmsprop,
    "Rprop": rprop,
    "ASGD": asgd,
}

CLASSES: list[Any] = [getattr(optim, name) for name in OPTIONS]

ROWS = [(cls, FORMULAS[cls.__name__], options) for cls in CLASSES for options in OPTIONS[cls.__name__]]
# RAdam needs six steps until it trusts the squares.
STEPS = 7


def names_of(rows: list[Any]) -> list[str]:
    """Return what rows are called in the output of tests."""
    return [f"{cls.__name__}{options}" for cls, *_, options in rows]
