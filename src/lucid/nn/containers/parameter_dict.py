"""ParameterDict: Parameters by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lucid.nn.containers.mapping import MappingContainer
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter


class ParameterDict(MappingContainer[Parameter]):
    r"""Hold Parameters by string keys, in the order in which they were added.

    It is a Module and has the methods of a ``dict``. It has no forward; the module
    that holds it computes with its Parameters,

    .. math:: y = f(x, p_1, p_2, \dots, p_n)

    and they are among that module's parameters, under names such as ``params.weight``. Every
    non-empty string is a good key.

    Args:
        parameters: a mapping, or pairs of a key and a Parameter. Added in that order.

    Attributes:
        parameters: the Parameters by key, as a mapping that is live and read-only. Called,
            ``parameters()`` is the iterator that every Module has.

    Raises:
        ArgumentTypeError: if a key is not a string or a value is not a Parameter.
        ArgumentError: if a key is empty.
        MissingKeyError: for a key that isn't there.

    Example:
        >>> params = nn.ParameterDict({"weight": nn.Parameter([[1.0, 2.0]])})
        >>> params["bias"] = nn.Parameter([0.5])
        >>> params
        ParameterDict(
          (weight): Parameter (1, 2), float32
          (bias): Parameter (1,), float32
        )
        >>> params["weight"].sum() + params["bias"]
        Tensor([3.5], grad=None)
        >>> list(params.parameters)
        ['weight', 'bias']
    """

    holds = Parameter
    written = 'pd["{name}"] = ...'
    no_forward = "compute with its Parameters, params['weight'], in the forward of the module that holds it"

    def __init__(
        self, parameters: Mapping[str, Parameter] | Iterable[tuple[str, Parameter]] | None = None
    ) -> None:
        super().__init__()
        if parameters is not None:
            self.update(parameters)

    @property
    def parameters(self) -> ParametersView:
        """The Parameters by key; called, an iterator over them."""
        return ParametersView(self)


class ParametersView(Mapping[str, Parameter]):
    """What ``ParameterDict.parameters`` is: a live view that cannot be written to, and can be called."""

    __slots__ = ("_owner",)

    def __init__(self, owner: ParameterDict) -> None:
        self._owner = owner

    def __call__(self, recurse: bool = True) -> Iterator[Parameter]:
        return Module.parameters(self._owner, recurse)

    def __getitem__(self, key: str) -> Parameter:
        return self._owner[key]

    def __len__(self) -> int:
        return len(self._owner)

    def __iter__(self) -> Iterator[str]:
        return iter(self._owner)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._owner)

    def __repr__(self) -> str:
        return repr(dict(self))
