"""A layer's row: what it is made with, what goes in, and what comes out.

The same rows are run by ``test_table.py`` (shapes, derivatives, copies, both engines) and, against PyTorch's
layer of that name, by ``tests/parity/test_layers.py``. Rows stand in ``rows_<family>.py``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.testing import normal

Array = Any
Shape = tuple[int, ...]
Make = Callable[[Any], Any]  # an array to a tensor of the one library or the other


@dataclass(frozen=True, kw_only=True)
class LayerCase:
    """One row of the table of layers.

    Args:
        layer: its name in ``nn``.
        args: what it is made with, by position. NumPy arrays become tensors, and rows layers.
        options: the same by keyword, as Lucid spells them.
        inputs: the shapes of what goes in.
        domain: where that is drawn from, away from kinks: one domain for all, or one for each.
        call: keyword arguments of the call. NumPy arrays become tensors.
        out: the shape of what comes out, or a tuple of shapes.
        random: whether the layer draws numbers in training. What it computes is compared in evaluation then.
        order: how many derivatives exist and are checked.
        theirs: whether PyTorch has this layer, with the same arguments and the same results.
        xla: whether to run it on XLA, too. What only calls layers that are need not be compiled again.
        grad_rtol: how far derivatives may lie from differences. Wider than usual only with a ``reason``.
        their_rtol: how far PyTorch's results may lie from Lucid's. Wider than usual only with a ``reason``.
        reason: why.
    """

    layer: str
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Shape, ...]
    domain: Any = normal
    call: Mapping[str, Any] = field(default_factory=dict)
    out: Any
    random: bool = False
    order: int = 2
    theirs: bool = True
    xla: bool = True
    grad_rtol: float = 1e-6
    their_rtol: float = 1e-9
    reason: str = ""

    def __post_init__(self) -> None:
        usual = self.grad_rtol <= 1e-6 and self.their_rtol <= 1e-9
        assert usual or self.reason, "a wider tolerance needs its reason"

    def __str__(self) -> str:
        return f"{shown(self)} {' '.join(map(str, self.inputs))}"

    def make(self) -> nn.Module:
        """Return the layer, with the same weights each time."""
        lucid.random.seed(zlib.crc32(str(self).encode()))
        layer: nn.Module = made(nn, self, Tensor)
        if self.layer.startswith("Lazy"):  # a first call tells it its size
            layer(*(Tensor(x, dtype=lucid.float32) for x in self.draw()))
        return layer

    def draw(self) -> list[Array]:
        """Return what goes in, the same each time; floats are float64."""
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))
        domains = self.domain if isinstance(self.domain, tuple) else (self.domain,) * len(self.inputs)
        return [np.asarray(d(rng, shape)) for d, shape in zip(domains, self.inputs, strict=True)]


def shown(value: Any) -> str:
    """Return a value as it stands in the name of a row."""
    if isinstance(value, LayerCase):
        options = [*map(shown, value.args), *(f"{k}={shown(v)}" for k, v in value.options.items())]
        return f"{value.layer}({', '.join(options)})"
    return f"array{value.shape}" if isinstance(value, np.ndarray) else repr(value)


def made(module: Any, case: LayerCase, tensor: Make, rename: Callable[[str], str] = str) -> Any:
    """Return the layer of ``module``, which is ``lucid.nn`` or ``torch.nn``, that a row speaks of."""

    def read(value: Any) -> Any:
        if isinstance(value, LayerCase):
            return made(module, value, tensor, rename)
        return tensor(value) if isinstance(value, np.ndarray) else value

    options = {rename(name): read(value) for name, value in case.options.items()}
    return getattr(module, case.layer)(*map(read, case.args), **options)


def flat(outputs: Any) -> list[Any]:
    """Return the tensors among nested tuples, in order."""
    if isinstance(outputs, (tuple, list)):
        return [tensor for output in outputs for tensor in flat(output)]
    return [] if outputs is None else [outputs]


def flat_shapes(out: Any) -> list[Shape]:
    """Return the shapes among nested tuples of them, in order."""
    if all(isinstance(size, int) for size in out):
        return [out]
    return [shape for part in out for shape in flat_shapes(part)]
