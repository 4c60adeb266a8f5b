"""What to write in the place of names from PyTorch and NumPy that Lucid spells in another way.

For functions only. A Tensor has no such hints: a ``__getattr__`` on its class would slow every
look-up of its attributes by a fifth of an addition.
"""

from __future__ import annotations

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


def hint(name: str) -> str:
    """Return what to write for ``lucid.name``, as the end of an error message; nothing if it isn't known."""
    return f": write {LUCID[name]}" if name in LUCID else ""
