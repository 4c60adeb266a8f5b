"""What to write in the place of names and options that other libraries have and Lucid spells in another way.

For modules, ``nn.Module`` and keyword arguments. A Tensor has no such hints: a ``__getattr__`` on its class
would slow every look-up of its attributes by a fifth of an addition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.errors import MissingAttributeError

LUCID = {
    "array": "Tensor(data)",
    "cat": "lucid.concat(tensors, axis=axis)",
    "concatenate": "lucid.concat(tensors, axis=axis)",
    "from_numpy": "lucid.asarray(array)",
    "as_tensor": "lucid.asarray(data)",
    "unsqueeze": "lucid.expand_dims(x, axis)",
    "permute": "lucid.permute_dims(x, axes)",
    "gather": "lucid.take_along_axis(x, indices, axis=axis)",
    "clamp": "lucid.clip(x, min, max)",
    "cumsum": "lucid.cumulative_sum(x, axis=axis)",
    "mm": "x @ y",
    "bmm": "x @ y",
    "dot": "x @ y",
    "isclose": "lucid.allclose(x, y)",
    "manual_seed": "lucid.random.seed(n)",
    "save": "lucid.io.save(state, path)",
    "load": "lucid.io.load(path)",
    "relu": "lucid.nn.functional.relu(x)",
    "softmax": "lucid.nn.functional.softmax(x, axis)",
}

NN = {
    "DynamicKVCache": "nn.DynamicCache()",
    "StaticKVCache": "nn.StaticCache(max_cache_len)",
    "relu": "nn.ReLU() for a layer, nn.functional.relu(x) for the function",
    "softmax": "nn.Softmax(axis) for a layer, nn.functional.softmax(x, axis) for the function",
}

FUNCTIONAL = {
    "upsample": "F.interpolate(x, size, scale_factor, mode)",
}

OPTIM = {
    "SparseAdam": "optim.Adam(params), as gradients are dense",
}

_TO = "model.to(dtype=lucid.{})"
MODULE = {
    "cuda": 'model.to("xla:gpu")',
    "cpu": 'model.to("cpu")',
    "half": _TO.format("float16"),
    "bfloat16": 'model.to("gpu", "bfloat16"), or lucid.amp.autocast() around the forward',
    "float": _TO.format("float32"),
    "double": _TO.format("float64"),
    "type": "model.to(dtype=dtype)",
    "register_buffer": "self.name = nn.Buffer(data)",
    "register_parameter": "self.name = nn.Parameter(data)",
    "add_module": "self.name = module",
    "register_module": "self.name = module",
}

KEYWORDS = {
    "dim": "write axis=",
    "dims": "write axes, or axis=",
    "keepdim": "write keepdims=",
    "inplace": "Tensors are values: leave inplace out",
    "sparse": "gradients are dense: leave sparse out",
    "foreach": "all parameters are moved at once where a kernel can: leave foreach out",
    "fused": "all parameters are moved at once where a kernel can: leave fused out",
    "capturable": "steps on XLA need no option: leave capturable out",
    "differentiable": "steps are not recorded: leave differentiable out",
    "verbose": "print what get_last_lr() returns: leave verbose out",
}


def hint(name: str) -> str:
    """Return what to write for ``lucid.name``, as the end of an error message; nothing if it isn't known."""
    return in_words(LUCID, name)


def in_words(words: Mapping[str, str], name: str) -> str:
    """Return what ``words`` say to write for ``name``, as the end of an error message; maybe nothing."""
    return f": write {words[name]}" if name in words else ""


def of_keyword(error: BaseException) -> str:
    """Return what to write for the keyword that ``error`` says a function does not take; maybe nothing."""
    _, found, rest = str(error).partition("unexpected keyword argument '")
    return KEYWORDS.get(rest.rstrip("'"), "") if found else ""


# ----------------------------------------------------------------- for __init__.py: imported as __getattr__


def in_nn(name: str) -> Any:
    """Raise the error for ``lucid.nn.name``."""
    raise _missing("lucid.nn", name, NN)


def in_functional(name: str) -> Any:
    """Raise the error for ``lucid.nn.functional.name``."""
    raise _missing("lucid.nn.functional", name, FUNCTIONAL)


def in_optim(name: str) -> Any:
    """Raise the error for ``lucid.optim.name``."""
    raise _missing("lucid.optim", name, OPTIM)


def _missing(module: str, name: str, words: Mapping[str, str]) -> MissingAttributeError:
    return MissingAttributeError(f"module {module!r} has no attribute {name!r}{in_words(words, name)}")
