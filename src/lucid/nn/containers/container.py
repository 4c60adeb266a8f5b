"""What all containers share: entries of one kind, kept apart from the attributes.

A container is a Module whose Parameters or Modules live in its own list or dict. Its attributes
hold none, so every key is a good one, and a name says in one way where something is.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Self, TypeVar

from lucid.errors import ArgumentTypeError, MissingAttributeError, MissingForwardError
from lucid.nn import inside
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer, Parameter
from lucid.tensor import Tensor

Entry = TypeVar("Entry")


class Container(Module, Generic[Entry]):
    """Base of the containers; a subclass says what it holds and how to write to it.

    Attributes:
        holds: the class of the entries.
        written: how an entry is written, for error messages.
        no_forward: what to do instead of calling the container.
        _entries: the list or dict of what it holds.
    """

    holds: ClassVar[type]
    written: ClassVar[str]
    no_forward: ClassVar[str]
    _storage: ClassVar[type]
    _entries: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Not in __init__, which a subclass may forget to call.
        self = super().__new__(cls)
        self.__dict__["_entries"] = cls._storage()
        return self

    # Identity, as for every Module; the protocols of list and dict would compare the entries.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Raise: a container computes nothing of its own, unless it is a Sequential."""
        raise MissingForwardError(f"{type(self).__name__} has no forward of its own: {self.no_forward}")

    def __setattr__(self, name: str, value: Any) -> None:
        state = inside.first(value, (Parameter, Buffer, Module))
        if state is not None:
            fix = f"write {self.written.format(name=name)}" if isinstance(state, self.holds) else ELSEWHERE
            raise MissingAttributeError(
                f"{type(self).__name__}.{name} = ...: a container holds no {type(state).__name__} in its "
                f"attributes: {fix}"
            )
        super().__setattr__(name, value)

    def _check(self, place: str, value: Any) -> Entry:
        """Return ``value`` if it may stand at ``place``, such as ``['weight']``; raise if not."""
        if not isinstance(value, self.holds):
            given = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
            wanted = f"{type(self).__name__}{place} must be a {self.holds.__name__}"
            raise ArgumentTypeError(f"{wanted}, got {given}: {self._mend(value)}")
        return value  # type: ignore[return-value]

    def _mend(self, value: Any) -> str:
        """Return what to write in place of ``value``."""
        if isinstance(value, type) and issubclass(value, self.holds):
            return f"make one, {value.__name__}(...)"
        if self.holds is Parameter and isinstance(value, Module):
            return "use a ModuleDict or ModuleList"
        if self.holds is Parameter:
            return "write nn.Parameter(value)"
        if isinstance(value, Tensor):
            return "use a ParameterDict or ParameterList"
        return "write a Module whose forward calls it" if callable(value) else "write a Module"

    def _lines(self) -> list[str]:
        if self.holds is not Parameter:
            return super()._lines()
        lines = []
        for name, parameter in self.named_parameters(remove_duplicate=False):
            place = "" if parameter.device == "cpu" else f", {parameter.device}"
            lines.append(f"({name}): Parameter {parameter.shape}, {parameter.dtype.name}{place}")
        return lines

    def __copy__(self) -> Self:
        other = super().__copy__()
        other.__dict__["_entries"] = self._entries.copy()
        return other

    def copy(self) -> Self:
        """Return another container of this class with the same entries: later changes stay apart."""
        return self.__copy__()


ELSEWHERE = "give it to the module that holds the container"
