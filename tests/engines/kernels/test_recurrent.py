"""The kernels of recurrence against their definitions."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
from lucid import Tensor
from lucid.engines.cpu.kernels import table
from lucid.engines.cpu.onednn import library, primitive
from lucid.engines.cpu.onednn import steps as onednn_steps
from lucid.engines.cpu.onednn.steps import Steps
from lucid.errors import ArgumentTypeError, ShapeError
from lucid.fused import Fused
from lucid.nn.functional.recurrent import gru_sequence, lstm_sequence, rnn_sequence
from tests.engines.kernels.agree import LAYOUTS, agree

Array = Any

GATES = {"lstm_sequence": 4, "gru_sequence": 3, "rnn_sequence": 1}
OPERATIONS: list[tuple[Fused, dict[str, Any]]] = [
    (lstm_sequence, {}),
    (lstm_sequence, {"projection": 3}),
    (gru_sequence, {}),
    (rnn_sequence, {"nonlinearity": "tanh"}),
    (rnn_sequence, {"nonlinearity": "relu"}),
]


def bfloat16_here() -> bool:
    lib = library.load()
    return lib is not None and lib.bfloat16


every_operation = pytest.mark.parametrize(
    ("operation", "options"), OPERATIONS, ids=[f"{o.name}{k}" for o, k in OPERATIONS]
)


def arguments(
    operation: Fused,
    batch_sizes: tuple[int, ...],
    inputs: int,
    size: int,
    *,
    bias: bool = True,
    projection: int = 0,
    seed: int = 0,
) -> list[Array]:
    """Return input, state and weights: those of a layer that has been trained a little."""
    rng = np.random.default_rng(seed)
    rows, count, out = GATES[operation.name] * size, batch_sizes[0], projection or size

    def weight(*shape: int) -> Array:
        return rng.standard_normal(shape) / np.sqrt(shape[-1])

    arrays = [rng.standard_normal((sum(batch_sizes), inputs)), weight(count, out)]
    if operation is lstm_sequence:
        arrays.append(weight(count, size))
    arrays += [weight(rows, inputs), weight(rows, out)]
    arrays += [weight(rows), weight(rows)] if bias else [None, None]
    if operation is lstm_sequence:
        arrays.append(weight(projection, size) if projection else None)
    return arrays


def check(operation: Fused, batch_sizes: tuple[int, ...], inputs: int, size: int, **options: Any) -> None:
    options = dict(options)
    made = {key: options.pop(key) for key in ("bias", "projection", "seed") if key in options}
    arrays = arguments(operation, batch_sizes, inputs, size, **made)
    agree(operation, *arrays, batch_sizes=batch_sizes, **options)


@every_operation
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(operation: Fused, options: dict[str, Any], layout: str) -> None:
    check(operation, (3, 3, 2), 5, 6, layout=layout, reverse=False, **options)


@every_operation
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("batch_sizes", [(4,) * 5, (5, 4, 4, 2, 1), (3,), (1, 1, 1), (33, 2)])
def test_lengths(
    operation: Fused, options: dict[str, Any], batch_sizes: tuple[int, ...], reverse: bool
) -> None:
    check(operation, batch_sizes, 7, 9, reverse=reverse, **options)


@every_operation
@pytest.mark.parametrize(("inputs", "size"), [(1, 4), (70, 33), (16, 64)])
def test_sizes_with_and_without_bias(
    operation: Fused, options: dict[str, Any], inputs: int, size: int
) -> None:
    check(operation, (6, 6, 5), inputs, size, bias=False, reverse=True, **options)
    check(operation, (6, 6, 5), inputs, size, bias=True, reverse=False, **options)


@every_operation
@settings(max_examples=12, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    inputs=st.integers(1, 20),
    size=st.integers(4, 20),
    bias=st.booleans(),
    reverse=st.booleans(),
    layout=st.sampled_from(sorted(LAYOUTS)),
    seed=st.integers(0, 99),
)
def test_whatever_comes(
    operation: Fused, options: dict[str, Any], lengths: list[int], inputs: int, size: int, **rest: Any
) -> None:
    batch_sizes = tuple(sum(n > t for n in lengths) for t in range(max(lengths)))
    check(operation, batch_sizes, inputs, size, **rest, **options)


@every_operation
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e30])
def test_numbers_that_are_not_finite_or_huge(operation: Fused, options: dict[str, Any], value: float) -> None:
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip("no kernel serves here")
    options = dict(options)
    arrays = arguments(operation, (3, 3, 2), 4, 5, projection=options.pop("projection", 0))
    arrays[0][2, 1] = value
    options |= {"batch_sizes": (3, 3, 2), "reverse": False}
    narrow = [a if a is None else a.astype(np.float32) for a in arrays]
    ran = kernel.forward(*narrow, **options)
    assert ran is not None
    expected = operation.definition(*[a if a is None else Tensor(a) for a in narrow], **options)
    for found, right in zip(ran[0], expected, strict=True):
        np.testing.assert_allclose(found, right.numpy(), 1e-4, 1e-5)
    g = tuple(np.ones_like(found) for found in ran[0])
    slopes = [d() if callable(d) else d for d in kernel.vjp(g, *ran, *narrow, **options)]
    if value == 1e30:
        assert all(d is None or np.isfinite(d).all() for d in slopes)
    if np.isnan(value):  # it concerns one sequence, and the weights that all share
        assert np.isnan(slopes[3 if operation is lstm_sequence else 2]).any()
        assert np.isfinite(slopes[1][[0, 1]]).all()


@every_operation
def test_what_is_no_float32_is_left_to_the_definition(operation: Fused, options: dict[str, Any]) -> None:
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip("no kernel serves here")
    options = dict(options)
    arrays = arguments(operation, (2, 2), 4, 5, projection=options.pop("projection", 0))
    assert kernel.forward(*arrays, batch_sizes=(2, 2), reverse=False, **options) is None
    mixed = [a if a is None or i else a.astype(np.float32) for i, a in enumerate(arrays)]
    assert kernel.forward(*mixed, batch_sizes=(2, 2), reverse=False, **options) is None


@every_operation
def test_what_does_not_fit_together_is_left_to_the_definition(
    operation: Fused, options: dict[str, Any]
) -> None:
    options = dict(options)
    projection = options.pop("projection", 0)
    arrays = [
        a if a is None else Tensor(a.astype(np.float32))
        for a in arguments(operation, (40, 20), 50, 5, projection=projection)
    ]
    options["reverse"] = False
    for sizes in [(40, 10), (40, 30), (20, 40), (40, 20, 0), (40, 21, -1), (), (40.0, 20.0)]:
        with pytest.raises((ShapeError, ArgumentTypeError), match=f"{operation.name} expects batch_sizes"):
            operation(*arrays, batch_sizes=sizes, **options)
    for y, z in zip(
        operation(*arrays, batch_sizes=[40, 20], **options),
        operation(*arrays, batch_sizes=(40, 20), **options),
        strict=True,
    ):
        np.testing.assert_allclose(y.numpy(), z.numpy(), 1e-4, 1e-5)
    # Rows or columns too few, of each array but x in turn.
    for i, array in enumerate(arrays[1:], 1):
        for cut in [] if array is None else [array[:-1], array[..., :-1]]:
            if cut.shape != array.shape:
                with pytest.raises(ShapeError):
                    operation(*arrays[:i], cut, *arrays[i + 1 :], batch_sizes=(40, 20), **options)


@every_operation
def test_the_same_bits_each_time(operation: Fused, options: dict[str, Any]) -> None:
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip("no kernel serves here")
    options = dict(options)
    made = arguments(operation, (5, 5, 3), 30, 40, projection=options.pop("projection", 0))
    arrays = [a if a is None else a.astype(np.float32) for a in made]
    options |= {"batch_sizes": (5, 5, 3), "reverse": True}
    found = []
    for _ in range(2):
        ran = kernel.forward(*arrays, **options)
        assert ran is not None
        slopes = kernel.vjp(tuple(np.ones_like(o) for o in ran[0]), *ran, *arrays, **options)
        found.append([*ran[0], *(d() if callable(d) else d for d in slopes)])
    for a, b in zip(*found, strict=True):
        assert a is b is None or np.array_equal(a, b)


@every_operation
@pytest.mark.parametrize("batch_sizes", [(4, 4, 4), (5, 3, 1)])
def test_medium_precision_rounds_the_factors(
    operation: Fused, options: dict[str, Any], batch_sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = table.find(operation.name)
    if kernel is None or not bfloat16_here():
        pytest.skip("no bfloat16 here")
    options = dict(options)
    made = arguments(operation, batch_sizes, 24, 40, projection=options.pop("projection", 0))
    arrays = [a if a is None else a.astype(np.float32) for a in made]
    if options.get("nonlinearity") == "relu":  # away from the kink, where rounding would let through or not
        arrays = [np.abs(a) for a in arrays]
    options |= {"batch_sizes": batch_sizes, "reverse": True}
    results = []
    for precision in ("highest", "medium"):
        monkeypatch.setattr(lucid.engines.settings.settings, "precision", precision)
        ran = kernel.forward(*arrays, **options)
        assert ran is not None
        slopes = kernel.vjp(tuple(np.ones_like(o) for o in ran[0]), *ran, *arrays, **options)
        results.append([r for r in (*ran[0], *(d() if callable(d) else d for d in slopes)) if r is not None])
    # A bfloat16 number has 8 bits: each factor is rounded by up to 4e-3.
    for exact, rough in zip(*results, strict=True):
        error = np.abs(rough - exact) / np.abs(exact).max()
        assert 0 < error.max() < 0.03


@every_operation
def test_new_lengths_need_no_new_matrices(
    operation: Fused, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip("no kernel serves here")
    options = dict(options)
    projection = options.pop("projection", 0)
    monkeypatch.setattr(primitive, "_kept", threading.local())
    counts = []
    for last in range(12):
        sizes = (12,) * (last + 1) + tuple(range(12, last, -1))
        made = arguments(operation, sizes, 5, 7, projection=projection)
        arrays = [a if a is None else a.astype(np.float32) for a in made]
        ran = kernel.forward(*arrays, batch_sizes=sizes, reverse=False, **options)
        assert ran is not None
        g = tuple(np.ones_like(o) for o in ran[0])
        kernel.vjp(g, *ran, *arrays, batch_sizes=sizes, reverse=False, **options)
        matrices = [made for made in primitive._kept.table.values() if isinstance(made, Steps)]
        counts.append((len(matrices), sum(len(made._products) for made in matrices)))
    assert len(set(counts)) == 1  # the first lengths need all numbers of rows that the others do


def test_products_of_few_numbers_of_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    if library.load() is None:
        pytest.skip("no oneDNN here")
    monkeypatch.setattr(onednn_steps, "MOST_SIZES", 3)
    made = onednn_steps.compiled("test", lambda lib: Steps(lib, np.ones((4, 6), np.float32), 4, False, 3))
    for size in range(1, 6):
        assert len(made.calls((size,)).numbers) == 1
    assert list(made._products) == [3, 4, 5]
    made.calls((3, 1))
    assert list(made._products) == [5, 3, 1]
    kept = made.calls((9, 8, 7, 6))  # as many as one loop needs
    assert list(made._products) == [9, 8, 7, 6]
    assert np.array_equal(made.calls((9, 8, 7, 6)).numbers, kept.numbers)


@every_operation
def test_two_models_of_equal_shapes_take_turns(operation: Fused, options: dict[str, Any]) -> None:
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip("no kernel serves here")
    options = dict(options)
    projection = options.pop("projection", 0)
    models = []
    for seed, sizes in enumerate([(4, 3, 1), (6, 3, 2, 2)]):
        made = arguments(operation, sizes, 5, 7, projection=projection, seed=seed)
        arrays = [a if a is None else a.astype(np.float32) for a in made]
        models.append((arrays, options | {"batch_sizes": sizes, "reverse": seed == 1}))

    def forward(i: int) -> Any:
        arrays, chosen = models[i]
        ran = kernel.forward(*arrays, **chosen)
        assert ran is not None
        return ran

    def backward(i: int, ran: Any) -> list[Array]:
        arrays, chosen = models[i]
        slopes = kernel.vjp(tuple(np.ones_like(o) for o in ran[0]), *ran, *arrays, **chosen)
        return [*ran[0], *(d() if callable(d) else d for d in slopes)]

    expected = [backward(i, forward(i)) for i in (0, 1)]
    first, second = forward(0), forward(1)
    found = [backward(0, first), backward(1, second)]
    for a, b in zip((*found[0], *found[1]), (*expected[0], *expected[1]), strict=True):
        assert a is b is None or np.array_equal(a, b)


def test_layers_run_on_kernels_and_differentiate_twice() -> None:
    lucid.random.seed(0)
    for make in (lucid.nn.LSTM, lucid.nn.GRU, lucid.nn.RNN):
        layer = make(32, 8)
        x = lucid.random.randn(3, 32, 32, requires_grad=True)
        output, _ = layer(x)
        (d,) = lucid.autograd.grad(output.sum(), x, create_graph=True)
        (d2,) = lucid.autograd.grad((d * d).sum(), layer.weight_hh_l0)
        wide = layer.to(dtype=lucid.float64)
        y = x.detach().astype(lucid.float64).requires_grad_()
        (e,) = lucid.autograd.grad(wide(y)[0].sum(), y, create_graph=True)
        (e2,) = lucid.autograd.grad((e * e).sum(), wide.weight_hh_l0)
        np.testing.assert_allclose(d.detach().numpy(), e.detach().numpy(), 1e-4, 1e-5)
        np.testing.assert_allclose(d2.numpy(), e2.numpy(), 1e-3, 1e-4)
