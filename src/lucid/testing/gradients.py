"""Checking derivatives against differences.

A function of many numbers with many results is made a scalar by a random projection: the sum of
its results, each times a random weight. One central difference along a random direction then
tests a whole gradient, as a wrong entry shows in it with probability one. The derivative of the
next order is the same test, of the function that takes the projected gradient.

Read next: ``opcase.py``, where a table of operations is run through it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lucid import ops
from lucid.autograd import enable_grad, grad, no_grad
from lucid.errors import ArgumentError, GradientError
from lucid.tensor import Tensor

Scalar = Callable[[list[Any]], Any]


def check_grads(
    function: Callable[..., Any],
    args: Sequence[Any],
    *,
    order: int = 2,
    device: str | None = None,
    eps: float = 1e-5,
    rtol: float = 1e-6,
    atol: float = 1e-7,
    seed: int = 0,
) -> None:
    r"""Compare the derivatives of ``function`` at ``args`` with central differences, in float64.

    .. math:: \langle \nabla f(x), v \rangle \approx \frac{f(x + \epsilon v) - f(x - \epsilon v)}{2 \epsilon}

    with a random direction :math:`v` for each argument. Complex arguments have complex directions, and
    :math:`\langle g, v \rangle` is then the real part of :math:`\sum \bar g v`.

    Args:
        function: takes ``args`` as Tensors, returns a Tensor or a sequence of them.
        args: arrays or Tensors. Those of floats are cast to float64, complex ones to complex128, and
            differentiated, each on its own; integers, booleans and all else are handed on as they
            are. Choose them away from kinks.
        order: how many derivatives to check: the second is that of the gradient computed with
            ``create_graph=True``.
        device: where to compute; by default where the Tensors are.
        eps: the step. Its error is about ``eps**2`` from the curve and ``1e-16 / eps`` from
            rounding, both 1e-10 or less at 1e-5.
        rtol, atol: how far the two numbers may lie apart, a thousand times that error.
        seed: of the random weights and directions.

    Raises:
        GradientError: if they differ; it names the argument, the order and both numbers.
        ArgumentError: if there is nothing to differentiate.

    Example:
        >>> from lucid.testing import check_grads
        >>> check_grads(lambda x, y: lucid.sin(x) * y, [lucid.ones(3), lucid.ones((2, 3))])
    """
    rng = np.random.default_rng(seed)
    name = getattr(function, "__name__", repr(function))
    values = [_as_wide(a, device) for a in args]
    which = [i for i, v in enumerate(values) if v is not None]
    if not which:
        raise ArgumentError(f"check_grads({name}): none of the {len(values)} arguments is an array of floats")
    points = [values[i] for i in which]
    others = [a if _is_plain(a) else ops.asarray(a, device=device) for a in args]

    def call(tensors: list[Any]) -> list[Any]:
        filled = list(others)
        for i, tensor in zip(which, tensors, strict=True):
            filled[i] = tensor
        results = function(*filled)
        results = [results] if isinstance(results, Tensor) else list(results)
        return [r for r in results if r.dtype.kind in "fc"]

    results = call(points)
    if not results:
        raise ArgumentError(f"check_grads({name}): none of the results is a Tensor of floats")
    scalar = _projected(call, results, rng)
    for k in range(1, order + 1):
        found = _check_one_order(f"check_grads({name})", scalar, points, which, k, eps, rtol, atol, rng)
        if k < order:
            scalar = _projected(_gradient_of(scalar), found, rng)


def _check_one_order(
    what: str,
    scalar: Scalar,
    points: list[Any],
    which: list[int],
    k: int,
    eps: float,
    rtol: float,
    atol: float,
    rng: np.random.Generator,
) -> list[Any]:
    """Check the gradient of ``scalar`` at ``points``, and return it."""
    found = _gradient_of(scalar, create_graph=False)(points)
    recorded = _gradient_of(scalar)(points)
    for i, x, g, again in zip(which, points, found, recorded, strict=True):
        where = f"{what}, argument {i}, derivative of order {k}"
        if g.shape != x.shape or g.dtype != x.dtype:
            raise GradientError(
                f"{where}: the gradient is {g.shape} {g.dtype}, the argument {x.shape} {x.dtype}"
            )
        if not np.allclose(again.numpy(), g.numpy(), rtol, atol, equal_nan=True):
            raise GradientError(
                f"{where}: with create_graph=True the gradient is {again.tolist()}, without it {g.tolist()}"
            )
    for position, (i, x) in enumerate(zip(which, points, strict=True)):
        if x.size == 0:
            continue
        direction = _random(rng, x)
        step = ops.asarray(eps * direction, device=x.device)
        ends = []
        for end in (x + step, x - step):
            moved = list(points)
            moved[position] = end
            ends.append(_value(scalar, moved, k))
        differences = (ends[0] - ends[1]) / (2 * eps)
        rule = float((found[position].numpy().conj() * direction).sum().real)
        allowed = atol + rtol * abs(differences)
        if not abs(rule - differences) <= allowed:  # so, and not with >, a nan fails
            raise GradientError(
                f"{what}, argument {i}, derivative of order {k}: the rule gives {rule:.10g}, "
                f"central differences {differences:.10g}; they may differ by {allowed:.1g}"
            )
    return found


def _value(scalar: Scalar, points: list[Any], k: int) -> float:
    if k == 1:
        with no_grad():
            return float(scalar(points))
    return float(scalar([_leaf(x) for x in points]))


def _projected(
    function: Callable[[list[Any]], list[Any]], like: list[Any], rng: np.random.Generator
) -> Scalar:
    """Return the scalar function that weighs the results of ``function``, of the shapes of ``like``."""
    weights = [ops.asarray(_random(rng, r), device=r.device) for r in like]

    def scalar(points: list[Any]) -> Any:
        results = zip(function(points), weights, strict=True)
        parts = [ops.real(ops.sum(ops.astype(r, w.dtype) * ops.conj(w))) for r, w in results]
        return functools.reduce(ops.add, parts)

    return scalar


def _random(rng: np.random.Generator, like: Any) -> Any:
    """Draw random numbers of the shape of ``like``, complex ones if it is complex."""
    real = rng.standard_normal(like.shape)
    return real + 1j * rng.standard_normal(like.shape) if like.dtype.kind == "c" else real


def _gradient_of(scalar: Scalar, create_graph: bool = True) -> Callable[[list[Any]], list[Any]]:
    """Return the function that takes Tensors to the gradients of ``scalar`` by them."""

    def gradient(points: list[Any]) -> list[Any]:
        with enable_grad():
            tracked = [x if x.requires_grad else _leaf(x) for x in points]
            total = scalar(tracked)
        if not total.requires_grad:  # it doesn't depend on any of them: it is flat
            return [ops.zeros_like(x) for x in points]
        grads = grad(total, tracked, create_graph=create_graph, allow_unused=True)
        return [ops.zeros_like(x) if g is None else g for g, x in zip(grads, points, strict=True)]

    return gradient


def _leaf(x: Any) -> Any:
    return x.detach().requires_grad_()


def _is_plain(value: Any) -> bool:
    return not (isinstance(value, Tensor) or hasattr(value, "__array__"))


def _as_wide(value: Any, device: str | None) -> Any:
    """Return ``value`` as a float64 or complex128 Tensor if it is an array of such numbers, else None."""
    if _is_plain(value):
        return None
    tensor = ops.asarray(value, device=device)
    # Shared, not copied, where that can be: strides are part of the test.
    wide = {"f": np.float64, "c": np.complex128}.get(tensor.dtype.kind)
    return None if wide is None else tensor.detach().astype(wide)
