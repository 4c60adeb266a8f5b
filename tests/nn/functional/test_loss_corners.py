"""Losses and distances where something is 0, infinite, half as precise, or mapped."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor, func
from lucid.autograd import grad
from lucid.testing import check_grads

rng = np.random.default_rng(0)


def logits(*shape: int) -> Tensor:
    return Tensor(rng.standard_normal(shape))


# ----------------------------------------------------------------- CTC


def test_ctc_normalises() -> None:
    """So logits give the loss of their log-softmax; and the gradient is probability less share."""
    x, y = logits(5, 2, 3), np.array([[1, 2], [2, 0]])
    loss = F.ctc_loss(x, y, (5, 4), (2, 1))
    again = F.ctc_loss(F.log_softmax(x, axis=-1), y, (5, 4), (2, 1))
    assert lucid.allclose(loss, again, rtol=1e-13)
    (g,) = grad(F.ctc_loss(x.requires_grad_(), y, (5, 4), (2, 1), reduction="sum"), [x])
    np.testing.assert_allclose(g.sum(axis=-1).numpy(), 0, atol=1e-13)
    assert not g[4, 1].numpy().any()


@pytest.mark.parametrize("zero_infinity", [False, True])
def test_ctc_without_a_way(zero_infinity: bool) -> None:
    """Two equal labels need three steps. The other example doesn't notice."""
    x = logits(2, 2, 3).requires_grad_()
    y = np.array([[1, 1], [1, 2]])
    losses = F.ctc_loss(x, y, (2, 2), (2, 2), reduction="none", zero_infinity=zero_infinity)
    assert losses.tolist()[0] == (0.0 if zero_infinity else math.inf)
    (g,) = grad(losses.sum(), [x])
    alone = x[:, 1:].detach().requires_grad_()
    (expected,) = grad(F.ctc_loss(alone, y[1:], (2,), (2,), reduction="none").sum(), [alone])
    assert not g[:, 0].numpy().any()
    np.testing.assert_allclose(g[:, 1:].numpy(), expected.numpy(), rtol=1e-12)


def test_ctc_of_impossible_classes() -> None:
    """Classes of no probability, even all at one time, leave no nan behind."""
    x = logits(4, 3, 3).numpy().copy()
    x[:, 0, 1] = -math.inf  # not needed: the labels are 2
    x[1, 1, 0] = x[2, 1, 2] = -math.inf  # there are other ways
    x[2, 2] = -math.inf  # no way
    y = np.array([[2, 2], [1, 2], [1, 2]])

    def losses(x: Any) -> Any:
        return F.ctc_loss(x, y, (4, 4, 4), (2, 2, 2), reduction="none")

    tracked = Tensor(x).requires_grad_()
    found = losses(tracked)
    assert found.numpy()[2] == math.inf
    assert np.isfinite(found.numpy()[:2]).all()
    (g,) = grad(found.sum(), [tracked], create_graph=True)
    (h,) = grad((g * g).sum(), [tracked])
    assert np.isfinite(g.numpy()).all()
    assert np.isfinite(h.numpy()).all()
    possible = np.where(np.isfinite(x), x, -40.0)[:, :2]
    near = F.ctc_loss(Tensor(possible), y[:2], (4, 4), (2, 2), reduction="none")
    np.testing.assert_allclose(found.numpy()[:2], near.numpy(), rtol=1e-10)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "uint64"])
def test_labels_of_any_integers(dtype: str) -> None:
    """A blank and a cluster may have numbers that the labels couldn't hold."""
    x, y = logits(4, 1, 300), np.array([[50, 100]])
    expected = F.ctc_loss(x, y, (4,), (2,), blank=299)
    assert F.ctc_loss(x, Tensor(y.astype(dtype)), (4,), (2,), blank=299).item() == expected.item()
    layer, two = nn.AdaptiveLogSoftmaxWithLoss(4, 400, [300], div_value=2.0), lucid.ones((2, 4))
    assert layer(two, Tensor(y[0].astype(dtype))).loss.item() == layer(two, Tensor(y[0])).loss.item()


def test_ctc_of_nan_behind_the_end() -> None:
    x = logits(5, 2, 3).numpy().copy()
    x[3:, 0] = math.nan
    tracked = Tensor(x).requires_grad_()
    loss = F.ctc_loss(tracked, np.array([[1], [2]]), (3, 5), (1, 1))
    assert math.isfinite(loss.item())
    assert np.isfinite(grad(loss, [tracked])[0].numpy()).all()


