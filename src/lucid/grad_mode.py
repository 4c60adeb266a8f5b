"""Whether operations are recorded: a switch that each thread has for itself."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

from lucid.errors import ArgumentTypeError

F = TypeVar("F", bound=Callable[..., Any])


class State(threading.local):
    """A flag that each thread has for itself."""

    recording = True


state = State()


class mode:
    """Record, or do not: inside a ``with``, or in each call of a function that it decorates."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self._before: list[bool] = []  # a stack: one object may be entered again inside itself

    def __enter__(self) -> None:
        self._before.append(state.recording)
        state.recording = self.enabled

    def __exit__(self, *error: object) -> None:
        state.recording = self._before.pop()

    def __call__(self, function: F) -> F:
        code = getattr(function, "__code__", None)  # a partial or a module has none
        if code is not None and code.co_flags & 0x20:  # inspect.CO_GENERATOR
            raise ArgumentTypeError(
                f"{function.__name__} is a generator function: its body runs between other code, which would "
                "be switched too. Write `with no_grad():` around the part of the body that is meant"
            )

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with mode(self.enabled):
                return function(*args, **kwargs)

        return cast(F, switched)


@overload
def no_grad(function: F) -> F: ...
@overload
def no_grad(function: None = None) -> mode: ...
def no_grad(function: Any = None) -> Any:
    """Compute without recording, in this thread: ``with no_grad():`` or ``@no_grad()``.

    Example:
        >>> x = lucid.ones(2, requires_grad=True)
        >>> with lucid.no_grad():
        ...     y = 2 * x
        >>> y.requires_grad
        False
    """
    return mode(False) if function is None else mode(False)(function)


@overload
def enable_grad(function: F) -> F: ...
@overload
def enable_grad(function: None = None) -> mode: ...
def enable_grad(function: Any = None) -> Any:
    """Record again inside ``no_grad``: ``with enable_grad():`` or ``@enable_grad()``."""
    return mode(True) if function is None else mode(True)(function)


def is_recording() -> bool:
    """Whether operations are recorded in this thread."""
    return state.recording
