"""Recomputing in the backward pass what would otherwise be kept until then: time for memory.

A checkpointed function is run once, and of what was recorded only the edge is kept: the nodes that were
there before, of its arguments and of the parameters that it used. Between these and the results stands one
node. Its rule runs the function again, as it ran at first, and walks back through what is recorded this time.

Read ``autograd.py`` first.
"""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from lucid import autograd, node, recording
from lucid.errors import ArgumentError, ArgumentTypeError, GradientError
from lucid.grad_mode import MSG_DRAWS, Journal, enable_grad, is_recording, note_change, state
from lucid.nn import names
from lucid.nn.functional import checks
from lucid.nn.lazy import Uninitialized
from lucid.nn.module import Module
from lucid.node import Node, Saved, next_order
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

    The second time, arguments have the values of the first time even if they were written to since, and the
    same random numbers are drawn. Buffers that the function itself changed begin as they did then, and are
    afterwards what they were before. So the running statistics of a BatchNorm move once, and Dropout drops
    the same. Everything else that the function reads must not have changed: if Parameters that it learns by
    were written to, or any state of the Module that it is, the backward pass raises. What it does beside
    computing its results, such as printing or counting, is done twice.

    Derivatives of any order, by arguments and by parameters, are those of the function; a checkpoint may
    stand inside another. Where one result was computed from another, a gradient that is retained at the one
    is without what comes by way of the other.

    What is recorded holds the function and the arrays of its arguments until the backward pass has used them.
    A Module that keeps such a result as an attribute so holds itself, until Python's garbage collector comes.

    Args:
        function: a Module, or any function of Tensors. Its results are found in tuples, lists and dicts.
        args, kwargs: what it is called with. Tensors are found in tuples, lists and dicts.
        use_reentrant: means nothing, as there is one way here; for programs that say it.
        preserve_rng_state: whether the same random numbers are drawn again.

    Raises:
        GradientError: in the backward pass, if the function computes something else than at first, or what it
            is computed from was written to.

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
    journal = Journal()
    start = next_order()
    with _noted(journal):
        result = function(*args, **kwargs)
    outputs = _computed(result, start)
    nodes = _edge([y._node for y in outputs], start)
    if nodes:
        call = _Call(function, held, journal, preserve_rng_state, nodes, len(outputs))
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
        ArgumentTypeError: if ``functions`` are none.
        ArgumentError: unless there is at least one function for each piece.

    Example:
        >>> model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(9)))
        >>> y = nn.utils.checkpoint_sequential(model, 3, lucid.ones((2, 4)))
        >>> bool((y == model(lucid.ones((2, 4)))).all())
        True
    """
    name = "checkpoint_sequential"
    if not isinstance(functions, Iterable):
        raise ArgumentTypeError(
            f"{name} expects a Sequential or a list of functions, got {type(functions).__name__}"
        )
    layers = list(functions)
    for layer in layers:
        if not callable(layer):
            raise ArgumentTypeError(
                f"{name} expects a Sequential or a list of functions, got {layer!r} in it"
            )
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
        draws: where generators stood at each draw; None if others are to be drawn.
        changed: Buffers that it changed, weakly referred to, and what they were before.
        kept: what must be the same the second time: the state of Modules, by name.
        leaves: and Tensors at the edge, weakly referred to, with their arrays. Being held here, they are not
            changed in place.
        nodes: the edge, from where its results were computed.
        count: how many results it computed.
    """

    def __init__(
        self, function: Any, held: Any, journal: Journal, preserve: bool, nodes: list[Node], count: int
    ) -> None:
        self.function = function
        self.held = held
        self.draws = journal.draws if preserve else None
        self.changed = [(weakref.ref(buffer), before) for buffer, before, _ in journal.written.values()]
        self.kept = {k: v[1] for k, v in _state_of(function).items() if id(v[0]) not in journal.written}
        given: set[Node | None] = set()
        _mapped(held, lambda h: given.add(h.node))
        self.leaves = [
            (weakref.ref(t), t._array) for n in nodes if n not in given and (t := _tensor(n)) is not None
        ]
        self.nodes = nodes
        self.count = count

    def again(self, kinds: list[tuple[Any, Any]]) -> list[Any]:
        """Return the results, computed again; ``kinds`` are their shapes and dtypes of the first time."""
        self._check()
        start = next_order()
        with self._run(), enable_grad():
            args, kwargs = _mapped(self.held, lambda h: wrap(h.array, h.node))
            result = self.function(*args, **kwargs)
        outputs = _computed(result, start)
        found = [(y.shape, y.dtype) for y in outputs]
        if found != kinds:
            raise GradientError(MSG_OTHER.format(first=_shown(kinds), second=_shown(found)))
        if not set(self.nodes).issubset(_edge([y._node for y in outputs], start)):
            raise GradientError(MSG_OTHER_INPUTS)
        return outputs

    def _check(self) -> None:
        """Raise if the function would not compute the same."""
        now = _state_of(self.function)
        changed = [name for name, value in self.kept.items() if now.get(name, (None, None))[1] is not value]
        for reference, array in self.leaves:
            tensor = reference()
            if tensor is not None and tensor._array is not array:
                changed.append(f"a {type(tensor).__name__} of shape {tensor.shape}")
        if changed:
            raise GradientError(MSG_WRITTEN.format(what=changed[0]))

    @contextmanager
    def _run(self) -> Iterator[None]:
        """Have Buffers that the function changed be as it found them, and afterwards as they are now."""
        journal = Journal(self.draws, again=True)
        with _moving if self.changed else nullcontext():
            try:
                with _noted(journal):
                    for reference, first in self.changed:
                        buffer = reference()
                        if buffer is not None:
                            now, buffer._array = buffer._array, first
                            note_change(buffer, now)
                    yield
            finally:
                for buffer, before, written in journal.written.values():
                    if buffer._array is written:  # no other thread has written to it meanwhile
                        buffer._array = before
        if journal.replayed and journal.taken < len(journal.draws):
            raise GradientError(MSG_DRAWS.format(first=len(journal.draws), second=journal.taken))


