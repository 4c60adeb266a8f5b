"""Random numbers: generators that are a seed and a counter.

What a ``Generator`` draws is a function of its key and of how often it has been drawn from, and
of nothing else. So runs repeat, a generator's state is two numbers, and ``split`` makes as many
independent generators as are wanted, one for each worker, layer or thread. The bits come from the
engine of the device (Philox on the CPU, threefry on XLA): a seed gives the same numbers every
time on one engine, but not the same on another.

Functions that take no ``generator`` draw from the default one, which ``seed`` sets.
"""

from __future__ import annotations

import math
import operator
import os
import threading
from numbers import Real
from typing import Any

import numpy as np

from lucid import recording
from lucid.engines import dtypes
from lucid.engines.protocol import Engine
from lucid.engines.registry import resolve_device
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError
from lucid.grad_mode import is_replayed, note_draw
from lucid.ops.axes import as_counts
from lucid.ops.creation import check_room
from lucid.tensor import Tensor


class Generator:
    """A stream of random numbers.

    Args:
        seed: an integer; None takes one from the operating system.
        device: where its draws are, unless a draw names another device.

    Two generators of one seed draw the same on one engine. The state knows no device, so a
    generator serves several: draws from ``uniform(3, generator=g, device="gpu")`` and
    ``uniform(3, generator=g)`` follow one another in one stream.

    Raises:
        ArgumentTypeError: if ``seed`` is not an integer.
        DeviceError: if there is no such device.

    Example:
        >>> a, b = lucid.random.Generator(7), lucid.random.Generator(7)
        >>> lucid.random.uniform(3, generator=a).tolist() == lucid.random.uniform(3, generator=b).tolist()
        True
    """

    def __init__(self, seed: int | None = None, device: str = "cpu") -> None:
        self._lock = threading.Lock()
        self.device = resolve_device(device)[1]
        self.seed(seed)

    def seed(self, seed: int | None = None) -> None:
        """Begin again with ``seed``; None takes one from the operating system."""
        if seed is None:
            seed = int.from_bytes(os.urandom(8), "little")
        self._set(_integer("Generator", "seed", seed), (), 0)

    def split(self, n: int = 2) -> list[Generator]:
        """Return ``n`` generators that are independent of this one and of each other.

        Like a draw, it moves this generator on: splitting again gives others.

        Raises:
            ArgumentTypeError: if ``n`` is not an integer.
            ArgumentError: if it is negative.

        Example:
            >>> a, b = lucid.random.Generator(7).split()
            >>> a
            Generator(seed=7, path=(0, 0), counter=0)
        """
        n = _integer("split", "n", n)
        if n < 0:
            raise ArgumentError(f"split: n must not be negative, got {n}")
        seed, path, at = self._advance()
        children = [Generator(seed, self.device) for _ in range(n)]
        for i, child in enumerate(children):
            child._path = (*path, at, i)
        return children

    def next_key(self) -> int:
        """Return the 128-bit key of the next draw, and move on."""
        from hashlib import blake2b  # a slow import

        seed, path, at = self._advance()
        # A hash keeps the streams of neighbouring seeds, splits and draws apart.
        text = f"{seed}/{path}/{at}".encode()
        return int.from_bytes(blake2b(text, digest_size=16).digest(), "little")

    def _advance(self) -> tuple[int, tuple[int, ...], int]:
        """Return seed, path and counter, and move on: two threads never get the same."""
        at: tuple[int, tuple[int, ...], int] = note_draw(self._take)
        return at

    def _take(self) -> tuple[int, tuple[int, ...], int]:
        with self._lock:
            at = self._seed, self._path, self._counter
            self._counter += 1
        return at

    def _set(self, seed: int, path: tuple[int, ...], counter: int) -> None:
        if is_replayed() and hasattr(self, "_seed"):
            return  # it draws what it drew at first, and others go on drawing from it
        with self._lock:
            self._seed, self._path, self._counter = seed, path, counter

    def state_dict(self) -> dict[str, Any]:
        """Return all that the generator is: its seed, the splits that led to it, and its counter."""
        with self._lock:
            return {"seed": self._seed, "path": list(self._path), "counter": self._counter}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where another generator was.

        Raises:
            ArgumentTypeError: if ``state`` is not a dict, or what it holds are not integers.
            ArgumentError: if it is not what ``state_dict`` returned.
        """
        if not isinstance(state, dict):
            raise ArgumentTypeError(f"a generator's state is a dict, got {type(state).__name__}")
        if set(state) != {"seed", "path", "counter"}:
            raise ArgumentError(f"a generator's state has seed, path and counter, got {list(state)}")
        if not isinstance(state["path"], (list, tuple)):
            raise ArgumentTypeError(f"load_state_dict: path must be a list, got {state['path']!r}")
        path = tuple(_integer("load_state_dict", "path", i) for i in state["path"])
        seed = _integer("load_state_dict", "seed", state["seed"])
        counter = _integer("load_state_dict", "counter", state["counter"])
        if counter < 0:
            raise ArgumentError(f"load_state_dict: counter must not be negative, got {counter}")
        self._set(seed, path, counter)

    def __getstate__(self) -> dict[str, Any]:
        return {"device": self.device, "state": self.state_dict()}  # a lock cannot be copied

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._lock = threading.Lock()
        self.device = state["device"]
        self.load_state_dict(state["state"])

    def __repr__(self) -> str:
        path = f", path={self._path}" if self._path else ""
        device = f", device={self.device!r}" if self.device != "cpu" else ""
        return f"Generator(seed={self._seed}{path}, counter={self._counter}{device})"


def seed(seed: int | None = None) -> None:
    """Set the default generator back to its beginning, with ``seed``.

    Example:
        >>> lucid.random.seed(0)
        >>> first = lucid.random.rand(2).tolist()
        >>> lucid.random.seed(0)
        >>> lucid.random.rand(2).tolist() == first
        True
    """
    _default.seed(seed)


def default_generator() -> Generator:
    """Return the generator that is used where none is given."""
    return _default


def uniform(
    shape: Any = (),
    low: float = 0.0,
    high: float = 1.0,
    *,
    dtype: Any = None,
    device: str | None = None,
    generator: Generator | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return floats drawn uniformly from ``low`` up to, and without, ``high``.

    Raises:
        ArgumentTypeError: if ``low`` or ``high`` is not a number, or ``dtype`` not one of floats.
        ArgumentError: if ``low`` exceeds ``high``, or they are too far apart for the dtype.

    Example:
        >>> x = lucid.random.uniform((2, 3), -1, 1)
        >>> bool(((x >= -1) & (x < 1)).all())
        True
    """
    low, high = _number("uniform", "low", low), _number("uniform", "high", high)
    if low > high:
        raise ArgumentError(f"uniform: low must not exceed high, got low={low}, high={high}")
    shape, kind = as_counts(shape), _float_dtype(dtype)
    check_room("uniform", shape, kind)
    largest = float(np.finfo(kind).max)
    if max(abs(low), abs(high), high - low) > largest:
        raise ArgumentError(
            f"uniform: low, high and their distance must lie within {kind.name}, whose largest value is "
            f"{largest:.4g}, got low={low}, high={high}"
        )
    engine, name, generator = _source(device, generator)
    # Half precision would round the highest draws up to 1: draw a float32 and cut it short.
    draw = dtypes.float32 if kind == dtypes.float16 else kind
    xp, array = engine.xp, engine.uniform(generator.next_key(), shape, draw, name)
    if draw is not kind:
        array = xp.astype(xp.floor(array * 2048) / 2048, kind)
    if (low, high) != (0.0, 1.0):
        array = array * (high - low) + low
        # The product is rounded, and may be rounded to `high` itself.
        array = xp.where(array < high, array, low) if high > low else array
    return _tensor(engine.as_array(array), requires_grad)


