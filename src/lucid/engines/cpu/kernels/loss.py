"""The cross entropy of classes: one pass over the logits forward, one back, nothing of their size between.

Forward leaves two numbers for each row, its largest logit and the sum of exponentials. From them and the
logits the vjp computes the probabilities anew, straight into the gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import dense, loop, prange
from lucid.engines.cpu.kernels.maths import exp
from lucid.engines.cpu.kernels.rows import largest_of

Array = np.ndarray[Any, Any]

# So many exponentials are summed in float32; the sums of these, in float64.
BLOCK = 1024
_f = np.float32
_IGNORED = -1  # stands for any class that counts for nothing


@loop
def _forward(
    x: Array,
    target: Array,
    weight: Array,
    smoothing: Any,
    total_weight: Any,
    largest: Array,
    inverse: Array,
    losses: Array,
) -> None:
    rows, columns = x.shape
    for i in prange(rows):
        shift = largest_of(x[i])
        total = 0.0
        for start in range(0, columns, BLOCK):
            part: Any = _f(0)
            for j in range(start, min(start + BLOCK, columns)):
                part += exp(x[i, j] - shift)
            total += part
        log = math.log(total)
        largest[i] = shift
        inverse[i] = 1.0 / total
        t = target[i]
        if t == _IGNORED:
            losses[i] = 0.0
            continue
        loss = weight[t] * (log - (x[i, t] - shift))
        if smoothing > 0:
            against = 0.0
            for start in range(0, columns, BLOCK):
                part = _f(0)
                for j in range(start, min(start + BLOCK, columns)):
                    part += weight[j] * (x[i, j] - shift)
                against += part
            loss = (1.0 - smoothing) * loss + smoothing * (total_weight * log - against) / columns
        losses[i] = loss


@loop
def _backward(
    x: Array,
    target: Array,
    weight: Array,
    smoothing: Any,
    total_weight: Any,
    largest: Array,
    inverse: Array,
    scale: Array,
    out: Array,
) -> None:
    rows, columns = x.shape
    for i in prange(rows):
        t = target[i]
        shift = largest[i]
        if t == _IGNORED:
            for j in range(columns):
                out[i, j] = _f(0)
            continue
        at_target = scale[i] * (1.0 - smoothing) * weight[t]
        everywhere = scale[i] * smoothing / columns
        share = _f((at_target + everywhere * total_weight) * inverse[i])
        if smoothing > 0:
            each = _f(everywhere)
            for j in range(columns):
                out[i, j] = share * exp(x[i, j] - shift) - each * weight[j]
        else:
            for j in range(columns):
                out[i, j] = share * exp(x[i, j] - shift)
        out[i, t] -= _f(at_target)


def class_entropy(
    x: Array,
    target: Array,
    weight: Array | None,
    *,
    ignore_index: int | None,
    smoothing: float,
    reduction: str,
) -> Any:
    """Return the cross entropy of each row with its class, reduced."""
    if x.dtype != np.float32 or not (weight is None or weight.dtype == np.float32):
        return None
    rows = _rows(x)
    classes = np.asarray(target, np.int64).reshape(-1)
    if ignore_index is not None:
        classes = np.where(classes == ignore_index, _IGNORED, classes)
    classes = dense(classes)
    weights = np.ones(rows.shape[1], np.float32) if weight is None else dense(weight)
    total_weight = float(weights.sum(dtype=np.float64)) if smoothing else 0.0
    largest, inverse = np.empty(len(rows), np.float32), np.empty(len(rows))
    losses = np.empty(len(rows))
    _forward(rows, classes, weights, smoothing, total_weight, largest, inverse, losses)
    count = _count(classes, weight, ignore_index) if reduction == "mean" else 1.0
    out: Array
    if reduction == "none":
        out = losses.astype(np.float32).reshape(target.shape)
    else:
        out = np.asarray(losses.sum() / count, np.float32)
    return out, (classes, weights, total_weight, largest, inverse, count)


def class_entropy_vjp(
    g: Array,
    out: Array,
    residuals: Any,
    x: Array,
    target: Array,
    weight: Array | None,
    *,
    ignore_index: int | None,
    smoothing: float,
    reduction: str,
) -> tuple[Any, ...]:
    """Return the gradients of the logits and of the weights, to be called for."""
    classes, weights, total_weight, largest, inverse, count = residuals
    scale = np.empty(len(classes))  # what each row's loss counts
    scale[:] = g.reshape(-1) / np.float64(count)

    def by_x() -> Array:
        rows = _rows(x)
        d = np.empty(rows.shape, np.float32)
        _backward(rows, classes, weights, smoothing, total_weight, largest, inverse, scale, d)
        return _like(d, x)

    def by_weight() -> Array:
        rows, kept = _rows(x), classes != _IGNORED
        log_p = rows[kept] - largest[kept, None] + np.log(inverse[kept])[:, None]
        taken = classes[kept]
        own = scale[kept] * -log_p[np.arange(len(taken)), taken]
        d = (1 - smoothing) * np.bincount(taken, own, rows.shape[1])
        if smoothing:
            d -= smoothing * (scale[kept] @ log_p) / rows.shape[1]
        if reduction == "mean":  # the weights stand in its denominator, too
            d -= np.bincount(taken, scale[kept] * float(out), rows.shape[1])
        return d.astype(np.float32)

    return by_x, None, None if weight is None else by_weight


def _rows(x: Array) -> Array:
    """Return the logits with the classes last, and one other axis: a view where these are last in memory."""
    last = x if x.ndim < 3 else np.moveaxis(x, 1, -1)
    return dense(last).reshape(-1, last.shape[-1])


def _like(rows: Array, x: Array) -> Array:
    """Return what ``_rows`` made rows of in the shape of ``x``."""
    if x.ndim < 3:
        return rows.reshape(x.shape)
    return np.moveaxis(rows.reshape(x.shape[0], *x.shape[2:], -1), -1, 1)


def _count(classes: Array, weight: Array | None, ignore_index: int | None) -> float:
    """Return what a mean divides by."""
    if weight is None and ignore_index is None:
        return float(len(classes))
    kept = classes[classes != _IGNORED]
    return float(len(kept)) if weight is None else float(weight[kept].sum(dtype=np.float64))
