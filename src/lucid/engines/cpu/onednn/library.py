"""oneDNN's C interface: where the library is found, and what the calls of its functions share.

oneDNN compiles a *primitive* for given shapes and memory layouts, which are said by *memory
descriptors*. A primitive runs on *memory objects*, descriptors with an address. All of these are opaque
handles.

Read next: ``primitive.py``, which makes, keeps and runs primitives, and ``matmul.py``, which describes one:
it makes the descriptors of its arguments here, and names the function that makes the primitive.

Source: oneDNN Developer Guide, version 3; headers dnnl.h, dnnl_types.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import functools
import math
import site
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lucid.engines.cpu import threads
from lucid.engines.cpu.kernels.table import allowed

Handle = ctypes.c_void_p
Dims = ctypes.c_int64 * 12

# Enumerations of dnnl_types.h and dnnl_common_types.h.
BF16, F32 = 2, 3
ANY_LAYOUT = 1
FORWARD_TRAINING = 64
FORWARD_INFERENCE = 96
CONVOLUTION_DIRECT = 1
STRICT, ALLOW_BF16 = 0, 1  # maths on float32 operands
ISA_BF16 = 0xE7  # avx512_core_bf16; what is newer has all its bits set
ISA_AMX = 0xFEF
IMPLEMENTATION = 8  # query: the name of the implementation
SRC, WEIGHTS, BIAS, DST = 1, 33, 41, 17  # arguments, and what to query their descriptors by
DIFF_SRC, DIFF_DST, DIFF_WEIGHTS, DIFF_BIAS = 129, 145, 161, 169
# By argument, the query for its descriptor. Queries are an enumeration of their own: 129 is another thing.
DESCRIPTOR_OF = {SRC: 129, DIFF_SRC: 130, WEIGHTS: 131, DIFF_WEIGHTS: 132, DST: 133, DIFF_DST: 134}


class ExecArg(ctypes.Structure):
    """One argument of an execution: which one it is, and its memory object."""

    _fields_ = (("arg", ctypes.c_int), ("memory", Handle))


class Descriptor(Handle):
    """A memory descriptor that is ours, and destroyed with its last reference."""

    library: Library | None = None
    any_layout = False

    def __del__(self) -> None:
        if self.library is not None and self.value:
            self.library.c.dnnl_memory_desc_destroy(self)


class OneDNNError(Exception):
    """oneDNN refused a call. Those who call it then do without."""


class Library:
    """A loaded oneDNN: its functions, an engine (the CPU), and a stream to run on.

    Attributes:
        path: of the shared library.
        version: such as ``(3, 2)``.
        isa: bits of the instruction sets that it uses.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.c = ctypes.CDLL(path)  # which lets go of the interpreter's lock during a call
        version = self._version()
        if version[0] != 3:
            raise OSError(f"{path} is oneDNN {version[0]}.{version[1]}; Lucid needs version 3")
        self.version = version
        self.isa = int(self.c.dnnl_get_effective_cpu_isa())
        self.engine, self.stream = Handle(), Handle()
        self.call("dnnl_engine_create", ctypes.byref(self.engine), 1, ctypes.c_size_t(0))
        self.call("dnnl_stream_create", ctypes.byref(self.stream), self.engine, 1)
        # The two functions of every execution, declared, so that plain integers are addresses.
        self.set_address = self.c.dnnl_memory_set_data_handle
        self.set_address.argtypes = (Handle, Handle)
        self.execute = self.c.dnnl_primitive_execute
        self.execute.argtypes = (Handle, Handle, ctypes.c_int, Handle)

        self.query_descriptor = self.c.dnnl_primitive_desc_query_md
        self.query_descriptor.argtypes = (Handle, ctypes.c_int, ctypes.c_int)
        self.query_descriptor.restype = Handle  # part of the primitive's description
        self.c.dnnl_memory_desc_get_size.restype = ctypes.c_size_t

    @property
    def bfloat16(self) -> bool:
        """Whether the processor multiplies bfloat16 numbers."""
        return self.isa & ISA_BF16 == ISA_BF16

    @property
    def tiles(self) -> bool:
        """Whether it multiplies tiles of them at once (AMX)."""
        return self.isa & ISA_AMX == ISA_AMX

    def _version(self) -> tuple[int, int]:
        self.c.dnnl_version.restype = ctypes.POINTER(ctypes.c_int)
        numbers = self.c.dnnl_version()
        return int(numbers[0]), int(numbers[1])

    def call(self, name: str, *args: Any) -> None:
        """Call a function that returns a status; raise if it failed."""
        status = getattr(self.c, name)(*args)
        if status != 0:
            raise OneDNNError(f"{name} returned status {status}")

    def create(self, name: str, *args: Any) -> Handle:
        """Call a function that makes something, and return its handle."""
        made = Handle()
        self.call(name, ctypes.byref(made), *args)
        return made

    def descriptor(
        self, shape: Sequence[int], strides: Sequence[int] | None = None, dtype: int = F32
    ) -> Descriptor:
        """Return a memory descriptor; without ``strides``, in elements, of any layout oneDNN likes."""
        dims, n, made = Dims(*shape), len(shape), Descriptor()
        if strides is None:
            of_any = (ctypes.byref(made), n, dims, dtype, ANY_LAYOUT)
            self.call("dnnl_memory_desc_create_with_tag", *of_any)
        else:
            of_strides = (ctypes.byref(made), n, dims, dtype, Dims(*strides))
            self.call("dnnl_memory_desc_create_with_strides", *of_strides)
        made.library, made.any_layout = self, strides is None
        return made

    def chosen(self, description: Handle, argument: int, given: Handle) -> Handle:
        """Return a primitive's descriptor of an argument: ``given``, or what oneDNN chose for it."""
        if argument not in DESCRIPTOR_OF or not isinstance(given, Descriptor) or not given.any_layout:
            return given
        return Handle(self.query_descriptor(description, DESCRIPTOR_OF[argument], 0))

    @contextlib.contextmanager
    def attributes(self, maths: int) -> Iterator[Handle]:
        """Yield attributes for a primitive that is made inside: whether float32 operands may be rounded."""
        made = self.create("dnnl_primitive_attr_create")
        try:
            self.call("dnnl_primitive_attr_set_fpmath_mode", made, maths)
            yield made
        finally:
            self.c.dnnl_primitive_attr_destroy(made)


