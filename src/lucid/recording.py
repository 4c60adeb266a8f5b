"""How operations are recorded.

A ``Primitive`` is an operation on raw arrays together with its derivative. Calling one on
Tensors unwraps their arrays, runs the forward function, wraps the result and, if some
argument tracks gradients, hangs a ``Node`` on it (see ``node.py``).

Read next: ``ops/elementwise.py``, where primitives are written.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any, overload

from lucid import hints
from lucid.engines import dtypes
from lucid.engines.protocol import Array
from lucid.engines.registry import engine_by_type, engine_of, is_array
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DeviceError,
    DTypeError,
    GradientError,
    IndexingError,
    LucidError,
    RangeError,
    ShapeError,
)
from lucid.grad_mode import state as _state
from lucid.node import Node

# ----------------------------------------------------------------- who returns Tensors
# An operation returns a Tensor, and a Tensor has operations: the one circle in the house.
# tensor.py closes it by calling `register_tensor`.

Tensor: Any = None
_tensor_types: set[Any] = set()
namespace: Any = None  # the namespace `lucid.ops`: the `xp` of derivatives of derivatives


def register_tensor(cls: type, ops: Any) -> None:
    """Tell the tape which class its results are, and which functions work on them."""
    global Tensor, namespace
    Tensor, namespace = cls, ops
    _tensor_types.add(cls)


def register_tensor_subclass(cls: type) -> None:
    """Let operations take ``cls`` on their quick path; results are plain Tensors."""
    _tensor_types.add(cls)


# ----------------------------------------------------------------- primitives

_new = object.__new__
_NO_OPTIONS: dict[str, Any] = {}
_SCALARS = frozenset((bool, int, float, complex))


class Primitive:
    """An operation on arrays, and its derivative. Made by the decorator ``primitive``."""

    def __init__(self, forward: Callable[..., Any], promotes: str | None) -> None:
        functools.update_wrapper(self, forward)
        self.name = forward.__name__
        self.forward = forward
        self.promotes = promotes
        self.rule: Callable[..., Any] | None = None
        self.keeps_output = True
        self.kept: tuple[bool, ...] | None = None  # which inputs the rule needs; None: all, (): none

    @property
    def __signature__(self) -> Any:
        """The signature of a call: that of ``forward`` without ``xp``."""
        import inspect  # a slow import, for `help` and the like alone

        signature = inspect.signature(self.forward)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def vjp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Register ``rule(xp, g, out, *inputs, **options)``, which returns the inputs' gradients.

        The rule returns one gradient per input: an array, None, or a function that is called if it is wanted.
        """
        names, rest = _positional(rule)
        names += [rest] if rest else []
        self.keeps_output = not names[2].startswith("_")
        kept = tuple(not n.startswith("_") for n in names[3:])
        self.kept = None if all(kept) else kept if any(kept) else ()
        self.rule = rule
        return rule

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> str:
        return str(vars(self)["__qualname__"])  # pickled by name, as functions are

    def __call__(self, *args: Any, **options: Any) -> Any:
        # 1. Unwrap. `ready` stays true as long as nothing has to be converted.
        arrays: list[Any] = []
        parents: list[Node | None] = []
        tracked = scalars = False
        ready = True
        promotes = self.promotes
        array_type: Any = None
        dtype: Any = None
        for arg in args:
            cls = arg.__class__
            if cls in _tensor_types:
                array = arg._array
                node = arg._node
                arrays.append(array)
                parents.append(node)
                if node is not None:
                    tracked = True
                if dtype is None:
                    array_type = array.__class__
                    dtype = array.dtype
                elif array.__class__ is not array_type or (promotes is not None and array.dtype is not dtype):
                    ready = False
            elif cls in _SCALARS:
                arrays.append(arg)
                parents.append(None)
                scalars = True
                if cls is complex:  # a real array must become complex first, and its gradient real again
                    ready = False
            else:
                ready = False
        if promotes is not None and dtype is not None and dtype.kind not in "fc":
            ready = ready and not scalars and promotes == "common"
        if not ready or dtype is None:
            converted = self._convert(args)
            if converted is not None:
                return self(*converted, **options)

        # 2. Run.
        try:
            out = self.forward(engine_by_type[array_type].xp, *arrays, **options)
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise explain(self, error, arrays, options) from error

        # 3. Wrap, and record.
        if out.__class__ is tuple:
            return self._wrap_many(out, arrays, parents, options, tracked)
        if out.__class__ is not array_type:  # a NumPy scalar, or an array of another engine
            out = engine_of(out).as_array(out)
        result: Any = _new(Tensor)
        result._array = out
        result._grad = None
        if tracked and _state.recording and out.dtype.kind in "fcV":
            result._node = self._record(arrays, parents, out, options, out.shape, out.dtype)
        else:
            result._node = None
        return result

    def _record(
        self,
        inputs: Sequence[Any],
        parents: Sequence[Node | None],
        output: Any,
        options: dict[str, Any],
        shape: Any,
        dtype: Any,
    ) -> Node:
        if self.rule is None:
            raise GradientError(
                f"{self.name} has no derivative, and an argument tracks gradients: "
                f"pass x.detach(), or give the primitive a rule with @{self.name}.vjp"
            )
        inputs = inputs if self.kept is None else self.inputs_to_keep(inputs, parents)
        return Node(self, parents, inputs, output if self.keeps_output else None, options, shape, dtype)

    def inputs_to_keep(self, inputs: Sequence[Any], parents: Sequence[Node | None]) -> Sequence[Any]:
        """Return ``inputs``; in the place of those that the rule doesn't need nodes, which know the shape."""
        kept = self.kept
        if not kept:
            return inputs if kept is None else parents
        if len(kept) != len(inputs):  # the last one is a `*rest`
            kept = kept[:-1] + kept[-1:] * (len(inputs) - len(kept) + 1)
        return [x if k else p for x, p, k in zip(inputs, parents, kept, strict=True)]

    def _wrap_many(
        self,
        outs: tuple[Any, ...],
        arrays: list[Any],
        parents: list[Node | None],
        options: dict[str, Any],
        tracked: bool,
    ) -> tuple[Any, ...]:
        outs = tuple(engine_of(out).as_array(out) for out in outs)
        nodes: list[Node | None] = [None] * len(outs)
        if tracked and _state.recording:
            shapes, kinds = tuple(o.shape for o in outs), tuple(o.dtype for o in outs)
            origin = self._record(arrays, parents, outs, options, shapes, kinds)
            nodes = [pick(origin, i) if o.dtype.kind in "fcV" else None for i, o in enumerate(outs)]
        return tuple(map(wrap, outs, nodes))

    def _convert(self, args: tuple[Any, ...]) -> list[Any] | None:
        """Return ``args`` as Tensors of one engine and dtype, and scalars; None if they are."""
        if not args:
            raise explain(self, TypeError("positional arguments are missing"), [], {})
        # A graph holds on to its arrays, and a NumPy array is its owner's to write to.
        recorded = _state.recording and any(isinstance(a, Tensor) and a._node is not None for a in args)
        converted = [_as_argument(self, arg, copy=recorded) for arg in args]
        if _state.levels:
            converted = at_one_depth(converted)
        tensors = [a for a in converted if isinstance(a, Tensor)]
        if not tensors:
            converted = [namespace.asarray(a) for a in converted]
            tensors = converted
        devices = {a.device for a in args if isinstance(a, Tensor)}
        if len(devices) > 1:
            raise DeviceError(
                f"{self.name}: tensors on different devices, {' and '.join(sorted(devices))}: "
                "move one with .to(device)"
            )
        home = devices.pop() if devices else tensors[0].device  # NumPy arrays follow the Tensors
        converted = [a.to(home) if isinstance(a, Tensor) else a for a in converted]
        if self.promotes is not None:
            scalars = [a for a in converted if not isinstance(a, Tensor)]
            dtype = dtypes.promote([t.dtype for t in tensors], scalars)
            if self.promotes == "float" and not dtypes.is_inexact(dtype):
                dtype = dtypes.default_float
            converted = [a.astype(dtype) if isinstance(a, Tensor) else a for a in converted]
        return None if all(map(operator.is_, args, converted)) else converted


