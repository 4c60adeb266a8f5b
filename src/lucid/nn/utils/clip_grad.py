"""Clipping gradients: all together by their norm, or each number by its size.

They are changed between ``loss.backward()`` and ``optimizer.step()``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from numbers import Real
from typing import Any

from lucid import ops
from lucid.engines.registry import engine_of
from lucid.errors import ArgumentError, ArgumentTypeError, GradientError
from lucid.grad_mode import no_grad, state
from lucid.nn.module import Module
from lucid.tensor import Tensor


@no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    r"""Scale all gradients down together, if their norm is larger than ``max_norm``.

    .. math:: g \leftarrow g \cdot \min\left(1, \frac{\text{max\_norm}}{\|g\| + 10^{-6}}\right)

    where :math:`\|g\|` is the norm of one vector that holds the gradients of all parameters. Parameters
    without a gradient are passed over, and one that is given twice counts once.

    Args:
        parameters: a Tensor, or several, such as ``model.parameters()``.
        max_norm: what the norm shall be at most; infinity only measures.
        norm_type: the order of the norm, infinity for the largest size.
        error_if_nonfinite: raise if the norm is infinite or nan. Otherwise a nan makes all gradients
            nan, and an infinity makes them 0 and itself nan.

    Returns:
        The norm before clipping, of no axes.

    Raises:
        GradientError: if ``error_if_nonfinite`` is true and the norm is not finite. Nothing is changed then.

    Example:
        >>> w = nn.Parameter([3.0, 4.0])
        >>> (w * w).sum().backward()
        >>> print(nn.utils.clip_grad_norm_([w], max_norm=1.0))
        10.0
        >>> print(f"{nn.utils.get_total_norm([w.grad]).item():.3f}")
        1.000

    Pascanu, Mikolov and Bengio, On the difficulty of training Recurrent Neural Networks, 2013.
    """
    name = "clip_grad_norm_"
    gradients = _gradients(name, parameters)
    max_norm = _bound(name, "max_norm", max_norm)
    total = _total_norm(name, gradients, norm_type, error_if_nonfinite)
    _scale(gradients, max_norm, total)
    return total


@no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Return the norm of one vector that holds the elements of all ``tensors``.

    Args:
        tensors: a Tensor, or several: gradients, for example.
        norm_type: the order of the norm, infinity for the largest size.
        error_if_nonfinite: raise if the norm is infinite or nan.

    Raises:
        GradientError: if the norm is not finite, and ``error_if_nonfinite`` is true.

    Example:
        >>> print(nn.utils.get_total_norm([Tensor([1.0, 2.0]), Tensor(2.0)]))
        3.0
    """
    return _total_norm(
        "get_total_norm", listed("get_total_norm", "tensors", tensors), norm_type, error_if_nonfinite
    )


