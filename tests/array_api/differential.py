"""Calls of every function of the standard, drawn at random, to run on Lucid and on array-api-strict.

A call is a path (``"linalg.svd"``), arguments and options in NumPy's arrays and Python's numbers; `draw`
makes one. Where array-api-strict is not the standard, or the standard leaves the answer open, no call leads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Rng = np.random.Generator
Array = np.ndarray[Any, Any]

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
REALS = ["float32", "float64"]
COMPLEX = ["complex64", "complex128"]
KINDS = {"b": ["bool"], "i": INTEGERS, "s": INTEGERS[:4], "u": INTEGERS[4:], "f": REALS, "c": COMPLEX}
SHAPES = [(), (0,), (1,), (3,), (2, 3), (2, 0), (1, 3), (2, 1, 3)]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, np.inf, -np.inf, np.nan]


class Call(NamedTuple):
    """A function, by its path in the namespace, and what to call it with."""

    path: str
    args: tuple[Any, ...]
    options: dict[str, Any]

    def __str__(self) -> str:
        shown = [_show(a) for a in self.args] + [f"{k}={_show(v)}" for k, v in self.options.items()]
        return f"{self.path}({', '.join(shown)})"


def _show(value: Any) -> str:
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return f"[{', '.join(map(_show, value))}]"
    return f"{value.dtype}{value.tolist()}" if isinstance(value, np.ndarray) else repr(value)


# ----------------------------------------------------------------- drawing arguments


def dtype(rng: Rng, kinds: str) -> str:
    """Draw a dtype of one of ``kinds``, which are letters of ``KINDS``."""
    return str(rng.choice(KINDS[str(rng.choice(list(kinds)))]))


def shape(rng: Rng, ndim: int | None = None, empty: bool = True) -> tuple[int, ...]:
    fitting = [s for s in SHAPES if (ndim is None or len(s) >= ndim) and (empty or 0 not in s)]
    return fitting[rng.integers(len(fitting))]


def array(rng: Rng, kind: str, of: tuple[int, ...], special: bool = True) -> Array:
    """Draw an array of the dtype ``kind``; ``special`` lets in infinities, NaN and the extremes."""
    if kind == "bool":
        return rng.integers(0, 2, size=of).astype(bool)
    if kind in INTEGERS:
        values = rng.integers(0 if kind[0] == "u" else -9, 10, size=of).astype(kind)
        if special and values.size and rng.integers(3) == 0:
            limits = np.iinfo(kind)
            values.flat[rng.integers(values.size)] = rng.choice([limits.min, limits.max])
        return np.asarray(values)
    if kind in COMPLEX:
        real = "float32" if kind == "complex64" else "float64"
        values = np.empty(of, kind)
        values.real, values.imag = array(rng, real, of, special), array(rng, real, of, special)
        return values
    if special and rng.integers(2) == 0:
        return rng.choice(SPECIAL, size=of).astype(kind)
    return np.asarray(rng.normal(size=of) * 2).astype(kind)


def axis(rng: Rng, ndim: int) -> int:
    return int(rng.integers(-ndim, ndim))


def axes(rng: Rng, ndim: int) -> Any:
    """Draw what reductions take: None, an axis, or a tuple of some."""
    pick = rng.integers(3)
    if pick == 0 or ndim == 0:
        return None
    return (
        axis(rng, ndim)
        if pick == 1
        else tuple(int(a) for a in rng.permutation(ndim)[: rng.integers(1, ndim + 1)])
    )


def some(rng: Rng, **options: Any) -> dict[str, Any]:
    """Leave some of ``options`` out."""
    return {k: v for k, v in options.items() if rng.integers(2)}


# ----------------------------------------------------------------- families of functions

Draw = Callable[[Rng], tuple[tuple[Any, ...], dict[str, Any]]]
DRAWS: dict[str, Draw] = {}


def family(*paths: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let the decorated function draw the calls of ``paths``."""

    def register(draw: Callable[..., Any]) -> Callable[..., Any]:
        for path in paths:
            DRAWS[path] = draw
        return draw

    return register


