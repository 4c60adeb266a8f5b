"""Automatic mixed precision: some operations in bfloat16, all else in float32."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from lucid.engines.settings import lowered
from lucid.errors import ArgumentError
from lucid.grad_mode import expect_plain
from lucid.nn.functional import checks

F = TypeVar("F", bound=Callable[..., Any])

ENGINES = ("cpu", "xla")
_DEVICES = {"gpu": "xla", "tpu": "xla", "xla:cpu": "xla", "xla:gpu": "xla", "xla:tpu": "xla"}


class autocast:
    r"""Multiply in bfloat16 what may be, in this thread: ``with autocast():``, or ``@autocast()``.

    The factors of products and convolutions are rounded to bfloat16, which has the range of float32 and
    8 bits of mantissa; sums, results, and all other operations stay float32. So no Tensor changes its dtype
    and no gradient underflows: a model need not be written for it, and no ``GradScaler`` is wanted.
    (PyTorch's autocast hands the results on in bfloat16.)

    What ran inside is differentiated in the same precision, wherever ``backward`` is called. Products of
    float64 stay as they are; so do all where the hardware does not multiply bfloat16 numbers, and products
    too small to gain by it.

    Args:
        device_type: where: ``"cpu"``, ``"xla"`` (or one of its devices), or None for both.
        dtype: ``"bfloat16"`` or None; nothing else is computed in.
        enabled: whether to. ``False`` inside another autocast leaves it for a while.

    Raises:
        ArgumentError: if there is no such device or ``dtype`` is another one.

    Example:
        >>> model, x = nn.Linear(64, 64), lucid.random.randn(128, 64)
        >>> with lucid.amp.autocast():
        ...     loss = (model(x) ** 2).mean()
        >>> loss.dtype
        dtype('float32')
        >>> loss.backward()

    Kalamkar et al., A Study of BFLOAT16 for Deep Learning Training, 2019.
    """

    def __init__(self, device_type: str | None = None, dtype: Any = None, enabled: bool = True) -> None:
        self.engines = ENGINES if device_type is None else (_engine("autocast", device_type),)
        if dtype is not None and getattr(dtype, "name", dtype) != "bfloat16":
            raise ArgumentError(
                f'autocast computes in "bfloat16", got dtype={dtype!r}: for other types write '
                "model.to(dtype=dtype)"
            )
        self.enabled = checks.truth("autocast", "enabled", enabled)

    def __enter__(self) -> None:
        others = tuple(engine for engine in lowered.engines if engine not in self.engines)
        lowered.enter(others + self.engines if self.enabled else others)

    def __exit__(self, *error: object) -> None:
        lowered.leave()

    def __call__(self, function: F) -> F:
        """Return ``function`` as it runs in autocast."""
        expect_plain(function)

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return cast(F, switched)


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether this thread multiplies in bfloat16 on a device, or on any.

    Example:
        >>> with lucid.amp.autocast("cpu"):
        ...     print(lucid.amp.is_autocast_enabled("cpu"), lucid.amp.is_autocast_enabled("xla"))
        True False
    """
    if device_type is None:
        return bool(lowered.engines)
    return _engine("is_autocast_enabled", device_type) in lowered.engines


def _engine(function: str, device_type: Any) -> str:
    """Return the engine of a device."""
    engine = _DEVICES.get(device_type, device_type) if isinstance(device_type, str) else None
    if engine not in ENGINES:
        hint = ': CUDA devices are "gpu" here' if device_type == "cuda" else ""
        raise ArgumentError(
            f"{function} expects device_type to be one of 'cpu', 'xla', 'gpu', 'tpu', "
            f"got {device_type!r}{hint}"
        )
    return engine