@no_grad()
def clip_grads_with_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor) -> None:
    """Scale all gradients down together, as ``clip_grad_norm_`` does, by a norm that is known.

    Args:
        parameters: a Tensor, or several, such as ``model.parameters()``.
        max_norm: what the norm shall be at most.
        total_norm: what ``get_total_norm`` returned.

    Example:
        >>> w = nn.Parameter([3.0, 4.0])
        >>> w.grad = Tensor([6.0, 8.0])
        >>> nn.utils.clip_grads_with_norm_([w], max_norm=5.0, total_norm=Tensor(10.0))
        >>> print(f"{nn.utils.get_total_norm([w.grad]).item():.3f}")
        5.000
    """
    name = "clip_grads_with_norm_"
    if not isinstance(total_norm, Tensor) or total_norm.size != 1:
        raise ArgumentTypeError(f"{name} expects total_norm to be a Tensor of one number, got {total_norm!r}")
    _scale(_gradients(name, parameters), _bound(name, "max_norm", max_norm), total_norm.detach().reshape(()))


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every number of the gradients between ``-clip_value`` and ``clip_value``.

    Args:
        parameters: a Tensor, or several, such as ``model.parameters()``.
        clip_value: the largest size.

    Example:
        >>> w = nn.Parameter([3.0, 4.0])
        >>> w.grad = Tensor([-6.0, 0.5])
        >>> nn.utils.clip_grad_value_([w], clip_value=1.0)
        >>> print(w.grad)
        [-1.0, 0.5]
    """
    bound = _bound("clip_grad_value_", "clip_value", clip_value)
    for g in _clipped_by_kernel(_gradients("clip_grad_value_", parameters), bound=bound):
        g.copy_(ops.clip(g.detach(), -bound, bound))


def _total_norm(function: str, tensors: list[Tensor], norm_type: Any, error_if_nonfinite: bool) -> Tensor:
    order = math.inf if norm_type == "inf" else norm_type
    if isinstance(order, bool) or not isinstance(order, Real) or math.isnan(order):
        raise ArgumentTypeError(f"{function} expects norm_type to be a number, got {norm_type!r}")
    tensors = [t.detach() for t in tensors if t.size]
    total = _norm(tensors, float(order))
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise GradientError(
            f"{function}: the norm of order {order:g} is {total.item()}: look for what overflowed, "
            "or scale by it all the same, with error_if_nonfinite=False"
        )
    return total


def _norm(tensors: list[Tensor], order: float) -> Tensor:
    """Return the norm of the norms: it is that of all elements together."""
    if not tensors:
        return Tensor(0.0)
    largest = max(tensors, key=lambda t: t.size)._array
    kernel = engine_of(largest).kernel("total_norm", largest)
    total = None if kernel is None else kernel.forward([t._array for t in tensors], order)
    if total is not None:
        return Tensor(total)
    norms = [ops.linalg.vector_norm(t, ord=order) for t in tensors]
    joined: Tensor = ops.linalg.vector_norm(ops.stack([n.to(tensors[0].device) for n in norms]), ord=order)
    return joined


def _scale(gradients: list[Tensor], max_norm: float, total: Tensor) -> None:
    """Multiply gradients of norm ``total`` so that it becomes ``max_norm``, if it is larger."""
    factor = ops.minimum(max_norm / (total + 1e-6), 1.0)
    if total.device == "cpu":
        number = factor.item()
        gradients = [] if number == 1 else _clipped_by_kernel(gradients, factor=number)
    for g in gradients:
        g.copy_(g.detach() * factor.to(g.device).astype(g.dtype))


def _clipped_by_kernel(gradients: list[Tensor], **options: float) -> list[Tensor]:
    """Clip those gradients that a kernel takes, and that are not recorded; return the others."""
    mine = [g for g in gradients if g._node is None and not state.levels]
    if not mine:
        return gradients
    # No variable may refer to an array: the kernel would take it for someone else's.
    largest = max(mine, key=lambda g: g.size)
    kernel = engine_of(largest._array).kernel("clipped", largest._array)
    if kernel is None:
        return gradients
    left: list[Tensor] = kernel.forward(mine, **options)
    return [g for g in gradients if g._node is not None] + left


def _gradients(function: str, parameters: Any) -> list[Tensor]:
    """Return the gradients there are, each Tensor once."""
    tensors = listed(function, "parameters", parameters)
    return list({id(p.grad): p.grad for p in tensors if p.grad is not None}.values())


def listed(function: str, name: str, given: Any) -> list[Tensor]:
    """Return a Tensor, or several in any iterable, as a list."""
    if isinstance(given, Module):
        raise ArgumentTypeError(
            f"{function} expects {name}, got the module {type(given).__name__}: pass its .parameters()"
        )
    try:
        tensors = [given] if isinstance(given, Tensor) else list(given)
    except TypeError as error:
        raise ArgumentTypeError(
            f"{function} expects {name} to be a Tensor or several, got {type(given).__name__}"
        ) from error
    if not tensors and isinstance(given, Iterator):
        raise ArgumentError(
            f"{function} got no {name}. An iterator such as model.parameters() can be used up only once"
        )
    for t in tensors:
        if not isinstance(t, Tensor):
            raise ArgumentTypeError(f"{function} expects {name} to be Tensors, got {type(t).__name__}")
    return tensors


def _bound(function: str, name: str, value: Any) -> float:
    """Return ``value`` as a float of at least 0; it may be infinite."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(f"{function} expects {name} to be a number, got {value!r}")
    if not float(value) >= 0:
        raise ArgumentError(f"{function} expects {name} to be at least 0, got {value!r}")
    return float(value)
