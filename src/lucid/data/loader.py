"""Batches of a data set, in order or shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from lucid import ops
from lucid.data.dataset import Dataset, TensorDataset
from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.random import Generator, permutation
from lucid.tensor import Tensor


class DataLoader:
    """Iterates over a data set in batches.

    Args:
        dataset: anything with a length and items.
        batch_size: items in a batch.
        shuffle: take the items in random order, another one each time.
        drop_last: leave out a last batch that is smaller.
        sampler: an iterable of indices that says which items to take, in the place of ``shuffle``.
        collate_fn: makes a batch of a list of items; by default ``collate``.
        generator: where the randomness comes from, by default the global one.

    Raises:
        ArgumentError: if ``batch_size`` is less than 1, or both ``shuffle`` and ``sampler`` are given.

    Example:
        >>> loader = lucid.data.DataLoader(range(5), batch_size=2)
        >>> for batch in loader:
        ...     print(batch)
        [0, 1]
        [2, 3]
        [4]
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        sampler: Iterable[int] | None = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(dataset, Dataset):
            raise ArgumentTypeError(f"DataLoader: {type(dataset).__name__} has no __len__ and __getitem__")
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise ArgumentError(f"DataLoader: batch_size must be an integer from 1 on, got {batch_size!r}")
        if shuffle and sampler is not None:
            raise ArgumentError("DataLoader: a sampler sets the order itself, so shuffle must be False")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.sampler = sampler
        self.collate_fn = collate_fn
        self.generator = generator

    def __len__(self) -> int:
        n = len(self.dataset if self.sampler is None else self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        batch: list[int] = []
        for index in self._order():
            batch.append(index)
            if len(batch) == self.batch_size:
                yield self._fetch(batch)
                batch = []
        if batch and not self.drop_last:
            yield self._fetch(batch)

    def _order(self) -> Iterable[int]:
        if self.sampler is not None:
            return self.sampler
        n = len(self.dataset)
        return permutation(n, generator=self.generator).tolist() if self.shuffle else range(n)

    def _fetch(self, indices: Sequence[int]) -> Any:
        if self.collate_fn is None and type(self.dataset) is TensorDataset:
            return self.dataset[np.asarray(indices)]  # all rows at once, instead of one by one
        return (self.collate_fn or collate)([self.dataset[i] for i in indices])


def collate(items: list[Any]) -> Any:
    """Make a batch of a list of items.

    Tensors are stacked, numbers and arrays become Tensors; tuples and dicts are collated entry
    by entry, and stay tuples and dicts. Strings stay a list.

    Raises:
        ArgumentTypeError: if an item is of another kind: write a ``collate_fn``.

    Example:
        >>> lucid.data.loader.collate([(Tensor([1.0]), 3), (Tensor([2.0]), 4)])
        (Tensor([[1.0],
                [2.0]]), Tensor([3, 4]))
    """
    first = items[0]
    if isinstance(first, Tensor):
        return ops.stack(items)
    if isinstance(first, (np.ndarray, np.generic)):
        return Tensor(np.stack(items))
    if isinstance(first, (bool, int, float, complex)):
        return Tensor(items)
    if isinstance(first, str):
        return items
    if isinstance(first, dict):
        return {key: collate([item[key] for item in items]) for key in first}
    if isinstance(first, (tuple, list)):
        if len({len(item) for item in items}) > 1:
            raise ArgumentError("collate: items of one batch must have the same number of entries")
        entries = [collate(list(entry)) for entry in zip(*items, strict=True)]
        if hasattr(first, "_fields"):
            return type(first)(*entries)
        return type(first)(entries)
    raise ArgumentTypeError(f"collate: no batch can be made of {type(first).__name__}: give a collate_fn")
