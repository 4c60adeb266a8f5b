"""Derivatives where there is none, or where two of them meet: the table of the documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid.testing import DEVICES

INF, NAN = float("inf"), float("nan")

every_device = pytest.mark.parametrize("device", DEVICES)


def where_log(x: Any) -> Any:
    return lucid.where(x > 0, lucid.log(lucid.where(x > 0, x, 1.0)), 0.0)


# function, the points, and the gradient at each of them
Row = tuple[Callable[..., Any], list[Any], list[Any]]
CORNERS: dict[str, Row] = {
    "abs": (lucid.abs, [[-2.0, 0.0, -0.0, 2.0]], [[-1.0, 0.0, 0.0, 1.0]]),
    "abs, infinite": (lucid.abs, [[-INF, INF]], [[-1.0, 1.0]]),
    "sign": (lucid.sign, [[-2.0, 0.0, 2.0]], [[0.0, 0.0, 0.0]]),
    "floor": (lucid.floor, [[1.0, 1.5]], [[0.0, 0.0]]),
    "ceil": (lucid.ceil, [[1.0, 1.5]], [[0.0, 0.0]]),
    "trunc": (lucid.trunc, [[0.0, -1.0]], [[0.0, 0.0]]),
    "round": (lucid.round, [[2.5, 2.4]], [[0.0, 0.0]]),
    "floor_divide": (lucid.floor_divide, [[4.0, 5.0], [2.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]),
    "remainder": (lucid.remainder, [[4.0, 5.0], [2.0, 2.0]], [[1.0, 1.0], [-2.0, -2.0]]),
    "maximum": (lucid.maximum, [[1.0, 2.0, 3.0], [1.0, 5.0, 0.0]], [[0.5, 0.0, 1.0], [0.5, 1.0, 0.0]]),
    "minimum": (lucid.minimum, [[1.0, 2.0, 3.0], [1.0, 5.0, 0.0]], [[0.5, 1.0, 0.0], [0.5, 0.0, 1.0]]),
    "maximum, infinite": (lucid.maximum, [[INF, -INF], [INF, 0.0]], [[0.5, 0.0], [0.5, 1.0]]),
    "maximum of a scalar": (lambda x: lucid.maximum(x, 0.0), [[-1.0, 0.0, 1.0]], [[0.0, 0.5, 1.0]]),
    "max": (lucid.max, [[1.0, 3.0, 3.0]], [[0.0, 0.5, 0.5]]),
    "max of equal elements": (lucid.max, [[2.0, 2.0, 2.0, 2.0]], [[0.25, 0.25, 0.25, 0.25]]),
    "max by axis": (
        lambda x: lucid.max(x, axis=0),
        [[[1.0, 3.0], [1.0, 0.0]]],
        [[[0.5, 1.0], [0.5, 0.0]]],
    ),
    "max, infinite": (lucid.max, [[INF, INF, 0.0]], [[0.5, 0.5, 0.0]]),
    "min": (lambda x: lucid.min(x, axis=-1), [[[1.0, 3.0], [2.0, 2.0]]], [[[1.0, 0.0], [0.5, 0.5]]]),
    "clip": (
        lambda x: lucid.clip(x, 0, 1),
        [[-0.5, 0.0, 0.5, 1.0, 1.5]],
        [[0.0, 1.0, 1.0, 1.0, 0.0]],
    ),
    "clip, infinite": (lambda x: lucid.clip(x, -1, 1), [[-INF, INF]], [[0.0, 0.0]]),
    "clip, tensors as bounds": (
        lucid.clip,
        [[0.0, -1.0, 9.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ),
    "sqrt": (lucid.sqrt, [[0.0, 4.0]], [[INF, 0.25]]),
    "unique_values": (
        lambda x: lucid.unique_values(x) * lucid.asarray([1.0, 10.0, 100.0], device=x.device),
        [[3.0, 2.0, 3.0, -0.0, 0.0]],
        [[100.0, 10.0, 0.0, 1.0, 0.0]],
    ),
    "abs, complex": (lucid.abs, [[0j, 3 + 4j, -2j]], [[0j, 0.6 + 0.8j, -1j]]),
    "sign, complex": (lambda z: lucid.imag(lucid.sign(z)), [[0j, 2 + 0j, 2j]], [[0j, 0.5j, 0j]]),
    "real": (lucid.real, [[1 + 2j]], [[1 + 0j]]),
    "imag": (lucid.imag, [[1 + 2j]], [[1j]]),
    "copysign": (
        lucid.copysign,
        [[-2.0, 0.0, 3.0, 3.0], [1.0, 1.0, -0.0, 0.0]],
        [[-1.0, 0.0, -1.0, 1.0], [0.0, 0.0, 0.0, 0.0]],
    ),
    "nextafter": (lucid.nextafter, [[0.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]]),
    "atan2": (
        lucid.atan2,
        [[0.0, -0.0, 1.0, 0.0], [0.0, 0.0, 0.0, -2.0]],
        [[0.0, 0.0, 0.0, -0.5], [0.0, 0.0, -1.0, 0.0]],
    ),
    "atan2, small": (lucid.atan2, [[1e-30], [1e-30]], [[5e29], [-5e29]]),
    "hypot": (lucid.hypot, [[0.0, 3.0], [0.0, 4.0]], [[0.0, 0.6], [0.0, 0.8]]),
    "std": (lucid.std, [[2.0, 2.0]], [[0.0, 0.0]]),
    "std, one row flat": (
        lambda x: lucid.std(x, axis=1),
        [[[2.0, 2.0], [1.0, 3.0]]],
        [[[0.0, 0.0], [-0.5, 0.5]]],
    ),
    "std of one element": (lucid.std, [[5.0]], [[0.0]]),
    "pow, exponent 0": (lambda x: x**0, [[0.0, 2.0, INF]], [[0.0, 0.0, 0.0]]),
    "pow, exponent 0.0": (lambda x: x**0.0, [[0.0, 2.0]], [[0.0, 0.0]]),
    "pow, exponent 1": (lambda x: x**1, [[0.0, -2.0]], [[1.0, 1.0]]),
    "pow, exponent 2": (lambda x: x**2, [[0.0, -2.0]], [[0.0, -4.0]]),
    "pow, base 0": (lucid.pow, [[0.0, 0.0, 2.0], [2.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, np.log(2)]]),
    "pow, a negative base": (lambda x: x**3, [[-2.0]], [[12.0]]),
    "0 ** y": (lambda y: 0.0**y, [[2.0, 3.0]], [[0.0, 0.0]]),
    "prod, a zero": (lucid.prod, [[0.0, 2.0, 3.0]], [[6.0, 0.0, 0.0]]),
    "prod, two zeros": (lucid.prod, [[0.0, 2.0, 0.0]], [[0.0, 0.0, 0.0]]),
    "prod by axis, zeros": (
        lambda x: lucid.prod(x, axis=0),
        [[[0.0, 2.0], [3.0, 0.0]]],
        [[[3.0, 0.0], [0.0, 2.0]]],
    ),
    "cumulative_prod, zeros": (lucid.cumulative_prod, [[2.0, 0.0, 3.0, 0.0]], [[1.0, 8.0, 0.0, 0.0]]),
    "std of equal complex numbers": (lucid.std, [[1j, 1j]], [[0j, 0j]]),
    "where": (lambda x: lucid.where(x > 0, x, 0.0), [[NAN, -INF, 2.0]], [[0.0, 0.0, 1.0]]),
    "where, kept away": (where_log, [[-1.0, 0.0, 2.0]], [[0.0, 0.0, 0.5]]),
    "where, both": (
        lambda x, y: lucid.where(x > y, x, y),
        [[NAN, 1.0, 2.0], [3.0, INF, 1.0]],
        [[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]],
    ),
    "logsumexp, one is -inf": (lucid.logsumexp, [[-INF, 1.0, 1.0]], [[0.0, 0.5, 0.5]]),
    "logsumexp, all are -inf": (lucid.logsumexp, [[-INF, -INF]], [[0.5, 0.5]]),
    "logsumexp, one row is -inf": (
        lambda x: lucid.logsumexp(x, axis=1),
        [[[-INF, -INF], [0.0, 0.0]]],
        [[[0.5, 0.5], [0.5, 0.5]]],
    ),
    "logsumexp, large": (lucid.logsumexp, [[1000.0, 1000.0]], [[0.5, 0.5]]),
    "logsumexp, inf": (lucid.logsumexp, [[INF, 1.0]], [[1.0, 0.0]]),
    "logaddexp, both -inf": (lucid.logaddexp, [[-INF, -INF], [-INF, 0.0]], [[0.5, 0.0], [0.5, 1.0]]),
    "logaddexp, large": (lucid.logaddexp, [[1000.0], [-1000.0]], [[1.0], [0.0]]),
    "sigmoid, large": (lucid.sigmoid, [[-1000.0, 1000.0]], [[0.0, 0.0]]),
    "tanh, infinite": (lucid.tanh, [[-INF, INF]], [[0.0, 0.0]]),
    "erf, infinite": (lucid.erf, [[-INF, INF]], [[0.0, 0.0]]),
    "log": (lucid.log, [[0.0, 2.0]], [[INF, 0.5]]),
    "sort": (lambda x: lucid.sort(x)[0], [[2.0, 1.0, 1.0]], [[0.0, 1.0, 0.0]]),
    "topk": (lambda x: lucid.topk(x, 1).values, [[2.0, 2.0]], [[1.0, 0.0]]),
    "an element read twice": (lambda x: x[[0, 0, 1]], [[5.0, 6.0, 7.0]], [[2.0, 1.0, 0.0]]),
}


@every_device
@pytest.mark.parametrize("row", CORNERS.values(), ids=CORNERS)
def test_derivative_at_a_corner(row: Row, device: str) -> None:
    function, points, expected = row
    tensors = [lucid.Tensor(p, device=device, requires_grad=True) for p in points]
    grads = lucid.autograd.grad(function(*tensors).sum(), tensors)
    for g, wanted in zip(grads, expected, strict=True):
        np.testing.assert_allclose(g.numpy(), np.array(wanted, g.dtype), rtol=1e-6)


@pytest.mark.parametrize(
    "name",
    ["abs", "abs, complex", "maximum", "max", "clip", "hypot", "atan2", "std", "prod, two zeros", "where"],
)
def test_second_derivative_at_a_corner_is_finite(name: str) -> None:
    function, points, _ = CORNERS[name]
    tensors = [lucid.Tensor(p, requires_grad=True) for p in points]
    grads = lucid.autograd.grad(function(*tensors).sum(), tensors, create_graph=True)
    total = sum(lucid.real(g * lucid.conj(g)).sum() for g in grads)
    for g in lucid.autograd.grad(total, tensors, allow_unused=True) if total.requires_grad else ():
        assert g is None or np.isfinite(g.numpy()).all()


# ----------------------------------------------------------------- values at the corners


VALUES: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "log of zero and less": (lucid.log, [0.0, -1.0], [-INF, NAN]),
    "sqrt of less than zero": (lucid.sqrt, [-1.0, 0.0], [NAN, 0.0]),
    "1 / 0": (lambda x: 1 / x, [0.0, -0.0], [INF, -INF]),
    "0 / 0": (lambda x: x / x, [0.0, INF], [NAN, NAN]),
    "0 % 0": (lambda x: x % x, [0.0], [NAN]),
    "exp, too large": (lucid.exp, [1000.0, -1000.0, NAN], [INF, 0.0, NAN]),
    "sum of infinities": (lucid.sum, [INF, -INF], NAN),
    "max with nan": (lucid.max, [1.0, NAN], NAN),
    "maximum with nan": (lambda x: lucid.maximum(x, 0.0), [NAN, 1.0], [NAN, 1.0]),
    "clip of nan": (lambda x: lucid.clip(x, 0, 1), [NAN, INF], [NAN, 1.0]),
    "sort puts nan last": (lucid.sort, [NAN, 1.0, INF], [1.0, INF, NAN]),
    "mean of nothing": (lucid.mean, [], NAN),
    "var of nothing": (lucid.var, [], NAN),
    "sum of nothing": (lucid.sum, [], 0.0),
    "prod of nothing": (lucid.prod, [], 1.0),
    "logsumexp of nothing": (lucid.logsumexp, [], -INF),
    "prod of infinity and zero": (lucid.prod, [INF, 0.0], NAN),
    "cumulative_sum with nan": (lucid.cumulative_sum, [1.0, NAN, 2.0], [1.0, NAN, NAN]),
    "cumulative_prod, infinite": (lucid.cumulative_prod, [2.0, INF, 0.0], [2.0, INF, NAN]),
    "min with nan": (lucid.min, [NAN, 1.0], NAN),
    "var, too large a correction": (lambda x: lucid.var(x, correction=2), [1.0, 3.0], NAN),
    "sort, descending, puts nan first": (
        lambda x: lucid.sort(x, descending=True),
        [1.0, NAN, INF],
        [NAN, INF, 1.0],
    ),
    "std, no degrees of freedom": (lambda x: lucid.std(x, correction=1), [5.0], NAN),
    "logsumexp of infinities": (lucid.logsumexp, [INF, 0.0], INF),
    "logsumexp of -inf": (lucid.logsumexp, [-INF, -INF], -INF),
    "logsumexp of inf and -inf": (lucid.logsumexp, [-INF, INF], INF),
    "logsumexp with nan": (lucid.logsumexp, [NAN, 0.0], NAN),
    "hypot without overflow": (lambda x: lucid.hypot(x, x), [1e30], [1.4142135e30]),
    "sigmoid without overflow": (lucid.sigmoid, [-1000.0, 1000.0, NAN], [0.0, 1.0, NAN]),
    "erf far out": (lucid.erf, [-INF, 7.0, NAN], [-1.0, 1.0, NAN]),
    "atan2 of zeros": (lambda x: lucid.atan2(x, x), [0.0, -0.0], [0.0, -np.pi]),
}


@every_device
@pytest.mark.parametrize("row", VALUES.values(), ids=VALUES)
def test_value_at_a_corner(row: tuple[Any, Any, Any], device: str) -> None:
    function, point, expected = row
    result = function(lucid.Tensor(point, device=device))
    np.testing.assert_allclose(result.numpy(), np.float32(expected), rtol=1e-6)


# ----------------------------------------------------------------- no elements


@every_device
@pytest.mark.parametrize(
    "function",
    [
        lucid.exp,
        lambda x: x * x,
        lambda x: lucid.sum(x, axis=0),
        lambda x: lucid.mean(x, axis=1),
        lambda x: lucid.max(x, axis=1),
        lambda x: lucid.logsumexp(x, axis=0),
        lambda x: lucid.cumulative_sum(x, axis=0),
        lambda x: lucid.sort(x, axis=0),
        lambda x: x[:, [0, 0]],
        lambda x: x @ lucid.ones((3, 2), device=x.device),
        lambda x: lucid.concat([x, x]),
        lambda x: lucid.reshape(x, (3, 0)),
        lambda x: lucid.pad(x, ((1, 0), (0, 0))),
    ],
    ids=lambda f: getattr(f, "__name__", "function"),
)
def test_no_elements(function: Callable[[Any], Any], device: str) -> None:
    x = lucid.zeros((0, 3), device=device, requires_grad=True)
    function(x).sum().backward()
    assert x.grad is not None
    assert x.grad.shape == (0, 3)
    assert x.grad.dtype == lucid.float32
