"""Tables of positions against their formulas, and what turning by them means."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor


def theta(width: int, base: float = 10000.0) -> list[float]:
    return [base ** (-2 * i / width) for i in range(width // 2)]


@pytest.mark.parametrize("offset", [0, 3, 100])
def test_rotary_tables(offset: int) -> None:
    cos, sin = F.rotary_tables(4, 6, 500.0, offset, dtype=lucid.float64)
    angles = [[p * t for t in theta(6, 500.0)] for p in range(offset, offset + 4)]
    np.testing.assert_allclose(cos.numpy(), np.cos(angles), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(sin.numpy(), np.sin(angles), rtol=1e-12, atol=1e-12)
    positions = Tensor([[0, 1], [2, 3]])
    of_each = F.rotary_tables(positions, 6, 500.0, offset, dtype=lucid.float64)
    for table, of_one in zip((cos, sin), of_each, strict=True):
        np.testing.assert_allclose(of_one.numpy(), table.numpy().reshape(2, 2, 3), rtol=1e-10, atol=1e-12)
    assert F.rotary_tables(2, 6)[0].dtype == lucid.float32
    assert F.rotary_tables(positions, 6, dtype=lucid.float16)[1].dtype == lucid.float16


def test_tables_are_nobodys_to_write_to() -> None:
    cos, _ = F.rotary_tables(3, 4)
    cos[...] = 7.0
    assert F.rotary_tables(3, 4)[0].tolist()[0] == [1.0, 1.0]


def test_sinusoidal_embedding() -> None:
    table = F.sinusoidal_embedding(5, 6, base=100.0, dtype=lucid.float64).numpy()
    for p in range(5):
        for i, t in enumerate(theta(6, 100.0)):
            np.testing.assert_allclose(table[p, 2 * i : 2 * i + 2], [math.sin(p * t), math.cos(p * t)])
    assert F.sinusoidal_embedding(0, 2).shape == (0, 2)


def test_sinusoidal_embedding_of_images() -> None:
    table = F.sinusoidal_embedding_2d(2, 3, 8).numpy().reshape(2, 3, 8)
    columns, rows = F.sinusoidal_embedding(3, 4).numpy(), F.sinusoidal_embedding(2, 4).numpy()
    for r in range(2):
        for c in range(3):
            np.testing.assert_array_equal(table[r, c], np.concatenate([columns[c], rows[r]]))


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("offset", [0, 63, 8187, 8188])  # tables are kept up to 8192
def test_the_layer_is_the_function_with_its_tables(interleaved: bool, offset: int) -> None:
    x = lucid.random.randn(2, 5, 8, generator=lucid.random.Generator(1))
    for width in (8, 6):
        expected = F.apply_rotary_emb(x, *F.rotary_tables(5, width, 50.0, offset), interleaved=interleaved)
        y = nn.RotaryEmbedding(width, base=50.0, interleaved=interleaved)(x, offset)
        np.testing.assert_array_equal(y.numpy(), expected.numpy())


@pytest.mark.parametrize("interleaved", [False, True])
def test_products_depend_on_the_distance(interleaved: bool) -> None:
    """And turning changes no length."""
    rotary = nn.RotaryEmbedding(6, interleaved=interleaved)
    q, k = (lucid.random.randn(1, 6, generator=lucid.random.Generator(n)).astype("float64") for n in (1, 2))
    products = [(rotary(q, 5 + n) * rotary(k, 2 + n)).sum().item() for n in (0, 1, 40)]
    np.testing.assert_allclose(products, products[0], rtol=1e-12)
    other = (rotary(q, 6) * rotary(k, 2)).sum().item()
    assert abs(other - products[0]) > 1e-3
    np.testing.assert_allclose(np.linalg.norm(rotary(q, 9).numpy()), np.linalg.norm(q.numpy()))


def test_both_layouts_are_one_up_to_an_order() -> None:
    x = lucid.random.randn(3, 4, generator=lucid.random.Generator(1))
    order = [0, 2, 1, 3]
    halves, neighbours = nn.RotaryEmbedding(4), nn.RotaryEmbedding(4, interleaved=True)
    np.testing.assert_allclose(neighbours(x[:, order]).numpy(), halves(x).numpy()[:, order], rtol=1e-6)


def test_positions_of_each_example() -> None:
    rotary = nn.RotaryEmbedding(4, 9)
    x = lucid.random.randn(2, 3, 4, generator=lucid.random.Generator(1))
    y = rotary(x, position_ids=Tensor([[0, 1, 2], [5, 6, 7]]))
    np.testing.assert_allclose(y[0].numpy(), rotary(x[0]).numpy(), rtol=1e-5)
    np.testing.assert_allclose(y[1].numpy(), rotary(x[1], offset=5).numpy(), rtol=1e-5, atol=1e-6)


def test_far_positions_are_exact() -> None:
    """Also one by one: a float32 would hold their angles to a few thousandths."""
    rotary, p = nn.RotaryEmbedding(4), 10_000_001
    x = lucid.random.randn(1, 4, generator=lucid.random.Generator(1))
    expected = rotary(x.astype("float64"), p).numpy()
    np.testing.assert_allclose(rotary(x, p).numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(rotary(x, position_ids=Tensor([p])).numpy(), expected, atol=1e-6)


def test_far_positions_take_no_table_of_those_before() -> None:
    rotary, x = nn.RotaryEmbedding(64), lucid.ones((1, 1, 64))
    rotary(x)  # the table of the first ones is kept
    tracemalloc.start()
    rotary(x, 100_000)
    F.rotary_tables(1, 64, offset=100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e6  # a table of all of them would be 50 MB


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_narrow_positions_do_not_wrap_round(kind: str) -> None:
    at, x = Tensor([100]).astype(kind), lucid.ones((1, 4))
    rotary, table = nn.RotaryEmbedding(4), nn.SinusoidalEmbedding(301, 4)
    np.testing.assert_allclose(rotary(x, 200, at).numpy(), rotary(x, 300).numpy(), rtol=1e-6)
    np.testing.assert_array_equal(table(at, 200).numpy(), table(1, 300).numpy())


def test_half_precision_turns_in_single() -> None:
    x = lucid.random.randn(300, 8, generator=lucid.random.Generator(1)).astype("float16")
    rotary = nn.RotaryEmbedding(8)
    y = rotary(x)
    assert y.dtype == lucid.float16
    np.testing.assert_array_equal(y.numpy(), rotary(x.astype("float32")).numpy().astype(np.float16))


def test_rows_of_embeddings() -> None:
    for layer in (nn.SinusoidalEmbedding(7, 4), nn.LearnedPositionalEmbedding(7, 4)):
        table = layer.weight.numpy()
        np.testing.assert_array_equal(layer(3).numpy(), table[:3])
        np.testing.assert_array_equal(layer(2, offset=5).numpy(), table[5:])
        np.testing.assert_array_equal(layer(Tensor([[1], [0]]), offset=2).numpy(), table[[[3], [2]]])
    assert list(nn.SinusoidalEmbedding(7, 4).state_dict()) == []
    learned = nn.LearnedPositionalEmbedding(100, 100)
    assert abs(learned.weight.numpy().std() - 0.02) < 0.001  # of 10,000 draws: seven standard errors
    learned(2, offset=1).sum().backward()
    assert learned.weight.grad is not None
    assert learned.weight.grad.numpy().sum(1)[:4].tolist() == [0, 100, 100, 0]
