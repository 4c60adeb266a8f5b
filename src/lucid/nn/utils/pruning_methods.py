"""Which numbers of a parameter are set to zero: the methods of ``prune.py``.

A method makes a mask of ones and zeros. The parameter becomes the product of the mask and of what it was,
which is still what is learned.
"""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from lucid import ops, random
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.grad_mode import no_grad
from lucid.nn.functional import checks
from lucid.nn.parameter import Buffer
from lucid.nn.utils import computed
from lucid.tensor import Tensor

KINDS = ("unstructured", "structured", "global")


class BasePruningMethod(computed.Recipe, ABC):
    """Base of the methods: subclass it, and write ``compute_mask``.

    Attributes:
        PRUNING_TYPE: what a method that follows upon others is given of a parameter: ``"unstructured"`` the
            numbers that are left, ``"structured"`` the rows along its ``axis`` that are not zero as a whole,
            ``"global"`` all of it.

    Example:
        >>> class Small(nn.utils.prune.BasePruningMethod):
        ...     PRUNING_TYPE = "global"
        ...     def compute_mask(self, t, default_mask):
        ...         return default_mask * (abs(t) >= 0.1)
        >>> layer = nn.Linear(3, 2)
        >>> method = Small.apply(layer, "weight")
        >>> bool(((layer.weight == 0) | (abs(layer.weight) >= 0.1)).all())
        True
    """

    PRUNING_TYPE: ClassVar[str] = "unstructured"
    fix = "nn.utils.prune.remove(module, {name!r})"
    _tensor_name = ""

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return the mask for ``t``, given the mask until now. To be written by subclasses.

        Args:
            t: what says how important each number is: the parameter itself, or scores of its shape.
            default_mask: the mask of the methods before, of the shape of ``t``.
        """

    def compute(self, module: Any) -> Any:
        """Return the pruned parameter: what reading it does."""
        return self.apply_mask(module)

    def apply_mask(self, module: Any) -> Any:
        """Return the product of mask and original that ``module`` holds."""
        name = self._tensor_name
        if not name:
            raise ArgumentError(f"{type(self).__name__} has not been applied to a parameter: call its apply")
        original = getattr(module, f"{name}_orig")
        return getattr(module, f"{name}_mask").astype(original.dtype) * original

    @classmethod
    def apply(cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune the parameter ``name`` of ``module``, maybe once more; return the method that computes it.

        ``name_orig`` takes its place as what is learned, beside the Buffer ``name_mask``.

        Args:
            module: what holds the parameter.
            name: what it is called there.
            args, kwargs: what the method is made with.
            importance_scores: a Tensor of the parameter's shape that stands for it where the mask is made.

        Raises:
            ArgumentError: if there is no such parameter. Whatever is wrong, the module is as it was.
        """
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        old = computed.recipe_of(module, name)
        pruned = isinstance(old, BasePruningMethod)
        original = computed.owned("prune", module, f"{name}_orig" if pruned else name)
        scores = getattr(module, name) if importance_scores is None else importance_scores
        check_scores(name, scores, original)
        if pruned:
            container = PruningContainer(*(old if isinstance(old, PruningContainer) else [old]))
            container.add_pruning_method(method)
            method = container
        with no_grad():
            before = getattr(module, f"{name}_mask") if pruned else ops.ones_like(original)
            mask = method.compute_mask(scores.detach(), before.detach())
        if not isinstance(mask, Tensor) or mask.shape != original.shape:
            shown = mask.shape if isinstance(mask, Tensor) else type(mask).__name__
            raise ShapeError(f"compute_mask must return a Tensor of shape {original.shape}, got {shown}")
        computed.install(module, name, method)
        setattr(module, f"{name}_orig", original)
        setattr(module, f"{name}_mask", Buffer(mask.astype(original.dtype)))
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """Return ``t`` with zeros where this method puts them.

        Args:
            t: a Tensor.
            default_mask: a mask that is there already; by default of ones.
            importance_scores: what stands for ``t`` where the mask is made.
        """
        if importance_scores is not None and importance_scores.shape != t.shape:
            raise ShapeError(f"importance_scores must be of shape {t.shape}, got {importance_scores.shape}")
        with no_grad():
            scores = (t if importance_scores is None else importance_scores).detach()
            default_mask = ops.ones_like(scores) if default_mask is None else default_mask.detach()
            mask = self.compute_mask(scores, default_mask)
        return t * mask.astype(t.dtype)

    def remove(self, module: Any, name: str | None = None) -> None:
        """Have the parameter be one again, of the value that it has: with the zeros, which may change now."""
        name = self._tensor_name
        original = computed.owned("prune.remove", module, f"{name}_orig")
        computed.owned("prune.remove", module, f"{name}_mask", (Buffer,))
        with no_grad():
            original.copy_(self.apply_mask(module))
        delattr(module, f"{name}_orig")
        delattr(module, f"{name}_mask")
        computed.uninstall(module, name, original)


