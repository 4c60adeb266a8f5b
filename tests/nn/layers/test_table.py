"""Every row of the table of layers: shapes, derivatives, saving, copying and pickling, and both engines."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.recording import wrap
from lucid.testing import check_grads
from tests.nn.layers.rows import FIRST, ROWS
from tests.nn.layers.table import LayerCase, flat, flat_shapes
from tests.ops.one_program import depends_on_values, total

every_row = pytest.mark.parametrize("row", ROWS, ids=str)


def ready(row: LayerCase, dtype: Any = lucid.float32, device: str = "cpu") -> tuple[nn.Module, list[Any]]:
    """Return the layer, in evaluation if it is random, and a function of Tensors that calls it."""
    layer = row.make().to(device, dtype).train(not row.random)
    return layer, [cast(x, dtype, device) for x in row.draw()]


def cast(x: Any, dtype: Any, device: str = "cpu") -> Tensor:
    return Tensor(x, dtype=dtype if x.dtype.kind == "f" else None, device=device)


def called(
    row: LayerCase, layer: nn.Module, inputs: list[Any], keywords: dict[str, Any] | None = None
) -> list[Tensor]:
    """Return the Tensors that come out of the layer."""
    return flat(layer(*inputs, **(keywords_for(row, inputs) if keywords is None else keywords)))


def keywords_for(row: LayerCase, inputs: list[Any]) -> dict[str, Any]:
    """Return the keyword arguments of the call, whose arrays are like what goes in."""
    like = next((x for x in inputs if x.dtype.kind == "f"), inputs[0] if inputs else None)
    return {
        name: cast(value, like.dtype, like.device) if isinstance(value, np.ndarray) else value
        for name, value in row.call.items()
    }


@every_row
def test_shapes_and_types(row: LayerCase) -> None:
    """In training and in evaluation."""
    layer, inputs = ready(row)
    for mode in (True, False):
        outputs = called(row, layer.train(mode), inputs)
        assert [y.shape for y in outputs] == flat_shapes(row.out)
        assert {y.dtype.name for y in outputs} <= {"float32", "int64"}


@every_row
def test_derivatives(row: LayerCase) -> None:
    """By what goes in and by every parameter, against differences."""
    if not row.order:
        pytest.skip("no derivatives exist")
    layer, inputs = ready(row, lucid.float64)
    parameters = [p for p in layer.parameters() if p.requires_grad]

    def call(*values: Tensor) -> list[Tensor]:
        for p, value in zip(parameters, values[len(inputs) :], strict=True):
            p._array, p._node = value._array, value._node  # the parameter is a name for this value now
        outputs = called(row, layer, list(values[: len(inputs)]))
        return [y for y in outputs if y.dtype.kind == "f"]

    values = [*inputs, *(p.detach() for p in parameters)]
    check_grads(call, values, order=row.order, rtol=row.grad_rtol)


@every_row
@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))],
    ids=["deepcopy", "pickle"],
)
def test_copies(row: LayerCase, copied: Callable[[nn.Module], nn.Module]) -> None:
    """A copy has the same names, shows itself and computes the same, and is apart."""
    layer, inputs = ready(row)
    other = copied(layer)
    assert repr(other) == repr(layer)
    assert list(other.state_dict()) == list(layer.state_dict())
    before = [y.numpy().copy() for y in called(row, copied(layer.eval()), inputs)]
    with lucid.no_grad():
        for tensor in (*other.parameters(), *other.buffers()):
            tensor.copy_(tensor + 1)
    for y, z in zip(called(row, layer.eval(), inputs), before, strict=True):
        np.testing.assert_array_equal(y.numpy(), z)


@every_row
def test_state_dict(row: LayerCase) -> None:
    """State that was loaded gives the same results."""
    layer, inputs = ready(row)
    other = row.make()
    with lucid.no_grad():
        for tensor in (*other.parameters(), *other.buffers()):
            if getattr(tensor, "persistent", True):
                tensor.copy_(tensor + 1)
    other.load_state_dict(layer.state_dict())
    for y, z in zip(called(row, other.eval(), inputs), called(row, layer.eval(), inputs), strict=True):
        np.testing.assert_array_equal(y.numpy(), z.numpy())


@pytest.mark.parametrize("row", FIRST, ids=str)
def test_on_xla(row: LayerCase) -> None:
    """The same results and gradients; where it can be as one program, which is sooner compiled."""
    jax = pytest.importorskip("jax")
    (on_cpu, inputs), (on_xla, moved) = (ready(row, lucid.float64, device) for device in ("cpu", "xla:cpu"))
    keywords = keywords_for(row, moved)  # constants of the program
    inputs, moved = ([x._array for x in tensors] for tensors in (inputs, moved))
    expected = run(row, on_cpu, inputs)
    try:
        results = jax.jit(lambda xs: run(row, on_xla, xs, keywords))(moved)
    except Exception as error:
        if not depends_on_values(error):
            raise
        results = run(row, on_xla, moved)
    for y, z in zip(results, expected, strict=True):
        assert (y is None) is (z is None)
        if y is not None:
            assert isinstance(y, jax.Array)
            np.testing.assert_allclose(np.asarray(y), z, rtol=1e-9, atol=1e-11)


def run(
    row: LayerCase, layer: nn.Module, arrays: list[Any], keywords: dict[str, Any] | None = None
) -> list[Any]:
    """Return what comes out, and the gradients by what goes in and by the parameters, as arrays."""
    inputs = [x.detach().requires_grad_(x.dtype.kind == "f") for x in map(wrap, arrays)]
    outputs = called(row, layer, inputs, keywords)
    wanted = [t for t in (*inputs, *layer.parameters()) if t.requires_grad]
    tracked = [total(y) for y in outputs if y.requires_grad and row.order]  # some sums are constant
    found = lucid.autograd.grad(tracked, wanted, allow_unused=True) if tracked and wanted else ()
    return [None if t is None else t._array for t in (*outputs, *found)]
