"""The records that the tape is made of.

A ``Node`` says which primitive ran, the nodes of its arguments (its parents), and the raw
arrays that the derivative needs. Nodes hold arrays and never Tensors. So there are no reference
cycles, and a graph dies with its last reference. The gradient of a leaf, a Tensor that was made
and not computed, goes into the Tensor's ``grad``; the leaf's node knows its Tensor by a weak
reference.

Read next: ``recording.py``, which makes nodes.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lucid.engines.protocol import Kernel
from lucid.engines.settings import lowered, settings

if TYPE_CHECKING:
    from lucid.recording import Primitive

next_order = itertools.count().__next__


class Node:
    """One recorded operation, or a leaf.

    Attributes:
        primitive: what ran; None for a leaf, and once a backward pass has freed the node.
        parents: the nodes of the arguments; None for those that track nothing.
        inputs: the arguments of the derivative rule: arrays, Python scalars, and nodes in the place
            of arrays that it does not need.
        output: the result, if the rule needs it; of a kernel, what it saved.
        options: the keyword arguments.
        shape, dtype: of the result. Of several results: tuples, one entry for each.
        order: counts up as nodes are made, so that parents come before children.
        lowered: the engines whose products autocast lowered when it was made.
        watch: the Tensor whose ``grad`` is filled, and hooks; None for most nodes.
    """

    __slots__ = (
        "dtype",
        "inputs",
        "lowered",
        "options",
        "order",
        "output",
        "parents",
        "primitive",
        "shape",
        "watch",
    )  # fmt: skip

    def __init__(
        self,
        primitive: Primitive | None,
        parents: Sequence[Node | None],
        inputs: Sequence[Any] | None,
        output: Any,
        options: dict[str, Any],
        shape: Any,
        dtype: Any,
    ) -> None:
        self.primitive = primitive
        self.parents = parents
        self.inputs = inputs
        self.output = output
        self.options = options
        self.shape = shape
        self.dtype = dtype
        self.order = next_order()
        self.lowered = lowered.engines if settings.lowers else ()
        self.watch: Watch | None = None

    @property
    def ndim(self) -> int:
        """Number of axes of the result."""
        return len(self.shape)

    def __repr__(self) -> str:
        name = "leaf" if not self.parents else self.primitive.name if self.primitive else "freed"
        return f"<Node {self.order}: {name} {self.shape} {self.dtype}>"


class Saved(NamedTuple):
    """What a kernel's forward function leaves for its vjp, in the place of the output."""

    kernel: Kernel
    out: Any
    residuals: Any


class Watch:
    """What happens at a node, beside passing gradients on."""

    __slots__ = ("hooks", "tensor")

    def __init__(self) -> None:
        self.tensor: Callable[[], Any] | None = None  # a weak reference
        self.hooks: list[Callable[[Any], Any]] = []


def leaf(tensor: Any) -> Node:
    """Return a node at which gradients for ``tensor`` are gathered."""
    array = tensor._array
    node = Node(None, (), None, None, {}, array.shape, array.dtype)
    keep_grad(node, tensor)
    return node


def watch(node: Node) -> Watch:
    """Return the node's Watch, made if there is none yet."""
    if node.watch is None:
        node.watch = Watch()
    return node.watch


def release_grad(node: Node, tensor: Any) -> bool:
    """Have gradients at ``node`` no longer added to ``tensor.grad``; return whether they were."""
    kept = node.watch is not None and node.watch.tensor is not None and node.watch.tensor() is tensor
    if kept and node.watch is not None:
        node.watch.tensor = None
    return kept


def keep_grad(node: Node, tensor: Any) -> None:
    """Have the gradient that arrives at ``node`` added to ``tensor.grad``."""
    watch(node).tensor = weakref.ref(tensor)
