"""Convolutions of float32 arrays by oneDNN, and their two gradients.

Images are channels-last in memory, on which oneDNN is fast; the weight lies in whatever layout it asks for.
An array that lies otherwise is reordered by oneDNN, in a small part of the time of the convolution.

Precision: "medium" rounds both factors to bfloat16 in the same step, where the processor multiplies these;
sums, results and biases stay float32. "high" is plain float32: three products of bfloat16 take as long as
one of float32 where there are no tiles (AMX), and with tiles they gain at few channels alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.geometry import Geometry, Sizes, meets_all, out_size
from lucid.engines.cpu.onednn import library
from lucid.engines.cpu.onednn.library import (
    BF16,
    DIFF_BIAS,
    DIFF_DST,
    DIFF_SRC,
    DIFF_WEIGHTS,
    DST,
    F32,
    SRC,
    WEIGHTS,
    Dims,
    Library,
    OneDNNError,
    dense_strides,
)
from lucid.engines.cpu.onednn.primitive import Compiled, compiled, or_none, reorder
from lucid.engines.cpu.packing import packed
from lucid.engines.settings import precision_of

Array = np.ndarray[Any, Any]

FORWARD, BY_INPUT, BY_WEIGHT = "forward", "backward_data", "backward_weights"
ARGUMENTS = {
    FORWARD: (SRC, WEIGHTS, DST, library.BIAS),
    BY_INPUT: (DIFF_SRC, WEIGHTS, DIFF_DST),
    BY_WEIGHT: (SRC, DIFF_WEIGHTS, DIFF_DST, DIFF_BIAS),
}


def exact() -> bool:
    """Whether oneDNN is there and rounds no factors."""
    lib = library.load()
    return lib is not None and _dtype(lib) == F32


@or_none
def conv(x: Array, weight: Array, bias: Array | None, size: Sizes, geometry: Geometry) -> Array | None:
    """Return ``x`` convolved with ``weight``, plus ``bias``, of ``size``; None where oneDNN doesn't serve."""
    shape = (len(x), len(weight), *size)
    run = _find(FORWARD, x.shape, weight.shape, shape, geometry, bias is not None)
    if run is None:
        return None
    out = run.results.unset()
    rest = () if bias is None else (np.require(bias, requirements=("C", "A")),)
    kept = packed(weight, run.key, lambda: run.weight(weight))
    run.primitive(run.images(x), run.weight(weight) if kept is None else kept, out, *rest)
    return out


@or_none
def conv_input(g: Array, weight: Array, bias: Array | None, size: Sizes, geometry: Geometry) -> Array | None:
    """Return the gradient by images of ``size``, plus ``bias``; None where oneDNN doesn't serve."""
    shape = (len(g), weight.shape[1] * geometry[3], *size)
    run = _find(BY_INPUT, shape, weight.shape, g.shape, geometry, False)
    if run is None:
        return None
    out = run.images.unset()
    run.primitive(out, run.weight(weight), run.results(g))
    if bias is not None:
        out += bias.reshape(-1, *(1,) * len(size))
    return out


@or_none
def conv_weight(
    x: Array, g: Array, shape: Sizes, bias: bool, geometry: Geometry
) -> tuple[Array, Array | None] | None:
    """Return the gradients by a weight of ``shape`` and by the bias; None where oneDNN doesn't serve."""
    run = _find(BY_WEIGHT, x.shape, shape, g.shape, geometry, bias)
    if run is None:
        return None
    found = run.weight.memory()
    by_bias = np.empty(shape[0], np.float32) if bias else None
    run.primitive(run.images(x), found, run.results(g), *(() if by_bias is None else (by_bias,)))
    return run.weight.rows(found).reshape(shape), by_bias


def implementation(kind: str, x: Sizes, weight: Sizes, geometry: Geometry, bias: bool = False) -> str:
    """Return the name that oneDNN gives to what runs for arrays of these shapes, or "" if nothing does."""
    shape = (x[0], weight[0], *out_size(x[2:], weight[2:], geometry))
    run = _find(kind, x, weight, shape, geometry, bias)
    return "" if run is None else run.primitive.implementation


def _dtype(lib: Library) -> int:
    """Return what the factors are rounded to."""
    return BF16 if precision_of("cpu") == "medium" and lib.bfloat16 else F32


# ----------------------------------------------------------------- layouts


class Layout:
    """How one argument of a primitive lies in memory, and how arrays are brought there.

    Args:
        run: the primitive.
        argument: which of its arguments.
        shape: of that.
        usable: whether it is float32 channels-last, so that NumPy's arrays can be used as they are.
    """

    def __init__(self, run: Compiled, argument: int, shape: Sizes, usable: bool) -> None:
        self.run = run
        self.descriptor = run.descriptors[argument]
        self.shape = shape
        self.usable = usable
        self.bytes = int(run.lib.c.dnnl_memory_desc_get_size(self.descriptor))
        self.order = (0, *range(2, len(shape)), 1)
        self.reorders: dict[Sizes, Compiled] = {}
        self.back: Compiled | None = None

    def __call__(self, array: Array) -> Array:
        """Return ``array`` in this layout: itself if it is, else a copy."""
        if array.shape != self.shape:  # a weight of several groups, which have an axis here
            array = array.reshape(self.shape)
        flags = array.flags
        if self.usable and flags.aligned and array.transpose(self.order).flags.c_contiguous:
            return array
        reorder = self.reorders.get(array.strides) if flags.aligned else None
        if reorder is None:
            strides = _dense(array)
            if strides is None:
                return self(np.array(array, order="K"))
            reorder = self.reorders[array.strides] = self._reorder(strides, back=False)
        out = self.memory()
        reorder(array, out)
        return out

    def memory(self) -> Array:
        """Return memory for an array in this layout."""
        return np.empty(self.bytes, np.uint8)

    def unset(self) -> Array:
        """Return a channels-last array of any values, to be written by a primitive."""
        n, c, *space = self.shape
        return np.moveaxis(np.empty((n, *space, c), np.float32), -1, 1)

    def rows(self, memory: Array) -> Array:
        """Return what lies in ``memory`` as a float32 array in row-major order."""
        if self.back is None:
            self.back = self._reorder(dense_strides(self.shape), back=True)
        out = np.empty(self.shape, np.float32)
        self.back(memory, out)
        return out

    def _reorder(self, strides: Sizes, back: bool) -> Compiled:
        lib = self.run.lib
        plain = lib.descriptor(self.shape, strides)
        source, target = (self.descriptor, plain) if back else (plain, self.descriptor)
        return reorder(lib, source, target)


