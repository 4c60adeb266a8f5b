"""State that waits for its shape, and modules that wait with it for their first input.

An ``UninitializedParameter`` is a Parameter without an array. It knows the device and the dtype that it is
to have, and any other use of it is an error. ``materialize`` gives it an array and makes it a plain
Parameter: the same object, so that an optimizer that holds it, or a second module, goes on working.

Read next: ``layers/lazy.py``.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, Self, cast

from lucid import grad_mode, node
from lucid.engines.dtypes import DType, is_inexact
from lucid.engines.registry import is_traced
from lucid.errors import ArgumentError, DTypeError, GradientError
from lucid.nn.parameter import Buffer, Parameter
from lucid.ops import empty
from lucid.tensor import Tensor

Shape = tuple[int, ...]


class _Kind(NamedTuple):
    """What is known of state that has no shape yet; it stands where the array will be."""

    device: str
    dtype: DType
    tracked: bool


_slot: Any = Tensor.__dict__["_array"]  # the attribute of the base, which the classes below hide


class Uninitialized:
    """What Parameters and Buffers without a shape have in common. Only for ``isinstance``."""

    __slots__ = ()

    _plain: type  # what they become

    def _wait(self, requires_grad: bool, device: str | None, dtype: Any) -> None:
        like = empty((), dtype=dtype, device=device)
        _expect_floats(requires_grad, like.dtype)
        _slot.__set__(self, _Kind(like.device, like.dtype, bool(requires_grad)))
        state: Any = self
        state._grad = state._node = None

    @property
    def _array(self) -> Any:
        raise ArgumentError(
            f"this {type(self).__name__} has no shape and no values yet: call the module that it is in once "
            "with an input, or load its state"
        )

    @_array.setter
    def _array(self, value: Any) -> None:
        self._array  # noqa: B018 (it raises)

    @property
    def _kind(self) -> _Kind:
        return cast("_Kind", _slot.__get__(self))

    @property
    def device(self) -> str:
        """Name of the device that is to hold the values."""
        return self._kind.device

    @property
    def dtype(self) -> DType:
        """Data type that the values are to have."""
        return self._kind.dtype

    @property
    def requires_grad(self) -> bool:
        """Whether gradients will be tracked. Settable."""
        return self._kind.tracked

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have gradients tracked, or not, once there are values; return this object."""
        if requires_grad and issubclass(self._plain, Buffer):
            raise GradientError("a Buffer tracks no gradients: make it an nn.Parameter to have it learned")
        _slot.__set__(self, self._kind._replace(tracked=bool(requires_grad)))
        return self

    def move(self, device: str | None, dtype: Any) -> None:
        """Remember another device or dtype."""
        kind = self._kind
        _slot.__set__(self, kind._replace(device=device or kind.device, dtype=dtype or kind.dtype))

    def materialize(self, shape: Any, device: str | None = None, dtype: Any = None) -> None:
        """Become a plain Parameter or Buffer of ``shape`` that holds zeros.

        Args:
            shape: the sizes of the axes.
            device, dtype: by default those that this object was made with, or moved to since.

        Raises:
            DTypeError: if gradients are to be tracked and ``dtype`` is not one of floats.
        """
        kind = self._kind
        array = empty(shape, dtype=dtype or kind.dtype, device=device or kind.device)._array
        _expect_floats(kind.tracked, array.dtype)
        plain: Any = self
        plain.__class__ = self._plain
        plain._array = array
        plain._node = node.leaf(plain) if kind.tracked else None  # also under no_grad

    def register_hook(self, hook: Any) -> Any:
        """Raise: the node that would hold the hook comes with the values."""
        return self._array

    def retain_grad(self) -> None:
        """Raise: there is no gradient to keep yet."""
        self._array  # noqa: B018 (it raises)

    def detach(self) -> Any:
        """Return another one without a shape, of the same kind: what ``state_dict`` holds."""
        return self.__copy__()

    def __copy__(self) -> Any:
        rebuild, arguments = self.__reduce__()
        return rebuild(*arguments)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        memo[id(self)] = result = self.__copy__()
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._kind, getattr(self, "persistent", None))

    def __repr__(self) -> str:
        kind = self._kind
        device = "" if kind.device == "cpu" else f", device={kind.device}"
        return f"{type(self).__name__}(dtype={kind.dtype.name}{device})"

    __str__ = __repr__
    _repr_html_ = __repr__


