"""What optimizers are given: whether it can be optimized, and whether its gradient fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.tensor import Tensor


def listed(cls: str, params: Any) -> list[Any]:
    """Return what ``params`` yields, or say what to pass instead."""
    if isinstance(params, Module):
        raise ArgumentTypeError(
            f"{cls} expects parameters, got the module {type(params).__name__}: pass its .parameters()"
        )
    if isinstance(params, Tensor):
        raise ArgumentTypeError(f"{cls} expects several parameters, got one Tensor: pass a list, [p]")
    if isinstance(params, Mapping):
        raise ArgumentTypeError(
            f"{cls} expects a list, got a {type(params).__name__}: pass list(d.items()) for named "
            "parameters, or [group] for one group"
        )
    try:
        return list(params)
    except TypeError as error:
        raise ArgumentTypeError(
            f"{cls} expects model.parameters(), model.named_parameters() or a list of groups, "
            f"got {type(params).__name__}"
        ) from error


def check_parameter(cls: str, name: Any, p: Any) -> None:
    """Raise unless ``p`` can be optimized under this name."""
    if not isinstance(name, str):
        raise ArgumentTypeError(f"{cls} expects the name of a parameter to be a str, got {name!r}")
    if not isinstance(p, Tensor):
        raise ArgumentTypeError(f"{cls} expects Parameters, got {type(p).__name__} for {name!r}")
    if not (p.requires_grad or isinstance(p, Parameter)):  # a Parameter may be frozen for a while
        raise ArgumentError(
            f"{cls}: {name!r} is a {type(p).__name__} that tracks no gradients: "
            "make it with requires_grad=True, or wrap it in nn.Parameter(...)"
        )
    if p.dtype.kind == "c":
        raise DTypeError(
            f"{cls}: {name!r} is {p.dtype.name}, and optimizers step real numbers: make its real and "
            "imaginary parts two Parameters, and write re + 1j * im"
        )
    if not p.is_leaf:
        raise ArgumentError(
            f"{cls}: {name!r} was computed from other tensors, so no gradient stays with it: "
            "pass the Parameter that it was computed from, or make one of p.detach()"
        )


def has_gradient(cls: str, name: str, p: Parameter) -> bool:
    """Whether ``p`` has a gradient; raise if it is one that does not fit, or can have none."""
    if not p.is_leaf:
        raise GradientError(
            f"{cls}: {name!r} was written to while operations were recorded, so it is a computed tensor now "
            "and no gradient stays with it: write to parameters under lucid.no_grad()"
        )
    if p._grad is None:
        return False
    g, array = p._grad._array, p._array
    if g.shape != array.shape or g.dtype != array.dtype or p._grad.device != p.device:
        raise GradientError(
            f"{cls}: the gradient of {name!r} is {g.shape} {g.dtype} on {p._grad.device}, the parameter "
            f"{array.shape} {array.dtype} on {p.device}: call zero_grad() after changing parameters"
        )
    return True
