"""A test case is data: what an operation is called with, and what it should give.

A row of the table is an ``OpCase``. Each one is run forward against a reference, its first and
second derivatives are compared with differences, and float32 must stay float32; on every engine,
and with arguments in every layout that an array can have.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lucid import ops
from lucid.autograd import grad
from lucid.errors import ArgumentError, LucidError
from lucid.tensor import Tensor
from lucid.testing.domains import Domain, NumPyArray, normal
from lucid.testing.gradients import check_grads

Shape = tuple[int, ...]
DEVICES = ("cpu", "xla:cpu")


@dataclass(frozen=True, kw_only=True)
class OpCase:
    """One row of the table of operations.

    Args:
        name: shown when the row fails; unique in its table. What tells several rows of one
            operation apart stands in brackets: ``sum[axis=0]``.
        function: the operation, called as ``function(*tensors, **options)``. It returns a Tensor
            or a sequence of them.
        reference: the same on NumPy arrays, called with the same arguments.
        shapes: sets of shapes, each with one shape for every argument.
        domain: where the arguments are drawn from, away from kinks: one domain for all, or one each.
        options: keyword arguments.
        order: how many derivatives exist and are checked; 0 for results of integers and booleans.
        scalars: whether a Python scalar may stand in the place of each argument, as in ``x + 1``.
        rtol: how far float64 results may lie from the reference. The default is some units in the
            last place, as two libraries round differently.
        grad_rtol: how far derivatives may lie from differences.
        reason: why a tolerance is wider than the default. Needed if one is.
        devices: where the row runs.

    Raises:
        ArgumentError: if a tolerance is widened without a reason.

    Example:
        >>> import numpy as np
        >>> from lucid.testing import OpCase
        >>> case = OpCase(name="sin", function=lucid.sin, reference=np.sin, shapes=[((2, 3),), ((),)])
        >>> case.check("cpu")
    """

    name: str
    function: Callable[..., Any]
    reference: Callable[..., Any]
    shapes: Sequence[tuple[Shape, ...]]
    domain: Domain | tuple[Domain, ...] = normal
    options: Mapping[str, Any] = field(default_factory=dict)
    order: int = 2
    scalars: bool = False
    rtol: float = 1e-13
    grad_rtol: float = 1e-6
    reason: str = ""
    devices: Sequence[str] = DEVICES

    def __post_init__(self) -> None:
        if (self.rtol > 1e-13 or self.grad_rtol > 1e-6) and not self.reason:
            raise ArgumentError(f"{self.name}: a tolerance wider than the default needs its reason")

    def __str__(self) -> str:
        return self.name

    @property
    def operation(self) -> str:
        """The name of the operation: the row's name up to a bracket, as in ``sum[axis=0]``."""
        return self.name.partition("[")[0]

    # ------------------------------------------------------------- inputs

    def draw(self, shapes: tuple[Shape, ...]) -> list[NumPyArray]:
        """Return arguments of ``shapes``, the same ones each time; floats are float64."""
        rng = np.random.default_rng(zlib.crc32(f"{self.name} {shapes}".encode()))
        domains = self.domain if isinstance(self.domain, tuple) else (self.domain,) * len(shapes)
        return [domain(rng, shape) for domain, shape in zip(domains, shapes, strict=True)]

    def inputs(self, device: str = "cpu", *, quick: bool = False) -> Iterator[tuple[str, list[Any]]]:
        """Yield a label and arguments: of all shapes; in all layouts; one array twice; scalars.

        Only NumPy arrays have layouts, so other devices go without these. ``quick`` is for engines
        that compile anew for every shape: the first set of shapes and the scalars alone.
        """
        for shapes in self.shapes[:1] if quick else self.shapes:
            yield f"shapes {shapes}", self.draw(shapes)
        first = self.draw(self.shapes[0])
        if device == "cpu" and not quick:
            for layout in (transposed, sliced, reversed_):
                yield f"{layout.__name__}", [layout(x) for x in first]
        alike = all(x.shape == first[0].shape and x.dtype == first[0].dtype for x in first)
        if len(first) > 1 and alike and not quick:
            yield "the same array twice", first[:1] * len(first)
        if self.scalars:
            for i, x in enumerate(first):
                scalar = x.reshape(-1)[0].item()
                yield f"a scalar as argument {i}", [*first[:i], scalar, *first[i + 1 :]]

    # ------------------------------------------------------------- checks

    def check(self, device: str = "cpu") -> None:
        """Run every check on ``device``."""
        self.check_forward(device)
        self.check_derivatives(device)
        self.check_float32(device)

    def check_forward(self, device: str = "cpu", *, quick: bool = False) -> None:
        """Compare results with the reference: values, shapes, and that inputs are left alone."""
        for label, arrays in self.inputs(device, quick=quick):
            before = [np.array(a) for a in arrays]
            found = _sequence(self.function(*_tensors(arrays, device), **self.options))
            expected = _sequence(self.reference(*arrays, **self.options))
            for a, b in zip(arrays, before, strict=True):
                np.testing.assert_array_equal(a, b, err_msg=f"{self.name}, {label}: an input was changed")
            _require(len(found) == len(expected), f"{self.name}, {label}: {len(found)} results")
            for result, wanted in zip(found, expected, strict=True):
                _require(isinstance(result, Tensor), f"{self.name}, {label}: {type(result)}")
                _require(result.device == device, f"{self.name}, {label}: result on {result.device}")
                wanted = np.asarray(wanted)
                _require(
                    result.shape == wanted.shape, f"{self.name}, {label}: {result.shape}, {wanted.shape}"
                )
                _require(result.dtype.kind == wanted.dtype.kind, f"{self.name}, {label}: {result.dtype}")
                np.testing.assert_allclose(
                    result.numpy(), wanted, self.rtol, self.rtol, err_msg=f"{self.name}, {label}"
                )

    def check_derivatives(self, device: str = "cpu", *, quick: bool = False) -> None:
        """Compare derivatives with differences, up to ``order``."""
        if not self.order:
            return
        for label, arrays in self.inputs(device, quick=quick):
            function = self.function
            if label == "the same array twice":
                # One Tensor in all places: its gradients add up.
                n, arrays = len(arrays), arrays[:1]
                function = lambda x, n=n: self.function(*(x,) * n, **self.options)  # noqa: E731
            elif self.options:
                function = lambda *xs: self.function(*xs, **self.options)  # noqa: E731
            try:
                check_grads(function, arrays, order=self.order, device=device, rtol=self.grad_rtol)
            except LucidError as error:
                error.add_note(f"in {self.name}, {label}, on {device}")
                raise

    def check_float32(self, device: str = "cpu", *, quick: bool = False) -> None:
        """Check that floats of 32 bits give results and gradients of 32 bits, with scalars too."""
        for label, arrays in self.inputs(device, quick=quick):
            tensors = _tensors([_narrow(a) for a in arrays], device)
            tracked = [t for t in tensors if isinstance(t, Tensor) and t.dtype.kind in "fc"]
            if self.order:
                for t in tracked:
                    t.requires_grad_()
            found = _sequence(self.function(*tensors, **self.options))
            expected = _sequence(self.reference(*arrays, **self.options))
            for result, wanted in zip(found, expected, strict=True):
                if result.dtype.kind in "fc":
                    _require(_is_single(result), f"{self.name}, {label}: float32 became {result.dtype}")
                    # Of seven digits, some are lost to powers and sums.
                    np.testing.assert_allclose(
                        result.numpy(), wanted, 1e-4, 1e-5, err_msg=f"{self.name}, {label}, float32"
                    )
            if not self.order:
                continue
            total = sum(ops.real(ops.sum(r)) for r in found if r.dtype.kind in "fc")
            for g in grad(total, tracked, create_graph=not quick, allow_unused=True):
                _require(g is None or _is_single(g), f"{self.name}, {label}: gradient is {g.dtype}")


