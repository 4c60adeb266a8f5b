"""What an optimizer is given: parameters, names, groups and options; and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    LucidError,
    MissingAttributeError,
    StateError,
)


def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))


def names(optimizer: optim.Optimizer) -> list[list[str]]:
    return [group["param_names"] for group in optimizer.param_groups]


def test_parameters_come_with_names_or_without() -> None:
    net = model()
    assert names(optim.SGD(net.parameters())) == [["0", "1", "2", "3"]]
    assert names(optim.SGD(net.named_parameters())) == [["0.weight", "0.bias", "2.weight", "2.bias"]]
    assert names(optim.SGD(list(net[0].parameters()))) == [["0", "1"]]
    for optimizer in (optim.Adam(net.parameters()), optim.Adam(net.named_parameters())):
        held = optimizer.param_groups[0]["params"]
        assert all(a is b for a, b in zip(held, net.parameters(), strict=True))


def test_a_shared_parameter_is_one_parameter() -> None:
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    net = nn.Sequential(first, second)
    assert names(optim.SGD(net.named_parameters())) == [["0.weight", "0.bias", "1.bias"]]


def test_groups_have_options_of_their_own() -> None:
    net = model()
    optimizer = optim.SGD(
        [
            {"params": net[0].named_parameters("0")},
            {"params": net[2].named_parameters("2"), "lr": 0.5, "momentum": 0.9},
        ],
        lr=0.1,
    )
    assert names(optimizer) == [["0.weight", "0.bias"], ["2.weight", "2.bias"]]
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]
    assert [group["momentum"] for group in optimizer.param_groups] == [0, 0.9]
    before = [p.detach() for p in net.parameters()]
    for p in net.parameters():
        p.grad = lucid.ones_like(p)
    optimizer.step()
    moved = [float((a - b).reshape((-1,))[0]) for a, b in zip(before, net.parameters(), strict=True)]
    assert moved == pytest.approx([0.1, 0.1, 0.5, 0.5], rel=1e-5)  # float32: about seven digits


def test_rates_can_be_set() -> None:
    p = nn.Parameter([1.0])
    optimizer = optim.SGD([p], lr=0.5)
    optimizer.param_groups[0]["lr"] = 0.25
    p.grad = lucid.ones(1)
    optimizer.step()
    assert p.item() == 0.75


def test_groups_can_be_added() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.Adam([a], lr=0.1)
    optimizer.add_param_group({"params": [b], "lr": 0.5})
    assert names(optimizer) == [["0"], ["1"]]
    b.grad = lucid.ones(1)
    optimizer.step()
    assert (a.item(), b.item()) == (1, 0.5)


def test_a_group_that_is_refused_changes_nothing() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([a])
    for group in ({"params": [b, a]}, {"params": [b], "lr": -1}, {"params": [b], "rate": 1}, {"lr": 1}):
        with pytest.raises(LucidError):
            optimizer.add_param_group(group)
    assert names(optimizer) == [["0"]]


@pytest.mark.parametrize("missing", ["param_names", "lr"])
def test_a_group_that_lacks_something_is_named(missing: str) -> None:
    optimizer = optim.SGD([nn.Parameter([1.0])])
    optimizer.param_groups.append({**optimizer.param_groups[0], "params": [nn.Parameter([1.0])]})
    del optimizer.param_groups[1][missing]
    with pytest.raises(StateError, match=f"SGD: group 1 of param_groups lacks '{missing}'.*add_param_group"):
        optimizer.step()


@pytest.mark.parametrize("name", ["foreach", "fused", "capturable", "differentiable"])
def test_options_of_other_libraries_are_explained(name: str) -> None:
    with pytest.raises(ArgumentTypeError, match=rf"^Adam\(\) got .* '{name}': .*: leave {name} out"):
        optim.Adam([nn.Parameter([1.0])], **{name: True})


def test_a_group_may_be_empty_beside_others() -> None:
    optimizer = optim.SGD([{"params": []}, {"params": [nn.Parameter([1.0])]}])
    optimizer.step()
    assert names(optimizer) == [[], ["0"]]


def test_repr_shows_options() -> None:
    one, two = {"params": [nn.Parameter([1.0])]}, {"params": nn.Linear(1, 1).parameters(), "lr": 0.5}
    rest = "rho=0.9, eps=1e-06, weight_decay=0.0, maximize=False"
    assert repr(optim.Adadelta([one])) == f"Adadelta(1 parameter, lr=1.0, {rest})"
    assert (
        repr(optim.Adadelta([one, two]))
        == f"Adadelta(1 parameter, lr=1.0, {rest}; 2 parameters, lr=0.5, {rest})"
    )


# ----------------------------------------------------------------- by names


def test_the_first_pattern_that_fits_decides() -> None:
    net = model()
    no_decay = {"weight_decay": 0.0}
    groups = optim.param_groups(net, {"2.*": {"lr": 0.5}, ("?.bias", "1.*", "[03].bias")[::2]: no_decay})
    optimizer = optim.AdamW(groups, lr=0.1)
    assert names(optimizer) == [["0.weight"], ["2.weight", "2.bias"], ["0.bias"]]
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5, 0.1]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.01, 0.01, 0.0]


def test_patterns_fit_named_parameters_and_may_take_all() -> None:
    net = model()
    assert [len(g["params"]) for g in optim.param_groups(net.named_parameters(), {})] == [4]
    groups = optim.param_groups(net[0].named_parameters("head"), {"head.*": {"lr": 0.5}})
    assert [[name for name, _ in group["params"]] for group in groups] == [["head.weight", "head.bias"]]
    assert optim.param_groups(nn.ReLU(), {}) == []


BY_NAME: list[tuple[Any, Any, type[LucidError], str]] = [
    (
        model(),
        {"*.baias": {}},
        ArgumentError,
        "no parameter's name fits '[*].baias': close names are '.*bias'",
    ),
    (model(), {"q": {}}, ArgumentError, "fits 'q': close names are '0.weight', '0.bias', '2.weight'"),
    (nn.ReLU(), {"q": {}}, ArgumentError, "fits 'q', as there are no parameters"),
    (
        model(),
        {"0.*": {}, "0.bias": {}},
        ArgumentError,
        "'0.bias' fits, such as '0.bias', goes to an earlier",
    ),
    (model(), {("2.*", "q"): {}}, ArgumentError, "no parameter's name fits 'q'"),
    (model(), {3: {}}, ArgumentTypeError, "patterns to be str, got 3"),
    (model(), {"*": 0.1}, ArgumentTypeError, r"dict of an optimizer's options for '\*', got 0.1"),
    (model(), {"*": {"params": []}}, ArgumentTypeError, "dict of an optimizer's options"),
    (model(), ["*"], ArgumentTypeError, r"a dict such as .*, got \['\*'\]"),
    (list(model().parameters()), {}, ArgumentTypeError, "pairs of names and parameters .*, got list"),
    (3, {}, ArgumentTypeError, "expects a module, or pairs .*, got int"),
]


@pytest.mark.parametrize(("net", "patterns", "error", "message"), BY_NAME)
def test_bad_patterns(net: Any, patterns: Any, error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        optim.param_groups(net, patterns)


# ----------------------------------------------------------------- refused

p = nn.Parameter(lucid.zeros(2))
q = nn.Parameter(lucid.zeros(2))

PARAMETERS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (list, ArgumentError, "got no parameters. An iterator .* used up only once"),
    (lambda: iter(()), ArgumentError, "got no parameters"),
    (lambda: None, ArgumentTypeError, "expects model.parameters.* got NoneType"),
    (lambda: 3, ArgumentTypeError, "expects model.parameters.* got int"),
    (lambda: p, ArgumentTypeError, r"got one Tensor: pass a list, \[p\]"),
    (lambda: nn.Linear(1, 1), ArgumentTypeError, r"got the module Linear: pass its .parameters\(\)"),
    (lambda: nn.ParameterDict({"w": p}), ArgumentTypeError, "got the module ParameterDict"),
    (lambda: {"w": p}, ArgumentTypeError, r"got a dict: pass list\(d.items\(\)\)"),
    (lambda: [p, 3], ArgumentTypeError, "expects Parameters, got int for '1'"),
    (lambda: "weights", ArgumentTypeError, "expects Parameters, got str for '0'"),
    (lambda: [lucid.zeros(2)], ArgumentError, r"'0' is a Tensor that tracks no gradients.*nn.Parameter"),
    (lambda: [p * 2], ArgumentError, "'0' was computed from other tensors"),
    (lambda: [Tensor(1j, requires_grad=True)], DTypeError, "complex64.*two Parameters"),
    (lambda: [computed()], ArgumentError, "'0' was computed from other tensors"),
    (lambda: [p, q, p], ArgumentError, "'2' is the same Parameter as '0'"),
    (lambda: [("a", p), ("b", p)], ArgumentError, "'b' is the same Parameter as 'a'"),
    (lambda: [("a", p), ("a", q)], ArgumentError, "two Parameters are called 'a'"),
    (lambda: [(1, p)], ArgumentTypeError, "name of a parameter to be a str, got 1"),
    (lambda: [{"params": [p]}, q], ArgumentTypeError, "parameters or groups, got a mix of both"),
    (lambda: [{"params": [p]}, {"params": [p]}], ArgumentError, "'1' is the same Parameter as '0'"),
    (lambda: [{"lr": 0.1}], ArgumentTypeError, 'a group to be a dict with "params"'),
    (lambda: [{"params": [p], "param_names": []}], ArgumentError, "0 param_names for 1 parameters"),
    (lambda: [{"params": p}], ArgumentTypeError, "got one Tensor"),
    (
        lambda: [{"params": [p], "learning_rate": 1}],
        ArgumentError,
        "has no option 'learning_rate': it has lr,",
    ),
    (lambda: [{"params": [p], "weigth_decay": 1}], ArgumentError, "did you mean 'weight_decay'?"),
    (lambda: [{"params": [p], "lr": -1}], ArgumentError, "lr to be finite and at least 0, got -1"),
]


def computed() -> nn.Parameter:
    written = nn.Parameter(lucid.zeros(2))
    written += 1  # recorded, so that it is no leaf any more
    return written


@pytest.mark.parametrize("cls", [optim.SGD, optim.Adam])
@pytest.mark.parametrize(("params", "error", "message"), PARAMETERS)
def test_bad_parameters(cls: Any, params: Any, error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        cls(params())
    assert cls.__name__ in str(caught.value)


OPTIONS: list[tuple[Any, dict[str, Any], type[LucidError], str]] = [
    (optim.SGD, {"lr": -0.1}, ArgumentError, "SGD expects lr to be finite and at least 0, got -0.1"),
    (optim.SGD, {"lr": math.nan}, ArgumentError, "got nan"),
    (optim.SGD, {"lr": math.inf}, ArgumentError, "got inf"),
    (optim.SGD, {"lr": "0.1"}, ArgumentTypeError, "lr to be a number, got '0.1'"),
    (optim.SGD, {"lr": None}, ArgumentTypeError, "lr to be a number, got None"),
    (optim.SGD, {"momentum": -1}, ArgumentError, "momentum to be finite and at least 0, got -1"),
    (optim.SGD, {"weight_decay": -1}, ArgumentError, "weight_decay to be finite and at least 0"),
    (optim.SGD, {"dampening": math.inf}, ArgumentError, "dampening to be finite"),
    (optim.SGD, {"nesterov": True}, ArgumentError, "nesterov=True needs momentum > 0 and dampening == 0"),
    (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, ArgumentError, "dampening=0.1"),
    (optim.SGD, {"nesterov": 0.9}, ArgumentTypeError, "nesterov to be True or False, got 0.9"),
    (optim.Adam, {"lr": -1}, ArgumentError, "Adam expects lr"),
    (optim.Adam, {"betas": (0.9, 1.0)}, ArgumentError, r"betas\[1\] to be from 0 to less than 1, got 1.0"),
    (optim.Adam, {"betas": (-0.1, 0.9)}, ArgumentError, r"betas\[0\] to be from 0 to less than 1, got -0.1"),
    (optim.Adam, {"betas": 0.9}, ArgumentTypeError, "betas to be two numbers, got 0.9"),
    (optim.Adam, {"betas": (0.9,)}, ArgumentTypeError, "betas to be two numbers"),
    (optim.Adam, {"eps": -1e-8}, ArgumentError, "eps to be finite and at least 0"),
    (optim.Adam, {"amsgrad": 1}, ArgumentTypeError, "amsgrad to be True or False, got 1"),
    (optim.AdamW, {"weight_decay": -1}, ArgumentError, "AdamW expects weight_decay"),
    (optim.AdamW, {"maximize": None}, ArgumentTypeError, "maximize to be True or False, got None"),
    (optim.Adam, {"decoupled_weight_decay": 1}, ArgumentTypeError, "decoupled_weight_decay to be True or"),
    (optim.NAdam, {"momentum_decay": -1}, ArgumentError, "NAdam expects momentum_decay to be finite and at"),
    (optim.NAdam, {"betas": (1.0, 0.9)}, ArgumentError, r"betas\[0\] to be from 0 to less than 1, got 1.0"),
    (
        optim.RAdam,
        {"betas": (Tensor(0.5), 0.9)},
        ArgumentTypeError,
        r"RAdam expects betas\[0\] to be a number",
    ),
    (optim.RAdam, {"eps": -1.0}, ArgumentError, "RAdam expects eps to be finite and at least 0"),
    (optim.Adamax, {"weight_decay": -1}, ArgumentError, "Adamax expects weight_decay"),
    (optim.Lion, {"betas": (0.9, -0.1)}, ArgumentError, r"Lion expects betas\[1\] to be from 0"),
    (optim.Adagrad, {"lr_decay": -1}, ArgumentError, "Adagrad expects lr_decay"),
    (optim.Adagrad, {"initial_accumulator_value": -1}, ArgumentError, "expects initial_accumulator_value"),
    (optim.Adadelta, {"rho": 1.5}, ArgumentError, "Adadelta expects rho to be from 0 to 1, got 1.5"),
    (optim.RMSprop, {"alpha": -0.1}, ArgumentError, "RMSprop expects alpha to be from 0 to 1, got -0.1"),
    (optim.RMSprop, {"momentum": -0.1}, ArgumentError, "momentum to be finite and at least 0"),
    (optim.RMSprop, {"centered": 1}, ArgumentTypeError, "centered to be True or False, got 1"),
    (optim.Rprop, {"etas": (1.0, 1.2)}, ArgumentError, r"etas\[0\] to be from 0 to less than 1, got 1.0"),
    (optim.Rprop, {"etas": (0.0, 1.2)}, ArgumentError, r"0 < etas\[0\] < 1 < etas\[1\], got \(0.0, 1.2\)"),
    (optim.Rprop, {"etas": 0.5}, ArgumentTypeError, "etas to be two numbers, got 0.5"),
    (optim.Rprop, {"step_sizes": (1.0, 0.5)}, ArgumentError, r"step_sizes\[1\] to be finite and at least 1"),
    (optim.ASGD, {"lambd": -1}, ArgumentError, "ASGD expects lambd to be finite and at least 0"),
    (optim.ASGD, {"alpha": math.inf}, ArgumentError, "ASGD expects alpha to be finite"),
    (optim.ASGD, {"t0": math.nan}, ArgumentError, "ASGD expects t0 to be finite"),
]


@pytest.mark.parametrize(("cls", "options", "error", "message"), OPTIONS)
def test_bad_options(cls: Any, options: dict[str, Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        cls([p], **options)


def test_an_optimizer_without_a_rule_says_so() -> None:
    w = nn.Parameter([1.0])
    optimizer = optim.Optimizer([w], {"lr": 1.0})
    w.grad = lucid.ones(1)
    with pytest.raises(MissingAttributeError, match=r"Optimizer has no rule: define update\(self, xp, p, g"):
        optimizer.step()


def test_a_plain_tensor_that_tracks_gradients_can_be_optimized():
    w = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = lucid.optim.SGD([w], lr=0.5)
    (w * w).sum().backward()
    optimizer.step()
    assert w.tolist() == [0.0, 0.0]
    assert w.is_leaf
    assert w.requires_grad
