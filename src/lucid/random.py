"""Random numbers: generators that are a seed and a counter.

What a ``Generator`` draws is a function of its key and of how often it has been drawn from, and
of nothing else. So runs repeat, a generator's state is two numbers, and ``split`` makes as many
independent generators as are wanted, one for each worker, layer or thread. The bits come from the
engine of the device (Philox on the CPU, threefry on XLA): a seed gives the same numbers every
time on one engine, but not the same on another.

Functions that take no ``generator`` draw from the default one, which ``seed`` sets.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from lucid import recording
from lucid.engines import dtypes
from lucid.engines.registry import resolve_device
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError
from lucid.ops.creation import as_shape
from lucid.tensor import Tensor


class Generator:
    """A stream of random numbers.

    Args:
        seed: an integer; None takes one from the operating system.

    Two generators of one seed draw the same. The device is an argument of the draw: the stream
    is the same object on every engine.

    Example:
        >>> a, b = lucid.random.Generator(7), lucid.random.Generator(7)
        >>> lucid.random.uniform(3, generator=a).tolist() == lucid.random.uniform(3, generator=b).tolist()
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        self._lock = threading.Lock()
        self._path: tuple[int, ...] = ()
        self.seed(seed)

    def seed(self, seed: int | None = None) -> None:
        """Begin again with ``seed``; None takes one from the operating system."""
        if seed is None:
            seed = int.from_bytes(os.urandom(8), "little")
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise ArgumentTypeError(f"a seed is an integer, got {seed!r}")
        self._seed = seed.__index__()
        self._path = ()
        self._counter = 0

    def split(self, n: int = 2) -> list[Generator]:
        """Return ``n`` generators that are independent of this one and of each other.

        Like a draw, it moves this generator on: splitting again gives others.
        """
        if n < 0:
            raise ArgumentError(f"split: n must not be negative, got {n}")
        with self._lock:
            at = self._counter
            self._counter += 1
        children = []
        for i in range(n):
            child = Generator(self._seed)
            child._path = (*self._path, at, i)
            children.append(child)
        return children

    def next_key(self) -> int:
        """Return the 128-bit key of the next draw, and move on."""
        from hashlib import blake2b  # a slow import

        with self._lock:
            at = self._counter
            self._counter += 1
        # A hash keeps the streams of neighbouring seeds, splits and draws apart.
        text = f"{self._seed}/{self._path}/{at}".encode()
        return int.from_bytes(blake2b(text, digest_size=16).digest(), "little")

    def state_dict(self) -> dict[str, Any]:
        """Return all that the generator is: its seed, the splits that led to it, and its counter."""
        return {"seed": self._seed, "path": list(self._path), "counter": self._counter}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where another generator was."""
        if set(state) != {"seed", "path", "counter"}:
            raise ArgumentError(f"a generator's state has seed, path and counter, got {sorted(state)}")
        seed, path, counter = int(state["seed"]), tuple(int(i) for i in state["path"]), int(state["counter"])
        self._seed, self._path, self._counter = seed, path, counter

    def __getstate__(self) -> dict[str, Any]:
        return self.state_dict()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._lock = threading.Lock()
        self.load_state_dict(state)

    def __repr__(self) -> str:
        path = f", path={self._path}" if self._path else ""
        return f"Generator(seed={self._seed}{path}, counter={self._counter})"


_default = Generator()


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
        ArgumentError: if ``low`` exceeds ``high``.

    Example:
        >>> x = lucid.random.uniform((2, 3), -1, 1)
        >>> bool(((x >= -1) & (x < 1)).all())
        True
    """
    if not low <= high:
        raise ArgumentError(f"uniform: low must not exceed high, got low={low}, high={high}")
    kind = _float_dtype(dtype)
    # Half precision would round the highest draws up to 1: draw a float32 and cut it short.
    engine, name = resolve_device(device)
    draw = dtypes.float32 if kind == dtypes.float16 else kind
    xp, array = engine.xp, engine.uniform(_key(generator), as_shape(shape), draw, name)
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
        ArgumentError: if ``std`` is negative.
    """
    if not std >= 0:
        raise ArgumentError(f"normal: std must not be negative, got {std}")
    engine, name = resolve_device(device)
    array = engine.normal(_key(generator), as_shape(shape), _float_dtype(dtype), name)
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
        ArgumentError: if there are none to draw from.
    """
    if high is None:
        low, high = 0, low
    if not low < high:
        raise ArgumentError(f"integers: low must be below high, got low={low}, high={high}")
    kind = dtypes.default_int if dtype is None else dtypes.as_dtype(dtype)
    if kind.kind not in "iu":
        raise DTypeError(f"integers: dtype must be of integers, got {kind.name}")
    engine, name = resolve_device(device)
    return _tensor(engine.integers(_key(generator), low, high, as_shape(shape), kind, name), False)


def permutation(n: int, *, device: str | None = None, generator: Generator | None = None) -> Tensor:
    """Return the integers from 0 to ``n - 1`` in random order.

    Raises:
        ArgumentError: if ``n`` is negative.
    """
    if n < 0:
        raise ArgumentError(f"permutation: n must not be negative, got {n}")
    engine, name = resolve_device(device)
    return _tensor(engine.permutation(_key(generator), n, name), False)


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
        ArgumentError: if ``p`` is no probability.
    """
    if not 0 <= p <= 1:
        raise ArgumentError(f"bernoulli: p must lie between 0 and 1, got {p}")
    hit = uniform(shape, device=device, generator=generator) < p
    result: Tensor = hit if dtype is None else hit.astype(dtype)
    return result


def rand(*shape: int, **options: Any) -> Tensor:
    """Return floats drawn uniformly from [0, 1): ``rand(2, 3)``. Options as of ``uniform``."""
    return uniform(shape[0] if len(shape) == 1 else shape, **options)


def randn(*shape: int, **options: Any) -> Tensor:
    """Return floats from the standard normal distribution: ``randn(2, 3)``. Options as of ``normal``."""
    return normal(shape[0] if len(shape) == 1 else shape, **options)


def _key(generator: Generator | None) -> int:
    if generator is None:
        generator = _default
    if not isinstance(generator, Generator):
        raise ArgumentTypeError(f"generator must be a lucid.random.Generator, got {type(generator).__name__}")
    return generator.next_key()


def _float_dtype(dtype: Any) -> dtypes.DType:
    kind = dtypes.default_float if dtype is None else dtypes.as_dtype(dtype)
    if kind.kind != "f":
        raise DTypeError(f"random floats have a dtype of floats, got {kind.name}")
    return kind


def _tensor(array: Any, requires_grad: bool) -> Tensor:
    tensor: Tensor = recording.wrap(array)
    return tensor.requires_grad_() if requires_grad else tensor
