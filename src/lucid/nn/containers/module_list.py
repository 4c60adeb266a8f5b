"""ModuleList: modules by position."""

from __future__ import annotations

from collections.abc import Iterable

from lucid.nn.containers.sequence import SequenceContainer
from lucid.nn.module import Module


class ModuleList(SequenceContainer[Module]):
    """Hold modules in a list, with the methods of a ``list`` but ``sort``.

    A plain list of modules in an attribute is found as well. This one refuses everything else. To
    have the modules called one after the other, see Sequential.

    Args:
        modules: the modules, in an iterable.

    Raises:
        ArgumentTypeError: if something in it is not a Module.
        IndexingError: for an index that is outside.

    Example:
        >>> layers = nn.ModuleList([nn.Linear(4, 3), nn.Linear(3, 2)])
        >>> layers.insert(1, nn.Tanh())
        >>> layers[1:]
        ModuleList(
          (0): Tanh()
          (1): Linear(3 -> 2)
        )
    """

    holds = Module
    written = "ml.append(...)"
    no_forward = (
        "call its modules, `for layer in self.layers: x = layer(x)`, in the forward of the module that "
        "holds it, or use nn.Sequential"
    )

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)