class BinaryPrimitive(Primitive):
    """A primitive of two arrays and no options.

    A small operation is mostly overhead, and most operations are of this kind. So two Tensors of
    one engine and dtype, or a Tensor of floats and a float, take the same three steps quickly.
    """

    def __call__(self, x: Any, y: Any, /) -> Any:
        if x.__class__ in _tensor_types and y.__class__ in _tensor_types:
            a, b, node, other = x._array, y._array, x._node, y._node
            array_type = a.__class__
            ready = b.__class__ is array_type and a.dtype is b.dtype
            if self.promotes == "float":
                ready = ready and a.dtype.kind == "f"
        elif y.__class__ is float and x.__class__ in _tensor_types:
            a, b, node, other = x._array, y, x._node, None
            array_type = a.__class__
            ready = a.dtype.kind == "f"
        else:
            ready = False
        if not ready:
            return super().__call__(x, y)

        try:
            out = self.forward(engine_by_type[array_type].xp, a, b)
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise explain(self, error, [a, b], _NO_OPTIONS) from error

        if out.__class__ is not array_type:
            out = engine_of(out).as_array(out)
        result: Any = _new(Tensor)
        result._array = out
        result._grad = None
        if (node is not None or other is not None) and _state.recording and out.dtype.kind in "fcV":
            result._node = self._record((a, b), (node, other), out, _NO_OPTIONS, out.shape, out.dtype)
        else:
            result._node = None
        return result


