"""The layer that rearranges axes as a pattern of einops says."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, MissingDependencyError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.module import Module


class Rearrange(Module):
    """Reorder, join and split axes, by the names that a pattern gives them.

    The pattern is one of einops, which must be installed: ``pip install 'lucid-nn[einops]'``.

    Args:
        pattern: what comes in and what goes out, as in ``"n c h w -> n (h w) c"``. Axes in brackets are one
            axis, split or joined.
        shapes: the sizes of named axes, for those that can't be known from the input.

    Shape:
        as the pattern says

    Raises:
        ArgumentError: if the pattern can't be read, or a size is not positive or of no axis in it.
        MissingDependencyError: if einops isn't installed.
        ShapeError: if the input doesn't fit the pattern.

    Example:
        >>> layer = nn.Rearrange("n c (h p) (w q) -> n (h w) (c p q)", p=4, q=4)
        >>> layer
        Rearrange('n c (h p) (w q) -> n (h w) (c p q)', p=4, q=4)
        >>> layer(lucid.ones((2, 3, 8, 8))).shape
        (2, 4, 48)

    Rogozhnikov, Einops: Clear and Reliable Tensor Manipulations with Einstein-like Notation, 2022.
    """

    def __init__(self, /, pattern: str, **shapes: int) -> None:
        super().__init__()
        self.pattern = pattern
        self.shapes = {name: checks.size("Rearrange", name, size) for name, size in shapes.items()}
        _check_pattern(pattern, self.shapes)

    def forward(self, x: Any) -> Any:
        """Return ``x`` rearranged."""
        x = checks.as_tensor("Rearrange", "x", x)
        einops = _einops()
        try:
            return einops.array_api.rearrange(x, self.pattern, **self.shapes)
        except einops.EinopsError as error:
            raise ShapeError(
                f"Rearrange expects x that fits {self.pattern!r}, got shape {x.shape}: {_reason(error)}"
            ) from error

    def extra_repr(self) -> str:
        return ", ".join([repr(self.pattern), *(f"{name}={size}" for name, size in self.shapes.items())])


def _einops() -> Any:
    """Return the library, imported when it is first needed."""
    try:
        import einops
        import einops.array_api
        import einops.parsing
    except ImportError as error:
        raise MissingDependencyError(
            "Rearrange needs einops, which is not installed: pip install 'lucid-nn[einops]' "
            "(or pip install einops)"
        ) from error
    return einops


def _check_pattern(pattern: Any, shapes: dict[str, int]) -> None:
    if not isinstance(pattern, str):
        raise ArgumentTypeError(f"Rearrange expects pattern to be a string, got {pattern!r}")
    einops = _einops()
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ArgumentError(f"Rearrange expects pattern to be 'axes -> axes', got {pattern!r}")
    try:
        names = [set(einops.parsing.ParsedExpression(side).identifiers) for side in sides]
    except einops.EinopsError as error:
        raise ArgumentError(f"Rearrange can't read pattern {pattern!r}: {_reason(error)}") from error
    if names[0] != names[1]:
        once = ", ".join(sorted(map(str, names[0] ^ names[1])))
        raise ArgumentError(f"Rearrange expects each axis on both sides of {pattern!r}, got {once} on one")
    for name in shapes:
        if name not in names[0]:
            raise ArgumentError(f"Rearrange was given the size of axis {name!r}, which {pattern!r} has not")


def _reason(error: Exception) -> str:
    """Return the last line of an error of einops, which says what is wrong."""
    return str(error).strip().splitlines()[-1].strip()