_moving = threading.RLock()  # one thread at a time sets Buffers back


def _state_of(function: Any) -> dict[str, tuple[Any, Any]]:
    """Return the state of the Modules that ``function`` is, by name.

    Parameters and Buffers come with their arrays, and Modules with whether they are in training.
    """
    if isinstance(function, Module):
        found: dict[str, tuple[Any, Any]] = {}
        for path, value in function._walk():
            if isinstance(value, Module):
                found[names.join((*path, "training"))] = value, value.training
            elif not isinstance(value, Uninitialized):
                found[names.join(path)] = value, value._array
        return found
    if isinstance(function, _Chain):
        parts = [(names.join([str(i)]), _state_of(f)) for i, f in enumerate(function.functions)]
        return {f"{i}.{name}": held for i, part in parts for name, held in part.items()}
    if isinstance(function, functools.partial):
        return _state_of(function.func)
    owner = getattr(function, "__self__", None)  # of a bound method
    return _state_of(owner) if isinstance(owner, Module) else {}


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
            if parent.order <= start or (not parent.parents and _tensor(parent) is not None):
                edge.append(parent)
            else:
                stack.append(parent)
    return sorted(edge, key=lambda n: n.order)


def _tensor(n: Node) -> Any:
    """Return the Tensor whose gradient is gathered at ``n``, if it is still there and has this node."""
    tensor = n.watch.tensor() if n.watch is not None and n.watch.tensor is not None else None
    return tensor if tensor is not None and tensor._node is n else None


@contextmanager
def _noted(journal: Journal) -> Iterator[None]:
    """Have all changes of Buffers and draws of random numbers be noted in ``journal``."""
    state.journals.append(journal)
    try:
        yield
    finally:
        state.journals.pop()


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
It must compute the same both times. Give it as arguments what is written to later on, and call backward
before requires_grad_() is called on what it uses."""

MSG_WRITTEN = """checkpoint: {what} is not what it was when the function ran, and backward runs it again.
    loss.backward(); optimizer.step()    # first backward, then whatever writes to parameters or buffers
Give it as an argument what has to be written to in between: of arguments the first values are used."""
