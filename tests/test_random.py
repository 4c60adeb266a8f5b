"""Generators: reproducible, splittable, and of the right distribution."""

import copy
import pickle
import threading

import numpy as np
import pytest

import lucid
from lucid import random
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError
from lucid.random import Generator


@pytest.fixture(params=["cpu", "xla:cpu"])
def device(request):
    if request.param != "cpu":
        pytest.importorskip("jax")
    return request.param


def test_a_seed_gives_the_same_numbers_every_time(device):
    draws = []
    for _ in range(2):
        random.seed(3)
        draws.append(
            [
                random.uniform(4, device=device).tolist(),
                random.normal((2, 2), device=device).tolist(),
                random.integers(0, 100, 5, device=device).tolist(),
                random.permutation(6, device=device).tolist(),
                random.bernoulli(0.5, 8, device=device).tolist(),
            ]
        )
    assert draws[0] == draws[1]
    random.seed(4)
    assert random.uniform(4, device=device).tolist() != draws[0][0]


def test_each_draw_differs_from_the_last():
    g = Generator(0)
    assert random.uniform(3, generator=g).tolist() != random.uniform(3, generator=g).tolist()
    assert Generator().next_key() != Generator().next_key()


def test_neighbouring_seeds_draws_and_splits_have_nothing_in_common():
    keys = [Generator(seed).next_key() for seed in range(100)]
    g = Generator(0)
    keys += [g.next_key() for _ in range(100)][1:]
    keys += [c.next_key() for c in Generator(0).split(100)]
    keys += [c.split(1)[0].next_key() for c in Generator(0).split(100)]
    assert len(set(keys)) == len(keys)


def test_split_is_reproducible_and_moves_on():
    a, b = Generator(5), Generator(5)
    assert [c.next_key() for c in a.split(3)] == [c.next_key() for c in b.split(3)]
    assert a.split(1)[0].next_key() != Generator(5).split(1)[0].next_key()
    assert Generator(5).split(0) == []


def test_the_state_goes_on_where_it_was():
    g = Generator(1).split(2)[1]
    random.uniform(2, generator=g)
    copies = [copy.deepcopy(g), pickle.loads(pickle.dumps(g)), Generator(9)]
    copies[2].load_state_dict(g.state_dict())
    expected = random.uniform(3, generator=g).tolist()
    assert [random.uniform(3, generator=c).tolist() for c in copies] == [expected] * 3
    assert repr(g) == "Generator(seed=1, path=(0, 1), counter=2)"
    with pytest.raises(ArgumentError, match="counter"):
        g.load_state_dict({"seed": 1})


def test_threads_never_draw_the_same():
    g, keys = Generator(0), []
    threads = [
        threading.Thread(target=lambda: keys.extend(g.next_key() for _ in range(200))) for _ in range(4)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(set(keys)) == 800


def test_distributions(device):
    g = Generator(0)
    x = random.uniform(20_000, -2, 3, generator=g, device=device, dtype="float64").numpy()
    assert (x.min() >= -2, x.max() < 3) == (True, True)
    assert x.mean() == pytest.approx(0.5, abs=5 * (5 / 12**0.5) / 20_000**0.5)
    z = random.normal(20_000, 1.0, 2.0, generator=g, device=device).numpy()
    assert z.mean() == pytest.approx(1.0, abs=5 * 2 / 20_000**0.5)
    assert z.std() == pytest.approx(2.0, abs=5 * 2 / (2 * 20_000) ** 0.5)
    n = random.integers(-3, 4, 7000, generator=g, device=device).numpy()
    counts = np.bincount(n + 3, minlength=7)
    assert counts.sum() == 7000
    assert (np.abs(counts - 1000) < 5 * (1000 * 6 / 7) ** 0.5).all()
    assert sorted(random.permutation(50, generator=g, device=device).tolist()) == list(range(50))
    ones = random.bernoulli(0.25, 10_000, generator=g, device=device)
    assert ones.dtype == lucid.bool
    assert ones.numpy().mean() == pytest.approx(0.25, abs=5 * (0.25 * 0.75 / 10_000) ** 0.5)
    assert random.bernoulli(1.0, 100, generator=g, device=device).all()
    assert not random.bernoulli(0.0, 100, generator=g, device=device).any()


def test_half_precision_stays_below_the_upper_end(device):
    x = random.uniform(50_000, generator=Generator(0), dtype="float16", device=device)
    assert x.dtype == lucid.float16
    assert x.numpy().max() < 1


def test_shapes_dtypes_and_tracking():
    assert lucid.rand(2, 3).shape == lucid.randn((2, 3)).shape == (2, 3)
    assert lucid.rand().shape == ()
    assert lucid.randn(0).shape == (0,)
    assert lucid.randn(2, requires_grad=True).requires_grad
    assert random.integers(5, shape=2, dtype="int8").dtype == lucid.int8
    assert random.bernoulli(0.5, 2, dtype=lucid.float32).dtype == lucid.float32
    assert random.uniform(3, 2.0, 2.0).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: random.uniform(2, 1, 0), ArgumentError),
        (lambda: random.uniform(2, float("nan"), 0), ArgumentError),
        (lambda: random.uniform(-1), ArgumentError),
        (lambda: random.uniform("a"), ArgumentTypeError),
        (lambda: random.uniform(2, dtype="int64"), DTypeError),
        (lambda: random.normal(2, std=-1), ArgumentError),
        (lambda: random.integers(0), ArgumentError),
        (lambda: random.integers(5, 5), ArgumentError),
        (lambda: random.integers(5, dtype="float32"), DTypeError),
        (lambda: random.permutation(-1), ArgumentError),
        (lambda: random.bernoulli(1.5), ArgumentError),
        (lambda: random.uniform(2, generator=3), ArgumentTypeError),
        (lambda: Generator(1.5), ArgumentTypeError),
        (lambda: Generator(True), ArgumentTypeError),
        (lambda: Generator(0).split(-1), ArgumentError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()
