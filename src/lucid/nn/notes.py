"""The note on an exception that leaves a module's call: ``in layers.2: Linear(9 -> 1), input (2, 8)``.

The innermost module writes it; it knows its repr and its inputs, and not what it is called. Each
module around it that the exception passes through finds the name from where it stands, so that
the outermost one leaves the full name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lucid import hints
from lucid.engines.registry import is_array
from lucid.tensor import Tensor

if TYPE_CHECKING:
    from lucid.nn.module import Module

# What is kept on the exception: the id of the module that failed (the module itself would keep its
# parameters alive for as long as the exception lives) and the note as it reads now.
_ORIGIN = "_lucid_origin"


def add_note(error: Exception, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Add to ``error`` where it happened, or say it from where ``module`` stands."""
    try:
        origin = getattr(error, _ORIGIN, None)
        if origin is None:
            note = f"in {_describe(module, args, kwargs)}"
            error.add_note(note)
            fix = hints.of_keyword(error) if type(error) is TypeError else ""
            if fix:  # of a plain function, which could not say it itself
                error.add_note(fix)
            setattr(error, _ORIGIN, (id(module), note, note))
            return
        failed, first, now = origin
        name = next((n for n, m in module.named_modules() if id(m) == failed), "")
        if name:
            note = f"in {name}: {first.removeprefix('in ')}"
            notes = error.__notes__
            notes[notes.index(now)] = note
            setattr(error, _ORIGIN, (failed, first, note))
    except Exception:
        # A half-built module, a repr that fails: nothing may hide the error itself.
        return


def _describe(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    inputs = [_shown(a) for a in args] + [f"{k}={_shown(v)}" for k, v in kwargs.items()]
    head = module._headline()
    return f"{head}, input {', '.join(inputs)}" if inputs else head


def _shown(value: Any) -> str:
    """Return the shape of a Tensor, a short value as it is, and the type of anything else."""
    if isinstance(value, Tensor) or is_array(value):
        return str(tuple(value.shape))
    if value is None or isinstance(value, (bool, int, float, complex)):
        return repr(value)
    if isinstance(value, (list, tuple)) and 0 < len(value) <= 4:
        inside = ", ".join(map(_shown, value))
        return f"[{inside}]"
    return type(value).__name__
