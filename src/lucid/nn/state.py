"""The state of a module: as a dict of values by qualified name, back, and to another device or dtype.

Loading has two parts. The first looks at everything and collects what is wrong; the second
assigns, and cannot fail. So a state dict that does not fit leaves the module as it was. Moving
is done in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lucid import node
from lucid.engines.dtypes import as_dtype, is_inexact
from lucid.engines.registry import is_array, resolve_device
from lucid.errors import ArgumentTypeError, DTypeError, StateError
from lucid.nn import names
from lucid.nn.lazy import LazyModule, Uninitialized
from lucid.nn.parameter import Buffer, Parameter
from lucid.ops import asarray
from lucid.tensor import Tensor

if TYPE_CHECKING:
    from lucid.nn.module import Module

SHOWN = 20  # names of one kind in an error; a model may have thousands


class LoadResult(NamedTuple):
    """What ``load_state_dict`` passed over: names the state lacked, and names the module lacks."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


def _targets(module: Module) -> dict[str, Parameter | Buffer]:
    """Return every Parameter and persistent Buffer under all of its names."""
    return {
        names.join(path): value
        for path, value in module._walk(duplicates=True)
        if isinstance(value, Parameter) or (isinstance(value, Buffer) and value.persistent)
    }


def state_dict(module: Module) -> dict[str, Tensor]:
    """Return the values of the module's state by name. See ``Module.state_dict``."""
    return {name: target.detach() for name, target in _targets(module).items()}


def load_state_dict(module: Module, state: Mapping[str, Any], strict: bool) -> LoadResult:
    """Assign ``state`` to the module's state. See ``Module.load_state_dict``."""
    if not isinstance(state, Mapping):
        raise ArgumentTypeError(
            f"load_state_dict expects a dict of Tensors by name, got {type(state).__name__}: "
            "pass what state_dict() or lucid.io.load(...) returned"
        )
    targets = _targets(module)
    missing = tuple(name for name in targets if name not in state)
    unexpected = tuple(name for name in state if name not in targets)
    problems = []
    if strict:
        problems += _list("missing", [f"{n}{_near(n, unexpected)}" for n in missing[:SHOWN]], len(missing))
        said = [f"{n}{_near(n, missing)}" for n in unexpected[:SHOWN]]
        problems += _list("unexpected", said, len(unexpected))
    given = {name: state[name] for name in targets if name in state}
    kinds = [f"{n}: {k}" for n, v in given.items() if (k := _wrong_kind(targets[n], v))]
    problems += _list("wrong kind", kinds[:SHOWN], len(kinds))
    given = {name: value for name, value in given.items() if not _wrong_kind(targets[name], value)}
    given = {name: value for name, value in given.items() if not isinstance(value, Uninitialized)}
    lazy, expected, shapes = _lazy(module, given)
    expected |= {n: t.shape for n, t in targets.items() if not isinstance(t, Uninitialized)}
    shapes += [
        f"{n}: expected {expected[n]}, got {tuple(v.shape)}"
        for n, v in given.items()
        if tuple(v.shape) != expected.get(n, tuple(v.shape))
    ]
    problems += _list("wrong shape", shapes[:SHOWN], len(shapes))
    split = _two_values(targets, given)
    problems += _list("two values for one Parameter", split[:SHOWN], len(split))
    if problems:
        raise StateError("\n".join([f"the state does not fit this {type(module).__name__}:", *problems]))

    ready = [(targets[name], _fitted(value, targets[name])) for name, value in given.items()]
    for part, size, whole in lazy:
        part.become(size, reset=not whole)
    for target, value in ready:
        if isinstance(target, Uninitialized):
            target.materialize(value.shape)
        target._array = value._array
        if not target.is_leaf:
            target._node = node.leaf(target)
    return LoadResult(missing, unexpected)


def _lazy(
    module: Module, given: Mapping[str, Any]
) -> tuple[list[tuple[LazyModule, int, bool]], dict[str, tuple[int, ...]], list[str]]:
    """Return the lazy modules that ``given`` gives a size, the shapes that follow, and what is wrong.

    With each module come its size and whether all of its state is given.
    """
    found: list[tuple[LazyModule, int, bool]] = []
    expected: dict[str, tuple[int, ...]] = {}
    wrong: list[str] = []
    for path, part in module._walk():
        if not isinstance(part, LazyModule):
            continue
        places = {key: names.join((*path, key)) for key in part._state_shapes(1)}
        shapes = {key: tuple(given[name].shape) for key, name in places.items() if name in given}
        size = part.known_size(shapes)
        fixed = part.fixed_shapes()
        if size:
            found.append((part, size, len(shapes) == len(places)))
            fixed = part._state_shapes(size)
        expected |= {places[key]: shape for key, shape in fixed.items()}
        who = type(part).__name__
        others = [(key, shape) for key, shape in shapes.items() if key not in fixed]
        wrong += [f"{places[key]}: {who} takes no size from {shape}" for key, shape in others]
    return found, expected, wrong


