"""The tape: walking back from a result to what it was computed from.

``backward`` collects the nodes from which the result came, takes them from the last recorded
to the first, and gives each one's derivative rule the gradient that has arrived there. What
the rule returns is passed on to the parents, and summed where several paths meet.

The nodes are those of ``node.py``, made by ``recording.py``, the rules stand in ``ops/`` under the operation.
With ``create_graph`` the same rules run on Tensors, and so are recorded in their turn.

Read next: ``tensor.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from operator import attrgetter
from typing import Any

import numpy as np

from lucid import grad_mode, recording
from lucid.engines.registry import engine_by_type, engine_of, is_array
from lucid.engines.settings import lowered, lowering
from lucid.errors import ArgumentError, ArgumentTypeError, DeviceError, GradientError, ShapeError
from lucid.grad_mode import enable_grad, is_recording, no_grad
from lucid.node import Node, Saved, Watch
from lucid.recording import Primitive, pick, pick_primitive, primitive, wrap

__all__ = ["backward", "enable_grad", "grad", "is_recording", "no_grad", "primitive"]


def backward(
    tensor: Any, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False
) -> None:
    """Add to ``grad`` of every leaf the derivative of ``tensor`` by it. See ``Tensor.backward``."""
    _walk([tensor], [gradient], retain_graph or create_graph, create_graph, wanted=None)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool = False,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """Return the derivatives of the sum of ``outputs`` by ``inputs``; no ``grad`` is touched.

    Args:
        outputs: a Tensor or a sequence of them.
        inputs: a Tensor or a sequence of them; each must track gradients.
        grad_outputs: gradients of the outputs, by default ones for scalars.
        retain_graph: keep the graph for another pass.
        create_graph: record the pass itself, so that its results can be differentiated.
        allow_unused: return None for an input that the outputs don't depend on.

    Returns:
        A tuple with one Tensor for each input.

    Raises:
        GradientError: if nothing is tracked, or an input is unused.

    Example:
        >>> x = lucid.Tensor(3.0, requires_grad=True)
        >>> (first,) = lucid.autograd.grad(x**3, x, create_graph=True)
        >>> (second,) = lucid.autograd.grad(first, x)
        >>> print(first.item(), second.item())
        27.0 18.0
    """
    outputs, inputs = _tensors("outputs", outputs), _tensors("inputs", inputs)
    if grad_outputs is None or isinstance(grad_outputs, recording.Tensor):
        grad_outputs = [grad_outputs] * len(outputs)
    if len(grad_outputs) != len(outputs):
        raise ArgumentError(f"grad got {len(outputs)} outputs and {len(grad_outputs)} grad_outputs")
    for i, x in enumerate(inputs):
        if x._node is None:
            raise GradientError(f"grad: inputs[{i}] tracks no gradients: make it with requires_grad=True")
    wanted: dict[Node, Any] = {x._node: None for x in inputs}
    _walk(outputs, grad_outputs, retain_graph or create_graph, create_graph, wanted)
    results = tuple(wanted[x._node] for x in inputs)
    if not allow_unused and any(g is None for g in results):
        i = [g is None for g in results].index(True)
        raise GradientError(
            f"grad: the outputs do not depend on inputs[{i}]: pass allow_unused=True to get None for it"
        )
    return results


def pull_back(definition: Any, g: Any, inputs: Sequence[Any], options: dict[str, Any]) -> tuple[Any, ...]:
    """Return the gradients of ``definition(*inputs, **options)`` by its inputs, recorded.

    Args:
        definition: a function of Tensors.
        g: the gradient of its result, a Tensor; or of its results, a tuple of them.
        inputs: Tensors and other values; what is no Tensor, or tracks nothing, gets None.
        options: keyword arguments.
    """
    # Second names for the inputs: where one was computed from another, what flows between them is
    # not the definition's.
    inputs = [alias(x) if isinstance(x, recording.Tensor) and x._node is not None else x for x in inputs]
    return _pulled_back(definition, g, inputs, options, create=True)


def pull_back_arrays(
    definition: Any, g: Any, inputs: Sequence[Any], options: dict[str, Any]
) -> tuple[Any, ...]:
    """Return the gradients of ``definition(*inputs, **options)`` as ``pull_back`` does, for raw arrays."""
    inputs = [wrap(x) if is_array(x) else x for x in inputs]
    for x in inputs:
        if isinstance(x, recording.Tensor) and x.dtype.kind in "fcV":
            x.requires_grad_()
    g = tuple(map(wrap, g)) if isinstance(g, tuple) else wrap(g)
    found = _pulled_back(definition, g, inputs, options, create=False)
    return tuple(None if d is None else d._array for d in found)


def _pulled_back(
    definition: Any, g: Any, inputs: Sequence[Any], options: dict[str, Any], create: bool
) -> tuple[Any, ...]:
    """Run ``definition``, and walk back from its results to its inputs, and no further."""
    with enable_grad():
        outs = definition(*inputs, **options)
    if not isinstance(outs, tuple):
        outs, g = (outs,), (g,)
    nodes = [x._node if isinstance(x, recording.Tensor) else None for x in inputs]
    return walk_back_to(nodes, outs, g, create)


def walk_back_to(nodes: Sequence[Node | None], outs: Any, g: Any, create: bool) -> tuple[Any, ...]:
    """Return the gradients at ``nodes`` of ``outs``, whose own are ``g``; go no further, run no hooks there.

    They are Tensors, or None where nothing arrives. With ``create`` they are recorded, and the graph is kept.
    """
    pairs = [(out, d) for out, d in zip(outs, g, strict=True) if out._node is not None]
    wanted: dict[Any, Any] = {node: None for node in nodes if node is not None}
    _walk([out for out, _ in pairs], [d for _, d in pairs], create, create, wanted, local=True)
    return tuple(wanted.get(node) for node in nodes)


def _tensors(name: str, given: Any) -> list[Any]:
    """Return a Tensor, or a sequence of them, as a list."""
    tensors = list(given) if isinstance(given, (list, tuple)) else [given]
    for i, t in enumerate(tensors):
        if not isinstance(t, recording.Tensor):
            raise ArgumentTypeError(
                f"grad expects {name} to be Tensors, got {type(t).__name__} for {name}[{i}]"
            )
    return tensors


def _walk(
    outputs: list[Any],
    gradients: list[Any],
    retain: bool,
    create: bool,
    wanted: dict[Node, Any] | None,
    local: bool = False,
) -> None:
    """Walk back from ``outputs``; fill ``wanted``, or the leaves' ``grad`` if it is None.

    With ``local``, what lies above the wanted nodes is left alone.
    """
    if create and not is_recording():
        with enable_grad():
            return _walk(outputs, gradients, retain, create, wanted, local)
    pending: dict[Any, Any] = {}
    for tensor, gradient in zip(outputs, gradients, strict=True):
        _add(pending, tensor._node, _seed(tensor, gradient, create))
    nodes = ancestors(pending, set(wanted) if local and wanted else frozenset())
    useful = None if wanted is None else _useful(nodes, wanted)
    arrived: list[tuple[Any, Any]] = []
    engines = lowered.engines
    for node in nodes:
        g = pending.pop(node, None)
        if g is None:
            continue
        if local and wanted is not None and node in wanted:
            wanted[node] = g  # its hooks and its parents are the business of whoever walks on from here
            continue
        if node.watch is not None:
            g = _visit(node.watch, g, create, arrived)
        if wanted is not None and node in wanted:
            wanted[node] = g
        if not node.parents or not (useful is None or any(p in useful for p in node.parents)):
            continue
        if node.primitive is pick_primitive:
            slots = pending.setdefault(node.parents[0], {})
            _add(slots, node.options["i"], g)
            continue
        if node.lowered == engines:
            _step(node, g, pending, create, useful)
        else:
            with lowering(node.lowered):  # the way back as the way forward, in or out of autocast
                _step(node, g, pending, create, useful)
        if not retain:
            # Free the arrays now, not with the graph: the peak of memory is lower for it.
            node.primitive = node.inputs = node.output = None
    # Only now that nothing can fail any more are the leaves touched.
    if wanted is None:
        for tensor, g in arrived:
            _deposit(tensor, g)
    else:
        for node, g in wanted.items():
            wanted[node] = _as_tensor(g)


def _step(node: Node, g: Any, pending: dict[Any, Any], create: bool, useful: set[Node] | None) -> None:
    """Apply the rule of one node, and hand its results on to the parents."""
    primitive, inputs, output = node.primitive, node.inputs, node.output
    if primitive is None or inputs is None:
        raise GradientError(MSG_FREED)
    if create:
        # The same rule, on Tensors: what it computes is recorded in turn.
        xp = recording.namespace
        inputs = [wrap(x, p) if is_array(x) else x for x, p in zip(inputs, node.parents, strict=True)]
        if output.__class__ is tuple:
            output = tuple(wrap(o, pick(node, i)) for i, o in enumerate(output))
        elif output.__class__ is Saved:  # of a kernel; a primitive's own rule takes over
            output = output._replace(out=wrap(output.out, node) if is_array(output.out) else None)
        elif output is not None:
            output = wrap(output, node)
    else:
        xp = engine_by_type[(g if g.__class__ is not dict else next(iter(g.values()))).__class__].xp
    if g.__class__ is dict:  # of several results, those that were used
        known = next(iter(g.values()))
        g = tuple(
            g[i] if i in g else _constant(known, shape, dtype, 0)
            for i, (shape, dtype) in enumerate(zip(node.shape, node.dtype, strict=True))
        )
    grads = primitive.rule(xp, g, output, *inputs, **node.options)  # type: ignore[misc]
    if grads.__class__ is not tuple or len(grads) != len(node.parents):
        raise GradientError(
            f"the rule of {primitive.name} must return a tuple of gradients, one for each of "
            f"{len(node.parents)} inputs, got {grads!r}"
        )
    for parent, d in zip(node.parents, grads, strict=True):
        if parent is None or d is None or (useful is not None and parent not in useful):
            continue
        if callable(d):
            d = d()
        if d.shape != parent.shape:
            d = _unbroadcast(primitive, xp, d, parent.shape)
        if d.dtype is not parent.dtype and d.dtype != parent.dtype:
            raise GradientError(
                f"the rule of {primitive.name} returned a {d.dtype} gradient for a {parent.dtype} input: "
                "constants in rules must be Python numbers"
            )
        have = pending.get(parent)
        # A fresh array for the sum: both summands may be someone else's too.
        pending[parent] = d if have is None else have + d


def _add(gradients: dict[Any, Any], key: Any, g: Any) -> None:
    """Sum ``g`` into ``gradients[key]``."""
    have = gradients.get(key)
    gradients[key] = g if have is None else have + g


def _as_tensor(g: Any) -> Any:
    return g if g is None or isinstance(g, recording.Tensor) else wrap(engine_of(g).as_array(g))


def _deposit(tensor: Any, g: Any) -> None:
    """Add the gradient ``g`` to ``tensor.grad``, as a new Tensor."""
    have = tensor._grad
    if have is None:
        tensor._grad = _as_tensor(g)
    elif have._node is None and not isinstance(g, recording.Tensor):
        tensor._grad = _as_tensor(have._array + g)
    else:
        tensor._grad = have + _as_tensor(g)


def _seed(tensor: Any, gradient: Any, create: bool) -> Any:
    """Return the gradient that a walk from ``tensor`` begins with, checked: raw, or a Tensor to record."""
    if tensor._node is None:
        raise GradientError(MSG_UNTRACKED)
    if gradient is None:
        array = tensor._array
        if array.size != 1:
            raise GradientError(MSG_NOT_SCALAR.format(shape=tensor.shape))
        if array.dtype.kind == "c":
            raise GradientError(MSG_NOT_REAL.format(dtype=tensor.dtype.name))
        return _constant(tensor if create else array, array.shape, array.dtype, 1)
    if not isinstance(gradient, recording.Tensor):
        gradient = recording.Tensor(gradient, dtype=tensor.dtype, device=tensor.device)
    if gradient.shape != tensor.shape:
        raise ShapeError(
            f"backward: gradient has shape {gradient.shape}, the tensor {tensor.shape}: they must be equal"
        )
    if gradient.device != tensor.device:
        raise DeviceError(f"backward: gradient is on {gradient.device}, the tensor on {tensor.device}")
    gradient = gradient.astype(tensor.dtype)
    if grad_mode.state.levels:
        gradient = recording.at_one_depth([tensor, gradient])[1]
    return gradient if create else gradient._array


def _constant(like: Any, shape: tuple[int, ...], dtype: Any, value: int) -> Any:
    """Return an array filled with ``value`` where ``like`` is, a Tensor if that is one."""
    array = like._array if isinstance(like, recording.Tensor) else like
    engine = engine_of(array)
    filled = engine.from_numpy(np.full(shape, value, dtype), engine.device_of(array), copy=False)
    return filled if array is like else wrap(filled)


def ancestors(roots: Iterable[Node], until: Set[Node] = frozenset()) -> list[Node]:
    """Return ``roots`` and all nodes above them, the last recorded first, but none above ``until``."""
    seen = set(roots)
    stack = list(roots)
    while stack:
        node = stack.pop()
        for parent in () if node in until else node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("order"), reverse=True)


def _useful(nodes: list[Node], wanted: dict[Node, Any]) -> set[Node]:
    """Return those of ``nodes`` from which a wanted node can be reached."""
    useful: set[Node] = set()
    for node in reversed(nodes):
        if node in wanted or any(p in useful for p in node.parents):
            useful.add(node)
    return useful


def _visit(watch: Watch, g: Any, create: bool, arrived: list[tuple[Any, Any]]) -> Any:
    """Run the hooks of a node on the gradient that arrived; note the Tensor that it is for."""
    for hook in list(watch.hooks):
        seen = _as_tensor(g)
        with grad_mode.mode(create):
            changed = hook(seen)
        if changed is None:
            continue
        if not isinstance(changed, recording.Tensor):
            raise GradientError(f"a hook must return a Tensor or None, got {type(changed).__name__}")
        if (changed.shape, changed.dtype) != (seen.shape, seen.dtype):
            raise GradientError(
                f"a hook must return a gradient of shape {seen.shape} and dtype {seen.dtype}, "
                f"got {changed.shape} and {changed.dtype}"
            )
        g = changed if create else changed._array
    tensor = None if watch.tensor is None else watch.tensor()
    if tensor is not None:
        arrived.append((tensor, g))
    return g


def _unbroadcast(primitive: Primitive, xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``g`` over the axes along which an argument of ``shape`` was broadcast."""
    extra = g.ndim - len(shape)
    tail = g.shape[extra:] if extra >= 0 else ()
    if tail == shape:
        return xp.sum(g, axis=tuple(range(extra)))
    if len(tail) != len(shape) or any(n not in (1, m) for n, m in zip(shape, tail, strict=True)):
        raise GradientError(
            f"the rule of {primitive.name} returned a gradient of shape {tuple(g.shape)} "
            f"for an input of shape {shape}, which it cannot have been broadcast from"
        )
    axes = (*range(extra), *(extra + i for i, n in enumerate(shape) if n != tail[i]))
    return xp.reshape(xp.sum(g, axis=axes), shape)


