"""The Tensor: a name for an array, with a place in the graph and a gradient.

Three attributes: the raw array of an engine (`_array`), the node of the tape that computed it
or gathers its gradient (`_node`, None if it tracks nothing), and the gradient (`_grad`).

Tensors are values. No operation changes an array; ``x += y`` and ``x[i] = v`` make this one
Tensor a name for a new array, recorded like any other result. So a write can never corrupt
what another Tensor, or the graph, still holds.

Operators, and methods that are one line over a function of ``lucid.ops``, are in ``methods.py``,
conversions to other libraries' arrays and to numbers in ``exchange.py``.
Read next: ``nn/module.py``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from lucid import autograd, grad_mode, node, ops, printing, recording
from lucid.engines.cpu.memory import is_alone
from lucid.engines.dtypes import DType
from lucid.engines.registry import engine_of, resolve_device
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DeviceError,
    DTypeError,
    GradientError,
    ShapeError,
)
from lucid.exchange import Exchange
from lucid.methods import Methods
from lucid.ops import indexing
from lucid.ops.cast import as_written


class Tensor(Exchange, Methods):
    """An n-dimensional array of numbers that can track how it was computed.

    Args:
        data: a number, nested sequences of numbers, or an array (NumPy, JAX, another Tensor).
            It is copied. Python floats become float32, integers int64.
        dtype: data type; by default that of ``data``.
        device: ``"cpu"``, ``"xla:cpu"``, ``"gpu"``, ``"tpu"``; by default where ``data`` is.
        requires_grad: track operations, so that ``backward`` can fill ``grad``.

    Raises:
        ArgumentError: if ``data`` is ragged.
        DTypeError: if ``data`` is not numeric, or is of integers and is to track gradients.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x
        Tensor([1.0, 2.0], grad=[2.0, 4.0])
        >>> print(x.grad)
        [2.0, 4.0]
    """

    __slots__ = ("__weakref__", "_array", "_grad", "_node")
    # `array + tensor` is left to the Tensor; numpy.sin(tensor) raises: it would lose the gradient.
    __array_ufunc__ = None

    _array: Any
    _node: node.Node | None
    _grad: Any

    def __init__(
        self, data: Any, dtype: Any = None, device: str | None = None, requires_grad: bool = False
    ) -> None:
        self._array = ops.to_array(data, dtype, device, copy=True)
        self._grad = None
        self._node = None
        if requires_grad:
            self.requires_grad_()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        recording.register_tensor_subclass(cls)

    # ------------------------------------------------------------- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self._array.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> DType:
        """Data type, a ``numpy.dtype`` on every engine."""
        return self._array.dtype  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._array.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._array.size  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """Name of the device that holds the array: ``"cpu"``, ``"xla:gpu"``."""
        return engine_of(self._array).device_of(self._array)

    @property
    def nbytes(self) -> int:
        """Bytes that the elements take."""
        return int(self.size * self.dtype.itemsize)

    def __repr__(self) -> str:
        return printing.represent(self, type(self).__name__)

    def __str__(self) -> str:
        return (
            repr(self)
            if self.requires_grad or grad_mode.state.levels
            else printing.format_values(self.numpy())
        )

    def _repr_html_(self) -> str:
        return printing.as_html(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    # ------------------------------------------------------------- gradients

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this Tensor are recorded. Settable."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Begin to track gradients as a leaf, or cease to; return the Tensor itself."""
        if not requires_grad:
            if not self.is_leaf:
                raise GradientError(
                    "requires_grad_(False) on a computed tensor cuts its graph: write x.detach()"
                )
            self._node = None
        elif self.dtype.kind not in "fcV":  # V: bfloat16
            name = self.dtype.name
            raise DTypeError(
                f"only floats and complex numbers have gradients, this is {name}: "
                "write x.astype(lucid.float32)"
            )
        elif self._node is None:
            self._node = node.leaf(self)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether this Tensor was made, not computed, as far as the graph knows."""
        return self._node is None or not self._node.parents

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have added up here. Settable, to None as well."""
        return self._grad  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise ArgumentTypeError(f"grad must be a Tensor or None, got {type(value).__name__}")
            self._check_like(value, "grad")
        self._grad = value

    def backward(self, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False) -> None:
        """Add to ``grad`` of every leaf that this Tensor was computed from its derivative.

        Args:
            gradient: of some scalar by this Tensor, in its shape; may be left out for one element.
            retain_graph: keep the saved arrays, so that backward can come this way again.
            create_graph: record the pass itself, so that ``grad`` can be differentiated.

        Raises:
            GradientError: if this Tensor tracks nothing, isn't one number and no ``gradient`` is
                given, or an earlier backward has freed the graph.
        """
        autograd.backward(self, gradient, retain_graph, create_graph)

    def detach(self) -> Tensor:
        """Return a Tensor of the same values that tracks nothing."""
        array = self._array
        if grad_mode.state.levels:  # under vmap, what it stands for may be tracked outside
            array = engine_of(array).detached(array)
        return recording.wrap(array)  # type: ignore[no-any-return]

    def retain_grad(self) -> None:
        """Fill ``grad`` in backward although this Tensor was computed."""
        if self._node is None:
            raise GradientError("retain_grad: this tensor tracks no gradients")
        for old in autograd.ancestors([self._node]):  # what this Tensor was before a write
            node.release_grad(old, self)
        node.keep_grad(self._node, self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Callable[[], None]:
        """Call ``hook(gradient)`` when backward reaches this Tensor; what it returns replaces it.

        What is returned here is a function that removes the hook.
        Example:
            >>> x = Tensor([1.0], requires_grad=True)
            >>> remove = x.register_hook(lambda g: 10 * g)
            >>> (2 * x).sum().backward()
            >>> print(x.grad)
            [20.0]
        """
        if self._node is None:
            raise GradientError("register_hook: this tensor tracks no gradients")
        hooks = node.watch(self._node).hooks
        hooks.append(hook)
        return lambda: hooks.remove(hook) if hook in hooks else None

    # ------------------------------------------------------------- writing

    def _check_like(self, value: Tensor, what: str) -> None:
        if value.shape != self.shape:
            raise ShapeError(f"{what} has shape {value.shape}, the tensor {self.shape}: they must be equal")
        if value.dtype != self.dtype:
            mine, given = self.dtype.name, value.dtype.name
            raise DTypeError(f"{what} is {given}, the tensor {mine}: cast one with .astype(lucid.{mine})")
        if value.device != self.device:
            raise DeviceError(f"{what} is on {value.device}, not on {self.device}: move one with .to(device)")

    def _become(self, value: Tensor) -> Self:
        """Be a name for ``value`` from now on: what every write comes down to."""
        self._check_like(value, "the new value")
        if grad_mode.state.levels:
            grad_mode.note_write(self, value)
        self._array = value._array
        if value._node is not None:
            old, self._node = self._node, value._node
            # A leaf goes on gathering the gradient of what it was; a retained grad follows the Tensor.
            if old is not None and old.parents and node.release_grad(old, self):
                node.keep_grad(self._node, self)
        elif self._node is not None and self._node.parents:
            # A constant was written over a computed value. While recording, it tracks nothing
            # any more; under no_grad it begins anew as a leaf, as a parameter should.
            self._node = None if grad_mode.is_recording() else node.leaf(self)
        return self

    def copy_(self, source: Any) -> Self:
        """Take on the values of ``source``, cast and broadcast to this dtype and shape.

        Written under ``no_grad``, a leaf stays a leaf: this is how parameters are set. A source on
        another device is moved.
        """
        value = as_written(source, self.dtype, self.device, "copy_").to(self.device)
        # A copy, so that the two never share a node, nor this one has any of an unrecorded write.
        value = value.copy() if grad_mode.is_recording() else value.detach()
        return self._become(ops.broadcast_to(value, self.shape))

    def __setitem__(self, key: Any, value: Any, /) -> None:
        value = as_written(value, self.dtype, self.device, "x[i] = value")
        untracked = self._node is None and value._node is None and not grad_mode.state.levels
        if untracked and value.device == "cpu" and is_alone(self):
            indexing.write_at(self, key, value)  # nobody else can see this array
        else:
            self._become(ops.setitem(self, key, value))

    # ------------------------------------------------------------- Python's protocols

    def __len__(self) -> int:
        if self.ndim == 0:
            raise ArgumentTypeError("len() of a 0-d tensor, which has no axis to count along")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise ArgumentTypeError("iteration over a 0-d tensor: use .item() for its value")
        return iter(ops.unstack(self))

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __copy__(self) -> Tensor:
        if type(self) is Tensor:
            return self.copy()
        function, arguments, *state = self.__reduce__()  # of a subclass: another one of its kind
        result: Tensor = function(*arguments)
        if state:
            result.__dict__.update(state[0])
        return result

    def copy(self) -> Tensor:
        """Return another Tensor of this value, part of the same graph."""
        # Arrays never change, so a copy is a second name; a leaf's copy depends on the leaf.
        copied: Tensor = recording.wrap(self._array) if self._node is None else ops.positive(self)
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        function, arguments, *state = self.__reduce__()
        result: Self = function(*arguments)
        memo[id(self)] = result
        if state:
            result.__dict__.update(copy.deepcopy(state[0], memo))
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.is_leaf:
            raise GradientError(
                "a tensor that was computed from tracked ones can't be deep-copied or pickled: "
                "its graph would be lost. Write x.detach()"
            )
        grad = None if self._grad is None else self._grad.detach()
        arguments = (type(self), np.asarray(self._numpy()), self.device, self.requires_grad, grad)
        attributes = getattr(self, "__dict__", None)  # of a subclass
        return (_rebuild, arguments, attributes) if attributes else (_rebuild, arguments)

    # ------------------------------------------------------------- moving and casting

    def to(self, device: str | None) -> Tensor:
        """Return this Tensor on ``device``; itself if it is there already, or ``device`` is None."""
        if device is None:
            return self
        return ops.to_device(self, resolve_device(device)[1])  # type: ignore[no-any-return]

    def to_device(self, device: str, /, *, stream: Any = None) -> Tensor:
        """Return this Tensor on ``device``: the Array API's name for ``to``."""
        if stream is not None:
            raise ArgumentError(f"to_device: no device here has streams, got stream={stream!r}")
        return self.to(device)

    def astype(self, dtype: Any) -> Any:
        """Return this Tensor with another dtype; itself if it has that already."""
        return ops.astype(self, dtype, copy=False)


def _rebuild(cls: type[Tensor], array: Any, device: str, requires_grad: bool, grad: Any) -> Any:
    """Make a Tensor from what ``__reduce__`` gave."""
    result = cls.__new__(cls)
    result._array = ops.to_array(array, None, device, copy=True)
    result._grad = grad
    result._node = node.leaf(result) if requires_grad else None
    return result


recording.register_tensor(Tensor, ops)