def _dense(array: Array) -> Sizes | None:
    """Return an array's strides in elements if it fills its memory, in whatever order of axes, else None."""
    order = sorted(range(array.ndim), key=lambda i: -array.strides[i])
    if not (array.flags.aligned and array.transpose(order).flags.c_contiguous):
        return None
    steps = dense_strides(tuple(array.shape[i] for i in order))
    return tuple(steps[order.index(i)] for i in range(array.ndim))


# ----------------------------------------------------------------- primitives


class Convolution:
    """One of the three primitives, and the layouts of its arguments."""

    def __init__(
        self, key: Any, primitive: Compiled, images: Layout, weight: Layout, results: Layout
    ) -> None:
        self.key = key
        self.primitive = primitive
        self.images = images
        self.weight = weight
        self.results = results


def _find(
    kind: str, x: Sizes, weight: Sizes, out: Sizes, geometry: Geometry, bias: bool
) -> Convolution | None:
    """Return the primitive for arrays of these shapes, made if it isn't there yet; None if it can't be."""
    lib = library.load()
    if lib is None:
        return None
    dtype = _dtype(lib)
    if kind == BY_WEIGHT and dtype == BF16 and not meets_all(x[2:], weight[2:], out[2:], geometry):
        dtype = F32  # in bfloat16, oneDNN 3.2 gives any numbers to elements that meet padding alone
    key = (kind, x, weight, out, geometry, bias, dtype)
    found: Convolution | None = compiled(key, lambda lib: _make(lib, *key))
    return found


def _make(
    lib: Library,
    kind: str,
    x: Sizes,
    weight: Sizes,
    out: Sizes,
    geometry: Geometry,
    bias: bool,
    dtype: int,
) -> Convolution:
    stride, padding, dilation, groups = geometry
    before = [b for b, _ in padding]
    # The padding that the kernel reaches: less than what there is, where the stride leaves a rest.
    after = [
        (m - 1) * s + (k - 1) * d + 1 - n - b
        for m, s, k, d, n, b in zip(out[2:], stride, weight[2:], dilation, x[2:], before, strict=True)
    ]
    if groups > 1:
        weight = (groups, weight[0] // groups, *weight[1:])
    numbers = [Dims(*stride), Dims(*(d - 1 for d in dilation)), Dims(*before), Dims(*after)]
    row = lib.descriptor((out[1],), (1,)) if bias else None

    def described(computed: str) -> list[Any]:
        # What is computed is float32 always.
        types = [F32 if computed == of else dtype for of in (BY_INPUT, BY_WEIGHT, FORWARD)]
        images = lib.descriptor(x, _channels_last(x), types[0])
        results = lib.descriptor(out, _channels_last(out), types[2])
        return [images, lib.descriptor(weight, None, types[1]), results]

    create = "dnnl_convolution_{}_primitive_desc_create"
    with lib.attributes(library.STRICT) as attributes:
        tail: tuple[Any, ...] = (*numbers, attributes)
        images, factor, results = described(FORWARD)
        start: tuple[Any, ...] = (lib.engine, library.FORWARD_TRAINING, library.CONVOLUTION_DIRECT)
        description = lib.create(create.format(FORWARD), *start, images, factor, row, results, *tail)
        if kind != FORWARD:
            hint, tail = description, (*numbers, description, attributes)
            images, factor, results = described(kind)
            rows = (row,) if kind == BY_WEIGHT else ()
            start = (lib.engine, library.CONVOLUTION_DIRECT)
            try:
                description = lib.create(create.format(kind), *start, images, factor, *rows, results, *tail)
            finally:
                lib.c.dnnl_primitive_desc_destroy(hint)
    names = ARGUMENTS[kind]
    given = dict(zip(names, (images, factor, results, *((row,) if row else ())), strict=False))
    run = Compiled(lib, description, given)
    if run.implementation.startswith("ref"):
        raise OneDNNError(f"{run.implementation} is slower than NumPy")
    of_images = Layout(run, names[0], x, usable=dtype == F32 or kind == BY_INPUT)
    of_results = Layout(run, names[2], out, usable=dtype == F32 or kind == FORWARD)
    key = (kind, x, weight, out, geometry, bias, dtype)
    return Convolution(key, run, of_images, Layout(run, names[1], weight, usable=False), of_results)


def _channels_last(shape: Sizes) -> Sizes:
    """Return the strides, in elements, of images whose channels move fastest in memory."""
    n, c, *space = shape
    image, *moved, channel = dense_strides((n, *space, c))
    return (image, channel, *moved)
