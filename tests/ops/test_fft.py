"""Fourier transforms: beyond the table of operations, which has a row for each."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
from lucid import Tensor, fft
from lucid.autograd import grad
from lucid.func import grad as gradient_of
from lucid.func import vmap
from lucid.testing import OpCase, check_grads
from tests.ops.cases_fft import CASES, MORE, OF_REAL, ONE_AXIS, SEVERAL_AXES

DEVICES = ("cpu", "xla:cpu")
NORMS = ("backward", "ortho", "forward")


def drawn(name: str, shape: tuple[int, ...], seed: int = 0) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x if name in OF_REAL else x + 1j * rng.standard_normal(shape)


# ----------------------------------------------------------------- values and derivatives


@pytest.mark.parametrize("case", MORE, ids=str)
def test_sizes_norms_and_axes(case: OpCase) -> None:
    (shapes,) = case.shapes
    x = case.draw(shapes)
    found, wanted = case.function(Tensor(x[0]), **case.options), case.reference(*x, **case.options)
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found.numpy(), wanted, 1e-12, 1e-12)
    # A transform is linear, and its second derivative zero: between squares it is not.
    check_grads(lambda x: case.function(x * x, **case.options) ** 2, x)
    narrow = case.function(Tensor(x[0].astype(np.complex64 if np.iscomplexobj(x[0]) else np.float32)))
    assert narrow.dtype in (lucid.float32, lucid.complex64)


@pytest.mark.parametrize(("name", "n", "norm"), [("rfft", 3, "forward"), ("irfft", 9, "ortho")])
def test_second_derivatives_on_xla(name: str, n: int, norm: Any) -> None:
    check_grads(lambda x: getattr(fft, name)(x, n=n, norm=norm) ** 2, [drawn(name, (4,))], device="xla:cpu")


@pytest.mark.parametrize("n", [6, 7])
def test_imaginary_parts_that_are_ignored_have_no_gradient(n: int) -> None:
    for name in ("irfft", "hfft"):
        x = Tensor(drawn(name, (4,)), requires_grad=True)
        (getattr(fft, name)(x, n=n) ** 2).sum().backward()
        assert x.grad is not None
        silent = [k for k, v in enumerate(lucid.imag(x.grad).tolist()) if abs(v) < 1e-12]
        assert silent == ([0, 3] if n == 6 else [0])


@pytest.mark.parametrize("n", [6, 3])
def test_imaginary_parts_are_ignored_where_a_device_would_not(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import jax

    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    x = drawn("irfftn", (3, 4))
    for options in (
        {"s": (2, n), "axes": (0, 1), "norm": "ortho"},
        {"s": (n,), "axes": (1,), "norm": "forward"},
    ):
        found = fft.irfftn(lucid.asarray(x, device="xla:cpu"), **options)
        np.testing.assert_allclose(found.numpy(), np.fft.irfftn(x, **options), 1e-12, 1e-12)


@pytest.mark.parametrize("device", DEVICES)
def test_four_axes(device: str) -> None:
    x = drawn("fftn", (2, 1, 3, 2))
    found = fft.fftn(lucid.asarray(x, device=device))
    np.testing.assert_allclose(found.numpy(), np.fft.fftn(x), 1e-12, 1e-12)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([*ONE_AXIS, *SEVERAL_AXES]),
    st.sampled_from(NORMS),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 99),
)
def test_a_transform_agrees_with_its_adjoint(name: str, norm: str, size: int, n: int, seed: int) -> None:
    x = Tensor(drawn(name, (size,), seed), requires_grad=True)
    y = getattr(fft, name)(x, **{"s": (n,)} if name in SEVERAL_AXES else {"n": n}, norm=norm)
    v = Tensor(np.random.default_rng(seed).standard_normal(y.shape)).astype(y.dtype)
    (pulled,) = grad(lucid.real(lucid.sum(lucid.conj(v) * y)), [x])
    left, right = lucid.real(lucid.sum(lucid.conj(v) * y)), lucid.real(lucid.sum(lucid.conj(pulled) * x))
    assert abs((left - right).item()) < 1e-10


@pytest.mark.parametrize("norm", NORMS)
def test_an_inverse_inverts(norm: Any) -> None:
    z, x = Tensor(drawn("fft", (3, 5))), Tensor(drawn("rfft", (3, 5)))

    def same(a: Tensor, b: Tensor) -> None:
        np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-12, 1e-12)

    same(fft.ifft(fft.fft(z, axis=0, norm=norm), axis=0, norm=norm), z)
    same(fft.ifftn(fft.fftn(z, norm=norm), norm=norm), z)
    same(fft.irfft(fft.rfft(x, norm=norm), n=5, norm=norm), x)
    same(fft.hfft(fft.ihfft(x, norm=norm), n=5, norm=norm), x)
    same(fft.irfftn(fft.rfftn(x, norm=norm), s=(3, 5), norm=norm), x)
    same(fft.ifftshift(fft.fftshift(z)), z)


def test_gradients_of_a_batch() -> None:
    x = Tensor(drawn("rfft", (3, 4)))

    def energy(x: Tensor) -> Any:
        y = fft.rfft(x, n=7, norm="ortho")
        return lucid.sum(lucid.real(y * lucid.conj(y)) ** 2)

    found = vmap(gradient_of(energy))(x)
    wanted = lucid.stack([gradient_of(energy)(row) for row in x])
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), 1e-12)


def test_options_are_kept_as_they_were() -> None:
    axes, s = [0, 1], [2, 2]
    x = Tensor(drawn("fftn", (3, 4)), requires_grad=True)
    y = fft.fftn(x, s=s, axes=axes)
    axes.clear()
    s.clear()
    lucid.real(y).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[4, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


# ----------------------------------------------------------------- corners


@pytest.mark.parametrize("device", DEVICES)
def test_nothing_along_other_axes(device: str) -> None:
    x = lucid.zeros((0, 4), device=device, requires_grad=True)
    y = fft.rfft(x)
    assert (y.shape, y.dtype) == ((0, 3), lucid.complex64)
    lucid.real(y).sum().backward()
    assert x.grad is not None
    assert x.grad.shape == (0, 4)


def test_nothing_is_filled_up_with_zeros() -> None:
    assert fft.rfft(lucid.zeros((0,)), n=3).tolist() == [0, 0]


def test_no_axes() -> None:
    x = Tensor(2 + 1j)
    assert fft.fftn(x).item() == fft.ifftn(x).item() == 2 + 1j
    assert fft.fftshift(x).item() == 2 + 1j


def test_sizes_alone_mean_the_last_axes() -> None:
    x = drawn("fftn", (2, 3, 4))
    found = fft.fftn(Tensor(x), s=(2, 5))
    np.testing.assert_allclose(found.numpy(), np.fft.fftn(x, s=(2, 5), axes=(1, 2)), 1e-12, 1e-12)


@pytest.mark.parametrize("dtype", [None, lucid.float32, lucid.float64])
@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_frequencies(n: int, dtype: Any) -> None:
    for name in ("fftfreq", "rfftfreq"):
        found = getattr(fft, name)(n, d=0.3, dtype=dtype)
        assert found.dtype == (dtype or lucid.float32)
        wanted = getattr(np.fft, name)(n, d=0.3).astype(found.dtype)
        np.testing.assert_allclose(found.numpy(), wanted, np.finfo(wanted.dtype).eps)


def test_frequencies_on_a_device() -> None:
    assert fft.fftfreq(3, device="xla:cpu").device == "xla:cpu"


# ----------------------------------------------------------------- the standard


def test_signatures_are_those_of_the_standard() -> None:
    strict = pytest.importorskip("array_api_strict").fft
    assert set(fft.__all__) == set(strict.__all__)
    for name in fft.__all__:
        ours, theirs = (
            [(p.name, p.kind, p.default) for p in inspect.signature(getattr(m, name)).parameters.values()]
            for m in (fft, strict)
        )
        assert ours == theirs, name


def test_every_function_has_a_row() -> None:
    rows = {case.operation for case in CASES}
    assert rows == {*fft.__all__} - {"fftfreq", "rfftfreq"}


@pytest.mark.parametrize("name", [*ONE_AXIS, *SEVERAL_AXES])
def test_dtypes_that_the_standard_does_not_name_are_refused(name: str) -> None:
    others = [lucid.int64, lucid.bool, lucid.float16]
    for dtype in [*others, *((lucid.complex64,) if name in OF_REAL else (lucid.float32, lucid.float64))]:
        with pytest.raises(TypeError, match=rf"{name} .*{dtype.name}: .*(astype|complex|real)"):
            getattr(fft, name)(lucid.ones((3,), dtype=dtype))