class UninitializedParameter(Uninitialized, Parameter):
    """A Parameter whose shape is not known yet.

    Modules list it, optimizers take it, ``to`` and ``requires_grad_`` are remembered. It has no values
    before ``materialize``, which lazy layers call when they see their first input.

    Args:
        requires_grad: whether gradients will be tracked.
        device, dtype: of the values; by default the CPU and float32.

    Example:
        >>> parameter = nn.UninitializedParameter()
        >>> parameter
        UninitializedParameter(dtype=float32)
        >>> parameter.materialize((2,))
        >>> parameter
        Parameter([0.0, 0.0], grad=None)
    """

    __slots__ = ()

    _plain = Parameter

    def __init__(self, requires_grad: bool = True, *, device: str | None = None, dtype: Any = None) -> None:
        self._wait(requires_grad, device, dtype)


class UninitializedBuffer(Uninitialized, Buffer):
    """A Buffer whose shape is not known yet. See ``UninitializedParameter``.

    Args:
        persistent: whether it is part of ``Module.state_dict()``.
        device, dtype: of the values; by default the CPU and float32.

    Example:
        >>> buffer = nn.UninitializedBuffer(dtype="float64")
        >>> buffer.shape
        Traceback (most recent call last):
        lucid.errors.ArgumentError: this UninitializedBuffer has no shape and no values yet: ...
    """

    __slots__ = ()

    _plain = Buffer

    def __init__(self, persistent: bool = True, *, device: str | None = None, dtype: Any = None) -> None:
        self._wait(False, device, dtype)
        self.persistent = bool(persistent)


def _expect_floats(tracked: bool, dtype: DType) -> None:
    """Raise if gradients are to be tracked of what has none."""
    if tracked and not is_inexact(dtype):
        raise DTypeError(f"only floats have gradients, got dtype={dtype.name}: pass requires_grad=False")


def _rebuild(cls: Any, kind: _Kind, persistent: bool | None) -> Any:
    """Make one from what ``__reduce__`` gave."""
    result = cls.__new__(cls)
    result._wait(kind.tracked, kind.device, kind.dtype)
    if persistent is not None:
        result.persistent = persistent
    return result


# ----------------------------------------------------------------- modules

_first_call = threading.RLock()  # one thread makes the parameters, and others wait


