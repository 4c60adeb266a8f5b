"""What ModuleDict and ParameterDict share: to be a ``dict`` of entries of one kind."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, MutableMapping, ValuesView
from typing import Any, Self, TypeVar

from lucid.errors import ArgumentError, ArgumentTypeError, MissingKeyError
from lucid.nn import names
from lucid.nn.containers.container import Container

Entry = TypeVar("Entry")
_NOTHING: Any = object()


class MappingContainer(Container[Entry], MutableMapping[str, Entry]):
    """A container by key; an operation that fails changes nothing.

    What a dict can do, it can; only ``==`` compares identity.
    """

    _storage = dict
    _entries: dict[str, Entry]

    def _members(self) -> Iterable[tuple[Any, Any]]:
        return self._entries.items()

    # ------------------------------------------------------------- reading

    def __getitem__(self, key: str) -> Entry:
        try:
            return self._entries[key]
        except KeyError:
            near = names.near(key, self._entries) if isinstance(key, str) else ""
            raise MissingKeyError(f"{type(self).__name__} has no key {key!r}{near}") from None

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def get(self, key: str, default: Any = None) -> Any:
        """Return the entry of ``key``, or ``default`` if there is none."""
        return self._entries.get(key, default)

    def keys(self) -> KeysView[str]:
        """Return a view of the keys, in order."""
        return self._entries.keys()

    def values(self) -> ValuesView[Entry]:
        """Return a view of the entries, in order."""
        return _Values(self)

    def items(self) -> ItemsView[str, Entry]:
        """Return a view of the pairs of a key and its entry, in order."""
        return _Items(self)

    # ------------------------------------------------------------- writing

    def __setitem__(self, key: str, value: Entry) -> None:
        self._entries[self._check_key(key)] = self._check(f"[{key!r}]", value)

    def __delitem__(self, key: str) -> None:
        self[key]  # raises an error that says more
        del self._entries[key]

    def pop(self, key: str, default: Any = _NOTHING) -> Any:
        """Remove ``key`` and return its entry; ``default``, if given, where there is none."""
        if default is not _NOTHING and key not in self._entries:
            return default
        entry = self[key]
        del self._entries[key]
        return entry

    def popitem(self) -> tuple[str, Entry]:
        """Remove the last key; return it and its entry."""
        if not self._entries:
            raise MissingKeyError(f"popitem: the {type(self).__name__} is empty")
        return self._entries.popitem()

    def setdefault(self, key: str, default: Any = None) -> Entry:
        """Return the entry of ``key``, which is ``default`` from now on if there was none."""
        if key not in self._entries:
            self[key] = default
        return self[key]

    def update(self, other: Any = (), /, **entries: Entry) -> None:
        """Take in all entries of a mapping or of pairs, or if one of them is bad, none.

        A key that is there already keeps its place in the order.
        """
        self._entries.update(self._checked(other) | self._checked(entries))

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()

    @classmethod
    def fromkeys(cls, keys: Iterable[str], value: Entry) -> Self:
        """Return a container in which each of ``keys`` has the same entry."""
        container = cls()
        container.update((key, value) for key in keys)
        return container

    def __or__(self, other: Mapping[str, Entry]) -> Self:
        if not isinstance(other, Mapping):
            return NotImplemented
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other: Mapping[str, Entry]) -> Self:
        if not isinstance(other, Mapping):
            return NotImplemented
        result = self.copy()
        result.clear()
        result.update(other)
        result.update(self)
        return result

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc]  # takes pairs as well, as dict does
        self.update(other)
        return self

    # ------------------------------------------------------------- checks

    def _check_key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise ArgumentTypeError(
                f"the keys of a {type(self).__name__} are strings, got {type(key).__name__} {key!r}: "
                "write str(key)"
            )
        if not key:
            raise ArgumentError(f"a key of a {type(self).__name__} must not be empty, got ''")
        return key

    def _checked(self, other: Any) -> dict[str, Entry]:
        """Return a mapping or pairs as a dict in which every key and entry is good."""
        keyed = hasattr(other, "keys")  # how dict.update tells a mapping from pairs
        try:
            pairs = [(k, other[k]) for k in other.keys()] if keyed else [(k, v) for k, v in other]  # noqa: SIM118
        except (TypeError, ValueError) as error:
            raise ArgumentTypeError(
                f"{type(self).__name__} expects a mapping, or pairs of a key and a {self.holds.__name__}, "
                f"got {type(other).__name__}: write {{'name': value}}"
            ) from error
        return {self._check_key(key): self._check(f"[{key!r}]", value) for key, value in pairs}


# The views of collections.abc compare entries with ==, which Tensors answer element by element.


class _Values(ValuesView[Entry]):
    def __contains__(self, value: object) -> bool:
        return any(entry is value for entry in self)

    def __reversed__(self) -> Iterator[Entry]:
        return (self._mapping[key] for key in reversed(self._mapping))  # type: ignore[attr-defined]


class _Items(ItemsView[str, Entry]):
    def __contains__(self, item: object) -> bool:
        if not (isinstance(item, tuple) and len(item) == 2):
            return False
        return self._mapping.get(item[0], _NOTHING) is item[1]  # type: ignore[attr-defined]

    def __reversed__(self) -> Iterator[tuple[str, Entry]]:
        return ((key, self._mapping[key]) for key in reversed(self._mapping))  # type: ignore[attr-defined]
