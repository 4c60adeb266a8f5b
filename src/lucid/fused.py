"""Fused operations: a definition in Lucid's own operations, and in some engines a faster twin.

The definition says what the operation is. It documents the maths, serves every engine, is what tests
hold kernels against, and what second derivatives go through. An engine may have a ``Kernel`` under the
operation's name (``engines/protocol.py``): a forward function and its vjp, on raw arrays. It is used where
it fits:

- The first argument says which engine to ask. If it is no Tensor, or there is no kernel, the definition runs.
- All arguments must be Tensors of that engine, or None. If not, the definition runs.
- ``forward`` returns ``(out, residuals)``, or None where it declines: then the definition runs.
- ``vjp`` gets the gradient, ``out``, ``residuals`` and the arrays. A derivative that is to be differentiated
  itself, or mapped by ``vmap``, is taken of the definition instead.

Read next: ``nn/functional/normalization.py``, where definitions stand, and
``engines/cpu/kernels/normalization.py``, their twins.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, overload

from lucid import autograd, recording
from lucid.engines.protocol import Kernel
from lucid.engines.registry import engine_by_type
from lucid.grad_mode import state as _state
from lucid.node import Node, Saved
from lucid.recording import Primitive, _tensor_types, pick, wrap


class Fused(Primitive):
    """An operation with a definition and, in some engines, a kernel. Made by the decorator ``fused``."""

    def __init__(self, definition: Callable[..., Any], aside: int) -> None:
        functools.update_wrapper(self, definition)
        self.name = definition.__name__
        self.definition = definition
        self.aside = aside
        self.promotes = None
        # Second derivatives of a primitive are those of its own rule; nothing else need be kept then.
        self.kept = definition.kept if isinstance(definition, Primitive) else None
        self.rule = self._rule

    @property
    def __signature__(self) -> Any:
        """The signature of the definition."""
        import inspect  # a slow import, for `help` and the like alone

        return inspect.signature(self.definition)

    def __call__(self, *args: Any, **options: Any) -> Any:
        first: Any = args[0] if args else None
        if first.__class__ not in _tensor_types:
            return self.definition(*args, **options)
        array_type = first._array.__class__
        kernel = engine_by_type[array_type].kernel(self.name, first._array)
        if kernel is None:
            return self.definition(*args, **options)

        arrays: list[Any] = []
        parents: list[Any] = []
        tracked = False
        for arg in args:
            if arg is None:
                arrays.append(None)
                parents.append(None)
            elif arg.__class__ in _tensor_types and arg._array.__class__ is array_type:
                arrays.append(arg._array)
                parents.append(arg._node)
                tracked = tracked or arg._node is not None
            else:
                return self.definition(*args, **options)
        try:
            ran = kernel.forward(*arrays, **options)
        except TypeError as error:
            if "unexpected keyword argument" not in str(error):
                raise
            raise recording.explain(self, error, arrays, options) from error
        if ran is None:
            return self.definition(*args, **options)

        out, residuals = ran
        if not (tracked and _state.recording):
            return tuple(map(wrap, out)) if out.__class__ is tuple else wrap(out)
        saved = Saved(kernel, out if kernel.keeps_output else None, residuals)
        inputs = self.inputs_to_keep(arrays, parents)
        if out.__class__ is not tuple:
            return wrap(out, Node(self, parents, inputs, saved, options, out.shape, out.dtype))
        shapes, kinds = tuple(o.shape for o in out), tuple(o.dtype for o in out)
        origin = Node(self, parents, inputs, saved, options, shapes, kinds)
        count = len(out) - self.aside
        return tuple(
            wrap(o, pick(origin, i) if i < count and o.dtype.kind == "f" else None) for i, o in enumerate(out)
        )

    def _rule(self, xp: Any, g: Any, saved: Saved, *inputs: Any, **options: Any) -> Any:
        if xp is not recording.namespace and _still_serves(saved.kernel, g):
            return saved.kernel.vjp(g, saved.out, saved.residuals, *inputs, **options)
        if isinstance(self.definition, Primitive):
            assert self.definition.rule is not None
            return self.definition.rule(xp, g, saved.out, *inputs, **options)
        if xp is not recording.namespace:
            return autograd.pull_back_arrays(self.definition, g, inputs, options)
        return autograd.pull_back(self.definition, g, inputs, options)

    def __repr__(self) -> str:
        return f"<fused {self.name}>"


def _still_serves(kernel: Kernel, g: Any) -> bool:
    """Whether ``kernel``, which went forward, can go back.

    Not with gradients that ``vmap`` has made a batch of, nor in a process that was forked since.
    """
    gradients = g if g.__class__ is tuple else (g,)
    return kernel.serves and not any(engine_by_type[d.__class__].depth for d in gradients)


@overload
def fused(definition: Callable[..., Any], *, aside: int = 0) -> Fused: ...
@overload
def fused(definition: None = None, *, aside: int = 0) -> Callable[[Callable[..., Any]], Fused]: ...
def fused(definition: Callable[..., Any] | None = None, *, aside: int = 0) -> Any:
    """Let an engine run ``definition`` by a kernel of its name.

    Args:
        definition: a function of Tensors (or None) by position, and options by keyword. It returns a
            Tensor or a tuple of them. A primitive is one too.
        aside: how many of the results, counted from the last, are by-products without a gradient. The
            definition returns them detached.

    Example:
        >>> from lucid.fused import fused
        >>> @fused
        ... def root_mean_square(x, *, axis):
        ...     return lucid.sqrt(lucid.mean(x * x, axis=axis))
        >>> print(root_mean_square(Tensor([3.0, 3.0]), axis=0))
        3.0
    """
    if definition is None:
        return functools.partial(fused, aside=aside)
    return Fused(definition, aside)
