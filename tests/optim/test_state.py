"""Saving optimizers and going on: by name, checked before anything is assigned."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import StateError
from lucid.testing import DEVICES

MAKERS: dict[str, Callable[[Any], optim.Optimizer]] = {
    "SGD": lambda params: optim.SGD(params, lr=0.1),
    "SGD with momentum": lambda params: optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda params: optim.Adam(params, lr=0.1),
    "Adam with amsgrad": lambda params: optim.Adam(params, lr=0.1, amsgrad=True),
    "AdamW": lambda params: optim.AdamW(params, lr=0.1),
    "NAdam": lambda params: optim.NAdam(params, lr=0.1),
    "ASGD": lambda params: optim.ASGD(params, lr=0.1, lambd=0.5, t0=1.0),
    "RMSprop": lambda params: optim.RMSprop(params, lr=0.1, momentum=0.9, centered=True),
    "Rprop": lambda params: optim.Rprop(params, lr=0.1),
    "Lion": lambda params: optim.Lion(params, lr=0.1),
}

every_maker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def train(model: nn.Module, optimizer: optim.Optimizer, steps: int, device: str = "cpu") -> None:
    x = lucid.asarray(np.random.default_rng(0).standard_normal((8, 3)), dtype="float32", device=device)
    for _ in range(steps):
        optimizer.zero_grad()
        (model(x) ** 2).mean().backward()
        optimizer.step()


def model(device: str = "cpu") -> nn.Sequential:
    lucid.random.seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).to(device)


def same(a: nn.Module, b: nn.Module) -> None:
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        np.testing.assert_array_equal(p.numpy(), q.numpy())


@pytest.mark.parametrize(
    ("make", "device"),
    [
        (make, d)
        for d in DEVICES
        for name, make in MAKERS.items()
        if d == "cpu" or name in ("SGD", "Adam", "ASGD")
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_going_on_is_as_if_never_stopped(make: Callable[[Any], optim.Optimizer], device: str) -> None:
    whole = model(device)
    optimizer = make(whole.named_parameters())
    train(whole, optimizer, 3, device)
    saved, weights = optimizer.state_dict(), whole.state_dict()
    train(whole, optimizer, 3, device)

    resumed = model(device)
    resumed.load_state_dict(weights)
    # The order in which parameters are given doesn't matter: they go by name.
    again = make(reversed(list(resumed.named_parameters())))
    again.load_state_dict(saved)
    train(resumed, again, 3, device)
    same(whole, resumed)


@every_maker
def test_state_dict_is_a_value(make: Callable[[Any], optim.Optimizer]) -> None:
    net = model()
    optimizer = make(net.named_parameters())
    train(net, optimizer, 2)
    saved = optimizer.state_dict()
    before = pickle.dumps(saved)
    train(net, optimizer, 2)
    saved["param_groups"][0]["params"].append("another")
    saved["param_groups"][0]["params"].pop()
    assert pickle.dumps(saved) == before


def test_state_dict_has_names_tensors_and_numbers() -> None:
    net = model()
    optimizer = optim.Adam(net.named_parameters())
    assert optimizer.state_dict()["state"] == {}
    train(net, optimizer, 2)
    saved = optimizer.state_dict()
    assert list(saved["state"]) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    kept = saved["state"]["0.weight"]
    assert kept["step"] == 2
    assert isinstance(kept["exp_avg"], Tensor)
    assert kept["exp_avg"].shape == kept["exp_avg_sq"].shape == (4, 3)
    assert not kept["exp_avg"].requires_grad
    assert saved["param_groups"] == [
        {
            "params": ["0.weight", "0.bias", "2.weight", "2.bias"],
            "lr": 1e-3,
            "betas": (0.9, 0.999),
            "eps": 1e-8,
            "weight_decay": 0.0,
            "amsgrad": False,
            "maximize": False,
            "decoupled_weight_decay": False,
        }
    ]


def test_loading_takes_over_options() -> None:
    net = model()
    saved = optim.SGD(net.named_parameters(), lr=0.7, momentum=0.3).state_dict()
    optimizer = optim.SGD(net.named_parameters(), lr=0.1)
    optimizer.load_state_dict(saved)
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]) == (0.7, 0.3)


def test_loading_copies_casts_and_moves() -> None:
    pytest.importorskip("jax")
    net = model()
    optimizer = optim.SGD(net.named_parameters(), momentum=0.9)
    train(net, optimizer, 1)
    saved = optimizer.state_dict()
    mine = np.array(saved["state"]["0.bias"]["momentum_buffer"].numpy(), np.float64)
    saved["state"]["0.bias"]["momentum_buffer"] = mine
    other = model("xla:cpu")
    again = optim.SGD(other.named_parameters())
    again.load_state_dict(saved)
    mine[:] = 100
    loaded = again.state_dict()["state"]["0.bias"]["momentum_buffer"]
    assert (loaded.dtype, loaded.device) == (lucid.float32, "xla:cpu")
    assert loaded.numpy().max() < 100


def test_loading_copies_what_could_stay_as_it_is() -> None:
    """Arrays are the user's own, and may be written to later."""
    net = model()
    optimizer = optim.SGD(net.named_parameters(), momentum=0.9)
    train(net, optimizer, 1)
    saved = optimizer.state_dict()
    mine = saved["state"]["0.bias"]["momentum_buffer"].numpy().copy()
    saved["state"]["0.bias"]["momentum_buffer"] = mine
    optimizer.load_state_dict(saved)
    mine[:] = 100
    assert optimizer.state_dict()["state"]["0.bias"]["momentum_buffer"].numpy().max() < 100


