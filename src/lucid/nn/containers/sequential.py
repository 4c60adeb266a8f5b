"""Sequential: modules that are called one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from lucid.errors import ArgumentError, ArgumentTypeError, MissingKeyError
from lucid.nn import names
from lucid.nn.containers.sequence import SequenceContainer
from lucid.nn.module import Module


class Sequential(SequenceContainer[Module]):
    r"""Call modules one after the other, each with what the one before returned.

    .. math:: y = f_n(\dots f_2(f_1(x)))

    It is a list of modules, with the methods of a ``list`` but ``sort``. A slice of it is a Sequential.

    Args:
        modules: the modules; or one dict of them, which gives them names in the place of numbers.
            A named module is indexed by its name as well as by its position. What is added later
            is numbered.

    Raises:
        ArgumentTypeError: if something is not a Module, or a name is not a string.
        ArgumentError: if a name is empty, or a number that is not the position.
        IndexingError: for an index that is outside.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
        >>> model(lucid.zeros((8, 4))).shape
        (8, 2)
        >>> model[:2]
        Sequential(
          (0): Linear(4 -> 3)
          (1): ReLU()
        )
        >>> nn.Sequential({"hidden": nn.Linear(4, 3), "squash": nn.Tanh()})["hidden"]
        Linear(4 -> 3)
    """

    holds = Module
    written = "seq.append(...)"
    no_forward = ""

    _names: list[str | None]  # None: named by its position

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        self._names = []
        return self

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            own_names = _checked_names(modules[0])
            self.extend(modules[0].values())
            self._names = own_names
        elif len(modules) == 1 and isinstance(modules[0], (list, tuple)):
            raise ArgumentTypeError("Sequential takes its modules one by one: write Sequential(*modules)")
        else:
            self.extend(modules)  # type: ignore[arg-type]

    def forward(self, x: Any) -> Any:
        """Return what the last module returns; ``x`` itself if there is none."""
        for module in self._entries:
            x = module(x)
        return x

    # ------------------------------------------------------------- names, beside the list

    def _keys(self) -> list[str]:
        return [str(i) if name is None else name for i, name in enumerate(self._names)]

    def _members(self) -> Iterable[tuple[Any, Any]]:
        return zip(self._keys(), self._entries, strict=True)

    def _position(self, key: Any) -> int:
        if not isinstance(key, str):
            return super()._position(key)
        keys = self._keys()
        if key not in keys:
            raise MissingKeyError(f"{type(self).__name__} has no module {key!r}{names.near(key, keys)}")
        return keys.index(key)

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(key, slice):
            found._names = self._names[key]
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        if isinstance(key, slice):
            # As many new entries as the list has grown by, in the place of the old ones.
            n_new = len(self._names[key]) + len(self._entries) - len(self._names)
            self._names[key] = [None] * n_new

    def __delitem__(self, key: Any) -> None:
        position = key if isinstance(key, slice) else self._position(key)
        super().__delitem__(position)
        del self._names[position]

    def insert(self, index: int, value: Module) -> None:
        super().insert(index, value)
        self._names.insert(index, None)

    def reverse(self) -> None:
        super().reverse()
        self._names.reverse()

    def __copy__(self) -> Self:
        other = super().__copy__()
        other._names = self._names.copy()
        return other


def _checked_names(named: Mapping[str, Module]) -> list[str | None]:
    """Return the names, None for those that say the position; raise for one that could be mistaken for it."""
    result: list[str | None] = []
    for i, name in enumerate(named):
        if not isinstance(name, str):
            raise ArgumentTypeError(f"the names in a Sequential are strings, got {name!r}")
        if not name or (name.isascii() and name.isdecimal() and name != str(i)):
            raise ArgumentError(
                f"a name in a Sequential must not be empty, nor a number other than the position: "
                f"got {name!r} at position {i}"
            )
        result.append(None if name == str(i) else name)
    return result
