"""Groups of parameters by their names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn.module import Module


def param_groups(
    model: Module | Iterable[tuple[str, Any]],
    options: Mapping[str | tuple[str, ...], Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Sort parameters into groups by patterns of their names, for any optimizer.

    A pattern is a name in which ``*`` stands for any letters, dots too, ``?`` for one letter and
    ``[ab]`` for one of these. The first pattern that fits a name decides.

    Args:
        model: whose parameters to sort; or its ``named_parameters()``, or some of them.
        options: a pattern, or a tuple of patterns for one group, with the options of that group.

    Returns:
        A list of groups: first the parameters that no pattern fits, which get the optimizer's own
        options (left out if there are none), then one for each pattern.

    Raises:
        ArgumentError: if a pattern fits no name, or only names that an earlier pattern takes.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3), nn.Linear(3, 1))
        >>> groups = lucid.optim.param_groups(model, {
        ...     ("*.bias", "1.*"): {"weight_decay": 0.0},
        ...     "2.*": {"lr": 1e-4},
        ... })
        >>> for group in lucid.optim.AdamW(groups, lr=1e-3).param_groups:
        ...     print(group["param_names"], group["lr"], group["weight_decay"])
        ['0.weight'] 0.001 0.01
        ['0.bias', '1.weight', '1.bias', '2.bias'] 0.001 0.0
        ['2.weight'] 0.0001 0.01
    """
    try:
        parameters = dict(model.named_parameters() if isinstance(model, Module) else model)
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            "param_groups expects a module, or pairs of names and parameters as model.named_parameters() "
            f"gives, got {type(model).__name__}"
        ) from error
    if not isinstance(options, Mapping):
        raise ArgumentTypeError(
            f'param_groups expects a dict such as {{"*.bias": {{"weight_decay": 0.0}}}}, got {options!r}'
        )
    groups: list[dict[str, Any]] = []
    left = dict(parameters)
    for key, chosen in options.items():
        if not isinstance(chosen, Mapping) or {"params", "param_names"} & chosen.keys():
            raise ArgumentTypeError(
                f"param_groups expects a dict of an optimizer's options for {key!r}, got {chosen!r}"
            )
        found: set[str] = set()
        for pattern in key if isinstance(key, tuple) else (key,):
            found |= _fitting(pattern, parameters, left)
        group = [(name, p) for name, p in left.items() if name in found]
        left = {name: p for name, p in left.items() if name not in found}
        groups.append({"params": group, **chosen})
    return [{"params": list(left.items())}, *groups] if left else groups


def _fitting(pattern: Any, parameters: Iterable[str], left: Iterable[str]) -> set[str]:
    """Return the names of ``left`` that fit; raise if none does."""
    if not isinstance(pattern, str):
        raise ArgumentTypeError(f"param_groups expects patterns to be str, got {pattern!r}")
    found = {name for name in left if fnmatchcase(name, pattern)}
    if found:
        return found
    taken = [name for name in parameters if fnmatchcase(name, pattern)]
    if taken:
        raise ArgumentError(
            f"param_groups: all that {pattern!r} fits, such as {taken[0]!r}, goes to an earlier pattern: "
            "put this one before it"
        )
    names = list(parameters)
    close = difflib.get_close_matches(pattern, names, 3, 0.4) or names[:3]
    listed = f": close names are {', '.join(map(repr, close))}" if close else ", as there are no parameters"
    raise ArgumentError(f"param_groups: no parameter's name fits {pattern!r}{listed}")
