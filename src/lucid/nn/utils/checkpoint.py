"""Recomputing in the backward pass what would otherwise be kept until then: time for memory.

A checkpointed function is run once, and of what was recorded only the edge is kept: the nodes that were
there before, of its arguments and of the parameters that it used. Between these and the results stands one
node. Its rule runs the function again, as it ran at first, and walks back through what is recorded this time.

Read ``autograd.py`` first.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lucid import autograd, node, recording
from lucid.errors import ArgumentError, ArgumentTypeError, GradientError
from lucid.grad_mode import enable_grad, is_recording, note_change, state
from lucid.nn.functional import checks
from lucid.nn.parameter import Buffer
from lucid.node import Node, Saved, next_order
from lucid.random import Generator
from lucid.recording import pick, primitive, wrap
from lucid.tensor import Tensor


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Return ``function(*args, **kwargs)``, and compute it once more in the backward pass.

    Nothing that is computed inside is kept until then but the results. So a deep model, cut into pieces,
    needs the memory for one piece at a time and for what passes from one to the next, and computes
    everything twice.

    The second time, arguments and parameters have the values of the first time even if they were written to
    since; Buffers, and the generators of random numbers that the function drew from, begin as they did then,
    and are afterwards what they were before. So the running statistics of a BatchNorm move once, and Dropout
    drops the same. Everything else that the function reads must not have changed, and what it does beside
    computing its results, such as printing or counting, is done twice. Derivatives of any order, by arguments
    and by parameters, are those of the function; a checkpoint may stand inside another.

    What is recorded holds the function and the arrays of its arguments until the backward pass has used them.

    Args:
        function: a Module, or any function of Tensors. Its results are found in tuples, lists and dicts.
        args, kwargs: what it is called with. Tensors are found in tuples, lists and dicts.
        use_reentrant: means nothing, as there is one way here; for programs that say it.
        preserve_rng_state: whether the same random numbers are drawn again.

    Raises:
        GradientError: in the backward pass, if the function computes something else than at first.

    Example:
        >>> block = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5))
        >>> y = nn.utils.checkpoint(block, lucid.ones((2, 4)))
        >>> y.sum().backward()
        >>> block[0].weight.grad.shape
        (8, 4)

    Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016.
    """
    if not callable(function):
        raise ArgumentTypeError(f"checkpoint expects a function or a Module, got {type(function).__name__}")
    checks.truth("checkpoint", "preserve_rng_state", preserve_rng_state)
    if not is_recording():
        return function(*args, **kwargs)
    held = _mapped((args, kwargs), lambda t: _Held(t._array, t._node))
    journal: dict[int, tuple[Any, Any]] = {}
    start = next_order()
    with _noted(journal):
        result = function(*args, **kwargs)
    outputs = _computed(result, start)
    nodes = _edge([y._node for y in outputs], start)
    if nodes:
        changed = [
            (weakref.ref(thing), before)
            for thing, before in journal.values()
            if preserve_rng_state or not isinstance(thing, Generator)
        ]
        call = _Call(function, held, changed, nodes, len(outputs))
        for y, new in zip(outputs, _nodes_of(outputs, call), strict=True):
            old, y._node = y._node, new
            if node.release_grad(old, y):
                node.keep_grad(new, y)
    return result