# fmt: off
UNARY = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "bitwise_invert", "ceil", "conj", "cos",
    "cosh", "exp", "expm1", "floor", "imag", "isfinite", "isinf", "isnan", "log", "log10", "log1p",
    "log2", "logical_not", "negative", "positive", "real", "reciprocal", "round", "sign", "signbit",
    "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
]
# fmt: on


@family(*UNARY)
def _unary(rng: Rng) -> Any:
    return (array(rng, dtype(rng, "biffcc"), shape(rng)),), {}


# fmt: off
BINARY = [
    "add", "atan2", "bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "copysign", "divide", "equal", "floor_divide", "greater", "greater_equal", "hypot",
    "less", "less_equal", "logaddexp", "logical_and", "logical_or", "logical_xor", "maximum", "minimum",
    "multiply", "nextafter", "not_equal", "pow", "remainder", "subtract",
]
# fmt: on


@family(*BINARY)
def _binary(rng: Rng) -> Any:
    kinds = str(rng.choice(["b", "s", "u", "f", "f", "c", "fc"]))
    x = array(rng, dtype(rng, kinds), shape(rng))
    y = array(rng, dtype(rng, kinds), (x.shape, (), x.shape[-1:])[rng.integers(3)])
    if rng.integers(4) == 0:  # a Python number in the place of one of them
        y = rng.choice([2, 3]).item() if x.dtype.kind in "iu" else [True, 0.5, 2j]["bfc".index(x.dtype.kind)]
    return ((x, y), (y, x))[rng.integers(2)], {}


@family("clip")
def _clip(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "if"), shape(rng))
    bounds = [None, 1, array(rng, str(x.dtype), x.shape[-1:], special=False)]
    return (x, bounds[rng.integers(3)], bounds[rng.integers(3)]), {}


@family("where")
def _where(rng: Rng) -> Any:
    kinds = str(rng.choice(["b", "s", "u", "fc"]))
    of = shape(rng)
    return (array(rng, "bool", of), *(array(rng, dtype(rng, kinds), of[-1:]) for _ in range(2))), {}


@family("sum", "prod")
def _sums(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "iffc"), shape(rng))
    wide = {"i": "int64", "u": "uint64", "f": "float64", "c": "complex128"}[x.dtype.kind]
    return (x,), some(rng, axis=axes(rng, x.ndim), keepdims=True, dtype=np.dtype(wide))


@family("mean", "std", "var", "max", "min", "all", "any", "count_nonzero")
def _reductions(rng: Rng, path: str) -> Any:
    x = array(rng, dtype(rng, "biffc"), shape(rng))
    options = some(rng, axis=axes(rng, x.ndim), keepdims=bool(rng.integers(2)))
    return (x,), options | (some(rng, correction=1) if path in ("std", "var") else {})


@family("argmax", "argmin")
def _positions(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "if"), shape(rng))
    return (x,), some(rng, axis=axis(rng, x.ndim) if x.ndim else None, keepdims=True)


@family("cumulative_sum", "cumulative_prod")
def _cumulative(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "ifc"), shape(rng, 1), special=False)
    wide = {"i": "int64", "u": "uint64", "f": "float64", "c": "complex128"}[x.dtype.kind]
    return (x,), {"axis": axis(rng, x.ndim)} | some(rng, include_initial=True, dtype=np.dtype(wide))


@family("diff")
def _diff(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "ifc"), shape(rng, 1))
    last = array(rng, str(x.dtype), (*x.shape[:-1], 1))
    return (x,), some(rng, n=int(rng.integers(1, 3)), prepend=last, append=last)


@family("sort", "argsort")
def _sorting(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "if"), shape(rng, 1))
    x = np.asarray(np.where(np.isnan(x), x.dtype.type(7), x))  # where NaN goes is left open
    return (x,), some(rng, axis=axis(rng, x.ndim), descending=True, stable=True)


@family("searchsorted")
def _searchsorted(rng: Rng) -> Any:
    kind = dtype(rng, "if")
    x = array(rng, kind, (6,), special=False)
    options = some(rng, side="right", sorter=np.argsort(x))
    return (x if "sorter" in options else np.sort(x), array(rng, kind, shape(rng, 1), special=False)), options


@family("nonzero")
def _nonzero(rng: Rng) -> Any:
    return (array(rng, dtype(rng, "bifc"), shape(rng, 1)),), {}


