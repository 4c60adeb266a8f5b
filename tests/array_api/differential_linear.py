"""The calls of ``differential`` for products of matrices, linear algebra and Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.array_api.differential import Array, Rng, array, axis, dtype, family, shape, some


def stack(rng: Rng) -> tuple[int, ...]:
    return [(), (), (2,), (0,), (2, 1)][rng.integers(5)]


def matrix(rng: Rng, rows: int, columns: int) -> Array:
    return array(rng, dtype(rng, "fc"), (*stack(rng), rows, columns), special=False)


def positive(rng: Rng) -> Array:
    """Draw matrices that are symmetric (or Hermitian) and positive definite."""
    x = matrix(rng, 3, 3)
    return np.asarray(x @ np.conj(np.swapaxes(x, -1, -2)) + 3 * np.eye(3, dtype=x.dtype), dtype=x.dtype)


@family("matmul", "linalg.matmul")
def _matmul(rng: Rng) -> Any:
    kinds = str(rng.choice(["s", "u", "fc", "fc"]))
    shapes = [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 2)),
        ((2, 2, 3), (3, 1)),
        ((0, 3), (3, 2)),
    ]
    return tuple(array(rng, dtype(rng, kinds), s, special=False) for s in shapes[rng.integers(6)]), {}


@family("tensordot", "linalg.tensordot")
def _tensordot(rng: Rng) -> Any:
    kinds = str(rng.choice(["s", "u", "fc", "fc"]))
    x, y = (array(rng, dtype(rng, kinds), s, special=False) for s in ((2, 3, 4), (3, 4, 2)))
    pairs = [
        (2, y),
        (0, y),
        (1, array(rng, str(x.dtype), (4,), special=False)),
        (((1, 2), (0, 1)), y),
        (((0,), (-1,)), y),
    ]
    axes, y = pairs[rng.integers(5)]
    return (x, y), {"axes": axes}


@family("vecdot", "linalg.vecdot")
def _vecdot(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "ifc"), shape(rng, 1), special=False)
    return (x, array(rng, str(x.dtype), x.shape[-1:], special=False)), {}


@family("linalg.outer")
def _outer(rng: Rng) -> Any:
    kind = dtype(rng, "ifc")
    return (array(rng, kind, (3,)), array(rng, kind, (int(rng.integers(3)),))), {}


@family("linalg.cross")
def _cross(rng: Rng) -> Any:
    kind = dtype(rng, "ifc")
    return tuple(array(rng, kind, s, special=False) for s in ((2, 3), [(3,), (2, 3)][rng.integers(2)])), {}


@family("linalg.trace", "linalg.diagonal")
def _diagonals(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "ifc"), shape(rng, 2), special=False)
    return (x,), some(rng, offset=int(rng.integers(-4, 5)))


@family("linalg.cholesky")
def _cholesky(rng: Rng) -> Any:
    return (positive(rng),), some(rng, upper=True)


@family("linalg.det", "linalg.inv", "linalg.slogdet")
def _square(rng: Rng) -> Any:
    return (positive(rng),), {}


@family("linalg.eigvalsh", "linalg.svdvals")
def _values(rng: Rng, path: str) -> Any:
    return (positive(rng) if path.endswith("eigvalsh") else matrix(rng, 3, 2),), {}


@family("linalg.solve")
def _solve(rng: Rng) -> Any:
    x = positive(rng)
    return (x, array(rng, str(x.dtype), [(3,), (*x.shape[:-2], 3, 2)][rng.integers(2)], special=False)), {}


@family("linalg.matrix_power")
def _matrix_power(rng: Rng) -> Any:
    return (positive(rng), int(rng.integers(-2, 4))), {}


@family("linalg.matrix_rank", "linalg.pinv")
def _ranks(rng: Rng) -> Any:
    return (matrix(rng, 3, int(rng.integers(1, 4))),), some(rng, rtol=0.2)


@family("linalg.matrix_norm")
def _matrix_norm(rng: Rng) -> Any:
    orders = [1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc"]
    return (matrix(rng, 3, 2),), some(rng, ord=orders[rng.integers(8)], keepdims=True)


@family("linalg.vector_norm")
def _vector_norm(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "fc"), shape(rng, 1, empty=False), special=False)
    orders = [0, 1, -1, 2, 3.5, np.inf, -np.inf]
    return (x,), some(rng, axis=axis(rng, x.ndim), ord=orders[rng.integers(7)], keepdims=True)


@family("fft.fft", "fft.ifft", "fft.rfft", "fft.irfft", "fft.hfft", "fft.ihfft")
def _fft(rng: Rng, path: str) -> Any:
    kinds = {"rfft": "f", "ihfft": "f", "irfft": "c", "hfft": "c"}.get(path[4:], "c")
    x = array(rng, dtype(rng, kinds), (4, 3), special=False)
    return (x,), some(
        rng, n=int(rng.integers(2, 7)), axis=axis(rng, 2), norm=str(rng.choice(["ortho", "forward"]))
    )


@family("fft.fftn", "fft.ifftn", "fft.rfftn", "fft.irfftn")
def _fftn(rng: Rng, path: str) -> Any:
    x = array(rng, dtype(rng, "f" if path == "fft.rfftn" else "c"), (4, 3, 2), special=False)
    options = some(
        rng, norm=str(rng.choice(["ortho", "forward"])), axes=[(0,), (1, 0), (0, -1)][rng.integers(3)]
    )
    return (x,), options | (
        {"s": (3,) * len(options["axes"])} if "axes" in options and rng.integers(2) else {}
    )


@family("fft.fftshift", "fft.ifftshift")
def _shift(rng: Rng) -> Any:
    return (array(rng, dtype(rng, "fc"), (4, 3)),), some(rng, axes=[0, (0, 1), None][rng.integers(3)])


@family("fft.fftfreq", "fft.rfftfreq")
def _frequencies(rng: Rng) -> Any:
    return (int(rng.integers(1, 9)),), some(rng, d=0.5, dtype=np.dtype(dtype(rng, "f")))
