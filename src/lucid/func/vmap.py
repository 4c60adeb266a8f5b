"""``vmap``: a function of one example, run once for a whole batch."""

from __future__ import annotations

import functools
from typing import Any

from lucid import ops
from lucid.autograd import is_recording
from lucid.engines.registry import engine_of
from lucid.errors import ArgumentError, ArgumentTypeError, IndexingError, ShapeError
from lucid.func.batching.levels import BatchEngine, one_level_deeper
from lucid.func.derivatives import Function
from lucid.func.tree import leaves, refill
from lucid.grad_mode import state
from lucid.recording import wrap
from lucid.tensor import Tensor

Axes = Any  # an integer, None, or a container of them in the form of the arguments


def vmap(function: Function, in_axes: Axes = 0, out_axes: Axes = 0) -> Function:
    """Return ``function`` mapped over an axis of its arguments, all examples at once.

    ``function`` is written for one example. Each operation in it then runs once for the whole batch:
    elementwise operations, reductions, shapes, indexing, products, decompositions and transforms
    have a rule for it, on every engine. An operation without a rule is called for each example in a
    loop: right, and slow. (The rules are in ``lucid.func.batching.rules``.)

    Gradients may be taken inside, as in ``vmap(grad(f))`` for the gradients of single examples, and
    outside: Tensors that ``function`` takes from its surroundings get theirs too.

    Args:
        function: takes and returns Tensors, or tuples, lists and dicts of them. It must not ask for
            values (``item``, ``if``), which differ between examples. Random numbers drawn inside
            are the same for all examples: draw them outside, and hand them in.
        in_axes: which axis of each argument is the batch: one integer for all, or a tuple with one
            for each; None for an argument that is the same for all examples. Inside an argument
            that is a container, a container of the same form.
        out_axes: where the batch goes in each result: an integer, or a container of the results' form.

    Raises:
        ShapeError: if the arguments' batches differ in size.
        ArgumentError: if no argument has a batch, or the function asks for values.

    Example:
        >>> dot = lambda x, y: (x * y).sum()
        >>> xs, ys = lucid.ones((3, 2)), lucid.full((2,), 5.0)
        >>> lucid.func.vmap(dot, in_axes=(0, None))(xs, ys)
        Tensor([10.0, 10.0, 10.0])
    """

    @functools.wraps(function)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        where = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
        if len(where) != len(args):
            raise ArgumentError(f"vmap: in_axes={in_axes} is for {len(where)} arguments, got {len(args)}")
        axes = [a for axis, arg in zip(where, args, strict=True) for a in _per_leaf("in_axes", axis, arg)]
        values = list(leaves(args))
        count = _count(values, axes)
        with one_level_deeper() as engine:
            level = state.levels[-1]
            result = function(*refill(args, map(functools.partial(_enter, engine), values, axes)), **kwargs)
            places = _per_leaf("out_axes", out_axes, result)
            left = [_leave(engine, y, axis, count) for y, axis in zip(leaves(result), places, strict=True)]
            result = refill(result, iter(left))
        kept = level.outlived()
        if kept is not None:
            raise ArgumentError(
                f"vmap: the function wrote what differs between examples into a tensor of shape {kept.shape} "
                "from outside: return the new value instead. (It is what it was.)"
            )
        return result

    return mapped


def _per_leaf(name: str, axes: Axes, tree: Any) -> list[Any]:
    """Return ``axes`` as a list with one entry for each leaf of ``tree``."""
    if axes is None or hasattr(axes, "__index__"):
        return [axes for _ in leaves(tree)]
    if isinstance(axes, dict) and isinstance(tree, dict) and axes.keys() == tree.keys():
        return [a for key in tree for a in _per_leaf(name, axes[key], tree[key])]
    if isinstance(axes, (tuple, list)) and isinstance(tree, (tuple, list)) and len(axes) == len(tree):
        return [a for axis, part in zip(axes, tree, strict=True) for a in _per_leaf(name, axis, part)]
    raise ArgumentError(f"vmap: {name} {axes!r} does not have the form of {type(tree).__name__} {tree!r}")


def _count(values: list[Any], axes: list[Any]) -> int:
    sizes = []
    for x, axis in zip(values, axes, strict=True):
        if axis is None:
            continue
        shape = ops.asarray(x).shape
        if not -len(shape) <= axis < len(shape):
            raise IndexingError(
                f"vmap: in_axes={axis}, but an argument has shape {shape}: write None to share it"
            )
        sizes.append(shape[axis])
    if not sizes:
        raise ArgumentError("vmap: no argument has a batch, every in_axes is None")
    if len(set(sizes)) > 1:
        raise ShapeError(f"vmap: the batches must be of one size, got {', '.join(map(str, sizes))}")
    return int(sizes[0])


def _enter(engine: BatchEngine, x: Any, axis: int | None) -> Any:
    """Return an argument as the function inside sees it."""
    if axis is None:
        return x
    tensor = ops.asarray(x)
    tensor = tensor if is_recording() else tensor.detach()
    return wrap(engine.array_type(ops.moveaxis(tensor, axis, 0), True))


def _leave(engine: BatchEngine, y: Any, axis: int, count: int) -> Any:
    """Return a result with its batch at ``axis``."""
    if not isinstance(y, Tensor):
        raise ArgumentTypeError(f"vmap: the function must return Tensors, got {type(y).__name__}")
    if axis is None:
        raise ArgumentError("vmap: out_axes must be integers, got None")
    array: Any = y._array
    if type(array) is engine.array_type:
        engine.check(array)
        inner, differs = array.tensor, array.batched
    elif engine_of(array).depth < engine.depth:  # it did not depend on the batch
        inner, differs = y, False
    else:
        raise ArgumentError("vmap: a result belongs to an inner vmap that has ended: return it from there")
    if not differs:
        inner = ops.broadcast_to(inner, (count, *inner.shape))
    if not -inner.ndim <= axis < inner.ndim:
        raise IndexingError(f"vmap: out_axes={axis}, but a result has {inner.ndim} axes with the batch")
    inner = ops.moveaxis(inner, 0, axis)
    return inner if is_recording() else inner.detach()
