"""How each function is run once for a whole batch.

A rule is called as ``rule(function, *args, **options)``. An argument that differs between examples
is an ``Example``, with the batch as the first axis of its ``tensor``; any other is a Tensor or an
option, the same for all. The rule returns a Tensor, or a tuple of them, with the batch in front.

Most functions are of one of four kinds, and share a rule:

- *elementwise*: axes of size one are put between the batch and an argument with fewer axes;
- *along an axis*: the axis is counted from one further on;
- *leading axes are batches already*: nothing needs doing;
- *of shapes*: the batch's size goes in front.

Read next: ``rules_indexing.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lucid import ops
from lucid.func.batching.example import Example, batched, count_of, ndim_of, unwrapped
from lucid.func.batching.rules_convolution import conv, conv_input, conv_weight
from lucid.func.batching.rules_indexing import get_at, scatter_add, set_at
from lucid.ops import comparison, complex_numbers, elementwise, exponential, rounding, special, trigonometry
from lucid.recording import Primitive

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {"get_at": get_at, "set_at": set_at, "scatter_add": scatter_add}
RULES.update(conv=conv, conv_input=conv_input, conv_weight=conv_weight)


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for the functions called ``names``."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


# ----------------------------------------------------------------- elementwise


def aligned(function: Any, *args: Any, **options: Any) -> Any:
    """Run ``function`` on arguments that broadcast against each other."""
    ndim = max((ndim_of(a) for a in args), default=0)
    return function(*(_padded(a, ndim) for a in args), **options)


def _padded(x: Any, ndim: int) -> Any:
    if not isinstance(x, Example) or x.ndim == ndim:
        return unwrapped(x)
    n, *rest = x.tensor.shape
    return ops.reshape(x.tensor, (n, *(1,) * (ndim - x.ndim), *rest))


_FAMILIES = (elementwise, exponential, trigonometry, comparison, complex_numbers, rounding)
for _family in _FAMILIES:
    RULES.update({name: aligned for name, value in vars(_family).items() if isinstance(value, Primitive)})
RULES.update({f"special.{n}": aligned for n, v in vars(special).items() if isinstance(v, Primitive)})
rule("where", "clip", "conj", "real", "imag", "astype", "masked_scale")(aligned)
rule("zeros_like", "ones_like", "full_like", "empty_like")(aligned)


# ----------------------------------------------------------------- along an axis


def deeper(axis: Any) -> Any:
    """Return ``axis`` of an example, an integer or several, as an axis of the batch."""
    if isinstance(axis, (tuple, list)):
        return tuple(deeper(a) for a in axis)
    return axis + 1 if axis >= 0 else axis


@rule("sum", "mean", "max", "min", "all", "any", "logsumexp", "flip", "prod", "count_nonzero", "var", "std")
def over_axes(function: Any, x: Any, /, *, axis: Any = None, **options: Any) -> Any:
    """Run a function over one axis, several, or all of them."""
    axis = tuple(range(1, x.ndim + 1)) if axis is None else deeper(axis)
    return function(x.tensor, axis=axis, **options)


@rule("argmax", "argmin")
def position(function: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Run a function that finds one position along an axis, or in all elements."""
    if axis is not None:
        return function(x.tensor, axis=deeper(axis), keepdims=keepdims)
    n = x.tensor.shape[0]
    found = function(ops.reshape(x.tensor, (n, -1)), axis=1)
    return ops.reshape(found, (n, *(1,) * x.ndim)) if keepdims else found


@rule("sort", "argsort", "cumsum", "cumprod", "cumulative_sum", "cumulative_prod")
def along(function: Any, x: Any, /, *, axis: int | None = None, **options: Any) -> Any:
    """Run a function along one axis. Left out, it is the last, or the only one, which is the last too."""
    return function(x.tensor, axis=-1 if axis is None else deeper(axis), **options)


@rule("expand_dims", "squeeze")
def at_axis(function: Any, x: Any, /, axis: Any) -> Any:
    """Run a function that adds or takes away axes of size one."""
    return function(x.tensor, axis=deeper(axis))


@rule("concat", "stack")
def joined(function: Any, arrays: Any, /, *, axis: int = 0) -> Any:
    """Join arrays, after repeating those that all examples share."""
    n = count_of(*arrays)
    return function([batched(a, n) for a in arrays], axis=deeper(axis))


@rule("roll")
def roll(function: Any, x: Any, /, shift: Any, *, axis: Any) -> Any:
    """Roll along axes."""
    return function(x.tensor, shift, axis=deeper(axis))


