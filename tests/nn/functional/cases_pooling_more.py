"""Rows of pooling by norms and at drawn places, and of what undoes a max pooling."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, nonzero, normal, positive
from lucid.testing.domains import distinct
from tests.nn.functional.cases_pooling import SHAPES, Array, each, pooled, regular
from tests.nn.layers.rows_pooling import places
from tests.ops.rows import with_options


def lp_pool(n: int) -> Any:
    def reference(x: Array, norm_type: float, **o: Any) -> Array:
        count = math.prod(each(o["kernel_size"], n))

        def norm(window: Array, _: Any) -> Array:
            if math.isinf(norm_type):
                return np.abs(window).max(-1) if norm_type > 0 else np.abs(window).min(-1)
            return (count * (window**norm_type).mean(-1)) ** (1 / norm_type)

        return pooled(x, n, regular(x, n, **o), norm)

    return reference


def fractional(n: int) -> Any:
    def reference(x: Array, kernel_size: Any, output_size: Any, _random_samples: Array) -> list[Array]:
        y, at = np.zeros((*x.shape[:-n], *output_size)), np.zeros((*x.shape[:-n], *output_size), np.int64)
        numbers = np.arange(math.prod(x.shape[-n:])).reshape(x.shape[-n:])
        for image in np.ndindex(x.shape[:-n]):
            drawn = _random_samples[(0,) * (2 - len(image)) + image]
            begins = []
            for axis, u in enumerate(drawn[::-1] if n == 2 else drawn):  # the width of images comes first
                size, k, m = x.shape[axis - n], each(kernel_size, n)[axis], output_size[axis]
                step = (size - k) / (m - 1) if m > 1 else 0
                begins.append([math.floor(step * (i + u)) - math.floor(step * u) for i in range(m - 1)])
                begins[-1].append(size - k)
            for place in np.ndindex(*output_size):
                window = tuple(
                    slice(b[p], b[p] + k) for b, p, k in zip(begins, place, each(kernel_size, n), strict=True)
                )
                best = x[image][window].argmax()
                y[image + place] = x[image][window].ravel()[best]
                at[image + place] = numbers[window].ravel()[best]
        return [y, at]

    return reference


def unpool(n: int) -> Any:
    def reference(x: Array, indices: Array, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Array:
        steps = each(kernel_size if stride is None else stride, n)
        sizes = [
            (m - 1) * s - 2 * p + k
            for m, s, p, k in zip(x.shape[-n:], steps, each(padding, n), each(kernel_size, n), strict=True)
        ]
        y = np.zeros((*x.shape[:-n], math.prod(sizes)))
        for image in np.ndindex(x.shape[:-n]):
            for value, at in zip(x[image].ravel(), indices[image].ravel(), strict=True):
                y[image][at] = value
        return y.reshape(*x.shape[:-n], *sizes)

    return reference


LP: dict[int, list[tuple[Any, dict[str, Any]]]] = {
    2: [
        (nonzero, {"norm_type": 2, "kernel_size": 2}),
        (positive, {"norm_type": 3, "kernel_size": (3, 2), "stride": (2, 1), "ceil_mode": True}),
        (distinct, {"norm_type": math.inf, "kernel_size": 2}),
    ],
    1: [
        (positive, {"norm_type": 0.5, "kernel_size": 3, "stride": 2}),
        (positive, {"norm_type": -1, "kernel_size": 2, "ceil_mode": True}),
        (distinct, {"norm_type": -math.inf, "kernel_size": 2}),
    ],
    3: [
        (nonzero, {"norm_type": 2, "kernel_size": 2}),
        (positive, {"norm_type": 1.5, "kernel_size": (1, 3, 2)}),
    ],
}
FRACTIONAL: dict[int, list[tuple[Any, dict[str, Any]]]] = {
    2: [
        ((2, 2, 5, 4), {"kernel_size": 2, "output_size": (3, 2)}),
        ((2, 6, 5), {"kernel_size": (3, 2), "output_size": (1, 4)}),
        ((0, 2, 5, 4), {"kernel_size": 2, "output_size": (3, 2)}),
    ],
    3: [((1, 2, 3, 5, 4), {"kernel_size": (1, 2, 2), "output_size": (2, 3, 2)})],
}
UNPOOL: dict[int, list[tuple[Any, int, dict[str, Any]]]] = {
    2: [
        ((2, 2, 2, 2), 16, {"kernel_size": 2}),
        ((2, 2, 3), 12, {"kernel_size": (2, 3), "stride": (2, 1), "padding": (0, 1)}),
    ],
    1: [((2, 2, 3), 6, {"kernel_size": 2}), ((0, 2, 3), 6, {"kernel_size": 2})],
    3: [((1, 2, 1, 2, 1), 16, {"kernel_size": 2})],
}

MORE_POOLING: list[OpCase] = []
for n in (2, 1, 3):
    for domain, options in LP[n]:
        MORE_POOLING += with_options(
            OpCase(
                name=f"lp_pool[{n}d]",
                function=getattr(F, f"lp_pool{n}d"),
                reference=lp_pool(n),
                shapes=SHAPES[n][:2],
                domain=domain,
            ),
            [options],
        )
    for shape, among, options in UNPOOL[n]:
        MORE_POOLING.append(
            OpCase(
                name=f"max_unpool[{n}d, {shape}]",
                function=getattr(F, f"max_unpool{n}d"),
                reference=unpool(n),
                shapes=[(shape, shape)],
                domain=(normal, places(n, among)),
                options=options,
            )
        )
for n, (shape, options) in itertools.chain(*([(n, row) for row in FRACTIONAL[n]] for n in (2, 3))):
    lead = shape[:-n] if len(shape) == n + 2 else (1, *shape[:-n])
    MORE_POOLING.append(
        OpCase(
            name=f"fractional_max_pool[{n}d, {shape}]",
            function=lambda x, n=n, **o: getattr(F, f"fractional_max_pool{n}d")(x, return_indices=True, **o),
            reference=fractional(n),
            shapes=[(shape,)],
            domain=distinct,
            options={**options, "_random_samples": np.random.default_rng(1).random((*lead, n))},
        )
    )
