"""Pruning: what it makes of a module, copies, random masks, bad input. Other masks: tests/parity."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import ArgumentError, ArgumentTypeError, LucidError, ShapeError
from lucid.nn.utils import prune


def test_on_xla() -> None:
    pytest.importorskip("jax")
    layer = prune.ln_structured(nn.Linear(4, 3, device="xla:cpu"), "weight", 1, 2, 0)
    prune.l1_unstructured(layer, "weight", 2)
    assert {layer.weight_mask.device, layer.weight.device} == {"xla:cpu"}
    assert (layer.weight.numpy() == 0).sum() == 6


def test_zeros_stay_zeros_while_the_rest_is_learned() -> None:
    layer = nn.Linear(4, 3)
    weight = layer.weight
    assert prune.l1_unstructured(layer, "weight", 0.5) is layer
    assert repr(layer) == "Linear(4 -> 3)"
    assert layer.weight_orig is weight  # the same Parameter, which an optimizer may hold
    assert layer.weight_mask.dtype == lucid.float32
    zero = layer.weight.numpy() == 0
    assert zero.sum() == 6
    before = layer.weight.numpy().copy()
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    (layer(lucid.ones((2, 4))) ** 2).sum().backward()
    optimizer.step()
    np.testing.assert_array_equal(layer.weight.numpy() == 0, zero)
    assert (layer.weight.numpy() != before).sum() == 6
    value = layer.weight.numpy()
    prune.remove(layer, "weight")
    assert layer.weight is weight
    assert type(layer) is nn.Linear
    np.testing.assert_array_equal(layer.weight.numpy(), value)
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight"]


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"]
)
def test_copies(copied: Any) -> None:
    layer = prune.random_structured(nn.Linear(4, 3), "weight", 1, 0, generator=lucid.random.Generator(0))
    prune.l1_unstructured(layer, "weight", 0.5)
    prune.identity(layer, "bias")
    other = copied(nn.Sequential(layer))[0]
    assert type(other) is type(layer)
    np.testing.assert_array_equal(other.weight.numpy(), layer.weight.numpy())
    with lucid.no_grad():
        other.weight_orig += 1
    assert (other.weight.numpy() != layer.weight.numpy()).any()
    prune.l1_unstructured(other, "weight", 1.0)
    assert not other.weight.numpy().any()
    prune.remove(other, "weight")
    prune.remove(other, "bias")
    assert type(other) is nn.Linear
    assert prune.is_pruned(layer)
    assert layer.weight.numpy().any()


def test_shallow_copies_are_apart() -> None:
    layer = prune.identity(nn.Linear(4, 3), "weight")
    other = copy.copy(layer)
    prune.remove(other, "weight")
    assert "weight_orig" in layer.state_dict()
    assert layer.weight.shape == (3, 4)


def test_random_masks() -> None:
    """A generator repeats them, and each place is as likely as another."""
    masks = [
        prune.random_unstructured(
            nn.Linear(5, 4), "weight", 7, generator=lucid.random.Generator(3)
        ).weight_mask.tolist()
        for _ in "ab"
    ]
    assert masks[0] == masks[1]
    method = prune.RandomUnstructured(0.25)
    kept = np.mean([method.prune(lucid.ones(8)).numpy() for _ in range(400)], axis=0)
    assert abs(kept - 0.75).max() < 5 * np.sqrt(0.75 * 0.25 / 400)
    rows = prune.RandomStructured(1, 0)
    kept = np.mean([rows.prune(lucid.ones((4, 2))).numpy() for _ in range(400)], axis=0)
    assert abs(kept - 0.75).max() < 5 * np.sqrt(0.75 * 0.25 / 400)
    np.testing.assert_array_equal(kept[:, 0], kept[:, 1])


def test_norms_of_matrices() -> None:
    t = Tensor(np.random.default_rng(0).normal(size=(4, 3, 2)))
    for n in ("nuc", "fro", 2):
        mask = prune.LnStructured(2, n, 0).compute_mask(t, lucid.ones_like(t)).numpy()
        norms = [np.linalg.norm(row, "nuc" if n == "nuc" else "fro") for row in t.numpy()]
        np.testing.assert_array_equal(mask[:, 0, 0], np.array(norms) >= np.sort(norms)[2])
    with pytest.raises(ShapeError, match="nuclear norm"):
        prune.LnStructured(2, "nuc", 0).compute_mask(lucid.ones((2, 2)), lucid.ones((2, 2)))


def test_norms_that_half_precision_does_not_hold() -> None:
    t = Tensor([[[400.0], [300.0]], [[500.0], [500.0]], [[300.0], [300.0]], [[1.0], [1.0]]], dtype="float16")
    for n in (2, "nuc"):
        mask = prune.LnStructured(3, n, 0).compute_mask(t, lucid.ones_like(t))
        assert mask[:, 0, 0].tolist() == [0, 1, 0, 0]


def test_what_became_a_computed_original_is_removed_first() -> None:
    layers = [
        (prune.identity(nn.Linear(4, 3), "weight"), "weight_orig", prune.remove),
        (nn.utils.weight_norm(nn.Linear(4, 3)), "weight_v", nn.utils.remove_weight_norm),
        (nn.utils.spectral_norm(nn.Linear(4, 3)), "weight_orig", nn.utils.remove_spectral_norm),
    ]
    for layer, part, remove in layers:
        nn.utils.parametrizations.orthogonal(layer, part)
        value = layer.weight.numpy()
        message = rf"computed already: first .*remove_parametrizations\(module, '{part}'\)"
        with pytest.raises(ArgumentError, match=message):
            remove(layer, "weight")
        nn.utils.parametrize.remove_parametrizations(layer, part)
        remove(layer, "weight")
        np.testing.assert_allclose(layer.weight.numpy(), value, rtol=1e-5, atol=1e-6)


def test_together_with_other_computed_weights() -> None:
    layer = nn.utils.weight_norm(nn.Linear(4, 3))
    prune.l1_unstructured(layer, "weight_v", 0.5)
    assert (layer.weight == 0).sum().item() == 6
    assert list(layer.state_dict()) == ["bias", "weight_g", "weight_v_orig", "weight_v_mask"]
    prune.remove(layer, "weight_v")
    nn.utils.remove_weight_norm(layer)
    assert (layer.weight == 0).sum().item() == 6
    assert type(layer) is nn.Linear


def test_in_a_recurrent_layer_and_checkpointed() -> None:
    lstm = prune.l1_unstructured(nn.LSTM(2, 3), "weight_hh_l0", 0.5)
    y, _ = nn.utils.checkpoint(lstm, lucid.ones((4, 1, 2)))
    y.sum().backward()
    grad = lstm.weight_hh_l0_orig.grad
    np.testing.assert_array_equal(grad.numpy() != 0, lstm.weight_hh_l0_mask.numpy() == 1)


class Wrong(prune.BasePruningMethod):
    """Makes a mask of another shape."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return too few."""
        return default_mask[:1]


