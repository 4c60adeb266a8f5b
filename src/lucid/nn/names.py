"""Qualified names: the way from a Module to something in it, as one string, and back.

A path is a tuple of keys: names of attributes, positions in lists (as strings), keys of dicts.
Its name joins them with dots, ``layers.0.weight``. A key that would be misread there, because it
holds a dot, a quote or a bracket, because it is empty, or because it is not a string, is written
in JSON between brackets: ``params["a.b"]``, ``layers[3]``, ``edges[["user", "item"]]``.

So different paths have different names, and ``split`` undoes ``join``.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from lucid import hints
from lucid.errors import ArgumentError, ArgumentTypeError

Path = tuple[Any, ...]

_SPECIAL = frozenset(".\"'[]")


def is_plain(key: Any) -> bool:
    """Whether ``key`` can stand in a name as it is."""
    return isinstance(key, str) and key != "" and _SPECIAL.isdisjoint(key)


def join(path: Iterable[Any], prefix: str = "") -> str:
    """Return the qualified name of ``path``, below what ``prefix`` names.

    Raises:
        ArgumentTypeError: if a key is neither a string, a number, None, nor a tuple of those.

    Example:
        >>> from lucid.nn import names
        >>> names.join(["layers", "0", "weight"])
        'layers.0.weight'
        >>> names.join(["params", "a.b"])
        'params["a.b"]'
    """
    name = prefix
    for key in path:
        if not is_plain(key):
            name += f"[{_encode(key)}]"
        else:
            name = f"{name}.{key}" if name else str(key)
    return name


def split(name: str) -> Path:
    """Return the path that ``name`` was joined from.

    Raises:
        ArgumentError: if ``name`` is no qualified name.

    Example:
        >>> from lucid.nn import names
        >>> names.split('params["a.b"].0')
        ('params', 'a.b', '0')
    """
    keys: list[Any] = []
    at = 0
    while at < len(name):
        if name[at] == "[":
            key, at = _bracketed(name, at)
        else:
            start = at + bool(keys)
            end = min(
                (i for i in (name.find(".", start), name.find("[", start)) if i >= 0), default=len(name)
            )
            key = name[start:end]
            if (keys and name[at] != ".") or not is_plain(key):
                raise _not_a_name(name, at)
            at = end
        keys.append(key)
    return tuple(keys)


def near(name: str, candidates: Iterable[str]) -> str:
    """Return ``" (did you mean 'weight'?)"`` for the candidate most like ``name``, or nothing."""
    import difflib  # only errors need it

    close = difflib.get_close_matches(name, list(candidates), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def instead(name: str, candidates: Iterable[str]) -> str:
    """Return what to write for a Module's attribute ``name`` that only PyTorch has; or what ``near`` does."""
    return hints.in_words(hints.MODULE, name) or near(name, candidates)


def _encode(key: Any) -> str:
    import json  # most names need none

    try:
        # Not in ASCII: two lone surrogates would come back as the one character that they encode.
        return json.dumps(key, ensure_ascii=False, default=operator.index)
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            f"a dict key on the way to a Parameter, Buffer or Module must be a string, a number or a tuple "
            f"of those, so that it can be named; got {key!r} ({type(key).__name__})"
        ) from error


def _bracketed(name: str, at: int) -> tuple[Any, int]:
    """Return the key between the brackets that open at ``at``, and where they have closed."""
    import json

    try:
        key, end = json.JSONDecoder().raw_decode(name, at + 1)
        key = _as_key(key)
    except (ValueError, TypeError) as error:
        raise _not_a_name(name, at) from error
    if name[end : end + 1] != "]":
        raise _not_a_name(name, at)
    return key, end + 1


def _as_key(value: Any) -> Any:
    """Return what JSON gave as a dict key: it knows lists and no tuples."""
    if isinstance(value, dict):
        raise TypeError("a dict is no key")
    return tuple(map(_as_key, value)) if isinstance(value, list) else value


def _not_a_name(name: str, at: int) -> ArgumentError:
    return ArgumentError(
        f"{name!r} is not a qualified name, at position {at}: write keys with dots between them, and a key "
        'that holds a dot, a quote or a bracket as ["a.b"]'
    )
