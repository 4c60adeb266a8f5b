"""Pruning: parameters of which some numbers are set to zero and stay so.

A pruned ``weight`` is computed whenever it is read, as ``weight_orig``, which is learned, times the Buffer
``weight_mask``. Pruning it again adds zeros; ``remove`` makes it a plain Parameter with the zeros in it.

The methods, and how to write your own, are in ``pruning_methods.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lucid import ops
from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.grad_mode import no_grad
from lucid.nn.module import Module
from lucid.nn.utils import computed
from lucid.nn.utils.pruning_methods import (
    BasePruningMethod,
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    PruningContainer,
    RandomStructured,
    RandomUnstructured,
    check_scores,
    flat,
)
from lucid.random import Generator

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


def identity(module: Any, name: str) -> Any:
    """Have a parameter be the product of an original and a mask of ones; return the module.

    Args:
        module: what holds the parameter.
        name: what it is called there.

    Raises:
        ArgumentError: if there is no such parameter.

    Example:
        >>> layer = nn.utils.prune.identity(nn.Linear(2, 3), "bias")
        >>> layer.bias_mask
        Buffer([1.0, 1.0, 1.0])
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: Any, *, generator: Generator | None = None) -> Any:
    """Prune numbers of a parameter that are drawn; return the module.

    Args:
        module: what holds the parameter.
        name: what it is called there.
        amount: how many of the numbers that are left, as an integer; or which part of them, as a float.
        generator: where random numbers come from.

    Raises:
        ArgumentError: if there is no such parameter, or ``amount`` is too large or negative.

    Example:
        >>> layer = nn.utils.prune.random_unstructured(nn.Linear(2, 3), "weight", amount=1)
        >>> int((layer.weight_mask == 0).sum())
        1
    """
    RandomUnstructured.apply(module, name, amount, generator=generator)
    return module


def l1_unstructured(module: Any, name: str, amount: Any, importance_scores: Any = None) -> Any:
    """Prune the numbers of a parameter that are smallest in size; return the module.

    Args:
        module: what holds the parameter.
        name: what it is called there.
        amount: how many of the numbers that are left, as an integer; or which part of them, as a float.
        importance_scores: a Tensor of the parameter's shape whose smallest numbers say where to prune.

    Raises:
        ArgumentError: if there is no such parameter, or ``amount`` is too large or negative.

    Example:
        >>> layer = nn.Linear(4, 1)
        >>> with lucid.no_grad():
        ...     layer.weight[...] = Tensor([0.3, -0.1, 0.2, -0.4])
        >>> print(nn.utils.prune.l1_unstructured(layer, "weight", amount=0.5).weight.tolist()[0][1:3])
        [-0.0, 0.0]
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(
    module: Any, name: str, amount: Any, axis: int, *, generator: Generator | None = None
) -> Any:
    """Prune rows of a parameter that are drawn; return the module.

    Args:
        module: what holds the parameter.
        name: what it is called there.
        amount: how many of the rows that are left, as an integer; or which part of them, as a float.
        axis: along which the rows are counted: 0 for the outputs of most layers.
        generator: where random numbers come from.

    Raises:
        ArgumentError: if there is no such parameter or axis, or ``amount`` is too large or negative.
        ShapeError: if the parameter has fewer than two axes.

    Example:
        >>> layer = nn.utils.prune.random_structured(nn.Linear(5, 3), "weight", amount=2, axis=1)
        >>> int((layer.weight_mask.sum(axis=0) == 0).sum())
        2
    """
    RandomStructured.apply(module, name, amount, axis, generator=generator)
    return module


def ln_structured(
    module: Any, name: str, amount: Any, n: Any, axis: int, importance_scores: Any = None
) -> Any:
    """Prune the rows of a parameter whose norms are smallest; return the module.

    Args:
        module: what holds the parameter.
        name: what it is called there.
        amount: how many of the rows that are left, as an integer; or which part of them, as a float.
        n: the order of the norm: a number, infinity, or ``"fro"`` or ``"nuc"``.
        axis: along which the rows are counted: 0 for the outputs of most layers.
        importance_scores: a Tensor of the parameter's shape whose rows say where to prune.

    Raises:
        ArgumentError: if there is no such parameter or axis, or ``amount`` is too large or negative.
        ShapeError: if the parameter has fewer than two axes.

    Example:
        >>> layer = nn.utils.prune.ln_structured(nn.Conv2d(5, 3, 2), "weight", amount=0.3, n=2, axis=0)
        >>> layer.weight_mask[:, 0, 0, 0].sum().item()
        2.0
    """
    LnStructured.apply(module, name, amount, n, axis, importance_scores=importance_scores)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Any, str]], pruning_method: Any, importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune several parameters as if they were one vector.

    Args:
        parameters: pairs of a module and the name of a parameter in it.
        pruning_method: a class of methods for single numbers, such as ``L1Unstructured``.
        importance_scores: a dict from such pairs to Tensors that stand for the parameters.
        kwargs: what the method is made with; ``amount`` is of all numbers together.

    Raises:
        ArgumentTypeError: if the method is not one for single numbers, or can't be made of ``kwargs``, or
            ``parameters`` are not pairs.
        ShapeError: if scores are not of their parameter's shape.

    Example:
        >>> a, b = nn.Linear(10, 4), nn.Linear(4, 1)
        >>> prune = nn.utils.prune
        >>> prune.global_unstructured([(a, "weight"), (b, "weight")], prune.L1Unstructured, amount=11)
        >>> int((a.weight_mask == 0).sum() + (b.weight_mask == 0).sum())
        11
    """
    name = "global_unstructured"
    pairs = [_pair(pair) for pair in parameters]
    if not (isinstance(pruning_method, type) and issubclass(pruning_method, BasePruningMethod)):
        raise ArgumentTypeError(f"{name} expects a class of pruning methods, got {pruning_method!r}")
    if pruning_method.PRUNING_TYPE != "unstructured":
        raise ArgumentTypeError(
            f"{name} prunes single numbers, and {pruning_method.__name__} is {pruning_method.PRUNING_TYPE}"
        )
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise ArgumentTypeError(f"{name} expects importance_scores to be a dict, got {type(scores).__name__}")
    if not pairs:
        raise ArgumentError(f"{name} got no parameters")
    held = []
    for module, key in pairs:
        pruned = isinstance(computed.recipe_of(module, key), BasePruningMethod)
        held.append(computed.owned(name, module, f"{key}_orig" if pruned else key))
    try:
        method: Any = pruning_method(**kwargs)
    except TypeError as error:  # of what calls it, or of a wrong amount
        raise ArgumentTypeError(f"{name} can't make {pruning_method.__name__}(**kwargs): {error}") from error
    with no_grad():
        values = [scores.get(pair, getattr(*pair)) for pair in pairs]
        for (_, key), value, t in zip(pairs, values, held, strict=True):
            check_scores(key, value, t)
        masks = [getattr(m, f"{key}_mask", ops.ones_like(t)) for (m, key), t in zip(pairs, held, strict=True)]
        mask = PruningContainer(method).compute_mask(flat(values), flat(masks))
    start = 0
    for (module, key), t in zip(pairs, held, strict=True):
        custom_from_mask(module, key, ops.reshape(mask[start : start + t.size], t.shape))
        start += t.size