@pytest.mark.parametrize("size", [3, 4096])
def test_loading_copies_what_a_tensor_shares(size: int) -> None:
    """``lucid.asarray`` makes Tensors of arrays that stay the user's."""
    optimizer = optim.SGD([nn.Parameter(lucid.ones(size))], lr=1.0, momentum=0.5)
    mine = np.full(size, 2.0, np.float32)
    saved = optimizer.state_dict()
    saved["state"]["0"] = {"momentum_buffer": lucid.asarray(mine)}
    optimizer.load_state_dict(saved)
    mine[:] = 100
    p = optimizer.param_groups[0]["params"][0]
    p.grad = lucid.zeros(size)
    optimizer.step()
    assert p.tolist() == [0.0] * size
    assert (mine == 100).all()


@pytest.mark.parametrize("size", [3, 4096])
@pytest.mark.parametrize("dtypes", [("float64", "float32"), ("float32", "float64"), ("float32", "float16")])
@pytest.mark.parametrize("make", list(MAKERS.values())[1:], ids=list(MAKERS)[1:])
def test_state_follows_its_parameter_to_another_dtype(
    make: Callable[[Any], optim.Optimizer], dtypes: tuple[str, str], size: int
) -> None:
    before, after = dtypes
    net = nn.ParameterList([nn.Parameter(lucid.ones(size, dtype=before))])
    optimizer = make(net.parameters())
    for dtype in (before, before, after, after):
        net.to(dtype=dtype)
        (p,) = net.parameters()
        p.grad = lucid.ones(size, dtype=dtype)
        optimizer.step()
        kept = optimizer.state_dict()["state"]["0"].values()
        assert {t.dtype.name for t in (p, *kept) if isinstance(t, Tensor)} == {dtype}
    same = nn.Parameter(lucid.ones(size, dtype="float64"))
    whole = make([same])
    for _ in range(4):
        same.grad = lucid.ones(size, dtype="float64")
        whole.step()
    np.testing.assert_allclose(p.numpy(), same.numpy(), rtol=5e-3 if after == "float16" else 1e-5)


def test_state_of_half_precision_loads() -> None:
    for dtype in ("float16", "bfloat16"):
        p = nn.Parameter(lucid.ones(3, dtype=dtype))
        optimizer = optim.RMSprop([p], lr=0.5)
        for _ in range(2):
            p.grad = lucid.ones(3, dtype=dtype)
            optimizer.step()
            optimizer.load_state_dict(optimizer.state_dict())
        assert optimizer.state_dict()["state"]["0"]["square_avg"].dtype == p.dtype
        p = p.astype("float32")
        np.testing.assert_allclose(p.numpy(), 1 - 0.5 / 0.1 - 0.5 / np.sqrt(0.0199), rtol=0.02)


def test_a_count_may_be_a_tensor() -> None:
    """As it is where a file holds nothing but tensors."""
    net = model()
    optimizer = optim.Adam(net.named_parameters())
    train(net, optimizer, 3)
    saved = optimizer.state_dict()
    for count in (Tensor(3), 3.0, Tensor(3.0), np.float32(3.0)):
        saved["state"]["0.bias"]["step"] = count
        optimizer.load_state_dict(saved)
        found = optimizer.state_dict()["state"]["0.bias"]["step"]
        assert (found, type(found)) == (3, int)


def test_a_number_may_be_a_tensor() -> None:
    net = model()
    optimizer = optim.NAdam(net.named_parameters())
    train(net, optimizer, 3)
    saved = optimizer.state_dict()
    product = saved["state"]["0.bias"]["mu_product"]
    assert 0 < product < 0.9**3
    for given in (Tensor(product, dtype="float64"), np.float64(product)):
        saved["state"]["0.bias"]["mu_product"] = given
        optimizer.load_state_dict(saved)
        found = optimizer.state_dict()["state"]["0.bias"]["mu_product"]
        assert (found, type(found)) == (product, float)
    for bad in (lucid.zeros(4), "1", True, None):
        saved["state"]["0.bias"]["mu_product"] = bad
        with pytest.raises(StateError, match=r"state of '0.bias': mu_product must be a number, got"):
            optimizer.load_state_dict(saved)


