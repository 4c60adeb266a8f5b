"""What lists, tuples and dicts hold: how Modules look for their state in plain Python values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lucid.errors import ArgumentTypeError, MissingAttributeError

HOLDERS = (dict, list, tuple, set, frozenset)


def entries(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """Return what ``value`` holds, with keys, if it is a dict, a list or a tuple."""
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, (list, tuple)):
        return ((str(i), entry) for i, entry in enumerate(value))
    return None


def first(value: Any, kinds: tuple[type, ...]) -> Any:
    """Return the first object of ``kinds`` that ``value`` is or holds, at any depth; or None."""
    seen: set[int] = set()  # a list may hold itself
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, kinds):
            return value
        if isinstance(value, HOLDERS) and id(value) not in seen:
            seen.add(id(value))
            stack.extend(reversed(list(value.values() if isinstance(value, dict) else value)))
    return None


def check_class(cls: type, kinds: tuple[type, ...]) -> None:
    """Raise if an attribute of the class ``cls`` is or holds an object of ``kinds``."""
    for name, value in vars(cls).items():
        held = first(value, kinds)
        if held is not None:
            raise MissingAttributeError(
                f"class {cls.__name__}: {name} holds a {type(held).__name__} that all instances would "
                f"share and none would list: write self.{name} = ... in __init__"
            )


def check_name(owner: Any, name: str, value: Any, kinds: tuple[type, ...]) -> None:
    """Raise if ``value``, for the attribute ``name`` that every Module has, is or holds one of ``kinds``."""
    held = first(value, kinds)
    if held is not None:
        raise MissingAttributeError(
            f"{type(owner).__name__}.{name} cannot be or hold a {type(held).__name__}: every Module has "
            f"something of that name that would be lost. Choose another name, such as {name}_"
        )


def check_sets(owner: Any, name: str, value: Any, kinds: tuple[type, ...]) -> None:
    """Raise if ``value``, for the attribute ``name``, has an object of ``kinds`` in a set, at any depth."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, (set, frozenset)):
            held = first(value, kinds)
            if held is not None:
                raise ArgumentTypeError(
                    f"{type(owner).__name__}.{name}: a {type(held).__name__} in a set has no place and so "
                    "no name: write a list, [...]"
                )
        elif isinstance(value, (dict, list, tuple)) and id(value) not in seen:
            seen.add(id(value))
            stack.extend(value.values() if isinstance(value, dict) else value)
