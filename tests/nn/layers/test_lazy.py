"""Lazy layers before, at and after their first call, and state that waits for its shape."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor, nn, optim
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    GradientError,
    LucidError,
    ShapeError,
    StateError,
)
from lucid.func import vmap

WAITING = "has no shape and no values yet: call the module that it is in once with an input"

# Each lazy layer, the layer that it becomes, and a first input.
BOTH: list[tuple[Callable[[], Any], Callable[[], Any], tuple[int, ...]]] = [
    (lambda: nn.LazyLinear(3), lambda: nn.Linear(5, 3), (2, 5)),
    (
        lambda: nn.LazyLinear(3, False, activation="relu"),
        lambda: nn.Linear(5, 3, False, activation="relu"),
        (5,),
    ),
    (lambda: nn.LazyConv1d(4, 3, groups=2), lambda: nn.Conv1d(2, 4, 3, groups=2), (2, 2, 5)),
    (lambda: nn.LazyConv2d(4, 3, 2, 1, bias=False), lambda: nn.Conv2d(2, 4, 3, 2, 1, bias=False), (2, 5, 5)),
    (lambda: nn.LazyConv3d(2, 2), lambda: nn.Conv3d(3, 2, 2), (1, 3, 2, 2, 2)),
    (lambda: nn.LazyConvTranspose1d(4, 3), lambda: nn.ConvTranspose1d(2, 4, 3), (2, 5)),
    (
        lambda: nn.LazyConvTranspose2d(4, 3, 2, 1, 1, 2),
        lambda: nn.ConvTranspose2d(2, 4, 3, 2, 1, 1, 2),
        (1, 2, 4, 4),
    ),
    (lambda: nn.LazyConvTranspose3d(2, 2), lambda: nn.ConvTranspose3d(3, 2, 2), (1, 3, 2, 2, 2)),
    (lambda: nn.LazyBatchNorm1d(), lambda: nn.BatchNorm1d(5), (2, 5)),
    (lambda: nn.LazyBatchNorm2d(1e-3, 0.2), lambda: nn.BatchNorm2d(3, 1e-3, 0.2), (2, 3, 2, 2)),
    (lambda: nn.LazyBatchNorm3d(affine=False), lambda: nn.BatchNorm3d(3, affine=False), (2, 3, 2, 2, 2)),
    (lambda: nn.LazyInstanceNorm1d(), lambda: nn.InstanceNorm1d(3, 1e-5, 0.1, True, True), (3, 4)),
    (
        lambda: nn.LazyInstanceNorm2d(affine=False, track_running_stats=False),
        lambda: nn.InstanceNorm2d(3),
        (2, 3, 2, 2),
    ),
    (
        lambda: nn.LazyInstanceNorm3d(bias=False),
        lambda: nn.InstanceNorm3d(3, 1e-5, 0.1, True, True, bias=False),
        (2, 3, 2, 2, 2),
    ),
]


def model() -> nn.Sequential:
    return nn.Sequential(nn.LazyConv1d(4, 2), nn.LazyBatchNorm1d(), nn.LazyLinear(2))


x = lucid.random.normal((2, 3, 6), generator=lucid.random.Generator(0))


@pytest.mark.parametrize(("make", "plain", "shape"), BOTH)
def test_the_first_call_makes_it_the_plain_layer(make: Any, plain: Any, shape: tuple[int, ...]) -> None:
    """With the same numbers drawn; its state stays the same objects."""
    layer, y = make(), lucid.random.normal(shape)
    name = type(layer).__name__
    assert name.startswith("Lazy")
    assert repr(layer).startswith(f"{name}(?")
    assert isinstance(layer, type(plain()))
    state = [*layer.parameters(), *layer.buffers()]
    lucid.random.seed(1)
    expected = plain()
    lucid.random.seed(1)
    with lucid.no_grad():
        found = layer(y)
    assert (type(layer), repr(layer)) == (type(expected), repr(expected))
    assert all(a is b for a, b in zip(state, [*layer.parameters(), *layer.buffers()], strict=True))
    assert {type(t) for t in state} <= {nn.Parameter, nn.Buffer}
    assert all(p.requires_grad and p.is_leaf for p in layer.parameters())
    np.testing.assert_array_equal(found.numpy(), expected(y).detach().numpy())
    assert list(layer.state_dict()) == list(expected.state_dict())
    for a, b in zip(layer.state_dict().values(), expected.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


# ----------------------------------------------------------------- before


@pytest.mark.parametrize(
    "use",
    [
        lambda p: p.shape,
        lambda p: p.size,
        lambda p: p + 1,
        lambda p: 1 * p,
        lambda p: p.numpy(),
        lambda p: np.asarray(p),
        lambda p: p.sum(),
        lambda p: p[0],
        lambda p: len(p),
        lambda p: Tensor(p),
        lambda p: nn.Parameter(p),
        lambda p: lucid.concat([p, p]),
        lambda p: nn.init.zeros_(p),
        lambda p: p.copy_(1.0),
        lambda p: nn.functional.linear(lucid.ones((2, 2)), p),
        lambda p: f"{p:.2f}",
        lambda p: setattr(p, "grad", lucid.ones(2)),
        lambda p: p.register_hook(print),
        lambda p: p.retain_grad(),
    ],
)
def test_a_use_says_what_to_do(use: Callable[[Any], Any]) -> None:
    with pytest.raises(ArgumentError, match=f"this UninitializedParameter {WAITING}"):
        use(nn.LazyLinear(2).weight)


def test_state_that_waits_is_listed_and_shown() -> None:
    layer = nn.LazyBatchNorm1d(dtype="float64")
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert repr(layer.weight) == str(layer.weight) == "UninitializedParameter(dtype=float64)"
    assert repr(layer.running_mean) == "UninitializedBuffer(dtype=float64)"
    assert layer.num_batches_tracked is not None
    assert layer.num_batches_tracked.item() == 0
    assert layer.num_features == 0
    layer.zero_grad()
    layer.reset_parameters()  # nothing to do
    with pytest.raises(ArgumentError, match=f"this UninitializedBuffer {WAITING}"):
        layer.running_mean = lucid.ones(2)
    with pytest.raises(GradientError, match="a Buffer tracks no gradients"):
        layer.running_mean.requires_grad_()
    with pytest.raises(DTypeError, match="only floats have gradients, got dtype=int64"):
        nn.UninitializedParameter(dtype="int64")
    assert not nn.UninitializedParameter(False, dtype="int64").requires_grad
    parameter = nn.UninitializedParameter()
    with pytest.raises(DTypeError, match="only floats have gradients, got dtype=int64"):
        parameter.materialize((2,), dtype="int64")
    assert isinstance(parameter, nn.UninitializedParameter)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_wait_on_their_own(copied: Callable[[Any], Any]) -> None:
    first = model().to(dtype="float64")
    first[0].weight.requires_grad_(False)
    other = copied(first)
    assert repr(other) == repr(first)
    first(x.astype("float64"))
    assert isinstance(other[0], nn.LazyConv1d)
    other(x.astype("float64"))
    assert not other[0].weight.requires_grad
    assert repr(copied(other)) == repr(first)


def test_what_is_done_before_is_remembered() -> None:
    layer = model().to(dtype="float64").requires_grad_(False)
    assert layer[1].num_batches_tracked.dtype == lucid.int64
    layer[2].requires_grad_()
    layer(x.astype("float64"))
    assert {p.dtype.name for p in (*layer.parameters(), *layer[1].buffers())} == {"float64", "int64"}
    assert [p.requires_grad for p in layer.parameters()] == [False] * 4 + [True] * 2


def test_it_is_made_on_the_device_that_it_was_moved_to() -> None:
    pytest.importorskip("jax")
    layer = nn.LazyLinear(2).to("xla:cpu")
    assert layer.weight.device == "xla:cpu"
    assert repr(layer.weight) == "UninitializedParameter(dtype=float32, device=xla:cpu)"
    assert layer(x.to("xla:cpu")).device == "xla:cpu"
    assert layer.weight.device == "xla:cpu"


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam])
def test_an_optimizer_made_before_goes_on_working(make: Any) -> None:
    layer = nn.LazyLinear(1)
    optimizer = make(layer.parameters(), lr=0.1)
    optimizer.step()
    optimizer.zero_grad()
    layer(x).sum().backward()
    before = [p.numpy().copy() for p in layer.parameters()]
    optimizer.step()
    assert all((p.numpy() != b).all() for p, b in zip(layer.parameters(), before, strict=True))


def test_summary() -> None:
    layer = model()
    waiting = layer.summary()
    assert waiting.parameters == 0
    assert waiting.endswith("0 bytes; 6 without a shape, until the model is called")
    assert layer.summary((2, 3, 6)).parameters == 4 * 3 * 2 + 4 + 8 + 2 * 5 + 2
    assert type(layer[2]) is nn.Linear
    assert layer[1].num_batches_tracked.item() == 0
    assert layer.training


# ----------------------------------------------------------------- first calls that fail


@pytest.mark.parametrize(
    ("make", "given", "error", "message"),
    [
        (
            lambda: nn.LazyLinear(2),
            Tensor(1.0),
            ShapeError,
            r"LazyLinear expects x of shape \(\*, in_features\)",
        ),
        (lambda: nn.LazyLinear(2), [1.0], ArgumentTypeError, "LazyLinear expects a Tensor, got list"),
        (
            lambda: nn.LazyLinear(2),
            lucid.ones((2, 0)),
            ArgumentError,
            "in_features to be a positive integer, got 0",
        ),
        (
            lambda: nn.LazyConv2d(2, 3),
            x[0],
            ShapeError,
            r"LazyConv2d expects x of shape \(N, in_channels, H, W\)",
        ),
        (
            lambda: nn.LazyConv1d(2, 3, groups=2),
            x,
            ArgumentError,
            "in_channels to be a multiple of groups, got 3",
        ),
        (lambda: nn.LazyConv1d(2, 9), x, LucidError, "Conv1d|conv1d"),
        (lambda: nn.LazyBatchNorm2d(), x, ShapeError, r"LazyBatchNorm2d expects x of shape \(N, C, H, W\)"),
        (lambda: nn.LazyBatchNorm1d(), x[:1, :, 0], LucidError, "batch_norm"),
        (lambda: nn.LazyInstanceNorm1d(), x[:, :, :1], LucidError, "instance_norm"),
    ],
)
def test_a_call_that_fails_changes_nothing(make: Any, given: Any, error: Any, message: str) -> None:
    layer = make()
    attributes, cls, shown = dict(vars(layer)), type(layer), repr(layer)
    with pytest.raises(error, match=message) as caught:
        layer(given)
    assert cls.__name__ in caught.value.__notes__[0]
    assert (type(layer), repr(layer), vars(layer)) == (cls, shown, attributes)
    for state in (*layer.parameters(), *layer.buffers()):
        assert isinstance(state, (nn.UninitializedParameter, nn.UninitializedBuffer)) or state.ndim == 0
        assert state.is_leaf
    layer(lucid.ones((2, 4, 9, 9) if "2d" in cls.__name__ else (2, 4, 9)))
    assert type(layer) is cls.cls_to_become


def test_the_first_call_is_not_inside_of_vmap() -> None:
    layer = nn.LazyLinear(2)
    with pytest.raises(ArgumentError, match="LazyLinear: call it once with an input outside of vmap first"):
        vmap(layer)(x)
    layer(x[0])
    assert vmap(layer)(x).shape == (2, 3, 2)


def test_the_first_call_is_not_inside_of_jit() -> None:
    """Or numbers of the program that is compiled would stay in the layer."""
    jax = pytest.importorskip("jax")
    layer = nn.LazyLinear(2, device="xla:cpu")
    with pytest.raises(ArgumentError, match="LazyLinear: call it once with an input outside of jit first"):
        jax.eval_shape(lambda: layer(lucid.ones((1, 3), device="xla:cpu"))._array)
    assert isinstance(layer.weight, nn.UninitializedParameter)


def test_hooks_threads_and_keywords() -> None:
    layer = nn.LazyLinear(2)
    seen: list[str] = []
    layer.register_forward_pre_hook(lambda module, args: seen.append(type(module).__name__))
    layer.register_forward_hook(lambda module, args, output: seen.append(type(module).__name__))
    layer(x=x)
    assert seen == ["LazyLinear", "Linear"]
    shared = nn.LazyLinear(2)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(shared(x).detach().numpy())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all((a == found[0]).all() for a in found)


# ----------------------------------------------------------------- state


def test_state_that_is_loaded_gives_the_size() -> None:
    source, layer = model(), model().to(dtype="float64")
    source(x)
    parameters = list(layer.parameters())
    lucid.random.seed(5)
    draws = lucid.random.default_generator().state_dict()
    result = layer.load_state_dict({name: value.numpy() for name, value in source.state_dict().items()})
    assert lucid.random.default_generator().state_dict() == draws  # nothing was drawn that is not kept
    assert result == ((), ())
    assert repr(layer) == repr(source)
    assert all(a is b for a, b in zip(parameters, layer.parameters(), strict=True))
    for a, b in zip(layer.state_dict().values(), source.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    y = layer.eval()(x.astype("float64"))
    np.testing.assert_allclose(y.detach().numpy(), source.eval()(x).detach().numpy(), 1e-5, 1e-6)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", ["Conv1d", "ConvTranspose1d"])
def test_the_size_of_kernels_in_groups(name: str, groups: int) -> None:
    source = getattr(nn, name)(6, 4, 3, groups=groups)
    layer = getattr(nn, f"Lazy{name}")(4, 3, groups=groups)
    layer.load_state_dict(source.state_dict())
    assert (type(layer), layer.in_channels) == (type(source), 6)


def test_a_size_that_is_no_multiple_of_groups() -> None:
    layer = nn.LazyConvTranspose1d(4, 3, groups=2, bias=False)
    with pytest.raises(StateError, match=r"LazyConvTranspose1d takes no size from \(5, 2, 3\)"):
        layer.load_state_dict({"weight": lucid.ones((5, 2, 3))})


def test_state_without_values() -> None:
    layer = nn.LazyLinear(2)
    state = layer.state_dict()
    assert list(state) == ["weight", "bias"]
    assert all(isinstance(value, nn.UninitializedParameter) for value in state.values())
    assert nn.LazyLinear(2).load_state_dict(state) == ((), ())
    layer(x)
    assert repr(state["weight"]) == "UninitializedParameter(dtype=float32)"  # it was a copy
    with pytest.raises(StateError, match="weight: there are no values yet: call the module that was saved"):
        layer.load_state_dict(state)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"weight": lucid.ones((3, 5)), "bias": lucid.ones(2)}, r"weight: expected \(2, 5\), got \(3, 5\)"),
        ({"weight": lucid.ones((2, 5)), "bias": lucid.ones(3)}, r"bias: expected \(2,\), got \(3,\)"),
        ({"weight": lucid.ones(5), "bias": lucid.ones(2)}, r"weight: LazyLinear takes no size from \(5,\)"),
        (
            {"weight": lucid.ones((2, 0)), "bias": lucid.ones(2)},
            r"weight: LazyLinear takes no size from \(2, 0\)",
        ),
        ({"weight": lucid.ones((2, 5))}, "missing"),
        ({"weight": lucid.ones((2, 5), dtype="int64"), "bias": lucid.ones(2)}, "weight: expected floats"),
    ],
)
def test_state_that_does_not_fit_changes_nothing(state: dict[str, Any], message: str) -> None:
    layer = nn.LazyLinear(2)
    with pytest.raises(StateError, match=message):
        layer.load_state_dict(state)
    assert type(layer) is nn.LazyLinear
    assert all(isinstance(p, nn.UninitializedParameter) for p in layer.parameters())


def test_a_part_of_the_state() -> None:
    """The weight alone gives the size, and the bias is drawn; the bias alone is kept, and gives none."""
    layer = nn.LazyLinear(2)
    layer.load_state_dict({"bias": lucid.ones(2)}, strict=False)
    assert type(layer) is nn.LazyLinear
    layer.load_state_dict({"weight": lucid.ones((2, 9))}, strict=False)
    assert type(layer) is nn.Linear
    assert (layer.bias.numpy() == 1).all()
    layer = nn.LazyLinear(2)
    with pytest.raises(StateError, match=r"bias: expected \(2,\), got \(3,\)"):
        layer.load_state_dict({"bias": lucid.ones(3)}, strict=False)
    assert layer.load_state_dict({}, strict=False).missing == ("weight", "bias")
    assert type(layer) is nn.LazyLinear
    layer.load_state_dict({"weight": lucid.ones((2, 9))}, strict=False)
    assert type(layer) is nn.Linear
    assert (layer.weight.numpy() == 1).all()
    assert 0 < abs(layer.bias.numpy()).max() <= 1 / 3


def test_what_has_values_keeps_them() -> None:
    """Drawing the rest is not for what another module shares, or what was given."""
    encoder, decoder = nn.Linear(3, 4), nn.LazyLinear(4)
    before = encoder.weight.numpy().copy()
    decoder.weight = encoder.weight
    decoder(lucid.ones((1, 3)))
    assert decoder.weight is encoder.weight
    np.testing.assert_array_equal(encoder.weight.numpy(), before)
    assert abs(decoder.bias.numpy()).max() > 0
    partly = {"weight": lucid.ones((2, 9))}
    for first in (lambda m: m(lucid.ones((1, 9))), lambda m: m.load_state_dict(partly, strict=False)):
        layer = nn.LazyLinear(2)
        layer.bias = bias = nn.Parameter([5.0, 6.0])
        first(layer)
        assert layer.bias is bias
        assert bias.tolist() == [5, 6]
        assert bias.is_leaf


def test_layers_that_share_a_weight() -> None:
    first, second = nn.LazyLinear(2), nn.LazyLinear(2)
    second.weight = first.weight
    other = copy.copy(first)
    first(x)
    with pytest.raises(ShapeError, match=r"Linear expects x.shape\[-1\] == 6"):
        second(x[..., :4])
    assert type(second) is nn.LazyLinear
    second(x)
    np.testing.assert_array_equal(other(x).detach().numpy(), first(x).detach().numpy())
    assert second.weight is first.weight is other.weight
    assert type(other) is nn.Linear


def test_state_of_any_module_may_wait() -> None:
    class Scale(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.UninitializedParameter()
            self.seen = nn.UninitializedBuffer(persistent=False)

    layer = Scale()
    assert list(layer.state_dict()) == ["weight"]
    layer.load_state_dict({"weight": lucid.ones(3)})
    assert layer.weight.tolist() == [1, 1, 1]
    assert layer.weight.requires_grad
    layer.seen.materialize((2,), dtype="float64")
    assert repr(layer.seen) == "Buffer([0.0, 0.0], dtype=float64)"
    assert not layer.seen.persistent


# ----------------------------------------------------------------- bad arguments


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.LazyLinear(0), "LazyLinear expects out_features to be a positive integer, got 0"),
        (lambda: nn.LazyLinear(2, activation="tan"), "LazyLinear expects activation to be one of"),
        (lambda: nn.LazyConv2d(2, 0), "LazyConv2d expects kernel_size"),
        (lambda: nn.LazyConv2d(3, 1, groups=2), "LazyConv2d expects out_channels to be a multiple of groups"),
        (lambda: nn.LazyConv2d(3, 1, groups=0), "LazyConv2d expects groups to be a positive integer, got 0"),
        (lambda: nn.LazyConv1d(3, 1, padding_mode="none"), "LazyConv1d expects padding_mode to be one of"),
        (
            lambda: nn.LazyConvTranspose2d(3, 1, output_padding=1),
            "LazyConvTranspose2d expects output_padding",
        ),
        (lambda: nn.LazyBatchNorm1d(-1), "LazyBatchNorm1d expects eps"),
        (lambda: nn.LazyInstanceNorm3d(affine=1), "LazyInstanceNorm3d expects affine to be True or False"),
        (lambda: nn.LazyConv2d(2, 1, dim=1), r"LazyConv2d\(\) got an unexpected keyword argument 'dim'"),
    ],
)
def test_bad_arguments(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message):
        make()