def normal(
    shape: Any = (),
    mean: float = 0.0,
    std: float = 1.0,
    *,
    dtype: Any = None,
    device: str | None = None,
    generator: Generator | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return floats drawn from the normal distribution of ``mean`` and ``std``.

    Raises:
        ArgumentTypeError: if ``mean`` or ``std`` is not a number, or ``dtype`` not one of floats.
        ArgumentError: if ``std`` is negative, or one of them is not finite.

    Example:
        >>> lucid.random.normal((2, 3), mean=5.0, std=0.0)
        Tensor([[5.0, 5.0, 5.0],
                [5.0, 5.0, 5.0]])
    """
    mean, std = _number("normal", "mean", mean), _number("normal", "std", std)
    if std < 0:
        raise ArgumentError(f"normal: std must not be negative, got {std}")
    shape, kind = as_counts(shape), _float_dtype(dtype)
    check_room("normal", shape, kind)
    engine, name, generator = _source(device, generator)
    array = engine.normal(generator.next_key(), shape, kind, name)
    if (mean, std) != (0.0, 1.0):
        array = array * std + mean
    return _tensor(engine.as_array(array), requires_grad)


def integers(
    low: int,
    high: int | None = None,
    shape: Any = (),
    *,
    dtype: Any = None,
    device: str | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Return integers drawn uniformly from ``low`` to ``high - 1``; ``integers(n)`` draws below ``n``.

    Raises:
        ArgumentTypeError: if ``low`` or ``high`` is not an integer, or ``dtype`` not one of integers.
        ArgumentError: if there are none to draw from, or the dtype cannot hold all of them.

    Example:
        >>> dice = lucid.random.integers(1, 7, 100)
        >>> bool(((dice >= 1) & (dice <= 6)).all())
        True
    """
    if high is None:
        low, high = 0, low
    low, high = _integer("integers", "low", low), _integer("integers", "high", high)
    if low >= high:
        raise ArgumentError(f"integers: low must be below high, got low={low}, high={high}")
    kind = dtypes.default_int if dtype is None else dtypes.as_dtype(dtype)
    if kind.kind not in "iu":
        raise DTypeError(f"integers: dtype must be of integers, got {kind.name}")
    shape, limits = as_counts(shape), np.iinfo(kind)
    check_room("integers", shape, kind)
    if low < limits.min or high - 1 > limits.max:
        raise ArgumentError(
            f"integers: {kind.name} holds {limits.min} to {limits.max}, not all of {low} to {high - 1}"
        )
    engine, name, generator = _source(device, generator)
    return _tensor(engine.integers(generator.next_key(), low, high, shape, kind, name), False)


def permutation(n: int, *, device: str | None = None, generator: Generator | None = None) -> Tensor:
    """Return the integers from 0 to ``n - 1`` in random order.

    Raises:
        ArgumentTypeError: if ``n`` is not an integer.
        ArgumentError: if it is negative.

    Example:
        >>> sorted(lucid.random.permutation(4).tolist())
        [0, 1, 2, 3]
    """
    n = _integer("permutation", "n", n)
    if n < 0:
        raise ArgumentError(f"permutation: n must not be negative, got {n}")
    check_room("permutation", (n,), dtypes.default_int)
    engine, name, generator = _source(device, generator)
    return _tensor(engine.permutation(generator.next_key(), n, name), False)


def bernoulli(
    p: float,
    shape: Any = (),
    *,
    dtype: Any = None,
    device: str | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Return ones with probability ``p`` and zeros otherwise, as booleans unless ``dtype`` says else.

    Raises:
        ArgumentTypeError: if ``p`` is not a number.
        ArgumentError: if it is no probability.

    Example:
        >>> lucid.random.bernoulli(1.0, 3)
        Tensor([True, True, True])
    """
    p = _number("bernoulli", "p", p)
    if not 0 <= p <= 1:
        raise ArgumentError(f"bernoulli: p must lie between 0 and 1, got {p}")
    dtype = None if dtype is None else dtypes.as_dtype(dtype)
    shape = as_counts(shape)
    check_room("bernoulli", shape, dtypes.bool_ if dtype is None else dtype)
    engine, name, generator = _source(device, generator)
    hit = _tensor(engine.bernoulli(generator.next_key(), p, shape, name), False)
    result: Tensor = hit if dtype is None else hit.astype(dtype)
    return result


def rand(*shape: int, **options: Any) -> Tensor:
    """Return floats drawn uniformly from [0, 1): ``rand(2, 3)``. Options as of ``uniform``."""
    return uniform(shape[0] if len(shape) == 1 else shape, **options)


def randn(*shape: int, **options: Any) -> Tensor:
    """Return floats from the standard normal distribution: ``randn(2, 3)``. Options as of ``normal``."""
    return normal(shape[0] if len(shape) == 1 else shape, **options)


def _source(device: str | None, generator: Generator | None) -> tuple[Engine, str, Generator]:
    """Return the engine and the device of a draw, and the generator that it takes a key from.

    Draws call it when all else is checked: what fails leaves the stream where it was.
    """
    if generator is None:
        generator = _default
    if not isinstance(generator, Generator):
        raise ArgumentTypeError(f"generator must be a lucid.random.Generator, got {type(generator).__name__}")
    return *resolve_device(generator.device if device is None else device), generator


def _number(function: str, name: str, value: Any) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ArgumentTypeError(f"{function}: {name} must be a number, got {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ArgumentError(f"{function}: {name} must be finite, got {value}")
    return number


def _integer(function: str, name: str, value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"{function}: {name} must be an integer, got {value!r}") from None


def _float_dtype(dtype: Any) -> dtypes.DType:
    kind = dtypes.default_float if dtype is None else dtypes.as_dtype(dtype)
    if kind.kind != "f":
        raise DTypeError(f"random floats have a dtype of floats, got {kind.name}")
    return kind


def _tensor(array: Any, requires_grad: bool) -> Tensor:
    tensor: Tensor = recording.wrap(array)
    return tensor.requires_grad_() if requires_grad else tensor


_default = Generator()
