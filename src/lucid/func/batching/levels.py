"""Arrays that stand for a batch of arrays, and the engine that holds them.

Inside a function under ``vmap``, a Tensor's array is a ``BatchedArray``. It has the shape of one
example, and holds a Tensor with one axis more, the batch, in front. To the rest of Lucid it is an
array of yet another engine, so operations are recorded and derivatives taken as for any array.

What it holds is a Tensor, not a raw array: whatever tracks gradients outside of ``vmap`` records
what happens inside. A ``vmap`` within a ``vmap`` is a level of its own, whose arrays hold Tensors
of the level around it.

Read next: ``namespace.py``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from lucid import ops, recording
from lucid.engines.dtypes import DType
from lucid.engines.registry import engine_by_type
from lucid.errors import ArgumentError
from lucid.func.batching.namespace import Namespace
from lucid.grad_mode import Level, state


class BatchedArray:
    """One example's array, for all examples of a batch at once.

    Attributes:
        tensor: a Tensor; its first axis is the batch, if ``batched``.
        batched: whether examples differ. If not, ``tensor`` is what each of them has.
        level: the call of ``vmap`` that it belongs to.
    """

    __slots__ = ("batched", "level", "tensor")
    __array_ufunc__ = None  # array * batched is left to the BatchedArray

    depth: ClassVar[int] = 0
    xp: ClassVar[Any] = None

    def __init__(self, tensor: Any, batched: bool) -> None:
        self.tensor = tensor
        self.batched = batched
        self.level = state.levels[self.depth - 1] if self.depth <= len(state.levels) else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of one example's axes."""
        shape: tuple[int, ...] = self.tensor.shape
        return shape[1:] if self.batched else shape

    @property
    def dtype(self) -> DType:
        """Data type."""
        return self.tensor.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """Number of one example's axes."""
        return int(self.tensor.ndim) - self.batched

    @property
    def size(self) -> int:
        """Number of one example's elements."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def mT(self) -> Any:
        """With the last two axes exchanged."""
        return self.xp.matrix_transpose(self)

    @property
    def T(self) -> Any:
        """A matrix with its axes exchanged."""
        return self.xp.permute_dims(self, (1, 0))

    def __getitem__(self, key: Any) -> Any:
        return self.xp.get_at(self, index=key if isinstance(key, tuple) else (key,))

    def __bool__(self) -> bool:
        return bool(engine_by_type[type(self)].to_numpy(self))

    def __repr__(self) -> str:
        return f"<a batch of arrays of shape {self.shape} {self.dtype}>"


def _operator(name: str, reflected: bool = False) -> Any:
    def operate(self: BatchedArray, *others: Any) -> Any:
        if others and getattr(others[0], "depth", 0) > self.depth:
            return NotImplemented  # what is inside of more vmaps knows how to hold this
        function = getattr(self.xp, name)
        return function(others[0], self) if reflected else function(self, *others)

    return operate


_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
}
_OTHERS = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
    "neg": "negative",
    "pos": "positive",
    "abs": "abs",
    "invert": "bitwise_invert",
}
for _name, _function in _BINARY.items():
    setattr(BatchedArray, f"__r{_name}__", _operator(_function, reflected=True))
for _name, _function in {**_BINARY, **_OTHERS}.items():
    setattr(BatchedArray, f"__{_name}__", _operator(_function))
BatchedArray.__hash__ = None  # type: ignore[assignment]


class BatchEngine:
    """The arrays inside of ``depth`` vmaps. See ``engines.protocol.Engine`` for what each method promises."""

    name = "vmap"

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.xp = Namespace(self)
        inside: dict[str, Any] = {"depth": depth, "xp": self.xp, "__slots__": ()}
        self.array_type: Any = type(f"BatchedArray{depth}", (BatchedArray,), inside)

    def lift(self, tensor: Any) -> Any:
        """Return a Tensor of an outer level as one of this level, the same for every example."""
        if type(tensor._array) is self.array_type:
            return tensor
        return recording.wrap(self.array_type(tensor, False))

    def kernel(self, name: str, array: Any) -> None:
        return None  # the definition runs on Tensors inside, which may have kernels for its parts

    def device_of(self, array: BatchedArray) -> str:
        return str(array.tensor.device)

    def check(self, array: BatchedArray) -> None:
        """Raise if the call of ``vmap`` that ``array`` belongs to has ended.

        Raises:
            ArgumentError: if it has.
        """
        if len(state.levels) < array.depth or array.level is not state.levels[array.depth - 1]:
            raise ArgumentError(
                f"this tensor of shape {array.shape} belongs to a vmap that has ended: return it from the "
                "function instead of keeping it"
            )

    def detached(self, array: BatchedArray) -> BatchedArray:
        return self.array_type(array.tensor.detach(), array.batched)  # type: ignore[no-any-return]

    def from_numpy(self, array: np.ndarray[Any, Any], device: str, *, copy: bool) -> BatchedArray:
        return self.array_type(ops.asarray(array, device=device), False)  # type: ignore[no-any-return]

    def to_numpy(self, array: BatchedArray) -> np.ndarray[Any, Any]:
        self.check(array)
        if not array.batched:
            return np.asarray(array.tensor.numpy())
        raise ArgumentError(
            f"under vmap this tensor of shape {array.shape} stands for a whole batch, so it has no values "
            "of its own: no item(), bool(), numpy() or if. Write lucid.where(condition, x, y)"
        )

    def as_array(self, value: Any) -> BatchedArray:
        return value if isinstance(value, BatchedArray) else self.xp.asarray(value)

    def move(self, array: BatchedArray, device: str) -> BatchedArray:
        return self.array_type(array.tensor.to(device), array.batched)  # type: ignore[no-any-return]


@functools.cache
def engine_at(depth: int) -> BatchEngine:
    """Return the engine of the arrays inside of ``depth`` vmaps."""
    engine = BatchEngine(depth)
    engine_by_type[engine.array_type] = engine  # type: ignore[assignment]
    return engine


@contextlib.contextmanager
def one_level_deeper() -> Iterator[BatchEngine]:
    """Run a function under one more vmap."""
    level = Level()
    state.levels.append(level)
    try:
        yield engine_at(len(state.levels))
    finally:
        state.levels.pop()
        level.undo()


def lift(tensor: Any) -> Any:
    """Return ``tensor`` as one of the level that the running code is at.

    A variable of a derivative inside of ``vmap`` must belong to it, even where it is the same for all
    examples: its gradient is not.
    """
    return engine_at(len(state.levels)).lift(tensor) if state.levels else tensor
