"""All parameters as one vector, and back: for methods that know nothing of layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lucid import ops
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.grad_mode import no_grad
from lucid.nn.utils.clip_grad import listed
from lucid.tensor import Tensor


def parameters_to_vector(parameters: Tensor | Iterable[Tensor]) -> Any:
    """Return the elements of all parameters in one vector, recorded.

    Args:
        parameters: a Tensor, or several, such as ``model.parameters()``.

    Raises:
        ArgumentError: if there are none.
        DeviceError: if they are on different devices.

    Example:
        >>> nn.utils.parameters_to_vector([nn.Parameter([[1.0, 2.0]]), nn.Parameter(3.0)])
        Tensor([1.0, 2.0, 3.0], grad=None)
    """
    tensors = listed("parameters_to_vector", "parameters", parameters)
    if not tensors:
        raise ArgumentError("parameters_to_vector got no parameters")
    return ops.concat([ops.reshape(t, (-1,)) for t in tensors])


@no_grad()
def vector_to_parameters(vec: Any, parameters: Tensor | Iterable[Tensor]) -> None:
    """Write the elements of a vector into parameters, one after the other, unrecorded.

    Args:
        vec: as ``parameters_to_vector`` returns it. It is cast and moved to where the parameters are.
        parameters: a Tensor, or several, such as ``model.parameters()``.

    Raises:
        ArgumentTypeError: if ``vec`` is not a Tensor.
        ShapeError: unless it has one element for each of the parameters'. Nothing is written then.

    Example:
        >>> a, b = nn.Parameter([[1.0, 2.0]]), nn.Parameter(3.0)
        >>> nn.utils.vector_to_parameters(Tensor([4.0, 5.0, 6.0]), [a, b])
        >>> print(a.tolist(), b.item())
        [[4.0, 5.0]] 6.0
    """
    name = "vector_to_parameters"
    if not isinstance(vec, Tensor):
        raise ArgumentTypeError(f"{name} expects vec to be a Tensor, got {type(vec).__name__}")
    tensors = listed(name, "parameters", parameters)
    count = sum(t.size for t in tensors)
    if vec.shape != (count,):
        raise ShapeError(f"{name} expects vec of shape ({count},), got {vec.shape}")
    start = 0
    for t in tensors:
        t.copy_(ops.reshape(vec[start : start + t.size], t.shape))
        start += t.size
