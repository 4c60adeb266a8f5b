"""Special functions on JAX arrays: those of ``jax.scipy.special``, and what it lacks or has less exactly.

A name that is not defined here is JAX's: ``special.gammaln`` is ``jax.scipy.special.gammaln``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp
import numpy as np

from lucid.engines.special import guarded
from lucid.errors import MissingDependencyError

Array = Any


def _ours(function: Callable[..., Array]) -> Callable[..., Array]:
    """Run ``function`` as one program: as many small ones a series would take hundreds of calls."""
    return guarded(jax.jit(function), jnp.asarray)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):  # what Python asks of every module
        raise AttributeError(name)
    if not hasattr(jsp, name):
        raise MissingDependencyError(f"jax.scipy.special has no {name} in JAX {jax.__version__}: update it")
    function = guarded(getattr(jsp, name), jnp.asarray, complex_too=name in ("xlogy", "xlog1py"))
    globals()[name] = function  # so that the next look-up finds it without coming here
    return function


# ----------------------------------------------------------------- the error function

# The Chebyshev series of (1 + 2 x) erfcx(x) on 0 <= x < inf, in t = (x - 3.75) / (x + 3.75), computed
# with 50 digits. Its form is that of Shepherd and Laframboise, Mathematics of Computation 36 (1981).
_SCALED = (
    1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189,
    -0.026658668435305753, 0.009074997670705265, -0.002413163540417608, 0.0004907758365258086,
    -6.916973302501207e-05, 4.13902798607301e-06, 7.74038306619849e-07, -2.1886401049234397e-07,
    1.076499946567091e-08, 4.521959811218287e-09, -7.754400208831351e-10, -6.318088340886684e-11,
    2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
    3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17,
    5.068148904796111e-17,
)  # fmt: skip


@_ours
def erfcx(x: Array) -> Array:
    """Return ``exp(x**2) * erfc(x)``, which newer versions of JAX alone have."""
    size = jnp.abs(x)
    finite = jnp.minimum(size, float(np.finfo(x.dtype).max) / 8)  # inf / inf would be nan
    t = (finite - 3.75) / (finite + 3.75)
    last = before = jnp.zeros_like(t)
    for c in reversed(_SCALED[1 : 14 if x.dtype.itemsize == 4 else None]):  # Clenshaw's recurrence
        last, before = 2 * t * last - before + c, last
    right = (t * last - before + _SCALED[0]) / (1 + 2 * finite)
    # Squared exactly to a sixteenth: the rounding of x**2 would come out of exp magnified.
    coarse = jnp.round(size * 16) / 16
    left = 2 * jnp.exp(coarse * coarse) * jnp.exp((size - coarse) * (size + coarse)) - right
    return jnp.where(size == jnp.inf, jnp.where(x > 0, 0.0, jnp.inf), jnp.where(x < 0, left, right))


@_ours
def erfcinv(x: Array) -> Array:
    """Return the inverse of ``erfc``, by way of the normal distribution's."""
    return -jsp.ndtri(x / 2) / math.sqrt(2)


@_ours
def log_ndtr(x: Array) -> Array:
    """Return the logarithm of ``ndtr``; JAX's own loses its digits where ``ndtr`` is near 1."""
    low = jnp.minimum(x, 0.0)
    tail = jnp.log(erfcx(-low / math.sqrt(2)) / 2) - low * low / 2
    return jnp.where(x < 0, tail, jnp.log1p(-jsp.ndtr(-jnp.maximum(x, 0.0))))


# ----------------------------------------------------------------- the gamma function's family


@_ours
def digamma(x: Array) -> Array:
    """Return the logarithmic derivative of the gamma function; at 0 infinite, as in SciPy."""
    return jnp.where(x == 0, -jnp.copysign(jnp.inf, x), jsp.digamma(x))


@_ours
def zeta(x: Array, q: Array) -> Array:
    """Return Hurwitz' zeta function; terms with a negative base are added one by one."""
    negative = jnp.logical_and(q < 0, jnp.isfinite(q))
    steps = jnp.ceil(jnp.where(negative, -q, 0.0))

    def add(k: Array, total: Array) -> Array:
        return total + jnp.where(k < steps, (q + k) ** -x, 0.0)

    zeros = jnp.zeros_like(x + q)
    terms = jax.lax.fori_loop(0, jnp.max(steps, initial=0.0).astype(int), add, zeros)
    first = q + steps  # the base of the first term that isn't negative
    total = terms + jnp.where(first == jnp.inf, 0.0, jsp.zeta(x, first))
    return jnp.where(x > 1, jnp.where(first == 0, jnp.inf, total), jsp.zeta(x, jnp.abs(q)))


# How far log(gamma(x)) lies above Stirling's formula, in powers of 1 / x; DLMF 5.11.1.
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)


def _above_stirling(x: Array) -> Array:
    w = 1 / (x * x)
    total = jnp.zeros_like(x)
    for c in reversed(_STIRLING):
        total = total * w + c
    return total / x


@_ours
def betaln(a: Array, b: Array) -> Array:
    """Return ``log(abs(beta(a, b)))``; JAX's own has seven digits in double precision."""
    small, large = jnp.minimum(a, b), jnp.maximum(a, b)
    both = small + large
    direct = jsp.gammaln(large) - jsp.gammaln(both)
    # The two are large and nearly equal: their difference by Stirling's formula, without their size.
    far = jnp.logical_and(large >= 8, small >= 0)
    p, q = jnp.where(far, small, 1.0), jnp.where(far, large, 8.0)
    change = p - p * jnp.log(q) - (p + q - 0.5) * jnp.log1p(p / q)
    change = change + _above_stirling(q) - _above_stirling(p + q)
    return jsp.gammaln(small) + jnp.where(far, change, direct)


@_ours
def beta(a: Array, b: Array) -> Array:
    """Return the beta function."""
    sign = jsp.gammasgn(a) * jsp.gammasgn(b) * jsp.gammasgn(a + b)
    return sign * jnp.exp(betaln(a, b))
