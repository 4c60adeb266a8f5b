"""The namespace over JAX arrays: ``jax.numpy``'s own, and the few functions that differ.

A name that is not defined here is ``jax.numpy``'s. What differs mostly does so because
JAX clamps an index that is out of range, where Lucid raises on every engine. Python's own
``any`` is written ``builtins.any`` here, since ``any`` becomes JAX's when first asked for.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lucid.engines.dtypes import DType, check_cast
from lucid.engines.xla import elementwise
from lucid.engines.xla import fft as fft
from lucid.engines.xla import linalg as linalg
from lucid.engines.xla import special as special
from lucid.engines.xla.convolution import conv as conv
from lucid.engines.xla.convolution import conv_input as conv_input
from lucid.engines.xla.convolution import conv_weight as conv_weight
from lucid.engines.xla.elementwise import comparison, with_numbers
from lucid.engines.xla.precision import precision

Array = Any


def __getattr__(name: str) -> Any:
    value = getattr(jnp, name)
    globals()[name] = value  # so that the next look-up finds it without coming here
    return value


def astype(x: Array, dtype: DType, /, *, copy: bool = True) -> Array:
    """Return ``x`` with another dtype."""
    check_cast(x.dtype, dtype)
    return x.astype(dtype)


def conj(x: Any, /) -> Any:
    """Return the conjugate; a real array or number is given back as it is, not copied."""
    return x.conjugate()


def matmul(x: Array, y: Array, /) -> Array:
    """``jax.numpy.matmul`` in the precision that is set."""
    return jnp.matmul(x, y, precision=precision())


def einsum(subscripts: str, /, *operands: Array) -> Array:
    """``jax.numpy.einsum`` in the precision that is set."""
    return jnp.einsum(subscripts, *operands, precision=precision())


def get_at(x: Array, /, *, index: Any) -> Array:
    """Return ``x[index]``."""
    index = _wide(index)
    _check_bounds(x.shape, index)
    places = _places(x.shape, index)
    return x[index] if places is None else jnp.reshape(x, -1)[places]


def set_at(x: Array, value: Any, /, *, index: Any) -> Array:
    """Return a copy of ``x`` in which ``x[index]`` is ``value``."""
    index = _wide(index)
    _check_bounds(x.shape, index)
    places = _places(x.shape, index)
    if places is not None:
        return jnp.reshape(jnp.reshape(x, -1).at[places].set(value), x.shape)
    return x.at[index].set(value)


def scatter_add(values: Array, /, *, index: Any, shape: tuple[int, ...]) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``index``, duplicates and all."""
    index = _wide(index)
    places = _places(shape, index)
    if places is not None:
        return jnp.reshape(jnp.zeros(math.prod(shape), values.dtype).at[places].add(values), shape)
    return jnp.zeros(shape, values.dtype).at[index].add(values)


def _wide(index: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return ``index`` with its integer arrays as int64: JAX adds an axis's size in their own dtype."""
    return tuple(
        jnp.asarray(i, np.int64) if hasattr(i, "dtype") and i.dtype.kind in "iu" else i for i in index
    )


def _places(shape: tuple[int, ...], index: tuple[Any, ...]) -> Array | None:
    """Return the numbers of the elements that ``index`` reads if JAX would read others, else None.

    It puts the axis that a single truth value makes in the wrong place if arrays stand beside it.
    """
    arrays = [i for i in index if hasattr(i, "dtype")]
    if len(arrays) < 2 or not builtins.any(i.ndim == 0 and i.dtype == np.bool_ for i in arrays):
        return None
    numbers = np.arange(math.prod(shape)).reshape(shape)
    return jnp.asarray(numbers[tuple(np.asarray(i) if isinstance(i, jax.Array) else i for i in index)])


def _check_bounds(shape: tuple[int, ...], index: tuple[Any, ...]) -> None:
    """Raise IndexError as NumPy would, by indexing a NumPy array that takes no memory.

    Only what is known can be checked: under ``jax.jit`` index arrays have no values yet.
    """
    if builtins.any(isinstance(i, jax.core.Tracer) for i in index):
        return
    hollow = np.broadcast_to(np.False_, shape)
    hollow[tuple(np.asarray(i) if isinstance(i, jax.Array) else i for i in index)]


# JAX's own functions with NumPy's treatment of Python integers, and those that differ more.
add = with_numbers(jnp.add)
subtract = with_numbers(jnp.subtract)
multiply = with_numbers(jnp.multiply)
divide = with_numbers(jnp.divide)
floor_divide = with_numbers(elementwise.floor_divide)
remainder = with_numbers(elementwise.remainder)
pow = with_numbers(elementwise.pow)
maximum = with_numbers(jnp.maximum)
minimum = with_numbers(jnp.minimum)
atan2 = with_numbers(jnp.atan2)
hypot = with_numbers(jnp.hypot)
logaddexp = with_numbers(jnp.logaddexp)
copysign = with_numbers(jnp.copysign)
nextafter = with_numbers(jnp.nextafter)
bitwise_and = with_numbers(jnp.bitwise_and)
bitwise_or = with_numbers(jnp.bitwise_or)
bitwise_xor = with_numbers(jnp.bitwise_xor)
bitwise_left_shift = with_numbers(jnp.bitwise_left_shift)
bitwise_right_shift = with_numbers(jnp.bitwise_right_shift)
equal = comparison(jnp.equal)
not_equal = comparison(jnp.not_equal)
less = comparison(jnp.less)
less_equal = comparison(jnp.less_equal)
greater = comparison(jnp.greater)
greater_equal = comparison(jnp.greater_equal)

abs = elementwise.abs
acos = elementwise.acos
acosh = elementwise.acosh
asin = elementwise.asin
asinh = elementwise.asinh
atan = elementwise.atan
atanh = elementwise.atanh
cos = elementwise.cos
cosh = elementwise.cosh
exp = elementwise.exp
expm1 = elementwise.expm1
log = elementwise.log
log10 = elementwise.log10
log1p = elementwise.log1p
log2 = elementwise.log2
sign = elementwise.sign
sin = elementwise.sin
sinh = elementwise.sinh
sqrt = elementwise.sqrt
tan = elementwise.tan
tanh = elementwise.tanh


def pad(x: Array, widths: Any, /, *, value: Any) -> Array:
    """Return ``x`` with ``widths`` elements of ``value`` before and after it on each axis."""
    return jnp.pad(x, widths, constant_values=value)


def masked_scale(x: Array, mask: Array, /, *, scale: float) -> Array:
    """Return ``scale * x`` where ``mask`` is true, and 0 elsewhere."""
    return jnp.where(mask, x, 0.0) * scale


def unique_values(x: Array, /) -> Array:
    """Return the distinct elements of ``x`` in order, read from ``x``: JAX's lack parts of complex NaNs."""
    return jnp.reshape(x, -1)[jnp.unique_all(x).indices]


def searchsorted(x1: Array, x2: Array, /, *, side: str = "left") -> Array:
    """Return where ``x2`` belongs in ``x1``, as int64: JAX says int32."""
    return jnp.searchsorted(x1, x2, side=side).astype(np.int64)


def to_device(x: Array, device: str, /) -> Any:
    """Return ``x`` on ``device``, of whichever engine that is."""
    from lucid.engines.registry import transfer  # the registry knows this namespace

    return transfer(x, device)


def sigmoid(x: Array, /) -> Array:
    """Return ``1 / (1 + exp(-x))``."""
    return jax.nn.sigmoid(x)


def erf(x: Array, /) -> Array:
    """Return the error function."""
    return jax.scipy.special.erf(x)
