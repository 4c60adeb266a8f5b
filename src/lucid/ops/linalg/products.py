"""Products of matrices and of more axes."""

from __future__ import annotations

import math
from typing import Any

from lucid.engines import dtypes
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.ops.axes import normalize_axis
from lucid.ops.cast import common_dtype
from lucid.ops.creation import arange, asarray, eye
from lucid.ops.shape import permute_dims, reshape
from lucid.recording import primitive


@primitive(promotes="common")
def matmul(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the matrix product; axes before the last two are batches, and broadcast.

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
        d = xp.matmul(rows.mT, g)
        return d if y.ndim > 1 else xp.squeeze(d, axis=-1)

    return lambda: xp.matmul(g, columns.mT), by_y


def vecdot(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """Return the sum of ``x * y`` over ``axis``."""
    x, y = common_dtype(x, y)
    return (x * y).sum(axis)


def tensordot(x: Any, y: Any, /, *, axes: Any = 2) -> Any:
    """Return the sum of products over some axes of ``x`` and of ``y``.

    Args:
        x, y: Tensors.
        axes: n, for the last n axes of ``x`` and the first n of ``y``; or two sequences of axes.

    Shape:
        the other axes of ``x``, then those of ``y``.
    """
    x, y = asarray(x), asarray(y)
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
        of_x = [normalize_axis(a, x.ndim) for a in first]
        of_y = [normalize_axis(a, y.ndim) for a in second]
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


# ----------------------------------------------------------------- einsum


@primitive(promotes="common")
def sum_of_products(xp: Any, *operands: Any, inputs: tuple[str, ...], output: str) -> Any:
    """Return the sum over all letters of ``inputs`` that are not in ``output``; see ``einsum``."""
    return xp.einsum(",".join(inputs) + "->" + output, *operands)


sum_of_products.name = "einsum"  # in messages


@sum_of_products.vjp
def _(xp: Any, g: Any, _out: Any, *operands: Any, inputs: tuple[str, ...], output: str) -> Any:
    def by(i: int) -> Any:
        # The derivative of a sum of products by one factor: the others, with g in its place.
        others = [j for j in range(len(operands)) if j != i]
        known = set(output).union(*(inputs[j] for j in others))
        letters = "".join(a for a in inputs[i] if a in known)
        subscripts = ",".join([output, *(inputs[j] for j in others)]) + "->" + letters
        d = xp.einsum(subscripts, g, *(operands[j] for j in others))
        # An axis that only this factor had was summed alone: every element gets the same.
        shape = operands[i].shape
        d = xp.reshape(d, tuple(_size_of(d, letters, a) for a in inputs[i]))
        # (A size of one was itself broadcast; the tape sums over it.)
        return xp.broadcast_to(d, tuple(m if n == 1 else n for n, m in zip(shape, d.shape, strict=True)))

    return tuple((lambda i=i: by(i)) for i in range(len(operands)))


def _size_of(d: Any, letters: str, letter: str) -> int:
    return d.shape[letters.index(letter)] if letter in letters else 1


def einsum(subscripts: str, /, *operands: Any) -> Any:
    """Return the sum of products that ``subscripts`` describes, in Einstein's notation.

    Args:
        subscripts: one letter per axis, a group per operand, and after ``->`` the result's
            letters: ``"ij,jk->ik"`` is a matrix product. Letters that the result lacks are
            summed over; a letter twice in a group takes the diagonal; ``...`` stands for
            further axes. Without ``->`` the result has the letters that occur once, sorted.
        operands: one Tensor per group.

    Raises:
        ArgumentError: if groups and operands do not match.
        ShapeError: if a letter stands for axes of different sizes (other than one).

    Example:
        >>> a = lucid.Tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> lucid.einsum("ii->", a)
        Tensor(5.0)
    """
    if not isinstance(subscripts, str):
        raise ArgumentTypeError(f"einsum: subscripts are a string such as 'ij,jk->ik', got {subscripts!r}")
    tensors = [asarray(x) for x in operands]
    inputs, output = _parse(subscripts, [t.ndim for t in tensors])
    _check_sizes(subscripts, inputs, [t.shape for t in tensors])
    free = (c for c in _LETTERS if not any(c in group for group in inputs))
    groups = []
    for i, group in enumerate(inputs):
        # A letter twice in a group is two letters and an identity matrix between them. So every
        # group is of different letters, and one rule holds for all.
        letters = ""
        for axis, letter in enumerate(group):
            if letter in letters:
                other = next(free)
                tensors.append(eye(tensors[i].shape[axis], dtype=tensors[i].dtype, device=tensors[i].device))
                groups.append(letter + other)
                letter = other
            letters += letter
        inputs[i] = letters
    return sum_of_products(*tensors, inputs=(*inputs, *groups), output=output)


def _check_sizes(subscripts: str, inputs: list[str], shapes: list[tuple[int, ...]]) -> None:
    sizes: dict[str, int] = {}
    for group, shape in zip(inputs, shapes, strict=True):
        for letter, n in zip(group, shape, strict=True):
            known, here = sizes.get(letter, 1), shape[group.index(letter)]
            if n != here or (known != n and 1 not in (known, n)):
                raise ShapeError(
                    f"einsum {subscripts!r}: {letter!r} stands for sizes {known if n == here else here} "
                    f"and {n}, operands have shapes {', '.join(map(str, shapes))}"
                )
            sizes[letter] = n if known == 1 else known


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _parse(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Return the groups and the result's letters, with ``...`` replaced by letters."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    groups = left.split(",")
    if len(groups) != len(ndims):
        raise ArgumentError(f"einsum: {subscripts!r} has {len(groups)} groups for {len(ndims)} operands")
    if any(part.count("...") > 1 for part in (*groups, right)):
        raise ArgumentError(f"einsum: {subscripts!r} has '...' twice in one group: write it once")
    free = [c for c in _LETTERS if c not in subscripts]
    extra = [n - len(g.replace("...", "")) for g, n in zip(groups, ndims, strict=True)]
    longest = max([e for e, g in zip(extra, groups, strict=True) if "..." in g], default=0)
    further = "".join(free[:longest])
    inputs = []
    for group, e, n in zip(groups, extra, ndims, strict=True):
        if e < 0 or (e and "..." not in group):
            raise ArgumentError(
                f"einsum: group {group!r} of {subscripts!r} does not fit an operand of {n} axes"
            )
        inputs.append(group.replace("...", further[longest - e :] if e else ""))
    if arrow:
        output = right.replace("...", further)
    else:
        letters = left.replace("...", "").replace(",", "")
        output = further + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    for letter in output:
        if output.count(letter) > 1 or not any(letter in group for group in inputs):
            raise ArgumentError(
                f"einsum: {letter!r} in the result of {subscripts!r} must occur once, and in an operand"
            )
    for group in inputs:
        if not all(c in _LETTERS for c in group):
            raise ArgumentError(f"einsum: {subscripts!r} may hold letters, ',', '->' and '...' only")
    return inputs, output


def one_hot(x: Any, num_classes: int | None = None, /, *, dtype: Any = None) -> Any:
    """Return vectors that are 1 at the position that ``x`` names, and 0 elsewhere.

    Args:
        x: a Tensor of integers from 0 to ``num_classes - 1``.
        num_classes: by default one more than the largest.
        dtype: of the result, float32 by default, as in JAX; PyTorch's is int64.

    Shape:
        ``(*,) -> (*, num_classes)``

    Raises:
        ArgumentError: if a value is out of range.
    """
    x = asarray(x)
    if x.dtype.kind not in "iu":
        raise ArgumentError(f"one_hot: x must hold integers, got {x.dtype.name}")
    low, high = (int(x.min()), int(x.max())) if x.size else (0, -1)
    n = high + 1 if num_classes is None else num_classes
    if low < 0 or high >= n:
        raise ArgumentError(f"one_hot: values run from {low} to {high}, and must lie between 0 and {n - 1}")
    # As int64: a narrow dtype may hold all the values of x, and not all the classes.
    hot = x.astype(dtypes.default_int).expand_dims(-1) == arange(n, device=x.device)
    return hot.astype(dtypes.default_float if dtype is None else dtype)
