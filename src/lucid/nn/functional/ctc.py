"""The connectionist temporal classification loss: labels in order, of which nobody says when.

The labels, with a blank before, between and behind them, are a chain of ``2 S + 1`` states. A path goes
through it in time: at each step it stays, goes on by one state, or skips the blank between two labels that
differ. Walking the chain once forward and once from its end gives the share of all paths that is in each
state at each time, and that is the gradient (Rabiner's forward-backward algorithm). Both walks are one loop,
over time alone: batch and states are axes of arrays.

Probabilities are logarithms. What is impossible has ``NEVER`` in the place of minus infinity, which would
give nan when subtracted from itself; it is so large that nothing can be added to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lucid import ops
from lucid.engines.dtypes import float16, float32
from lucid.engines.registry import engine_of, is_array
from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.loss import REDUCTIONS
from lucid.recording import primitive
from lucid.tensor import Tensor

NEVER = -1e30


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    r"""Return the negative logarithm of the probability of labels, whenever in time they come.

    .. math:: \ell = -\log \sum_{\pi \in B^{-1}(y)} \prod_t p_t(\pi_t)

    where :math:`B` takes a path of classes to its labels: what repeats is one, and blanks are left out.

    Each ``log_probs[t, n]`` is normalised, which changes nothing if it holds logarithms of probabilities.
    So the gradient is that of PyTorch: the probability less the share of the paths.

    Args:
        log_probs: logarithms of probabilities, as ``log_softmax`` gives them.
        targets: the labels, without blanks: padded to rows of one length, or all in one row. The padding
            may be anything.
        input_lengths: how many steps each example has: a Tensor, or a tuple of integers.
        target_lengths: how many labels each example has.
        blank: the class that is no label.
        reduction: ``"mean"`` of the losses, each divided by the number of its labels first, ``"sum"`` or
            ``"none"``.
        zero_infinity: whether an infinite loss, of more labels than there is time for, becomes 0. Its
            gradient is 0 in either case.

    Shape:
        log_probs ``(T, N, C)`` or ``(T, C)``, targets ``(N, S)``, ``(sum(target_lengths),)`` or ``(S,)``,
        lengths ``(N,)`` or ``() -> ()``, or ``(N,)`` or ``()`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if a label is the blank or does not exist, or a length is too large.

    Example:
        >>> log_probs = F.log_softmax(lucid.zeros((3, 1, 4)), axis=-1)
        >>> loss = F.ctc_loss(log_probs, Tensor([[1, 2]]), (3,), (2,), reduction="sum")
        >>> print(f"{loss:.4f}")
        2.5494

    Graves et al., Connectionist Temporal Classification, 2006.
    """
    name = "ctc_loss"
    checks.one_of(name, "reduction", reduction, REDUCTIONS)
    zero_infinity = checks.truth(name, "zero_infinity", zero_infinity)
    log_probs = checks.floating(name, "log_probs", log_probs)
    if log_probs.ndim not in (2, 3):
        raise ShapeError(f"{name} expects log_probs of shape (T, N, C) or (T, C), got {log_probs.shape}")
    alone = log_probs.ndim == 2
    x = ops.expand_dims(log_probs, 1) if alone else log_probs
    x = ops.astype(x, float32) if x.dtype == float16 else x
    steps, batch, classes = x.shape
    blank = checks.integer(name, "blank", blank)
    if not 0 <= blank < classes:
        raise ArgumentError(f"{name} expects blank from 0 to {classes - 1}, a class, got {blank}")
    targets = _on_host(name, "targets", targets, x)
    targets = targets[None] if alone and targets.ndim == 1 else targets
    most = targets.shape[-1] if targets.ndim else 0
    times = _lengths(name, "input_lengths", input_lengths, x, batch, steps, "steps of log_probs")
    counts = _lengths(name, "target_lengths", target_lengths, x, batch, most, "targets")
    xp: Any = np if all(isinstance(t, np.ndarray) for t in (targets, times, counts)) else ops
    labels = _labels(xp, name, targets, counts, blank, classes)
    losses = _losses(xp, x, labels, times, counts, blank)
    if zero_infinity:
        losses = ops.where(losses == math.inf, 0.0, losses)
    if reduction == "mean":
        losses = (losses / ops.astype(_home(xp.maximum(counts, 1), x), losses.dtype)).mean()
    elif reduction == "sum":
        losses = losses.sum()
    elif alone:
        losses = losses[0]
    return ops.astype(losses, log_probs.dtype, copy=False)


def _lengths(function: str, name: str, lengths: Any, x: Any, batch: int, most: int, what: str) -> Any:
    """Return lengths, one integer for each example, checked."""
    if isinstance(lengths, Tensor) or is_array(lengths):
        lengths = _on_host(function, name, lengths, x)
    else:
        listed = lengths if isinstance(lengths, Sequence) else (lengths,)
        lengths = np.array([checks.integer(function, name, n) for n in listed], np.int64)
    if lengths.ndim > 1 or lengths.size != batch:
        raise ShapeError(f"{function} expects {name} of shape {(batch,)}, got {lengths.shape}")
    low, high = _extremes(lengths)
    if low <= high and (low < 0 or high > most):
        raise ArgumentError(
            f"{function} expects {name} from 0 to {most}, the number of {what}, got {low} to {high}"
        )
    return lengths.reshape((batch,)).astype(np.int64)


def _on_host(function: str, name: str, integers: Any, x: Any) -> Any:
    """Return labels or lengths as a NumPy array; where ``vmap`` made a batch of them, as they are.

    What is made of them is made by NumPy then: it is little, and no engine compiles for it.
    """
    given = checks.whole(function, name, integers, None if isinstance(integers, np.ndarray) else x)
    return given if engine_of(given._array).depth else given.to("cpu").numpy()


def _extremes(values: Any) -> tuple[int, int]:
    if not isinstance(values, np.ndarray):
        return checks.extremes(values)
    return (int(values.min()), int(values.max())) if values.size else (0, -1)


def _labels(xp: Any, function: str, targets: Any, counts: Any, blank: int, classes: int) -> Any:
    """Return the labels, a row for each example that ends in blanks, checked."""
    batch = counts.shape[0]
    if targets.ndim == 1:
        row = [int(n) for n in counts.tolist()]
        if sum(row) != targets.shape[0]:
            raise ShapeError(
                f"{function} expects targets of shape (N, S) = ({batch}, S) or "
                f"(sum(target_lengths),) = ({sum(row)},), got {targets.shape}"
            )
        place = np.arange(max(row, default=0))
        begin = np.cumsum([0, *row])[:-1, None]
        at = np.where(place < np.array(row, np.int64)[:, None], begin + place, 0)
        targets = targets[at] if at.size else xp.reshape(targets, (batch, 0))
    elif targets.ndim != 2 or targets.shape[0] != batch:
        raise ShapeError(
            f"{function} expects targets of shape (N, S) = ({batch}, S) or (sum(target_lengths),), "
            f"got {targets.shape}"
        )
    inside = np.arange(targets.shape[1]) < counts[:, None]
    low, high = _extremes(xp.where(inside, targets, 0))
    checks.in_range(function, "targets", low, high, classes, "the number of classes")
    if _extremes(inside & (targets == blank))[1] > 0:
        raise ArgumentError(f"{function} expects targets without the blank, which is {blank}")
    return xp.where(inside, targets.astype(np.int64), blank)


def _losses(xp: Any, x: Any, labels: Any, times: Any, counts: Any, blank: int) -> Any:
    """Return the loss of each example."""

    def allowed(where: Any) -> Any:
        return ops.astype(_home(xp.where(where, 0.0, NEVER), x), x.dtype)

    steps = x.shape[0]
    none = ops.astype(_home(xp.where(counts == 0, 0.0, math.inf), x), x.dtype)  # of no steps at all
    if not steps:
        return none
    # Of S labels, 2 S + 1 states: those with a label are the odd ones.
    empty = xp.zeros_like(counts[:, None])
    states = xp.concat([_interleaved(xp, xp.full_like(labels, blank), labels), empty + blank], axis=1)
    differ = xp.concat([xp.zeros_like(labels[:, :1]) != 0, labels[:, 1:] != labels[:, :-1]], axis=1)
    skips = xp.concat([_interleaved(xp, xp.zeros_like(differ), differ), empty != 0], axis=1)
    place, end = np.arange(states.shape[1]), 2 * counts[:, None]
    entry = place <= xp.minimum(end, 1)
    exits = (place == end) | (place == end - 1)
    time = np.arange(steps)[:, None]
    during = _home(time < times, x)
    if _extremes(times)[0] < steps:  # what is behind an end may be anything, even nan
        x = ops.where(during[:, :, None], x, 0.0)

    emissions = ops.clip(ops.take_along_axis(x, _home(states, x)[None], axis=2), NEVER)
    last = _home((time == times - 1)[:, :, None], x)
    losses = paths(emissions, allowed(skips), allowed(entry), allowed(exits), last)
    normaliser = ops.logsumexp(x, axis=2)
    losses = losses + ops.where(during & (normaliser > -math.inf), normaliser, 0.0).sum(axis=0)
    losses = ops.where(losses > -NEVER / 2, math.inf, losses)
    return ops.where(_home(times == 0, x), none, losses)


def _home(values: Any, like: Any) -> Any:
    """Return what NumPy made as a Tensor on the device of ``like``."""
    return ops.asarray(values, device=like.device) if isinstance(values, np.ndarray) else values


def _interleaved(xp: Any, even: Any, odd: Any) -> Any:
    batch, n = even.shape
    return xp.reshape(xp.stack([even, odd], axis=2), (batch, 2 * n))


@primitive
def paths(xp: Any, emissions: Any, skips: Any, entry: Any, exits: Any, end: Any, /) -> Any:
    """Return the negative logarithm of the probability of all paths together, for each example.

    Args:
        emissions: the logarithm of the probability of each state at each time, ``(T, N, L)``.
        skips: 0 where a state can be reached from the last but one, and elsewhere ``NEVER``, ``(N, L)``.
        entry, exits: the same for where paths begin and end, ``(N, L)``.
        end: which time is that of their end, ``(T, N, 1)``.
    """
    reached = _walk(xp, emissions, skips, entry, None)
    final = xp.sum(xp.where(end, reached, 0.0), axis=0) + exits
    most = xp.max(final, axis=1, keepdims=True)
    return -(most[:, 0] + xp.log(xp.sum(xp.exp(final - most), axis=1)))


paths.name = "ctc_loss"  # in messages


@paths.vjp
def _(xp: Any, g: Any, out: Any, emissions: Any, skips: Any, entry: Any, exits: Any, end: Any) -> Any:
    # The way back is a way forward: from the exits, through a chain and a time that run the other way.
    def turned(x: Any) -> Any:
        return xp.flip(x, axis=-1)

    def back_in_time(x: Any) -> Any:
        return xp.flip(x, axis=0)

    batch = entry.shape[0]
    never = xp.zeros_like(entry[:, :1]) + NEVER
    leaving = xp.concat([skips, never, never], axis=1)[:, 2:]  # of each state, whether one skips from it
    start = xp.concat([end[:1] == end[:1], end[1:] != end[1:]], axis=0)
    both = _walk(
        xp,
        xp.concat([emissions, turned(back_in_time(emissions))], axis=1),
        xp.concat([skips, turned(leaving)], axis=0),
        xp.concat([entry, turned(exits)], axis=0),
        xp.concat([start, back_in_time(end)], axis=1),
    )
    forward, back = both[:, :batch], turned(back_in_time(both[:, batch:]))
    loss = out[:, None]
    share = xp.where(loss < -NEVER / 2, forward + back - emissions + loss, NEVER)
    return -xp.exp(share) * g[:, None], None, None, None, None


def _walk(xp: Any, emissions: Any, skips: Any, entry: Any, begin: Any) -> Any:
    """Return the logarithm of the probability of all ways to be in each state at each time.

    Ways begin where ``begin`` says, by default at time 0.
    """
    never = xp.zeros_like(entry[:, :1]) + NEVER
    now = emissions[0] + (entry if begin is None else xp.where(begin[0], entry, NEVER))
    reached = [now]
    for t in range(1, emissions.shape[0]):
        before = xp.concat([never, never, now], axis=1)
        step, skip = before[:, 1:-1], before[:, :-2] + skips
        most = xp.maximum(xp.maximum(now, step), skip)
        ways = xp.exp(now - most) + xp.exp(step - most) + xp.exp(skip - most)
        now = emissions[t] + (most + xp.log(ways))
        if begin is not None:
            now = xp.where(begin[t], emissions[t] + entry, now)
        reached.append(now)
    return xp.stack(reached, axis=0)