# ----------------------------------------------------------------- layouts


def transposed(x: NumPyArray) -> NumPyArray:
    """Return ``x`` laid out in column-major order."""
    return np.array(x, order="F")


def sliced(x: NumPyArray) -> NumPyArray:
    """Return ``x`` as every second element of a larger array."""
    wide = np.zeros(tuple(2 * n for n in x.shape), x.dtype)
    every_second: Any = (..., *(slice(None, None, 2),) * x.ndim)
    view: NumPyArray = wide[every_second]
    view[...] = x
    return view


def reversed_(x: NumPyArray) -> NumPyArray:
    """Return ``x`` with negative strides."""
    return np.asarray(np.flip(np.flip(x).copy()))


# ----------------------------------------------------------------- helpers


def _require(holds: bool, message: str) -> None:
    """Raise as ``assert`` does, also where Python runs without assertions."""
    if not holds:
        raise AssertionError(message)


def _sequence(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


def _tensors(arrays: Sequence[Any], device: str) -> list[Any]:
    """Return the arrays as Tensors, one object for one array; scalars stay as they are."""
    made: dict[int, Any] = {}
    for a in arrays:
        if isinstance(a, np.ndarray) and id(a) not in made:
            made[id(a)] = ops.asarray(a, device=device)
    return [made[id(a)] if isinstance(a, np.ndarray) else a for a in arrays]


def _narrow(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return value.astype(_SINGLE.get(value.dtype, value.dtype))


_SINGLE: dict[Any, Any] = {np.dtype("float64"): np.float32, np.dtype("complex128"): np.complex64}


def _is_single(tensor: Tensor) -> bool:
    return tensor.dtype in (np.float32, np.complex64)
