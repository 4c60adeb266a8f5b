"""Batches of a data set, in order or shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import Any

import numpy as np

from lucid import ops
from lucid.data.dataset import Dataset, Subset, TensorDataset, check_dataset
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
        sampler: indices that say which items to take, in the place of ``shuffle``; gone through
            anew each time, so a list or a class with ``__iter__``.
        collate_fn: makes a batch of a list of items; by default ``collate``.
        generator: where the randomness comes from, by default the global one.

    A batch of a ``TensorDataset`` is indexed at once, and so is one of its ``Subset``.

    Raises:
        ArgumentTypeError: if an argument is of the wrong type.
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
        check_dataset("DataLoader", dataset)
        for name, flag in (("shuffle", shuffle), ("drop_last", drop_last)):
            if not isinstance(flag, bool):
                raise ArgumentTypeError(f"DataLoader: {name} must be True or False, got {flag!r}")
        if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)):
            raise ArgumentTypeError(f"DataLoader: batch_size must be an integer, got {batch_size!r}")
        if batch_size < 1:
            raise ArgumentError(f"DataLoader: batch_size must be at least 1, got {batch_size}")
        if sampler is not None and not isinstance(sampler, Iterable):
            raise ArgumentTypeError(f"DataLoader: sampler must be indices, got {sampler!r}")
        if isinstance(sampler, Iterator):
            raise ArgumentTypeError(
                f"DataLoader: sampler is an iterator ({type(sampler).__name__}), used up after one walk: "
                "pass a list, or an object with __iter__"
            )
        if collate_fn is not None and not callable(collate_fn):
            raise ArgumentTypeError(f"DataLoader: collate_fn must be a function, got {collate_fn!r}")
        if generator is not None and not isinstance(generator, Generator):
            raise ArgumentTypeError(
                f"DataLoader: generator must be a lucid.random.Generator, got {type(generator).__name__}"
            )
        if shuffle and sampler is not None:
            raise ArgumentError("DataLoader: a sampler sets the order itself, so shuffle must be False")
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.sampler = sampler
        self.collate_fn = collate_fn
        self.generator = generator

    def __len__(self) -> int:
        source: Any = self.dataset if self.sampler is None else self.sampler
        if not isinstance(source, Sized):
            raise ArgumentTypeError(
                f"len(DataLoader): its sampler, a {type(source).__name__}, has no length: give it a __len__"
            )
        n = len(source)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        # What to fetch is settled apart from the fetching, so that others might do the fetching.
        return map(self._fetch, self._batches())

    def __repr__(self) -> str:
        options = f"batch_size={self.batch_size}, shuffle={self.shuffle}, drop_last={self.drop_last}"
        return f"DataLoader({len(self.dataset)} items, {options})"

    def _batches(self) -> Iterator[list[int]]:
        """Yield the indices of each batch."""
        batch: list[int] = []
        for index in self._order():
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def _order(self) -> Iterable[int]:
        if self.sampler is not None:
            return self.sampler
        n = len(self.dataset)
        if not self.shuffle:
            return range(n)
        # The order does not depend on the device that the generator is for.
        order: list[int] = permutation(n, device="cpu", generator=self.generator).tolist()
        return order

    def _fetch(self, indices: Sequence[int]) -> Any:
        """Return the batch of the items at ``indices``."""
        dataset = self.dataset
        if self.collate_fn is None:
            rows = indices
            while type(dataset) is Subset:
                rows, dataset = [dataset.indices[i] for i in rows], dataset.dataset
            if type(dataset) is TensorDataset:
                return dataset[np.asarray(rows)]  # all rows at once, instead of one by one
        return (self.collate_fn or collate)([self.dataset[i] for i in indices])


def collate(items: list[Any]) -> Any:
    """Make a batch of a list of items.

    Tensors are stacked, numbers and arrays become Tensors; tuples and dicts are collated entry
    by entry, and stay tuples and dicts. Strings stay a list.

    Raises:
        ArgumentTypeError: if an item is of another kind: write a ``collate_fn``.
        ArgumentError: if items differ in their entries, or arrays in their shapes.

    Example:
        >>> lucid.data.loader.collate([(Tensor([1.0]), 3), (Tensor([2.0]), 4)])
        (Tensor([[1.0],
                [2.0]]), Tensor([3, 4]))
    """
    first = items[0]
    if isinstance(first, Tensor):
        return ops.stack(items)
    if isinstance(first, (np.ndarray, np.generic)):
        return ops.stack([Tensor(item) for item in items])
    if isinstance(first, (bool, int, float, complex)):
        return Tensor(items)
    if isinstance(first, str):
        return items
    if isinstance(first, dict):
        if any(not isinstance(item, dict) or item.keys() != first.keys() for item in items):
            raise ArgumentError("collate: items of one batch must have the same keys")
        return {key: collate([item[key] for item in items]) for key in first}
    if isinstance(first, (tuple, list)):
        if any(not isinstance(item, (tuple, list)) or len(item) != len(first) for item in items):
            raise ArgumentError("collate: items of one batch must have the same number of entries")
        entries = [collate(list(entry)) for entry in zip(*items, strict=True)]
        if hasattr(first, "_fields"):
            return type(first)(*entries)
        return type(first)(entries)
    raise ArgumentTypeError(f"collate: no batch can be made of {type(first).__name__}: give a collate_fn")