def test_ctc_of_no_steps_and_no_labels() -> None:
    y, four = np.array([[1], [1]]), logits(4, 2, 3)
    losses = F.ctc_loss(four, y, (0, 0), (0, 1), reduction="none")
    assert losses.tolist() == [0.0, math.inf]
    blanks = F.log_softmax(four, axis=-1)[:, :, 0].sum(axis=0)
    silent = F.ctc_loss(four, y[:, :0], (4, 4), (0, 0), reduction="none")
    np.testing.assert_allclose(silent.numpy(), -blanks.numpy(), rtol=1e-13)
    assert F.ctc_loss(four[:0], y, (0, 0), (0, 1), reduction="none").tolist() == [0.0, math.inf]


def test_ctc_of_many_steps_in_single_precision() -> None:
    """The probability of all paths is far below the least float."""
    x, y = logits(500, 2, 5), rng.integers(1, 5, (2, 100))
    exact = F.ctc_loss(x, y, (500, 450), (100, 90), reduction="none")
    single = F.ctc_loss(x.astype("float32"), y, (500, 450), (100, 90), reduction="none")
    assert exact.numpy().min() > 200
    np.testing.assert_allclose(single.numpy(), exact.numpy(), rtol=1e-6)


def test_ctc_of_sure_probabilities_differentiates_twice() -> None:
    x = 30 * F.one_hot(Tensor([[1], [0], [2]]), 3).astype("float64") + logits(3, 1, 3)
    check_grads(lambda x: F.ctc_loss(x, np.array([[1, 2]]), (3,), (2,)), [x])


# ----------------------------------------------------------------- vmap

examples = logits(3, 4)
several = Tensor([[0, 1, -1, 2], [3, -1, 0, 0], [-1, 0, 0, 0]])
adaptive = nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4], div_value=2.0).to(dtype=lucid.float64)

MAPPED: list[tuple[Callable[..., Any], Callable[..., Any], list[Any]]] = [
    (
        lambda x, y, t, n: F.ctc_loss(x, y, t, n, reduction="none"),
        lambda x, y, t, n: F.ctc_loss(x.transpose(0, 1), y, t, n, reduction="none"),
        [logits(3, 5, 3), Tensor([[1, 2], [2, 2], [1, 0]]), Tensor([5, 4, 5]), Tensor([2, 1, 1])],
    ),
    (
        F.multi_margin_loss,
        lambda *a: F.multi_margin_loss(*a, reduction="none"),
        [examples, Tensor([0, 2, 3])],
    ),
    (
        F.multilabel_margin_loss,
        lambda *a: F.multilabel_margin_loss(*a, reduction="none"),
        [examples, several],
    ),
    (lambda *a: adaptive(*a).output, lambda *a: adaptive(*a).output, [examples, Tensor([0, 5, 2])]),
]


@pytest.mark.parametrize(
    ("one", "all_"), [(a, b) for a, b, _ in MAPPED], ids=["ctc", "multi", "multilabel", "adaptive"]
)
def test_mapped(one: Callable[..., Any], all_: Callable[..., Any]) -> None:
    """Labels too: each example has its own."""
    args = next(args for f, _, args in MAPPED if f is one)
    np.testing.assert_allclose(func.vmap(one)(*args).numpy(), all_(*args).numpy(), rtol=1e-12)


# ----------------------------------------------------------------- the adaptive softmax


def test_adaptive_softmax_is_one_distribution() -> None:
    x = logits(5, 4)
    log_p = adaptive.log_prob(x)
    np.testing.assert_allclose(lucid.exp(log_p).sum(axis=1).numpy(), 1, rtol=1e-13)
    y = np.array([0, 1, 3, 4, 5])
    output, loss = adaptive(x, Tensor(y))
    np.testing.assert_allclose(output.numpy(), log_p.numpy()[np.arange(5), y], rtol=1e-13)
    assert loss.item() == pytest.approx(-output.numpy().mean(), rel=1e-13)
    assert adaptive.predict(x).tolist() == log_p.numpy().argmax(1).tolist()


def test_adaptive_softmax_leaves_clusters_alone() -> None:
    """The tail of a cluster that no target is in has no gradient."""
    layer = nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4], div_value=2.0)
    layer(logits(2, 4).astype("float32"), Tensor([1, 5])).loss.backward()
    assert layer.tail[0][0].weight.grad is None
    assert layer.tail[1][0].weight.grad is not None
    before = layer.tail[0][0].weight.numpy().copy()
    layer.reset_parameters()
    assert (layer.tail[0][0].weight.numpy() != before).any()


