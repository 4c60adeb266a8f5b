"""Generators: reproducible, splittable, and of the right distribution."""

import copy
import pickle
import threading

import numpy as np
import pytest

import lucid
from lucid import Tensor, random
from lucid.errors import ArgumentError, ArgumentTypeError, DeviceError, DTypeError, LucidError
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
    before = repr(g)
    for state, error in [
        ({"seed": 1}, ArgumentError),
        (3, ArgumentTypeError),
        ({"seed": "x", "path": [], "counter": 0}, ArgumentTypeError),
        ({"seed": 1, "path": [0.5], "counter": 0}, ArgumentTypeError),
        ({"seed": 1, "path": 3, "counter": 0}, ArgumentTypeError),
        ({"seed": 1, "path": [], "counter": -1}, ArgumentError),
    ]:
        with pytest.raises(error):
            g.load_state_dict(state)
    assert repr(g) == before


def test_a_generator_may_have_a_device():
    pytest.importorskip("jax")
    g = Generator(3, "xla:cpu")
    assert random.uniform(2, generator=g).device == "xla:cpu"
    assert random.bernoulli(0.5, 2, generator=g).device == "xla:cpu"
    assert random.uniform(2, generator=g, device="cpu").device == "cpu"
    assert [other.device for other in (copy.deepcopy(g), *g.split(2))] == ["xla:cpu"] * 3
    assert repr(g) == "Generator(seed=3, counter=4, device='xla:cpu')"
    with pytest.raises(DeviceError):
        Generator(3, "nowhere")


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


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 5), (0, 0.1), (1, 1.002), (-60_000, -1)])
def test_uniform_stays_below_the_upper_end(device, dtype, low, high):
    # In half precision 50,000 draws hit every value there is, so also those that would round up.
    x = random.uniform(50_000, low, high, generator=Generator(0), dtype=dtype, device=device).numpy()
    assert x.dtype == dtype
    assert x.min() >= np.asarray(low, dtype)
    assert x.max() < np.asarray(high, dtype)


def test_integers_reach_both_ends_of_a_dtype(device):
    for dtype in ("int8", "uint8"):
        limits = np.iinfo(dtype)
        x = random.integers(limits.min, limits.max + 1, 5000, dtype=dtype, device=device).numpy()
        assert (x.min(), x.max(), x.dtype) == (limits.min, limits.max, dtype)


def test_what_fails_leaves_the_stream_where_it_was():
    g = Generator(0)
    for call in (
        lambda: random.uniform(-1, generator=g),
        lambda: random.uniform(2, dtype="int8", generator=g),
        lambda: random.normal(2, device="nowhere", generator=g),
        lambda: random.integers(0, 300, 2, dtype="int8", generator=g),
        lambda: random.permutation(2.5, generator=g),
        lambda: random.bernoulli(0.5, 2, dtype="no such dtype", generator=g),
        lambda: g.split(-1),
    ):
        with pytest.raises(LucidError):
            call()
    assert repr(g) == "Generator(seed=0, counter=0)"


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
        (lambda: random.integers(0, 300, dtype="int8"), ArgumentError),
        (lambda: random.integers(-1, 3, dtype="uint8"), ArgumentError),
        (lambda: random.integers(0, 2**70), ArgumentError),
        (lambda: random.integers(0, 2.5), ArgumentTypeError),
        (lambda: random.integers("a"), ArgumentTypeError),
        (lambda: random.uniform(2, "a"), ArgumentTypeError),
        (lambda: random.uniform(2, Tensor([0.0, 1.0])), ArgumentTypeError),
        (lambda: random.uniform(2, 0, float("inf")), ArgumentError),
        (lambda: random.uniform(2, 0, 10**400), ArgumentError),
        (lambda: random.uniform(2, -3e38, 3e38), ArgumentError),
        (lambda: random.uniform(2, 0, 1e5, dtype="float16"), ArgumentError),
        (lambda: random.normal(2, std="x"), ArgumentTypeError),
        (lambda: random.normal(2, mean=float("nan")), ArgumentError),
        (lambda: random.normal(2, std=float("inf")), ArgumentError),
        (lambda: random.permutation(3.5), ArgumentTypeError),
        (lambda: random.permutation(np.arange(3)), ArgumentTypeError),
        (lambda: random.bernoulli("a"), ArgumentTypeError),
        (lambda: random.bernoulli(float("nan")), ArgumentError),
        (lambda: Generator(0).split(2.0), ArgumentTypeError),
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
