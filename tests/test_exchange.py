"""What becomes of a Tensor outside Lucid: numbers, NumPy, DLPack, the Array API."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor, nn
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

NAN, INF = float("nan"), float("inf")
DTYPES = ["bool", "int8", "int64", "uint8", "uint64", "float16", "float64", "complex64", "complex128"]

# ----------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (bool, 0.0, False),
        (bool, 1j, True),
        (bool, NAN, True),
        (int, 1.9, 1),
        (int, True, 1),
        (float, 3, 3.0),
        (float, -INF, -INF),
        (complex, 2, 2 + 0j),
        (complex, 1j, 1j),
        (int, INF, OverflowError),
        (int, NAN, ValueError),
        (int, 1j, DTypeError),
        (float, 1 + 0j, DTypeError),
        (range, 1.0, TypeError),
        (range, True, ArgumentTypeError),
        (range, 2, range(2)),
    ],
)
def test_numbers(kind: Callable[[Any], Any], value: Any, expected: Any) -> None:
    x = Tensor(value)
    if isinstance(expected, type):
        with pytest.raises(expected):
            kind(x)
    else:
        assert kind(x) == expected
        assert type(kind(x)) is type(expected)


@every_device
def test_parts_of_complex_numbers(device: str) -> None:
    x = Tensor([1 + 2j], device=device, requires_grad=True)
    assert (x.real.tolist(), x.imag.tolist(), x.conj().tolist()) == ([1.0], [2.0], [1 - 2j])
    (3 * x.real + 5 * x.conj().imag).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3 - 5j]
    y = Tensor([1.5], device=device)
    assert y.real.tolist() == y.conj().tolist() == [1.5]
    assert y.imag.tolist() == [0.0]


# ----------------------------------------------------------------- DLPack


def consumers() -> dict[str, Callable[..., Any]]:
    return {
        "numpy": np.from_dlpack,
        "jax": lambda x: pytest.importorskip("jax").numpy.from_dlpack(x),
        "torch": lambda x: pytest.importorskip("torch").from_dlpack(x),
        "lucid": lucid.from_dlpack,
    }


@every_device
@pytest.mark.parametrize("library", consumers())
def test_round_trips(library: str, device: str) -> None:
    consume = consumers()[library]
    for dtype in DTYPES:
        x = lucid.asarray(np.arange(6).reshape(2, 3), device=device).astype(dtype)
        for y in (x, x.mT, x[0, 0], x[:0]) if dtype == "float64" else (x,):
            there = consume(y)
            assert tuple(there.shape) == y.shape
            back = lucid.from_dlpack(there)
            assert back.dtype == dtype
            np.testing.assert_array_equal(back.numpy(), y.numpy())


@every_device
def test_what_is_exported_is_a_copy_or_cannot_be_written_to(device: str) -> None:
    x = Tensor([1.0, 2.0], device=device)
    shared = np.from_dlpack(x, copy=False)
    assert not shared.flags.writeable
    assert np.shares_memory(shared, x.numpy())
    for copied in (np.from_dlpack(x), np.from_dlpack(x, copy=True)):
        assert not np.shares_memory(copied, x.numpy())
    x[0] = 9.0
    assert shared.tolist() == [1.0, 2.0]
    assert x.__dlpack_device__() == (1, 0)


@every_device
def test_what_cannot_be_exported(device: str) -> None:
    x = Tensor([1.0], device=device)
    weight = nn.Parameter(x)
    for export in (np.from_dlpack, lucid.from_dlpack):
        with pytest.raises(GradientError, match="detach"):
            export(weight)
        assert export(weight.detach()).tolist() == [1.0]
    with pytest.raises(ArgumentError, match="stream=3"):
        x.__dlpack__(stream=3)
    with pytest.raises(BufferError):
        x.__dlpack__(dl_device=(2, 0))


def test_what_comes_in_by_dlpack() -> None:
    source = np.arange(3.0)
    x = lucid.from_dlpack(source)
    source[0] = 7.0
    assert x.tolist() == [7.0, 1.0, 2.0]
    x[1] = -1.0
    assert source.tolist() == [7.0, 1.0, 2.0]
    assert lucid.from_dlpack(x) is not x  # another Tensor, of the same memory
    assert np.shares_memory(lucid.from_dlpack(x).numpy(), x.numpy())
    assert lucid.from_dlpack(x, copy=True) is not x
    with pytest.raises(ArgumentTypeError, match="list has no __dlpack__"):
        lucid.from_dlpack([1.0])  # type: ignore[arg-type, unused-ignore]


def test_memory_of_torch_is_shared_or_copied() -> None:
    torch = pytest.importorskip("torch")
    source = torch.zeros(2)
    shared, copied = lucid.from_dlpack(source, copy=False), lucid.from_dlpack(source, copy=True)
    moved = lucid.from_dlpack(source, device="xla:cpu")
    source[0] = 1.0
    assert (shared.tolist(), copied.tolist(), moved.tolist()) == ([1.0, 0.0], [0.0, 0.0], [0.0, 0.0])
    assert moved.device == "xla:cpu"
    assert lucid.asarray(source).tolist() == [1.0, 0.0]
    with pytest.raises(ArgumentError, match="copy=False"):
        lucid.from_dlpack(source, device="xla:cpu", copy=False)
    with pytest.raises(BufferError):
        lucid.from_dlpack(source.requires_grad_())


# ----------------------------------------------------------------- the Array API


def test_the_namespace() -> None:
    x = Tensor([1.0])
    assert x.__array_namespace__() is lucid
    assert x.__array_namespace__(api_version="2025.12") is lucid
    with pytest.raises(ArgumentError, match=r"'1999\.12'.*2025\.12"):
        x.__array_namespace__(api_version="1999.12")
    assert x.to_device("cpu", stream=None) is x
    with pytest.raises(ArgumentError, match="stream=1"):
        x.to_device("cpu", stream=1)


def kinds(function: Any) -> list[tuple[str, Any]]:
    """Return names and kinds of the parameters; names of the standard's positional-only ones say nothing."""
    parameters = inspect.signature(function).parameters.values()
    return [("" if p.kind is p.POSITIONAL_ONLY else p.name, p.kind) for p in parameters]


