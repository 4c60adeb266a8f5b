"""Making a module without drawing the values that it would begin with."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentTypeError
from lucid.nn.init.filling import skipping
from lucid.nn.module import Module


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Return ``module_cls(*args, **kwargs)`` without values of its own, for state that is loaded next.

    The functions of ``nn.init`` do nothing meanwhile, in this thread, and draw no random number. What they
    would have filled is as it was made; in Lucid's own layers that is zeros. What is not drawn, such as the
    ones that a normalisation begins with, is there.

    Args:
        module_cls: a Module class, of this library or your own.
        args, kwargs: what it is made with.

    Raises:
        ArgumentTypeError: if ``module_cls`` is no such class.

    Example:
        >>> nn.utils.skip_init(nn.Linear, 2, 1).weight
        Parameter([[0.0, 0.0]], grad=None)
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise ArgumentTypeError(f"skip_init expects a class of Modules, got {module_cls!r}")
    with skipping:
        return module_cls(*args, **kwargs)