# ----------------------------------------------------------------- 0 and infinity


def gradient(function: Callable[..., Any], *args: Any) -> Any:
    tracked = [Tensor(a, dtype="float64", requires_grad=True) for a in args]
    return [g.tolist() for g in grad(function(*tracked).sum(), tracked)]


def test_sure_answers_that_are_wrong() -> None:
    x, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0, 1.0])
    assert F.binary_cross_entropy(Tensor(x), Tensor(y), reduction="none").tolist() == [100, 100, 0, 0]
    by_x, by_y = gradient(F.binary_cross_entropy, x, y)
    assert by_x == [-0.25e12, 0.25e12, 0, 0]
    assert by_y == [25, -25, 25, -25]
    half = Tensor(x, dtype="float16", requires_grad=True)
    (g,) = grad(F.binary_cross_entropy(half, Tensor(y)), [half])
    assert half.dtype == g.dtype
    assert np.isinf(g.numpy()[0])  # -0.25e12 is more than float16 holds


def test_answers_that_are_undecided_or_sure() -> None:
    """At 0 the derivatives are those of the smooth curve, and of sure answers no digit is lost."""
    x, y = Tensor(np.array([0.0, 40.0, -40.0]), requires_grad=True), Tensor(np.array([1.0, 1.0, 0.0]))
    losses = F.binary_cross_entropy_with_logits(x, y, reduction="none", pos_weight=Tensor(np.full(3, 2.0)))
    (first,) = grad(losses.sum(), [x], create_graph=True)
    (second,) = grad(first.sum(), [x])
    e = math.exp(-40)
    np.testing.assert_allclose(losses.tolist(), [2 * math.log(2), 2 * e, e], rtol=1e-14)
    np.testing.assert_allclose(first.tolist(), [-1, -2 * e, e], rtol=1e-14)
    np.testing.assert_allclose(second.tolist(), [0.5, 2 * e, e], rtol=1e-14)


def test_infinite_errors_and_none() -> None:
    """The slope is finite far away; where nothing is wrong, the second derivative is that of the parabola."""
    x = np.array([math.inf, -math.inf, 0.0])
    zero = Tensor([0.0, 0.0, 0.0])
    for loss in (F.huber_loss, F.smooth_l1_loss):
        tracked = Tensor(x, requires_grad=True)
        losses = loss(tracked, zero, reduction="none")
        (first,) = grad(losses.sum(), [tracked], create_graph=True)
        (second,) = grad(first.sum(), [tracked])
        assert losses.tolist() == [math.inf, math.inf, 0]
        assert first.tolist() == [1, -1, 0]
        assert second.tolist() == [0, 0, 1]


@pytest.mark.parametrize("beta", [1e-9, 1e-6, 1e-4])
def test_a_small_bend_in_half_precision(beta: float) -> None:
    x = Tensor([0.0, 2.0, -3e4], dtype="float16", requires_grad=True)
    losses = F.smooth_l1_loss(x, 0 * x.detach(), reduction="none", beta=beta)
    assert losses.tolist() == [0, 2, 3e4]
    assert grad(losses.sum(), [x])[0].tolist() == [0, 1, -1]


def test_divergence_where_nothing_is() -> None:
    x, y = Tensor([-math.inf, -1.0]), Tensor([0.0, 1.0])
    assert F.kl_div(x, y, reduction="none").tolist() == [0, 1]
    assert F.kl_div(x, lucid.log(y), reduction="none", log_target=True).tolist() == [0, 1]
    assert gradient(F.kl_div, [-math.inf, -1.0], [0.0, 1.0])[0] == [0, -0.5]


@pytest.mark.parametrize("p", [0.5, 1.0, 1.5, 2.0, 3.0, math.inf])
def test_distance_of_equal_vectors(p: float) -> None:
    """It is 0, and so is its gradient, and the gradient of that."""

    def total(x: Any, y: Any) -> Any:
        return F.cdist(x, y, p).sum() + F.pairwise_distance(x, y, p, 0.0).sum() + F.pdist(x, p).sum()

    x, y = (lucid.ones((2, 3)).requires_grad_() for _ in range(2))
    assert total(x, y).item() == 0
    grads = grad(total(x, y), [x, y], create_graph=True)
    seconds = grad(sum((g * g).sum() for g in grads), [x, y], allow_unused=True)
    for g in (*grads, *seconds):
        assert g is None or not g.numpy().any()


