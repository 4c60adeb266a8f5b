"""Rows for Fourier transforms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lucid import fft
from lucid.testing import OpCase, complex_normal, normal

OF_REAL = ("rfft", "ihfft", "rfftn")
ONE_AXIS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL_AXES = ("fftn", "ifftn", "rfftn", "irfftn")


def row(name: str, shape: tuple[int, ...], options: Mapping[str, Any] | None = None, **others: Any) -> OpCase:
    """Return the row of the transform called ``name``."""
    shown = "" if options is None else f"[{shape}, {', '.join(f'{k}={v}' for k, v in options.items())}]"
    return OpCase(
        name=name + shown,
        function=getattr(fft, name),
        reference=getattr(np.fft, name),
        shapes=[(shape,)],
        domain=normal if name in OF_REAL else complex_normal,
        options=options or {},
        **others,
    )


CASES = [
    *(row(name, (2, 4)) for name in ONE_AXIS),
    *(row(name, (3, 4)) for name in SEVERAL_AXES),
    row("fftshift", (3, 4)),
    row("ifftshift", (3, 4)),
]

# Sizes that crop, that fill up, that are odd, even and one; every norm; axes in every order. The
# rules ask nothing of an engine that the rows above do not, so these run on one.
MORE = [
    *(
        row(name, (size, 2), {"n": n, "axis": 0, "norm": norm})
        for name in ONE_AXIS
        for size, n, norm in [
            (5, None, "forward"),
            (5, 3, "ortho"),
            (5, 2, "backward"),
            (2, 7, "forward"),
            (2, 6, "ortho"),
            (3, 1, "backward"),
            (1, 4, "forward"),
        ]
    ),
    *(
        row(name, (2, 3, 4), options)
        for name in SEVERAL_AXES
        for options in [
            {"axes": (-1, 0), "norm": "ortho"},
            {"axes": (1,), "norm": "forward"},
            {"s": (3, 5), "axes": (2, 0), "norm": "forward"},
            {"s": (4, 2, 3), "axes": (1, 2, 0), "norm": "backward"},
        ]
    ),
    row("fftshift", (3, 4), {"axes": -1}),
    row("ifftshift", (3, 5), {"axes": (1, 0)}),
]
