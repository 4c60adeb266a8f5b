"""A table of what a model is made of: ``Module.summary``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lucid import grad_mode
from lucid.engines.dtypes import is_inexact
from lucid.engines.registry import is_array
from lucid.errors import ArgumentTypeError
from lucid.nn.lazy import Uninitialized
from lucid.nn.parameter import Parameter
from lucid.ops import asarray, zeros
from lucid.tensor import Tensor

if TYPE_CHECKING:
    from lucid.nn.module import Module


class Row(NamedTuple):
    """One module: its name, what it is, the shape of what it returned, how many numbers it learns itself."""

    name: str
    module: str
    output: str
    parameters: int


class Summary(str):
    """The table as a string that an interactive session shows as it is.

    Attributes:
        rows: a Row for each module.
        parameters: how many numbers the model's Parameters hold in all.
    """

    __slots__ = ("parameters", "rows")

    rows: list[Row]
    parameters: int

    __repr__ = str.__str__


def summarize(module: Module, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Summary:
    """Return the table of ``module``, called with ``inputs``. See ``Module.summary``."""
    outputs = _run(module, inputs, kwargs) if inputs or kwargs else {}
    counted: set[int] = set()
    rows = []
    for name, part in module.named_modules():
        own = [p for p in part.parameters(recurse=False) if id(p) not in counted]
        counted.update(map(id, own))
        rows.append(
            Row(name or "(self)", part._headline(), outputs.get(id(part), "-"), sum(map(_count, own)))
        )
    parameters = list(module.parameters())
    summary = Summary(_table(rows, parameters, bool(outputs)))
    summary.rows = rows
    summary.parameters = sum(map(_count, parameters))
    return summary


def _run(module: Module, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[int, str]:
    """Call ``module``, and leave it as it was; return the shapes of what came out, by module id."""
    like = next((p for p in module.parameters() if is_inexact(p.dtype)), None)
    args = [_as_input(value, like) for value in inputs]
    outputs: dict[int, str] = {}

    def note(part: Module, args: tuple[Any, ...], output: Any) -> None:
        outputs[id(part)] = _shape(output)

    parts = list(module.modules())
    modes = [(part, vars(part).get("training")) for part in parts]  # None: that of the class
    state = [t for t in (*module.parameters(), *module.buffers()) if not isinstance(t, Uninitialized)]
    values = [(t, t._array, t._node) for t in state]
    removers = [part.register_forward_hook(note) for part in parts]
    try:
        module.eval()
        with grad_mode.mode(False):
            module(*args, **kwargs)
    finally:
        for remove in removers:
            remove()
        for part, training in modes:
            if training is None:
                vars(part).pop("training", None)
            else:
                part.training = training
        for tensor, array, origin in values:
            tensor._array, tensor._node = array, origin
    return outputs


def _as_input(value: Any, like: Parameter | None) -> Any:
    """Return a Tensor as it is, and for a shape zeros like the model's parameters."""
    if isinstance(value, Tensor):
        return value
    if is_array(value):
        return asarray(value)
    if isinstance(value, (tuple, list)) and all(isinstance(n, int) and n >= 0 for n in value):
        return (
            zeros(tuple(value)) if like is None else zeros(tuple(value), dtype=like.dtype, device=like.device)
        )
    raise ArgumentTypeError(
        f"summary expects Tensors, or shapes such as (1, 28, 28), got {type(value).__name__} {value!r}"
    )


def _shape(output: Any) -> str:
    if isinstance(output, Tensor):
        return str(output.shape)
    if isinstance(output, (tuple, list)):
        return ", ".join(map(_shape, output))
    if isinstance(output, dict):
        return ", ".join(f"{k}: {_shape(v)}" for k, v in output.items())
    return type(output).__name__


def _table(rows: list[Row], parameters: list[Parameter], ran: bool) -> str:
    columns = ["Name", "Module", "Output", "Parameters"]
    cells = [columns, *([r.name, r.module, r.output, f"{r.parameters:,}"] for r in rows)]
    if not ran:
        cells = [[*row[:2], row[3]] for row in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            [*(c.ljust(w) for c, w in zip(row[:-1], widths[:-1], strict=True)), row[-1].rjust(widths[-1])]
        )
        for row in cells
    ]
    rule = "-" * len(lines[0])
    trained = sum(_count(p) for p in parameters if p.requires_grad)
    total = sum(map(_count, parameters))
    held = sum(_count(p) * p.dtype.itemsize for p in parameters)
    foot = f"{total:,} parameters, {trained:,} of them trained; {_size(held)}"
    waiting = sum(isinstance(p, Uninitialized) for p in parameters)
    if waiting:
        foot += f"; {waiting} without a shape, until the model is called"
    return "\n".join([lines[0], rule, *lines[1:], rule, foot])


def _count(parameter: Parameter) -> int:
    """Return how many numbers a Parameter holds: none before a lazy layer is called."""
    return 0 if isinstance(parameter, Uninitialized) else parameter.size


def _size(n_bytes: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:,.3g} GB"