class PruningContainer(BasePruningMethod):
    """Several methods one after the other, for one parameter: what pruning it again makes.

    Args:
        args: the methods.
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        self._tensor_name = getattr(args[0], "_tensor_name", "") if args else ""
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Have ``method`` follow upon the others; it must be for the same parameter."""
        if not isinstance(method, BasePruningMethod):
            raise ArgumentTypeError(f"a PruningContainer holds pruning methods, got {type(method).__name__}")
        if self._pruning_methods and method._tensor_name != self._tensor_name:
            raise ArgumentError(
                f"a PruningContainer is for one parameter, {self._tensor_name!r}, and the method for "
                f"{method._tensor_name!r}"
            )
        self._tensor_name = method._tensor_name
        self._pruning_methods = (*self._pruning_methods, method)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: Any) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return ``default_mask`` with the zeros of the last method, which sees what the others left."""
        method = self._pruning_methods[-1]
        checks.one_of(type(method).__name__, "PRUNING_TYPE", method.PRUNING_TYPE, KINDS)
        mask = default_mask.numpy().copy()
        part: Any = ...
        if method.PRUNING_TYPE == "unstructured":
            part = mask == 1
        elif method.PRUNING_TYPE == "structured":
            axis = checked_axis(type(method).__name__, method.axis, t)
            others = tuple(i for i in range(t.ndim) if i != axis)
            part = (slice(None),) * axis + (mask.sum(axis=others) != 0,)

        def seen(array: Any) -> Any:
            return ops.asarray(np.ascontiguousarray(array[part]), device=t.device)

        found = method.compute_mask(seen(t.numpy()), seen(mask))
        mask[part] = found.numpy().astype(mask.dtype)
        return ops.asarray(mask, device=t.device)


# ----------------------------------------------------------------- the methods


class Identity(BasePruningMethod):
    """Prune nothing, and yet make mask and original."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return ``default_mask``."""
        return default_mask


class RandomUnstructured(BasePruningMethod):
    """Prune numbers that are drawn; see ``random_unstructured``."""

    def __init__(self, amount: Any, *, generator: random.Generator | None = None) -> None:
        self.amount = checked_amount(amount)
        self.generator = generator

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return ``default_mask`` with zeros at random places."""
        keys = random.uniform(t.size, device=t.device, generator=self.generator)
        return without_least(keys.numpy(), self.amount, t, default_mask)


class L1Unstructured(BasePruningMethod):
    """Prune the smallest numbers; see ``l1_unstructured``."""

    def __init__(self, amount: Any) -> None:
        self.amount = checked_amount(amount)

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return ``default_mask`` with zeros where ``t`` is smallest in size."""
        return without_least(abs(t.numpy()).reshape(-1), self.amount, t, default_mask)


class RandomStructured(BasePruningMethod):
    """Prune rows that are drawn; see ``random_structured``."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, axis: int = -1, *, generator: random.Generator | None = None) -> None:
        self.amount = checked_amount(amount)
        self.axis = checks.integer("prune", "axis", axis)
        self.generator = generator

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return ``default_mask`` with zeros in random rows along the axis."""
        axis = checked_axis("RandomStructured", self.axis, t)
        keys = random.uniform(t.shape[axis], device=t.device, generator=self.generator)
        return without_rows(keys.numpy(), self.amount, axis, t, default_mask)


