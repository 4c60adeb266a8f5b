"""Every row of the table of layers against PyTorch's layer of that name.

PyTorch's weights are loaded by name. Outputs, gradients and buffers must agree, in training (unless the layer
draws random numbers) and in evaluation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from tests.nn.layers.rows import ROWS
from tests.nn.layers.table import LayerCase, flat, made

torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning"),  # PyTorch speaks of its speed
    pytest.mark.filterwarnings("ignore:Support for mismatched:UserWarning"),  # masks of two kinds
]

SPELLED = {"axis": "dim", "start_axis": "start_dim", "end_axis": "end_dim", "keepdims": "keepdim"}
SHARED = [row for row in ROWS if row.theirs]


def spelled(name: str) -> str:
    """Return PyTorch's word for one of Lucid's options."""
    return SPELLED.get(name, name)


def tensor(x: Any) -> Any:
    return torch.tensor(x)


@pytest.mark.filterwarnings("ignore:.*divides the total loss:UserWarning")  # KLDivLoss, of its mean
@pytest.mark.parametrize("row", SHARED, ids=str)
def test_layer(row: LayerCase) -> None:
    theirs = made(torch.nn, row, tensor, spelled).double()
    ours = made(nn, row, Tensor).to(dtype=lucid.float64)
    if row.layer.startswith("Lazy"):  # a first call tells them their size
        theirs(*map(tensor, row.draw()))
        ours(*map(Tensor, row.draw()))
        assert type(ours).__name__ == type(theirs).__name__
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    for training in (False,) if row.random else (True, False):
        compare(row, ours.train(training), theirs.train(training))


def compare(row: LayerCase, ours: Any, theirs: Any) -> None:
    arrays = row.draw()
    floats = [x.dtype.kind == "f" for x in arrays]
    mine = [Tensor(x, requires_grad=f) for x, f in zip(arrays, floats, strict=True)]
    other = [torch.tensor(x, requires_grad=f) for x, f in zip(arrays, floats, strict=True)]
    y = flat(ours(*mine, **{k: read(v, Tensor) for k, v in row.call.items()}))
    z = flat(theirs(*other, **{spelled(k): read(v, tensor) for k, v in row.call.items()}))
    assert len(y) == len(z)
    for a, b in zip(y, z, strict=True):
        same("output", a, b, row)
    if row.order:
        sum((a * ramp(a.shape)).sum() for a in y if a.requires_grad).backward()
        sum((b * torch.tensor(ramp(b.shape))).sum() for b in z if b.requires_grad).backward()
        for a, b in zip(mine, other, strict=True):
            same_gradient("input", a, b, row)
        parameters = dict(theirs.named_parameters())
        for name, p in ours.named_parameters(remove_duplicate=False):
            same_gradient(name, p, parameters.get(name), row)
            p.grad = None
        theirs.zero_grad()
    buffers = dict(theirs.named_buffers())
    for name, buffer in ours.named_buffers():
        if name in buffers:
            same(name, buffer, buffers[name], row)


def read(value: Any, make: Any) -> Any:
    return make(value) if isinstance(value, np.ndarray) else value


def ramp(shape: tuple[int, ...]) -> Any:
    """Return a gradient to go back with that treats no two elements alike."""
    return np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)


def same_gradient(name: str, a: Any, b: Any, row: LayerCase) -> None:
    if b is not None and b.grad is not None:
        assert a.grad is not None, name
        same(f"gradient of {name}", a.grad, b.grad, row)
    else:
        assert a.grad is None or not a.grad.numpy().any(), name


def same(what: str, a: Any, b: Any, row: LayerCase) -> None:
    b = b.detach().numpy()
    assert a.shape == b.shape, what
    np.testing.assert_allclose(a.numpy(), b, rtol=row.their_rtol, atol=1e-11, err_msg=what)
