r"""Real and imaginary parts, and the conjugate.

A complex number is two real ones, so what does its gradient mean? Lucid, like PyTorch, hands on

.. math:: g = \frac{\partial L}{\partial \operatorname{Re} z}
              + i \, \frac{\partial L}{\partial \operatorname{Im} z},

for a real loss :math:`L`: the direction in which it grows fastest, so ``z - rate * z.grad`` descends.
(It is twice the Wirtinger derivative by the conjugate, and the conjugate of what ``jax.grad`` gives.)
By the chain rule, a complex-differentiable :math:`f` passes :math:`g \, \overline{f'(z)}` on, which is
why rules conjugate what they multiply by.
"""

from __future__ import annotations

from typing import Any

from lucid.ops.cast import another
from lucid.ops.creation import asarray, zeros_like
from lucid.recording import primitive

_NUMBERS = (bool, int, float, complex)


def conj(x: Any, /) -> Any:
    """Return the complex conjugate of ``x``, elementwise: the value of ``x`` if it is real.

    Example:
        >>> lucid.conj(lucid.Tensor([1 + 2j]))
        Tensor([1.0-2.0j])
    """
    if x.__class__ in _NUMBERS:  # constants in rules
        return x.conjugate()
    x = asarray(x)
    return conjugate(x) if x.dtype.kind == "c" else another(x)


def real(x: Any, /) -> Any:
    """Return the real part of ``x``, elementwise: the value of ``x`` if it is real.

    Example:
        >>> lucid.real(lucid.Tensor([1 + 2j]))
        Tensor([1.0])
    """
    x = asarray(x)
    return real_part(x) if x.dtype.kind == "c" else another(x)


def imag(x: Any, /) -> Any:
    """Return the imaginary part of ``x``, elementwise: zeros if it is real.

    Example:
        >>> lucid.imag(lucid.Tensor([1 + 2j]))
        Tensor([2.0])
    """
    x = asarray(x)
    return imag_part(x) if x.dtype.kind == "c" else zeros_like(x)


@primitive
def conjugate(xp: Any, x: Any, /) -> Any:
    """Return the conjugate of a complex ``x``; see ``conj``."""
    return xp.conj(x)


conjugate.name = "conj"  # in messages


@conjugate.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (xp.conj(g),)


@primitive
def real_part(xp: Any, x: Any, /) -> Any:
    """Return the real part of a complex ``x``; see ``real``."""
    return xp.real(x)


real_part.name = "real"  # in messages


@real_part.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (xp.astype(g, _x.dtype),)


@primitive
def imag_part(xp: Any, x: Any, /) -> Any:
    """Return the imaginary part of a complex ``x``; see ``imag``."""
    return xp.imag(x)


imag_part.name = "imag"  # in messages


@imag_part.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (g * 1j,)  # 1j * numpy.float64 would be a Python number
