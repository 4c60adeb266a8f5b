"""Hooks around steps, saving and loading."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import pytest

import lucid
import lucid.nn as nn
from lucid import optim
from lucid.errors import ArgumentTypeError, StateError


def make() -> tuple[nn.Parameter, optim.SGD]:
    p = nn.Parameter([1.0])
    p.grad = lucid.ones(1)
    return p, optim.SGD([p], lr=0.5)


def test_step_hooks_are_called_in_order_with_what_step_was_given() -> None:
    p, optimizer = make()
    seen: list[Any] = []
    closure = lambda: "loss"  # noqa: E731
    for name in ("a", "b"):
        optimizer.register_step_pre_hook(lambda *args, name=name: seen.append((name, p.item(), *args)))
        optimizer.register_step_post_hook(lambda *args, name=name: seen.append((name, p.item(), *args)))
    assert optimizer.step(closure) == "loss"
    rest = optimizer, (closure,), {}
    assert seen == [("a", 1.0, *rest), ("b", 1.0, *rest), ("a", 0.5, *rest), ("b", 0.5, *rest)]


def test_a_pre_hook_may_change_what_step_is_given() -> None:
    _, optimizer = make()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((lambda: args[0]() + 1,), kwargs))
    seen: list[Any] = []
    optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(args[0]()))
    assert optimizer.step(lambda: 3) == 4
    assert seen == [4]
    optimizer.register_step_pre_hook(lambda o, args, kwargs: args)
    with pytest.raises(ArgumentTypeError, match=r"SGD must return None or \(args, kwargs\), got \("):
        optimizer.step(lambda: 3)


def test_each_thread_calls_hooks_around_its_own_calls() -> None:
    _, optimizer = make()
    both = threading.Barrier(2, timeout=10)
    optimizer.register_state_dict_pre_hook(lambda o: both.wait() and None)
    optimizer.register_state_dict_post_hook(lambda o, saved: {**saved, "epoch": 3})
    found: list[bool] = []

    def save() -> None:
        found.append("epoch" in optimizer.state_dict())

    threads = [threading.Thread(target=save) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True, True]


def test_a_copy_that_a_hook_made_has_hooks() -> None:
    _, optimizer = make()
    copies: list[Any] = []
    optimizer.register_step_pre_hook(lambda o, *_: copies.append(copy.deepcopy(o)))
    optimizer.step()
    copies[0].step()
    assert len(copies) == 2


def test_hooks_can_be_removed_and_fail_whole() -> None:
    p, optimizer = make()
    seen: list[str] = []
    removes = [
        optimizer.register_step_pre_hook(lambda *_: seen.append("before")),
        optimizer.register_step_post_hook(lambda *_: seen.append("after")),
    ]

    def fail(*_: Any) -> None:
        raise KeyError("mine")

    removes.append(optimizer.register_step_pre_hook(fail))
    with pytest.raises(KeyError):
        optimizer.step()
    assert (p.item(), seen) == (1.0, ["before"])
    for remove in (*removes, *removes):
        remove()
    optimizer.step()
    assert (p.item(), seen) == (0.5, ["before"])


def test_a_step_that_calls_its_base_is_one_step() -> None:
    class Twice(optim.SGD):
        def step(self, closure: Any = None) -> Any:
            super().step()
            return super().step()

    p = nn.Parameter([1.0])
    p.grad = lucid.ones(1)
    optimizer = Twice([p], lr=0.25)
    seen: list[float] = []
    optimizer.register_step_post_hook(lambda *_: seen.append(p.item()))
    optimizer.step()
    optimizer.step()
    assert seen == [0.5, 0.0]


def test_hooks_around_saving() -> None:
    _, optimizer = make()
    seen: list[str] = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("second"))
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, s: s | {"extra": 1})
    optimizer.register_state_dict_post_hook(lambda o, s: s.update(more=s["extra"] + 1))
    saved = optimizer.state_dict()
    assert seen == ["first", "second"]
    assert (saved["extra"], saved["more"]) == (1, 2)


def test_hooks_around_loading() -> None:
    _, optimizer = make()
    saved = optimizer.state_dict() | {"rate": 0.25}
    seen: list[float] = []

    def rewrite(_: optim.Optimizer, state_dict: dict[str, Any]) -> dict[str, Any]:
        group = state_dict["param_groups"][0] | {"lr": state_dict.pop("rate")}
        return state_dict | {"param_groups": [group]}

    optimizer.register_load_state_dict_pre_hook(rewrite)
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    optimizer.load_state_dict(state_dict=saved)
    assert seen == [0.25]
    assert saved["rate"] == 0.25
    with pytest.raises(StateError):
        optimizer.load_state_dict({"rate": 1, "param_groups": [{}]})
    assert seen == [0.25]


def shout(*_: Any) -> None:
    raise RuntimeError("heard")


def test_hooks_go_with_copies() -> None:
    _, optimizer = make()
    remove = optimizer.register_step_pre_hook(shout)
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        with pytest.raises(RuntimeError, match="heard"):
            other.step()
        other.register_step_pre_hook(print)
    remove()
    optimizer.step()


def test_a_hook_is_a_function() -> None:
    _, optimizer = make()
    with pytest.raises(ArgumentTypeError, match="a hook must be a function, got int"):
        optimizer.register_step_pre_hook(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("set_to_none", [True, False])
def test_gradients_are_cleared(set_to_none: bool) -> None:
    p, q = nn.Parameter([1.0]), nn.Parameter([1.0])
    g = p.grad = lucid.ones(1)
    optim.SGD([p, q]).zero_grad(set_to_none=set_to_none)
    assert (p.grad is None) is set_to_none
    assert set_to_none or (p.grad is not None and p.grad.tolist() == [0.0])
    assert q.grad is None
    assert g.tolist() == [1.0]
