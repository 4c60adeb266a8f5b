"""Distributions whose spread follows from the sizes of a weight, and from the function behind it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid import random
from lucid.errors import ShapeError
from lucid.nn.functional import checks
from lucid.nn.init.distributions import normal_, uniform_
from lucid.nn.init.filling import Generator, fills, like, write
from lucid.ops import asarray

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


@fills
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


@fills
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


@fills
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


@fills
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


@fills
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
    drawn = random.normal(tensor.shape, **like(tensor), generator=generator).numpy()
    drawn = drawn.astype(np.float64).reshape(tensor.shape[0], -1)  # (rows, columns)
    wide = drawn.shape[0] < drawn.shape[1]
    q, r = np.linalg.qr(drawn.T if wide else drawn)
    # QR leaves the signs to the library. With r's diagonal positive it is unique, and fair.
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return write(tensor, asarray(gain * (q.T if wide else q).reshape(tensor.shape)))


# ----------------------------------------------------------------- what they share


def _fans(function: str, tensor: Any) -> tuple[int, int]:
    """Return how many numbers each output of a weight is computed from, and how many each input goes to."""
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
