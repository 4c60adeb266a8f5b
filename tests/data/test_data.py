"""Data sets, loaders, and the digits that come with the package."""

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.data import DataLoader, Dataset, Subset, TensorDataset, digits, random_split
from lucid.errors import ArgumentError, ArgumentTypeError, IndexingError, ShapeError
from lucid.random import Generator


def test_digits_are_what_they_should_be():
    train, test = digits()
    images = np.concatenate([train.tensors[0], test.tensors[0]])
    labels = np.concatenate([train.tensors[1], test.tensors[1]])
    assert images.shape == (1797, 8, 8)
    assert (images.min(), images.max(), images.dtype) == (0.0, 1.0, np.float32)
    # The number of images of each digit, as the data set's description has them.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (len(train), len(test)) == (1442, 355)
    assert np.bincount(test.tensors[1]).tolist() == [n // 5 for n in np.bincount(labels)]
    assert len({image.tobytes() for image in images}) == 1797  # no image is in both parts
    # The first image of the original file is a zero, with these first two rows.
    first = (train.tensors[0][0] * 16).tolist()
    assert first[0] == [0, 0, 5, 13, 9, 1, 0, 0]
    assert first[1] == [0, 0, 13, 15, 10, 15, 5, 0]
    assert train.tensors[1][0].item() == 0


def test_digits_are_the_callers_own():
    digits().train.tensors[0][:] = 5.0
    assert digits().train.tensors[0].max().item() == 1.0


def test_tensor_dataset():
    data = TensorDataset(Tensor([[1.0], [2.0]]), Tensor([3, 4]))
    assert isinstance(data, Dataset)
    assert isinstance([1], Dataset)
    assert len(data) == 2
    assert [(x.tolist(), y.item()) for x, y in data] == [([1.0], 3), ([2.0], 4)]
    with pytest.raises(IndexingError):
        data[2]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: TensorDataset(), ArgumentError),
        (lambda: TensorDataset([1.0]), ArgumentTypeError),
        (lambda: TensorDataset(Tensor([1.0]), Tensor([1.0, 2.0])), ShapeError),
        (lambda: TensorDataset(Tensor(1.0)), ShapeError),
        (lambda: Subset([1, 2], [2]), IndexingError),
        (lambda: random_split([1, 2], [1, 2]), ArgumentError),
        (lambda: random_split([1, 2], [0.5, 0.4]), ArgumentError),
        (lambda: random_split([1, 2], [-1, 3]), ArgumentError),
        (lambda: DataLoader(3), ArgumentTypeError),
        (lambda: DataLoader([1], batch_size=0), ArgumentError),
        (lambda: DataLoader([1], batch_size=2.0), ArgumentError),
        (lambda: DataLoader([1], shuffle=True, sampler=[0]), ArgumentError),
        (lambda: list(DataLoader([object()])), ArgumentTypeError),
        (lambda: list(DataLoader([(1, 2), (1,)], batch_size=2)), ArgumentError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()


@pytest.mark.parametrize(
    ("n", "size", "drop", "sizes"),
    [
        (5, 2, False, [2, 2, 1]),
        (5, 2, True, [2, 2]),
        (4, 2, False, [2, 2]),
        (0, 3, False, []),
        (2, 5, True, []),
    ],
)
def test_batches(n, size, drop, sizes):
    for data in (TensorDataset(lucid.arange(n)), list(range(n))):
        loader = DataLoader(data, size, drop_last=drop)
        batches = [b[0] if isinstance(b, tuple) else b for b in loader]
        assert [len(b) for b in batches] == sizes
        assert len(loader) == len(sizes)
        assert [v for b in batches for v in b.tolist()] == list(range(sum(sizes)))


def test_shuffling_is_reproducible_and_differs_from_epoch_to_epoch():
    def epochs(seed):
        loader = DataLoader(list(range(20)), 4, shuffle=True, generator=Generator(seed))
        return [[v for b in loader for v in b.tolist()] for _ in range(2)]

    first, second = epochs(0)
    assert first != second
    assert sorted(first) == sorted(second) == list(range(20))
    assert epochs(0) == [first, second]
    assert epochs(1) != [first, second]


def test_a_sampler_and_a_subset_choose_the_items():
    assert [b.tolist() for b in DataLoader([10, 20, 30], 2, sampler=[2, 0, 0])] == [[30, 10], [10]]
    assert [b.tolist() for b in DataLoader(Subset([10, 20, 30], [-1, 1]), 2)] == [[30, 20]]


def test_collating():
    items = [{"x": np.ones(2), "y": (1, 2.0), "name": "a"}, {"x": np.zeros(2), "y": (3, 4.0), "name": "b"}]
    (batch,) = DataLoader(items, 2)
    assert batch["x"].tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert [t.tolist() for t in batch["y"]] == [[1, 3], [2.0, 4.0]]
    assert batch["name"] == ["a", "b"]
    (pairs,) = DataLoader([1, 2], 2, collate_fn=lambda items: items[::-1])
    assert pairs == [2, 1]


def test_random_split_deals_out_every_item_once():
    parts = random_split(list(range(10)), [0.75, 0.25], generator=Generator(0))
    assert [len(p) for p in parts] == [8, 2]
    assert sorted(p[i] for p in parts for i in range(len(p))) == list(range(10))
    again = random_split(list(range(10)), [8, 2], generator=Generator(0))
    assert [p.indices for p in parts] == [p.indices for p in again]
