"""Parametrized modules: how they are made, shown, copied, set and removed. Values are in tests/parity."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
from abc import ABC
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, LucidError, ShapeError
from lucid.nn.utils import parametrizations, parametrize
from lucid.nn.utils.orthogonal_maps import householder, matrix_exp
from lucid.testing import check_grads

copies = pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)


class Symmetric(nn.Module):
    """Of the upper triangle; counts how often it is called."""

    calls = 0

    def forward(self, x: Any) -> Any:
        """Return a symmetric matrix."""
        self.calls += 1
        return lucid.triu(x) + lucid.triu(x, k=1).mT

    def right_inverse(self, x: Any) -> Any:
        """Return the upper triangle."""
        return lucid.triu(x)


class Doubled(nn.Module):
    """Without an inverse."""

    def forward(self, x: Any) -> Any:
        """Return twice ``x``."""
        return 2 * x


class Summed(nn.Module):
    """Of two originals."""

    def forward(self, a: Any, b: Any) -> Any:
        """Return the sum."""
        return a + b

    def right_inverse(self, x: Any) -> Any:
        """Return two parts."""
        return x / 4, 3 * x / 4


class Short(nn.Module):
    """Of an original of another shape."""

    def forward(self, x: Any) -> Any:
        """Return rows that are all alike."""
        return lucid.broadcast_to(x, (3, 3))

    def right_inverse(self, x: Any) -> Any:
        """Return the first row."""
        return x[:1]


class Abstract(nn.Linear, ABC):
    """A layer with a metaclass."""


MAKERS: dict[str, Any] = {
    "symmetric": lambda: parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric()),
    "summed": lambda: parametrize.register_parametrization(nn.Linear(3, 3), "weight", Summed()),
    "two of one": lambda: parametrize.register_parametrization(
        parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric()), "weight", Doubled()
    ),
    "two": lambda: parametrizations.weight_norm(parametrizations.spectral_norm(nn.Linear(3, 3)), "bias"),
    "buffer": lambda: parametrize.register_parametrization(nn.BatchNorm1d(3), "running_mean", Doubled()),
    "abstract": lambda: parametrize.register_parametrization(Abstract(3, 3), "weight", Doubled()),
    "lstm": lambda: parametrizations.weight_norm(nn.LSTM(3, 2), "weight_hh_l0"),
    "orthogonal": lambda: parametrizations.orthogonal(nn.Linear(3, 3)),
    "old weight": lambda: nn.utils.weight_norm(nn.Linear(3, 3)),
    "old spectral": lambda: nn.utils.spectral_norm(nn.Linear(3, 3)),
}


def first(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output


@pytest.mark.parametrize("kind", MAKERS)
@copies
def test_copies_are_apart_and_compute_the_same(kind: str, copied: Any) -> None:
    model = nn.Sequential(MAKERS[kind]())
    other = copied(model)
    assert type(other[0]) is type(model[0])
    assert repr(other) == repr(model)
    assert list(other.state_dict()) == list(model.state_dict())
    x = lucid.random.normal((4, 3))
    for mode in (True, False):
        expected = first(model.train(mode)(x))
        np.testing.assert_array_equal(first(other.train(mode)(x)).numpy(), expected.numpy())
    first(other(x)).sum().backward()
    assert [p.grad is None for p in model.parameters()] == [True] * len(list(model.parameters()))
    with lucid.no_grad():
        for p in other.parameters():
            p += 1
    np.testing.assert_array_equal(first(model(x)).numpy(), expected.numpy())
    assert (first(other(x)).numpy() != expected.numpy()).any()


@pytest.mark.parametrize("kind", MAKERS)
def test_state_is_loaded(kind: str) -> None:
    model, other = MAKERS[kind]().eval(), MAKERS[kind]().eval()
    other.load_state_dict(model.state_dict())
    x = lucid.random.normal((4, 3))
    np.testing.assert_array_equal(first(other(x)).numpy(), first(model(x)).numpy())
    assert model.to(dtype="float64")(x.astype("float64")) is not None


def test_the_parameter_stays_the_object_that_it_was() -> None:
    """An optimizer made before goes on learning it, and after removal too."""
    layer = nn.Linear(3, 3)
    weight = layer.weight
    optimizer = optim.SGD([weight], lr=0.1)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert layer.parametrizations.weight.original is weight
    for _ in range(2):
        before = layer.weight.numpy()
        optimizer.zero_grad()
        layer(lucid.ones(3)).sum().backward()
        optimizer.step()
        assert (layer.weight.numpy() != before).any()
        np.testing.assert_array_equal(layer.weight.numpy(), layer.weight.numpy().T)
    value = layer.weight.numpy()
    parametrize.remove_parametrizations(layer, "weight")
    assert layer.weight is weight
    np.testing.assert_array_equal(layer.weight.numpy(), value)


def test_classes_are_made_once_and_given_back() -> None:
    a, b = MAKERS["symmetric"](), MAKERS["symmetric"]()
    assert type(a) is type(b)
    assert isinstance(a, nn.Linear)
    assert type(a).__name__ == "ParametrizedLinear"
    assert parametrize.type_before_parametrizations(a) is nn.Linear
    assert parametrize.type_before_parametrizations(nn.Linear(1, 1)) is nn.Linear
    parametrizations.weight_norm(a, "bias")
    assert type(a) is not type(b)
    parametrize.remove_parametrizations(a, "weight")
    assert parametrize.is_parametrized(a)
    assert not parametrize.is_parametrized(a, "weight")
    parametrize.remove_parametrizations(a, "bias")
    assert type(a) is nn.Linear
    assert not hasattr(a, "parametrizations")
    assert parametrize.is_parametrized(b, "weight")


def test_a_class_dies_with_those_that_are_made_of_it() -> None:
    def made() -> Any:
        class Own(nn.Linear):
            """Of a function."""

        return parametrize.register_parametrization(Own(2, 2), "weight", Doubled())

    module = made()
    names = [cls.__name__ for cls in nn.Linear.__subclasses__()]
    assert "Own" in names
    del module
    gc.collect()
    assert "Own" not in [cls.__name__ for cls in nn.Linear.__subclasses__()]


def test_shallow_copies_are_apart() -> None:
    layer = MAKERS["symmetric"]()
    other = copy.copy(layer)
    parametrize.remove_parametrizations(other, "weight", leave_parametrized=False)
    assert parametrize.is_parametrized(layer, "weight")
    assert layer.weight.shape == (3, 3)
    assert type(other) is nn.Linear


def test_several_originals() -> None:
    layer = nn.Linear(3, 3)
    layer.weight.requires_grad_(False)
    value = layer.weight.numpy()
    parametrize.register_parametrization(layer, "weight", Summed())
    assert list(layer.state_dict()) == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    assert not layer.parametrizations.weight.original0.requires_grad
    np.testing.assert_allclose(layer.weight.numpy(), value, rtol=1e-6)
    layer.weight = lucid.ones((3, 3))
    np.testing.assert_array_equal(layer.parametrizations.weight.original1.numpy(), np.full((3, 3), 0.75))
    with pytest.raises(ArgumentError, match="computed from 2 tensors, and none of them could take its place"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    parametrize.remove_parametrizations(layer, "weight")
    assert (layer.weight.requires_grad, layer.weight.tolist()[0]) == (False, [1, 1, 1])


def test_an_original_of_another_shape() -> None:
    layer = nn.Linear(3, 3)
    weight, value = layer.weight, layer.weight.numpy()
    parametrize.register_parametrization(layer, "weight", Short())
    assert weight.shape == (1, 3)
    layer(lucid.ones(3)).sum().backward()
    assert weight.grad.tolist() == [[3, 3, 3]]
    np.testing.assert_array_equal(layer.weight.numpy(), value[[0, 0, 0]])
    parametrize.remove_parametrizations(layer, "weight")
    assert layer.weight is weight
    assert weight.shape == (3, 3)


def test_buffers() -> None:
    norm = MAKERS["buffer"]()
    norm.parametrizations["running_mean"].original.copy_(3.0)
    assert norm.running_mean.tolist() == [6, 6, 6]
    assert list(dict(norm.named_buffers())) == [
        "running_var",
        "num_batches_tracked",
        "parametrizations.running_mean.original",
    ]
    parametrize.remove_parametrizations(norm, "running_mean")
    assert isinstance(norm.running_mean, nn.Buffer)
    assert norm.running_mean.tolist() == [6, 6, 6]


def test_cached() -> None:
    layer = MAKERS["symmetric"]()
    count = layer.parametrizations.weight[0]
    count.calls = 0
    with parametrize.cached():
        layer(layer(lucid.ones(3))).sum().backward()
        assert count.calls == 1
        with lucid.no_grad(), parametrize.cached():
            assert not layer.weight.requires_grad  # one that is not recorded is another
        assert layer.weight.requires_grad
        assert count.calls == 2
        layer.weight = lucid.ones((3, 3))
        assert layer.weight.tolist()[0] == [1, 1, 1]
        seen: list[Any] = []
        weight = layer.weight
        thread = threading.Thread(target=lambda: seen.append(layer.weight))
        thread.start()
        thread.join()
        assert seen[0] is not weight  # of this thread alone
    assert layer.weight is not layer.weight


class Tagged(nn.Linear):
    """A class of which no subclass can be made without saying more."""

    def __init_subclass__(cls, *, tag: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)


def test_what_is_cached_is_never_out_of_date() -> None:
    layer, other = (
        parametrizations.weight_norm(nn.Linear(3, 3)),
        parametrizations.weight_norm(nn.Linear(3, 3)),
    )
    x = lucid.ones((2, 3))
    with parametrize.cached():
        weight = layer.weight
        layer.load_state_dict(other.state_dict())
        assert lucid.allclose(layer.weight, other.weight)
        assert layer.to(dtype="float64").weight.dtype == lucid.float64
        layer.to(dtype="float32")
        weight = layer.weight
        parametrizations.spectral_norm(layer)
        assert layer.weight is not weight
        assert layer.weight is layer.weight
        parametrize.remove_parametrizations(layer, "weight")
        parametrizations.weight_norm(layer)
        weight = layer.weight
        lucid.func.vmap(lambda z: layer(z))(x)
        assert layer.weight is weight
        y = nn.utils.checkpoint(layer, nn.utils.checkpoint(layer, x))
        z = nn.utils.checkpoint(layer, x)
        y.sum().backward()
    z.sum().backward()


@pytest.mark.parametrize(
    "make",
    [
        parametrizations.orthogonal,
        nn.utils.weight_norm,
        nn.utils.spectral_norm,
        lambda layer: nn.utils.prune.identity(layer, "weight"),
    ],
)
def test_a_class_that_cannot_be_made_leaves_the_module(make: Any) -> None:
    layer = nn.Linear(3, 2)
    layer.__class__ = type("Leaf", (Tagged,), {}, tag="leaf")
    state = {key: value.tolist() for key, value in layer.state_dict().items()}
    with pytest.raises(
        ArgumentTypeError, match=r"a subclass of Leaf, and making one failed with TypeError: .*tag"
    ):
        make(layer)
    assert {key: value.tolist() for key, value in layer.state_dict().items()} == state
    assert layer(lucid.ones(3)).shape == (2,)


def test_the_class_of_a_parametrized_module_is_not_called() -> None:
    layer = parametrizations.weight_norm(nn.Linear(3, 2))
    with pytest.raises(ArgumentTypeError, match=r"ParametrizedLinear is the class .* can't be called"):
        type(layer)(3, 2)


def test_what_became_another_shape_keeps_its_hooks_and_no_state() -> None:
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Short(), unsafe=True)
    original, seen = layer.parametrizations.weight.original, []
    original.register_hook(lambda g: seen.append(g.shape))
    optimizer = optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    layer(lucid.ones(3)).sum().backward()
    optimizer.step()
    parametrize.remove_parametrizations(layer, "weight")
    assert layer.weight is original
    layer(lucid.ones(3)).sum().backward()
    assert seen == [(1, 3), (3, 3)]
    with pytest.raises(
        ShapeError, match=r"SGD: '1' is of shape \(3, 3\) now, and its momentum_buffer of shape \(1, 3\), not"
    ):
        optimizer.step()


def test_modes_devices_and_names_reach_the_parametrizations() -> None:
    layer = parametrizations.spectral_norm(nn.Linear(3, 2).eval())
    entry = layer.parametrizations.weight[0]
    assert not entry.training
    before = entry._u.numpy()
    assert layer.weight is not None
    np.testing.assert_array_equal(entry._u.numpy(), before)
    layer.train()
    with lucid.no_grad():
        layer.parametrizations.weight.original *= lucid.random.normal((2, 3))
    assert layer.weight is not None
    assert (entry._u.numpy() != before).any()
    assert [name for name, _ in layer.named_modules()] == [
        "",
        "parametrizations",
        "parametrizations.weight",
        "parametrizations.weight.0",
    ]
    other = parametrize.transfer_parametrizations_and_params(layer, nn.Linear(3, 2), "weight")
    assert other.parametrizations.weight[0] is entry
    assert other.parametrizations.weight.original is layer.parametrizations.weight.original


def test_attributes_of_its_own_may_fail() -> None:
    """An error inside of a parametrization is that error, with a note of where."""

    class Failing(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.nothing

    layer = nn.Linear(2, 2)
    value = layer.weight.numpy()
    with pytest.raises(AttributeError, match="nothing"):
        parametrize.register_parametrization(layer, "weight", Failing())
    np.testing.assert_array_equal(layer.weight.numpy(), value)
    assert type(layer) is nn.Linear


# ----------------------------------------------------------------- those that are here


@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1), (3, 0)])
def test_orthogonal(kind: str, shape: tuple[int, ...]) -> None:
    class Held(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.Parameter(lucid.random.normal(shape, dtype="float64"))

    held: Any = parametrizations.orthogonal(Held(), orthogonal_map=kind)
    with lucid.no_grad():
        original = held.parametrizations.weight.original
        lower = lucid.tril(lucid.random.normal(shape, dtype="float64"), k=-1)
        original += (
            lower if shape[-2] >= shape[-1] else lucid.triu(lucid.random.normal(shape, dtype="float64"), k=1)
        )
    w = held.weight.numpy()
    assert w.shape == shape
    w = w if shape[-2] >= shape[-1] else np.swapaxes(w, -1, -2)
    product = np.swapaxes(w, -1, -2) @ w
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(product.shape[-1]), product.shape), atol=1e-13)


def test_orthogonal_begins_with_the_weight_that_was_there() -> None:
    layer = nn.Linear(4, 4, dtype="float64")
    nn.init.orthogonal_(layer.weight)
    value = layer.weight.numpy()
    np.testing.assert_allclose(parametrizations.orthogonal(layer).weight.numpy(), value, atol=1e-13)
    half = parametrizations.orthogonal(nn.Linear(4, 4, dtype="float16"))
    assert half.weight.dtype == lucid.float16


def test_complex_weights_become_unitary() -> None:
    class Held(nn.Module):
        def __init__(self) -> None:
            rng = np.random.default_rng(0)
            self.weight = nn.Parameter(rng.normal(size=(4, 3)) + 1j * rng.normal(size=(4, 3)))

    held: Any = parametrizations.orthogonal(Held())
    with lucid.no_grad():
        held.parametrizations.weight.original += Tensor(np.random.default_rng(1).normal(size=(4, 3)) * 1j)
    w = held.weight.numpy()
    np.testing.assert_allclose(w.conj().T @ w, np.eye(3), atol=1e-12)
    with pytest.raises(ArgumentError, match="householder is for real matrices"):
        parametrizations.orthogonal(Held(), orthogonal_map="householder")


@pytest.mark.parametrize("function", [matrix_exp, householder])
def test_derivatives(function: Any) -> None:
    rng = np.random.default_rng(0)
    check_grads(function, [Tensor(rng.normal(size=(3, 3)))], order=2)


def test_derivatives_of_large_matrices_and_of_zero() -> None:
    """Zero is where a trivialization begins, and eight is beyond the first halving."""
    a = np.random.default_rng(0).normal(size=(3, 3))
    check_grads(matrix_exp, [Tensor(np.zeros((3, 3)))])
    check_grads(matrix_exp, [Tensor(8 * (a - a.T) / abs(a - a.T).sum(axis=0).max())])
    mapped = lucid.func.vmap(matrix_exp)(Tensor(np.stack([a, 9 * a])))
    np.testing.assert_allclose(mapped.numpy()[0], matrix_exp(Tensor(a)).numpy(), rtol=1e-10)


def test_on_xla() -> None:
    pytest.importorskip("jax")
    layer = parametrizations.weight_norm(nn.Linear(3, 2, device="xla:cpu"))
    assert layer.weight.device == "xla:cpu"
    layer = parametrizations.orthogonal(nn.Linear(2, 2, device="xla:cpu"), orthogonal_map="cayley")
    assert layer.weight.device == layer.parametrizations.weight[0].base.device == "xla:cpu"


@pytest.mark.parametrize("function", [parametrizations.spectral_norm, nn.utils.spectral_norm])
def test_spectral_norm_of_complex_weights(function: Any) -> None:
    layer = nn.Linear(3, 4)
    array = np.random.default_rng(0).normal(size=(2, 4, 3))
    layer.weight = nn.Parameter(array[0] + 1j * array[1])
    weight = function(layer, n_power_iterations=50).weight
    for _ in range(3):
        layer(lucid.ones(3))
        weight = layer.weight
    np.testing.assert_allclose(np.linalg.norm(weight.detach().numpy(), 2), 1, rtol=1e-6)


def test_spectral_norm_of_old_improves_its_vectors_in_calls_alone() -> None:
    layer = nn.utils.spectral_norm(nn.Linear(4, 3), n_power_iterations=20)
    with lucid.no_grad():
        layer.weight_orig.copy_(lucid.random.normal((3, 4)))
    before = layer.weight_u.numpy()
    assert layer.weight.shape == (3, 4)
    np.testing.assert_array_equal(layer.weight_u.numpy(), before)
    layer(lucid.ones(4))
    assert np.linalg.norm(layer.weight.numpy(), 2) == pytest.approx(1, abs=1e-4)
    other = copy.deepcopy(layer)
    nn.utils.remove_spectral_norm(other)
    assert other._hooks is None
    assert type(other) is nn.Linear
    assert np.linalg.norm(other.weight.numpy(), 2) == pytest.approx(1, abs=1e-4)


# ----------------------------------------------------------------- what is refused


class Wrong(nn.Module):
    """Returns what it was made with."""

    def __init__(self, value: Any, inverse: Any = None) -> None:
        self.value, self.inverse = value, inverse

    def forward(self, *x: Any) -> Any:
        """Return something."""
        return self.value

    def right_inverse(self, x: Any) -> Any:
        """Return something else."""
        return x if self.inverse is None else self.inverse


def register(module: Any, parametrization: Any, name: str = "weight", **options: Any) -> Any:
    return parametrize.register_parametrization(module, name, parametrization, **options)


BAD: list[tuple[Any, type[LucidError], str]] = [
    (lambda m: register(m, Doubled(), "weigth"), ArgumentError, "it is not there .did you mean 'weight'?"),
    (lambda m: register(m, abs), ArgumentTypeError, "parametrization to be a Module, got builtin"),
    (lambda m: register(3, Doubled()), ArgumentTypeError, "expects a Module, got int"),
    (
        lambda m: register(m, Wrong(lucid.ones(3))),
        ShapeError,
        r"return shape \(3, 3\), as the tensor has, got \(3,",
    ),
    (
        lambda m: register(m, Wrong(lucid.ones((3, 3), dtype="float64"))),
        DTypeError,
        "return float32, .* float64; pass",
    ),
    (lambda m: register(m, Wrong(3)), ArgumentTypeError, "must return a Tensor, got int"),
    (
        lambda m: register(m, Wrong(lucid.ones((3, 3)), 3)),
        ArgumentError,
        "right_inverse must return a Tensor, or",
    ),
    (
        lambda m: register(m, Wrong(lucid.ones((3, 3)), lucid.ones((3, 3), dtype="float64"))),
        DTypeError,
        "right_inverse must return float32",
    ),
    (lambda m: parametrize.ParametrizationList([], m.weight), ArgumentError, "at least one module"),
    (
        lambda m: parametrize.remove_parametrizations(m, "weight"),
        ArgumentError,
        "'weight' .* is not parametrized",
    ),
    (
        lambda m: parametrize.transfer_parametrizations_and_params(m, m, "weight"),
        ArgumentError,
        "'weight' of the Linear is not parametrized",
    ),
    (lambda m: parametrizations.weight_norm(m, axis=2), ArgumentError, "axis from 0 to 1, .* got 2"),
    (
        lambda m: parametrizations.weight_norm(m, axis=-1),
        ArgumentError,
        "write axis=1, or None for the norm of the w",
    ),
    (lambda m: parametrizations.spectral_norm(m, axis=2), ArgumentError, "expects axis from -2 to 1"),
    (
        lambda m: parametrizations.spectral_norm(m, n_power_iterations=0),
        ArgumentError,
        "n_power_iterations to be a p",
    ),
    (lambda m: parametrizations.spectral_norm(m, eps=-1.0), ArgumentError, "eps to be finite and at least 0"),
    (lambda m: parametrizations.orthogonal(m, "bias"), ShapeError, "at least two axes, got shape .3,."),
    (
        lambda m: parametrizations.orthogonal(m, orthogonal_map="qr"),
        ArgumentError,
        "orthogonal_map to be one of",
    ),
    (lambda m: nn.utils.weight_norm(m, "nothing"), ArgumentError, "it is not there"),
    (
        lambda m: nn.utils.remove_weight_norm(m),
        ArgumentError,
        "'weight' of the Linear is not computed by weight_norm",
    ),
    (lambda m: nn.utils.remove_spectral_norm(m), ArgumentError, "is not computed by spectral_norm"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Any, error: type[LucidError], message: str) -> None:
    layer = nn.Linear(3, 3)
    before = {name: value.tolist() for name, value in layer.state_dict().items()}
    with pytest.raises(error, match=message):
        call(layer)
    assert {name: value.tolist() for name, value in layer.state_dict().items()} == before
    assert type(layer) is nn.Linear


def test_what_does_not_fit_is_not_set() -> None:
    layer = MAKERS["two of one"]()
    with pytest.raises(NotImplementedError, match="Doubled has no right_inverse: give it one"):
        layer.weight = lucid.ones((3, 3))
    layer = MAKERS["symmetric"]()
    with pytest.raises(ArgumentTypeError, match="is set to a Tensor, got float"):
        layer.weight = 1.0
    with pytest.raises(AttributeError, match=r"nn.utils.parametrize.remove_parametrizations\(module, "):
        del layer.weight
    with pytest.raises(ShapeError, match="must return shape"):
        register(layer, Wrong(lucid.ones(3)))
    assert len(layer.parametrizations.weight) == 1
    register(layer, Wrong(lucid.ones(3)), unsafe=True)
    assert layer.weight.shape == (3,)
    orthogonal = parametrizations.orthogonal(
        nn.Linear(3, 3), orthogonal_map="cayley", use_trivialization=False
    )
    with pytest.raises(NotImplementedError, match="can't be set without use_trivialization=True"):
        orthogonal.weight = lucid.eye(3)
    orthogonal = parametrizations.orthogonal(nn.Linear(3, 3))
    with pytest.raises(ShapeError, match=r"a weight of shape \(3, 3\), got \(3, 2\)"):
        orthogonal.weight = lucid.ones((3, 2))
