"""Data sets: anything with a length and items."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from numbers import Real
from typing import Any, Protocol, runtime_checkable

from lucid.errors import ArgumentError, ArgumentTypeError, IndexingError, ShapeError
from lucid.random import Generator, permutation
from lucid.tensor import Tensor


@runtime_checkable
class Dataset(Protocol):
    """What a ``DataLoader`` asks of a data set: a list will do."""

    def __len__(self) -> int:
        """Return the number of items."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """Return item ``index``, a Tensor, a number, or a tuple or dict of them."""
        ...


class TensorDataset:
    """Tensors side by side: item i is a tuple of their slices i along the first axis.

    Args:
        tensors: Tensors of one length.

    Raises:
        ArgumentError: if there are none.
        ArgumentTypeError: if one of them is no Tensor.
        ShapeError: if they differ in length, or one is 0-d.

    Example:
        >>> data = lucid.data.TensorDataset(Tensor([[1.0], [2.0]]), Tensor([0, 1]))
        >>> data[1]
        (Tensor([2.0]), Tensor(1))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ArgumentError("TensorDataset needs at least one tensor")
        for i, t in enumerate(tensors):
            if not isinstance(t, Tensor):
                raise ArgumentTypeError(
                    f"TensorDataset: argument {i} must be a Tensor, got {type(t).__name__}"
                )
        if any(t.ndim == 0 for t in tensors) or len({len(t) for t in tensors}) > 1:
            shapes = ", ".join(str(t.shape) for t in tensors)
            raise ShapeError(f"TensorDataset: tensors must agree in their first axis, got shapes {shapes}")
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"TensorDataset({', '.join(f'{t.shape} {t.dtype.name}' for t in self.tensors)})"


class Subset:
    """The items of a data set at some indices.

    Args:
        dataset: the data set.
        indices: which items, in which order; negative ones count from the end.

    Raises:
        ArgumentTypeError: if ``dataset`` is none, or an index is not an integer.
        IndexingError: if an index is out of range.

    Example:
        >>> list(lucid.data.Subset(["a", "b", "c"], [2, 0]))
        ['c', 'a']
    """

    def __init__(self, dataset: Dataset, indices: Iterable[int]) -> None:
        self.dataset = check_dataset("Subset", dataset)
        n = len(dataset)
        self.indices: list[int] = []
        for i in indices:
            try:
                at = operator.index(i)
            except TypeError:
                raise ArgumentTypeError(f"Subset: an index must be an integer, got {i!r}") from None
            if not -n <= at < n:
                raise IndexingError(f"Subset: index {at} is out of range for {n} items")
            self.indices.append(at % n)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        try:
            at = self.indices[index]
        except IndexError:  # which also ends an iteration
            raise IndexingError(f"index {index} is out of range for {len(self)} items") from None
        except TypeError:
            raise ArgumentTypeError(f"an index of a Subset is an integer, got {index!r}") from None
        if isinstance(at, list):
            raise ArgumentTypeError(f"an index of a Subset is an integer, got {index!r}")
        return self.dataset[at]

    def __repr__(self) -> str:
        return f"Subset({len(self)} of {len(self.dataset)} items)"


def random_split(
    dataset: Dataset, lengths: Sequence[float], *, generator: Generator | None = None
) -> list[Subset]:
    """Return the items of ``dataset`` dealt out at random.

    Args:
        dataset: the data set.
        lengths: how many items each part gets; or shares that sum to 1. What rounding leaves over
            goes to the first parts, one item each, but none to a part whose share is 0.
        generator: where the randomness comes from.

    Raises:
        ArgumentTypeError: if ``dataset`` is none, or a length is not a number.
        ArgumentError: if the lengths do not sum to that of the data set, or the shares to 1.

    Example:
        >>> [len(part) for part in lucid.data.random_split(range(10), [0.75, 0.25])]
        [8, 2]
    """
    n = len(check_dataset("random_split", dataset))
    counts = _counts(n, lengths)
    # The order does not depend on the device that the generator is for.
    order = iter(permutation(n, device="cpu", generator=generator).tolist())
    return [Subset(dataset, [next(order) for _ in range(count)]) for count in counts]


def check_dataset(caller: str, dataset: Any) -> Dataset:
    """Return ``dataset`` if it has a length and items, for ``caller``, which an error names."""
    if not isinstance(dataset, Dataset):
        raise ArgumentTypeError(
            f"{caller}: a data set has __len__ and __getitem__, got {type(dataset).__name__}"
        )
    return dataset


def _counts(n: int, lengths: Any) -> list[int]:
    """Return how many of ``n`` items each part of a split gets."""
    given = list(lengths) if isinstance(lengths, Iterable) else []
    if not isinstance(lengths, Iterable) or not all(isinstance(length, Real) for length in given):
        raise ArgumentTypeError(f"random_split: lengths must be a list of numbers, got {lengths!r}")
    lengths = given
    shares = [float(length) for length in lengths]
    if any(share < 0 for share in shares):
        raise ArgumentError(f"random_split: lengths must not be negative, got {lengths}")
    if sum(shares) == n and all(share.is_integer() for share in shares):
        return [int(share) for share in shares]
    if not math.isclose(sum(shares), 1):  # so it is for nan
        raise ArgumentError(f"random_split: lengths must sum to {n}, or shares to 1, got {lengths}")
    # A share such as 0.7 lies a little below the number that was meant: 0.7 * 10 is 7, never 6.
    counts = [int(n * share + 1e-9) for share in shares]
    some = [i for i, share in enumerate(shares) if share > 0]
    for i in range(n - sum(counts)):
        counts[some[i % len(some)]] += 1
    return counts