class LnStructured(BasePruningMethod):
    """Prune the rows of the smallest norms; see ``ln_structured``."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, n: Any, axis: int = -1) -> None:
        self.amount = checked_amount(amount)
        self.n = checked_order(n)
        self.axis = checks.integer("prune", "axis", axis)

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return ``default_mask`` with zeros in the rows of smallest norm along the axis."""
        axis = checked_axis("LnStructured", self.axis, t)
        rows = np.moveaxis(t.numpy(), axis, 0)
        # A square of half precision may be infinite, and then ranks with all others that are.
        rows = rows.astype(np.complex128 if rows.dtype.kind == "c" else np.float64)
        if self.n == "nuc":
            if rows.ndim != 3:
                raise ShapeError(f"the nuclear norm is of matrices, and rows of shape {t.shape} are not")
            norms = np.linalg.norm(rows, "nuc", axis=(1, 2))
        else:
            order = 2 if self.n == "fro" else self.n
            norms = np.linalg.norm(rows.reshape(len(rows), -1), order, axis=1)
        return without_rows(norms, self.amount, axis, t, default_mask)


class CustomFromMask(BasePruningMethod):
    """Prune by a mask that is given; see ``custom_from_mask``."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = ops.asarray(mask).detach()

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Return the product of the two masks."""
        if default_mask.shape != self.mask.shape:
            raise ShapeError(
                f"custom_from_mask expects a mask of shape {default_mask.shape}, got {self.mask.shape}"
            )
        return default_mask * self.mask.to(default_mask.device).astype(default_mask.dtype)


# ----------------------------------------------------------------- what they share


def checked_amount(amount: Any) -> Any:
    """Return how much is pruned: a count, or a part from 0 to 1."""
    if isinstance(amount, bool) or not isinstance(amount, numbers.Real):
        raise ArgumentTypeError(f"prune expects amount to be a number, got {amount!r}")
    if isinstance(amount, numbers.Integral):
        if amount < 0:
            raise ArgumentError(f"prune expects amount, as a count, to be at least 0, got {amount}")
        return int(amount)
    return checks.number("prune", "amount, as a part,", amount, 0, 1)


def check_scores(name: str, scores: Any, parameter: Any) -> None:
    """Raise unless ``scores`` can stand for ``parameter``, which is called ``name``."""
    if not isinstance(scores, Tensor):
        raise ArgumentTypeError(f"importance_scores must be a Tensor, got {type(scores).__name__}")
    if scores.shape != parameter.shape:
        raise ShapeError(
            f"importance_scores must be of shape {parameter.shape}, as {name} is, got {scores.shape}"
        )


def checked_axis(method: str, axis: int, t: Any) -> int:
    """Return an axis of ``t``, which must have several, counted from the front."""
    if t.ndim < 2:
        raise ShapeError(
            f"{method} prunes rows of a parameter of at least two axes, got shape {t.shape}: prune single "
            "numbers, with l1_unstructured or random_unstructured"
        )
    return checks.row(method, "axis", axis, t.ndim)


def checked_order(n: Any) -> Any:
    """Return the order of a norm."""
    if isinstance(n, str) and n in ("fro", "nuc"):
        return n
    if isinstance(n, bool) or not isinstance(n, numbers.Real) or math.isnan(n):
        raise ArgumentTypeError(f"prune expects n to be a number, infinity, 'fro' or 'nuc', got {n!r}")
    return float(n)


def _count(amount: Any, size: int, what: str) -> int:
    """Return how many of ``size`` to prune."""
    if not isinstance(amount, int):
        count: int = round(amount * size)
        return count
    if amount > size:
        raise ArgumentError(f"prune expects amount to be at most {size}, the {what} there are, got {amount}")
    return amount


def _least(keys: Any, count: int) -> Any:
    """Return the positions of the ``count`` smallest keys."""
    return np.argsort(keys, kind="stable")[:count]


def without_least(keys: Any, amount: Any, t: Any, default_mask: Any) -> Any:
    """Return ``default_mask`` with zeros where ``keys``, one for each number of ``t``, are smallest."""
    mask = default_mask.numpy().copy()
    mask.reshape(-1)[_least(keys, _count(amount, t.size, "numbers"))] = 0
    return ops.asarray(mask, device=t.device)


def without_rows(keys: Any, amount: Any, axis: int, t: Any, default_mask: Any) -> Any:
    """Return ``default_mask`` with zeros in the rows along ``axis`` whose ``keys`` are smallest."""
    mask = default_mask.numpy().copy()
    np.moveaxis(mask, axis, 0)[_least(keys, _count(amount, t.shape[axis], "rows"))] = 0
    return ops.asarray(mask, device=t.device)


def flat(tensors: Iterable[Any]) -> Any:
    """Return the elements of all Tensors in one vector, unrecorded."""
    return ops.concat([ops.reshape(t.detach(), (-1,)) for t in tensors])
