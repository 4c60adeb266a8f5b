"""What layers that read sequences have in common. Read next: ``recurrent.py``."""

from __future__ import annotations

import math
import warnings
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.recurrent import checked_sizes
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.nn.utils.rnn import PackedSequence
from lucid.ops import concat, empty, permute_dims, reshape, stack, take, unstack, zeros
from lucid.tensor import Tensor


class RNNBase(Module):
    """What ``RNN``, ``GRU`` and ``LSTM`` have in common: layers above one another, in one or two directions.

    A subclass says how many rows of weights there are for each hidden unit, and runs one
    layer in one direction in ``_run``.
    """

    gates: int

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        proj_size: int,
        device: str | None,
        dtype: Any,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.input_size = checks.size(name, "input_size", input_size)
        self.hidden_size = checks.size(name, "hidden_size", hidden_size)
        self.num_layers = checks.size(name, "num_layers", num_layers)
        self.bias = checks.truth(name, "bias", bias)
        self.batch_first = checks.truth(name, "batch_first", batch_first)
        self.dropout = checks.number(name, "dropout", dropout, 0, 1)
        self.bidirectional = checks.truth(name, "bidirectional", bidirectional)
        self.proj_size = checks.integer(name, "proj_size", proj_size)
        if not 0 <= self.proj_size < self.hidden_size:
            raise ArgumentError(
                f"{name} expects proj_size from 0 (no projection) to less than hidden_size, "
                f"{hidden_size}, got {proj_size}"
            )
        if self.dropout and self.num_layers == 1:
            warnings.warn(
                f"{name}: dropout={dropout} acts between layers, and num_layers is 1: nothing is dropped",
                stacklevel=3,
            )
        size = self.proj_size or self.hidden_size  # of what a layer gives out
        rows = self.gates * self.hidden_size
        for layer in range(self.num_layers):
            below = self.input_size if layer == 0 else size * self._directions
            for suffix in self._suffixes(layer):
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, below), "weight_hh": (rows, size)}
                if self.bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if self.proj_size:
                    shapes["weight_hr"] = (size, self.hidden_size)
                for kind, shape in shapes.items():
                    parameter = Parameter(empty(shape, dtype=dtype, device=device))
                    setattr(self, f"{kind}_{suffix}", parameter)
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _suffixes(self, layer: int) -> list[str]:
        return [f"l{layer}", f"l{layer}_reverse"][: self._directions]

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: for programs written for PyTorch, where it lays weights out for a GPU."""

    def _weights(self, suffix: str) -> list[Any]:
        """Return the weights of one layer and direction; None where it has none."""
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return [getattr(self, f"{kind}_{suffix}") if self._has(kind) else None for kind in kinds]

    def _has(self, kind: str) -> bool:
        return self.bias or kind.startswith("weight")

    def _run(
        self, rows: Any, state: list[Any], suffix: str, batch_sizes: tuple[int, ...], reverse: bool
    ) -> tuple[Any, ...]:
        """Return the rows that one layer gives out in one direction, and its last state."""
        raise NotImplementedError

    def _state_sizes(self) -> list[int]:
        """Return how many features each part of the state has."""
        return [self.hidden_size]

    def _forward(self, x: Any, state: tuple[Any, ...] | None) -> tuple[Any, list[Any]]:
        name = type(self).__name__
        packed = isinstance(x, PackedSequence)
        data = x.data if packed else x
        if not isinstance(data, Tensor):
            raise ArgumentTypeError(
                f"{name} expects a Tensor or a PackedSequence, got {type(x).__name__}: "
                "write lucid.asarray(...) around it"
            )
        if data.ndim not in ((2,) if packed else (2, 3)) or data.shape[-1] != self.input_size:
            axes = "(N, T, {0})" if self.batch_first else "(T, N, {0})"
            form = "packed rows of {0}" if packed else f"x of shape {axes} or (T, {{0}})"
            raise ShapeError(
                f"{name} expects {form.format(self.input_size)} (input_size), got shape {data.shape}"
            )
        batched = packed or data.ndim == 3
        if packed:
            rows, order = data, x.sorted_indices
            batch_sizes = checked_sizes(name, x.batch_sizes, data.shape[0])
            count = batch_sizes[0]
        else:
            if not batched:
                data = data[:, None]
            elif self.batch_first:
                data = permute_dims(data, (1, 0, 2))
            times, count, _ = data.shape
            if times == 0:
                raise ShapeError(f"{name} expects sequences of at least one time, got shape {x.shape}")
            rows, batch_sizes, order = (
                reshape(data, (times * count, -1 if count else data.shape[2])),
                (count,) * times,
                None,
            )

        parts = self._initial(state, data, count, batched)
        if order is not None:
            parts = [take(part, order, axis=1) for part in parts]
        initial = list(zip(*map(unstack, parts), strict=True))
        final: list[tuple[Any, ...]] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                start = list(initial[len(final)])
                output, *last = self._run(rows, start, suffix, batch_sizes, direction == 1)
                outputs.append(output)
                final.append(tuple(last))
            rows = outputs[0] if len(outputs) == 1 else concat(outputs, axis=-1)
            if self.dropout and self.training and layer + 1 < self.num_layers:
                rows = F.dropout(rows, self.dropout)

        parts = [stack(part) for part in zip(*final, strict=True)]
        if packed:
            if x.unsorted_indices is not None:
                parts = [take(part, x.unsorted_indices, axis=1) for part in parts]
            return PackedSequence(rows, *x[1:]), parts
        rows = reshape(rows, (len(batch_sizes), count, rows.shape[-1]))
        if not batched:
            return rows[:, 0], [part[:, 0] for part in parts]
        return permute_dims(rows, (1, 0, 2)) if self.batch_first else rows, parts

    def _initial(self, state: tuple[Any, ...] | None, data: Any, count: int, batched: bool) -> list[Any]:
        """Return the parts of the first state, ``(layers * directions, N, features)``; zeros by default."""
        layers = self.num_layers * self._directions
        sizes = self._state_sizes()
        if state is None:
            return [zeros((layers, count, size), dtype=data.dtype, device=data.device) for size in sizes]
        parts = []
        for part, size in zip(state, sizes, strict=True):
            part = checks.floating(type(self).__name__, "hx", part, data)
            expected = (layers, count, size) if batched else (layers, size)
            if part.shape != expected:
                axes = "num_layers" if self._directions == 1 else "2 * num_layers"
                axes += ", N, " if batched else ", "
                axes += "hidden_size" if size == self.hidden_size else "proj_size"
                first = ", also with batch_first" if self.batch_first and batched else ""
                raise ShapeError(
                    f"{type(self).__name__} expects a state of shape {expected}, got {part.shape}: "
                    f"its axes are ({axes}){first}"
                )
            parts.append(part if batched else part[:, None])
        return parts

    def extra_repr(self) -> str:
        options = {
            "num_layers": (self.num_layers, 1),
            "bias": (self.bias, True),
            "batch_first": (self.batch_first, False),
            "dropout": (self.dropout, 0.0),
            "bidirectional": (self.bidirectional, False),
            "proj_size": (self.proj_size, 0),
        }
        shown = [f"{key}={value}" for key, (value, default) in options.items() if value != default]
        return ", ".join([f"{self.input_size} -> {self.hidden_size}", *shown])