def checkpoint_sequential(
    functions: Any,
    segments: int,
    x: Any,
    use_reentrant: bool | None = None,
    *,
    preserve_rng_state: bool = True,
) -> Any:
    """Return what a Sequential returns for ``x``, computed in ``segments`` pieces that are checkpointed.

    The last piece is not, as the backward pass begins with it.

    Args:
        functions: a Sequential, or a list of Modules or functions, each of what the one before returned.
        segments: how many pieces; about the root of the number of functions needs least memory.
        x: what the first one is called with.
        use_reentrant: means nothing; see ``checkpoint``.
        preserve_rng_state: whether the same random numbers are drawn again.

    Raises:
        ArgumentError: unless there is at least one function for each piece.

    Example:
        >>> model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(9)))
        >>> y = nn.utils.checkpoint_sequential(model, 3, lucid.ones((2, 4)))
        >>> bool((y == model(lucid.ones((2, 4)))).all())
        True
    """
    name = "checkpoint_sequential"
    layers = list(functions)
    if not 1 <= checks.size(name, "segments", segments) <= max(1, len(layers)):
        raise ArgumentError(
            f"{name} expects segments from 1 to {len(layers)} (the functions), got {segments}"
        )
    each = len(layers) // segments
    for first in range(0, each * (segments - 1), each):
        piece = _Chain(layers[first : first + each])
        x = checkpoint(piece, x, preserve_rng_state=preserve_rng_state)
    return _Chain(layers[each * (segments - 1) :])(x)


class _Chain:
    """Functions one after the other."""

    def __init__(self, functions: list[Any]) -> None:
        self.functions = functions

    def __call__(self, x: Any) -> Any:
        for function in self.functions:
            x = function(x)
        return x


# ----------------------------------------------------------------- running it again


class _Held:
    """A Tensor among the arguments, as it was: its array and its node."""

    __slots__ = ("array", "node")

    def __init__(self, array: Any, node: Node | None) -> None:
        self.array, self.node = array, node


class _Call:
    """What it takes to run a function as it ran at first.

    Attributes:
        function: the function.
        held: its arguments, with ``_Held`` in the place of Tensors.
        changed: Buffers and generators that it changed, weakly referred to, and what they were before.
        nodes: the edge, from where its results were computed.
        used: the Tensors of these nodes that are still there, such as parameters, and their arrays.
        count: how many results it computed.
    """

    def __init__(self, function: Any, held: Any, changed: list[Any], nodes: list[Node], count: int) -> None:
        self.function = function
        self.held = held
        self.changed = changed
        self.nodes = nodes
        self.count = count
        self.used = [
            (n.watch.tensor, t._array, n)
            for n in nodes
            if n.watch and n.watch.tensor and (t := n.watch.tensor()) is not None and t._node is n
        ]

    def again(self, kinds: list[tuple[Any, Any]]) -> list[Any]:
        """Return the results, computed again; ``kinds`` are their shapes and dtypes of the first time."""
        start = next_order()
        with self._as_it_was(), enable_grad():
            args, kwargs = _mapped(self.held, lambda h: wrap(h.array, h.node))
            result = self.function(*args, **kwargs)
        outputs = _computed(result, start)
        found = [(y.shape, y.dtype) for y in outputs]
        if found != kinds:
            raise GradientError(MSG_OTHER.format(first=_shown(kinds), second=_shown(found)))
        if _edge([y._node for y in outputs], start) != self.nodes:
            raise GradientError(MSG_OTHER_INPUTS)
        return outputs

    @contextmanager
    def _as_it_was(self) -> Iterator[None]:
        """Have all that the function reads and writes be as it was at first; and afterwards as it is now."""
        present: list[tuple[Any, Any, Any]] = []
        for reference, array, old in self.used:
            tensor = reference()
            if tensor is not None and (tensor._array is not array or tensor._node is not old):
                present.append((tensor, tensor._array, tensor._node))
                tensor._array, tensor._node = array, old
        written: dict[int, tuple[Any, Any]] = {}
        try:
            with _noted(written):
                for reference, before in self.changed:
                    thing = reference()
                    if thing is not None:
                        note_change(thing, _state(thing))
                        _set(thing, before)
                yield
        finally:
            for thing, before in written.values():
                _set(thing, before)
            for tensor, array, now in present:
                tensor._array, tensor._node = array, now


@primitive
def recomputed(xp: Any, *xs: Any) -> Any:
    """Stand for a function between its inputs and its results. Never called: see ``checkpoint``."""
    return xs


