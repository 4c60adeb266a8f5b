"""The tools that test operations find what is wrong with one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
from lucid.errors import ArgumentError, GradientError
from lucid.testing import (
    DEVICES,
    OpCase,
    between,
    booleans,
    check_grads,
    distinct,
    integers,
    nonzero,
    normal,
    positive,
)

every_device = pytest.mark.parametrize("device", DEVICES)


@lucid.primitive
def cube(xp: Any, x: Any) -> Any:
    return x * x * x


@cube.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (3 * g * x * x,)


@lucid.primitive
def slope_wrong(xp: Any, x: Any, y: Any) -> Any:
    return x * y * y


@slope_wrong.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    return g * y * y, 2.001 * g * x * y


@lucid.primitive
def one_element_wrong(xp: Any, x: Any) -> Any:
    return x * x


@one_element_wrong.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (2 * g * x + xp.where(x == xp.max(x), 0.01, 0.0),)


@lucid.primitive
def curve_wrong(xp: Any, x: Any) -> Any:
    return x * x


@curve_wrong.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    # Right in value, but the graph of the gradient loses x.
    return (2 * g * (x.detach() if isinstance(x, lucid.Tensor) else x),)


@lucid.primitive
def other_when_recorded(xp: Any, x: Any) -> Any:
    return x * x


@other_when_recorded.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (2 * g * x if xp is not lucid.ops else 3 * g * x,)


@lucid.primitive
def gives_nan(xp: Any, x: Any) -> Any:
    return x + 0.0


@gives_nan.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * float("nan"),)


POINTS = np.array([0.5, -1.5, 2.0])


@every_device
def test_right_derivatives_pass(device: str) -> None:
    check_grads(cube, [POINTS], order=3, device=device)
    check_grads(lambda x, y: (x * y, lucid.sin(x)), [POINTS, np.float64(2.0)], device=device)


def test_a_wrong_derivative_is_told_by_argument_order_and_numbers() -> None:
    with pytest.raises(GradientError, match=r"slope_wrong.*argument 1, derivative of order 1.*rule gives"):
        check_grads(slope_wrong, [POINTS, POINTS + 1])
    check_grads(lambda x: slope_wrong(x, lucid.Tensor(POINTS)), [POINTS])


def test_one_wrong_element_among_many_is_found() -> None:
    with pytest.raises(GradientError, match=r"argument 0, derivative of order 1"):
        check_grads(one_element_wrong, [np.linspace(1, 2, 100)])


def test_a_wrong_second_derivative_is_found() -> None:
    check_grads(curve_wrong, [POINTS], order=1)
    with pytest.raises(GradientError, match="derivative of order 2"):
        check_grads(curve_wrong, [POINTS])


def test_a_rule_that_differs_when_it_is_recorded_is_found() -> None:
    with pytest.raises(GradientError, match="create_graph=True"):
        check_grads(other_when_recorded, [POINTS])


def test_nan_is_never_right() -> None:
    with pytest.raises(GradientError, match="nan"):
        check_grads(gives_nan, [POINTS])


def test_a_kink_shows() -> None:
    with pytest.raises(GradientError):
        check_grads(lambda x: lucid.sqrt(x * x), [np.array([1e-9, 1.0])])


def test_arguments_that_are_no_floats_are_handed_on() -> None:
    check_grads(lambda x, i, n: lucid.take(x, i) * n, [POINTS, np.array([0, 2, 2]), 3])
    check_grads(lambda x, c: lucid.where(c, x, 0.0), [lucid.Tensor(POINTS), lucid.Tensor(POINTS) > 0])


def test_tensors_are_left_as_they_are() -> None:
    x = lucid.Tensor([1.0, 2.0], requires_grad=True)
    check_grads(lambda x: x * x, [x])
    assert x.grad is None
    assert x.dtype == lucid.float32
    check_grads(lambda x: x * x, [x * 2])


def test_a_function_that_does_not_depend_on_an_argument_has_gradient_zero() -> None:
    check_grads(lambda x, y: x * 2, [POINTS, POINTS])
    check_grads(lambda x: lucid.sign(x), [POINTS])
    check_grads(lambda x: lucid.zeros(3, dtype="float64"), [POINTS])


def test_nothing_to_differentiate() -> None:
    with pytest.raises(ArgumentError, match="none of the 1 arguments"):
        check_grads(lambda x: x, [np.arange(3)])
    with pytest.raises(ArgumentError, match="none of the results"):
        check_grads(lambda x: x > 0, [POINTS])


# ----------------------------------------------------------------- rows

SQUARE = {"name": "square", "reference": np.square, "shapes": [((2, 3),), ((0,),)]}


@every_device
def test_a_row_that_is_right(device: str) -> None:
    OpCase(function=lucid.square, **SQUARE).check(device)


def test_a_row_whose_value_is_wrong() -> None:
    with pytest.raises(AssertionError, match=r"square, shapes \(\(2, 3\),\)"):
        OpCase(function=lambda x: x * x + 1e-9, **SQUARE).check_forward()


def test_a_row_whose_shape_is_wrong() -> None:
    with pytest.raises(AssertionError, match=r"\(1, 2, 3\)"):
        OpCase(function=lambda x: lucid.square(x)[None], **SQUARE).check_forward()


def test_a_row_that_returns_no_tensor() -> None:
    with pytest.raises(AssertionError, match="ndarray"):
        OpCase(function=lambda x: np.square(x.numpy()), **SQUARE).check_forward()


def test_a_row_that_changes_what_it_is_given() -> None:
    def spoil(x: Any) -> Any:
        y = lucid.square(x)
        x._array[...] = 0
        return y

    with pytest.raises(AssertionError, match="an input was changed"):
        OpCase(function=spoil, **SQUARE).check_forward()


def test_a_row_that_widens_float32() -> None:
    def widen(x: Any) -> Any:
        return x * lucid.ones((), dtype="float64")

    with pytest.raises(AssertionError, match="float32 became float64"):
        OpCase(name="widen", function=widen, reference=lambda x: x, shapes=[((2,),)]).check_float32()


def test_a_row_whose_derivative_is_wrong_says_where() -> None:
    case = OpCase(name="wrong", function=one_element_wrong, reference=np.square, shapes=[((2, 3),)])
    case.check_forward()
    with pytest.raises(GradientError) as caught:
        case.check_derivatives()
    assert any("in wrong, shapes ((2, 3),), on cpu" in note for note in caught.value.__notes__)


def test_a_wider_tolerance_needs_its_reason() -> None:
    with pytest.raises(ArgumentError, match="needs its reason"):
        OpCase(function=lucid.square, rtol=1e-3, **SQUARE)
    OpCase(function=lucid.square, rtol=1e-3, reason="to see that it can be said", **SQUARE)


def test_inputs_are_of_all_layouts_and_the_same_each_time() -> None:
    case = OpCase(name="add", function=lucid.add, reference=np.add, shapes=[((2, 3), (2, 3))], scalars=True)
    inputs = dict(case.inputs())
    first = inputs["shapes ((2, 3), (2, 3))"][0]
    for layout in ("transposed", "sliced", "reversed_"):
        array = inputs[layout][0]
        assert not array.flags.c_contiguous
        np.testing.assert_array_equal(array, first)
    assert inputs["the same array twice"][0] is inputs["the same array twice"][1]
    assert isinstance(inputs["a scalar as argument 1"][1], float)
    np.testing.assert_array_equal(dict(case.inputs())["sliced"][0], first)
    assert list(dict(case.inputs(quick=True))) == [
        "shapes ((2, 3), (2, 3))",
        "a scalar as argument 0",
        "a scalar as argument 1",
    ]
    assert case.operation == "add"


# ----------------------------------------------------------------- domains


@pytest.mark.parametrize("shape", [(), (0,), (40, 5)])
@pytest.mark.parametrize(
    "domain", [normal, positive, nonzero, distinct, booleans, between(-2, 3), integers(-2, 3)]
)
def test_domains_give_arrays_of_the_shape(domain: Any, shape: tuple[int, ...]) -> None:
    array = domain(np.random.default_rng(0), shape)
    assert isinstance(array, np.ndarray)
    assert array.shape == shape


def test_domains_keep_away_from_kinks() -> None:
    rng = np.random.default_rng(0)
    assert positive(rng, (500,)).min() >= 0.5
    assert np.abs(nonzero(rng, (500,))).min() >= 0.3
    assert nonzero(rng, (500,)).min() < 0
    values = distinct(rng, (500,))
    assert np.diff(np.sort(values)).min() >= 0.1
    assert np.abs(values * 2 - np.round(values * 2)).min() > 0.05, "neither integers nor halves"
    assert set(integers(0, 3)(rng, (100,)).tolist()) == {0, 1, 2}
