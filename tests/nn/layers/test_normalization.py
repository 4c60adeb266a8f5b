"""Layers that normalise: running statistics, names, and what they refuse."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, LucidError, ShapeError
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

PARAMETERS = ["weight", "bias"]
STATISTICS = ["running_mean", "running_var", "num_batches_tracked"]


def draw(*shape: int, seed: int = 0, **options: Any) -> Tensor:
    values = np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32)
    return Tensor(values, **options)


def close(a: Any, b: Any, atol: float = 1e-6) -> None:
    np.testing.assert_allclose(a.numpy(), b, rtol=1e-5, atol=atol)


# ----------------------------------------------------------------- what they are made of

MADE: list[tuple[Callable[[], nn.Module], str, list[str]]] = [
    (lambda: nn.BatchNorm1d(3), "BatchNorm1d(3)", PARAMETERS + STATISTICS),
    (
        lambda: nn.BatchNorm2d(3, activation="relu"),
        "BatchNorm2d(3, activation='relu')",
        PARAMETERS + STATISTICS,
    ),
    (lambda: nn.BatchNorm3d(3, 0.1, None), "BatchNorm3d(3, eps=0.1, momentum=None)", PARAMETERS + STATISTICS),
    (lambda: nn.BatchNorm2d(3, affine=False), "BatchNorm2d(3, affine=False)", STATISTICS),
    (
        lambda: nn.BatchNorm2d(3, bias=False, track_running_stats=False),
        "BatchNorm2d(3, track_running_stats=False, bias=False)",
        ["weight"],
    ),
    (lambda: nn.InstanceNorm1d(3), "InstanceNorm1d(3)", []),
    (lambda: nn.InstanceNorm2d(3, affine=True), "InstanceNorm2d(3, affine=True)", PARAMETERS),
    (
        lambda: nn.InstanceNorm3d(3, track_running_stats=True),
        "InstanceNorm3d(3, track_running_stats=True)",
        STATISTICS,
    ),
    (lambda: nn.GroupNorm(2, 6), "GroupNorm(2, 6)", PARAMETERS),
    (lambda: nn.GroupNorm(2, 6, bias=False), "GroupNorm(2, 6, bias=False)", ["weight"]),
    (lambda: nn.GroupNorm(2, 6, 0.5, affine=False), "GroupNorm(2, 6, eps=0.5, affine=False)", []),
    (lambda: nn.LayerNorm(5), "LayerNorm(5)", PARAMETERS),
    (lambda: nn.LayerNorm((4, 5), bias=False), "LayerNorm((4, 5), bias=False)", ["weight"]),
    (lambda: nn.LayerNorm([5], elementwise_affine=False), "LayerNorm(5, elementwise_affine=False)", []),
    (lambda: nn.RMSNorm(5), "RMSNorm(5)", ["weight"]),
    (lambda: nn.RMSNorm((4, 5), 1e-6), "RMSNorm((4, 5), eps=1e-06)", ["weight"]),
    (lambda: nn.RMSNorm(5, elementwise_affine=False), "RMSNorm(5, elementwise_affine=False)", []),
]


@pytest.mark.parametrize(("make", "shown", "names"), MADE, ids=[row[1] for row in MADE])
def test_repr_names_and_beginnings(make: Callable[[], nn.Module], shown: str, names: list[str]) -> None:
    layer = make()
    assert repr(layer) == shown
    begun = layer.state_dict()
    assert list(begun) == names
    for name, value in begun.items():
        assert np.all(value.numpy() == (1 if name in ("weight", "running_var") else 0))
        assert value.dtype == (lucid.int64 if name == "num_batches_tracked" else lucid.float32)
    assert [name for name, _ in layer.named_parameters()] == [n for n in names if n in PARAMETERS]
    with lucid.no_grad():
        for tensor in (*layer.parameters(), *layer.buffers()):
            tensor.copy_(7)
    layer.reset_parameters()
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), begun[name].numpy())


@pytest.mark.parametrize(("make", "shown", "names"), MADE, ids=[row[1] for row in MADE])
def test_saving_copying_and_pickling(make: Callable[[], nn.Module], shown: str, names: list[str]) -> None:
    layer, fresh = make(), make()
    with lucid.no_grad():
        for i, tensor in enumerate((*layer.parameters(), *layer.buffers())):
            tensor.copy_(i + 2)
    state = layer.state_dict()
    fresh.load_state_dict(state)
    for other in (fresh, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(other) == shown
        for name, value in other.state_dict().items():
            np.testing.assert_array_equal(value.numpy(), state[name].numpy())


def test_device_and_dtype() -> None:
    for layer in (nn.BatchNorm1d(2, dtype=lucid.float64), nn.LayerNorm(2, dtype=lucid.float64)):
        assert {p.dtype for p in layer.parameters()} == {np.dtype("float64")}
    half = nn.BatchNorm1d(2).to(dtype=lucid.float16)
    y = half(draw(4, 2).astype(lucid.float16))
    assert y.dtype == half.running_mean.dtype == lucid.float16
    assert half.num_batches_tracked.dtype == lucid.int64


# ----------------------------------------------------------------- running statistics


@every_device
def test_running_statistics_move_and_then_serve(device: str) -> None:
    layer = nn.BatchNorm1d(3, momentum=0.25, device=device)
    x = draw(5, 3, 4, device=device)
    layer(x)
    values = x.numpy()
    mean, var = values.mean((0, 2)), values.var((0, 2), ddof=1)
    close(layer.running_mean, 0.25 * mean)
    close(layer.running_var, 0.75 + 0.25 * var)
    assert layer.num_batches_tracked.item() == 1
    before = layer.state_dict()
    layer.eval()
    y = layer(x)
    expected = (values - 0.25 * mean[:, None]) / np.sqrt(0.75 + 0.25 * var[:, None] + 1e-5)
    close(y, expected)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name].numpy())


def test_a_momentum_of_none_means_the_mean_of_all_batches() -> None:
    layer = nn.BatchNorm2d(3, momentum=None)
    batches = [draw(4, 3, 2, 2, seed=i) for i in range(3)]
    for x in batches:
        layer(x)
    close(layer.running_mean, np.mean([x.numpy().mean((0, 2, 3)) for x in batches], 0))
    close(layer.running_var, np.mean([x.numpy().var((0, 2, 3), ddof=1) for x in batches], 0))


def test_without_running_statistics_those_of_the_batch_serve_always() -> None:
    layer = nn.BatchNorm1d(3, track_running_stats=False)
    x = draw(6, 3)
    trained = layer(x)
    np.testing.assert_array_equal(layer.eval()(x).numpy(), trained.numpy())


def test_instance_norm_keeps_the_mean_of_its_examples_statistics() -> None:
    layer = nn.InstanceNorm1d(3, momentum=1.0, track_running_stats=True)
    x = draw(4, 3, 5)
    layer(x)
    close(layer.running_mean, x.numpy().mean(2).mean(0))
    close(layer.running_var, x.numpy().var(2, ddof=1).mean(0))
    assert layer.num_batches_tracked.item() == 0  # what is counted is what a mean is taken of
    expected = (x.numpy() - x.numpy().mean(2).mean(0)[:, None]) / np.sqrt(
        x.numpy().var(2, ddof=1).mean(0)[:, None] + 1e-5
    )
    close(layer.eval()(x), expected)


def test_instance_norm_takes_the_mean_of_all_batches() -> None:
    layer = nn.InstanceNorm1d(3, momentum=None, track_running_stats=True)
    batches = [draw(4, 3, 5, seed=i) for i in range(3)]
    for x in batches:
        layer(x)
    close(layer.running_mean, np.mean([x.numpy().mean((0, 2)) for x in batches], 0))


def test_an_example_without_a_batch() -> None:
    x = draw(3, 4, 2)
    layer = nn.InstanceNorm2d(3)
    np.testing.assert_array_equal(layer(x).numpy(), layer(x[None])[0].numpy())


def test_an_empty_batch_changes_nothing() -> None:
    layer = nn.BatchNorm1d(3, momentum=None)
    before = layer.state_dict()
    x = lucid.zeros((0, 3), requires_grad=True)
    layer(x).sum().backward()
    assert x.grad is not None
    assert x.grad.shape == (0, 3)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name].numpy())


def test_statistics_hold_no_graph_and_earlier_values_stay() -> None:
    layer = nn.BatchNorm1d(3)
    earlier = layer.running_mean.detach()
    y = layer(draw(4, 3, requires_grad=True))
    assert not layer.running_mean.requires_grad
    assert earlier.tolist() == [0, 0, 0]
    layer(draw(4, 3, seed=1))  # the graph of y still has what it needs
    y.sum().backward()


def test_a_call_that_fails_moves_nothing() -> None:
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ShapeError):
        layer(draw(4, 3), residual=draw(4, 2))
    assert layer.running_mean.tolist() == [0, 0, 0]
    assert layer.num_batches_tracked.item() == 0


# ----------------------------------------------------------------- activation and residual


@pytest.mark.parametrize("shape", [(4, 3, 2, 2), (4, 16, 8, 8)])  # below and above where kernels begin
@pytest.mark.parametrize("training", [True, False])
def test_activation_and_residual(shape: tuple[int, ...], training: bool) -> None:
    fused, plain = nn.BatchNorm2d(shape[1], activation="relu"), nn.BatchNorm2d(shape[1])
    fused.train(training)
    plain.train(training)
    x, r = draw(*shape), draw(*shape, seed=1)
    found = []
    for call in (lambda a, b: fused(a, b), lambda a, b: F.relu(plain(a) + b)):
        a, b = x.detach().requires_grad_(), r.detach().requires_grad_()
        y = call(a, b)
        (y * y).sum().backward()
        found.append((y.detach(), a.grad, b.grad))
    for one, other in zip(*found, strict=True):
        close(one, other.numpy(), atol=1e-5)
    close(fused.weight.grad, plain.weight.grad.numpy(), atol=1e-3)
    close(fused.running_var, plain.running_var.numpy())


def test_half_precision_is_computed_in_single() -> None:
    # The squares of these overflow in half precision.
    x = Tensor([[300.0, -300.0, 0.0, 600.0]], dtype=lucid.float16)
    for y in (
        F.layer_norm(x, 4),
        F.rms_norm(x, 4),
        F.group_norm(x, 1),
        F.batch_norm(x.T, None, None, training=True).T,
    ):
        assert y.dtype == lucid.float16
        assert np.isfinite(y.numpy()).all()
        assert abs(y.numpy()).max() > 1
    # Where eps is not given, it is that of single precision.
    tiny = F.rms_norm(Tensor([1e-3, 1e-3], dtype=lucid.float16), 2)
    close(tiny.astype(lucid.float32), 0.945, atol=2e-3)


@every_device
def test_the_result_has_the_dtype_of_x(device: str) -> None:
    x, w = lucid.ones((2, 4), dtype=lucid.float16, device=device), lucid.ones(4, device=device)
    assert F.layer_norm(x, 4, w).dtype == lucid.float16
    assert F.batch_norm(x, w, w, w).dtype == lucid.float16


# ----------------------------------------------------------------- what is refused

x = lucid.zeros((4, 3))
image = lucid.zeros((2, 3, 4, 4))
w = lucid.ones(3)

BAD: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    # functions
    (
        lambda: F.batch_norm([[1.0]], None, None),
        ArgumentTypeError,
        "batch_norm expects x to be a Tensor, got list",
    ),
    (lambda: F.batch_norm(Tensor([[1]]), None, None), DTypeError, "x to hold floats, got int64"),
    (lambda: F.batch_norm(w, None, None), ShapeError, r"x of shape \(N, C, ...\), got \(3,\)"),
    (
        lambda: F.batch_norm(x, None, None),
        ArgumentError,
        "batch_norm needs running_mean and running_var when not training: pass them, or training=True",
    ),
    (
        lambda: F.batch_norm(x[:1], None, None, training=True),
        ShapeError,
        r"batch_norm expects more than one value per channel in training, got shape \(1, 3\): the variance",
    ),
    (lambda: F.batch_norm(x, w, None), ArgumentTypeError, "running_var to be a Tensor, got NoneType"),
    (lambda: F.batch_norm(x, w.numpy(), w), ArgumentTypeError, "running_mean to be a Tensor, got ndarray"),
    (lambda: F.batch_norm(x, w[:2], w), ShapeError, r"running_mean of shape \(3,\) for x of shape \(4, 3\)"),
    (lambda: F.batch_norm(x, w, w, w[:2]), ShapeError, r"weight of shape \(3,\) for x .*, got \(2,\)"),
    (lambda: F.batch_norm(x, w, w, w, x), ShapeError, r"bias of shape \(3,\) for x .*, got \(4, 3\)"),
    (lambda: F.batch_norm(x, w, w, training=1), ArgumentTypeError, "training to be True or False, got 1"),
    (lambda: F.batch_norm(x, w, w, momentum=2), ArgumentError, "momentum to be from 0 to 1, got 2"),
    (lambda: F.batch_norm(x, w, w, momentum=None), ArgumentTypeError, "momentum to be a number, got None"),
    (lambda: F.batch_norm(x, w, w, eps=-1), ArgumentError, "eps to be finite and at least 0, got -1"),
    (
        lambda: F.batch_norm(x, w, w, activation="gelu"),
        ArgumentError,
        "activation to be one of 'relu', got 'gelu'",
    ),
    (lambda: F.batch_norm(x, w, w, residual=w), ShapeError, r"a residual of shape \(4, 3\), got \(3,\)"),
    (
        lambda: F.instance_norm(lucid.zeros((2, 3, 1))),
        ShapeError,
        r"instance_norm expects more than one value per channel of an example, got shape \(2, 3, 1\)",
    ),
    (
        lambda: F.instance_norm(image, use_input_stats=False),
        ArgumentError,
        "instance_norm needs running_mean and running_var with use_input_stats=False",
    ),
    (lambda: F.group_norm(image, 2), ShapeError, "channels that divide into num_groups=2, got 3"),
    (lambda: F.group_norm(x, 0), ArgumentError, "num_groups to be a positive integer, got 0"),
    (lambda: F.group_norm(x[:1], 3), ShapeError, "group_norm expects more than one value per group"),
    (lambda: F.layer_norm(x, 4), ShapeError, r"layer_norm expects x of shape \(\*, 4\), got \(4, 3\)"),
    (lambda: F.layer_norm(x, (2, 4, 3)), ShapeError, r"x of shape \(\*, 2, 4, 3\), got \(4, 3\)"),
    (lambda: F.layer_norm(x, ()), ShapeError, r"at least one axis in normalized_shape, got \(\)"),
    (lambda: F.layer_norm(x, 3.0), ArgumentTypeError, "normalized_shape to be an integer, got 3.0"),
    (lambda: F.layer_norm(x, 3, w[:2]), ShapeError, r"weight of shape \(3,\)"),
    (lambda: F.rms_norm(x, 3, x), ShapeError, r"weight of shape \(3,\) .*, got \(4, 3\)"),
    (lambda: F.rms_norm(x, 3, eps="1"), ArgumentTypeError, "eps to be a number, got '1'"),
    # layers
    (
        lambda: nn.BatchNorm2d(0),
        ArgumentError,
        "BatchNorm2d expects num_features to be a positive integer, got 0",
    ),
    (lambda: nn.BatchNorm1d(3, momentum=-1), ArgumentError, "BatchNorm1d expects momentum to be from 0 to 1"),
    (
        lambda: nn.BatchNorm1d(3, activation="tanh"),
        ArgumentError,
        "activation to be one of 'relu', got 'tanh'",
    ),
    (lambda: nn.BatchNorm1d(3, affine="no"), ArgumentTypeError, "affine to be True or False, got 'no'"),
    (
        lambda: nn.BatchNorm2d(3)(x),
        ShapeError,
        r"BatchNorm2d expects x of shape \(N, C, H, W\), got \(4, 3\)",
    ),
    (
        lambda: nn.BatchNorm2d(4)(image),
        ShapeError,
        r"BatchNorm2d expects x.shape\[1\] == 4 \(num_features\), got shape \(2, 3, 4, 4\)",
    ),
    (lambda: nn.BatchNorm1d(3)(x[:1]), ShapeError, "more than one value per channel in training"),
    (lambda: nn.InstanceNorm1d(3)(x), ShapeError, r"x.shape\[0\] == 3 \(num_features\), got shape \(4, 3\)"),
    (lambda: nn.InstanceNorm2d(4)(image), ShapeError, r"x.shape\[1\] == 4 \(num_features\)"),
    (lambda: nn.GroupNorm(2, 3), ArgumentError, "num_channels that divide into num_groups=2, got 3"),
    (lambda: nn.GroupNorm(2, 4)(x), ShapeError, r"x.shape\[1\] == 4 \(num_channels\), got shape \(4, 3\)"),
    (lambda: nn.LayerNorm(0), ArgumentError, "normalized_shape to be a positive integer, got 0"),
    (lambda: nn.LayerNorm(())(x), ShapeError, "at least one axis"),
    (
        lambda: nn.LayerNorm(4)(x),
        ShapeError,
        r"LayerNorm expects x.shape\[-1:\] == \(4,\) \(normalized_shape\), got shape \(4, 3\)",
    ),
    (lambda: nn.RMSNorm((4, 4))(x), ShapeError, r"RMSNorm expects x.shape\[-2:\] == \(4, 4\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_one_value_per_channel_is_enough_in_use() -> None:
    close(nn.BatchNorm1d(3).eval()(x[:1]), 0)


def test_under_vmap_running_statistics_stay_outside() -> None:
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ArgumentError, match="return the new value instead"):
        lucid.func.vmap(layer)(lucid.ones((2, 4, 3)))
    assert lucid.func.vmap(layer.eval())(lucid.ones((2, 4, 3))).shape == (2, 4, 3)


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("layer", [nn.BatchNorm1d, nn.InstanceNorm1d])
def test_what_vmap_refuses_leaves_a_layer_as_it_was(layer: Any, momentum: float | None) -> None:
    """The count of batches too."""
    norm = layer(3, momentum=momentum, track_running_stats=True)
    norm(lucid.random.normal((2, 3, 4)))
    before = {name: b.tolist() for name, b in norm.named_buffers()}
    with pytest.raises(ArgumentError, match="differs between examples"):
        lucid.func.vmap(norm)(lucid.random.normal((5, 2, 3, 4)))
    assert {name: b.tolist() for name, b in norm.named_buffers()} == before
    same = lucid.random.normal((2, 3, 4))
    lucid.func.vmap(lambda y: norm(same) + y)(lucid.zeros((5, 2, 3, 4)))  # one batch for all
    counted = layer is nn.BatchNorm1d or momentum is None
    assert norm.num_batches_tracked.item() == (2 if counted else 0)
