"""How the three convolutions run once for a whole batch.

A batch of images is more images. A batch of weights is more channels, and both together are more groups:
each example has channels of its own. So all three rules put the batch beside the axis where it makes no
difference, and take it out of the result again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lucid import ops
from lucid.func.batching.example import Example, batched, count_of


def conv(function: Any, x: Any, weight: Any, *bias: Any, groups: int, **options: Any) -> Any:
    """Run ``conv``. The bias is added afterwards where it differs."""
    if not isinstance(weight, Example):
        run = lambda t, *b: function(t, weight, *b, groups=groups, **options)  # noqa: E731
        return _more_images(run, x, bias)
    n = count_of(weight)
    if isinstance(x, Example):
        out = function(_beside(x.tensor, 1), _joined(weight.tensor), groups=n * groups, **options)
        out = _apart(out, 1, n)
    else:
        # (n, groups * O / groups, ...) -> (groups * n * O / groups, ...)
        weights = _beside(_split(weight.tensor, 1, groups), 1)
        out = function(x, _joined(weights), groups=groups, **options)
        out = _apart(_split(out, 1, groups), 2, n)
        out = _merged(out, 2)
    return _shifted(out, bias)


def conv_input(function: Any, g: Any, weight: Any, *bias: Any, groups: int, **options: Any) -> Any:
    """Run ``conv_input``, whose result has the channels of images."""
    if not isinstance(weight, Example):
        run = lambda t, *b: function(t, weight, *b, groups=groups, **options)  # noqa: E731
        return _more_images(run, g, bias)
    n = count_of(weight)
    if isinstance(g, Example):
        out = function(_beside(g.tensor, 1), _joined(weight.tensor), groups=n * groups, **options)
        return _shifted(_apart(out, 1, n), bias)
    out = function(g, _beside(weight.tensor, 1), groups=groups, **options)
    out = _merged(_apart(_split(out, 1, groups), 2, n), 2)
    return _shifted(out, bias)


def conv_weight(function: Any, x: Any, g: Any, *, groups: int, bias: bool, **options: Any) -> Any:
    """Run ``conv_weight``, whose result has channels alone, and with ``bias`` a second one."""
    n = count_of(x, g)
    if isinstance(x, Example) and isinstance(g, Example):
        run = function(_beside(x.tensor, 1), _beside(g.tensor, 1), groups=n * groups, bias=bias, **options)
        out, rest = (run[0], run[1:]) if bias else (run, ())
        out, rest = _apart(out, 0, n), tuple(_apart(r, 0, n) for r in rest)
    elif isinstance(x, Example):
        channels = _beside(_split(x.tensor, 2, groups), 2)  # (N, groups, n * C / groups, ...)
        run = function(_merged(channels, 1), g, groups=groups, bias=bias, **options)
        out, rest = (run[0], run[1:]) if bias else (run, ())
        out, rest = _apart(out, 1, n), tuple(batched(r, n) for r in rest)
    else:
        channels = _beside(_split(g.tensor, 2, groups), 2)  # (N, groups, n * O / groups, ...)
        run = function(x, _merged(channels, 1), groups=groups, bias=bias, **options)
        parts = [_merged(_apart(_split(r, 0, groups), 1, n), 1) for r in (run if bias else (run,))]
        out, rest = parts[0], tuple(parts[1:])
    return (out, *rest) if bias else out


# ----------------------------------------------------------------- moving the batch


def _beside(t: Any, axis: int) -> Any:
    """Return ``t`` with its first axis, the batch, made one with ``axis`` of an example."""
    return _merged(ops.moveaxis(t, 0, axis), axis)


def _apart(t: Any, axis: int, n: int) -> Any:
    """Return ``t`` with the batch of ``n``, which is the outer part of ``axis``, as the first axis."""
    return ops.moveaxis(_split(t, axis, n), axis, 0)


def _split(t: Any, axis: int, n: int) -> Any:
    """Return ``t`` with ``axis`` made two, the first one of size ``n``."""
    return ops.reshape(t, (*t.shape[:axis], n, t.shape[axis] // n, *t.shape[axis + 1 :]))


def _merged(t: Any, axis: int) -> Any:
    """Return ``t`` with ``axis`` and the next one made one."""
    size = t.shape[axis] * t.shape[axis + 1]
    return ops.reshape(t, (*t.shape[:axis], size, *t.shape[axis + 2 :]))


def _joined(t: Any) -> Any:
    return _merged(t, 0)


def _more_images(run: Callable[..., Any], x: Any, bias: tuple[Any, ...]) -> Any:
    """Take the examples' images as one batch; those that examples share, as they are."""
    same = () if bias and isinstance(bias[0], Example) else bias
    if isinstance(x, Example):
        out = run(_joined(x.tensor), *same)
        out = ops.reshape(out, (*x.tensor.shape[:2], *out.shape[1:]))
    else:
        out = ops.expand_dims(run(x, *same), axis=0)  # the bias alone differs
    return _shifted(out, () if same else bias)


def _shifted(out: Any, bias: tuple[Any, ...]) -> Any:
    """Add a bias to the channels, which are axis 2 here."""
    if not bias:
        return out
    rows = bias[0].tensor if isinstance(bias[0], Example) else ops.expand_dims(bias[0], axis=0)
    ones = (1,) * (out.ndim - 3)
    return out + ops.reshape(rows, (rows.shape[0], 1, rows.shape[1], *ones))
