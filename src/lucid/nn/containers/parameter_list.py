"""ParameterList: Parameters by position."""

from __future__ import annotations

from collections.abc import Iterable

from lucid.nn.containers.sequence import SequenceContainer
from lucid.nn.parameter import Parameter


class ParameterList(SequenceContainer[Parameter]):
    """Hold Parameters in a list, with the methods of a ``list`` but ``sort``.

    A plain list of Parameters in an attribute is found as well. This one refuses everything else.

    Args:
        parameters: the Parameters, in an iterable.

    Raises:
        ArgumentTypeError: if something in it is not a Parameter.
        IndexingError: for an index that is outside.

    Example:
        >>> scales = nn.ParameterList([nn.Parameter([1.0])])
        >>> scales.append(nn.Parameter([2.0, 3.0]))
        >>> scales
        ParameterList(
          (0): Parameter (1,), float32
          (1): Parameter (2,), float32
        )
        >>> scales[-1]
        Parameter([2.0, 3.0], grad=None)
    """

    holds = Parameter
    written = "pl.append(...)"
    no_forward = "compute with its Parameters, params[0], in the forward of the module that holds it"

    def __init__(self, parameters: Iterable[Parameter] | None = None) -> None:
        super().__init__()
        if parameters is not None:
            self.extend(parameters)
