"""The operators and methods of a Tensor that are one line over a function of ``lucid.ops``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from lucid import ops
from lucid.errors import ShapeError


class Methods:
    """Operators, shape, reductions: the part of ``Tensor`` that only passes calls on."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Tensor has

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def ndim(self) -> int: ...

        def _become(self, value: Any) -> Self: ...

    # ------------------------------------------------------------- operators

    def __add__(self, other: Any, /) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any, /) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any, /) -> Any:
        return ops.subtract(self, other)

    def __rsub__(self, other: Any, /) -> Any:
        return ops.subtract(other, self)

    def __mul__(self, other: Any, /) -> Any:
        return ops.multiply(self, other)

    def __rmul__(self, other: Any, /) -> Any:
        return ops.multiply(other, self)

    def __truediv__(self, other: Any, /) -> Any:
        return ops.divide(self, other)

    def __rtruediv__(self, other: Any, /) -> Any:
        return ops.divide(other, self)

    def __floordiv__(self, other: Any, /) -> Any:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Any, /) -> Any:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Any, /) -> Any:
        return ops.remainder(self, other)

    def __rmod__(self, other: Any, /) -> Any:
        return ops.remainder(other, self)

    def __pow__(self, other: Any, /) -> Any:
        return ops.pow(self, other)

    def __rpow__(self, other: Any, /) -> Any:
        return ops.pow(other, self)

    def __matmul__(self, other: Any, /) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any, /) -> Any:
        return ops.matmul(other, self)

    def __neg__(self) -> Any:
        return ops.negative(self)

    def __pos__(self) -> Any:
        return ops.positive(self)

    def __abs__(self) -> Any:
        return ops.abs(self)

    def __invert__(self) -> Any:
        return ops.bitwise_invert(self)

    def __and__(self, other: Any, /) -> Any:
        return ops.bitwise_and(self, other)

    def __rand__(self, other: Any, /) -> Any:
        return ops.bitwise_and(other, self)

    def __or__(self, other: Any, /) -> Any:
        return ops.bitwise_or(self, other)

    def __ror__(self, other: Any, /) -> Any:
        return ops.bitwise_or(other, self)

    def __xor__(self, other: Any, /) -> Any:
        return ops.bitwise_xor(self, other)

    def __rxor__(self, other: Any, /) -> Any:
        return ops.bitwise_xor(other, self)

    def __lshift__(self, other: Any, /) -> Any:
        return ops.bitwise_left_shift(self, other)

    def __rlshift__(self, other: Any, /) -> Any:
        return ops.bitwise_left_shift(other, self)

    def __rshift__(self, other: Any, /) -> Any:
        return ops.bitwise_right_shift(self, other)

    def __rrshift__(self, other: Any, /) -> Any:
        return ops.bitwise_right_shift(other, self)

    # A comparison with something that is no array is Python's business: x == None is False.

    def __eq__(self, other: object, /) -> Any:
        return ops.equal(self, other) if ops.comparable(other) else NotImplemented

    def __ne__(self, other: object, /) -> Any:
        return ops.not_equal(self, other) if ops.comparable(other) else NotImplemented

    def __lt__(self, other: Any, /) -> Any:
        return ops.less(self, other) if ops.comparable(other) else NotImplemented

    def __le__(self, other: Any, /) -> Any:
        return ops.less_equal(self, other) if ops.comparable(other) else NotImplemented

    def __gt__(self, other: Any, /) -> Any:
        return ops.greater(self, other) if ops.comparable(other) else NotImplemented

    def __ge__(self, other: Any, /) -> Any:
        return ops.greater_equal(self, other) if ops.comparable(other) else NotImplemented

    __hash__ = object.__hash__  # by identity: == is elementwise

    def __getitem__(self, key: Any, /) -> Any:
        return ops.getitem(self, key)

    # ------------------------------------------------------------- in place
    # `x += y` makes x a name for the sum.

    def __iadd__(self, other: Any, /) -> Self:
        return self._become(self + other)

    def __isub__(self, other: Any, /) -> Self:
        return self._become(self - other)

    def __imul__(self, other: Any, /) -> Self:
        return self._become(self * other)

    def __itruediv__(self, other: Any, /) -> Self:
        return self._become(self / other)

    def __ifloordiv__(self, other: Any, /) -> Self:
        return self._become(self // other)

    def __imod__(self, other: Any, /) -> Self:
        return self._become(self % other)

    def __ipow__(self, other: Any, /) -> Self:
        return self._become(self**other)

    def __imatmul__(self, other: Any, /) -> Self:
        return self._become(self @ other)

    def __iand__(self, other: Any, /) -> Self:
        return self._become(self & other)

    def __ior__(self, other: Any, /) -> Self:
        return self._become(self | other)

    def __ixor__(self, other: Any, /) -> Self:
        return self._become(self ^ other)

    def __ilshift__(self, other: Any, /) -> Self:
        return self._become(self << other)

    def __irshift__(self, other: Any, /) -> Self:
        return self._become(self >> other)

    # ------------------------------------------------------------- shape

    @property
    def T(self) -> Any:
        """The matrix with its two axes exchanged."""
        if self.ndim != 2:
            raise ShapeError(
                f".T is for matrices, this tensor has shape {self.shape}: use .mT or .permute_dims(...)"
            )
        return ops.matrix_transpose(self)

    @property
    def mT(self) -> Any:
        """The last two axes exchanged."""
        return ops.matrix_transpose(self)

    @property
    def real(self) -> Any:
        """The real part of each element."""
        return ops.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part of each element: zeros of a real Tensor."""
        return ops.imag(self)

    def conj(self) -> Any:
        """The complex conjugate of each element."""
        return ops.conj(self)

    def reshape(self, *shape: Any) -> Any:
        """Return the elements in another shape; one size may be -1."""
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def permute_dims(self, *axes: Any) -> Any:
        """Return the axes in another order."""
        return ops.permute_dims(self, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes)

    def transpose(self, axis1: int, axis2: int) -> Any:
        """Return the Tensor with two axes exchanged."""
        return ops.transpose(self, axis1, axis2)

    def broadcast_to(self, shape: Any) -> Any:
        """Return the Tensor broadcast to ``shape``."""
        return ops.broadcast_to(self, shape)

    def expand_dims(self, axis: Any = 0) -> Any:
        """Return the Tensor with new axes of size one."""
        return ops.expand_dims(self, axis=axis)

    def squeeze(self, axis: Any = None) -> Any:
        """Return the Tensor without axes of size one."""
        return ops.squeeze(self, axis)

    def flatten(self, start_axis: int = 0, end_axis: int = -1) -> Any:
        """Return the Tensor with axes ``start_axis`` to ``end_axis`` made one."""
        return ops.flatten(self, start_axis=start_axis, end_axis=end_axis)

    # ------------------------------------------------------------- reductions and maths

    def sum(self, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
        """Sum over ``axis``."""
        return ops.sum(self, axis=axis, keepdims=keepdims, dtype=dtype)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Mean over ``axis``."""
        return ops.mean(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, keepdims: bool = False, correction: float = 0.0) -> Any:
        """Variance over ``axis``."""
        return ops.var(self, axis=axis, keepdims=keepdims, correction=correction)

    def std(self, axis: Any = None, keepdims: bool = False, correction: float = 0.0) -> Any:
        """Standard deviation over ``axis``."""
        return ops.std(self, axis=axis, keepdims=keepdims, correction=correction)

    def prod(self, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
        """Product over ``axis``."""
        return ops.prod(self, axis=axis, keepdims=keepdims, dtype=dtype)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Largest element over ``axis``."""
        return ops.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Smallest element over ``axis``."""
        return ops.min(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """Position of the largest element over ``axis``."""
        return ops.argmax(self, axis=axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """Position of the smallest element over ``axis``."""
        return ops.argmin(self, axis=axis, keepdims=keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Whether all elements over ``axis`` are true."""
        return ops.all(self, axis=axis, keepdims=keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Whether some element over ``axis`` is true."""
        return ops.any(self, axis=axis, keepdims=keepdims)

    def exp(self) -> Any:
        """e to the power of each element."""
        return ops.exp(self)

    def log(self) -> Any:
        """Natural logarithm of each element."""
        return ops.log(self)

    def sqrt(self) -> Any:
        """Square root of each element."""
        return ops.sqrt(self)

    def abs(self) -> Any:
        """Absolute value of each element."""
        return ops.abs(self)

    def tanh(self) -> Any:
        """Hyperbolic tangent of each element."""
        return ops.tanh(self)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """Each element held between ``min`` and ``max``."""
        return ops.clip(self, min, max)


for _method in vars(Methods).values():  # errors about arguments are to name the class that a user knows
    if hasattr(_method, "__code__"):
        _method.__qualname__ = f"Tensor.{_method.__name__}"
