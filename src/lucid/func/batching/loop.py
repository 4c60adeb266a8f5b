"""What serves a function that has no batching rule: one example after the other."""

from __future__ import annotations

import functools
from typing import Any

from lucid import ops
from lucid.errors import ArgumentError
from lucid.func.batching.example import Example
from lucid.func.tree import leaves, refill, tree_map


def _one_of(i: int, x: Any) -> Any:
    return x.tensor[i] if isinstance(x, Example) else x


def in_a_loop(name: str, function: Any, examples: list[Any], args: Any, options: Any) -> Any:
    """Call ``function`` for each example, and stack the results."""
    count = examples[0].tensor.shape[0]
    if count == 0:
        raise ArgumentError(f"vmap: {name} is called for each example, and there is none: the batch is empty")
    results = []
    for i in range(count):
        xs, chosen = tree_map(functools.partial(_one_of, i), (args, options))
        results.append(function(*xs, **chosen))
    columns = zip(*(list(leaves(r)) for r in results), strict=True)
    return refill(results[0], iter([ops.stack(column) for column in columns]))
