"""``lucid.func``: what its functions return, how they go into each other, and what they refuse."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor, nn
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    GradientError,
    IndexingError,
    ShapeError,
)
from lucid.func import grad, hessian, jacobian, jvp, value_and_grad, vjp, vmap
from lucid.testing import check_grads, complex_normal

on_both = pytest.mark.parametrize("device", ["cpu", "xla:cpu"])
rng = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return rng.standard_normal(shape)


# ----------------------------------------------------------------- grad


def test_grad_returns_the_form_of_the_argument():
    Pair = namedtuple("Pair", "w b")
    params = {"layer": Pair(Tensor([2.0]), Tensor([1.0])), "rest": [Tensor(3.0)]}

    def loss(p):
        return (p["layer"].w * p["rest"][0] + p["layer"].b).sum()

    g = grad(loss)(params)
    assert g["layer"].w.tolist() == [3.0]
    assert g["layer"].b.tolist() == [1.0]
    assert isinstance(g["layer"], Pair)
    assert g["rest"][0].item() == 2.0


def test_grad_by_several_arguments_keywords_and_what_else_the_function_returns():
    def loss(x, y, *, scale):
        return (x * y).sum() * scale, {"sum": x + y}

    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    (value, aux), (by_y, by_x) = value_and_grad(loss, argnums=(1, 0), has_aux=True)(x, y, scale=2.0)
    assert value.item() == 22.0
    assert by_x.tolist() == [6.0, 8.0]
    assert by_y.tolist() == [2.0, 4.0]
    assert aux["sum"].tolist() == [4.0, 6.0]
    g, aux = grad(loss, argnums=-1, has_aux=True)(x, y, scale=1.0)
    assert g.tolist() == [1.0, 2.0]


def test_grad_leaves_nothing_recorded_and_no_grad_filled():
    x = Tensor([1.0, 2.0])
    value, g = value_and_grad(lambda x: (x * x).sum())(x)
    assert not value.requires_grad
    assert not g.requires_grad
    assert x.grad is None
    assert not x.requires_grad


def test_grad_works_under_no_grad():
    w = Tensor([3.0], requires_grad=True)
    with lucid.no_grad():
        g = grad(lambda x: (x * w).sum())(Tensor([1.0]))
    assert g.tolist() == [3.0]
    assert not g.requires_grad


def test_a_gradient_depends_on_what_is_tracked_outside():
    w = Tensor([3.0], requires_grad=True)
    grad(lambda x: (x * w**2).sum())(Tensor([1.0])).sum().backward()
    assert w.grad.tolist() == [6.0]
    x = Tensor([2.0], requires_grad=True)
    grad(lambda x: (x**3).sum())(x).sum().backward()
    assert x.grad.tolist() == [12.0]


def test_derivatives_of_derivatives():
    f = lucid.tanh
    third = grad(grad(grad(f)))(Tensor(0.5, dtype="float64")).item()
    t = np.tanh(0.5)
    assert third == pytest.approx((1 - t * t) * (6 * t * t - 2), abs=1e-14)


def test_an_argument_that_is_not_used_has_a_gradient_of_zeros():
    x, y = Tensor([1.0]), Tensor([[5.0, 5.0]])
    assert grad(lambda x, y: x.sum(), argnums=1)(x, y).tolist() == [[0.0, 0.0]]
    assert grad(lambda x: Tensor(1.0))(x).tolist() == [0.0]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: grad(lambda x: x)(Tensor([1.0, 2.0])), GradientError, r"shape \(2,\).*jacobian"),
        (lambda: grad(lambda x: 3.0)(Tensor(1.0)), GradientError, "3.0"),
        (lambda: grad(lambda x: x * 1j)(Tensor(1.0)), GradientError, "complex64"),
        (lambda: grad(lambda x: x)(Tensor(1)), DTypeError, "int64"),
        (lambda: grad(lambda x: x, argnums=1)(Tensor(1.0)), ArgumentError, "argnums=1.*1 arguments"),
        (lambda: grad(lambda x: x, has_aux=True)(Tensor(1.0)), ArgumentTypeError, "aux"),
        (lambda: grad(lambda x: x, argnums=[0])(Tensor(1.0)), ArgumentTypeError, r"tuple of them, got \[0\]"),
        (lambda: grad(lambda x, y: x, argnums=(0, -2))(Tensor(1.0), Tensor(1.0)), ArgumentError, "twice"),
        (lambda: vjp(lambda x: 3.0, Tensor(1.0)), ArgumentTypeError, "float"),
        (
            lambda: vjp(lambda x: x, Tensor([1.0]))[1](Tensor(1.0)),
            ShapeError,
            r"shape \(\), its output \(1,\)",
        ),
        (
            lambda: vjp(lambda x: x, Tensor([1.0]))[1]((x := Tensor([1.0]), x)),
            ArgumentError,
            "a Tensor and a tuple",
        ),
        (lambda: jvp(lambda x: x, Tensor(1.0), Tensor(1.0)), ArgumentError, "tuples"),
        (lambda: jvp(lambda x: x, (Tensor(1.0),), (Tensor([1.0]),)), ShapeError, "tangent"),
        (
            lambda: jvp(lambda x: x[0], ([Tensor(1.0)],), ([],)),
            ArgumentError,
            "of 1 and a list of 0",
        ),
        (lambda: jacobian(lambda x: (x, x))(Tensor(1.0)), ArgumentTypeError, "tuple"),
        (lambda: jacobian(lambda x: x * 1j)(Tensor(1.0)), DTypeError, "complex64"),
        (lambda: vmap(lambda x: x)(Tensor(1.0)), IndexingError, r"in_axes=0.*shape \(\)"),
        (lambda: vmap(lambda x: x, in_axes=None)(Tensor([1.0])), ArgumentError, "no argument"),
        (lambda: vmap(lambda x: x, in_axes=(0, 0))(Tensor([1.0])), ArgumentError, "2 arguments, got 1"),
        (lambda: vmap(lambda x, y: x)(lucid.ones(2), lucid.ones(3)), ShapeError, "2, 3"),
        (lambda: vmap(lambda x: x, in_axes=({"a": 0},))(lucid.ones(2)), ArgumentError, "form"),
        (lambda: vmap(lambda x: 3.0)(lucid.ones(2)), ArgumentTypeError, "float"),
        (lambda: vmap(lambda x: x, out_axes=2)(lucid.ones(2)), IndexingError, "out_axes=2"),
        (lambda: vmap(lambda x: x, out_axes=None)(lucid.ones(2)), ArgumentError, "out_axes"),
        (lambda: vmap(lambda x: x if x > 0 else -x)(lucid.ones(2)), ArgumentError, "where"),
        (lambda: vmap(lambda x: x.item())(lucid.ones(2)), ArgumentError, "batch"),
        (lambda: vmap(lambda x: lucid.unique_values(x))(lucid.ones((0, 2))), ArgumentError, "empty"),
    ],
)
def test_errors(call, error, says):
    with pytest.raises(error, match=says):
        call()


# ----------------------------------------------------------------- vjp, jvp


@on_both
def test_vjp_and_jvp_are_adjoint(device):
    x, y = (lucid.asarray(normal(2, 3), device=device) for _ in range(2))

    def f(x, y):
        return {"a": lucid.sin(x) @ y.mT, "b": (x * y).sum(axis=0)}

    v, w = (lucid.asarray(normal(2, 3), device=device) for _ in range(2))
    out, tangent = jvp(f, (x, y), (v, w))
    again, pullback = vjp(f, x, y)
    g = {k: lucid.asarray(normal(*t.shape), device=device) for k, t in out.items()}
    by_x, by_y = pullback(g)
    assert lucid.allclose(out["a"], again["a"])
    left = sum((g[k] * tangent[k]).sum().item() for k in g)
    right = ((by_x * v).sum() + (by_y * w).sum()).item()
    assert left == pytest.approx(right, rel=1e-12)
    assert not tangent["a"].requires_grad
    assert pullback(g)[0].tolist() == by_x.tolist()  # it may be called again


def test_jvp_against_differences():
    x, v = normal(3), normal(3)
    f = lambda x: lucid.exp(lucid.cumulative_sum(x)) / x  # noqa: E731
    _, found = jvp(f, (Tensor(x),), (Tensor(v),))
    step = 1e-6
    wanted = (f(Tensor(x + step * v)) - f(Tensor(x - step * v))) / (2 * step)
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), 1e-7)


def test_jvp_of_what_does_not_depend_on_its_argument():
    _, tangent = jvp(lambda x: lucid.ones(3), (Tensor([1.0]),), (Tensor([1.0]),))
    assert tangent.tolist() == [0.0] * 3


def test_jvp_of_complex_functions():
    z, v = complex_normal(rng, (3,)), complex_normal(rng, (3,))
    _, tangent = jvp(lambda z: z * z, (Tensor(z),), (Tensor(v),))
    np.testing.assert_allclose(tangent.numpy(), 2 * z * v, 1e-12)
    _, tangent = jvp(lambda z: lucid.real(z * lucid.conj(z)), (Tensor(z),), (Tensor(v),))
    np.testing.assert_allclose(tangent.numpy(), 2 * (z.conj() * v).real, 1e-12)


def test_vjp_has_aux():
    y, pullback, aux = vjp(lambda x: (x * x, "seen"), Tensor([3.0]), has_aux=True)
    assert (y.tolist(), pullback(Tensor([1.0]))[0].tolist(), aux) == ([9.0], [6.0], "seen")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: grad(lambda x: (x**3).sum() * x[0])(x),
        lambda x: jacobian(lambda x: x**2 / x.sum())(x),
        lambda x: jvp(lambda x: x**3, (x,), (x,))[1],
        lambda x: vjp(lambda x: x**3, x)[1](x)[0],
        lambda x: vmap(lambda a: a**3 * x.sum())(x),
        lambda x: vmap(grad(lambda a: a**3 * lucid.sin(x).sum()))(x),
        lambda x: vmap(grad(lambda w, a: (w * a**2).sum() ** 2), in_axes=(None, 0))(x, x),
    ],
    ids=["grad", "jacobian", "jvp", "vjp", "vmap", "vmap of grad", "vmap of grad by what is shared"],
)
def test_each_can_be_differentiated_in_its_turn(function):
    check_grads(function, [np.array([0.7, -1.1, 0.9])], eps=1e-4, rtol=1e-5)


# ----------------------------------------------------------------- jacobian, hessian


@on_both
def test_jacobian_and_hessian(device):
    a = lucid.asarray(normal(2, 3), device=device)
    x = lucid.asarray(normal(3), device=device)
    np.testing.assert_allclose(jacobian(lambda x: a @ x)(x).to("cpu").numpy(), a.to("cpu").numpy())
    h = hessian(lambda x: ((a @ x) ** 2).sum())(x).to("cpu").numpy()
    b = a.to("cpu").numpy()
    np.testing.assert_allclose(h, 2 * b.T @ b, 1e-12)


def test_shapes_of_jacobians():
    x, y = lucid.ones((2, 3)), {"y": lucid.ones(4)}
    by_x, by_y = jacobian(lambda x, y: x[0][:, None] * y["y"] * x.sum(), argnums=(0, 1))(x, y)
    assert by_x.shape == (3, 4, 2, 3)
    assert by_y["y"].shape == (3, 4, 4)
    assert jacobian(lambda x: x[:0])(Tensor([1.0])).shape == (0, 1)
    assert hessian(lambda x: x**2)(Tensor([1.0, 2.0])).shape == (2, 2, 2)


# ----------------------------------------------------------------- vmap


def test_where_the_batch_is():
    x = Tensor(normal(2, 3, 4))
    y = vmap(lambda a: a * 2, in_axes=1, out_axes=-1)(x)
    assert y.shape == (2, 4, 3)
    a, (b, c) = vmap(
        lambda d, s: (d["k"].sum(), (d["k"] + s, s)),
        in_axes=({"k": 2}, None),
        out_axes=(0, (1, 0)),
    )({"k": x}, Tensor(1.0))
    assert (a.shape, b.shape, c.shape) == ((4,), (2, 4, 3), (4,))


def test_levels_are_kept_apart():
    x, y = Tensor(normal(3)), Tensor(normal(4))
    outer = vmap(lambda a: vmap(lambda b: a * b + lucid.exp(a))(y))(x)
    np.testing.assert_allclose(outer.numpy(), np.outer(x, y) + np.exp(x.numpy())[:, None], 1e-6)
    # The same number of axes inside and outside, so that a mix-up would broadcast silently.
    square = vmap(lambda r: vmap(lambda s: (r * s).sum())(Tensor(np.eye(3))))(Tensor(np.eye(3)))
    assert square.tolist() == np.eye(3).tolist()


def test_gradients_of_single_examples_and_of_the_whole():
    w, x = Tensor(normal(3), requires_grad=True), Tensor(normal(5, 3))
    loss = lambda w, x: (w * x).sum() ** 2  # noqa: E731
    each = vmap(grad(loss), in_axes=(None, 0))(w, x)
    wanted = 2 * (x.numpy() @ w.detach().numpy())[:, None] * x.numpy()
    np.testing.assert_allclose(each.detach().numpy(), wanted, 1e-12)
    vmap(lambda x: loss(w, x))(x).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), wanted.sum(axis=0), 1e-12)


def test_what_a_function_takes_from_outside_is_computed_with_inside():
    w = Tensor([1.0, 2.0], requires_grad=True)

    def f(x):
        v = w * 2  # of the outside alone
        return (v * x).sum()

    vmap(f)(lucid.ones((3, 2))).sum().backward()
    assert w.grad.tolist() == [6.0, 6.0]


def test_a_result_that_does_not_depend_on_the_batch_is_repeated():
    y = vmap(lambda x: lucid.arange(2))(lucid.ones(3))
    assert y.tolist() == [[0, 1]] * 3


def test_writing_inside():
    def f(x):
        y = lucid.zeros(3)
        y[1] = x
        y[lucid.asarray([0, 2])] += 2 * x
        x *= 10
        return y, x

    y, x = vmap(f)(Tensor([1.0, 2.0]))
    assert y.tolist() == [[2.0, 1.0, 2.0], [4.0, 2.0, 4.0]]
    assert x.tolist() == [10.0, 20.0]


def test_indices_that_differ_between_examples():
    table, i, j = normal(4, 5, 6), rng.integers(0, 4, (3, 2)), rng.integers(0, 6, (3, 2))
    keys = [
        lambda a, b: (a,),
        lambda a, b: (a, slice(None), b),
        lambda a, b: (a, 0, b),
        lambda a, b: (slice(1, 3), slice(None), b),
        lambda a, b: (slice(None), 1, b),
        lambda a, b: (..., b),
        lambda a, b: (a, None, slice(2), b[0]),
        lambda a, b: (slice(None), slice(None), b[0]),
    ]
    for key in keys:
        for shared in (True, False):
            x = table if shared else np.stack([table, 2 * table, 3 * table])
            found = vmap(lambda x, a, b: x[key(a, b)], in_axes=(None if shared else 0, 0, 0))(  # noqa: B023
                Tensor(x), Tensor(i), Tensor(j)
            )
            wanted = [(x if shared else x[n])[key(i[n], j[n])] for n in range(3)]
            np.testing.assert_array_equal(found.numpy(), np.stack(wanted))


def test_masks_that_differ_between_examples():
    x = Tensor([[1.0, -1.0], [-1.0, 2.0]], requires_grad=True)
    y = vmap(lambda x: x[x > 0])(x)
    assert y.tolist() == [[1.0], [2.0]]
    y.sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 1.0]]

    def without_negatives(x):
        x[x < 0] = 0.0
        return x

    assert vmap(without_negatives)(x.detach()).tolist() == [[1.0, 0.0], [0.0, 2.0]]
    assert vmap(grad(lambda x: (x[x > 0] ** 2).sum()))(x.detach()).tolist() == [[2.0, 0.0], [0.0, 4.0]]


@on_both
def test_an_embedding_and_its_gradient(device):
    table = lucid.asarray(normal(5, 2), device=device).requires_grad_()
    ids = lucid.asarray(rng.integers(0, 5, (3, 4)), device=device)
    out = vmap(lambda i: nn.functional.embedding(i, table).sum(axis=0) ** 2)(ids)
    out.sum().backward()
    alone = table.detach().requires_grad_()
    (alone[ids].sum(axis=1) ** 2).sum().backward()
    np.testing.assert_allclose(table.grad.to("cpu").numpy(), alone.grad.to("cpu").numpy(), 1e-12)


def test_a_module_runs_for_one_example():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x = Tensor(normal(5, 3), dtype="float32")
    np.testing.assert_allclose(vmap(model)(x).detach().numpy(), model(x).detach().numpy(), 1e-6)


def test_nothing_is_recorded_under_no_grad():
    w = Tensor([1.0], requires_grad=True)
    with lucid.no_grad():
        assert not vmap(lambda x: x * w)(lucid.ones((2, 1))).requires_grad
        assert not vmap(lambda x: x * w)(w[None]).requires_grad


def test_a_batch_shows_what_it_is():
    seen = []
    vmap(lambda x: (seen.append(repr(x)), x)[1])(lucid.ones((3, 2)))
    assert "batch" in seen[0]
    assert "(2,)" in seen[0]


def test_a_level_ends_with_its_call_even_when_it_fails():
    with pytest.raises(ZeroDivisionError):
        vmap(lambda x: 1 / 0)(lucid.ones(2))
    assert not lucid.grad_mode.state.levels


def test_second_derivatives_inside_a_batch():
    x = Tensor(normal(4, 2))
    f = lambda x: lucid.sin(x[0]) * x[1] ** 2  # noqa: E731
    h = vmap(hessian(f))(x).numpy()
    a, b = x.numpy().T
    wanted = np.array([[-np.sin(a) * b**2, 2 * np.cos(a) * b], [2 * np.cos(a) * b, 2 * np.sin(a)]]).transpose(
        2, 0, 1
    )
    np.testing.assert_allclose(h, wanted, 1e-10)