@rule("pad")
def pad(function: Any, x: Any, /, widths: Any, *, value: Any) -> Any:
    """Pad, but not the batch."""
    return function(x.tensor, ((0, 0), *widths), value=value)


# ----------------------------------------------------------------- of shapes


@rule("reshape", "broadcast_to")
def to_shape(function: Any, x: Any, /, shape: Any, **options: Any) -> Any:
    """Put the batch's size in front of the shape."""
    shape = tuple(shape)
    # Between the batch and the axes that are there, broadcasting puts new ones.
    x = _padded(x, len(shape)) if function is ops.broadcast_to else x.tensor
    return function(x, (x.shape[0], *shape), **options)


@rule("permute_dims")
def permute_dims(function: Any, x: Any, /, axes: Any) -> Any:
    """Permute all axes but the batch."""
    return function(x.tensor, (0, *(a % x.ndim + 1 for a in axes)))


# ----------------------------------------------------------------- products


@rule("matmul", "linalg.matmul")
def matmul(function: Any, x: Any, y: Any, /) -> Any:
    """Vectors are made matrices, so that all leading axes are batches."""
    rows, columns = ndim_of(x) == 1, ndim_of(y) == 1
    n = count_of(x, y)
    if rows:
        x = _spread(x, lambda t: ops.expand_dims(t, axis=-2))
    if columns:
        y = _spread(y, lambda t: ops.expand_dims(t, axis=-1))
    out = aligned(function, x, y)
    out = out if out.shape[0] == n else ops.broadcast_to(out, (n, *out.shape[1:]))
    if columns:
        out = ops.squeeze(out, axis=-1)
    return ops.squeeze(out, axis=-1 if columns else -2) if rows else out


@rule("vecdot", "linalg.vecdot")
def vecdot(function: Any, x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """The axis is counted from the end, so only the batch must be put in place."""
    return aligned(function, x, y, axis=deeper(axis))


def _spread(x: Any, change: Callable[[Any], Any]) -> Any:
    return Example(change(x.tensor)) if isinstance(x, Example) else change(x)


@rule("einsum")
def einsum(function: Any, subscripts: str, /, *operands: Any) -> Any:
    """The batch is one letter more."""
    inputs, _, output = subscripts.partition("->")
    letter = next(c for c in map(chr, range(ord("A"), ord("z") + 1)) if c.isalpha() and c not in subscripts)
    groups = inputs.split(",")
    groups = [letter + g if isinstance(x, Example) else g for g, x in zip(groups, operands, strict=True)]
    return function(f"{','.join(groups)}->{letter}{output}", *map(unwrapped, operands))


# ----------------------------------------------------------------- leading axes are batches already

_LEADING = ["cholesky", "adjugate", "inv", "det", "slogdet", "qr", "svd", "svdvals", "eigh", "eigvalsh"]
_LEADING += ["eig", "eigvals", "pinv", "matrix_power", "matrix_rank", "matrix_norm", "trace", "diagonal"]
_LEADING += ["matrix_transpose"]


def leading(function: Any, x: Any, /, *args: Any, **options: Any) -> Any:
    """Run a function of the last axes alone."""
    return function(x.tensor, *args, **options)


rule("matrix_transpose", "tril", "triu", *(f"linalg.{name}" for name in _LEADING))(leading)


@rule("linalg.solve")
def solve(function: Any, a: Any, b: Any, /) -> Any:
    """A vector on the right is made a matrix, as a batch of vectors would look like one."""
    vector = ndim_of(b) == 1
    if vector:
        b = _spread(b, lambda t: ops.expand_dims(t, axis=-1))
    out = aligned(function, a, b)
    return ops.squeeze(out, axis=-1) if vector else out


# ----------------------------------------------------------------- Fourier transforms


def transform_of_several(function: Any, x: Any, /, *, s: Any = None, axes: Any = None, **options: Any) -> Any:
    """Run a transform along several axes, by default all, or the last for which there are sizes."""
    if axes is None:
        axes = tuple(range(x.ndim) if s is None else range(x.ndim - len(s), x.ndim))
    return function(x.tensor, s=s, axes=deeper(axes), **options)


rule(*(f"fft.{name}" for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")))(along)
rule(*(f"fft.{name}" for name in ("fftn", "ifftn", "rfftn", "irfftn")))(transform_of_several)


@rule("to_device")
def to_device(function: Any, x: Any, device: str, /) -> Any:
    """Move the whole batch."""
    return function(x.tensor, device)
