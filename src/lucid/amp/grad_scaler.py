"""Scaling of losses, so that small gradients survive half precision."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

from lucid.autograd import no_grad
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError, StateError
from lucid.nn.functional import checks
from lucid.ops import all as every
from lucid.ops import float32, isfinite
from lucid.optim.optimizer import Optimizer
from lucid.tensor import Tensor


class GradScaler:
    r"""Multiply losses by a large number, and divide it out of the gradients again.

    float16 has nothing between 0 and 6e-8, where many gradients lie. Those of a loss times ``scale`` lie
    higher up. Where one came out infinite or nan, the step is left out and the scale shrinks; after
    ``growth_interval`` steps in a row that went well, it grows.

    It is for models whose parameters are float32 and are cast to float16 where they are used
    (``F.linear(x.astype(lucid.float16), weight.astype(lucid.float16))``). ``lucid.amp.autocast`` needs none,
    as bfloat16 has the range of float32.

    Args:
        device: a name, not used, as the gradients say where they are; it is first among PyTorch's arguments.
        init_scale: what losses are multiplied by at first.
        growth_factor: by how much the scale grows, as long as float32 holds it.
        backoff_factor: by how much it shrinks, as long as float32 holds its inverse.
        growth_interval: after how many good steps it grows.
        enabled: whether to do anything; if not, ``step`` is the optimizer's.

    Raises:
        ArgumentError: if ``growth_factor`` isn't above 1, ``backoff_factor`` not between 0 and 1, or another
            number not positive.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.SGD([w], lr=0.5)
        >>> scaler = lucid.amp.GradScaler()
        >>> half = w.astype(lucid.float16)
        >>> loss = (half.astype(lucid.float32) * 1e-8).sum()  # in float16 that gradient would be 0
        >>> scaler.scale(loss).backward()
        >>> scaler.step(optimizer)
        >>> scaler.update()
        >>> print(f"{w.grad.item():.1e}")
        1.0e-08

    Micikevicius et al., Mixed Precision Training, 2018.
    """

    def __init__(
        self,
        device: str = "cpu",
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if not isinstance(device, str):
            raise ArgumentTypeError(
                f"GradScaler expects device to be a name such as 'cpu', got {device!r}: for the scale write "
                "init_scale="
            )
        self._enabled = checks.truth("GradScaler", "enabled", enabled)
        self._good = 0  # steps that went well in a row
        self._seen: weakref.WeakKeyDictionary[Optimizer, _Step] = weakref.WeakKeyDictionary()
        self._scale = _positive("init_scale", init_scale)
        self.set_growth_factor(growth_factor)
        self.set_backoff_factor(backoff_factor)
        self.set_growth_interval(growth_interval)

    # ------------------------------------------------------------- a step of training

    def scale(self, outputs: Any) -> Any:
        """Return a loss, or each of a list of them, times the scale. Half precision becomes float32."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, (tuple, list)):
            scaled = [self.scale(output) for output in outputs]
            return type(outputs)(*scaled) if hasattr(outputs, "_fields") else type(outputs)(scaled)
        if not isinstance(outputs, Tensor):
            raise ArgumentTypeError(f"GradScaler.scale expects Tensors, got {type(outputs).__name__}")
        if outputs.dtype.itemsize < 4:
            outputs = outputs.astype(float32)
        return outputs * self._scale

    def unscale_(self, optimizer: Optimizer) -> None:
        """Divide the gradients of an optimizer's parameters by the scale, as clipping them wants it.

        ``step`` does it where it was not done.

        Raises:
            GradientError: if it was done since the last ``update``, or the optimizer has stepped.
            DTypeError: if a gradient is of half precision, which could not hold it. Nothing is changed then.
        """
        _expect_optimizer("unscale_", optimizer)
        if not self._enabled:
            return
        step = self._seen.setdefault(optimizer, _Step())
        if step.stepped or step.finite is not None:
            done = "step" if step.stepped else "unscale_"
            raise GradientError(f"GradScaler.unscale_: {done} was called for this optimizer since update()")
        parameters = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        for p in parameters:
            if p.grad.dtype.itemsize < 4:
                raise DTypeError(
                    f"GradScaler expects gradients of float32 or float64, got {p.grad.dtype.name}: keep "
                    "parameters in float32 and cast them where they are used"
                )
        inverse = 1.0 / self._scale
        with no_grad():
            for p in parameters:
                p.grad = p.grad * inverse
            step.finite = not [p for p in parameters if not bool(every(isfinite(p.grad)))]

    def step(self, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        """Unscale the gradients, and have the optimizer step if all of them are finite.

        Returns:
            what ``optimizer.step(*args, **kwargs)`` returned, or None.

        Raises:
            ArgumentError: if a closure is given, which would compute gradients that nothing unscales.
            GradientError: if the optimizer has stepped since the last ``update``.
        """
        _expect_optimizer("step", optimizer)
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if args or "closure" in kwargs:
            raise ArgumentError("GradScaler.step takes no closure: its gradients would stay scaled")
        step = self._seen.setdefault(optimizer, _Step())
        if step.stepped:
            raise GradientError("GradScaler.step: it was called for this optimizer since update()")
        if step.finite is None:
            self.unscale_(optimizer)
        optimizer._stepped = True  # schedules count a step that is left out
        result = optimizer.step(**kwargs) if step.finite else None
        step.stepped = True
        return result

    def update(self, new_scale: Any = None) -> None:
        """Let the scale grow or shrink, after all optimizers have stepped; or set it.

        Raises:
            GradientError: if no optimizer has.
        """
        if not self._enabled:
            return
        outcomes = [step.finite for step in self._seen.values() if step.finite is not None]
        if new_scale is not None:
            number = new_scale.item() if isinstance(new_scale, Tensor) else new_scale
            self._scale = _positive("new_scale", number)
        elif not outcomes:
            raise GradientError("GradScaler.update: no optimizer has stepped; call step(optimizer) before it")
        elif False in outcomes:
            self._multiply(self._backoff_factor)
            self._good = 0
        else:
            self._good += 1
            if self._good == self._growth_interval:
                self._multiply(self._growth_factor)
                self._good = 0
        self._seen.clear()

    def _multiply(self, factor: float) -> None:
        """Let the scale grow or shrink, unless float32 would not hold it or its inverse then."""
        scale = self._scale * factor
        if (scale <= _LARGEST) if factor > 1 else (scale >= 1 / _LARGEST):
            self._scale = scale

    # ------------------------------------------------------------- what it goes by

    def is_enabled(self) -> bool:
        """Whether it does anything."""
        return self._enabled

    def get_scale(self) -> float:
        """Return what losses are multiplied by; 1 where it is not enabled."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """Return by how much the scale grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set by how much the scale grows."""
        factor = checks.number("GradScaler", "growth_factor", new_factor)
        if factor <= 1:
            raise ArgumentError(f"GradScaler expects growth_factor to be above 1, got {new_factor!r}")
        self._growth_factor = factor

    def get_backoff_factor(self) -> float:
        """Return by how much the scale shrinks."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set by how much the scale shrinks."""
        factor = checks.number("GradScaler", "backoff_factor", new_factor)
        if not 0 < factor < 1:
            raise ArgumentError(f"GradScaler expects backoff_factor between 0 and 1, got {new_factor!r}")
        self._backoff_factor = factor

    def get_growth_interval(self) -> int:
        """Return after how many good steps the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set after how many good steps the scale grows."""
        self._growth_interval = checks.size("GradScaler", "growth_interval", new_interval)

    # ------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """Return the scale and what it goes by; nothing where it is not enabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale,
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._good,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what ``state_dict`` returned.

        Raises:
            StateError: if something is missing. Nothing is loaded then.
            ArgumentTypeError: if it is no dict.
        """
        if not isinstance(state_dict, Mapping):
            raise ArgumentTypeError(
                f"GradScaler.load_state_dict expects a dict, got {type(state_dict).__name__}: pass what "
                "state_dict() returned"
            )
        if not self._enabled:
            return
        missing = [name for name in self.state_dict() if name not in state_dict]
        if missing:
            raise StateError(f"GradScaler.load_state_dict: the state dict lacks {', '.join(missing)}")
        names = ("scale", "growth_factor", "backoff_factor", "growth_interval")
        other = GradScaler("cpu", *(state_dict[name] for name in names))
        other._good = checks.integer("GradScaler", "_growth_tracker", state_dict["_growth_tracker"])
        self.__dict__.update(other.__dict__)

    def __getstate__(self) -> dict[str, Any]:
        if self._seen:
            raise GradientError("a GradScaler can be copied and pickled after update(), not in a step")
        return {name: value for name, value in vars(self).items() if name != "_seen"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _seen=weakref.WeakKeyDictionary())

    def __repr__(self) -> str:
        return f"GradScaler(scale={self.get_scale():g})" if self._enabled else "GradScaler(enabled=False)"


class _Step:
    """How far an optimizer has come since the last update."""

    def __init__(self) -> None:
        self.finite: bool | None = None  # of the gradients; None until they were unscaled
        self.stepped = False


_LARGEST = 2.0**126  # whose inverse is the smallest number that float32 holds in full


def _expect_optimizer(method: str, optimizer: Any) -> None:
    """Raise unless ``optimizer`` is one."""
    if not isinstance(optimizer, Optimizer):
        raise ArgumentTypeError(
            f"GradScaler.{method} expects an optimizer of lucid.optim, got {type(optimizer).__name__}"
        )


def _positive(name: str, value: Any) -> float:
    number = checks.number("GradScaler", name, value)
    if number <= 0:
        raise ArgumentError(f"GradScaler expects {name} to be positive, got {value!r}")
    return number
