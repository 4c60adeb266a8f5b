"""Rows of activations."""

from __future__ import annotations

from typing import Any

from lucid.testing import nonzero
from tests.nn.layers.table import LayerCase


def elementwise(layer: str, *args: Any, **options: Any) -> LayerCase:
    """Return a row of a layer that is its function, which runs on XLA in the table of functions."""
    shape = {"inputs": ((2, 3),), "out": (2, 3), "domain": nonzero}
    return LayerCase(layer=layer, args=args, options=options, xla=False, **shape)


def drawing(*args: Any) -> LayerCase:
    return LayerCase(layer="RReLU", args=args, inputs=((2, 3),), out=(2, 3), domain=nonzero, random=True)


def along(layer: str, axis: int, *shape: int, out: Any = None) -> LayerCase:
    return LayerCase(layer=layer, options={"axis": axis}, inputs=(shape,), out=out or shape, xla=False)


ACTIVATIONS = [
    elementwise("ReLU"),
    elementwise("LeakyReLU"),
    elementwise("LeakyReLU", 0.2),
    elementwise("GELU"),
    elementwise("GELU", approximate="tanh"),
    elementwise("SiLU"),
    elementwise("Sigmoid"),
    elementwise("Tanh"),
    elementwise("Hardtanh"),
    elementwise("Hardtanh", -0.6, 0.9),
    elementwise("ReLU6"),
    LayerCase(
        layer="Hardsigmoid",
        inputs=((2, 3),),
        out=(2, 3),
        domain=nonzero,
        their_rtol=1e-7,
        reason="PyTorch's sixth is a float32 in the derivative",
        xla=False,
    ),
    elementwise("Hardswish"),
    LayerCase(layer="PReLU", inputs=((2, 3),), out=(2, 3), domain=nonzero),
    elementwise("PReLU", 3, 0.1),
    LayerCase(layer="PReLU", args=(2,), inputs=((2, 2, 3),), out=(2, 2, 3), domain=nonzero),
    elementwise("ELU"),
    elementwise("ELU", 0.3),
    elementwise("SELU"),
    elementwise("CELU"),
    elementwise("CELU", 0.25),
    elementwise("Softplus"),
    elementwise("Softplus", 2.0, 0.5),
    elementwise("LogSigmoid"),
    elementwise("Mish"),
    elementwise("Softsign"),
    elementwise("Hardshrink"),
    elementwise("Hardshrink", 1.0),
    elementwise("Softshrink"),
    elementwise("Softshrink", 1.0),
    elementwise("Tanhshrink"),
    elementwise("Threshold", 0.1, 20.0),
    drawing(),
    drawing(0.1, 0.2),
    along("Softmax", -1, 2, 3),
    along("Softmax", 0, 2, 3),
    along("LogSoftmax", -1, 2, 3),
    along("LogSoftmax", 0, 2, 3),
    along("Softmin", -1, 2, 3),
    along("Softmin", 0, 2, 3),
    along("GLU", -1, 2, 4, out=(2, 2)),
    along("GLU", 0, 2, 4, out=(1, 4)),
    LayerCase(layer="Softmax2d", inputs=((2, 3, 2, 1),), out=(2, 3, 2, 1)),
    LayerCase(layer="Softmax2d", inputs=((3, 2, 1),), out=(3, 2, 1)),
]