def _list(title: str, items: list[str], count: int) -> list[str]:
    """Return the lines of an error for what is wrong in one way; none if nothing is."""
    more = [f"    and {count - len(items)} more"] if count > len(items) else []
    return [f"  {title}:", *(f"    {item}" for item in items), *more] if items else []


def _near(name: Any, candidates: Iterable[Any]) -> str:
    return names.near(name, [c for c in candidates if isinstance(c, str)]) if isinstance(name, str) else ""


_GROUPS = {
    "b": "booleans",
    "i": "integers",
    "u": "integers",
    "f": "floats",
    "V": "floats",
    "c": "complex numbers",
}


def _wrong_kind(target: Tensor, value: Any) -> str:
    """Return why ``value`` cannot be cast to what ``target`` holds, or nothing if it can."""
    if isinstance(value, Uninitialized):
        same = isinstance(target, Uninitialized)
        return "" if same else "there are no values yet: call the module that was saved once with an input"
    if not (isinstance(value, Tensor) or is_array(value)):
        return f"expected a Tensor or an array, got {type(value).__name__}"
    wanted, got = _GROUPS[target.dtype.kind], _GROUPS.get(np.dtype(value.dtype).kind)
    if wanted != got:
        return f"expected {wanted} ({target.dtype.name}), got {value.dtype}"
    if wanted == "integers" and not np.can_cast(value.dtype, target.dtype):
        return f"expected {target.dtype.name}, got {value.dtype}, whose numbers may not fit"
    return ""


def _two_values(targets: dict[str, Parameter | Buffer], given: dict[str, Any]) -> list[str]:
    """Return the names that one Parameter has and for which ``given`` has different values."""
    first: dict[int, str] = {}
    wrong = []
    for name, value in given.items():
        other = first.setdefault(id(targets[name]), name)
        if other != name and not _equal(value, given[other]):
            wrong.append(f"{other} and {name} are one, and their values differ")
    return wrong


def _equal(a: Any, b: Any) -> bool:
    if a is b:
        return True
    a, b = np.asarray(_host(a)), np.asarray(_host(b))
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


def _host(value: Any) -> Any:
    return value.numpy() if isinstance(value, Tensor) else value


def _fitted(value: Any, target: Tensor) -> Tensor:
    """Return ``value`` as a Tensor on the device and of the dtype of ``target``."""
    # An array is copied: whoever gave it may go on writing to it.
    tensor: Tensor = value.detach() if isinstance(value, Tensor) else asarray(value, copy=True)
    fitted: Tensor = tensor.to(target.device).astype(target.dtype)
    return fitted


# ----------------------------------------------------------------- moving


def move(module: Module, device: str | None, dtype: Any) -> None:
    """Move and cast the module's state, all of it or nothing. See ``Module.to``."""
    wanted = None if dtype is None else as_dtype(dtype)
    if wanted is not None and not is_inexact(wanted):
        raise DTypeError(f"to(dtype=...) casts Parameters, which are of floats; got {wanted.name}")
    place = None if device is None else resolve_device(device)[1]

    kinds = "fcV" if wanted is None or wanted.kind == "c" else "fV"

    def moved(tensor: Tensor) -> Tensor:
        value = tensor.detach() if place is None else tensor.detach().to(place)
        return value.astype(wanted) if wanted is not None and value.dtype.kind in kinds else value

    held: list[Any] = [value for _, value in module._walk() if isinstance(value, (Parameter, Buffer))]
    lazy = [value for value in held if isinstance(value, Uninitialized)]
    held = [value for value in held if not isinstance(value, Uninitialized)]
    ready = [(t, moved(t), None if t.grad is None else moved(t.grad)) for t in held]
    for waiting in lazy:
        waiting.move(place, wanted if waiting.dtype.kind in kinds else None)
    for target, value, grad in ready:
        if value._array is target._array:
            continue
        old = target._node
        target._array = value._array
        target._grad = grad
        if old is not None:
            # The tape knows a leaf by its shape and dtype, so a new one stands for the new array.
            # What was recorded before no longer fills `grad`: its gradients would be of the old kind.
            node.release_grad(old, target)
            target._node = node.leaf(target)
            if old.watch is not None:
                node.watch(target._node).hooks.extend(old.watch.hooks)
