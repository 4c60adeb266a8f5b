"""Functions of functions inside of one another, and what a batch must not leave behind."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor, nn
from lucid.errors import ArgumentError
from lucid.func import grad, hessian, jacobian, jvp, value_and_grad, vjp, vmap

x = Tensor(np.array([1.0, 2.0, 3.0]))

# Each gives, for the cube of a number, the value named beside it at 1, 2 and 3.
DERIVATIVES = {
    "grad": (lambda f, y: grad(f)(y), [3, 12, 27]),
    "value": (lambda f, y: value_and_grad(f)(y)[0], [1, 8, 27]),
    "vjp": (lambda f, y: vjp(f, y)[1](y)[0], [3, 24, 81]),
    "jvp": (lambda f, y: jvp(f, (y,), (y,))[1], [3, 24, 81]),
    "jacobian": (lambda f, y: jacobian(f)(y), [3, 12, 27]),
    "hessian": (lambda f, y: hessian(f)(y), [6, 12, 18]),
    "jvp of grad": (lambda f, y: jvp(grad(f), (y,), (y,))[1], [6, 24, 54]),
    "grad of jvp": (lambda f, y: grad(lambda z: jvp(f, (z,), (z,))[1])(y), [9, 36, 81]),
    "grad of vjp": (lambda f, y: grad(lambda z: vjp(f, z)[1](z)[0])(y), [9, 36, 81]),
    "jvp of jvp": (lambda f, y: jvp(lambda z: jvp(f, (z,), (y,))[1], (y,), (y,))[1], [6, 48, 162]),
}


def cube(y: Any) -> Any:
    return y**3


@pytest.mark.parametrize("name", DERIVATIVES)
def test_each_inside_of_vmap(name):
    derivative, wanted = DERIVATIVES[name]
    assert vmap(lambda y: derivative(cube, y))(x).tolist() == wanted
    nested = vmap(lambda a: vmap(lambda b: derivative(lambda z: a * cube(z), b))(x))(x)
    np.testing.assert_allclose(nested.numpy(), np.outer(x.numpy(), wanted))


@pytest.mark.parametrize("name", DERIVATIVES)
def test_the_gradient_of_each_through_vmap(name):
    derivative, _ = DERIVATIVES[name]
    through = grad(lambda xs: vmap(lambda y: derivative(cube, y))(xs).sum())(x)
    alone = [grad(lambda y: derivative(cube, y))(x[i]).item() for i in range(3)]
    np.testing.assert_allclose(through.numpy(), alone)


def test_detach_cuts_every_level():
    assert grad(lambda xs: vmap(lambda a: a.detach() * a)(xs).sum())(x).tolist() == [1.0, 2.0, 3.0]

    def f(a):
        with lucid.no_grad():
            value, _ = value_and_grad(cube)(a)
        return value * a

    assert grad(lambda xs: vmap(f)(xs).sum())(x).tolist() == [1.0, 8.0, 27.0]


def test_what_else_a_function_returns_keeps_its_graph():
    a = Tensor(3.0, dtype="float64")
    inner = lambda a: grad(lambda y: ((y**2).sum(), a * y), has_aux=True)(x)[1].sum()  # noqa: E731
    assert grad(inner)(a).item() == 6.0


def test_entries_of_dicts_belong_together_by_their_keys():
    one, zero = Tensor(1.0), Tensor(0.0)
    _, pullback = vjp(lambda a: {"a": a * 1, "b": a * 10}, one)
    assert pullback({"b": one, "a": zero})[0].item() == 10.0
    tangent = jvp(lambda d: d["a"] + 10 * d["b"], ({"a": one, "b": one},), ({"b": one, "a": zero},))[1]
    assert tangent.item() == 10.0


def test_an_empty_place_stays_empty():
    params = {"w": x, "b": None}
    g = grad(lambda p: (p["w"] ** 2).sum())(params)
    assert g["w"].tolist() == [2.0, 4.0, 6.0]
    assert g["b"] is None
    assert vmap(lambda p: p["w"] * 2)(params).tolist() == [2.0, 4.0, 6.0]


def test_jvp_of_integers_is_zero():
    _, (of_float, of_int) = jvp(lambda a: (a * 2, lucid.argmax(a)), (x,), (x,))
    assert of_float.tolist() == [2.0, 4.0, 6.0]
    assert of_int.item() == 0


# ----------------------------------------------------------------- what a batch leaves behind


@pytest.mark.parametrize(
    "write",
    [
        lambda t, a: t.__setitem__(0, a),
        lambda t, a: t.copy_(t + a),
        lambda t, a: t.__iadd__(a),
    ],
)
@pytest.mark.parametrize("make", [lambda: lucid.zeros(3), lambda: nn.Buffer(lucid.zeros(3))])
def test_writing_a_batch_to_a_tensor_from_outside_is_refused_and_undone(make, write):
    outside = make()
    with pytest.raises(ArgumentError, match=r"shape \(3,\) from outside"):
        vmap(lambda a: (write(outside, a), a)[1])(lucid.ones(4))
    assert outside.tolist() == [0.0, 0.0, 0.0]


def test_a_batch_that_was_kept_says_that_its_vmap_has_ended():
    kept = []
    vmap(lambda a: (kept.append(2 * a), a)[1])(x)
    for use in (
        lambda: kept[0] + 1,
        lambda: vmap(lambda a: a + kept[0])(x),
        lambda: vmap(lambda a: kept[0])(x),
    ):
        with pytest.raises(ArgumentError, match="has ended"):
            use()

    def outer(a):
        inside = []
        vmap(lambda y: (inside.append(y), y)[1])(lucid.ones(4))
        return inside[0] * a

    with pytest.raises(ArgumentError, match="has ended"):
        vmap(outer)(x)


def test_threads_do_not_see_each_other():
    inside, done = threading.Event(), threading.Event()
    found = []

    def waits(y):
        inside.set()
        done.wait(10)
        return grad(lambda q: (q * y).sum())(y)

    thread = threading.Thread(target=lambda: found.append(vmap(waits)(x).tolist()))
    thread.start()
    inside.wait(10)
    assert (grad(lambda y: (y**2).sum())(x) + 1).tolist() == [3.0, 5.0, 7.0]
    vmap(lambda y: y)(x)
    done.set()
    thread.join()
    assert found == [[1.0, 2.0, 3.0]]


# ----------------------------------------------------------------- losses

LOGITS, TARGETS = np.random.default_rng(0).standard_normal((3, 4, 5)), np.array([[1, 0, 4, 1]] * 3)


@pytest.mark.parametrize(
    "loss",
    [
        lambda a, t: F.cross_entropy(a, t),
        lambda a, t: F.cross_entropy(a, t, ignore_index=1),
        lambda a, t: F.cross_entropy(a, lucid.one_hot(t, 5).astype(a.dtype)),
        lambda a, t: F.nll_loss(a, t),
        lambda a, t: F.binary_cross_entropy_with_logits(a, lucid.one_hot(t, 5).astype(a.dtype)),
    ],
)
@pytest.mark.parametrize("axes", [(0, 0), (None, 0), (0, None)])
def test_losses_of_single_examples(loss, axes):
    logits = Tensor(LOGITS if axes[0] == 0 else LOGITS[0])
    targets = Tensor(TARGETS if axes[1] == 0 else TARGETS[0])
    found = vmap(loss, in_axes=axes)(logits, targets)
    pick = lambda t, axis, i: t if axis is None else t[i]  # noqa: E731
    wanted = [loss(pick(logits, axes[0], i), pick(targets, axes[1], i)).item() for i in range(3)]
    np.testing.assert_allclose(found.numpy(), wanted)


def test_ranges_are_checked_under_vmap_too():
    with pytest.raises(ArgumentError, match="-1"):
        vmap(lambda i: F.embedding(i, lucid.ones((3, 2))))(Tensor([0, -1]))
    with pytest.raises(ArgumentError, match="0 to 4"):
        vmap(lambda t: F.cross_entropy(Tensor(LOGITS[0]), t))(Tensor([[0, 1, 2, 5]]))
