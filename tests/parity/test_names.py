"""Every name of PyTorch's ``nn`` and ``optim`` is here, with the same arguments in the same order.

What differs is listed: words that stand for other words, names that are spelled in another way, and names
that Lucid has not, with the reason. ``docs/differences.md`` says the same to its readers.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

import lucid.nn as nn
from lucid import optim

torch = pytest.importorskip("torch")
prune = pytest.importorskip("torch.nn.utils.prune")
parametrize = pytest.importorskip("torch.nn.utils.parametrize")

pytestmark = pytest.mark.parity

# Words of arguments. Those of None stand for what no layer needs: there is nothing in place, and PyTorch's
# own successors of `size_average` and `reduce` are here.
WORDS = {
    "input": "x",
    "dim": "axis",
    "start_dim": "start_axis",
    "end_dim": "end_axis",
    "keepdim": "keepdims",
    "inplace": None,
    "out": None,
    "size_average": None,
    "reduce": None,
    "device": None,
    "dtype": None,
    "_stacklevel": None,
    "foreach": None,
    "fused": None,
    "capturable": None,
    "differentiable": None,
    "input1": "x1",
    "input2": "x2",
    "sparse": None,
    "min_value": None,
    "max_value": None,
    "_weight": None,
    "_freeze": None,
}

FAMILIES = {
    "nn": (torch.nn, nn),
    "F": (torch.nn.functional, nn.functional),
    "init": (torch.nn.init, nn.init),
    "utils": (torch.nn.utils, nn.utils),
    "parametrizations": (torch.nn.utils.parametrizations, "nn.utils.parametrizations"),
    "parametrize": (parametrize, "nn.utils.parametrize"),
    "prune": (prune, "nn.utils.prune"),
    "optim": (torch.optim, optim),
    "lr_scheduler": (torch.optim.lr_scheduler, "optim.lr_scheduler"),
    "swa_utils": (torch.optim.swa_utils, "optim.swa_utils"),
}

ABSENT: dict[str, str] = {
    "nn.Container": "deprecated",
    "nn.DataParallel": "there is one device at a time",
    "nn.SyncBatchNorm": "there is one device at a time",
    "nn.NLLLoss2d": "deprecated for NLLLoss",
    "nn.RNNBase": "an implementation's base",
    "nn.RNNCellBase": "an implementation's base",
    "nn.LinearCrossEntropyLoss": "of one release, and marked as one that may change",
    "F.linear_cross_entropy": "of one release, and marked as one that may change",
    **dict.fromkeys(
        ("F.upsample", "F.upsample_bilinear", "F.upsample_nearest"), "deprecated for interpolate"
    ),
    **dict.fromkeys(("F.conv_tbc", "F.native_channel_shuffle"), "private to PyTorch"),
    **dict.fromkeys(
        ("F.grouped_mm", "F.scaled_grouped_mm", "F.scaled_mm"), "products of 8-bit floats on GPUs"
    ),
    **dict.fromkeys(("F.ScalingType", "F.SwizzleType"), "products of 8-bit floats on GPUs"),
    **{
        f"F.{pool}{n}d_with_indices": "return_indices=True says it"
        for pool in ("max_pool", "adaptive_max_pool", "fractional_max_pool")
        for n in (1, 2, 3)
    },
    **dict.fromkeys(("utils.clip_grad_norm",), "deprecated for clip_grad_norm_"),
    **{
        f"utils.convert_conv{n}d_weight_memory_format": "the layout in memory is not the user's to see"
        for n in (2, 3)
    },
    "optim.SparseAdam": "there are no sparse gradients",
    "optim.swap_in_optimizer_params_and_state": "private to PyTorch",
}

MACHINERY = {
    "Tensor",
    "assert_int_or_pair",
    "boolean_dispatch",
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
}

DIFFERENT: dict[str, str] = {
    **dict.fromkeys(("nn.ParameterDict", "nn.ParameterList"), "the argument is called parameters"),
    "F.embedding": "its first argument is called indices",
    **{
        f"{family}.{name}": "axis is -1 where PyTorch guesses, and warns"
        for family, names in {
            "nn": ("Softmax", "LogSoftmax", "Softmin"),
            "F": ("softmax", "log_softmax", "softmin"),
        }.items()
        for name in names
    },
}


OWN = ("parametrizations", "parametrize", "prune", "lr_scheduler", "swa_utils")


def names(family: str) -> Iterator[str]:
    """Yield the public names of a family of PyTorch's: functions and classes that are its own."""
    theirs = FAMILIES[family][0]
    for name, value in sorted(vars(theirs).items()):
        module = getattr(value, "__module__", "") or ""
        if name.startswith("_") or not callable(value) or inspect.ismodule(value):
            continue
        if family == "nn" and not (isinstance(value, type) and issubclass(value, torch.nn.Module)):
            continue
        if family == "F" and (name.endswith("_") or name in MACHINERY):
            continue
        if family == "init" and not name.endswith("_") and name != "calculate_gain":
            continue  # deprecated
        if family in OWN and module != theirs.__name__:
            continue  # imported there from elsewhere
        if module.startswith("torch") and f"{family}.{name}" not in ABSENT:
            yield name


ALL = [(family, name) for family in FAMILIES for name in names(family)]


def find(family: str, name: str) -> Any:
    here = FAMILIES[family][1]
    if isinstance(here, str):
        value: Any = {"nn": nn, "optim": optim}[here.partition(".")[0]]
        for part in here.split(".")[1:]:
            value = getattr(value, part)
        here = value
    return getattr(here, name)


def arguments(function: Any) -> list[inspect.Parameter] | None:
    """Return what a function takes; None where Python can't tell."""
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:
        return None


def by_position(parameters: list[inspect.Parameter]) -> list[str]:
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def same(ours: Any, theirs: Any) -> bool:
    """Whether defaults are the same; functions are where their names are."""
    if callable(ours) and callable(theirs):
        return bool(getattr(ours, "__name__", ours) == getattr(theirs, "__name__", theirs))
    return bool(ours == theirs)


@pytest.mark.parametrize(("family", "name"), ALL, ids=[f"{f}.{n}" for f, n in ALL])
def test_name_and_arguments(family: str, name: str) -> None:
    """The same words with the same defaults; by position those before the first that Lucid hasn't."""
    ours = arguments(find(family, name))
    theirs = arguments(getattr(FAMILIES[family][0], name))
    if ours is None or theirs is None or f"{family}.{name}" in DIFFERENT:
        return
    named = [p for p in theirs if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    defaults = {p.name: p.default for p in ours}
    for p in named:
        word = WORDS.get(p.name, p.name)
        if word is not None:
            assert word in defaults, f"{word} is missing: {list(defaults)}"
            assert same(defaults[word], p.default), f"{word}={defaults[word]!r}, PyTorch's is {p.default!r}"
    order = [WORDS.get(word, word) for word in by_position(named)]
    mine = by_position(ours)
    first = order[: order.index(None)] if None in order else order
    assert mine[: len(first)] == first
    rest = [word for word in order if word is not None]
    assert [word for word in mine if word in rest] == [word for word in rest if word in mine]