class LazyModule:
    """A module that waits for its first input: the base of lazy layers, beside the layer that they become.

    A subclass says what it is named after, how large that is for an input, and which shapes follow.

    Attributes:
        cls_to_become: the class of the module after its first call.
    """

    cls_to_become: type
    _size_name: str  # the name of the size that the first input tells

    def _size_of_input(self, x: Any) -> int:
        """Return the size that the first input tells, or raise if it can't be an input."""
        raise NotImplementedError

    def _size_of_state(self, name: str, shape: Shape) -> int | None:
        """Return the size that ``shape``, of the state of that name, tells; None if it tells nothing."""
        raise NotImplementedError

    def _state_shapes(self, size: int) -> dict[str, Shape]:
        """Return the shapes of the state that depends on the first input, or is made with what does."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Replace all state that was made, but for single numbers, by some without a shape."""
        module: Any = self
        for name, state in list(vars(self).items()):
            if isinstance(state, Parameter):
                setattr(self, name, UninitializedParameter(device=state.device, dtype=state.dtype))
            elif isinstance(state, Buffer) and state.ndim:
                setattr(self, name, UninitializedBuffer(device=state.device, dtype=state.dtype))
        setattr(module, self._size_name, 0)

    def reset_parameters(self) -> None:
        """Do nothing: there is nothing to reset yet."""

    def forward(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Become the layer that ``x`` asks for, and call it. If that fails, it is as it was before."""
        module: Any = self
        with _first_call:
            if not isinstance(module, LazyModule):  # another thread was here
                return module.forward(x, *args, **kwargs)
            if grad_mode.state.levels:
                raise ArgumentError(
                    f"{type(self).__name__}: call it once with an input outside of vmap first"
                )
            size = self.known_size({name: state.shape for name, state in self._plain_state().items()})
            waiting: list[Any] = [state for state in vars(self).values() if isinstance(state, Uninitialized)]
            before = _Snapshot(self)
            try:
                self.become(self._size_of_input(x) if size is None else size)
                if any(is_traced(state._array) for state in waiting):
                    raise ArgumentError(
                        f"{before.cls.__name__}: call it once with an input outside of jit first: what is "
                        "drawn inside has no values"
                    )
                return module.forward(x, *args, **kwargs)
            except BaseException:
                before.restore()
                raise

    def _plain_state(self) -> dict[str, Parameter | Buffer]:
        """Return the state that has values already, that another module shares or that was loaded."""
        return {
            name: state
            for name, state in vars(self).items()
            if isinstance(state, (Parameter, Buffer)) and not isinstance(state, Uninitialized)
        }

    def known_size(self, shapes: Mapping[str, Shape]) -> int | None:
        """Return the size that the shapes of state of these names tell, or None."""
        sizes = (self._size_of_state(name, shape) for name, shape in shapes.items())
        return next((size for size in sizes if size is not None), None)

    def become(self, size: int, reset: bool = True) -> None:
        """Be the layer of this size from now on; what has no values yet is made, and with ``reset`` drawn.

        What has values keeps them: another module may share it, or they were loaded.
        """
        module: Any = self
        made, known = False, self._plain_state()
        for name, shape in self._state_shapes(size).items():
            state = vars(self)[name]
            if isinstance(state, Uninitialized):
                state.materialize(shape)
                made = True
        setattr(module, self._size_name, size)
        if made and reset:
            plain: Any = self.cls_to_become
            # Copies stand in for what is to keep its values, so that no one ever sees others.
            vars(self).update({name: _stand_in(state) for name, state in known.items()})
            try:
                with grad_mode.unnoted():
                    plain.reset_parameters(module)
            finally:
                vars(self).update(known)
        module.__class__ = self.cls_to_become  # at last: other threads may call it from now on

    def fixed_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the state that are the same whatever the first input is."""
        small, large = self._state_shapes(0), self._state_shapes(sys.maxsize)
        return {name: shape for name, shape in small.items() if shape == large[name]}

    def extra_repr(self) -> str:
        """Return that of the layer, with a question mark for the size."""
        shown: str = super().extra_repr()  # type: ignore[misc]
        return "?" + shown.removeprefix("0")


def _stand_in(state: Parameter | Buffer) -> Parameter | Buffer:
    """Return other state of the same values, which may be written to in its place."""
    return Parameter(state, state.requires_grad) if isinstance(state, Parameter) else Buffer(state)


class _Snapshot:
    """A lazy module as it is, to be restored."""

    def __init__(self, module: LazyModule) -> None:
        self.module: Any = module
        self.cls = type(module)
        self.attributes = dict(vars(module))
        self.states = [
            (t, type(t), _slot.__get__(t), t._node)
            for t in self.attributes.values()
            if isinstance(t, (Parameter, Buffer))
        ]

    def restore(self) -> None:
        """Make the module and its state what they were."""
        self.module.__class__ = self.cls
        vars(self.module).clear()
        vars(self.module).update(self.attributes)
        for tensor, cls, array, origin in self.states:
            state: Any = tensor
            state.__class__ = cls
            _slot.__set__(tensor, array)
            state._node = origin
