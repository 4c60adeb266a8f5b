"""Arguments and results that are nested containers: tuples, lists and dicts, with anything at the leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def leaves(tree: Any) -> Iterator[Any]:
    """Yield what is not a tuple, list or dict, from left to right.

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
    else:
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
    return function(tree)


def refill(tree: Any, values: Iterator[Any]) -> Any:
    """Return ``tree`` with its leaves replaced by the next of ``values``, in the order of ``leaves``."""
    return tree_map(lambda _: next(values), tree)
