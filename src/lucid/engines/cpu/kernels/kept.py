"""Compiled loops on disk, kept as long as all that they were made of is the same.

Numba keeps what it compiles, and takes it up again if the file in which the function stands has not changed.
But a loop is also made of the functions that it calls, the numbers that it takes from other files, and the
compiler's options: of those Numba keeps no account, and would run the old loop after an upgrade or an edit.
So what is kept here carries a stamp of every file of this folder, and the options.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.resources
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.ccallback import CFunc

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["callback", "compiled", "stamp_of"]


def stamp_of(folder: Traversable) -> bytes:
    """Return a digest of the names and contents of a folder's Python files.

    Contents, since times tell little: installers give all files of a package the same one.
    """
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            content = file.read_bytes()
            digest.update(f"{file.name}\0{len(content)}\0".encode() + content)
    return digest.digest()


SOURCES = stamp_of(importlib.resources.files(__package__))  # also where the package is a zip file


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """Compile ``function`` when it is first called, unless it is kept on disk.

    Args:
        options: those of ``numba.njit``, but for ``cache``.
    """
    made: Any = numba.njit(**options)(function)
    _keep(made, function, options)
    return made


def callback(function: Callable[..., Any], signature: Any, **options: Any) -> Any:
    """Compile ``function`` now, as one that machine code calls by its ``address``, unless it is kept on disk.

    Args:
        signature: of the arguments and of what is returned.
        options: those of ``numba.cfunc``, but for ``cache``.
    """
    made: Any = CFunc(function, (signature.args, signature.return_type), {}, options)
    _keep(made, function, options)
    made.compile()
    return made


class _Place(CompileResultCacheImpl):  # type: ignore[misc]
    """Where a function is kept: in the folder that Numba chooses, under a stamp that says more than its."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function)
        stamp = (self.locator.get_source_stamp(), SOURCES, options)
        self.locator.get_source_stamp = lambda: stamp


class _Kept(FunctionCache):  # type: ignore[misc]
    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self._impl_class = partial(_Place, options=options)
        super().__init__(function)


def _keep(made: Any, function: Callable[..., Any], options: dict[str, Any]) -> None:
    """Let ``made``, which Numba made of ``function``, be kept on disk."""
    with contextlib.suppress(OSError, RuntimeError):  # where no folder may be written to, it is not kept
        made._cache = _Kept(function, options)
