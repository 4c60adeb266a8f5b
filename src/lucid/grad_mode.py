"""What each thread has for itself: whether operations are recorded, and the vmaps that it is inside of."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast, overload

from lucid.engines.registry import engine_of
from lucid.errors import ArgumentTypeError, GradientError

F = TypeVar("F", bound=Callable[..., Any])


class Level:
    """One call of ``vmap``, and the Tensors to which a batch was written inside of it."""

    def __init__(self) -> None:
        self.written: list[tuple[Any, Any, Any]] = []

    def undo(self) -> None:
        """Make the Tensors that were written to what they were, so that no batch is left in them."""
        for reference, array, node in reversed(self.written):
            tensor = reference()
            if tensor is not None:
                tensor._array, tensor._node = array, node
                for journal in state.journals:
                    if id(tensor) in journal.written:
                        journal.written[id(tensor)] = *journal.written[id(tensor)][:2], array

    def outlived(self) -> Any:
        """Return a Tensor that was written to and is still held by someone; None if there is none."""
        return next((t for t in (reference() for reference, *_ in self.written) if t is not None), None)


class Journal:
    """What a thread did inside of one run of a function that ``nn.utils.checkpoint`` may run again.

    Attributes:
        written: Buffers by id, each with what it was before, and what this thread wrote to it last.
        draws: where generators of random numbers stood at each draw.
        replayed: whether draws are not taken from generators, but are those of an earlier run.
        again: whether what is written is undone, and so is none of the business of the runs around this one.
    """

    def __init__(self, draws: list[Any] | None = None, *, again: bool = False) -> None:
        self.written: dict[int, tuple[Any, Any, Any]] = {}
        self.draws: list[Any] = [] if draws is None else draws
        self.replayed = draws is not None
        self.again = again
        self.taken = 0

    def next_draw(self) -> Any:
        """Return the next of the draws of the earlier run."""
        self.taken += 1
        if self.taken > len(self.draws):
            raise GradientError(
                MSG_DRAWS.format(first=len(self.draws), second=f"more than {len(self.draws)}")
            )
        return self.draws[self.taken - 1]


class State(threading.local):
    """What a thread has for itself.

    Attributes:
        recording: whether operations are recorded.
        levels: one entry for each ``vmap`` that the running code is inside of, the innermost last; see
            ``func/batching/levels.py``.
        journals: one entry for each ``nn.utils.checkpoint`` that the running code is inside of, the
            innermost last.
        before: what ``recording`` was outside of each ``mode`` that the running code is inside of. A stack
            here, and not on the ``mode``, as one object may be entered by several threads.
    """

    recording = True

    def __init__(self) -> None:
        self.levels: list[Level] = []
        self.journals: list[Journal] = []
        self.before: list[bool] = []


state = State()


def note_write(tensor: Any, value: Any) -> None:
    """Note that ``tensor``, of an outer level, is about to become ``value``, a batch of an inner ``vmap``."""
    depth = engine_of(value._array).depth
    if depth > engine_of(tensor._array).depth:
        state.levels[depth - 1].written.append((weakref.ref(tensor), tensor._array, tensor._node))


def note_change(buffer: Any, before: Any) -> None:
    """Note that ``buffer`` has changed, and was ``before``: when the code is run again, it begins so."""
    for journal in reversed(state.journals):
        first = journal.written.get(id(buffer), (buffer, before))[1]
        journal.written[id(buffer)] = buffer, first, buffer._array
        if journal.again:
            break


def note_draw(draw: Callable[[], Any]) -> Any:
    """Return ``draw()``, where a generator stands, and note it; in code that is run again, where it stood."""
    if not state.journals:
        return draw()
    around = list(state.journals)
    inside = []
    while around and not around[-1].replayed:
        inside.append(around.pop())
    at = around[-1].next_draw() if around else draw()
    for journal in inside:
        journal.draws.append(at)
    return at


def is_replayed() -> bool:
    """Whether random numbers are those of an earlier run, so that no generator is to be touched."""
    return any(journal.replayed for journal in state.journals)


@contextmanager
def unnoted() -> Iterator[None]:
    """Do what is done once only, such as making the parameters of a lazy module: no journal hears of it."""
    kept, state.journals = state.journals, []
    try:
        yield
    finally:
        state.journals = kept


class mode:
    """Record, or do not: inside a ``with``, or in each call of a function that it decorates."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        state.before.append(state.recording)
        state.recording = self.enabled

    def __exit__(self, *error: object) -> None:
        state.recording = state.before.pop()

    def __call__(self, function: F) -> F:
        expect_plain(function)

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return cast(F, switched)


def expect_plain(function: Callable[..., Any]) -> None:
    """Raise if a call of ``function``, which is to run in another mode, only begins its body."""
    code = getattr(function, "__code__", None)  # a partial or a module has none
    kind = next((name for flag, name in _IN_PARTS.items() if code and code.co_flags & flag), None)
    if kind is not None:
        raise ArgumentTypeError(
            f"{function.__name__} is {kind} function: its body runs after the call and between other code, "
            "so it can't be in the mode of the call. Write the `with` around the part of it that is meant"
        )


# The flags of code that runs in parts: CO_ASYNC_GENERATOR, CO_COROUTINE and CO_GENERATOR of `inspect`.
_IN_PARTS = {0x200: "an async generator", 0x80: "a coroutine", 0x20: "a generator"}


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


MSG_DRAWS = """checkpoint: computed again, the function drew numbers {second} times, at first {first} times.
It must compute the same both times: what is drawn only once, such as a first value, must be drawn before."""
