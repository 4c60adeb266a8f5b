"""How far to go along a direction: the line search of LBFGS, for the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

ENOUGH = 1e-9  # an interval of steps that moves nothing any more

# A step is good if the loss falls by at least this part of what the first slope promises, ...
FALL = 1e-4
# ... and the slope has become flatter than this part of the first.
FLAT = 0.9


class Point(NamedTuple):
    """What is known of a place on the line."""

    t: float  # the step that leads there
    loss: float
    gradient: Any  # an array
    slope: float  # the derivative along the line


def strong_wolfe(at: Callable[[float], Point], start: Point, t: float, reach: float, most: int) -> Point:
    r"""Return a point on a line at which the strong Wolfe conditions hold, or the best that was found.

    .. math::
        f(t) \le f(0) + c_1 t f'(0), \qquad |f'(t)| \le c_2 |f'(0)|

    First the step grows until an interval is known that has such points in it. Then the interval is made
    smaller. Both go by the minimum of the cubic polynomial through two points.

    Args:
        at: computes the point that a step leads to.
        start: the point of the step 0, where the slope is negative.
        t: the first step to try.
        reach: how far the parameters move at most in a step of 1.
        most: after how many further trials the best point so far must do.

    Nocedal and Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6.
    """
    before, now = start, at(t)
    trials = 0
    while trials < most:
        if _too_high(now, start) or (trials > 1 and now.loss >= before.loss):
            break
        if _is_flat(now, start):
            return now
        if now.slope >= 0:
            break
        t = minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10)
        before, now = now, at(t)
        trials += 1
    else:
        before = start
    ends = [before, now]
    low = 0 if ends[0].loss <= ends[1].loss else 1  # which end is the better one
    near_the_end = False
    while trials < most:
        left, right = sorted(point.t for point in ends)
        if (right - left) * reach < ENOUGH:
            break
        t = minimum(ends[0], ends[1], left, right)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) >= margin:
            near_the_end = False
        elif near_the_end or t >= right or t <= left:  # twice in a row: the interval would hardly shrink
            t = right - margin if right - t < t - left else left + margin
            near_the_end = False
        else:
            near_the_end = True
        now = at(t)
        trials += 1
        if _too_high(now, start) or now.loss >= ends[low].loss:
            ends[1 - low] = now
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if _is_flat(now, start):
            return now
        if now.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = now
    return ends[low]


def minimum(a: Point, b: Point, least: float, most: float) -> float:
    """Return where the cubic polynomial through two points, with their slopes, is smallest between bounds."""
    if a.t > b.t:
        a, b = b, a
    middle = (least + most) / 2
    if a.t == b.t:
        return middle
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:  # it has no minimum, or something is nan
        return middle
    d2 = math.sqrt(square)
    below = b.slope - a.slope + 2 * d2
    if below == 0:
        return middle
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / below), least), most)


def _too_high(point: Point, start: Point) -> bool:
    return point.loss > start.loss + FALL * point.t * start.slope


def _is_flat(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -FLAT * start.slope