def _pair(pair: Any) -> tuple[Any, str]:
    """Return a module and the name of its parameter, checked."""
    if isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[1], str):
        return pair[0], pair[1]
    raise ArgumentTypeError(
        f'global_unstructured expects pairs of a Module and a name, such as (layer, "weight"), got {pair!r}'
    )


def custom_from_mask(module: Any, name: str, mask: Any) -> Any:
    """Prune a parameter by a mask; return the module.

    Args:
        module: what holds the parameter.
        name: what it is called there.
        mask: a Tensor of the parameter's shape, of ones and zeros or of booleans.

    Raises:
        ArgumentError: if there is no such parameter.
        ShapeError: if the mask has another shape.

    Example:
        >>> layer = nn.utils.prune.custom_from_mask(nn.Linear(5, 3), "bias", Tensor([0, 1, 0]))
        >>> (layer.bias == 0).tolist()
        [True, False, True]
    """
    CustomFromMask.apply(module, name, mask)
    return module


def remove(module: Any, name: str) -> Any:
    """Have a pruned parameter be a plain Parameter again, zeros and all; return the module.

    The zeros are learned from then on like other numbers.

    Raises:
        ArgumentError: if it is not pruned.

    Example:
        >>> layer = nn.utils.prune.random_unstructured(nn.Linear(5, 3), "weight", amount=0.2)
        >>> list(nn.utils.prune.remove(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    method = computed.recipe_of(module, name) if isinstance(module, Module) else None
    if not isinstance(method, BasePruningMethod):
        raise ArgumentError(f"prune.remove: {name!r} of the {type(module).__name__} is not pruned")
    method.remove(module)
    return module


def is_pruned(module: Module) -> bool:
    """Whether a parameter of ``module``, or of a module in it, is pruned.

    Example:
        >>> layer = nn.Linear(5, 7)
        >>> nn.utils.prune.is_pruned(nn.Sequential(layer))
        False
        >>> layer = nn.utils.prune.random_unstructured(layer, "weight", amount=0.2)
        >>> nn.utils.prune.is_pruned(nn.Sequential(layer))
        True
    """
    return any(
        isinstance(recipe, BasePruningMethod)
        for part in module.modules()
        for recipe in computed.recipes_of(part).values()
    )
