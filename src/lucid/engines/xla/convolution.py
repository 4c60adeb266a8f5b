"""Convolutions of JAX arrays, and their two gradients; ``ops/convolution.py`` says what they are.

XLA has one convolution, with strides, dilation and zeros between the elements of either argument, and with
axes in any order. All three are that one.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from lucid.engines.xla.precision import precision

Array = Any
Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


def conv(
    x: Array, weight: Array, /, *bias: Array, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Array:
    """Return ``x`` convolved with ``weight``, plus ``bias``."""
    out = lax.conv_general_dilated(
        x,
        weight,
        window_strides=stride,
        padding=padding,
        rhs_dilation=dilation,
        feature_group_count=groups,
        precision=precision(),
    )
    return _shifted(out, bias)


def conv_input(
    g: Array,
    weight: Array,
    /,
    *bias: Array,
    size: Sizes,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Array:
    """Return the gradient by images of ``size``: ``g``, spread by the stride, meets the kernel backwards."""
    o, c, *kernel = weight.shape
    turned = jnp.reshape(weight, (groups, o // groups, c, *kernel))
    turned = jnp.reshape(jnp.swapaxes(turned, 1, 2), (groups * c, o // groups, *kernel))
    around = []
    for n, m, k, s, d, (before, _) in zip(size, g.shape[2:], kernel, stride, dilation, padding, strict=True):
        first = (k - 1) * d - before
        around.append((first, n - 1 - first - (m - 1) * s + (k - 1) * d))
    out = lax.conv_general_dilated(
        g,
        jnp.flip(turned, tuple(range(2, g.ndim))),
        window_strides=(1,) * len(size),
        padding=around,
        lhs_dilation=stride,
        rhs_dilation=dilation,
        feature_group_count=groups,
        precision=precision(),
    )
    return _shifted(out, bias)


def conv_weight(
    x: Array,
    g: Array,
    /,
    *,
    size: Sizes,
    bias: bool,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Any:
    """Return the gradient by a weight whose kernel is of ``size``, and with ``bias`` that by the bias.

    Images and channels change places: ``g`` is the kernel, and its steps are the dilation.
    """
    around = [
        (before, (k - 1) * d + (m - 1) * s + 1 - n - before)
        for n, m, k, s, d, (before, _) in zip(
            x.shape[2:], g.shape[2:], size, stride, dilation, padding, strict=True
        )
    ]
    space = tuple(range(2, x.ndim))
    swapped = (1, 0, *space)
    out = lax.conv_general_dilated(
        x,
        g,
        window_strides=dilation,
        padding=around,
        rhs_dilation=stride,
        dimension_numbers=lax.ConvDimensionNumbers(swapped, swapped, swapped),
        batch_group_count=groups,
        precision=precision(),
    )
    return (out, jnp.sum(g, axis=(0, *space))) if bias else out


def _shifted(out: Array, bias: tuple[Array, ...]) -> Array:
    return out + jnp.reshape(bias[0], (-1, *(1,) * (out.ndim - 2))) if bias else out
