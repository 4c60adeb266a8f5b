"""Data sets, loaders, and the digits that come with the package."""

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.data import DataLoader, Dataset, Subset, TensorDataset, digits, loader, random_split
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


class Endless:
    """A sampler without a length."""

    def __iter__(self):
        return iter([0, 0, 0])


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
        (lambda: DataLoader([1], batch_size=2.0), ArgumentTypeError),
        (lambda: DataLoader([1], batch_size=True), ArgumentTypeError),
        (lambda: DataLoader([1], shuffle="yes"), ArgumentTypeError),
        (lambda: DataLoader([1], drop_last=Generator(0)), ArgumentTypeError),
        (lambda: DataLoader([1], sampler=5), ArgumentTypeError),
        (lambda: DataLoader([1], sampler=iter([0])), ArgumentTypeError),
        (lambda: DataLoader([1], sampler=(i for i in [0])), ArgumentTypeError),
        (lambda: len(DataLoader([1], sampler=Endless())), ArgumentTypeError),
        (lambda: DataLoader([1], collate_fn=5), ArgumentTypeError),
        (lambda: DataLoader([1], shuffle=True, generator=5), ArgumentTypeError),
        (lambda: list(DataLoader(TensorDataset(Tensor([1.0])), sampler=[1])), IndexingError),
        (lambda: list(DataLoader(TensorDataset(Tensor([1.0])), sampler=[0.5])), IndexingError),
        (lambda: list(DataLoader([np.ones(1), np.ones(2)], 2)), ShapeError),
        (lambda: list(DataLoader([{"a": 1}, {"b": 1}], 2)), ArgumentError),
        (lambda: list(DataLoader([(1, 2), 1], 2)), ArgumentError),
        (lambda: list(DataLoader([1, "a"], 2)), ArgumentTypeError),
        (lambda: Subset(3, [0]), ArgumentTypeError),
        (lambda: Subset([1, 2], [0.5]), ArgumentTypeError),
        (lambda: Subset([1, 2], [0])[1], IndexingError),
        (lambda: Subset([1, 2], [0])["a"], ArgumentTypeError),
        (lambda: Subset([1, 2], [0, 1])[0:1], ArgumentTypeError),
        (lambda: random_split(3, [3]), ArgumentTypeError),
        (lambda: random_split([1, 2], 2), ArgumentTypeError),
        (lambda: random_split([1, 2], ["a"]), ArgumentTypeError),
        (lambda: random_split([1, 2], "11"), ArgumentTypeError),
        (lambda: random_split([1, 2], []), ArgumentError),
        (lambda: random_split([1, 2], [float("nan"), 1]), ArgumentError),
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
    subset = Subset([10, 20, 30], [-1, 1])
    assert [b.tolist() for b in DataLoader(subset, 2)] == [[30, 20]]
    assert list(subset) == [30, 20]
    assert repr(subset) == "Subset(2 of 3 items)"


def test_rows_are_taken_at_once_even_through_subsets():
    class Counting(Tensor):
        reads = 0

        def __getitem__(self, index):
            Counting.reads += 1
            return super().__getitem__(index)

    x = lucid.arange(10, dtype="float32")
    data = Subset(Subset(TensorDataset(Counting(x), x), range(9, -1, -1)), [0, 2, 4, 6])
    (batch,) = DataLoader(data, 4)
    assert [t.tolist() for t in batch] == [[9.0, 7.0, 5.0, 3.0]] * 2
    assert Counting.reads == 1
    (slow,) = DataLoader(data, 4, collate_fn=loader.collate)
    assert [t.tolist() for t in slow] == [t.tolist() for t in batch]


def test_a_subclass_that_changes_its_items_is_asked_for_each():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * t for t in super().__getitem__(index))

    ((x,),) = DataLoader(Doubled(Tensor([1.0, 2.0])), 2)
    assert x.tolist() == [2.0, 4.0]


def test_the_order_does_not_depend_on_the_device_of_the_generator():
    pytest.importorskip("jax")
    orders = [
        [b.item() for b in DataLoader(range(10), shuffle=True, generator=Generator(0, device))]
        for device in ("cpu", "xla:cpu")
    ]
    assert orders[0] == orders[1]


def test_two_walks_at_once_do_not_disturb_each_other():
    walks = DataLoader(list(range(6)), 2, shuffle=True, generator=Generator(0))
    pairs = list(zip(walks, walks, strict=True))
    for walk in zip(*pairs, strict=True):
        assert sorted(v for b in walk for v in b.tolist()) == list(range(6))
    assert repr(walks) == "DataLoader(6 items, batch_size=2, shuffle=True, drop_last=False)"


def test_collating():
    items = [{"x": np.ones(2), "y": (1, 2.0), "name": "a"}, {"x": np.zeros(2), "y": (3, 4.0), "name": "b"}]
    (batch,) = DataLoader(items, 2)
    assert batch["x"].tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert [t.tolist() for t in batch["y"]] == [[1, 3], [2.0, 4.0]]
    assert batch["name"] == ["a", "b"]
    (pairs,) = DataLoader([1, 2], 2, collate_fn=lambda items: items[::-1])
    assert pairs == [2, 1]


def test_sizes_may_be_numpy_integers():
    parts = random_split(range(10), [np.int64(8), np.int64(2)])
    assert [len(part) for part in parts] == [8, 2]
    assert [len(b) for b in DataLoader(range(3), batch_size=np.int64(2))] == [2, 1]
    assert [len(part) for part in random_split(range(3), (n for n in (2, 1)))] == [2, 1]


def test_a_sampler_without_a_length_is_gone_through_each_time():
    loader = DataLoader([5], 2, sampler=Endless())
    for _ in range(2):
        assert [b.tolist() for b in loader] == [[5, 5], [5]]


def test_random_split_deals_out_every_item_once():
    parts = random_split(list(range(10)), [0.75, 0.25], generator=Generator(0))
    assert [len(p) for p in parts] == [8, 2]
    assert sorted(p[i] for p in parts for i in range(len(p))) == list(range(10))
    again = random_split(list(range(10)), np.array([8, 2]), generator=Generator(0))
    assert [p.indices for p in parts] == [p.indices for p in again]


@pytest.mark.parametrize(
    ("n", "lengths", "sizes"),
    [
        (10, [0.7, 0.2, 0.1], [7, 2, 1]),
        (3, [0.0, 0.5, 0.5], [0, 2, 1]),  # what is left over is not for a part that asked for none
        (1, [0.5, 0.5], [1, 0]),
        (0, [0.5, 0.5], [0, 0]),
        (5, [1.0], [5]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_sizes_of_a_random_split(n, lengths, sizes):
    assert [len(part) for part in random_split(range(n), lengths)] == sizes
