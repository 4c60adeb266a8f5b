"""Attributes of a module that are computed whenever they are read: a weight out of other parameters.

Such a module is of a class that is made for it: a subclass of its own class with a property for each of these
attributes. How one is computed says a ``Recipe``, which the module holds. So nothing is stored that could be
out of date, and a copy or a pickle of the module is made of its parameters alone.

Read next: ``parametrize.py``, ``norms.py`` and ``prune.py``, whose recipes there are.
"""

from __future__ import annotations

from typing import Any

from lucid import node
from lucid.errors import ArgumentError, ArgumentTypeError, MissingAttributeError
from lucid.grad_mode import no_grad
from lucid.nn import names
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer, Parameter

_HELD = "_recipes"  # the attribute of the module that holds its recipes, a dict
_MADE = "_computed_classes"  # the attribute of a class that holds the classes made of it


class Recipe:
    """How one attribute of a module is computed. It is copied and pickled with the module.

    Attributes:
        prefix: what the name of the module's class begins with.
        fix: what to do to be rid of the attribute, for errors; ``{name}`` stands for its name.
    """

    prefix = ""
    fix = ""

    def compute(self, module: Any) -> Any:
        """Return the value of the attribute of ``module``."""
        raise NotImplementedError

    def assign(self, module: Any, name: str, value: Any) -> None:
        """Have the attribute ``name`` become ``value``, if that can be."""
        raise ArgumentTypeError(
            f"{type(module).__name__}.{name} is computed whenever it is read, and can't be set: write to the "
            f"parameters that it comes from, or first {self.fix.format(name=name)}"
        )


def recipe_of(module: Any, name: str) -> Any:
    """Return the recipe of the attribute ``name``; None if it is not computed."""
    return recipes_of(module).get(name)


def recipes_of(module: Any) -> dict[str, Any]:
    """Return the recipes of all computed attributes, by name."""
    recipes: dict[str, Any] = getattr(module, "__dict__", {}).get(_HELD, {})
    return recipes


def owned(function: str, module: Any, name: Any, kinds: tuple[type, ...] = (Parameter,)) -> Any:
    """Return the Parameter (or Buffer) that ``module`` itself holds as ``name``.

    Raises:
        ArgumentTypeError: if ``module`` is no Module.
        ArgumentError: if it holds no such thing.
    """
    if not isinstance(module, Module):
        raise ArgumentTypeError(f"{function} expects a Module, got {type(module).__name__}")
    held = vars(module).get(name)
    if isinstance(held, kinds):
        return held
    kind = " or ".join(k.__name__ for k in kinds)
    if recipe_of(module, name) is not None:
        how = f"is computed already: first {recipe_of(module, name).fix.format(name=name)}"
    elif name in vars(module):
        how = f"is {held!r}" if held is None else f"is a {type(held).__name__}"
    else:
        own = [key for key, value in vars(module).items() if isinstance(value, kinds)]
        how = f"is not there{names.near(str(name), own)}"
    raise ArgumentError(
        f"{function} expects {name!r} to be a {kind} of the {type(module).__name__} itself; it {how}"
    )


def install(module: Any, name: str, recipe: Recipe) -> None:
    """Have the attribute ``name`` be computed by ``recipe``; what it held before is no longer there."""
    vars(module).pop(name, None)
    _hold(module, {**recipes_of(module), name: recipe})


def uninstall(module: Any, name: str, value: Any) -> None:
    """Have the attribute ``name`` be ``value``, and no longer computed."""
    _hold(module, {key: recipe for key, recipe in recipes_of(module).items() if key != name})
    setattr(module, name, value)


def _hold(module: Any, recipes: dict[str, Recipe]) -> None:
    """Have ``module`` hold ``recipes``, and no others, and be of the class that goes with them."""
    base = plain_class(module)
    if recipes:
        prefix = max(recipe.prefix for recipe in recipes.values())
        vars(module)[_HELD] = recipes  # another dict each time: a shallow copy of the module has the old one
        base = _class_of(base, tuple(recipes), prefix)
    else:
        vars(module).pop(_HELD, None)
    object.__setattr__(module, "__class__", base)


def plain_class(module: Any) -> Any:
    """Return the class that ``module`` was of before any attribute was computed."""
    cls = type(module)
    return cls.__bases__[0] if "_is_computed" in vars(cls) else cls


def _class_of(base: Any, computed: tuple[str, ...], prefix: str) -> Any:
    """Return the subclass of ``base`` whose attributes ``computed`` are properties, always the same one."""
    if _MADE not in vars(base):
        setattr(base, _MADE, {})
    made = vars(base)[_MADE]
    if (computed, prefix) not in made:
        inside = {
            "__module__": base.__module__,
            "__qualname__": prefix + base.__qualname__,
            "__doc__": base.__doc__,
            "__reduce_ex__": lambda self, protocol: (_blank, (base, computed, prefix), self.__getstate__()),
            "_is_computed": True,
            **{name: _property(name) for name in computed},
        }
        made[computed, prefix] = type(base)(prefix + base.__name__, (base,), inside)
    return made[computed, prefix]


def _blank(base: Any, computed: tuple[str, ...], prefix: str) -> Any:
    """Return a module without any attributes: how a copy and a pickle begin."""
    cls = _class_of(base, computed, prefix)
    return cls.__new__(cls)


def _property(name: str) -> property:
    def get(module: Any) -> Any:
        return recipe_of(module, name).compute(module)

    def assign(module: Any, value: Any) -> None:
        recipe_of(module, name).assign(module, name, value)

    def remove(module: Any) -> None:
        raise MissingAttributeError(
            f"{type(module).__name__}.{name} is computed whenever it is read: to be rid of it, "
            f"{recipe_of(module, name).fix.format(name=name)}"
        )

    return property(get, assign, remove)


# ----------------------------------------------------------------- what they are computed from


def become(tensor: Any, value: Any) -> None:
    """Have ``tensor``, a Parameter or Buffer, take on ``value``, of whatever shape, unrecorded."""
    if value is tensor:
        return
    if value.shape == tensor.shape:
        with no_grad():
            tensor.copy_(value)
    elif isinstance(tensor, Buffer):
        tensor.replace(value)
    else:
        old, tensor._array = tensor._node, value._array
        if old is not None:  # the tape knows a leaf by its shape, so a new one stands for the new array
            node.release_grad(old, tensor)
            tensor._node = node.leaf(tensor)
            tensor._grad = None