@overload
def primitive(forward: Callable[..., Any], *, promotes: str | None = None) -> Primitive: ...
@overload
def primitive(
    forward: None = None, *, promotes: str | None = None
) -> Callable[[Callable[..., Any]], Primitive]: ...
def primitive(forward: Callable[..., Any] | None = None, *, promotes: str | None = None) -> Any:
    """Make an operation of ``forward(xp, *arrays, **options)``.

    ``xp`` is the namespace of the arrays' engine: write ``xp.exp(x)``, not ``numpy.exp(x)``,
    and the operation runs on every engine. Arrays are positional, options keyword-only; no
    array is changed. Give the operation its derivative with ``@<name>.vjp``; there, ``xp``
    may also be Lucid itself, and that is where second derivatives come from. An argument of
    the rule whose name begins with ``_`` isn't kept alive: instead of its value comes its
    node, which still has ``shape`` and ``dtype``, or None if it tracks no gradients.

    Args:
        forward: the function on arrays.
        promotes: ``"common"`` brings the arrays to one dtype before ``forward`` sees them,
            ``"float"`` does so and makes integers float32; None leaves them as they are.

    Example:
        >>> from lucid.autograd import primitive
        >>> @primitive
        ... def cube(xp, x):
        ...     return x * x * x
        >>> @cube.vjp
        ... def _(xp, g, out, x):
        ...     return (3 * g * x * x,)
        >>> x = lucid.Tensor([2.0], requires_grad=True)
        >>> cube(x).sum().backward()
        >>> print(x.grad)
        [12.0]
    """
    if forward is None:
        return functools.partial(primitive, promotes=promotes)
    names, rest = _positional(forward)
    binary = len(names) == 3 and not rest and promotes is not None and not forward.__code__.co_kwonlyargcount
    return (BinaryPrimitive if binary else Primitive)(forward, promotes)


def _positional(function: Any) -> tuple[list[str], str | None]:
    """Return the names of the positional arguments, and that of ``*rest`` if there is one."""
    code = getattr(function, "__code__", None)
    if code is None:
        raise ArgumentTypeError(f"an operation and its rule are plain functions, got {function!r}")
    count = code.co_argcount
    takes_rest = code.co_flags & 0x04  # inspect.CO_VARARGS; importing inspect would take milliseconds
    rest = code.co_varnames[count + code.co_kwonlyargcount] if takes_rest else None
    return list(code.co_varnames[:count]), rest


def wrap(array: Array, node: Node | None = None) -> Any:
    """Return a Tensor that names ``array``, without a copy."""
    result = Tensor.__new__(Tensor)
    result._array = array
    result._grad = None
    result._node = node
    return result


def held(tensor: Any) -> Any:
    """Return ``tensor``; under ``vmap``, the Tensor that holds the values of all examples."""
    while engine_of(tensor._array).depth:
        tensor = tensor._array.tensor
    return tensor


def at_one_depth(values: list[Any]) -> list[Any]:
    """Return ``values`` with the Tensors among them as arrays of the innermost ``vmap`` of any."""
    engines: list[Any] = [engine_of(v._array) for v in values if isinstance(v, Tensor)]
    deepest = max(engines, key=lambda engine: engine.depth, default=None)
    if deepest is None or not deepest.depth:
        return values
    return [deepest.lift(v) if isinstance(v, Tensor) else v for v in values]


def _as_argument(primitive: Primitive, arg: Any, copy: bool) -> Any:
    if isinstance(arg, Tensor):
        return arg
    if isinstance(arg, float):
        return float(arg)  # numpy.float64 is a float, and weak like one
    if isinstance(arg, (bool, int, complex)):
        return arg
    if is_array(arg):
        return namespace.asarray(arg, copy=copy or None)
    raise ArgumentTypeError(
        f"{primitive.name} expects Tensors, got {type(arg).__name__}: write lucid.asarray(...) around it"
    )


def explain(primitive: Primitive, error: Exception, arrays: list[Any], options: dict[str, Any]) -> LucidError:
    """Turn an error from NumPy or JAX into one that names the operation and its arguments."""
    shown = [f"{tuple(a.shape)} {a.dtype}" if hasattr(a, "shape") else repr(a) for a in arrays]
    shown += [f"{k}={v!r}" for k, v in options.items() if v is not None and k != "index"]
    kind: type[LucidError] = ArgumentError
    text = str(error)
    if isinstance(error, LucidError):  # raised by the forward function itself
        kind = type(error)
    elif isinstance(error, IndexError):
        kind = IndexingError
    elif isinstance(error, OverflowError):
        kind = RangeError
    elif isinstance(error, TypeError) and ("keyword argument" in text or "positional argument" in text):
        fix = hints.of_keyword(error)
        fix = fix or f"arrays are positional, options keywords: {primitive.name}{primitive.__signature__}"
        return ArgumentTypeError(f"{primitive.name}({', '.join(shown)}): {fix}")
    elif "broadcast" in str(error) or (
        not isinstance(error, TypeError) and ("shape" in str(error) or "dimension" in str(error))
    ):
        kind = ShapeError  # JAX calls shapes that do not broadcast a TypeError
    elif isinstance(error, TypeError):
        kind = DTypeError
    return kind(f"{primitive.name}({', '.join(shown)}): {error}")


# ----------------------------------------------------------------- one of several results


def pick(origin: Node, i: int) -> Node:
    """Return the node of result ``i`` of a primitive that returns several."""
    return Node(pick_primitive, (origin,), None, None, {"i": i}, origin.shape[i], origin.dtype[i])


def _pick_forward(xp: Any, *outs: Any, i: int) -> Any:
    return outs[i]


pick_primitive = Primitive(_pick_forward, None)
