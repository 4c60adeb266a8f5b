"""Parametrizations: a parameter of a module as a function of other parameters.

Where a weight should be symmetric, of norm one or orthogonal, a module that computes such a weight is
registered for it. The weight then comes from ``parametrizations.weight.original``, which is learned instead.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lucid import grad_mode
from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.grad_mode import no_grad
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer, Parameter
from lucid.nn.utils import computed
from lucid.nn.utils.parametrization_list import ParametrizationDict, ParametrizationList, check_like

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


class _Cache(threading.local):
    """The parametrized tensors that this thread has computed inside of ``cached``."""

    depth = 0

    def __init__(self) -> None:
        # By the id of the ParametrizationList, which is held, or it might come to be another's.
        self.found: dict[tuple[int, bool], tuple[Any, Any, list[Any]]] = {}


_cache = _Cache()


class _Parametrized(computed.Recipe):
    """An attribute that is computed by the module's entry in ``parametrizations``."""

    prefix = "Parametrized"
    fix = "nn.utils.parametrize.remove_parametrizations(module, {name!r})"

    def __init__(self, name: str) -> None:
        self.name = name

    def compute(self, module: Any) -> Any:
        compute = module.parametrizations[self.name]
        inside = grad_mode.state
        # What is computed in a vmap is a batch there, and a checkpoint computes it again.
        if not _cache.depth or inside.levels or inside.journals:
            return compute()
        key = (id(compute), grad_mode.is_recording())
        known = _cache.found.get(key)
        if known is None or not _same(known[2], _origin(compute)):
            value = compute()
            known = _cache.found[key] = compute, value, _origin(compute)
        return known[1]

    def assign(self, module: Any, name: str, value: Any) -> None:
        module.parametrizations[name].right_inverse(value)

    def remove(self, module: Any, name: str) -> None:
        remove_parametrizations(module, name)


def _origin(entry: Any) -> list[Any]:
    """Return what a parametrized tensor is computed from: modules, arrays, and nodes of the tape.

    Buffers of parametrizations are not among it: computing the tensor may change them, as in spectral_norm.
    """
    held: list[Any] = [value for _, value in entry._walk() if not isinstance(value, Buffer)]
    held += entry._originals()
    tensors = [value for value in held if not isinstance(value, Module)]
    return held + [t._array for t in tensors] + [t._node for t in tensors]


def _same(these: list[Any], those: list[Any]) -> bool:
    return len(these) == len(those) and all(map(operator.is_, these, those))


