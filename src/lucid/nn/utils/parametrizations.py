"""Parametrizations that many models use: weights of a given norm, and orthogonal ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid import ops, random
from lucid.errors import ArgumentError, MissingForwardError, ShapeError
from lucid.grad_mode import no_grad
from lucid.nn.functional import checks
from lucid.nn.functional.normalization import widened
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer, Parameter
from lucid.nn.utils import computed, orthogonal_maps
from lucid.nn.utils.normalized import (
    FIRST_ITERATIONS,
    Spectral,
    checked_axis,
    default_axis,
    length,
    with_length,
)
from lucid.nn.utils.parametrize import is_parametrized, register_parametrization

MAPS = ("matrix_exp", "cayley", "householder")


def _tensor(function: str, module: Any, name: str) -> Any:
    """Return the tensor that is to be parametrized, maybe once more."""
    if isinstance(module, Module) and is_parametrized(module, name):
        return getattr(module, name)
    return computed.owned(function, module, name, (Parameter, Buffer))


# ----------------------------------------------------------------- length and direction


class _WeightNorm(Module):
    def __init__(self, axis: int | None) -> None:
        self.axis = axis

    def forward(self, g: Any, v: Any) -> Any:
        return with_length(g, v, self.axis)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return length(weight, self.axis), weight


def weight_norm(module: Any, name: str = "weight", axis: int | None = 0) -> Any:
    r"""Have a weight be learned as its length and its direction; return the module.

    .. math:: w = g \, \frac{v}{\|v\|}

    ``parametrizations.weight.original0`` is g, and ``original1`` is v. The weight is at first what it was.

    Args:
        module: what holds the weight.
        name: what it is called there.
        axis: that along which each row has a length of its own; None for one length of the whole.

    Raises:
        ArgumentError: if there is no such weight or axis.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(20, 40))
        >>> {key: value.shape for key, value in layer.state_dict().items() if key != "bias"}
        {'parametrizations.weight.original0': (40, 1), 'parametrizations.weight.original1': (40, 20)}

    Salimans and Kingma, Weight Normalization, 2016.
    """
    axis = checked_axis("weight_norm", axis, _tensor("weight_norm", module, name))
    return register_parametrization(module, name, _WeightNorm(axis), unsafe=True)


# ----------------------------------------------------------------- the largest singular value


class _SpectralNorm(Module):
    def __init__(self, weight: Any, n_power_iterations: int, axis: int, eps: float) -> None:
        self.spectral = Spectral("spectral_norm", weight, axis, n_power_iterations, eps)
        if weight.ndim > 1:
            self._u, self._v = self.spectral.drawn(weight)
            self._iterate(weight, FIRST_ITERATIONS)

    @no_grad()
    def _iterate(self, weight: Any, count: int) -> None:
        matrix = self.spectral.matrix(weight)
        for _ in range(count):
            self._u = self.spectral.unit(matrix @ self._v)
            self._v = self.spectral.unit(orthogonal_maps.adjoint(matrix) @ self._u)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return self.spectral.unit(weight)
        if self.training:
            self._iterate(weight, self.spectral.n_power_iterations)
        return self.spectral.divided(weight, self._u, self._v)

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    axis: int | None = None,
) -> Any:
    r"""Have a weight be divided by its largest singular value; return the module.

    .. math:: w = \frac{W}{\sigma(W)}, \qquad \sigma(W) = \max_{|h| = 1} |W h|

    In training, the singular vectors are improved by the power method whenever the weight is read. They are
    the Buffers ``parametrizations.weight.0._u`` and ``_v``. Of a vector the norm takes the place.

    Args:
        module: what holds the weight.
        name: what it is called there.
        n_power_iterations: how often the vectors are improved each time.
        eps: what norms are at least, where something is divided by them.
        axis: that of the rows, if the weight is taken as a matrix; None for that of the outputs, which is 1
            in transposed convolutions and else 0.

    Raises:
        ArgumentError: if there is no such weight or axis, or ``n_power_iterations`` isn't positive.

    Example:
        >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(20, 40), n_power_iterations=50)
        >>> print(f"{lucid.linalg.matrix_norm(layer.weight, ord=2).item():.3f}")
        1.000

    Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.
    """
    weight = _tensor("spectral_norm", module, name)
    axis = default_axis(module) if axis is None else axis
    norm = _SpectralNorm(weight, n_power_iterations, axis, eps)
    return register_parametrization(module, name, norm)


# ----------------------------------------------------------------- orthogonal


class _Orthogonal(Module):
    def __init__(self, weight: Any, orthogonal_map: str, use_trivialization: bool) -> None:
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        self.base: Buffer | None = None

    def forward(self, x: Any) -> Any:
        dtype, x = x.dtype, widened(x)
        wide = x.shape[-2] < x.shape[-1]
        x = x.mT if wide else x
        if self.orthogonal_map == "householder":
            signs = ops.sign(ops.linalg.diagonal(x.detach()))  # ones; nothing is learned about them
            q = orthogonal_maps.householder(x) * ops.expand_dims(signs, -2)
        else:
            map_ = getattr(orthogonal_maps, self.orthogonal_map)
            q = map_(orthogonal_maps.skew(x))[..., : x.shape[-1]]
        if self.base is not None:
            q = widened(self.base) @ q
        return (q.mT if wide else q).astype(dtype)

    @no_grad()
    def right_inverse(self, value: Any) -> Any:
        if value.shape != self.shape:
            raise ShapeError(f"orthogonal expects a weight of shape {self.shape}, got {value.shape}")
        array = widened(value).numpy()
        wide = array.shape[-2] < array.shape[-1]
        array = np.swapaxes(array, -1, -2) if wide else array
        n, k = array.shape[-2:]
        if self.use_trivialization:
            if n > k:  # all n columns, of which those that are not asked for are any
                more = random.normal((*array.shape[:-1], n - k)).numpy().astype(array.dtype)
                array = orthogonal_maps.orthogonalized(np.concatenate([array, more], axis=-1))
            elif not orthogonal_maps.is_orthogonal(array):
                array = orthogonal_maps.orthogonalized(array)
            base = ops.asarray(array, dtype=value.dtype, device=value.device)
            self.base = Buffer(base) if self.base is None else base
            # Of this the maps make ones on the diagonal: the reflections turn each axis round.
            return -ops.broadcast_to(
                ops.eye(*self.shape[-2:], dtype=value.dtype, device=value.device), self.shape
            )
        if self.orthogonal_map != "householder":
            raise MissingForwardError(
                f"orthogonal: a weight that {self.orthogonal_map} makes can't be set without "
                "use_trivialization=True"
            )
        found = orthogonal_maps.reflections(array)
        found = np.swapaxes(found, -1, -2) if wide else found
        return ops.asarray(found, dtype=value.dtype, device=value.device)

    def extra_repr(self) -> str:
        return self.orthogonal_map


def orthogonal(
    module: Any, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Any:
    r"""Have a matrix be orthogonal: its columns, or rows if these are fewer, orthonormal; return the module.

    With :math:`A = X - X^\top` of the lower triangle of the original X, the matrix is

    - ``"matrix_exp"``: :math:`\exp(A)`,
    - ``"cayley"``: :math:`(I - A / 2)^{-1} (I + A / 2)`,
    - ``"householder"``: a product of reflections, whose vectors stand below the diagonal of X.

    Of a matrix that is not square the first columns of these are taken. Complex matrices become unitary. More
    than two axes are batches of matrices.

    Args:
        module: what holds the weight.
        name: what it is called there.
        orthogonal_map: which map; None for ``"matrix_exp"`` of square and complex matrices, else
            ``"householder"``.
        use_trivialization: whether the result is multiplied by a fixed matrix, the Buffer
            ``parametrizations.weight.0.base``. It is the weight at the beginning, made orthogonal, so that
            the map is used near the identity. Setting the weight sets it.

    Raises:
        ArgumentError: if there is no such weight or map, or a complex one is given to ``"householder"``.
        ShapeError: if the weight has fewer than two axes.

    Example:
        >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(20, 40))
        >>> w = layer.weight
        >>> lucid.allclose(w.mT @ w, lucid.eye(20), atol=1e-5)
        True

    Lezcano-Casado, Trivializations for Gradient-Based Optimization on Manifolds, 2019.
    """
    weight = _tensor("orthogonal", module, name)
    if weight.ndim < 2:
        raise ShapeError(f"orthogonal expects a weight of at least two axes, got shape {weight.shape}")
    is_complex = weight.dtype.kind == "c"
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or is_complex else "householder"
    checks.one_of("orthogonal", "orthogonal_map", orthogonal_map, MAPS)
    if is_complex and orthogonal_map == "householder":
        raise ArgumentError("orthogonal: householder is for real matrices: pass 'matrix_exp' or 'cayley'")
    made = _Orthogonal(
        weight, orthogonal_map, checks.truth("orthogonal", "use_trivialization", use_trivialization)
    )
    return register_parametrization(module, name, made, unsafe=True)
