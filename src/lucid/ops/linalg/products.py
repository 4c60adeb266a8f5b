"""Products of vectors, of matrices, and of tensors over some axes."""

from __future__ import annotations

import math
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.ops.axes import normalize_axis
from lucid.ops.cast import alongside, common_dtype
from lucid.ops.elementwise import multiply
from lucid.ops.shape import broadcast_shapes, expand_dims, permute_dims, reshape, roll
from lucid.recording import primitive

# ----------------------------------------------------------------- of matrices


@primitive(promotes="common")
def matmul(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the matrix product; axes before the last two are batches, and broadcast.

    Complex factors are multiplied as they are, none is conjugated.

    Shape:
        ``(*, n, k) @ (*, k, m) -> (*, n, m)``; a vector ``(k,)`` loses its axis.

    Raises:
        ShapeError: if the inner sizes differ, or one argument is 0-d.

    Example:
        >>> lucid.matmul(lucid.Tensor([[1.0, 2.0]]), lucid.Tensor([[3.0], [4.0]]))
        Tensor([[11.0]])
    """
    try:
        return xp.matmul(x, y)
    except (ValueError, TypeError) as error:
        shapes = getattr(x, "shape", ()), getattr(y, "shape", ())
        if () in shapes:
            raise ShapeError(
                f"matmul: a factor of shape () is no matrix, got {shapes[0]} @ {shapes[1]}: use *"
            ) from error
        raise ShapeError(
            f"matmul: the inner sizes must be equal and the batches broadcast, got {shapes[0]} @ {shapes[1]}"
        ) from error


@matmul.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    # A vector stood for a matrix of one row or one column, whose axis the product then lost.
    rows, columns = x, y
    if y.ndim == 1:
        columns, g = xp.expand_dims(y, axis=1), xp.expand_dims(g, axis=-1)
    if x.ndim == 1:
        rows, g = xp.expand_dims(x, axis=0), xp.expand_dims(g, axis=-2)

    def by_y() -> Any:
        d = xp.matmul(xp.conj(rows.mT), g)
        return d if y.ndim > 1 else xp.squeeze(d, axis=-1)

    return lambda: xp.matmul(g, xp.conj(columns.mT)), by_y


# ----------------------------------------------------------------- of vectors


@primitive(promotes="common")
def inner_products(xp: Any, x: Any, y: Any, /, *, axis: int) -> Any:
    """Return the sum of ``conj(x) * y`` over a negative ``axis``; see ``vecdot``."""
    return xp.vecdot(x, y, axis=axis)


inner_products.name = "vecdot"  # in messages


@inner_products.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any, *, axis: int) -> Any:
    g = xp.expand_dims(g, axis=axis)
    return lambda: xp.conj(g) * y, lambda: g * x


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    r"""Return the inner products of vectors, :math:`\sum_i \overline{x_i} \, y_i`.

    Args:
        x1: a Tensor of vectors; complex ones are conjugated.
        x2: another; all other axes broadcast.
        axis: the axis of the vectors. A negative one is counted from the end in both.

    Raises:
        ShapeError: if the vectors differ in length, or the other axes don't broadcast.

    Example:
        >>> lucid.vecdot(lucid.Tensor([1j, 2.0]), lucid.Tensor([1j, 1.0]))
        Tensor(3.0+0.0j)
    """
    x1, x2 = common_dtype(x1, x2)
    return inner_products(x1, x2, axis=_axis_of_both("vecdot", x1, x2, axis))


def _axis_of_both(name: str, x1: Any, x2: Any, axis: Any) -> int:
    """Return ``axis`` counted from the end, checked to be one along which both are equally long."""
    places = {normalize_axis(axis, x.ndim, name) - x.ndim for x in (x1, x2)}
    if len(places) > 1:
        raise ArgumentError(
            f"{name}: axis {axis} of shapes {x1.shape} and {x2.shape} is another one when they broadcast: "
            "count it from the end, with a negative number"
        )
    place: int = places.pop()
    if x1.shape[place] != x2.shape[place]:
        raise ShapeError(
            f"{name}: vectors of equal length are needed along axis {axis}, got {x1.shape} and {x2.shape}"
        )
    try:
        broadcast_shapes(x1.shape, x2.shape)
    except ShapeError as error:
        raise ShapeError(f"{name}: shapes {x1.shape} and {x2.shape} do not broadcast") from error
    return place


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Return the cross products of vectors of three elements. Complex ones are not conjugated.

    Args:
        x1: a Tensor of vectors.
        x2: another; all other axes broadcast.
        axis: the axis of the vectors. A negative one is counted from the end in both.

    Raises:
        ShapeError: if the vectors are not of three elements, or the other axes don't broadcast.

    Example:
        >>> lucid.linalg.cross(lucid.Tensor([1, 0, 0]), lucid.Tensor([0, 1, 0]))
        Tensor([0, 0, 1])
    """
    x1, x2 = common_dtype(x1, x2)
    axis = _axis_of_both("cross", x1, x2, axis)
    if x1.shape[axis] != 3:
        raise ShapeError(f"cross: vectors have three elements, got shapes {x1.shape} and {x2.shape}")
    # roll(x, -1) is (x[1], x[2], x[0]), roll(x, -2) is (x[2], x[0], x[1]).
    first = roll(x1, -1, axis=axis) * roll(x2, -2, axis=axis)
    return first - roll(x1, -2, axis=axis) * roll(x2, -1, axis=axis)


def outer(x1: Any, x2: Any, /) -> Any:
    """Return all products of an element of one vector with one of another.

    Shape:
        ``(n,), (m,) -> (n, m)``

    Raises:
        ShapeError: if one is no vector.

    Example:
        >>> lucid.linalg.outer(lucid.Tensor([1, 2]), lucid.Tensor([3, 4, 5]))
        Tensor([[ 3,  4,  5],
                [ 6,  8, 10]])
    """
    x1, x2 = common_dtype(x1, x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ShapeError(f"outer: vectors have one axis, got shapes {x1.shape} and {x2.shape}")
    return multiply(expand_dims(x1, 1), x2)


# ----------------------------------------------------------------- of tensors


def kron(x1: Any, x2: Any, /) -> Any:
    """Return the Kronecker product: ``x1`` with each element replaced by its product with all of ``x2``.

    Where one has fewer axes, it gets axes of size one in front. Not in the Array API; NumPy has it.

    Shape:
        ``(n, m), (k, l) -> (n * k, m * l)``

    Example:
        >>> lucid.linalg.kron(lucid.Tensor([1, 10]), lucid.Tensor([[1, 2], [3, 4]]))
        Tensor([[ 1,  2, 10, 20],
                [ 3,  4, 30, 40]])
    """
    x1, x2 = common_dtype(x1, x2)
    ndim = max(x1.ndim, x2.ndim)
    first, second = (1,) * (ndim - x1.ndim) + x1.shape, (1,) * (ndim - x2.ndim) + x2.shape
    outside = reshape(x1, tuple(size for n in first for size in (n, 1)))
    inside = reshape(x2, tuple(size for n in second for size in (1, n)))
    return reshape(outside * inside, tuple(n * m for n, m in zip(first, second, strict=True)))


def tensordot(x: Any, y: Any, /, *, axes: Any = 2) -> Any:
    """Return the sum of products over some axes of ``x`` and of ``y``.

    Args:
        x, y: Tensors.
        axes: n, for the last n axes of ``x`` and the first n of ``y``; or two sequences of axes.

    Shape:
        the other axes of ``x``, then those of ``y``.
    """
    x, y = alongside(x, y)
    if hasattr(axes, "__index__"):
        n = axes.__index__()
        if not 0 <= n <= min(x.ndim, y.ndim):
            raise ArgumentError(f"tensordot: axes={n}, but the tensors have {x.ndim} and {y.ndim} axes")
        of_x, of_y = list(range(x.ndim - n, x.ndim)), list(range(n))
    else:
        try:
            first, second = ((a,) if hasattr(a, "__index__") else tuple(a) for a in axes)
        except (TypeError, ValueError) as error:
            raise ArgumentTypeError(
                f"tensordot: axes must be an integer or two sequences of integers, got {axes!r}"
            ) from error
        of_x = [normalize_axis(a, x.ndim, "tensordot") for a in first]
        of_y = [normalize_axis(a, y.ndim, "tensordot") for a in second]
        if len(set(of_x)) != len(of_x) or len(set(of_y)) != len(of_y):
            raise ArgumentError(f"tensordot: axes {axes!r} name an axis twice")
    if [x.shape[a] for a in of_x] != [y.shape[a] for a in of_y]:
        raise ShapeError(f"tensordot: axes {of_x} of {x.shape} and {of_y} of {y.shape} differ in size")
    rest_x = [a for a in range(x.ndim) if a not in of_x]
    rest_y = [a for a in range(y.ndim) if a not in of_y]
    k = math.prod(x.shape[a] for a in of_x)
    shape_x, shape_y = [x.shape[a] for a in rest_x], [y.shape[a] for a in rest_y]
    left = reshape(permute_dims(x, (*rest_x, *of_x)), (math.prod(shape_x), k))
    right = reshape(permute_dims(y, (*of_y, *rest_y)), (k, math.prod(shape_y)))
    return reshape(matmul(left, right), (*shape_x, *shape_y))