@family("unique_all", "unique_counts", "unique_inverse", "unique_values")
def _sets(rng: Rng) -> Any:
    return (array(rng, dtype(rng, "bif"), shape(rng)),), {}


@family("isin")
def _isin(rng: Rng) -> Any:
    kind = dtype(rng, "i")
    return (array(rng, kind, shape(rng)), array(rng, kind, (4,))), {}


@family("take")
def _take(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng, 1, empty=False))
    along = axis(rng, x.ndim)
    return (x, rng.integers(0, x.shape[along], size=4)), {"axis": along}


@family("take_along_axis")
def _take_along_axis(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng, 1, empty=False))
    along = axis(rng, x.ndim)
    size = list(x.shape)
    size[along] = 2
    return (x, rng.integers(0, x.shape[along], size=size)), {"axis": along}


@family("concat", "stack")
def _joining(rng: Rng, path: str) -> Any:
    of, kinds = shape(rng, 1), str(rng.choice(["b", "i", "fc"]))
    parts = [array(rng, dtype(rng, kinds), of) for _ in range(rng.integers(1, 4))]
    return (parts,), some(rng, axis=axis(rng, len(of) + (path == "stack")))


@family("expand_dims")
def _expand_dims(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng))
    return (x,), {"axis": axis(rng, x.ndim + 1)}


@family("squeeze")
def _squeeze(rng: Rng) -> Any:
    return (array(rng, dtype(rng, "bifc"), (1, 3, 1)), [0, -1, (0, 2), ()][rng.integers(4)]), {}


@family("flip")
def _flip(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng))
    return (x,), some(rng, axis=axes(rng, x.ndim))


@family("roll")
def _roll(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng, 1))
    return (x, int(rng.integers(-5, 6))), some(rng, axis=axis(rng, x.ndim))


@family("moveaxis")
def _moveaxis(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng, 1))
    return (x, axis(rng, x.ndim), axis(rng, x.ndim)), {}


@family("permute_dims")
def _permute_dims(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng))
    return (x, tuple(int(a) for a in rng.permutation(x.ndim))), {}


@family("reshape")
def _reshape(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), (2, 3))
    return (x, [(6,), (-1,), (3, 2), (1, -1, 2)][rng.integers(4)]), some(rng, copy=True)


@family("repeat")
def _repeat(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), (3, 2))
    along = int(rng.integers(2))
    return (x, [2, rng.integers(0, 3, size=x.shape[along])][rng.integers(2)]), {"axis": along}


@family("tile")
def _tile(rng: Rng) -> Any:
    return (array(rng, dtype(rng, "bifc"), shape(rng)), [(2,), (), (2, 1, 2), (0, 1)][rng.integers(4)]), {}


@family("unstack")
def _unstack(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng, 1))
    return (x,), some(rng, axis=axis(rng, x.ndim))


@family("broadcast_to")
def _broadcast_to(rng: Rng) -> Any:
    x = array(rng, dtype(rng, "bifc"), shape(rng))
    return (x, (2, *(3 if n == 1 else n for n in x.shape))), {}


@family("broadcast_arrays", "meshgrid")
def _several(rng: Rng, path: str) -> Any:
    kind = dtype(rng, "f" if path == "meshgrid" else "bifc")
    shapes = [(2,), (3,)] if path == "meshgrid" else [(2, 1), (3,), ()]
    return tuple(array(rng, kind, s) for s in shapes), some(rng, indexing="ij") if path == "meshgrid" else {}


@family("tril", "triu")
def _triangles(rng: Rng) -> Any:
    return (array(rng, dtype(rng, "bifc"), shape(rng, 2)),), some(rng, k=int(rng.integers(-3, 4)))


@family("matrix_transpose", "linalg.matrix_transpose")
def _transpose(rng: Rng) -> Any:
    return (array(rng, dtype(rng, "bifc"), shape(rng, 2)),), {}


# ----------------------------------------------------------------- a call


def draw(path: str, rng: Rng) -> Call:
    """Draw a call of the function at ``path``."""
    maker: Any = DRAWS[path]
    takes_path = "path" in maker.__code__.co_varnames[: maker.__code__.co_argcount]
    args, options = maker(rng, path) if takes_path else maker(rng)
    return Call(path, args, options)