def dense_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the strides, in elements, of an array in row-major order."""
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def dtype_of(array: np.ndarray[Any, Any]) -> int:
    """Return oneDNN's word for an array's dtype. 16-bit integers stand for bfloat16, which NumPy lacks."""
    return BF16 if array.dtype == np.uint16 else F32


def strides_of(array: np.ndarray[Any, Any]) -> tuple[int, ...]:
    """Return an array's strides in elements."""
    size = array.itemsize
    return tuple([s // size for s in array.strides])


@functools.cache
def search() -> Library | str:
    """Return oneDNN, or why there is none."""
    if not allowed("onednn"):
        return "turned off by LUCID_KERNELS"
    threads.before_openmp()
    found = "no libdnnl was found: pip install onednn-cpu-gomp"
    for path in _candidates():
        try:
            return Library(path)
        except (OSError, AttributeError, OneDNNError) as error:
            found = str(error)
    return found


def load() -> Library | None:
    """Return oneDNN, or None where there is none."""
    found = search()
    return found if isinstance(found, Library) else None


def _candidates() -> Iterator[str]:
    """Yield the paths of libraries to try: of the wheels of oneDNN, then of the system."""
    prefixes = dict.fromkeys([sys.prefix, site.getuserbase(), sys.base_prefix])
    for prefix in prefixes:
        for name in ("lib/libdnnl.so.3", "lib/libdnnl.3.dylib", "Library/bin/dnnl.dll"):
            path = Path(prefix) / name
            if path.exists():
                yield str(path)
    system = ctypes.util.find_library("dnnl")
    if system is not None:
        yield system
