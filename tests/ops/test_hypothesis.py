"""Laws: broadcasting and indexing agree with NumPy, and what was taken apart goes together again."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lucid
from lucid.errors import LucidError

few = settings(max_examples=60, deadline=None, derandomize=True)

shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
numbers = st.floats(-100, 100, width=32)


def arrays(shape: Any = shapes) -> st.SearchStrategy[Any]:
    return hnp.arrays(np.float32, shape, elements=numbers)


def counted(shape: tuple[int, ...]) -> Any:
    """Return an array whose elements tell where they were."""
    return np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)


# ----------------------------------------------------------------- agreement with NumPy


@few
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4, min_side=0))
def test_broadcasting(pair: Any) -> None:
    a, b = (counted(s) for s in pair.input_shapes)
    x, y = lucid.Tensor(a, requires_grad=True), lucid.Tensor(b, requires_grad=True)
    result = x - 2 * y
    np.testing.assert_array_equal(result.numpy(), a - 2 * b)
    assert result.shape == pair.result_shape == lucid.broadcast_shapes(*pair.input_shapes)
    result.sum().backward()
    # Each element has as much gradient as it was used.
    for t, slope in ((x, 1.0), (y, -2.0)):
        assert t.grad is not None
        uses = result.size / t.size if t.size else 0.0
        np.testing.assert_allclose(t.grad.numpy(), np.full(t.shape, slope * uses, np.float32))


@few
@given(shapes, shapes)
def test_shapes_that_do_not_broadcast_raise(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        expected = None
    try:
        found = (lucid.zeros(a) + lucid.zeros(b)).shape
    except LucidError:
        found = None
    assert found == expected


@st.composite
def mixed_indices(draw: Any, shape: tuple[int, ...]) -> Any:
    """Draw integers, slices, None, arrays that broadcast, masks and ..., side by side."""
    together = draw(st.sampled_from([(), (1,), (2,), (2, 1), (1, 3)]))
    parts: list[Any] = []
    for n in shape:
        integers = st.integers(-n, n - 1)
        parts.append(
            draw(
                st.one_of(
                    integers,
                    st.slices(n),
                    hnp.arrays(np.int64, together, elements=integers),
                    hnp.arrays(np.int64, (), elements=integers),
                    # A mask reads as many as it has marks: one, which broadcasts.
                    integers.map(lambda i, n=n: np.arange(n) == i % n),
                )
            )
        )
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    if draw(st.booleans()):
        cut = draw(st.integers(0, len(parts)))
        parts = [*parts[:cut], ..., *parts[cut + draw(st.integers(0, 1)) :]]
    return tuple(parts)


@st.composite
def indexed(draw: Any) -> tuple[Any, Any]:
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    basic = hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)
    integers = hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3))
    mask = hnp.arrays(bool, shape)
    return counted(shape), draw(st.one_of(basic, integers, mask, mixed_indices(shape)))


@few
@given(indexed())
def test_reading(case: tuple[Any, Any]) -> None:
    array, key = case
    x = lucid.Tensor(array, requires_grad=True)
    result = x[key]
    np.testing.assert_array_equal(result.numpy(), array[key])
    result.sum().backward()
    uses = np.zeros_like(array)
    np.add.at(uses, key, 1)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), uses)


@few
@given(indexed())
def test_writing(case: tuple[Any, Any]) -> None:
    array, key = case
    target = array[key].shape
    values = -1 - counted(target)
    expected = array.copy()
    expected[key] = values
    x, v = lucid.Tensor(array, requires_grad=True), lucid.Tensor(values, requires_grad=True)
    result = lucid.setitem(x, key, v)
    np.testing.assert_array_equal(result.numpy(), expected)
    np.testing.assert_array_equal(x.numpy(), array)
    result.sum().backward()
    assert x.grad is not None
    assert v.grad is not None
    # Every place of the result has one origin: an element of x, or a value.
    np.testing.assert_array_equal(x.grad.numpy(), (expected >= 0).astype(np.float32))
    np.testing.assert_array_equal(v.grad.numpy(), np.isin(values, expected).astype(np.float32))


@few
@given(arrays(), st.data())
def test_reductions(array: Any, data: Any) -> None:
    axes = data.draw(st.none() | hnp.valid_tuple_axes(array.ndim))
    keepdims = data.draw(st.booleans())
    x = lucid.Tensor(array)
    result = lucid.sum(x, axis=axes, keepdims=keepdims)
    wide = np.sum(array, axis=axes, keepdims=keepdims, dtype=np.float64)
    # A sum of 256 numbers below 100 in single precision.
    np.testing.assert_allclose(result.numpy(), wide, rtol=1e-5, atol=1e-3)
    assert result.shape == wide.shape
    np.testing.assert_array_equal(
        lucid.any(x > 0, axis=axes, keepdims=keepdims).numpy(), np.any(array > 0, axes, keepdims=keepdims)
    )


@few
@given(arrays(hnp.array_shapes(min_dims=1, max_dims=3, max_side=5)), st.data())
def test_sorting(array: Any, data: Any) -> None:
    axis = data.draw(st.integers(-array.ndim, array.ndim - 1))
    x = lucid.Tensor(array)
    up, down = lucid.sort(x, axis=axis), lucid.sort(x, axis=axis, descending=True)
    np.testing.assert_array_equal(up.numpy(), np.sort(array, axis))
    np.testing.assert_array_equal(lucid.flip(down, axis=axis).numpy(), up.numpy())
    order = lucid.argsort(x, axis=axis)
    np.testing.assert_array_equal(lucid.take_along_axis(x, order, axis=axis).numpy(), up.numpy())
    np.testing.assert_array_equal(order.numpy(), np.argsort(array, axis, stable=True))


# ----------------------------------------------------------------- there and back


@few
@given(shapes, st.randoms(use_true_random=False))
def test_permute_and_back(shape: tuple[int, ...], random: Any) -> None:
    axes = list(range(len(shape)))
    random.shuffle(axes)
    x = lucid.Tensor(counted(shape))
    y = lucid.permute_dims(x, axes)
    np.testing.assert_array_equal(y.numpy(), np.transpose(x.numpy(), axes))
    back = lucid.permute_dims(y, [axes.index(a) for a in range(len(shape))])
    np.testing.assert_array_equal(back.numpy(), x.numpy())


@few
@given(shapes, st.data())
def test_reshape_and_back(shape: tuple[int, ...], data: Any) -> None:
    x = lucid.Tensor(counted(shape))
    cut = data.draw(st.integers(0, len(shape)))
    other = (int(np.prod(shape[:cut])), int(np.prod(shape[cut:])))
    y = x.reshape(other)
    np.testing.assert_array_equal(y.numpy(), x.numpy().reshape(other))
    np.testing.assert_array_equal(y.reshape(shape).numpy(), x.numpy())
    np.testing.assert_array_equal(y.flatten().numpy(), x.numpy().reshape(-1))


@few
@given(hnp.array_shapes(max_dims=3, min_side=0, max_side=6), st.data())
def test_split_and_concat(shape: tuple[int, ...], data: Any) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[axis]), max_size=3)))
    x = lucid.Tensor(counted(shape), requires_grad=True)
    pieces = lucid.split(x, cuts, axis=axis)
    for piece, wanted in zip(pieces, np.split(x.numpy(), cuts, axis=axis), strict=True):
        np.testing.assert_array_equal(piece.numpy(), wanted)
    together = lucid.concat(pieces, axis=axis)
    np.testing.assert_array_equal(together.numpy(), x.numpy())
    together.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), np.ones(shape, np.float32))


@few
@given(hnp.array_shapes(max_dims=3, min_side=1, max_side=4), st.data())
def test_unstack_and_stack(shape: tuple[int, ...], data: Any) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = lucid.Tensor(counted(shape))
    np.testing.assert_array_equal(lucid.stack(lucid.unstack(x, axis=axis), axis=axis).numpy(), x.numpy())


@few
@given(shapes, st.integers(-9, 9), st.data())
def test_roll_and_back(shape: tuple[int, ...], shift: int, data: Any) -> None:
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1)) if shape else None
    x = lucid.Tensor(counted(shape))
    y = lucid.roll(x, shift, axis=axis)
    np.testing.assert_array_equal(y.numpy(), np.roll(x.numpy(), shift, axis))
    np.testing.assert_array_equal(lucid.roll(y, -shift, axis=axis).numpy(), x.numpy())
    np.testing.assert_array_equal(lucid.flip(lucid.flip(x)).numpy(), x.numpy())


@few
@given(hnp.array_shapes(max_dims=3, max_side=4), st.data())
def test_pad_and_cut_off(shape: tuple[int, ...], data: Any) -> None:
    widths = [tuple(data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))) for _ in shape]
    x = lucid.Tensor(counted(shape))
    y = lucid.pad(x, widths, value=-1)
    np.testing.assert_array_equal(y.numpy(), np.pad(x.numpy(), widths, constant_values=-1))
    inside = tuple(slice(before, before + n) for (before, _), n in zip(widths, shape, strict=True))
    np.testing.assert_array_equal(y[inside].numpy(), x.numpy())
