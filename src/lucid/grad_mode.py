"""Whether operations are recorded: a switch that each thread has for itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from contextlib import _GeneratorContextManager

F = TypeVar("F", bound=Callable[..., Any])


class State(threading.local):
    """A flag that each thread has for itself."""

    recording = True


state = State()


@contextmanager
def mode(enabled: bool) -> Iterator[None]:
    """Record, or do not, inside the ``with``."""
    before = state.recording
    state.recording = enabled
    try:
        yield
    finally:
        state.recording = before


@overload
def no_grad(function: F) -> F: ...
@overload
def no_grad(function: None = None) -> _GeneratorContextManager[None]: ...
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
def enable_grad(function: None = None) -> _GeneratorContextManager[None]: ...
def enable_grad(function: Any = None) -> Any:
    """Record again inside ``no_grad``: ``with enable_grad():`` or ``@enable_grad()``."""
    return mode(True) if function is None else mode(True)(function)


def is_recording() -> bool:
    """Whether operations are recorded in this thread."""
    return state.recording
