"""How Tensors are shown: ``repr``, ``str``, and the table in a notebook."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.dtypes import is_default
from lucid.engines.registry import engine_of

DIGITS = 4  # after the point
SUMMARISE_ABOVE = 1000  # elements
EDGE = 3  # elements shown at either end of an axis that is summarised
LINE = 100  # characters


def format_values(array: np.ndarray[Any, Any], indent: int = 0) -> str:
    """Return the values of ``array`` as nested lists, one matrix row to a line.

    A large array is summarised with ``...``; rows below each other are aligned.
    """
    if array.ndim == 0:
        return _number(array[()])
    if array.size == 0:
        return "[]" if array.ndim == 1 else f"[], shape={array.shape}"
    shown = array
    summarise = array.size > SUMMARISE_ABOVE
    if summarise:
        for axis, n in enumerate(array.shape):
            if n > 2 * EDGE:
                shown = np.take(
                    shown, [*range(EDGE), *range(shown.shape[axis] - EDGE, shown.shape[axis])], axis
                )
    texts = (
        [_number(v) for v in shown.reshape(-1).tolist()]
        if array.dtype.kind not in "fcV"
        else [_number(v) for v in shown.reshape(-1)]
    )
    # One row stands alone and needs no alignment.
    width = max(map(len, texts)) if shown.size > shown.shape[-1] else 0
    cells = iter(texts)
    return _nest(cells, shown.shape, array.shape, summarise, width, indent + 1)


def _nest(
    cells: Any, shape: tuple[int, ...], full: tuple[int, ...], summarise: bool, width: int, indent: int
) -> str:
    cut = summarise and full[0] > 2 * EDGE
    if len(shape) == 1:
        parts = [next(cells).rjust(width) for _ in range(shape[0])]
    else:
        parts = [_nest(cells, shape[1:], full[1:], summarise, width, indent + 1) for _ in range(shape[0])]
    if cut:
        parts.insert(EDGE, "...")
    if len(shape) > 1:
        return "[" + ("," + "\n" * (len(shape) - 1) + " " * indent).join(parts) + "]"
    lines, line = [], ""
    for i, part in enumerate(parts):
        piece = part + (", " if i < len(parts) - 1 else "")
        if line and indent + len(line) + len(piece) > LINE:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return "[" + ("\n" + " " * indent).join([*lines, line]) + "]"


def _number(value: Any) -> str:
    if isinstance(value, (complex, np.complexfloating)):
        sign = "" if np.signbit(value.imag) and not np.isnan(value.imag) else "+"
        return f"{_number(value.real)}{sign}{_number(value.imag)}j"
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return str(value)
    number = float(value)
    if not np.isfinite(number):
        return str(number)
    if number != 0 and not 1e-4 <= abs(number) < 1e8:
        text: str = np.format_float_scientific(value, precision=DIGITS, unique=True, trim="0")
        return text
    return np.format_float_positional(value, precision=DIGITS, unique=True, trim="0")


def represent(tensor: Any, name: str) -> str:
    """Return ``Name([[...]], grad=..., dtype=..., device=...)``, what is usual left out."""
    if engine_of(tensor._array).depth:
        return f"{name}({tensor._array!r})"  # under vmap it stands for many
    head = f"{name}("
    parts = [format_values(tensor.numpy(), len(head))]
    if tensor.requires_grad:
        grad = tensor.grad
        parts.append("grad=None" if grad is None else f"grad={format_values(grad.numpy(), len(head) + 5)}")
    if not is_default(tensor.dtype):
        parts.append(f"dtype={tensor.dtype.name}")
    if tensor.device != "cpu":
        parts.append(f"device={tensor.device!r}")
    if "\n" in parts[0] and len(parts) > 1 and parts[1].startswith("grad=["):
        return head + (",\n" + " " * len(head)).join(parts) + ")"
    return head + ", ".join(parts) + ")"


def as_html(tensor: Any) -> str:
    """Return a matrix as an HTML table under a line that describes it; other shapes as text."""
    import html

    head = f"Tensor {tuple(tensor.shape)} {tensor.dtype.name} on {tensor.device}"
    if tensor.ndim != 2 or tensor.size == 0 or max(tensor.shape) > 20:
        return f"<pre>{html.escape(head)}\n{html.escape(format_values(tensor.numpy()))}</pre>"
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_number(v))}</td>" for v in row) + "</tr>"
        for row in tensor.numpy()
    )
    return f"<div>{html.escape(head)}</div><table>{rows}</table>"
