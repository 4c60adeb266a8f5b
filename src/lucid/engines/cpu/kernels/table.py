"""Which fused operations of ``lucid.nn`` and ``lucid.optim`` have a kernel here, and where it stands.

Kernels need Numba, and some of them use oneDNN: both take a while to load. So a file of kernels is imported
when the first of its operations is run on an array that is large enough for it to pay. What cannot be
imported does without: the definition serves.

Environment: ``LUCID_KERNELS=numpy`` turns all kernels off; ``onednn`` or ``numba`` leaves only those.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from lucid.engines.protocol import Kernel
from lucid.errors import ArgumentError

# Below this many elements of the first argument, NumPy is done before a kernel has begun.
SMALLEST = 2048
# What takes NumPy many operations pays sooner: so many times fewer elements do.
SOONER = {"class_entropy": 8}

# name of the fused operation -> file of this folder, with `<name>` and `<name>_vjp` in it. Behind it
# stands what the user calls.
FILES: dict[str, str] = {
    "affine": "linear",  # F.linear
    "activated": "linear",  # F.linear with an activation
    "class_entropy": "loss",  # F.cross_entropy
    "max_pool": "pooling",  # F.max_pool1d to 3d, adaptive too
    "avg_pool": "pooling",  # F.avg_pool1d to 3d, adaptive too
    "table_rows": "embedding",  # F.embedding
    "masked_scale": "masking",  # F.dropout
    "philox": "philox",  # lucid.random
    "attention": "attention",  # F.scaled_dot_product_attention, nn.MultiheadAttention
    "shares": "softmax",  # F.softmax
    "log_shares": "softmax",  # F.log_softmax
    "lstm_sequence": "lstm",  # nn.LSTM
    "gru_sequence": "gru",  # nn.GRU
    "rnn_sequence": "rnn",  # nn.RNN
    "relu": "activation",  # F.relu
    "bent": "activation",  # F.leaky_relu
    "gelu_exact": "activation",  # F.gelu
    "gelu_tanh": "activation",  # F.gelu(x, "tanh")
    "swish": "activation",  # F.silu
    "sigmoid": "activation",  # F.sigmoid
    "tanh": "activation",  # F.tanh
    "sgd": "optimizers",  # optim.SGD
    "adam": "optimizers",  # optim.Adam, optim.AdamW
    "nadam": "optimizers_adam",  # optim.NAdam
    "radam": "optimizers_adam",  # optim.RAdam
    "adamax": "optimizers_adam",  # optim.Adamax
    "lion": "optimizers_adam",  # optim.Lion
    "adagrad": "optimizers_rates",  # optim.Adagrad
    "adadelta": "optimizers_rates",  # optim.Adadelta
    "rmsprop": "optimizers_rates",  # optim.RMSprop
    "rprop": "optimizers_rates",  # optim.Rprop
    "asgd": "optimizers_rates",  # optim.ASGD
    "total_norm": "clipping",  # nn.utils.clip_grad_norm_
    "clipped": "clipping",  # nn.utils.clip_grad_norm_ and clip_grad_value_
    "batch_normalized": "batch_normalization",  # F.batch_norm in training
    "standardized": "batch_normalization",  # F.batch_norm and F.instance_norm in use
    "group_normalized": "batch_normalization",  # F.group_norm, F.instance_norm
    "layer_normalized": "normalization",  # F.layer_norm
    "rms_normalized": "normalization",  # F.rms_norm
}

_found: dict[str, Kernel | None] = {}
_forked = False


def allowed(library: str) -> bool:
    """Whether the kernels of ``library``, ``"onednn"`` or ``"numba"``, may run in this process.

    Raises:
        ArgumentError: if ``LUCID_KERNELS`` is none of its three values.
    """
    chosen = os.environ.get("LUCID_KERNELS") or library
    if chosen not in ("numpy", "onednn", "numba"):
        raise ArgumentError(
            f"the environment variable LUCID_KERNELS is {chosen!r}: set it to numpy, onednn or numba, "
            "or not at all"
        )
    return chosen == library and not (_forked and library == "numba")


def _after_fork() -> None:
    """Do without Numba's kernels: the threads that they would wait for stayed in the parent process."""
    global _forked
    _forked = "numba" in sys.modules
    if _forked:
        for kernel in _found.values():
            if kernel is not None:
                kernel.serves = False  # graphs hold on to it
        _found.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def pays(name: str, size: int) -> bool:
    """Whether an array of ``size`` elements is large enough for the kernel of ``name``."""
    return size >= SMALLEST or size * SOONER.get(name, 1) >= SMALLEST


def find(name: str) -> Kernel | None:
    """Return the kernel of the fused operation ``name``, or None."""
    try:
        return _found[name]
    except KeyError:
        _found[name] = kernel = _load(name)
        return kernel


def _load(name: str) -> Kernel | None:
    file = FILES.get(name)
    if file is None or not allowed("numba"):
        return None
    try:
        module: Any = importlib.import_module(f"lucid.engines.cpu.kernels.{file}")
    except ImportError:
        return None
    vjp: Any = getattr(module, f"{name}_vjp", None)  # an optimizer's step, for one, has none
    return Kernel(getattr(module, name), vjp)
