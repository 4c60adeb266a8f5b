"""Hooks of optimizers: functions that are called before and after steps, saving and loading."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from lucid.errors import ArgumentTypeError

if TYPE_CHECKING:
    from lucid.optim.optimizer import Optimizer

F = TypeVar("F", bound=Callable[..., Any])

_next_key = itertools.count().__next__


class _Running(threading.local):
    """The methods that run in this thread. What ``super().step()`` does is a part of the step."""

    def __init__(self) -> None:
        self.methods: set[tuple[int, str]] = set()  # by the optimizer's id


_running = _Running()


class Hooks:
    """The hooks of one optimizer, by the method that they are around; one without hooks has none of these."""

    __slots__ = ("_after", "_before")

    def __init__(self) -> None:
        self._before: dict[str, dict[int, Callable[..., Any]]] = {}
        self._after: dict[str, dict[int, Callable[..., Any]]] = {}

    def add(self, when: str, method: str, hook: Callable[..., Any], prepend: bool) -> Callable[[], None]:
        """Add a hook ``"before"`` or ``"after"`` a method; return the function that removes it."""
        registered = (self._before if when == "before" else self._after).setdefault(method, {})
        key = _next_key()
        while key in registered:  # hooks that came with a pickle
            key = _next_key()
        others = registered.copy() if prepend else {}
        if prepend:
            registered.clear()
        registered[key] = hook
        registered.update(others)

        def remove() -> None:
            registered.pop(key, None)

        return remove

    def before(self, method: str) -> list[Callable[..., Any]]:
        """Return what to call before ``method``."""
        return list(self._before.get(method, {}).values())

    def after(self, method: str) -> list[Callable[..., Any]]:
        """Return what to call after ``method``."""
        return list(self._after.get(method, {}).values())


def add(
    optimizer: Optimizer, when: str, method: str, hook: Callable[..., Any], prepend: bool = False
) -> Callable[[], None]:
    """Add ``hook`` to those ``"before"`` or ``"after"`` a method; return the function that removes it."""
    if not callable(hook):
        raise ArgumentTypeError(f"a hook must be a function, got {type(hook).__name__}")
    if optimizer._hooks is None:
        optimizer._hooks = Hooks()
    return optimizer._hooks.add(when, method, hook, prepend)


METHODS = ("step", "state_dict", "load_state_dict")


def run_hooks_of(cls: type) -> None:
    """Let the methods that a class defines anew call the hooks around them."""
    for name in METHODS:
        method = cls.__dict__.get(name)
        if callable(method) and not hasattr(method, "has_hooks"):
            setattr(cls, name, run_hooks(method))


def run_hooks(method: F) -> F:
    """Let ``method`` call the hooks around it."""
    name = method.__name__
    around = {"step": _step, "state_dict": _state_dict, "load_state_dict": _load_state_dict}[name]

    @functools.wraps(method)
    def run(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if name == "step":
            self._stepped = True
        hooks = self._hooks
        this = id(self), name
        if hooks is None or this in _running.methods:
            return method(self, *args, **kwargs)
        _running.methods.add(this)
        try:
            return around(functools.partial(method, self), self, hooks, args, kwargs)
        finally:
            _running.methods.discard(this)

    run.has_hooks = True  # type: ignore[attr-defined]
    return run  # type: ignore[return-value]


def _step(
    method: Callable[..., Any], optimizer: Optimizer, hooks: Hooks, args: tuple[Any, ...], kwargs: Any
) -> Any:
    for hook in hooks.before("step"):
        changed = hook(optimizer, args, kwargs)
        if changed is not None:
            if not (isinstance(changed, tuple) and len(changed) == 2 and isinstance(changed[1], dict)):
                raise ArgumentTypeError(
                    f"a step pre-hook of {type(optimizer).__name__} must return None or (args, kwargs), "
                    f"got {changed!r}"
                )
            args, kwargs = changed
    result = method(*args, **kwargs)
    for hook in hooks.after("step"):
        hook(optimizer, args, kwargs)
    return result


def _state_dict(
    method: Callable[..., Any], optimizer: Optimizer, hooks: Hooks, args: tuple[Any, ...], kwargs: Any
) -> Any:
    for hook in hooks.before("state_dict"):
        hook(optimizer)
    result = method(*args, **kwargs)
    for hook in hooks.after("state_dict"):
        changed = hook(optimizer, result)
        result = result if changed is None else changed
    return result


def _load_state_dict(
    method: Callable[..., Any], optimizer: Optimizer, hooks: Hooks, args: tuple[Any, ...], kwargs: Any
) -> Any:
    def load_state_dict(state_dict: Any) -> None:
        state_dict = dict(state_dict) if isinstance(state_dict, Mapping) else state_dict
        for hook in hooks.before("load_state_dict"):
            changed = hook(optimizer, state_dict)
            state_dict = state_dict if changed is None else changed
        method(state_dict)
        for hook in hooks.after("load_state_dict"):
            hook(optimizer)

    return load_state_dict(*args, **kwargs)
