"""Matrices of derivatives: ``jacobian`` and ``hessian``."""

from __future__ import annotations

import functools
from typing import Any

from lucid import ops
from lucid.errors import ArgumentTypeError, DTypeError
from lucid.func.derivatives import Function, of_chosen, vjp
from lucid.func.tree import leaves, tree_map
from lucid.func.vmap import vmap
from lucid.tensor import Tensor


def jacobian(function: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    r"""Return the function that computes all derivatives of ``function``'s results by its arguments.

    .. math::
        J_{i_1 \ldots i_m j_1 \ldots j_n} = \frac{\partial f(x)_{i_1 \ldots i_m}}{\partial x_{j_1 \ldots j_n}}

    ``function`` runs once; then the gradients of all elements of its result are pulled back together,
    as one batch.

    Args:
        function: returns a Tensor of real numbers.
        argnums: which positional arguments to differentiate by: one, or a tuple of several. Each may
            be a Tensor, or a tuple, list or dict of Tensors.

    Returns:
        a function of the same arguments. It returns, in the form of the argument, Tensors of the
        shape ``(*result.shape, *argument.shape)``: a tuple of them, if ``argnums`` is one.

    Example:
        >>> lucid.func.jacobian(lambda x: x**2)(Tensor([1.0, 2.0]))
        Tensor([[2.0, 0.0],
                [0.0, 4.0]])
    """

    @functools.wraps(function)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        call, chosen = of_chosen("jacobian", function, argnums, args, kwargs)
        out, pullback = vjp(call, *chosen)
        if not isinstance(out, Tensor):
            raise ArgumentTypeError(
                f"jacobian: the function must return one Tensor, got {type(out).__name__}"
            )
        for tensor in (out, *leaves(chosen)):
            if tensor.dtype.kind == "c":
                raise DTypeError(
                    f"jacobian: arguments and results must be real, got {tensor.dtype.name}: take real and "
                    "imaginary parts as arguments and results of their own"
                )
        units = ops.eye(out.size, dtype=out.dtype, device=out.device)
        if out.size:
            rows = vmap(pullback)(ops.reshape(units, (out.size, *out.shape)))
        else:
            rows = tree_map(lambda x: ops.zeros((0, *x.shape), dtype=x.dtype, device=x.device), tuple(chosen))
        shaped = tree_map(lambda d: ops.reshape(d, (*out.shape, *d.shape[1:])), rows)
        return shaped if isinstance(argnums, tuple) else shaped[0]

    return matrix


def hessian(function: Function, argnums: int = 0) -> Function:
    r"""Return the function that computes all second derivatives of ``function`` by one argument.

    .. math:: H_{jk} = \frac{\partial^2 f(x)}{\partial x_j \, \partial x_k}

    Args:
        function: returns a Tensor of real numbers, usually of one element.
        argnums: which positional argument, a Tensor, to differentiate by.

    Returns:
        a function of the same arguments; its result has the shape
        ``(*result.shape, *argument.shape, *argument.shape)``.

    Example:
        >>> lucid.func.hessian(lambda x: (x**3).sum())(Tensor([1.0, 2.0]))
        Tensor([[ 6.0,  0.0],
                [ 0.0, 12.0]])
    """
    return jacobian(jacobian(function, argnums), argnums)