# ----------------------------------------------------------------- making and removing


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Have a Parameter or Buffer of ``module`` be computed by ``parametrization``; return the module.

    ``module.weight`` is from now on ``parametrization(original)``, computed whenever it is read, and
    ``module.parametrizations.weight.original`` is what is learned. A second parametrization of the same
    tensor takes what the first one returned. The module's class becomes a subclass of what it was.

    If the parametrization has a method ``right_inverse``, the original becomes ``right_inverse(weight)``, and
    the weight can be set: ``module.weight = value``. Where it returns several Tensors, there are several
    originals, and the parametrization is called with all of them.

    A parametrized module can be copied and pickled.

    Args:
        module: what holds the tensor itself.
        tensor_name: what it is called there.
        parametrization: a Module that returns the tensor.
        unsafe: whether shape and dtype of the tensor may change, and what the parametrization does is not
            checked.

    Raises:
        ArgumentError: if there is no such tensor.
        ShapeError, DTypeError: if shape or dtype would change. The module is as it was then.

    Example:
        >>> class Symmetric(nn.Module):
        ...     def forward(self, x):
        ...         return lucid.triu(x) + lucid.triu(x, k=1).mT
        >>> layer = nn.Linear(3, 3)
        >>> nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
        ParametrizedLinear(
          3 -> 3
          (parametrizations): ParametrizationDict(
            (weight): ParametrizationList(
              (0): Symmetric()
            )
          )
        )
        >>> lucid.allclose(layer.weight, layer.weight.mT)
        True
        >>> list(layer.state_dict())
        ['bias', 'parametrizations.weight.original']
    """
    name = "register_parametrization"
    if not isinstance(parametrization, Module):
        raise ArgumentTypeError(
            f"{name} expects the parametrization to be a Module, got {type(parametrization).__name__}"
        )
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_another(getattr(module, tensor_name), parametrization)
        entry: Any = module.parametrizations[tensor_name]
        entry.append(parametrization.train(module.training))
        entry.unsafe = entry.unsafe or unsafe
        return module
    original = computed.owned(name, module, tensor_name, (Parameter, Buffer))
    recipe = _Parametrized(tensor_name)
    computed.class_with(module, tensor_name, recipe)  # before anything is changed
    entry = ParametrizationList([parametrization.train(module.training)], original, unsafe)
    others = dict(module.parametrizations.items()) if is_parametrized(module) else {}
    module.parametrizations = ParametrizationDict({**others, tensor_name: entry})
    computed.install(module, tensor_name, recipe)
    return module


@no_grad()
def _check_another(value: Any, parametrization: Any) -> None:
    """Raise unless ``parametrization`` keeps shape and dtype of ``value``, and its inverse too."""
    found = parametrization(value)
    check_like("the parametrization", found, value)
    if hasattr(parametrization, "right_inverse"):
        try:
            inverted = parametrization.right_inverse(found)
        except NotImplementedError:
            return
        check_like("right_inverse", inverted, value)


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the tensor ``tensor_name`` of ``module`` is parametrized; with None, whether any is.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        >>> nn.utils.parametrize.is_parametrized(layer, "weight")
        True
        >>> nn.utils.parametrize.is_parametrized(layer, "bias")
        False
    """
    found = [key for key, recipe in computed.recipes_of(module).items() if isinstance(recipe, _Parametrized)]
    return tensor_name in found if tensor_name is not None else bool(found)


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Have the tensor ``tensor_name`` be a Parameter or Buffer of ``module`` again; return the module.

    Args:
        module: what holds the tensor.
        tensor_name: what it is called.
        leave_parametrized: whether it keeps the value that was computed. If not, the original comes back.

    Raises:
        ArgumentError: if it is not parametrized, or has several originals of which none could come back.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        >>> nn.utils.parametrize.remove_parametrizations(layer, "weight")
        Linear(3 -> 2)
    """
    if not is_parametrized(module, tensor_name):
        raise ArgumentError(
            f"remove_parametrizations: {tensor_name!r} of the {type(module).__name__} is not parametrized"
        )
    entry: Any = module.parametrizations[tensor_name]
    if not (entry.is_tensor or leave_parametrized):
        raise ArgumentError(
            f"remove_parametrizations: {tensor_name!r} is computed from {entry.ntensors} tensors, and none "
            "of them could take its place: pass leave_parametrized=True"
        )
    original = entry._originals()[0]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name)
        if entry.is_tensor:
            computed.become(original, value)
        elif isinstance(original, Parameter):
            original = Parameter(value, original.requires_grad)
        else:
            original = Buffer(value)
    others = {key: held for key, held in module.parametrizations.items() if key != tensor_name}
    if others:
        module.parametrizations = ParametrizationDict(others)
    else:
        del module.parametrizations
    computed.uninstall(module, tensor_name, original)
    return module


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once inside of the ``with``, however often it is read, in this thread.

    For modules that read a weight several times, such as recurrent ones, or that are called several times
    with the same weights. It is computed again after what it comes from was written to, loaded or moved.
    Inside of ``vmap`` and of ``nn.utils.checkpoint`` it is computed whenever it is read.

    Example:
        >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3))
        >>> with nn.utils.parametrize.cached():
        ...     layer.weight is layer.weight
        True
    """
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.found.clear()


def type_before_parametrizations(module: Module) -> type:
    """Return the class of ``module``, or if it is parametrized, the one that it had before.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        >>> type(layer).__name__, nn.utils.parametrize.type_before_parametrizations(layer).__name__
        ('ParametrizedLinear', 'Linear')
    """
    cls: type = computed.plain_class(module) if is_parametrized(module) else type(module)
    return cls


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Parametrize ``to_module`` as ``from_module`` is, and return it.

    Both modules share parametrizations and originals from then on.

    Args:
        from_module: a parametrized module.
        to_module: what is to be parametrized. A tensor that it lacks is made.
        tensor_name: which tensor; None for all that are parametrized.

    Example:
        >>> a = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        >>> b = nn.utils.parametrize.transfer_parametrizations_and_params(a, nn.Linear(3, 2))
        >>> b.parametrizations.weight.original0 is a.parametrizations.weight.original0
        True
    """
    if not is_parametrized(from_module, tensor_name):
        if tensor_name is None:
            return to_module
        raise ArgumentError(
            f"transfer_parametrizations_and_params: {tensor_name!r} of the {type(from_module).__name__} is "
            "not parametrized"
        )
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        source: Any = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        for parametrization in source:
            register_parametrization(to_module, name, parametrization, unsafe=source.unsafe)
        target: Any = to_module.parametrizations[name]
        for key, value in source._members():
            if key.startswith("original"):
                setattr(target, key, value)
    return to_module
