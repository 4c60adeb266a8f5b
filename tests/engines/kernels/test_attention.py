"""Kernels of attention and of softmax, held to their definitions."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.engines.cpu.kernels import table
from lucid.nn.functional.attention import attention
from lucid.nn.functional.softmax import log_shares, shares
from tests.engines.kernels.agree import LAYOUTS, agree

Array = np.ndarray[Any, Any]

every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def draw(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def check(
    query: tuple[int, ...],
    keys: int,
    value_width: int,
    *,
    groups: int = 1,
    mask: Any = None,
    share: float = 1.0,
    **options: Any,
) -> None:
    """Compare for queries of a shape ``(*, heads, queries, width)``."""
    *batch, heads, queries, width = query
    rng = np.random.default_rng(7)
    keep = None if share == 1 else rng.random((*batch, heads, queries, keys)) < share
    agree(
        attention,
        draw(*batch, heads // groups, keys, width, seed=1),
        draw(*batch, heads // groups, keys, value_width, seed=2),
        draw(*query),
        mask,
        keep,
        groups=groups,
        share=share,
        **{"causal": False, "scale": width**-0.5, **options},
    )


@every_layout
@pytest.mark.parametrize("causal", [False, True])
def test_attention_in_every_layout(layout: str, causal: bool) -> None:
    check((2, 3, 70, 32), 90, 64, layout=layout, causal=causal)


@every_layout
def test_masks_and_dropout_in_every_layout(layout: str) -> None:
    mask = draw(2, 1, 40, 50, seed=3)
    check((2, 3, 40, 32), 50, 32, mask=mask, share=0.8, layout=layout)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ((33, 5), 7),
        ((1, 6), 1),
        ((2, 64, 64), 64),
        ((2, 1, 2, 100, 40), 31),
        ((130, 32), 300),
        ((4, 1, 31, 8), 200),
    ],
)
def test_odd_sizes(query: tuple[int, ...], keys: int, causal: bool) -> None:
    query = query if len(query) > 2 else (1, *query)
    check(query, keys, 10, causal=causal)


def test_no_heads() -> None:
    k, v, q = draw(50, 32), draw(50, 32, seed=1), draw(40, 32, seed=2)
    agree(attention, k, v, q, draw(40, 50), None, causal=False, scale=0.2, groups=1, share=1.0)


@pytest.mark.parametrize("queries", [1, 3, 40])
@pytest.mark.parametrize("groups", [2, 4])
def test_groups(groups: int, queries: int) -> None:
    check((2, 4, queries, 64), 90, 32, groups=groups)
    check((2, 4, queries, 64), 90, 32, groups=groups, mask=draw(4, queries, 90), share=0.7)


@pytest.mark.parametrize("queries", [1, 4, 5])
@pytest.mark.parametrize("keys", [1, 3, 66])
def test_few_queries(queries: int, keys: int) -> None:
    check((2, 3, queries, 32), keys, 32)
    check((2, 3, queries, 20), keys, 30, mask=draw(2, 1, 1, keys))


@pytest.mark.parametrize("shape", [(40, 50), (50,), (2, 1, 1, 50), (3, 40, 1), (2, 3, 40, 50)])
@pytest.mark.parametrize("kind", ["booleans", "floats"])
def test_masks_that_broadcast(shape: tuple[int, ...], kind: str) -> None:
    mask = draw(*shape) if kind == "floats" else draw(*shape) > -0.5
    check((2, 3, 40, 32), 50, 32, mask=mask)
    if len(shape) < 4:
        check((2, 1, 2, 3, 40, 32), 50, 32, mask=mask)


@pytest.mark.parametrize("kind", ["booleans", "floats"])
@pytest.mark.parametrize("groups", [1, 3])
def test_masks_of_keys_where_queries_look_back(groups: int, kind: str) -> None:
    mask = draw(2, 1, 1, 90) if kind == "floats" else draw(2, 1, 1, 90) > -0.5
    check((2, 3, 70, 32), 90, 32, groups=groups, mask=mask, causal=True)


@pytest.mark.parametrize("queries", [2, 40])
def test_nothing_to_attend_to(queries: int) -> None:
    mask = np.ones((queries, 50), bool)
    mask[1] = False
    check((2, 3, queries, 32), 50, 32, mask=mask)
    check((2, 3, queries, 32), 50, 32, mask=np.where(mask, 0.0, -np.inf))


def test_batches_that_broadcast() -> None:
    k, v, q = draw(2, 1, 50, 32), draw(50, 32, seed=1), draw(3, 40, 32, seed=2)
    agree(attention, k, v, q, None, None, causal=True, scale=0.2, groups=1, share=1.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_with_its_query(bad: float) -> None:
    q, k, v = (Tensor(draw(2, 40, 32, seed=i).astype(np.float32)) for i in range(3))
    broken = q.numpy().copy()
    broken[1, 5, 3] = bad
    y = F.scaled_dot_product_attention(Tensor(broken), k, v).numpy()
    right = F.scaled_dot_product_attention(q, k, v).numpy()
    assert np.isnan(y[1, 5]).all()
    others = np.ones((2, 40), bool)
    others[1, 5] = False
    np.testing.assert_array_equal(y[others], right[others])


def test_what_a_mask_excludes_need_not_be_finite() -> None:
    q, k, v = (draw(2, 40, 32, seed=i).astype(np.float32) for i in range(3))
    mask = np.ones(40, bool)
    mask[7] = False
    expected = F.scaled_dot_product_attention(Tensor(q), Tensor(k), Tensor(v), Tensor(mask)).numpy()
    k[:, 7] = np.nan
    found = F.scaled_dot_product_attention(Tensor(q), Tensor(k), Tensor(v), Tensor(mask)).numpy()
    np.testing.assert_array_equal(found, expected)


def test_large_scores_do_not_overflow() -> None:
    q = Tensor(1e4 * draw(2, 40, 32).astype(np.float32))
    y = F.scaled_dot_product_attention(q, q, q)
    np.testing.assert_array_equal(y.numpy(), q.numpy())  # each query finds its own key, and no other


@pytest.mark.parametrize("queries", [2, 64])
@pytest.mark.parametrize("share", [1.0, 0.8])
@pytest.mark.parametrize("low", [float(np.finfo(np.float32).min), -1e9])
def test_rows_masked_by_a_large_number(low: float, share: float, queries: int) -> None:
    """The number swallows the scores, so all keys count alike."""
    mask = draw(queries, 64, seed=3)
    mask[1] = low
    kernel = table.find("attention")
    if kernel is None:
        pytest.skip("no kernel serves attention here")
    q, k, v, g = (draw(3, n, 32, seed=i).astype(np.float32) for i, n in enumerate((queries, 64, 64, queries)))
    mask = mask.astype(np.float32)
    keep = None if share == 1 else np.random.default_rng(7).random((3, queries, 64)) < share
    options: dict[str, Any] = {"causal": False, "scale": 0.2, "groups": 1, "share": share}
    out, residuals = kernel.forward(k, v, q, mask, keep, **options)
    found = [d() if callable(d) else d for d in kernel.vjp(g, out, residuals, k, v, q, mask, keep, **options)]
    # In float32, which loses the scores, too.
    tensors = [Tensor(x, requires_grad=True) for x in (k, v, q, mask)]
    y = attention.definition(*tensors, None if keep is None else Tensor(keep), **options)
    np.testing.assert_allclose(out, y.numpy(), rtol=1e-5, atol=1e-5)
    for d, right in zip(found, lucid.autograd.grad(y, tensors, Tensor(g)), strict=False):
        d = d.sum(axis=0) if d.ndim > right.ndim else d
        np.testing.assert_allclose(d, right.numpy(), rtol=1e-5, atol=1e-4)


def test_gradients_add_up_where_a_large_number_masks_everything() -> None:
    q, k, v = (Tensor(lucid.ones((2, 64, 32)), requires_grad=True) for _ in range(3))
    mask = Tensor(np.full((64, 64), np.finfo(np.float32).min))
    F.scaled_dot_product_attention(q, k, v, mask).sum().backward()
    assert v.grad is not None
    np.testing.assert_allclose(v.grad.numpy(), 1.0, rtol=1e-6)


@pytest.mark.parametrize("queries", [2, 40])
def test_equal_scores_of_any_size(queries: int) -> None:
    """Several of some ten thousand are equal: beside such a number, the logarithm of how many is lost."""
    q, k = (np.sign(draw(2, n, 32, seed=i)) for i, n in enumerate((queries, 200)))
    v = draw(2, 200, 32, seed=2)
    agree(attention, k, v, q, np.zeros(200), None, causal=False, scale=1e3, groups=1, share=1.0)


def test_other_kinds_are_left_to_the_definition() -> None:
    kernel = table.find("attention")
    if kernel is None:
        pytest.skip("no kernel serves attention here")
    options: dict[str, Any] = {"causal": False, "scale": 1.0, "groups": 1, "share": 1.0}
    x = draw(2, 3, 4)
    assert kernel.forward(x, x, x, None, None, **options) is None
    x = x.astype(np.float32)
    assert kernel.forward(x, x, x.astype(np.float64), None, None, **options) is None
    assert kernel.forward(x[:, :0], x[:, :0], x, None, None, **options) is None


@pytest.mark.parametrize(
    ("query", "keys"),
    [((2, 4, 0, 64), (2, 4, 64, 64)), ((0, 4, 8, 64), (1, 4, 64, 64)), ((2, 0, 8, 64), (2, 1, 64, 64))],
)
def test_gradients_of_no_results_are_zero(query: tuple[int, ...], keys: tuple[int, ...]) -> None:
    q, k, v = (Tensor(draw(*shape).astype(np.float32), requires_grad=True) for shape in (query, keys, keys))
    y = F.scaled_dot_product_attention(q, k, v)
    assert y.shape == (*query[:-1], 64)
    y.sum().backward()
    for x in (q, k, v):
        assert x.grad is not None
        assert x.grad.shape == x.shape
        assert (x.grad == 0).all()


def test_heads_of_results_lie_beside_each_other() -> None:
    if table.find("attention") is None:
        pytest.skip("no kernel serves attention here")
    x = Tensor(draw(2, 40, 3, 64).astype(np.float32), requires_grad=True)
    heads = lucid.permute_dims(x, (0, 2, 1, 3))
    y = F.scaled_dot_product_attention(heads, heads, heads)
    assert np.shares_memory(y.numpy(), y.numpy().transpose(0, 2, 1, 3).reshape(2, 40, -1))


def test_memory_is_linear_in_the_length() -> None:
    if table.find("attention") is None:
        pytest.skip("no kernel serves attention here")
    n = 4096
    x = Tensor(draw(1, n, 32).astype(np.float32), requires_grad=True)
    run = lambda: F.scaled_dot_product_attention(x, x, x, is_causal=True).sum().backward()  # noqa: E731
    run()  # loads kernels
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * x.numpy().nbytes  # all weights would be 128 times as large as x


def test_the_same_bits_each_time() -> None:
    x = Tensor(draw(1, 200, 32).astype(np.float32), requires_grad=True)
    runs = []
    for n in (2, 1, 2):
        before = lucid.get_num_threads()
        lucid.set_num_threads(n)
        y = F.scaled_dot_product_attention(x, x, x, is_causal=True)
        runs.append((y.numpy(), *(d.numpy() for d in lucid.autograd.grad(y.sum(), x))))
        lucid.set_num_threads(before)
    for other in runs[1:]:
        for a, b in zip(runs[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_attention(data: st.DataObject) -> None:
    small, size = st.integers(1, 3), st.integers(1, 70)
    groups, heads, batch = data.draw(small), data.draw(small), data.draw(small)
    queries, keys = data.draw(size), data.draw(size)
    mask = data.draw(st.sampled_from([None, "booleans", "floats", "keys"]))
    shape = (batch, 1, 1, keys) if mask == "keys" else (queries, keys)
    causal = data.draw(st.booleans())
    check(
        (batch, groups * heads, queries, data.draw(size)),
        keys,
        data.draw(size),
        groups=groups,
        mask=None if mask is None else draw(*shape) if mask == "floats" else draw(*shape) > 0,
        share=data.draw(st.sampled_from([1.0, 0.6])),
        causal=causal,
        scale=data.draw(st.sampled_from([0.3, -1.0, 0.0])),
        layout=data.draw(st.sampled_from(sorted(LAYOUTS))),
    )


# ----------------------------------------------------------------- softmax

OPERATIONS = pytest.mark.parametrize("operation", [shares, log_shares], ids=lambda o: o.name)


@every_layout
@OPERATIONS
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_softmax(operation: Any, axis: int, layout: str) -> None:
    agree(operation, 5 * draw(7, 20, 33), layout=layout, axis=axis)


@OPERATIONS
@pytest.mark.parametrize("shape", [(3000, 1), (1, 3000), (700, 3), (5, 700), (33, 64)])
def test_softmax_of_odd_sizes(operation: Any, shape: tuple[int, ...]) -> None:
    agree(operation, 30 * draw(*shape), axis=1)


@OPERATIONS
def test_softmax_of_what_is_not_finite(operation: Any) -> None:
    """As the definition has it: nan for rows with nan or inf, or of nothing but -inf; else 0 for -inf."""
    x = draw(6, 700)
    x[0, 3], x[1, 3], x[2, 3], x[3] = np.nan, np.inf, -np.inf, -np.inf
    x[4] = 1e30
    x[5, 3] = -np.nan
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip(f"no kernel serves {operation.name} here")
    found = kernel.forward(x.astype(np.float32), axis=1)[0]
    expected = operation.definition(Tensor(x), axis=1).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_softmax(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    agree(
        data.draw(st.sampled_from([shares, log_shares])),
        10 * draw(*shape),
        layout=data.draw(st.sampled_from(sorted(LAYOUTS))),
        axis=data.draw(st.integers(0, len(shape) - 1)),
    )
