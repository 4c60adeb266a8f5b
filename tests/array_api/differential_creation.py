"""The calls of ``differential`` for making arrays, and for data types."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.array_api.differential import Rng, array, dtype, family, shape, some


@family("astype")
def _astype(rng: Rng) -> Any:
    source, target = dtype(rng, "bif"), dtype(rng, "bifc")
    x = np.abs(array(rng, source, shape(rng), special=False).astype("float64")).astype(source)
    return (x, np.dtype(target)), some(rng, copy=False)


@family("result_type")
def _result_type(rng: Rng) -> Any:
    kinds = str(rng.choice(["b", "s", "u", "fc"]))
    return tuple(np.dtype(dtype(rng, kinds)) for _ in range(rng.integers(1, 4))), {}


@family("can_cast")
def _can_cast(rng: Rng) -> Any:
    kinds = str(rng.choice(["b", "s", "u", "fc"]))
    return (np.dtype(dtype(rng, kinds)), np.dtype(dtype(rng, kinds))), {}


@family("isdtype")
def _isdtype(rng: Rng) -> Any:
    kinds = [
        "bool",
        "signed integer",
        "unsigned integer",
        "integral",
        "real floating",
        "complex floating",
        "numeric",
    ]
    return (
        np.dtype(dtype(rng, "bifc")),
        [*kinds, ("bool", np.dtype("int8"))][rng.integers(len(kinds) + 1)],
    ), {}


@family("zeros", "ones", "full")
def _filled(rng: Rng, path: str) -> Any:
    value = {"full": ([True, 2, 0.5, 1j][rng.integers(4)],)}.get(path, ())
    of = [(), 3, (2, 0), (2, 3)][rng.integers(4)]
    return (of, *value), some(rng, dtype=np.dtype("complex64")) if value else some(
        rng, dtype=np.dtype(dtype(rng, "bifc"))
    )


@family("zeros_like", "ones_like", "full_like")
def _filled_like(rng: Rng, path: str) -> Any:
    value = (1,) if path == "full_like" else ()
    return (array(rng, dtype(rng, "ifc"), shape(rng)), *value), some(rng, dtype=np.dtype(dtype(rng, "ifc")))


@family("arange")
def _arange(rng: Rng) -> Any:
    args = [(5,), (2, 7), (1, 9, 3), (5, 0, -2), (0.0, 1.0, 0.25), (3, 3), (4, 0)][rng.integers(7)]
    return args, some(rng, dtype=np.dtype(dtype(rng, "if"))) if min(args) >= 0 and isinstance(
        args[0], int
    ) else {}


@family("linspace")
def _linspace(rng: Rng) -> Any:
    return [(0, 1, 5), (0.0, 2.5, 1), (3.0, -3.0, 7), (1, 2, 0)][rng.integers(4)], some(
        rng, endpoint=False, dtype=np.dtype(dtype(rng, "f"))
    )


@family("eye")
def _eye(rng: Rng) -> Any:
    return (3, *[(), (None,), (4,), (0,)][rng.integers(4)]), some(
        rng, k=int(rng.integers(-4, 5)), dtype=np.dtype("int8")
    )