def test_methods_are_those_of_the_standard() -> None:
    strict = pytest.importorskip("array_api_strict")
    strict_array = type(strict.ones(1))
    for name, theirs in vars(strict_array).items():
        public = not name.startswith("_") or (name.startswith("__") and name in dir(Tensor))
        if not public or name in ("__new__", "__module__", "__slots__"):
            continue
        mine = getattr(Tensor, name)
        if isinstance(theirs, types.FunctionType) and name not in ("to_device", "__reduce__", "__array__"):
            assert kinds(mine)[1:] == kinds(theirs)[1:], name
    assert "(self, device: 'str', /, *, stream: 'Any' = None)" in str(inspect.signature(Tensor.to_device))


FUNCTIONS = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
    "tril",
    "triu",
    "take",
    "take_along_axis",
    "nonzero",
    "count_nonzero",
    "searchsorted",
    "isin",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures_are_those_of_the_standard(name: str) -> None:
    strict = pytest.importorskip("array_api_strict")
    mine = [k for k in kinds(getattr(lucid, name)) if k[0] != "requires_grad"]
    assert mine == kinds(getattr(strict, name))


def test_numpy_takes_no_tensor_whose_gradient_it_would_lose():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GradientError, match=r"x\.numpy\(\).*x\.detach\(\)"):
        np.asarray(x)
    with pytest.raises(GradientError, match="drop the gradient"):
        np.sort(x)
    assert x.numpy().tolist() == [1.0, 2.0]
    with lucid.no_grad():
        assert np.asarray(x).tolist() == [1.0, 2.0]
