"""Hooks: functions that are called with what goes into a module, what comes out, and the gradients.

For gradients, a module with backward hooks passes its inputs and its outputs through ``gate``, an
operation that changes nothing: its derivative is where the gradients can be seen, those of all
inputs at once, and only those that flow through this module.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lucid import grad_mode
from lucid.engines.registry import engine_of
from lucid.errors import ArgumentTypeError, GradientError
from lucid.recording import primitive, wrap
from lucid.tensor import Tensor

if TYPE_CHECKING:
    from lucid.nn.module import Module

_next_key = itertools.count().__next__


class Hooks:
    """The hooks of one module; a module without hooks has none of these either.

    Attributes:
        before: called with ``(module, args)`` before forward.
        after: called with ``(module, args, output)`` after it.
        backward: called with ``(module, grad_inputs, grad_outputs)`` in a backward pass.
    """

    __slots__ = ("after", "backward", "before")

    def __init__(self) -> None:
        self.before: dict[int, Callable[..., Any]] = {}
        self.after: dict[int, Callable[..., Any]] = {}
        self.backward: dict[int, Callable[..., Any]] = {}

    def __copy__(self) -> Hooks:
        other = Hooks()
        other.before.update(self.before)
        other.after.update(self.after)
        other.backward.update(self.backward)
        return other

    def __bool__(self) -> bool:
        return bool(self.before or self.after or self.backward)


def add(module: Module, kind: str, hook: Callable[..., Any]) -> Callable[[], None]:
    """Add ``hook`` to those of ``kind``; return the function that removes it."""
    if not callable(hook):
        raise ArgumentTypeError(f"a hook must be a function, got {type(hook).__name__}")
    if module._hooks is None:
        module._hooks = Hooks()
    hooks = module._hooks
    registered = getattr(hooks, kind)
    key = _next_key()
    while key in registered:  # hooks that came with a pickle
        key = _next_key()
    registered[key] = hook

    def remove() -> None:
        registered.pop(key, None)
        if not hooks and module._hooks is hooks:
            del module._hooks  # back to the quick call

    return remove


def call(module: Module, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call ``module.forward`` and the hooks around it."""
    for hook in list(hooks.before.values()):
        changed = hook(module, args)
        if changed is not None:
            args = changed if isinstance(changed, tuple) else (changed,)
    seen_backward = bool(hooks.backward) and grad_mode.is_recording()
    if seen_backward:
        watcher = _Watcher(module)
        args = watcher.inputs(args)
    output = module.forward(*args, **kwargs)
    for hook in list(hooks.after.values()):
        changed = hook(module, args, output)
        if changed is not None:
            output = changed
    return watcher.outputs(output) if seen_backward else output


# ----------------------------------------------------------------- gradients


@primitive
def gate(xp: Any, *xs: Any, seen: Callable[..., Any]) -> Any:
    """Return ``xs`` themselves; in a backward pass, ``seen(gradients)`` says what is passed on."""
    return xs


@gate.vjp
def _(xp: Any, g: Any, _out: Any, *_xs: Any, seen: Callable[..., Any]) -> Any:
    return seen(g)


class _Watcher:
    """What one call of a module needs to see its gradients.

    It does not keep the module alive: a module that stores what it computed would otherwise hold
    a graph that holds the module, and neither would be freed. For the same reason the gradients of
    the outputs, which have a graph of their own under ``create_graph``, are kept only until the
    hooks have seen them, and nothing here holds an output.
    """

    def __init__(self, module: Module) -> None:
        self.module = weakref.ref(module)
        self.name = type(module).__name__
        self.tracked: list[int] = []  # positions of the arguments that track gradients
        self.n_inputs = 0
        self.grad_outputs: tuple[Any, ...] = ()  # an entry for each output, None until it is known

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.n_inputs = len(args)
        self.tracked = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
        if not self.tracked:
            return args
        passed = list(args)
        for i, x in zip(
            self.tracked, gate(*(args[i] for i in self.tracked), seen=self.see_inputs), strict=True
        ):
            passed[i] = x
        return tuple(passed)

    def outputs(self, output: Any) -> Any:
        values = list(output) if isinstance(output, (list, tuple)) else [output]
        if not all(isinstance(v, Tensor) for v in values):
            raise GradientError(
                f"backward hooks need a module that returns a Tensor, or a tuple or list of Tensors; "
                f"{self.name} returned {type(output).__name__}"
            )
        tracked = [i for i, v in enumerate(values) if v.requires_grad]
        if not tracked:
            return output
        n_outputs = len(values)  # `seen` must not hold `values`: their nodes hold `seen`
        self.grad_outputs = (None,) * n_outputs

        def seen(gradients: tuple[Any, ...]) -> Any:
            self.grad_outputs = tuple(
                _as_tensor(gradients[tracked.index(i)]) if i in tracked else None for i in range(n_outputs)
            )
            if not self.tracked:  # no gradient goes further than this
                self._run((None,) * self.n_inputs, isinstance(gradients[0], Tensor))
            return gradients

        for i, y in zip(tracked, gate(*(values[i] for i in tracked), seen=seen), strict=True):
            values[i] = y
        if not isinstance(output, (list, tuple)):
            return values[0]
        make = getattr(type(output), "_make", type(output))  # a named tuple is made in another way
        return make(values)

    def see_inputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        slots: list[Any] = [None] * self.n_inputs
        for i, g in zip(self.tracked, gradients, strict=True):
            slots[i] = _as_tensor(g)
        recorded = isinstance(gradients[0], Tensor)
        changed = self._run(tuple(slots), recorded)
        return tuple(changed[i] if recorded else changed[i]._array for i in self.tracked)

    def _run(self, grad_inputs: tuple[Any, ...], recorded: bool) -> tuple[Any, ...]:
        """Call the hooks; return the gradients of the inputs as the hooks left them.

        What a hook computes is recorded if the backward pass itself is.
        """
        grad_outputs, self.grad_outputs = self.grad_outputs, (None,) * len(self.grad_outputs)
        module = self.module()
        if module is None or module._hooks is None:
            return grad_inputs
        for hook in list(module._hooks.backward.values()):
            with grad_mode.mode(recorded):
                changed = hook(module, grad_inputs, grad_outputs)
            if changed is not None:
                changed = changed if isinstance(changed, tuple) else (changed,)
                self._check(changed, grad_inputs)
                grad_inputs = changed
        return grad_inputs

    def _check(self, changed: tuple[Any, ...], grad_inputs: tuple[Any, ...]) -> None:
        if list(map(_kind, changed)) != list(map(_kind, grad_inputs)):
            raise GradientError(
                f"a backward hook of {self.name} must return None or gradients like those it was given, "
                f"{', '.join(map(_kind, grad_inputs))}; got {', '.join(map(_kind, changed))}"
            )


def _as_tensor(g: Any) -> Any:
    return g if isinstance(g, Tensor) else wrap(engine_of(g).as_array(g))


def _kind(g: Any) -> str:
    return f"{g.shape} {g.dtype.name} on {g.device}" if isinstance(g, Tensor) else type(g).__name__
