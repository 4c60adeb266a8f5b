"""The tape: walking back from a result to what it was computed from.

``backward`` collects the nodes from which the result came, takes them from the last recorded
to the first, and gives each one's derivative rule the gradient that has arrived there. What
the rule returns is passed on to the parents, and summed where several paths meet.

The nodes are those of ``recording.py``, the rules stand in ``ops/`` under the operation.
With ``create_graph`` the same rules run on Tensors, and so are recorded in their turn.

Read next: ``ops/elementwise.py``, where primitives are written.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from lucid import recording
from lucid.engines.registry import engine_of
from lucid.errors import ArgumentError, DeviceError, GradientError, ShapeError
from lucid.recording import (
    Node,
    Primitive,
    Watch,
    enable_grad,
    is_recording,
    no_grad,
    pick,
    pick_primitive,
    primitive,
    wrap,
)

__all__ = ["backward", "enable_grad", "grad", "is_recording", "no_grad", "primitive"]


def backward(
    tensor: Any, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False
) -> None:
    """Add to ``grad`` of every leaf below ``tensor`` the derivative of ``tensor``. See ``Tensor.backward``."""
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
    outputs = [outputs] if isinstance(outputs, recording.Tensor) else list(outputs)
    inputs = [inputs] if isinstance(inputs, recording.Tensor) else list(inputs)
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


def _walk(
    outputs: list[Any], gradients: list[Any], retain: bool, create: bool, wanted: dict[Node, Any] | None
) -> None:
    """Walk back from ``outputs``; fill ``wanted``, or the leaves' ``grad`` if it is None."""
    pending: dict[Node, Any] = {}
    for tensor, gradient in zip(outputs, gradients, strict=True):
        node, g = _seed(tensor, gradient)
        g = g if create else g._array
        pending[node] = pending[node] + g if node in pending else g
    nodes = _ancestors(pending)
    if wanted is not None:
        nodes = _between(nodes, wanted)
    with recording.mode(create):
        for node in nodes:
            if node not in pending:
                continue
            g = pending.pop(node)
            if node.watch is not None:
                g = _visit(node.watch, g, wanted is None)
            if wanted is not None and node in wanted:
                wanted[node] = g if isinstance(g, recording.Tensor) else wrap(engine_of(g).as_array(g))
            if not node.parents:
                continue
            if node.primitive is pick_primitive:
                slots = pending.setdefault(node.parents[0], [None] * len(node.parents[0].shape))
                slots[node.options["i"]] = _sum(slots[node.options["i"]], g)
                continue
            _step(node, g, pending, create)
            if not retain:
                # Free the arrays now, not with the graph: the peak of memory is lower for it.
                node.primitive = node.inputs = node.output = None


def _step(node: Node, g: Any, pending: dict[Node, Any], create: bool) -> None:
    """Apply the rule of one node, and hand its results on to the parents."""
    if node.primitive is None:
        raise GradientError(MSG_FREED)
    inputs, output = node.inputs, node.output
    if node.primitive.kept is not None:
        inputs = [p if x is None else x for x, p in zip(inputs, node.parents, strict=True)]
    if create:
        # The same rule, on Tensors: what it computes is recorded in turn.
        xp = recording.namespace
        inputs = [
            wrap(x, p) if hasattr(x, "__array__") else x for x, p in zip(inputs, node.parents, strict=True)
        ]
        if isinstance(output, tuple):
            output = tuple(wrap(o, pick(node, i)) for i, o in enumerate(output))
        elif output is not None:
            output = wrap(output, node)
    else:
        xp = engine_of(next(s for s in g if s is not None) if type(g) is list else g).xp
    if type(g) is list:
        g = tuple(
            xp.zeros(s, dtype=d) if slot is None else slot
            for slot, s, d in zip(g, node.shape, node.dtype, strict=True)
        )
    grads = node.primitive.rule(xp, g, output, *inputs, **node.options)
    if type(grads) is not tuple or len(grads) != len(node.parents):
        raise GradientError(
            f"the rule of {node.primitive.name} must return a tuple of {len(node.parents)} gradients, got {grads!r}"
        )
    for parent, d in zip(node.parents, grads, strict=True):
        if parent is None or d is None:
            continue
        if callable(d):
            d = d()
        if d.shape != parent.shape:
            d = _unbroadcast(node.primitive, xp, d, parent.shape)
        if d.dtype != parent.dtype:
            raise GradientError(
                f"the rule of {node.primitive.name} returned a {d.dtype} gradient for a {parent.dtype} input: "
                "constants in rules must be Python numbers"
            )
        pending[parent] = d if parent not in pending else pending[parent] + d


