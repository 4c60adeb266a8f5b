"""What all functions that fill a Tensor share: checks, and that gradients do not see them write."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from lucid import random
from lucid.autograd import no_grad
from lucid.errors import ArgumentTypeError, DTypeError
from lucid.tensor import Tensor

F = TypeVar("F", bound=Callable[..., Any])
Generator = random.Generator | None


class skipped(threading.local):
    """Leave Tensors as they are, in this thread: ``with skipping:``. See ``nn.utils.skip_init``."""

    depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *error: object) -> None:
        self.depth -= 1


skipping = skipped()


def fills(function: F) -> F:
    """Have ``function`` take Tensors of floats alone, and leave them as they are while ``skipping``."""

    @functools.wraps(function)
    def filled(tensor: Any, *args: Any, **options: Any) -> Any:
        check(function.__name__, tensor)
        return tensor if skipping.depth else function(tensor, *args, **options)

    return cast(F, filled)


def check(function: str, tensor: Any) -> None:
    """Raise unless ``tensor`` is a Tensor of floats."""
    if not isinstance(tensor, Tensor):
        raise ArgumentTypeError(f"{function} expects a Tensor to fill, got {type(tensor).__name__}")
    if tensor.dtype.kind != "f":
        raise DTypeError(f"{function} expects a Tensor of floats to fill, got {tensor.dtype.name}")


def write(tensor: Any, values: Any) -> Any:
    """Have ``tensor`` take on ``values``, unrecorded; return it."""
    with no_grad():
        return tensor.copy_(values)


def like(tensor: Any) -> dict[str, Any]:
    """Return where and of what type numbers for ``tensor`` are to be drawn."""
    return {"dtype": tensor.dtype, "device": tensor.device}
