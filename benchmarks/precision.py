"""How exact products of float32 matrices and convolutions are in each precision, and how fast.

    python benchmarks/precision.py

The error is against float64: the root of the mean square of the differences, divided by that of the
results. Factors are normal random numbers. ``"high"`` is only quicker, and so only differs from
``"highest"``, where the processor multiplies bfloat16 in tiles (AMX); what its error is there, the last
column says of matrices, from the same three products in float32.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import lucid
import lucid.nn.functional as F

PRECISIONS = ("highest", "high", "medium")
ROUNDS = 20


def cases() -> Iterator[tuple[str, Callable[..., Any], Any, Any]]:
    """Yield the name of each case, the function, and its two arguments in float64."""
    rng = np.random.default_rng(0)
    for side in (256, 1024, 2048):
        x, y = rng.standard_normal((2, side, side))
        yield f"matrices of {side}x{side}", lucid.matmul, x, y
    for channels, side in ((64, 32), (256, 8)):
        x = rng.standard_normal((16, channels, side, side))
        weight = rng.standard_normal((channels, channels, 3, 3))
        yield f"convolution 3x3, {channels} channels", lambda x, w: F.conv2d(x, w, padding=1), x, weight


def error(found: Any, exact: Any) -> float:
    """Return the relative error of ``found``, over all of its elements."""
    return float(np.sqrt(np.mean((found - exact) ** 2) / np.mean(exact**2)))


def in_thirds(x: Any, y: Any) -> Any:
    """Return ``x @ y`` of numbers that are rounded to two bfloat16 each, without the smallest products."""
    (xh, xl), (yh, yl) = _split(x), _split(y)
    return xh @ yh + xh @ yl + xl @ yh


def _split(x: Any) -> tuple[Any, Any]:
    high = _rounded(x)
    return high, _rounded(x - high)


def _rounded(x: Any) -> Any:
    """Return float32 numbers rounded to the nearest that are bfloat16: their first 16 bits."""
    bits = x.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


def best_time(f: Callable[..., Any], *args: Any) -> float:
    """Return the seconds of the quickest of some calls."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        f(*args)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the table."""
    names = " | ".join(f'`"{p}"`' for p in PRECISIONS)
    print(f"| error / ms | {names} | three products |")
    print("| --- | --- | --- | --- | --- |")
    for name, f, x, y in cases():
        x, y = (a.astype(np.float32).astype(np.float64) for a in (x, y))  # as both see them
        exact = f(lucid.Tensor(x), lucid.Tensor(y)).numpy()
        singles = [lucid.Tensor(a.astype(np.float32)) for a in (x, y)]
        cells = []
        for precision in PRECISIONS:
            lucid.set_float32_matmul_precision(precision)
            found = f(*singles).numpy().astype(np.float64)
            cells.append(f"{error(found, exact):.1e} / {1e3 * best_time(f, *singles):.2f}")
        if f is lucid.matmul:
            cells.append(f"{error(in_thirds(*(s.numpy() for s in singles)), exact):.1e}")
        else:
            cells.append("")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
