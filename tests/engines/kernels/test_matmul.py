"""Matrix products by oneDNN: every layout, every shape, every precision."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
from lucid.engines.cpu import namespace as xp
from lucid.engines.cpu.onednn import library, matmul, primitive
from tests.engines.kernels.agree import LAYOUTS

Array = np.ndarray[Any, Any]
needs_onednn = pytest.mark.skipif(library.load() is None, reason="oneDNN is not there")


@pytest.fixture
def highest() -> Iterator[None]:
    """Leave the precision as it is by default."""
    yield
    lucid.set_float32_matmul_precision("highest")


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def exact(x: Array, y: Array) -> Array:
    return np.matmul(x.astype(np.float64), y.astype(np.float64))


def error(found: Array, right: Array) -> float:
    """Return the root mean square of the error, against that of the result."""
    return float(np.sqrt(np.mean((found - right) ** 2) / np.mean(right**2)))


SHAPES = [
    ((64, 48), (48, 80)),
    ((3, 5, 32), (32, 7)),
    ((4, 33, 17), (4, 17, 29)),
    ((4, 1, 33, 17), (3, 17, 29)),
    ((33, 17), (2, 17, 29)),
    ((1, 70), (70, 1)),
    ((2, 3, 4, 5, 6, 7), (7, 8)),
]


@needs_onednn
@pytest.mark.parametrize(("a", "b"), SHAPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(a: tuple[int, ...], b: tuple[int, ...], layout: str) -> None:
    x, y = LAYOUTS[layout](normal(*a)), LAYOUTS[layout](normal(*b, seed=1))
    found = matmul.matmul(x, y)
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact(x, y), 1e-5, 1e-4)


@needs_onednn
def test_with_a_bias() -> None:
    x, y, b = normal(64, 48), normal(80, 48, seed=1).T, normal(80, seed=2)
    found = matmul.matmul(x, y, b[::-1])
    assert found is not None
    np.testing.assert_allclose(found, exact(x, y) + b[::-1], 1e-5, 1e-4)


@needs_onednn
@settings(max_examples=60)
@given(st.data())
def test_shapes_drawn_at_random(data: st.DataObject) -> None:
    size = st.integers(1, 40)
    n, k, m = data.draw(size), data.draw(size), data.draw(size)
    batch = data.draw(st.lists(st.integers(1, 3), max_size=2))
    x = LAYOUTS[data.draw(st.sampled_from(list(LAYOUTS)))](normal(*batch, n, k))
    y = LAYOUTS[data.draw(st.sampled_from(list(LAYOUTS)))](
        normal(*batch[data.draw(st.integers(0, 2)) :], k, m)
    )
    found = matmul.matmul(x, y)
    assert found is not None
    np.testing.assert_allclose(found, exact(x, y), 1e-5, 1e-4)


@needs_onednn
def test_a_broadcast_factor_and_numbers_that_are_not_finite() -> None:
    x = np.broadcast_to(normal(1, 64), (32, 64))
    y = normal(64, 32, seed=1)
    found = matmul.matmul(x, y)
    assert found is not None
    np.testing.assert_allclose(found, exact(x, y), 1e-5, 1e-4)
    y[3, 5], y[4, 6] = np.inf, np.nan
    found = matmul.matmul(x, y)
    assert found is not None
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(exact(x, y)))


def test_the_namespace_sends_large_products_to_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, ...]] = []
    monkeypatch.setattr(matmul, "matmul", lambda x, y: sent.append(x.shape))  # and declines
    right = xp.matmul(normal(64, 64), normal(64, 64))
    assert sent == [(64, 64)]
    np.testing.assert_allclose(right, exact(normal(64, 64), normal(64, 64)), 1e-5, 1e-4)
    xp.matmul(normal(4, 64), normal(64, 64))  # few rows
    xp.matmul(normal(64, 64).astype(np.float64), normal(64, 64).astype(np.float64))
    xp.matmul(normal(64, 64).astype(int), normal(64, 64).astype(int))
    xp.matmul(np.ones((64, 0), np.float32), np.ones((0, 64), np.float32))
    assert sent == [(64, 64)]


@needs_onednn
def test_numpy_serves_where_onednn_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library.load(), "execute", lambda *_: 1)  # its code for too little memory
    x, y = normal(64, 64), normal(64, 64, seed=1)
    assert matmul.matmul(x, y) is None
    np.testing.assert_allclose(xp.matmul(x, y), exact(x, y), 1e-5, 1e-4)
    images = lucid.ones((2, 8, 9, 9))
    assert lucid.nn.functional.conv2d(images, lucid.ones((8, 8, 5, 5))).numpy().max() == 200.0


@needs_onednn
def test_threads_do_not_share_what_runs() -> None:
    x, y = normal(96, 96), normal(96, 96, seed=1)
    right = exact(x, y)
    wrong: list[float] = []

    def multiply() -> None:
        for _ in range(50):
            found = matmul.matmul(x, y)
            assert found is not None
            wrong.append(float(np.abs(found - right).max()))

    workers = [threading.Thread(target=multiply) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(wrong) == 200
    assert max(wrong) < 1e-4


@needs_onednn
def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primitive, "MOST", 8)
    monkeypatch.setattr(primitive, "_kept", threading.local())
    for n in range(1, 21):
        assert matmul.matmul(normal(n, 4), normal(4, 4)) is not None
    assert len(primitive._kept.table) <= 8


# ----------------------------------------------------------------- precision


@needs_onednn
@pytest.mark.usefixtures("highest")
def test_precisions_lose_what_they_say() -> None:
    x, y = normal(512, 512), normal(512, 512, seed=1)
    right = exact(x, y)
    errors = {}
    for precision in ("highest", "high", "medium"):
        lucid.set_float32_matmul_precision(precision)
        errors[precision] = error(xp.matmul(x, y), right)
    assert errors["highest"] < 5e-7
    assert errors["high"] < 1e-5
    assert errors["medium"] < 4e-3
    lib = library.load()
    if lib is not None and lib.bfloat16:
        assert errors["medium"] > 1e-3, "medium was not used"


@needs_onednn
@pytest.mark.usefixtures("highest")
def test_two_parts_of_bfloat16_keep_sixteen_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    lib = library.load()
    assert lib is not None
    if not lib.bfloat16:
        pytest.skip("this processor has no products of bfloat16")
    monkeypatch.setattr(matmul, "FEWEST_PRODUCTS_TO_ROUND", 0)
    monkeypatch.setattr(lib, "isa", library.ISA_AMX | lib.isa)  # as if there were tiles: else it doesn't pay
    lucid.set_float32_matmul_precision("high")
    for a, b in SHAPES[:4]:
        x, y = normal(*a), normal(*b, seed=1)
        found = matmul.matmul(x, y)
        assert found is not None
        assert 1e-7 < error(found, exact(x, y)) < 1e-5


def test_rounding_to_bfloat16() -> None:
    casts = pytest.importorskip("lucid.engines.cpu.kernels.casts")
    import ml_dtypes  # JAX brings it

    x = normal(50, 60)
    low_nan = np.uint32(0x7F800001).view(np.float32)  # which cut off would be infinite
    x[0, :8] = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1 + 2**-8, 3.4e38, low_nan]
    for layout in LAYOUTS.values():
        y = layout(x)
        found = casts.to_bfloat16(y).view(ml_dtypes.bfloat16).astype(np.float32)
        with np.errstate(invalid="ignore"):
            right = y.astype(ml_dtypes.bfloat16).astype(np.float32)
        np.testing.assert_array_equal(found, right)
        high, low = (part.view(ml_dtypes.bfloat16).astype(np.float32) for part in casts.split_bfloat16(y))
        small = np.abs(y) < 1e38  # what is larger may round to infinity, and nothing is left
        np.testing.assert_allclose((high + low)[small], y[small], 2**-16)
        assert not np.any(low[~small])


def test_settings_refuse_what_they_do_not_know() -> None:
    with pytest.raises(lucid.errors.ArgumentError, match="one of 'highest', 'high', 'medium', got 'low'"):
        lucid.set_float32_matmul_precision("low")
    with pytest.raises(lucid.errors.ArgumentError, match="positive number of threads, got 0"):
        lucid.set_num_threads(0)
    with pytest.raises(lucid.errors.ArgumentTypeError, match=r"integer, got 1\.5"):
        lucid.set_num_threads(1.5)  # type: ignore[arg-type]


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    before = lucid.get_num_threads()
    x, y = normal(200, 300), normal(300, 100, seed=1)
    results = []
    for n in (2, 1):
        lucid.set_num_threads(n)
        results.append(xp.matmul(x, y))
    lucid.set_num_threads(before)
    np.testing.assert_array_equal(*results)


@pytest.mark.usefixtures("highest")
def test_xla_is_told_the_precision() -> None:
    import jax

    from lucid.engines.xla import namespace as jnp

    x = jax.numpy.ones((2, 2), "float32")
    for precision, told in (("highest", "HIGHEST"), ("high", "HIGH"), ("medium", "DEFAULT")):
        lucid.set_float32_matmul_precision(precision)
        # JAX remembers what a function did, and asks a new one anew.
        for product in (lambda a: jnp.matmul(a, a), lambda a: jnp.einsum("ij,jk->ik", a, a)):
            program = str(jax.make_jaxpr(product)(x))
            assert (f"Precision.{told}" in program) if told != "DEFAULT" else ("HIGH" not in program)
