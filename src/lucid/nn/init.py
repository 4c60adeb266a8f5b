"""How parameters begin: functions that fill a Tensor with new values.

Their names end in ``_``, as they write into the Tensor that they are given, and return it. The
gradient doesn't see the write. ``generator`` says where random numbers come from; by default
it is the global generator, which ``lucid.random.seed`` sets.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from lucid import random
from lucid.autograd import no_grad
from lucid.engines import dtypes
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.ops import asarray
from lucid.tensor import Tensor

Generator = random.Generator | None

_GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""Return the factor by which weights must be larger because of the function behind them.

    It is 1 for linear maps and sigmoid, 5/3 for tanh, :math:`\sqrt 2` for relu, 3/4 for selu and
    :math:`\sqrt{2 / (1 + s^2)}` for leaky_relu of slope s.

    Args:
        nonlinearity: the function's name in ``nn.functional``.
        param: the slope of leaky_relu, 0.01 by default.

    Raises:
        ArgumentError: if the name is not one of these.

    Example:
        >>> nn.init.calculate_gain("leaky_relu", 1.0)
        1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else checks.number("calculate_gain", "param", param)
        return math.sqrt(2 / (1 + slope**2))
    checks.one_of("calculate_gain", "nonlinearity", nonlinearity, (*_GAINS, "leaky_relu"))
    return _GAINS[nonlinearity]


# ----------------------------------------------------------------- one distribution for all


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Generator = None) -> Any:
    """Fill ``tensor`` with numbers drawn uniformly from ``a`` to ``b``.

    Raises:
        ArgumentError: if ``a`` exceeds ``b``.

    Example:
        >>> bool((nn.init.uniform_(lucid.empty(5), 2, 3) >= 2).all())
        True
    """
    _check("uniform_", tensor)
    low, high = checks.number("uniform_", "a", a), checks.number("uniform_", "b", b)
    if low > high:
        raise ArgumentError(f"uniform_ expects a <= b, got a={a!r} and b={b!r}")
    return _write(tensor, random.uniform(tensor.shape, low, high, **_like(tensor), generator=generator))


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Generator = None) -> Any:
    """Fill ``tensor`` with numbers drawn from a normal distribution.

    Raises:
        ArgumentError: if ``std`` is negative.

    Example:
        >>> nn.init.normal_(lucid.empty((2, 3))).shape
        (2, 3)
    """
    _check("normal_", tensor)
    mean, std = checks.number("normal_", "mean", mean), checks.number("normal_", "std", std, 0)
    return _write(tensor, random.normal(tensor.shape, mean, std, **_like(tensor), generator=generator))


def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator = None,
) -> Any:
    """Fill ``tensor`` with numbers drawn from that part of a normal distribution which lies in [a, b].

    Args:
        tensor: what to fill.
        mean, std: of the whole distribution, before it is cut.
        a, b: the bounds, which may be infinite. They are absolute, and not multiples of ``std``.
        generator: where random numbers come from.

    Raises:
        ArgumentError: if ``std`` is negative, or ``a`` isn't less than ``b``.

    Example:
        >>> bool((nn.init.trunc_normal_(lucid.empty(5), a=-1, b=1) <= 1).all())
        True
    """
    _check("trunc_normal_", tensor)
    mean, std = checks.number("trunc_normal_", "mean", mean), checks.number("trunc_normal_", "std", std, 0)
    if not (isinstance(a, Real) and isinstance(b, Real) and a < b):
        raise ArgumentError(f"trunc_normal_ expects numbers a < b, got a={a!r} and b={b!r}")
    if std == 0:
        return _write(tensor, asarray(np.full(tensor.shape, min(max(mean, a), b))))
    low, high = (a - mean) / std, (b - mean) / std
    # The inverse of the distribution function, from a table. The density is taken relative to the
    # likeliest point, so that no tail is too thin; 9 further on it is less than 1e-17 of that.
    peak = min(max(0.0, low), high)
    points = np.linspace(max(low, peak - 9), min(high, peak + 9), 2**16 + 1)
    density = np.exp((peak - points) * (peak + points) / 2)
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    u = random.uniform(tensor.shape, dtype=dtypes.float64, device=tensor.device, generator=generator)
    values = np.interp(u.numpy(), below / below[-1], points) * std + mean
    # Rounding may not carry a value across a bound.
    return _write(tensor, asarray(np.clip(values, a, b)))


def constant_(tensor: Any, val: float) -> Any:
    """Fill ``tensor`` with ``val``.

    Example:
        >>> nn.init.constant_(lucid.empty(2), 0.5)
        Tensor([0.5, 0.5])
    """
    _check("constant_", tensor)
    if isinstance(val, bool) or not isinstance(val, (int, float, np.number)):
        raise ArgumentTypeError(f"constant_ expects val to be a number, got {val!r}")
    return _write(tensor, asarray(np.full(tensor.shape, val, tensor.dtype)))


def zeros_(tensor: Any) -> Any:
    """Fill ``tensor`` with zeros.

    Example:
        >>> nn.init.zeros_(lucid.ones(2))
        Tensor([0.0, 0.0])
    """
    _check("zeros_", tensor)
    return constant_(tensor, 0.0)


def ones_(tensor: Any) -> Any:
    """Fill ``tensor`` with ones.

    Example:
        >>> nn.init.ones_(lucid.zeros(2))
        Tensor([1.0, 1.0])
    """
    _check("ones_", tensor)
    return constant_(tensor, 1.0)


# ----------------------------------------------------------------- spread by the sizes


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Generator = None) -> Any:
    r"""Fill a weight so that signals keep their spread both forward and backward.

    .. math:: U(-a, a), \quad a = \text{gain} \sqrt{\frac{6}{\text{fan\_in} + \text{fan\_out}}}

    Shape:
        ``(fan_out, fan_in, *)``; what stands in place of * multiplies both.

    Raises:
        ShapeError: if there are fewer than two axes.

    Example:
        >>> bool((nn.init.xavier_uniform_(lucid.empty((3, 3))) <= 1).all())
        True

    Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Networks, 2010.
    """
    bound = math.sqrt(3) * _xavier_std("xavier_uniform_", tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Generator = None) -> Any:
    r"""Fill a weight so that signals keep their spread both forward and backward.

    .. math:: N(0, s^2), \quad s = \text{gain} \sqrt{\frac{2}{\text{fan\_in} + \text{fan\_out}}}

    Shape:
        ``(fan_out, fan_in, *)``; what stands in place of * multiplies both.

    Raises:
        ShapeError: if there are fewer than two axes.

    Example:
        >>> nn.init.xavier_normal_(lucid.empty((3, 5))).shape
        (3, 5)

    Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Networks, 2010.
    """
    return normal_(tensor, 0.0, _xavier_std("xavier_normal_", tensor, gain), generator)


def kaiming_uniform_(
    tensor: Any,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator = None,
) -> Any:
    r"""Fill a weight so that signals keep their spread through layers of rectifiers.

    .. math:: U(-b, b), \quad b = \text{gain} \sqrt{\frac{3}{\text{fan}}}

    Args:
        tensor: what to fill.
        a: the slope left of 0, for ``"leaky_relu"``.
        mode: ``"fan_in"`` keeps the spread forward, ``"fan_out"`` backward.
        nonlinearity: the function behind the weight; see ``calculate_gain``.
        generator: where random numbers come from.

    Shape:
        ``(fan_out, fan_in, *)``; what stands in place of * multiplies both.

    Raises:
        ShapeError: if there are fewer than two axes.

    Example:
        >>> bool((nn.init.kaiming_uniform_(lucid.empty((3, 6))) <= 1).all())
        True

    He et al., Delving Deep into Rectifiers, 2015.
    """
    bound = math.sqrt(3) * _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator = None,
) -> Any:
    r"""Fill a weight so that signals keep their spread through layers of rectifiers.

    .. math:: N(0, s^2), \quad s = \frac{\text{gain}}{\sqrt{\text{fan}}}

    Args:
        tensor: what to fill.
        a: the slope left of 0, for ``"leaky_relu"``.
        mode: ``"fan_in"`` keeps the spread forward, ``"fan_out"`` backward.
        nonlinearity: the function behind the weight; see ``calculate_gain``.
        generator: where random numbers come from.

    Shape:
        ``(fan_out, fan_in, *)``; what stands in place of * multiplies both.

    Raises:
        ShapeError: if there are fewer than two axes.

    Example:
        >>> nn.init.kaiming_normal_(lucid.empty((3, 5)), mode="fan_out").shape
        (3, 5)

    He et al., Delving Deep into Rectifiers, 2015.
    """
    std = _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity)
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: Any, gain: float = 1.0, generator: Generator = None) -> Any:
    """Fill a weight with a random matrix whose rows, or columns if these are fewer, are orthogonal.

    All such matrices are equally likely.

    Args:
        tensor: what to fill; axes after the first are taken as one.
        gain: the length of the rows (columns).
        generator: where random numbers come from.

    Shape:
        ``(rows, *)``

    Raises:
        ShapeError: if there are fewer than two axes.

    Example:
        >>> q = nn.init.orthogonal_(lucid.empty((2, 2)))
        >>> lucid.allclose(q @ q.mT, lucid.eye(2), atol=1e-6)
        True

    Saxe, McClelland and Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning, 2013.
    """
    _fans("orthogonal_", tensor)
    gain = checks.number("orthogonal_", "gain", gain)
    if not tensor.size:
        return tensor
    drawn = random.normal(tensor.shape, **_like(tensor), generator=generator).numpy()
    drawn = drawn.astype(np.float64).reshape(tensor.shape[0], -1)  # (rows, columns)
    wide = drawn.shape[0] < drawn.shape[1]
    q, r = np.linalg.qr(drawn.T if wide else drawn)
    # QR leaves the signs to the library. With r's diagonal positive it is unique, and fair.
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return _write(tensor, asarray(gain * (q.T if wide else q).reshape(tensor.shape)))


# ----------------------------------------------------------------- what they share


def _check(function: str, tensor: Any) -> None:
    if not isinstance(tensor, Tensor):
        raise ArgumentTypeError(f"{function} expects a Tensor to fill, got {type(tensor).__name__}")
    if tensor.dtype.kind != "f":
        raise DTypeError(f"{function} expects a Tensor of floats to fill, got {tensor.dtype.name}")


def _write(tensor: Any, values: Any) -> Any:
    with no_grad():
        return tensor.copy_(values)


def _like(tensor: Any) -> dict[str, Any]:
    return {"dtype": tensor.dtype, "device": tensor.device}


def _fans(function: str, tensor: Any) -> tuple[int, int]:
    """Return how many numbers each output of a weight is computed from, and how many each input goes to."""
    _check(function, tensor)
    if tensor.ndim < 2:
        raise ShapeError(
            f"{function} expects a weight (fan_out, fan_in, ...), got shape {tensor.shape}: "
            "a bias is often set with zeros_ or uniform_"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _xavier_std(function: str, tensor: Any, gain: float) -> float:
    fan_in, fan_out = _fans(function, tensor)
    return checks.number(function, "gain", gain, 0) * math.sqrt(2 / max(1, fan_in + fan_out))


def _kaiming_std(function: str, tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    fan_in, fan_out = _fans(function, tensor)
    checks.one_of(function, "mode", mode, ("fan_in", "fan_out"))
    return calculate_gain(nonlinearity, a) / math.sqrt(max(1, fan_in if mode == "fan_in" else fan_out))
