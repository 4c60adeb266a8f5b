"""ModuleDict: modules by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lucid.nn.containers.mapping import MappingContainer
from lucid.nn.module import Module


class ModuleDict(MappingContainer[Module]):
    """Hold modules by string keys, with the methods of a ``dict``.

    Args:
        modules: a mapping, or pairs of a key and a module. Added in that order.

    Raises:
        ArgumentTypeError: if a key is not a string or a value is not a Module.
        ArgumentError: if a key is empty.
        MissingKeyError: for a key that isn't there.

    Example:
        >>> heads = nn.ModuleDict({"class": nn.Linear(4, 10), "box": nn.Linear(4, 4)})
        >>> heads["box"](lucid.zeros((1, 4))).shape
        (1, 4)
        >>> [name for name, parameter in heads.named_parameters()]
        ['class.weight', 'class.bias', 'box.weight', 'box.bias']
    """

    holds = Module
    written = 'md["{name}"] = ...'
    no_forward = "call its modules, self.heads['class'](x), in the forward of the module that holds it"

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)