BAD: list[tuple[Any, type[LucidError], str]] = [
    (
        lambda m: prune.l1_unstructured(m, "weigth", 0.5),
        ArgumentError,
        "it is not there .did you mean 'weight'?",
    ),
    (
        lambda m: prune.l1_unstructured(m, "nothing", 0.5),
        ArgumentError,
        "Parameter of the Linear itself; it is None",
    ),
    (lambda m: prune.identity(3, "weight"), ArgumentTypeError, "prune expects a Module, got int"),
    (
        lambda m: prune.l1_unstructured(m, "weight", 13),
        ArgumentError,
        "at most 12, the numbers there are, got 13",
    ),
    (
        lambda m: prune.l1_unstructured(m, "weight", 1.5),
        ArgumentError,
        "amount, as a part, to be from 0 to 1",
    ),
    (lambda m: prune.l1_unstructured(m, "weight", -1), ArgumentError, "as a count, to be at least 0, got -1"),
    (lambda m: prune.l1_unstructured(m, "weight", "1"), ArgumentTypeError, "amount to be a number, got '1'"),
    (
        lambda m: prune.l1_unstructured(m, "weight", True),
        ArgumentTypeError,
        "amount to be a number, got True",
    ),
    (
        lambda m: prune.ln_structured(m, "weight", 4, 2, 0),
        ArgumentError,
        "at most 3, the rows there are, got 4",
    ),
    (
        lambda m: prune.ln_structured(m, "weight", 1, "two", 0),
        ArgumentTypeError,
        "n to be a number, infinity",
    ),
    (
        lambda m: prune.ln_structured(m, "weight", 1, 2, 2),
        ArgumentError,
        "LnStructured expects axis from -2 to 1",
    ),
    (lambda m: prune.random_structured(m, "bias", 1, 0), ShapeError, "at least two axes, got shape .3,."),
    (lambda m: prune.custom_from_mask(m, "weight", [1.0]), ShapeError, r"mask of shape \(3, 4\), got \(1,\)"),
    (
        lambda m: prune.l1_unstructured(m, "weight", 1, importance_scores=lucid.ones(3)),
        ShapeError,
        r"importance_scores must be of shape \(3, 4\), as weight is, got \(3,\)",
    ),
    (lambda m: Wrong.apply(m, "weight"), ShapeError, r"compute_mask must return .* \(3, 4\), got \(1, 4\)"),
    (lambda m: prune.remove(m, "weight"), ArgumentError, "'weight' of the Linear is not pruned"),
    (
        lambda m: prune.global_unstructured([(m, "weight")], prune.LnStructured, amount=1, n=2),
        ArgumentTypeError,
        "prunes single numbers, and LnStructured is structured",
    ),
    (lambda m: prune.global_unstructured([], prune.Identity), ArgumentError, "got no parameters"),
    (
        lambda m: prune.global_unstructured([m], prune.Identity),
        ArgumentTypeError,
        r"pairs of a Module and a name, such as \(layer, \"weight\"\), got Linear",
    ),
    (
        lambda m: prune.global_unstructured([(m, "weight")], prune.L1Unstructured),
        ArgumentTypeError,
        r"global_unstructured can't make L1Unstructured\(\*\*kwargs\): .*'amount'",
    ),
    (
        lambda m: prune.global_unstructured(
            [(m, "weight")], prune.L1Unstructured, {(m, "weight"): lucid.ones(3)}, amount=1
        ),
        ShapeError,
        r"importance_scores must be of shape \(3, 4\), as weight is, got \(3,\)",
    ),
    (lambda m: prune.PruningContainer(3), ArgumentTypeError, "holds pruning methods, got int"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Any, error: type[LucidError], message: str) -> None:
    layer = nn.Linear(4, 3)
    layer.nothing = None
    before = {name: value.tolist() for name, value in layer.state_dict().items()}
    with pytest.raises(error, match=message):
        call(layer)
    assert {name: value.tolist() for name, value in layer.state_dict().items()} == before
    assert type(layer) is nn.Linear


def test_what_is_computed_is_not_set() -> None:
    layer = prune.identity(nn.Linear(4, 3), "weight")
    message = r"nn.utils.prune.remove\(module, 'weight'\)"
    with pytest.raises(
        ArgumentTypeError, match="Linear.weight is computed .* and can't be set: .* " + message
    ):
        layer.weight = nn.Parameter(lucid.ones((3, 4)))
    with pytest.raises(AttributeError, match="to be rid of it, " + message):
        del layer.weight
    with pytest.raises(ArgumentError, match="is computed already: first " + message):
        nn.utils.weight_norm(layer)
    methods = prune.Identity.apply(nn.Linear(1, 1), "weight"), prune.Identity.apply(layer, "bias")
    with pytest.raises(ArgumentError, match="for one parameter, 'weight', and the method for 'bias'"):
        prune.PruningContainer(*methods)
