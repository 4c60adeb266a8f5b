"""What ModuleList, ParameterList and Sequential share: to be a ``list`` of entries of one kind."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, MutableSequence
from typing import Any, Self, TypeVar

from lucid.errors import ArgumentError, ArgumentTypeError, IndexingError
from lucid.nn.containers.container import Container

Entry = TypeVar("Entry")


class SequenceContainer(Container[Entry], MutableSequence[Entry]):
    """A container by position; an operation that fails changes nothing.

    It has what a list has, but for ``*``, which would repeat the same entries, and ``sort``, as entries
    have no order. ``==`` compares identity.
    """

    _storage = list

    def _members(self) -> Iterable[tuple[Any, Any]]:
        return ((str(i), entry) for i, entry in enumerate(self._entries))

    # ------------------------------------------------------------- reading

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __reversed__(self) -> Iterator[Entry]:
        backwards: Iterator[Entry] = reversed(self._entries)
        return backwards

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, slice):
            return self._entries[self._position(key)]
        other = self.copy()
        other.__dict__["_entries"] = self._entries[key]
        return other

    def __contains__(self, value: object) -> bool:
        return any(entry is value for entry in self._entries)

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the first position of ``value``, by identity, from ``start`` and before ``stop``."""
        for i in range(*slice(start, stop).indices(len(self))):
            if self._entries[i] is value:
                return i
        raise ArgumentError(f"this {type(value).__name__} is not in the {type(self).__name__}")

    def count(self, value: Any) -> int:
        """Return how many times ``value`` is held, by identity."""
        return sum(entry is value for entry in self._entries)

    # ------------------------------------------------------------- writing

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, slice):
            entries = self._checked(value)
            try:
                self._entries[key] = entries
            except ValueError as error:  # a slice with a step keeps its length
                raise ArgumentError(f"{type(self).__name__}[{_spelled(key)}] = ...: {error}") from error
        else:
            i = self._position(key)
            self._entries[i] = self._check(f"[{i}]", value)

    def __delitem__(self, key: Any) -> None:
        del self._entries[key if isinstance(key, slice) else self._position(key)]

    def insert(self, index: int, value: Entry) -> None:
        """Put ``value`` before position ``index``."""
        self._entries.insert(operator.index(index), self._check(f"[{index}]", value))

    def extend(self, values: Iterable[Entry]) -> None:
        """Put all of ``values`` at the end, or if one of them is of the wrong kind, none."""
        self[len(self) :] = values

    def reverse(self) -> None:
        """Turn the order round."""
        self._entries.reverse()

    def clear(self) -> None:
        """Remove all entries."""
        del self[:]

    def __add__(self, other: Iterable[Entry]) -> Self:
        if not isinstance(other, Iterable):
            return NotImplemented
        result = self.copy()
        result.extend(other)
        return result

    def __radd__(self, other: Iterable[Entry]) -> Self:
        if not isinstance(other, Iterable):
            return NotImplemented
        result = self.copy()
        result[:0] = other
        return result

    # ------------------------------------------------------------- checks

    def _position(self, key: Any) -> int:
        """Return the index ``key``, counted from the start."""
        try:
            i = operator.index(key)
        except TypeError as error:
            raise ArgumentTypeError(
                f"{type(self).__name__} is indexed by integers and slices, got {type(key).__name__} {key!r}"
            ) from error
        n = len(self._entries)
        if not -n <= i < n:
            raise IndexingError(f"{type(self).__name__} has {n} entries, and none at index {i}")
        return i % n

    def _checked(self, values: Any) -> list[Entry]:
        """Return ``values`` as a list in which every entry is of the right kind."""
        try:
            entries = list(values)
        except TypeError as error:
            raise ArgumentTypeError(
                f"{type(self).__name__} expects {self.holds.__name__}s in a list or another iterable, "
                f"got {type(values).__name__}: write [value]"
            ) from error
        return [self._check(f"[{i}]", entry) for i, entry in enumerate(entries)]


def _spelled(key: slice) -> str:
    return ":".join("" if part is None else str(part) for part in (key.start, key.stop, key.step))
