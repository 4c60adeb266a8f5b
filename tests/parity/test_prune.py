"""Pruning against PyTorch: equal masks where nothing is drawn, equal numbers of zeros where it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid.nn as nn
from lucid import Tensor
from lucid.nn.utils import prune

torch = pytest.importorskip("torch")
theirs_prune = pytest.importorskip("torch.nn.utils.prune")

pytestmark = pytest.mark.parity


def pair(seed: int = 0) -> tuple[Any, Any]:
    """Return a convolution here and there, with the same weights."""
    theirs = torch.nn.Conv2d(5, 6, 3).double()
    ours = nn.Conv2d(5, 6, 3, dtype="float64")
    rng = np.random.default_rng(seed)
    for p in theirs.parameters():
        p.data.copy_(torch.tensor(rng.normal(size=tuple(p.shape))))
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


def scores(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(1).normal(size=shape)


Step = tuple[str, dict[str, Any]]
STEPS: list[list[Step]] = [
    [("identity", {"name": "bias"})],
    [("l1_unstructured", {"amount": 0.31})],
    [("l1_unstructured", {"amount": 17})],
    [("l1_unstructured", {"amount": 0})],
    [("l1_unstructured", {"amount": 1.0, "name": "bias"})],
    [("l1_unstructured", {"amount": 0.5, "importance_scores": (6, 5, 3, 3)})],
    [("ln_structured", {"amount": 0.4, "n": 2, "axis": 0})],
    [("ln_structured", {"amount": 2, "n": 1, "axis": 1})],
    [("ln_structured", {"amount": 0.5, "n": float("inf"), "axis": -1})],
    [("ln_structured", {"amount": 0.5, "n": float("-inf"), "axis": -2})],
    [("ln_structured", {"amount": 1, "n": 3, "axis": 0, "importance_scores": (6, 5, 3, 3)})],
    [("ln_structured", {"amount": 0.0, "n": 2, "axis": 0})],
    [("custom_from_mask", {"mask": (6, 5, 3, 3)})],
    # again and again
    [("l1_unstructured", {"amount": 0.3}), ("l1_unstructured", {"amount": 0.5}), ("identity", {})],
    [("ln_structured", {"amount": 2, "n": 2, "axis": 0}), ("l1_unstructured", {"amount": 0.5})],
    [
        ("ln_structured", {"amount": 2, "n": 2, "axis": 0}),
        ("ln_structured", {"amount": 0.5, "n": 1, "axis": 0}),
        ("ln_structured", {"amount": 0.3, "n": 2, "axis": 1}),
    ],
    [("l1_unstructured", {"amount": 0.9}), ("ln_structured", {"amount": 0.5, "n": 2, "axis": 1})],
    [("l1_unstructured", {"amount": 0.5}), ("custom_from_mask", {"mask": (6, 5, 3, 3)})],
]


@pytest.mark.parametrize("steps", STEPS, ids=lambda steps: " ".join(name for name, _ in steps))
def test_masks_gradients_and_removal(steps: list[Step]) -> None:
    ours, theirs = pair()
    name = "weight"
    for function, options in steps:
        options = {"name": "weight", **options}
        name = options["name"]
        mine, other = dict(options), {{"axis": "dim"}.get(k, k): v for k, v in options.items()}
        for key in ("mask", "importance_scores"):
            if key in options:
                array = scores(options[key])
                array = (array > 0).astype(float) if key == "mask" else array
                mine[key], other[key] = Tensor(array), torch.tensor(array)
        assert getattr(prune, function)(ours, **mine) is ours
        getattr(theirs_prune, function)(theirs, **other)
        np.testing.assert_array_equal(getattr(ours, name).numpy(), getattr(theirs, name).detach().numpy())
    same_state(ours, theirs)
    assert prune.is_pruned(nn.Sequential(ours)) == theirs_prune.is_pruned(torch.nn.Sequential(theirs)) is True
    x = scores((2, 5, 4, 4))
    (ours(Tensor(x)) ** 2).sum().backward()
    (theirs(torch.tensor(x)) ** 2).sum().backward()
    np.testing.assert_allclose(
        getattr(ours, f"{name}_orig").grad.numpy(), getattr(theirs, f"{name}_orig").grad.numpy(), rtol=1e-9
    )
    assert prune.remove(ours, name) is ours
    theirs_prune.remove(theirs, name)
    same_state(ours, theirs)
    assert not prune.is_pruned(ours)


def same_state(ours: Any, theirs: Any) -> None:
    assert set(ours.state_dict()) == set(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        found = ours.state_dict()[key]
        assert found.dtype == value.numpy().dtype
        np.testing.assert_array_equal(found.numpy(), value.numpy())


@pytest.mark.parametrize(
    ("function", "options"),
    [
        ("random_unstructured", {"amount": 0.37}),
        ("random_unstructured", {"amount": 13}),
        ("random_structured", {"amount": 0.5, "axis": 0}),
        ("random_structured", {"amount": 2, "axis": -3}),
    ],
)
def test_as_many_at_random(function: str, options: dict[str, Any]) -> None:
    ours, theirs = pair()
    for _ in range(2):
        getattr(prune, function)(ours, "weight", **options)
        getattr(theirs_prune, function)(
            theirs, "weight", **{{"axis": "dim"}.get(k, k): v for k, v in options.items()}
        )
        assert ours.weight_mask.sum().item() == theirs.weight_mask.sum().item()
        assert set(np.unique(ours.weight_mask.numpy())) == {0, 1}


@pytest.mark.parametrize("pruned_before", [False, True])
@pytest.mark.parametrize("with_scores", [False, True])
def test_several_parameters_as_one(pruned_before: bool, with_scores: bool) -> None:
    (a, c), (b, d) = pair(), pair(2)
    if pruned_before:
        prune.l1_unstructured(b, "weight", 0.4)
        theirs_prune.l1_unstructured(d, "weight", 0.4)
    importance = scores((6, 5, 3, 3))
    for lib, first, second, make in ((prune, a, b, Tensor), (theirs_prune, c, d, torch.tensor)):
        given = {(first, "weight"): make(importance)} if with_scores else None
        parameters = [(first, "weight"), (first, "bias"), (second, "weight")]
        lib.global_unstructured(parameters, lib.L1Unstructured, importance_scores=given, amount=0.45)
    same_state(a, c)
    same_state(b, d)


def test_method_of_ones_own() -> None:
    """A subclass, used without a module and with one."""

    class Ours(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t: Any, default_mask: Any) -> Any:
            return default_mask * (t > 0)

    class Theirs(theirs_prune.BasePruningMethod):  # type: ignore[misc, name-defined]
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t: Any, default_mask: Any) -> Any:
            return default_mask * (t > 0)

    array = scores((3, 4))
    np.testing.assert_array_equal(
        Ours().prune(Tensor(array)).numpy(), Theirs().prune(torch.tensor(array)).numpy()
    )
    ours, theirs = pair()
    prune.l1_unstructured(ours, "weight", 0.3)
    theirs_prune.l1_unstructured(theirs, "weight", 0.3)
    Ours.apply(ours, "weight")
    Theirs.apply(theirs, "weight")
    np.testing.assert_array_equal(ours.weight.numpy(), theirs.weight.detach().numpy())
