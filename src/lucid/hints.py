"""What to write in the place of names from PyTorch and NumPy that Lucid spells in another way."""

from __future__ import annotations

TENSOR = {
    "view": "x.reshape(...)",
    "unsqueeze": "x.expand_dims(axis)",
    "permute": "x.permute_dims(...)",
    "expand": "x.broadcast_to(shape)",
    "t": "x.T",
    "cuda": 'x.to("gpu")',
    "cpu": 'x.to("cpu")',
    "float": "x.astype(lucid.float32)",
    "double": "x.astype(lucid.float64)",
    "half": "x.astype(lucid.float16)",
    "int": "x.astype(lucid.int32)",
    "long": "x.astype(lucid.int64)",
    "bool": "x.astype(lucid.bool)",
    "type": "x.astype(dtype)",
    "clone": "x.copy()",
    "data": "x.detach(), or x.copy_(value) under lucid.no_grad() to write",
    "numel": "x.size",
    "dim": "x.ndim",
    "cumsum": "lucid.cumulative_sum(x, axis=axis)",
    "gather": "lucid.take_along_axis(x, indices, axis=axis)",
    "masked_fill": "lucid.where(mask, value, x)",
    "zero_": "x.copy_(0)",
    "fill_": "x.copy_(value)",
    "add_": "x += y",
    "sub_": "x -= y",
    "mul_": "x *= y",
    "div_": "x /= y",
}

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


def hint(name: str, table: dict[str, str]) -> str:
    """Return what to write for ``name``, as the end of an error message; nothing if it isn't known."""
    return f": write {table[name]}" if name in table else ""