def test_distances_of_many_pairs() -> None:
    """They are computed in parts, which are of unequal sizes here."""
    x = logits(60, 2).requires_grad_()
    i, j = np.triu_indices(60, 1)
    d, expected = F.pdist(x), F.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")[i, j]
    assert d.tolist() == expected.tolist()
    weight = rng.standard_normal(len(i))
    grads = [grad((y * weight).sum(), [x])[0].numpy() for y in (d, expected)]
    np.testing.assert_allclose(*grads, rtol=1e-12, atol=1e-14)


def test_distances_by_products_of_equal_vectors() -> None:
    x = logits(30, 3).requires_grad_()
    d = F.cdist(x, x)
    assert (d.numpy() == d.numpy().T).all()
    assert d.numpy().min() >= 0
    (g,) = grad(d.sum(), [x])
    assert np.isfinite(g.numpy()).all()
    exact = F.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    apart = ~np.eye(30, dtype=bool)
    np.testing.assert_allclose(d.numpy()[apart], exact.numpy()[apart], rtol=1e-12)


def test_a_vector_of_zeros_is_like_nothing() -> None:
    zero, other = np.zeros((1, 2)), np.array([[3.0, 4.0]])
    by_zero, by_other = gradient(F.cosine_similarity, zero, other)
    np.testing.assert_allclose(by_zero, [[0.6e8, 0.8e8]])
    assert by_other == [[0, 0]]
    y = Tensor([1])
    np.testing.assert_allclose(
        gradient(lambda a, b: F.cosine_embedding_loss(a, b, y), zero, other)[0], [[-0.6e6, -0.8e6]]
    )


def test_variance_below_the_least_one_learns() -> None:
    """Its gradient is that at `eps`."""
    losses = F.gaussian_nll_loss(Tensor([0.0]), Tensor([1.0]), Tensor([0.0]), eps=0.5)
    assert losses.item() == pytest.approx(0.5 * (math.log(0.5) + 2))
    (by_variance,) = gradient(
        lambda v: F.gaussian_nll_loss(Tensor([0.0]), Tensor([1.0]), v, eps=0.5), np.array([0.0])
    )
    assert by_variance == [0.5 * (1 / 0.5 - 1 / 0.5**2)]
    assert F.gaussian_nll_loss(Tensor([0.0]), Tensor([1.0]), 1).item() == 0.5


def test_variance_without_an_end() -> None:
    """What may be anything is like nothing."""
    endless = Tensor([math.inf])
    assert F.gaussian_nll_loss(Tensor([0.0]), Tensor([1.0]), endless).item() == math.inf
    assert gradient(lambda v: F.gaussian_nll_loss(Tensor([0.0]), Tensor([1.0]), v), [math.inf]) == [[0]]


def test_cosine_of_long_vectors() -> None:
    """Each length can be squared in single precision, but not both."""
    long = Tensor([[3e12, 4e12]])
    assert F.cosine_embedding_loss(long, long, Tensor([-1])).item() == pytest.approx(1)


# ----------------------------------------------------------------- half precision

half = lucid.full((4, 300), 0.5, dtype="float16")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: F.cosine_similarity(half * 400, half * 400), [1.0] * 4),
        (lambda: F.pairwise_distance(half * 400, 0 * half, 2.0, 0.0), [200 * 300**0.5] * 4),
        (lambda: F.cosine_embedding_loss(half * 400, half * 400, lucid.ones(4), reduction="none"), [0.0] * 4),
        (lambda: F.cdist(half[:1, :3], -half[:1, :3]), [[3**0.5]]),
        (lambda: F.binary_cross_entropy(half, half), math.log(2)),
        (lambda: F.mse_loss(half, 0 * half, weight=half * 200), 0.25),
        (lambda: F.ctc_loss(F.log_softmax(half[:, None, :4], axis=-1), Tensor([[1]]), (4,), (1,)), 3.242592),
    ],
    ids=["cosine", "pairwise", "embedding", "cdist", "bce", "mse", "ctc"],
)
def test_half_precision_sums_in_single(call: Callable[[], Any], expected: Any) -> None:
    result = call()
    assert result.dtype == lucid.float16
    np.testing.assert_allclose(result.numpy(), expected, rtol=2e-3, atol=1e-3)