def test_state_may_be_of_another_shape_than_its_parameter() -> None:
    class Rows(optim.Optimizer):
        """Keeps the mean square of each row."""

        def __init__(self, params: Any) -> None:
            super().__init__(params, {})

        def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
            return shape[:-1]

        def update(self, xp: Any, p: Any, g: Any, state: Any, **options: Any) -> Any:
            return p, {"square": state.get("square", 0.0) + xp.mean(g * g, axis=-1)}

    p = nn.Parameter(lucid.zeros((2, 3)))
    optimizer = Rows([p])
    p.grad = lucid.ones((2, 3))
    optimizer.step()
    saved = optimizer.state_dict()
    optimizer.load_state_dict(saved)
    optimizer.step()
    assert optimizer.state_dict()["state"]["0"]["square"].tolist() == [2.0, 2.0]
    saved["state"]["0"]["square"] = lucid.zeros(3)
    with pytest.raises(
        StateError, match=r"square has shape \(3,\), for the parameter \(2, 3\) it must be \(2,\)"
    ):
        optimizer.load_state_dict(saved)


def test_deepcopy_with_the_model_keeps_them_together() -> None:
    net = model()
    optimizer = optim.Adam(net.named_parameters())
    train(net, optimizer, 2)
    other, its = copy.deepcopy((net, optimizer))
    train(other, its, 2)
    before = [p.tolist() for p in net.parameters()]
    train(net, optimizer, 2)
    same(net, other)
    assert [p.tolist() for p in other.parameters()] != before


@pytest.mark.parametrize(
    ("cls", "option"), [(optim.SGD, {"momentum": 0.9}), (optim.Adam, {"amsgrad": True})], ids=["SGD", "Adam"]
)
@pytest.mark.parametrize("on", [True, False])
def test_an_optimizer_loads_its_own_state_after_an_option_was_switched(
    cls: Any, option: dict[str, Any], on: bool
) -> None:
    net = model()
    off = dict.fromkeys(option, type(next(iter(option.values())))(0))
    optimizer = cls(net.named_parameters(), **(off if on else option))
    train(net, optimizer, 2)
    optimizer.param_groups[0] |= option if on else off
    optimizer.load_state_dict(optimizer.state_dict())
    train(net, optimizer, 1)
    optimizer.load_state_dict(optimizer.state_dict())


def test_state_of_no_step_loads() -> None:
    """As it is after a step that failed."""
    net = model()
    optimizer = optim.Adam(net.named_parameters())
    saved = optimizer.state_dict()
    saved["state"]["0.bias"] = {}
    optimizer.load_state_dict(saved)
    train(net, optimizer, 1)
    assert optimizer.state_dict()["state"]["0.bias"]["step"] == 1


# ----------------------------------------------------------------- refused


def drop_group(s: dict[str, Any]) -> None:
    s["param_groups"].pop()


def rename(s: dict[str, Any]) -> None:
    s["param_groups"][0]["params"][0] = "other"


def lose_option(s: dict[str, Any]) -> None:
    del s["param_groups"][0]["lr"]


def spoil_option(s: dict[str, Any]) -> None:
    s["param_groups"][0]["lr"] = -1


def unknown_state(s: dict[str, Any]) -> None:
    s["state"]["other"] = {}


def reshape_state(s: dict[str, Any]) -> None:
    s["state"]["0.bias"]["exp_avg"] = lucid.zeros(9)


def lose_state(s: dict[str, Any]) -> None:
    del s["state"]["0.bias"]["exp_avg_sq"]


def foreign_state(s: dict[str, Any]) -> None:
    s["state"]["0.bias"]["momentum_buffer"] = lucid.zeros(4)


def whole_numbers(s: dict[str, Any]) -> None:
    s["state"]["0.bias"]["exp_avg"] = lucid.zeros(4, dtype="int64")


def no_tensor(s: dict[str, Any]) -> None:
    s["state"]["0.bias"]["exp_avg"] = [0.0]


def bad_count(s: dict[str, Any]) -> None:
    s["state"]["0.bias"]["step"] = -1


def no_dict(s: dict[str, Any]) -> None:
    s["state"]["0.bias"] = 3


def no_groups(s: dict[str, Any]) -> None:
    del s["param_groups"]


def group_of_names(s: dict[str, Any]) -> None:
    s["param_groups"][0] = ["0.weight"]


def names_of_none(s: dict[str, Any]) -> None:
    s["param_groups"][0]["params"] = 3