@primitive
def alias(xp: Any, x: Any, /) -> Any:
    """Return ``x`` under another node."""
    return x


@alias.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (g,)


MSG_UNTRACKED = """backward was called on a tensor that tracks no gradients.
Nothing that it was computed from had requires_grad=True, or it was computed under no_grad,
or it is of integers:
    w = Tensor([1.0, 2.0])                        # tracks nothing
    w = Tensor([1.0, 2.0], requires_grad=True)    # tracks gradients
    w = nn.Parameter(Tensor([1.0, 2.0]))          # so does a Parameter"""

MSG_NOT_SCALAR = """backward needs one number to differentiate, and this tensor has shape {shape}.
    y.backward()                   # which element's derivative?
    y.sum().backward()             # the sum of all
    y.backward(gradient)           # or the elements weighted by a gradient of y's shape"""

MSG_NOT_REAL = """backward needs a real number to differentiate, and this one is {dtype}.
    (y * lucid.conj(y)).real.backward()    # its squared size
    y.real.backward()                      # its real part
    y.backward(gradient)                   # or name the direction: a complex gradient"""

MSG_FREED = """backward came to an operation whose saved arrays an earlier backward has freed.
    loss.backward(); loss.backward()                       # the second finds nothing left
    loss.backward(retain_graph=True); loss.backward()      # keep the graph for the second
In a training loop, a weight was probably updated outside no_grad, and so became part of the graph:
    with lucid.no_grad():
        w -= 0.1 * w.grad
Or a tensor of the last step was used again: cut it off with .detach()."""
