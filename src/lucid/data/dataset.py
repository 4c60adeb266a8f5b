"""Data sets: anything with a length and items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        indices: which items, in which order.

    Raises:
        IndexingError: if an index is out of range.
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = [int(i) for i in indices]
        n = len(dataset)
        for i in self.indices:
            if not -n <= i < n:
                raise IndexingError(f"Subset: index {i} is out of range for {n} items")

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]


def random_split(
    dataset: Dataset, lengths: Sequence[float], *, generator: Generator | None = None
) -> list[Subset]:
    """Return the items of ``dataset`` dealt out at random.

    Args:
        dataset: the data set.
        lengths: how many items each part gets; or shares that sum to 1, where what rounding
            leaves over goes to the first parts.
        generator: where the randomness comes from.

    Raises:
        ArgumentError: if the lengths do not sum to that of the data set, or the shares to 1.

    Example:
        >>> [len(part) for part in lucid.data.random_split(range(10), [0.75, 0.25])]
        [8, 2]
    """
    n = len(dataset)
    total = sum(lengths)
    if any(length < 0 for length in lengths):
        raise ArgumentError(f"random_split: lengths must not be negative, got {list(lengths)}")
    if all(isinstance(length, int) for length in lengths) and total == n:
        counts = [int(length) for length in lengths]
    elif abs(total - 1) < 1e-9:
        counts = [int(n * share + 1e-9) for share in lengths]
        for i in range(n - sum(counts)):
            counts[i % len(counts)] += 1
    else:
        raise ArgumentError(f"random_split: lengths must sum to {n}, or shares to 1, got {list(lengths)}")
    order = iter(permutation(n, generator=generator).tolist())
    return [Subset(dataset, [next(order) for _ in range(count)]) for count in counts]
