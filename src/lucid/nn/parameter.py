"""The two kinds of state that a Module has: Parameters are learned, Buffers are only kept.

A kind of state is a type. A Module finds its own by looking for these two types, and a plain
Tensor in a Module is just a value.
"""

from __future__ import annotations

from typing import Any, Self

from lucid import ops
from lucid.engines.dtypes import is_inexact
from lucid.engines.protocol import Array
from lucid.engines.registry import is_array
from lucid.errors import ArgumentTypeError, DTypeError, GradientError
from lucid.grad_mode import note_change, state
from lucid.tensor import Tensor


def _array_of(data: Any) -> Array:
    """Return the array of ``data``: that of a Tensor itself, since arrays never change."""
    return data._array if isinstance(data, Tensor) else ops.to_array(data, None, None, copy=True)


class Parameter(Tensor):
    """A Tensor that is learned: a Module lists it, and an optimizer changes it.

    Args:
        data: a Tensor, an array, a number, or nested sequences of numbers. Of a Tensor that
            tracks gradients the value is taken, cut off from how it was computed.
        requires_grad: whether gradients are tracked. They are by default, also when the Parameter
            is made under ``no_grad``.

    Raises:
        DTypeError: if ``data`` is not of floats and ``requires_grad`` is true.

    Example:
        >>> nn.Parameter([1.0, 2.0])
        Parameter([1.0, 2.0], grad=None)
        >>> nn.Parameter([1, 2], requires_grad=False)
        Parameter([1, 2])
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        array = _array_of(data)
        if requires_grad and not is_inexact(array.dtype):
            raise DTypeError(
                f"a Parameter tracks gradients, and only floats have gradients; got {array.dtype} data: "
                "write floats (1.0, or x.astype(lucid.float32)), or pass requires_grad=False"
            )
        self._array = array
        self._grad = None
        self._node = None
        if requires_grad:
            self.requires_grad_()


class Buffer(Tensor):
    """A Tensor that a Module keeps and moves about with it, and that is not learned.

    Running statistics are the usual example. A Buffer never tracks gradients: whatever is written
    to it is cut off from how it was computed.

    Args:
        data: a Tensor, an array, a number, or nested sequences of numbers.
        persistent: whether the Buffer is part of ``Module.state_dict()``.

    Example:
        >>> running_mean = nn.Buffer([0.0, 0.0])
        >>> running_mean += Tensor([1.0, 2.0], requires_grad=True)
        >>> running_mean
        Buffer([1.0, 2.0])
    """

    __slots__ = ("persistent",)

    persistent: bool

    def __init__(self, data: Any, persistent: bool = True) -> None:
        self._array = _array_of(data)
        self._grad = None
        self._node = None
        self.persistent = bool(persistent)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Return the Buffer itself; raise if it is asked to track gradients."""
        if requires_grad:
            raise GradientError("a Buffer tracks no gradients: make it an nn.Parameter to have it learned")
        return self

    def _become(self, value: Tensor) -> Self:
        before = self._array
        # A graph that grew with every update of a running mean would never be freed.
        super()._become(value.detach())
        note_change(self, before)
        return self

    def __setitem__(self, key: Any, value: Any, /) -> None:
        before = self._array if state.journals else None  # what is held is not written in place
        super().__setitem__(key, value)
        if before is not None:
            note_change(self, before)

    def replace(self, value: Any) -> None:
        """Take on ``value``, of whatever shape, dtype and device: what ``module.buffer = value`` does."""
        before, self._array = self._array, _array_of(value)
        note_change(self, before)

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, arguments, *state = super().__reduce__()
        return _rebuild_buffer, (rebuild, arguments, self.persistent), *state


def _rebuild_buffer(rebuild: Any, arguments: tuple[Any, ...], persistent: bool) -> Any:
    """Make a Buffer from what ``__reduce__`` gave."""
    buffer = rebuild(*arguments)
    buffer.persistent = persistent
    return buffer


def clear_gradient(parameter: Any, set_to_none: bool) -> None:
    """Set ``parameter.grad`` to None; or, if it is there, to zeros."""
    kept = None if set_to_none else parameter.grad
    parameter.grad = None if kept is None else ops.zeros_like(kept)


def overwrite(name: str, old: Parameter | Buffer, value: Any) -> None:
    """Assign ``value``, which is no state itself, to the attribute ``name`` that holds ``old``.

    A Buffer takes on the value. That a Parameter ceases to be learned is never what was meant.
    """
    if isinstance(old, Parameter):
        raise ArgumentTypeError(MSG_OVER_PARAMETER.format(name=name, given=type(value).__name__))
    if not (isinstance(value, Tensor) or is_array(value)):
        raise ArgumentTypeError(
            f"{name} is a Buffer, and its new value must be a Tensor or an array, "
            f"got {type(value).__name__}: write Tensor(value), or `del module.{name}` first"
        )
    old.replace(value)


MSG_OVER_PARAMETER = """{name} is a Parameter, and {given} is not: the module would no longer learn it.
    module.{name}.copy_(value)             # under lucid.no_grad(): the same Parameter, another value
    module.{name} = nn.Parameter(value)    # another Parameter: an optimizer keeps the old one
    del module.{name}                      # first, to have a plain attribute of this name"""
