"""What a parametrized module holds: the parametrizations of a tensor, and what it is computed from.

Read next: ``parametrize.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeError
from lucid.grad_mode import no_grad
from lucid.nn.containers import ModuleDict, ModuleList
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer, Parameter
from lucid.nn.utils import computed
from lucid.tensor import Tensor


class ParametrizationDict(ModuleDict):
    """The ParametrizationLists of a module by the names of the tensors, which are attributes too."""

    def __getattr__(self, name: str) -> Any:
        entries = vars(self).get("_entries", {})
        return entries[name] if name in entries else super().__getattr__(name)


class ParametrizationList(ModuleList):
    """What computes a parametrized tensor: modules one after the other, and what the first begins with.

    Made by ``register_parametrization``, as ``module.parametrizations[name]``.

    Args:
        modules: the parametrizations. Each takes what the one before returned; the first the originals.
        original: the Parameter or Buffer that is parametrized.
        unsafe: whether shape and dtype may change.

    Attributes:
        original: the Parameter or Buffer that is kept in its place. If the last ``right_inverse`` returned
            several Tensors, there are ``original0``, ``original1`` and so on instead.
        is_tensor: whether there is one.
        ntensors: how many there are.
        unsafe: whether shape and dtype may change.

    Raises:
        ArgumentError: if ``modules`` is empty, or what they return has another shape or kind.
    """

    def __init__(self, modules: Sequence[Module], original: Parameter | Buffer, unsafe: bool = False) -> None:
        if not len(modules):
            raise ArgumentError("ParametrizationList expects at least one module")
        super().__init__(modules)
        self.unsafe = unsafe
        before = original.detach()
        new = self._inverted(before, missing=True)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if isinstance(new, Tensor) else len(new)
        try:
            if isinstance(new, Tensor):
                _same_dtype("right_inverse", new, before)
                self.original = original
                if new is not before:
                    computed.become(original, new)
            else:
                for i, value in enumerate(new):
                    learned = isinstance(original, Parameter)
                    kept = Parameter(value, original.requires_grad) if learned else Buffer(value)
                    setattr(self, f"original{i}", kept)
            if not unsafe:
                with no_grad():
                    check_like("the parametrization", self(), before)
        except BaseException:
            computed.become(original, before)
            raise

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("original"):  # no entries, and yet its own: what the first entry is called with
            Module.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def _members(self) -> Iterable[tuple[Any, Any]]:
        originals = [(k, v) for k, v in vars(self).items() if k.startswith("original")]
        return [*originals, *super()._members()]

    def _originals(self) -> list[Any]:
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def forward(self) -> Any:
        """Return the tensor, computed."""
        values: Any = self._originals()
        for module in self:
            values = (module(*values),)
        return values[0]

    def right_inverse(self, value: Any) -> None:
        """Have the originals become such that ``value`` is computed from them: what setting it does.

        Raises:
            ArgumentError: if a parametrization has no ``right_inverse``, or it returns what doesn't fit.
        """
        if not isinstance(value, Tensor):
            raise ArgumentTypeError(
                f"a parametrized tensor is set to a Tensor, got {type(value).__name__}: write Tensor(value)"
            )
        new = self._inverted(value.detach(), missing=False)
        found = [new] if isinstance(new, Tensor) else list(new)
        originals = self._originals()
        if len(found) != len(originals):
            raise ArgumentError(
                f"right_inverse returned {len(found)} tensors, and there are {len(originals)}"
            )
        for tensor, original in zip(found, originals, strict=True):
            _same_dtype("right_inverse", tensor, original)
        for tensor, original in zip(found, originals, strict=True):
            computed.become(original, tensor)

    @no_grad()
    def _inverted(self, value: Any, missing: bool) -> Any:
        """Return what the first parametrization is to be called with, so that ``value`` is computed.

        With ``missing``, parametrizations without an inverse are passed over.
        """
        for module in reversed(self):
            try:
                if not hasattr(module, "right_inverse"):
                    name = type(module).__name__
                    raise _NoInverse(
                        f"the parametrization {name} has no right_inverse: give it one, which returns what "
                        f"{name}.forward computes a value from, or write to the original"
                    )
                value = module.right_inverse(value)
            except NotImplementedError:
                if not missing:
                    raise
        tensors = [value] if isinstance(value, Tensor) else value
        if not isinstance(tensors, (list, tuple)) or not all(isinstance(t, Tensor) for t in tensors):
            raise ArgumentError(f"right_inverse must return a Tensor, or several in a tuple, got {value!r}")
        return value


class _NoInverse(ArgumentError, NotImplementedError):
    """Raised where a value is set that nothing says how to arrive at."""


def _same_dtype(what: str, value: Any, like: Any) -> None:
    if value.dtype != like.dtype:
        raise DTypeError(f"{what} must return {like.dtype.name}, as the tensor is, got {value.dtype.name}")


def check_like(what: str, value: Any, like: Any) -> None:
    """Raise unless ``value`` could stand in the place of ``like``."""
    if not isinstance(value, Tensor):
        raise ArgumentTypeError(f"{what} must return a Tensor, got {type(value).__name__}")
    hint = "; pass unsafe=True if that is meant"
    if value.dtype != like.dtype:
        raise DTypeError(
            f"{what} must return {like.dtype.name}, as the tensor is, got {value.dtype.name}{hint}"
        )
    if value.shape != like.shape:
        raise ShapeError(f"{what} must return shape {like.shape}, as the tensor has, got {value.shape}{hint}")