SPOILED = [
    (names_of_none, 'group 0 must have a list of names as "params", got 3'),
    (drop_group, "0 groups for an optimizer of 1"),
    (rename, "group 0 lacks '0.weight'\n  group 0 has an unknown 'other'"),
    (lose_option, "group 0 lacks the option 'lr'"),
    (spoil_option, "group 0: Adam expects lr to be finite and at least 0, got -1"),
    (unknown_state, "state of an unknown 'other'"),
    (reshape_state, r"state of '0.bias': exp_avg has shape \(9,\), the parameter \(4,\)"),
    (lose_state, "state of '0.bias' lacks 'exp_avg_sq'"),
    (foreign_state, "state of '0.bias' has an unknown 'momentum_buffer'"),
    (whole_numbers, "state of '0.bias': exp_avg must hold floats, got int64"),
    (no_tensor, "state of '0.bias': exp_avg must be a Tensor, got list"),
    (bad_count, "state of '0.bias': step must be a positive integer, got -1"),
    (no_dict, "state of '0.bias' must be a dict, got int"),
    (no_groups, 'expects a dict with "param_groups" and "state"'),
    (group_of_names, "group 0 must be a dict, got list"),
]


@pytest.mark.parametrize(("spoil", "message"), SPOILED, ids=lambda v: getattr(v, "__name__", ""))
def test_what_does_not_fit_is_refused_whole(spoil: Callable[[dict[str, Any]], None], message: str) -> None:
    net = model()
    optimizer = optim.Adam(net.named_parameters())
    train(net, optimizer, 2)
    saved = optimizer.state_dict()
    saved["param_groups"][0]["lr"] = 0.7
    spoil(saved)
    before = pickle.dumps(optimizer.state_dict())
    with pytest.raises(StateError, match=message):
        optimizer.load_state_dict(saved)
    assert pickle.dumps(optimizer.state_dict()) == before


def test_names_are_the_optimizers_own() -> None:
    optimizer = optim.SGD([("w", nn.Parameter([1.0]))], lr=0.1)
    saved = optimizer.state_dict()
    saved["param_groups"][0] |= {"param_names": ["zzz"], "lr": 0.5}
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["param_names"] == ["w"]
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_what_is_newer_than_a_state_dict_is_as_the_optimizer_was_made_and_what_it_has_more_goes_along() -> (
    None
):
    p = nn.Parameter([1.0])
    saved = optim.AdamW([p], eps=0.5).state_dict()
    del saved["param_groups"][0]["decoupled_weight_decay"]
    del saved["param_groups"][0]["eps"]
    saved["param_groups"][0]["lr_scale"] = 0.25
    fresh = optim.AdamW([p], eps=0.125)
    fresh.load_state_dict(saved)
    group = fresh.param_groups[0]
    assert (group["eps"], group["decoupled_weight_decay"], group["lr_scale"]) == (0.125, True, 0.25)
    assert fresh.state_dict()["param_groups"][0]["lr_scale"] == 0.25


@pytest.mark.parametrize("cls", [optim.Adam, optim.LBFGS])
def test_state_is_there_to_look_at_by_parameter(cls: Any) -> None:
    net, other = model(), nn.Parameter([1.0])
    optimizer = cls(net.named_parameters())
    first = net[0].weight
    assert len(optimizer.state) == 0
    assert not optimizer.state[first]

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (net(lucid.ones((2, 3))) ** 2).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    saved = optimizer.state_dict()["state"]
    assert len(optimizer.state) == len(saved) == len({*optimizer.state})
    assert first in optimizer.state
    assert other not in optimizer.state
    for name, p in net.named_parameters():
        assert repr(dict(optimizer.state[p])) == repr(saved.get(name, {}))
    assert "0.weight" in repr(optimizer.state)
    with pytest.raises(TypeError, match="does not support item assignment"):
        optimizer.state[first]["step"] = 0
    with pytest.raises(KeyError, match="has no such Parameter"):
        optimizer.state[other]


def test_an_option_that_a_user_added_to_a_group_comes_back() -> None:
    optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.1)
    optimizer.param_groups[0]["note"] = "first"
    saved = optimizer.state_dict()
    optimizer.param_groups[0]["note"] = "second"
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["note"] == "first"


@pytest.mark.parametrize("given", [None, 3, [], {"state": {}}, {"state": 1, "param_groups": []}])
def test_what_is_no_state_dict_is_refused(given: Any) -> None:
    with pytest.raises(StateError):
        optim.SGD([nn.Parameter([1.0])]).load_state_dict(given)


def test_all_problems_are_listed_together() -> None:
    net = model()
    optimizer = optim.Adam(net.named_parameters())
    train(net, optimizer, 1)
    saved = optimizer.state_dict()
    for spoil in (unknown_state, reshape_state, bad_count):
        spoil(saved)
    with pytest.raises(StateError) as caught:
        optimizer.load_state_dict(saved)
    assert str(caught.value).count("\n") == 3