@recomputed.vjp
def _(xp: Any, g: Any, saved: Any, *_nodes: Any) -> Any:
    create = xp is recording.namespace
    gradients = g if isinstance(g, tuple) else (g,)
    call: _Call = saved.residuals
    outputs = call.again([(d.shape, d.dtype) for d in gradients])
    if create:
        return autograd.walk_back_to(call.nodes, outputs, gradients, create=True)
    found = autograd.walk_back_to(call.nodes, outputs, tuple(map(wrap, gradients)), create=False)
    return tuple(None if d is None else d._array for d in found)


def _nodes_of(outputs: list[Any], call: _Call) -> list[Node]:
    """Return the nodes of a function's results: one that runs it again, and behind it one for each result."""
    saved: Any = Saved(None, None, call)  # type: ignore[arg-type]
    shapes, dtypes = tuple(y.shape for y in outputs), tuple(y.dtype for y in outputs)
    if len(outputs) == 1:
        return [Node(recomputed, call.nodes, call.nodes, saved, {}, shapes[0], dtypes[0])]
    origin = Node(recomputed, call.nodes, call.nodes, saved, {}, shapes, dtypes)
    return [pick(origin, i) for i in range(len(outputs))]


def _computed(result: Any, start: int) -> list[Any]:
    """Return the Tensors in ``result`` that were computed since ``start``, each once."""
    found: dict[int, Any] = {}
    stack = [result]
    while stack:
        value = stack.pop()
        if isinstance(value, Tensor):
            found.setdefault(id(value), value)
        elif isinstance(value, (dict, list, tuple)):
            stack.extend(reversed(list(value.values() if isinstance(value, dict) else value)))
    return [t for t in found.values() if not t.is_leaf and t._node.order > start]


def _edge(inner: Sequence[Node], start: int) -> list[Node]:
    """Return the nodes made before ``start`` to which the way back from ``inner`` leads first, in order.

    A leaf that was made since is one of them if its Tensor is still there, as that of a lazy module is.
    """
    seen: set[Node] = set()
    edge = []
    stack = list(inner)
    while stack:
        for parent in stack.pop().parents:
            if parent is None or parent in seen:
                continue
            seen.add(parent)
            if parent.order <= start or (not parent.parents and _is_there(parent)):
                edge.append(parent)
            else:
                stack.append(parent)
    return sorted(edge, key=lambda n: n.order)


def _is_there(leaf: Node) -> bool:
    return leaf.watch is not None and leaf.watch.tensor is not None and leaf.watch.tensor() is not None


@contextmanager
def _noted(journal: dict[int, tuple[Any, Any]]) -> Iterator[None]:
    """Have all changes of Buffers and generators be noted in ``journal``."""
    state.journals.append(journal)
    try:
        yield
    finally:
        state.journals.pop()


def _state(thing: Any) -> Any:
    if isinstance(thing, Buffer):
        return thing._array
    return tuple(thing.state_dict().values())


def _set(thing: Any, value: Any) -> None:
    if isinstance(thing, Buffer):
        thing._array = value
    else:
        seed, path, counter = value
        thing._set(seed, tuple(path), counter)


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return ``value`` with ``change`` made to the Tensors, or what stands for them, in nested containers."""
    if isinstance(value, (Tensor, _Held)):
        return change(value)
    if isinstance(value, dict):
        other = value.copy()
        other.update({key: _mapped(entry, change) for key, entry in value.items()})
        return other
    if isinstance(value, (list, tuple)):
        make = getattr(type(value), "_make", type(value))  # a named tuple is made in another way
        return make([_mapped(entry, change) for entry in value])
    return value


def _shown(kinds: list[tuple[Any, Any]]) -> str:
    return ", ".join(f"{shape} {dtype.name}" for shape, dtype in kinds) or "nothing that tracks gradients"


MSG_OTHER = """checkpoint: the function returned {second} when it was computed again, and at first {first}.
It must compute the same both times: what it reads beside its arguments may not have changed."""

MSG_OTHER_INPUTS = """checkpoint: computed again, the function used other tracked tensors than at first.
It must compute the same both times. Give it as arguments what is written to later on."""
