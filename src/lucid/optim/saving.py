"""Saving optimizers and going on: what ``Optimizer.state_dict`` and ``load_state_dict`` do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lucid.engines.dtypes import is_inexact
from lucid.engines.registry import engine_of
from lucid.errors import LucidError, StateError
from lucid.nn.parameter import Parameter
from lucid.optim.options import kept
from lucid.recording import wrap
from lucid.tensor import Tensor

if TYPE_CHECKING:
    from lucid.optim.optimizer import Group, Optimizer, State


class StateView(Mapping[Parameter, Mapping[str, Any]]):
    """What an optimizer keeps, by its parameters: as it is at each look-up, and not to be written to."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer

    def __getitem__(self, p: Parameter) -> Mapping[str, Any]:
        for name, mine in self._optimizer._named():
            if mine is p:
                return MappingProxyType(self._optimizer._kept(name))
        raise KeyError(f"{type(self._optimizer).__name__} has no such Parameter")

    def __iter__(self) -> Iterator[Parameter]:
        return (p for name, p in self._optimizer._named() if self._optimizer._kept(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        named = {name: self._optimizer._kept(name) for name, _ in self._optimizer._named()}
        return f"{type(self).__name__}({named})"


def state_dict(optimizer: Optimizer) -> dict[str, Any]:
    """Return options and state, by the parameters' names."""
    state = {name: as_tensors(held) for name, held in optimizer._state.copy().items()}
    groups = [
        {"params": list(group["param_names"])}
        | {key: kept(value) for key, value in group.items() if key not in ("params", "param_names")}
        for group in optimizer.param_groups
    ]
    return {"state": state, "param_groups": groups}


def load_state_dict(optimizer: Optimizer, state_dict: Mapping[str, Any]) -> None:
    """Take over what ``state_dict`` returned; or raise a StateError that lists what does not fit."""
    cls = type(optimizer).__name__
    try:
        groups, state = list(state_dict["param_groups"]), dict(state_dict["state"])
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(
            f'{cls}.load_state_dict expects a dict with "param_groups" and "state", as state_dict gives'
        ) from error
    if len(groups) != len(optimizer.param_groups):
        raise StateError(
            f"{cls}.load_state_dict: {len(groups)} groups for an optimizer of {len(optimizer.param_groups)}"
        )
    problems: list[str] = []
    new_groups: list[Group] = []
    new_state: dict[str, State] = {}
    for i, (mine, theirs) in enumerate(zip(optimizer.param_groups, groups, strict=True)):
        if not isinstance(theirs, Mapping):
            problems.append(f"group {i} must be a dict, got {type(theirs).__name__}")
            continue
        names = theirs.get("params")
        if not isinstance(names, (list, tuple)):
            problems.append(f'group {i} must have a list of names as "params", got {names!r}')
            continue
        problems += [f"group {i} lacks {n!r}" for n in mine["param_names"] if n not in names]
        problems += [f"group {i} has an unknown {n!r}" for n in names if n not in mine["param_names"]]
        extra = {k: v for k, v in theirs.items() if k not in ("params", "param_names")}
        # An option that is newer than the state dict is as the optimizer was made; what else is in a group,
        # by the user or from PyTorch, goes along. A rate must be there, or it is no group of an optimizer's.
        if "lr" in optimizer.defaults and "lr" not in extra:
            problems.append(f"group {i} lacks the option 'lr'")
        try:
            options = optimizer.check({**optimizer.defaults, **extra})
        except LucidError as error:
            problems.append(f"group {i}: {error}")
            continue
        new_groups.append({**mine, **{k: kept(v) for k, v in (extra | options).items()}})
        for name, p in zip(mine["param_names"], mine["params"], strict=True):
            if name in state:
                new_state[name] = _read_state(optimizer, name, p, state.pop(name), problems)
    problems += [f"state of an unknown {name!r}" for name in state]
    if problems:
        raise StateError(
            f"{cls}.load_state_dict: nothing was loaded, as the state dict does not fit:\n  "
            + "\n  ".join(problems)
        )
    optimizer.param_groups[:] = new_groups
    optimizer._state = new_state


def _read_state(optimizer: Optimizer, name: str, p: Parameter, given: Any, problems: list[str]) -> State:
    """Return the state of one parameter as arrays at home with it; append what doesn't fit."""
    if not isinstance(given, Mapping):
        problems.append(f"state of {name!r} must be a dict, got {type(given).__name__}")
        return {}
    known = optimizer.state_names()
    if known is not None and given:
        problems += [f"state of {name!r} lacks {k!r}" for k in known if known[k] and k not in given]
        problems += [f"state of {name!r} has an unknown {k!r}" for k in given if k not in known]
    state: State = {}
    for key, value in given.items():
        if key == "step":
            count = _number(value)
            if isinstance(count, float) and count.is_integer():
                count = int(count)
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                problems.append(f"state of {name!r}: step must be a positive integer, got {value!r}")
            state[key] = count
        elif (shape := optimizer.state_shape(key, p.shape)) is None:
            number = _number(value)
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                problems.append(f"state of {name!r}: {key} must be a number, got {value!r}")
            else:
                state[key] = float(number)
        elif isinstance(value, Tensor) or hasattr(value, "__array__"):
            tensor = value.detach() if isinstance(value, Tensor) else Tensor(value)
            if tensor.shape != shape:
                fits = "the parameter" if shape == p.shape else f"for the parameter {p.shape} it must be"
                problems.append(f"state of {name!r}: {key} has shape {tensor.shape}, {fits} {shape}")
            elif not is_inexact(tensor.dtype) or tensor.dtype.kind == "c":
                problems.append(f"state of {name!r}: {key} must hold floats, got {tensor.dtype.name}")
            else:
                array = tensor.to(p.device)._array
                # A copy: a Tensor may have the memory of an array that somebody writes to.
                state[key] = engine_of(array).xp.asarray(
                    array, dtype=optimizer.state_dtype(p.dtype), copy=True
                )
        else:
            problems.append(f"state of {name!r}: {key} must be a Tensor, got {type(value).__name__}")
    return state


def _number(value: Any) -> Any:
    """Return the number that an array or a Tensor of one element holds; else ``value`` itself."""
    return value.item() if hasattr(value, "item") and getattr(value, "size", 0) == 1 else value


def as_tensors(state: State) -> dict[str, Any]:
    """Return the state of a parameter with Tensors for arrays."""
    return {
        key: wrap(engine_of(value).as_array(value)) if hasattr(value, "shape") else value
        for key, value in state.copy().items()
    }
