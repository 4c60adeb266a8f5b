"""How the library's layers speak of arguments that they don't take: by their public names, with the fix.

Python's own error names the class that defines ``__init__``, which may be a private base.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lucid import hints
from lucid.errors import ArgumentTypeError


def speak_plainly(cls: type) -> None:
    """Have ``cls``, a class of this library, explain a call with arguments that its ``__init__`` lacks."""
    layer: Any = cls
    if not cls.__module__.startswith("lucid."):
        return
    if "__init__" in vars(cls):
        layer.__init__ = _explained(layer.__init__)
    elif layer.__init__ is object.__init__:
        layer.__init__ = _without_options(cls)


def _nothing(self: Any) -> None:
    """Set nothing up: a layer without options."""


def _without_options(cls: Any) -> Callable[..., None]:
    @functools.wraps(_nothing)
    def __init__(self: Any, /, *args: Any, **options: Any) -> None:
        above: Any = super(cls, self).__init__  # of another base that a user gave, maybe
        if (args or options) and not hasattr(above, "__func__"):
            fixes = [hints.KEYWORDS[name] for name in options if name in hints.KEYWORDS]
            message = f"{type(self).__name__}() takes no arguments"
            raise ArgumentTypeError(f"{message}: {fixes[0]}" if fixes else message)
        above(*args, **options)

    return __init__


def _explained(init: Callable[..., None]) -> Callable[..., None]:
    said = f"{init.__qualname__}()"  # how Python's error begins

    @functools.wraps(init)
    def __init__(self: Any, /, *args: Any, **options: Any) -> None:
        try:
            init(self, *args, **options)
        except TypeError as error:
            text = str(error)
            if not text.startswith(said):
                raise
            fix = hints.of_keyword(error)
            message = f"{type(self).__name__}(){text.removeprefix(said)}"
            raise ArgumentTypeError(f"{message}: {fix}" if fix else message) from None

    return __init__
