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

    def remove(self, module: Any, name: str) -> None:
        """Have the attribute ``name`` be a plain Parameter or Buffer of the value that it has."""
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
    cls = class_with(module, name, recipe)
    vars(module).pop(name, None)
    # Another dict each time: a shallow copy of the module has the old one.
    vars(module)[_HELD] = {**recipes_of(module), name: recipe}
    object.__setattr__(module, "__class__", cls)


def uninstall(module: Any, name: str, value: Any) -> None:
    """Have the attribute ``name`` be ``value``, and no longer computed."""
    left = {key: recipe for key, recipe in recipes_of(module).items() if key != name}
    cls = _class_with(module, left)
    if left:
        vars(module)[_HELD] = left
    else:
        del vars(module)[_HELD]
    object.__setattr__(module, "__class__", cls)
    setattr(module, name, value)


def make_plain(module: Any) -> None:
    """Have all computed attributes of ``module`` be plain Parameters or Buffers of the values that they have.

    The last to be computed is the first to be plain: it may be what another one is computed from.
    """
    for name in reversed(list(recipes_of(module))):
        recipe_of(module, name).remove(module, name)


def class_with(module: Any, name: str, recipe: Recipe) -> Any:
    """Return the class that ``module`` is to be of for ``name`` to be computed; raise if it can't be made."""
    return _class_with(module, {**recipes_of(module), name: recipe})


def _class_with(module: Any, recipes: dict[str, Recipe]) -> Any:
    """Return the class that goes with ``recipes``."""
    base = plain_class(module)
    if not recipes:
        return base
    prefix = max(recipe.prefix for recipe in recipes.values())
    try:
        return _class_of(base, tuple(recipes), prefix)
    except Exception as error:
        raise ArgumentTypeError(
            f"a computed {', '.join(recipes)} needs a subclass of {base.__name__}, and making one failed "
            f"with {type(error).__name__}: {error}"
        ) from error


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
        recipe = recipe_of(module, name)
        if recipe is None:
            raise MissingAttributeError(MSG_NO_RECIPE.format(**_names(module), name=name))
        return recipe.compute(module)

    def assign(module: Any, value: Any) -> None:
        recipe = recipe_of(module, name)
        if recipe is None:
            raise ArgumentTypeError(MSG_NO_RECIPE.format(**_names(module), name=name))
        recipe.assign(module, name, value)

    def remove(module: Any) -> None:
        raise MissingAttributeError(
            f"{type(module).__name__}.{name} is computed whenever it is read: to be rid of it, "
            f"{recipe_of(module, name).fix.format(name=name)}"
        )

    return property(get, assign, remove)


def _names(module: Any) -> dict[str, str]:
    return {"cls": type(module).__name__, "base": plain_class(module).__name__}


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
            if old.watch is not None:
                node.watch(tensor._node).hooks.extend(old.watch.hooks)


MSG_NO_RECIPE = """{cls} is the class of modules whose {name} was made a computed one, and can't be called.
    {base}(...)                                  # a new module
    nn.utils.parametrize.type_before_parametrizations(module)(...)    # the same of a given one"""