def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a + b


def _seed(tensor: Any, gradient: Any) -> tuple[Node, Any]:
    """Return where a walk begins and the gradient that it begins with, checked."""
    if tensor._node is None:
        raise GradientError(MSG_UNTRACKED)
    if gradient is None:
        if tensor.size != 1:
            raise GradientError(MSG_NOT_SCALAR.format(shape=tensor.shape))
        gradient = recording.namespace.ones_like(tensor)
    elif not isinstance(gradient, recording.Tensor):
        gradient = recording.namespace.asarray(gradient, dtype=tensor.dtype, device=tensor.device)
    if gradient.shape != tensor.shape:
        raise ShapeError(
            f"backward: gradient has shape {gradient.shape}, the tensor {tensor.shape}: they must be equal"
        )
    if gradient.device != tensor.device:
        raise DeviceError(f"backward: gradient is on {gradient.device}, the tensor on {tensor.device}")
    return tensor._node, gradient.astype(tensor.dtype)


def _ancestors(roots: dict[Node, Any]) -> list[Node]:
    """Return ``roots`` and all nodes above them, the last recorded first."""
    seen = set(roots)
    stack = list(roots)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("order"), reverse=True)


def _between(nodes: list[Node], wanted: dict[Node, Any]) -> list[Node]:
    """Return those of ``nodes`` from which a wanted node can be reached."""
    useful: set[Node] = set()
    for node in reversed(nodes):
        if node in wanted or any(p in useful for p in node.parents):
            useful.add(node)
    return [n for n in nodes if n in useful]


def _visit(watch: Watch, g: Any, deposit: bool) -> Any:
    """Run the hooks of a node on the gradient that arrived; add it to the Tensor's grad."""
    for hook in list(watch.hooks):
        seen = g if isinstance(g, recording.Tensor) else wrap(engine_of(g).as_array(g))
        changed = hook(seen)
        if changed is not None:
            if not isinstance(changed, recording.Tensor) or (changed.shape, changed.dtype) != (
                seen.shape,
                seen.dtype,
            ):
                raise GradientError(
                    f"a hook must return None or a Tensor of shape {seen.shape} and dtype {seen.dtype}, "
                    f"got {changed!r}"
                )
            g = changed if isinstance(g, recording.Tensor) else changed._array
    tensor = watch.tensor() if deposit and watch.tensor is not None else None
    if tensor is not None:
        arrived = g if isinstance(g, recording.Tensor) else wrap(engine_of(g).as_array(g))
        # A new Tensor: the gradient that was there may also be someone else's.
        tensor._grad = arrived if tensor._grad is None else tensor._grad + arrived
    return g


def _unbroadcast(primitive: Primitive, xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``g`` over the axes along which an argument of ``shape`` was broadcast."""
    extra = g.ndim - len(shape)
    tail = g.shape[extra:] if extra >= 0 else None
    if tail is None or any(n != m and n != 1 for n, m in zip(shape, tail, strict=True)):
        raise GradientError(
            f"the rule of {primitive.name} returned a gradient of shape {tuple(g.shape)} "
            f"for an input of shape {shape}, which it cannot have been broadcast from"
        )
    axes = (*range(extra), *(extra + i for i, n in enumerate(shape) if n != tail[i]))
    return xp.reshape(xp.sum(g, axis=axes), shape)


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

MSG_FREED = """backward came to an operation whose saved arrays an earlier backward has freed.
    loss.backward(); loss.backward()                       # the second finds nothing left
    loss.backward(retain_graph=True); loss.backward()      # keep the graph for the second
If a tensor of the last step was used again by mistake, cut it off with .detach()."""
