"""Normalisation of channels: over the batch, over groups of each example, or by given statistics.

An image's channels lie last in memory, or first. The passes over memory are loops that know one way or
the other (``channels_last.py``, ``channels_first.py``). What there is one number of for each channel is
computed here between them, with NumPy in float64. A mean is kept in two parts: ``centre`` in float32,
which the loops subtract, and ``off``, what rounding took from it. So ``x`` may lie far from 0.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from lucid.engines.cpu.kernels import channels_first, channels_last
from lucid.engines.cpu.kernels.loops import dense, loop, prange

Array = np.ndarray[Any, Any]

_sum: Any = np.add.reduce

# Channels of fewer elements than this are brought last in memory, and stay there.
_SHORT = 32


class Layout(NamedTuple):
    """How an array ``(N, C, *)`` is seen by loops, with three axes."""

    loops: Any  # the module with the loops for it
    three: tuple[int, int, int]
    ordered: tuple[int, ...]  # the shape in the order of memory
    order: tuple[int, ...]  # the axes in the order of memory
    back: tuple[int, ...]  # the inverse of that
    lead: tuple[int, int]  # the shape of what there is one number of for each channel

    def view(self, x: Array) -> Array:
        """Return ``x`` with three axes, copied if it lies in memory in another way."""
        return dense(x.transpose(self.order)).reshape(self.three)

    def restore(self, x: Array) -> Array:
        """Return ``x``, with three axes, in its own shape."""
        return x.reshape(self.ordered).transpose(self.back)

    def fit(self, value: Array) -> Array:
        """Return ``value`` as loops take it: one number for each channel, float32."""
        value = value.astype(np.float32)
        return value if value.shape == self.lead else np.ascontiguousarray(np.broadcast_to(value, self.lead))


def _layout(x: Array, apart: bool) -> Layout:
    """Return how to see ``x``; ``apart`` keeps its examples apart."""
    n, channels, *space = x.shape
    rows = math.prod(space)
    order = (0, *range(2, x.ndim), 1)
    last = x.transpose(order).flags.c_contiguous
    first = x.flags.c_contiguous
    if first and rows >= _SHORT and (not last or channels < rows):
        axes = tuple(range(x.ndim))
        return Layout(channels_first, (n, channels, rows), x.shape, axes, axes, (n, channels))
    three = (n, rows, channels) if apart else (1, n * rows, channels)
    back = (0, x.ndim - 1, *range(1, x.ndim - 1))
    return Layout(channels_last, three, (n, *space, channels), order, back, (three[0], channels))


def _single(*arrays: Array | None) -> bool:
    return all(a is None or a.dtype == np.float32 for a in arrays)


# ----------------------------------------------------------------- what all have in common


class Standard(NamedTuple):
    """By what ``x`` was normalised: ``(x - centre - off) * rstd``, one number for each channel."""

    layout: Layout
    centre: Array  # as the loops take it
    off: Array
    rstd: Array


def _standard(layout: Layout, mean: Array, var: Array, eps: float) -> Standard:
    centre = mean.astype(np.float32)
    return Standard(layout, layout.fit(centre), mean - centre, 1 / np.sqrt(var + eps))


def _normalized(
    x: Array,
    standard: Standard,
    weight: Array | None,
    bias: Array | None,
    residual: Array | None = None,
    activation: str | None = None,
) -> Array:
    layout, centre, off, rstd = standard
    scale = rstd if weight is None else rstd * weight
    shift = -off * scale if bias is None else bias - off * scale
    added = None if residual is None else layout.view(residual)
    low = -math.inf if activation is None else 0.0
    fit = layout.fit
    return layout.restore(layout.loops.shifted(layout.view(x), centre, fit(scale), fit(shift), added, low))


def _sums(g: Array, x: Array, standard: Standard, mask: tuple[Array, ...] = ()) -> tuple[Array, Array]:
    """Return the sums of ``g``, and of ``g`` times the normalised ``x``, as the loops give them."""
    total, by_x = standard.layout.loops.sums(g, standard.layout.view(x), standard.centre, *mask)
    return total, (by_x - standard.off * total) * standard.rstd


def _before(
    g: Array, out: Array, layout: Layout, activation: str | None, needed: bool
) -> tuple[Array, tuple[Array, ...]]:
    """Return the gradient of what went into the activation, with three axes.

    If it is not ``needed`` as an array, and the loops can do so, they choose what counts of ``g`` by the
    array that comes second.
    """
    g = layout.view(g)
    if activation is None:
        return g, ()
    out = layout.view(out)
    if layout.loops is channels_last and not needed:
        return g, (out,)
    kept = np.empty(g.shape, np.float32)
    _where_kept(g.reshape(-1), out.reshape(-1), kept.reshape(-1))
    return kept, ()


@loop
def _where_kept(g: Array, out: Array, kept: Array) -> None:
    for i in prange(g.size):
        d = g[i]
        kept[i] = np.float32(0) if out[i] <= 0 else d


def _by_x(
    g: Array,
    x: Array,
    standard: Standard,
    by_g: Array,
    by_x: Array,
    constant: Array,
    mask: tuple[Array, ...] = (),
) -> Array:
    """Return ``by_g * g + by_x * (x - mean) + constant``."""
    layout, centre, off, _ = standard
    factors = (layout.fit(v) for v in (by_g, by_x, constant - by_x * off))
    return layout.restore(layout.loops.slopes(g, layout.view(x), centre, *factors, *mask))


def _given(parameter: Array | None, d: Array) -> Array | None:
    """Return the gradient ``d`` of a weight or bias if there is one."""
    return None if parameter is None else d.reshape(-1).astype(np.float32)


# ----------------------------------------------------------------- over the batch


def batch_normalized(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    residual: Array | None,
    *,
    eps: float,
    activation: str | None,
) -> Any:
    """Normalise each channel over the batch, and keep by what."""
    if not _single(x, weight, bias, residual):
        return None
    layout = _layout(x, apart=False)
    mean, var = layout.loops.statistics(layout.view(x))
    if len(mean) > 1:  # of examples: pool them
        mean, var = _pooled(mean, var, axis=0)
    standard = _standard(layout, mean, var, eps)
    out = _normalized(x, standard, weight, bias, residual, activation)
    return (out, mean.astype(np.float32).reshape(-1), var.astype(np.float32).reshape(-1)), standard


def batch_normalized_vjp(
    gs: tuple[Array, Array, Array],
    outs: tuple[Array, Array, Array],
    standard: Standard,
    x: Array,
    weight: Array | None,
    bias: Array | None,
    residual: Array | None,
    *,
    eps: float,
    activation: str | None,
) -> tuple[Any, ...]:
    """Return the gradients, in which mean and variance depend on ``x``."""
    layout, rstd = standard.layout, standard.rstd
    g, mask = _before(gs[0], outs[0], layout, activation, needed=residual is not None)
    total, by_x = (_sum(d, axis=0, keepdims=True) for d in _sums(g, x, standard, mask))
    scale = rstd if weight is None else rstd * weight
    share = scale / (x.size // x.shape[1])
    return (
        lambda: _by_x(g, x, standard, scale, -share * rstd * by_x, -share * total, mask),
        _given(weight, by_x),
        _given(bias, total),
        None if residual is None else layout.restore(g),
    )


def _pooled(mean: Array, var: Array, axis: int) -> tuple[Array, Array]:
    """Return mean and variance of several samples of one size, given those of each."""
    n = mean.shape[axis]
    centre = _sum(mean, axis=axis, keepdims=True) / n
    return centre, _sum(var + (mean - centre) ** 2, axis=axis, keepdims=True) / n


# ----------------------------------------------------------------- by given statistics


def standardized(
    x: Array,
    mean: Array,
    var: Array,
    weight: Array | None,
    bias: Array | None,
    residual: Array | None,
    *,
    eps: float,
    activation: str | None,
) -> Any:
    """Normalise each channel by the given statistics."""
    if not _single(x, mean, var, weight, bias, residual):
        return None
    standard = _standard(_layout(x, apart=False), mean[None].astype(float), var[None].astype(float), eps)
    return _normalized(x, standard, weight, bias, residual, activation), standard


def standardized_vjp(
    g: Array,
    out: Array,
    standard: Standard,
    x: Array,
    mean: Array,
    var: Array,
    weight: Array | None,
    bias: Array | None,
    residual: Array | None,
    *,
    eps: float,
    activation: str | None,
) -> tuple[Any, ...]:
    """Return the gradients, in which mean and variance are arguments like others."""
    layout, rstd = standard.layout, standard.rstd
    g, _ = _before(g, out, layout, activation, needed=True)
    total, by_x = (_sum(d, axis=0, keepdims=True) for d in _sums(g, x, standard))
    scale = rstd if weight is None else rstd * weight
    none = layout.fit(np.zeros(1))
    return (
        lambda: layout.restore(layout.loops.shifted(g, none, layout.fit(scale), none, None, -math.inf)),
        _given(mean, -scale * total),
        _given(var, -0.5 * scale * rstd * by_x),
        _given(weight, by_x),
        _given(bias, total),
        None if residual is None else layout.restore(g),
    )


# ----------------------------------------------------------------- over groups


def group_normalized(x: Array, weight: Array | None, bias: Array | None, *, groups: int, eps: float) -> Any:
    """Normalise each group of channels of each example, and keep by what."""
    if not _single(x, weight, bias):
        return None
    n, channels = x.shape[:2]
    layout = _layout(x, apart=True)
    grouped = (n, groups, channels // groups)
    mean, var = (s.reshape(grouped) for s in layout.loops.statistics(layout.view(x)))
    mean, var = _pooled(mean, var, axis=2)  # (N, groups, 1)
    each_mean, each_var = (np.broadcast_to(s, grouped).reshape(n, channels) for s in (mean, var))
    standard = _standard(layout, each_mean, each_var, eps)
    out = _normalized(x, standard, weight, bias)
    return (out, mean[:, :, 0].astype(np.float32), var[:, :, 0].astype(np.float32)), standard


def group_normalized_vjp(
    gs: tuple[Array, Array, Array],
    _outs: tuple[Array, Array, Array],
    standard: Standard,
    x: Array,
    weight: Array | None,
    bias: Array | None,
    *,
    groups: int,
    eps: float,
) -> tuple[Any, ...]:
    """Return the gradients, in which mean and variance depend on ``x``."""
    g = standard.layout.view(gs[0])
    total, by_x = _sums(g, x, standard)  # (N, C)
    scale = standard.rstd if weight is None else standard.rstd * weight
    share = standard.rstd / (x.size // (x.shape[0] * groups))

    def over_groups(s: Array) -> Array:
        s = (s if weight is None else s * weight).reshape(x.shape[0], groups, -1)
        s = _sum(s, axis=2, keepdims=True)
        return np.broadcast_to(s, (x.shape[0], groups, x.shape[1] // groups)).reshape(x.shape[:2])

    return (
        lambda: _by_x(
            g, x, standard, scale, -share * standard.rstd * over_groups(by_x), -share * over_groups(total)
        ),
        _given(weight, _sum(by_x, axis=0)),
        _given(bias, _sum(total, axis=0)),
    )
