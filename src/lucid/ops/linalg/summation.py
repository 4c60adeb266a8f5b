"""Sums of products in Einstein's notation."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.ops.cast import alongside
from lucid.ops.creation import eye
from lucid.recording import primitive


@primitive(promotes="common")
def sum_of_products(xp: Any, *operands: Any, inputs: tuple[str, ...], output: str) -> Any:
    """Return the sum over all letters of ``inputs`` that are not in ``output``; see ``einsum``."""
    return xp.einsum(",".join(inputs) + "->" + output, *operands)


sum_of_products.name = "einsum"  # in messages


@sum_of_products.vjp
def _(xp: Any, g: Any, _out: Any, *operands: Any, inputs: tuple[str, ...], output: str) -> Any:
    def by(i: int) -> Any:
        # The derivative of a sum of products by one factor: the others, with g in its place.
        others = [j for j in range(len(operands)) if j != i]
        known = set(output).union(*(inputs[j] for j in others))
        letters = "".join(a for a in inputs[i] if a in known)
        subscripts = ",".join([output, *(inputs[j] for j in others)]) + "->" + letters
        d = xp.einsum(subscripts, g, *(xp.conj(operands[j]) for j in others))
        # An axis that only this factor had was summed alone: every element gets the same.
        shape = operands[i].shape
        d = xp.reshape(d, tuple(_size_of(d, letters, a) for a in inputs[i]))
        # (A size of one was itself broadcast; the tape sums over it.)
        return xp.broadcast_to(d, tuple(m if n == 1 else n for n, m in zip(shape, d.shape, strict=True)))

    return tuple((lambda i=i: by(i)) for i in range(len(operands)))


def _size_of(d: Any, letters: str, letter: str) -> int:
    return d.shape[letters.index(letter)] if letter in letters else 1


def einsum(subscripts: str, /, *operands: Any) -> Any:
    """Return the sum of products that ``subscripts`` describes, in Einstein's notation.

    Args:
        subscripts: one letter per axis, a group per operand, and after ``->`` the result's
            letters: ``"ij,jk->ik"`` is a matrix product. Letters that the result lacks are
            summed over; a letter twice in a group takes the diagonal; ``...`` stands for
            further axes. Without ``->`` the result has the letters that occur once, sorted.
        operands: one Tensor per group.

    Raises:
        ArgumentError: if groups and operands do not match.
        ShapeError: if a letter stands for axes of different sizes (other than one).

    Example:
        >>> a = lucid.Tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> lucid.einsum("ii->", a)
        Tensor(5.0)
    """
    if not isinstance(subscripts, str):
        raise ArgumentTypeError(f"einsum: subscripts are a string such as 'ij,jk->ik', got {subscripts!r}")
    tensors = alongside(*operands)
    inputs, output = _parse(subscripts, [t.ndim for t in tensors])
    _check_sizes(subscripts, inputs, [t.shape for t in tensors])
    free = (c for c in _LETTERS if not any(c in group for group in inputs))
    groups = []
    for i, group in enumerate(inputs):
        # A letter twice in a group is two letters and an identity matrix between them. So every
        # group is of different letters, and one rule holds for all.
        letters = ""
        for axis, letter in enumerate(group):
            if letter in letters:
                other = next(free)
                tensors.append(eye(tensors[i].shape[axis], dtype=tensors[i].dtype, device=tensors[i].device))
                groups.append(letter + other)
                letter = other
            letters += letter
        inputs[i] = letters
    return sum_of_products(*tensors, inputs=(*inputs, *groups), output=output)


def _check_sizes(subscripts: str, inputs: list[str], shapes: list[tuple[int, ...]]) -> None:
    sizes: dict[str, int] = {}
    for group, shape in zip(inputs, shapes, strict=True):
        for letter, n in zip(group, shape, strict=True):
            known, here = sizes.get(letter, 1), shape[group.index(letter)]
            if n != here or (known != n and 1 not in (known, n)):
                raise ShapeError(
                    f"einsum {subscripts!r}: {letter!r} stands for sizes {known if n == here else here} "
                    f"and {n}, operands have shapes {', '.join(map(str, shapes))}"
                )
            sizes[letter] = n if known == 1 else known


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _parse(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Return the groups and the result's letters, with ``...`` replaced by letters."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    groups = left.split(",")
    if len(groups) != len(ndims):
        raise ArgumentError(f"einsum: {subscripts!r} has {len(groups)} groups for {len(ndims)} operands")
    if any(part.count("...") > 1 for part in (*groups, right)):
        raise ArgumentError(f"einsum: {subscripts!r} has '...' twice in one group: write it once")
    free = [c for c in _LETTERS if c not in subscripts]
    extra = [n - len(g.replace("...", "")) for g, n in zip(groups, ndims, strict=True)]
    longest = max([e for e, g in zip(extra, groups, strict=True) if "..." in g], default=0)
    further = "".join(free[:longest])
    inputs = []
    for group, e, n in zip(groups, extra, ndims, strict=True):
        if e < 0 or (e and "..." not in group):
            raise ArgumentError(
                f"einsum: group {group!r} of {subscripts!r} does not fit an operand of {n} axes"
            )
        inputs.append(group.replace("...", further[longest - e :] if e else ""))
    if arrow:
        output = right.replace("...", further)
    else:
        letters = left.replace("...", "").replace(",", "")
        output = further + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    for letter in output:
        if output.count(letter) > 1 or not any(letter in group for group in inputs):
            raise ArgumentError(
                f"einsum: {letter!r} in the result of {subscripts!r} must occur once, and in an operand"
            )
    for group in inputs:
        if not all(c in _LETTERS for c in group):
            raise ArgumentError(f"einsum: {subscripts!r} may hold letters, ',', '->' and '...' only")
    return inputs, output
