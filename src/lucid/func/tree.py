"""Arguments and results that are nested containers: tuples, lists and dicts, with anything at the leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lucid.errors import ArgumentError


def leaves(tree: Any) -> Iterator[Any]:
    """Yield what is not a tuple, list, dict or None, from left to right.

    Example:
        >>> from lucid.func.tree import leaves
        >>> list(leaves({"a": 1, "b": [2, (3,)]}))
        [1, 2, 3]
    """
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, (tuple, list)):
        for value in tree:
            yield from leaves(value)
    elif tree is not None:  # an empty place, such as a bias that is not there
        yield tree


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """Return ``tree`` with ``function(leaf)`` in the place of every leaf.

    Example:
        >>> from lucid.func.tree import tree_map
        >>> tree_map(lambda x: 10 * x, {"a": 1, "b": [2, (3,)]})
        {'a': 10, 'b': [20, (30,)]}
    """
    if isinstance(tree, dict):
        return {key: tree_map(function, value) for key, value in tree.items()}
    if isinstance(tree, (tuple, list)):
        values = [tree_map(function, value) for value in tree]
        if isinstance(tree, list):
            return values
        return type(tree)(*values) if hasattr(tree, "_fields") else tuple(values)  # a named tuple
    return None if tree is None else function(tree)


def pairs(first: Any, second: Any, what: str) -> Iterator[tuple[Any, Any]]:
    """Yield the leaves of two trees of one form together, entries of dicts by their keys.

    Raises:
        ArgumentError: if the forms differ; ``what`` begins the message.
    """
    nested = any(isinstance(tree, (dict, tuple, list)) for tree in (first, second))
    if isinstance(first, dict) and isinstance(second, dict) and first.keys() == second.keys():
        for key, value in first.items():
            yield from pairs(value, second[key], what)
    elif isinstance(first, (tuple, list)) and isinstance(second, (tuple, list)) and len(first) == len(second):
        for a, b in zip(first, second, strict=True):
            yield from pairs(a, b, what)
    elif nested or (first is None) != (second is None):
        raise ArgumentError(f"{what} must have the same form, got {_form(first)} and {_form(second)}")
    elif first is not None:
        yield first, second


def _form(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict of {', '.join(map(repr, tree))}"
    return f"a {type(tree).__name__}" + (f" of {len(tree)}" if isinstance(tree, (tuple, list)) else "")


def refill(tree: Any, values: Iterator[Any]) -> Any:
    """Return ``tree`` with its leaves replaced by the next of ``values``, in the order of ``leaves``."""
    return tree_map(lambda _: next(values), tree)
