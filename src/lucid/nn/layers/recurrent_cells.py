"""One step of recurrence, as layers: for loops over time of one's own."""

from __future__ import annotations

import math
from typing import Any

from lucid.errors import ArgumentTypeError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.recurrent import NONLINEARITIES
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import empty, zeros
from lucid.tensor import Tensor


class RNNCellBase(Module):
    """What the cells have in common: two weights and two biases."""

    gates: int

    def __init__(self, input_size: int, hidden_size: int, bias: bool, device: str | None, dtype: Any) -> None:
        super().__init__()
        name = type(self).__name__
        self.input_size = checks.size(name, "input_size", input_size)
        self.hidden_size = checks.size(name, "hidden_size", hidden_size)
        self.bias = checks.truth(name, "bias", bias)
        rows = self.gates * self.hidden_size
        self.weight_ih = Parameter(empty((rows, self.input_size), dtype=dtype, device=device))
        self.weight_hh = Parameter(empty((rows, self.hidden_size), dtype=dtype, device=device))
        self.bias_ih = Parameter(empty(rows, dtype=dtype, device=device)) if self.bias else None
        self.bias_hh = Parameter(empty(rows, dtype=dtype, device=device)) if self.bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _weights(self) -> tuple[Any, Any, Any, Any]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _check(self, x: Any) -> Any:
        """Return zeros for the state, if ``x`` is an input for this cell."""
        name = type(self).__name__
        if not isinstance(x, Tensor):
            raise ArgumentTypeError(
                f"{name} expects a Tensor, got {type(x).__name__}: write lucid.asarray(...) around it"
            )
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"{name} expects x of shape (N, {self.input_size}) or ({self.input_size},) (input_size), "
                f"got shape {x.shape}"
            )
        return zeros((*x.shape[:-1], self.hidden_size), dtype=x.dtype, device=x.device)

    def extra_repr(self) -> str:
        return f"{self.input_size} -> {self.hidden_size}" + ("" if self.bias else ", bias=False")


class LSTMCell(RNNCellBase):
    r"""One step of long short-term memory; see ``F.lstm_cell`` for the formula, ``nn.LSTM`` for many.

    All parameters begin uniform in :math:`\pm 1 / \sqrt{\text{hidden\_size}}`.

    Args:
        input_size: the number of features of what is read.
        hidden_size: the number of features of the state.
        bias: whether there are biases.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight_ih: Parameter of shape ``(4 * hidden_size, input_size)``, for i, f, g and o.
        weight_hh: Parameter of shape ``(4 * hidden_size, hidden_size)``.
        bias_ih, bias_hh: Parameters of shape ``(4 * hidden_size,)``, or None.

    Shape:
        ``(N, input_size) -> (N, hidden_size), (N, hidden_size)``. The axis ``N`` may be left out.

    Raises:
        ArgumentError: if a size is not positive.
        ShapeError: if input or state have other sizes.

    Example:
        >>> h, c = nn.LSTMCell(10, 20)(lucid.zeros((3, 10)))
        >>> h.shape, c.shape
        ((3, 20), (3, 20))

    Hochreiter and Schmidhuber, Long Short-Term Memory, 1997.
    """

    gates = 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)

    def forward(self, x: Any, hx: Any = None) -> tuple[Any, Any]:
        """Return the next ``h`` and ``c``; ``hx`` is a tuple of those before, by default zeros."""
        zero = self._check(x)
        result: tuple[Any, Any] = F.lstm_cell(x, (zero, zero) if hx is None else hx, *self._weights())
        return result


class GRUCell(RNNCellBase):
    r"""One step of a gated recurrent unit; see ``F.gru_cell`` for the formula, ``nn.GRU`` for many.

    All parameters begin uniform in :math:`\pm 1 / \sqrt{\text{hidden\_size}}`.

    Args:
        input_size: the number of features of what is read.
        hidden_size: the number of features of the state.
        bias: whether there are biases.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight_ih: Parameter of shape ``(3 * hidden_size, input_size)``, for r, z and n.
        weight_hh: Parameter of shape ``(3 * hidden_size, hidden_size)``.
        bias_ih, bias_hh: Parameters of shape ``(3 * hidden_size,)``, or None.

    Shape:
        ``(N, input_size) -> (N, hidden_size)``. The axis ``N`` may be left out.

    Raises:
        ArgumentError: if a size is not positive.
        ShapeError: if input or state have other sizes.

    Example:
        >>> nn.GRUCell(10, 20)(lucid.zeros((3, 10))).shape
        (3, 20)

    Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)

    def forward(self, x: Any, hx: Any = None) -> Any:
        """Return the next state; ``hx`` is the one before, by default zeros."""
        zero = self._check(x)
        return F.gru_cell(x, zero if hx is None else hx, *self._weights())


class RNNCell(RNNCellBase):
    r"""One step of simple recurrence; see ``F.rnn_cell`` for the formula, ``nn.RNN`` for many.

    All parameters begin uniform in :math:`\pm 1 / \sqrt{\text{hidden\_size}}`.

    Args:
        input_size: the number of features of what is read.
        hidden_size: the number of features of the state.
        bias: whether there are biases.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight_ih: Parameter of shape ``(hidden_size, input_size)``.
        weight_hh: Parameter of shape ``(hidden_size, hidden_size)``.
        bias_ih, bias_hh: Parameters of shape ``(hidden_size,)``, or None.

    Shape:
        ``(N, input_size) -> (N, hidden_size)``. The axis ``N`` may be left out.

    Raises:
        ArgumentError: if a size is not positive, or there is no such nonlinearity.
        ShapeError: if input or state have other sizes.

    Example:
        >>> nn.RNNCell(10, 20)(lucid.zeros((3, 10))).shape
        (3, 20)

    Elman, Finding Structure in Time, 1990.
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        checks.one_of("RNNCell", "nonlinearity", nonlinearity, NONLINEARITIES)
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, x: Any, hx: Any = None) -> Any:
        """Return the next state; ``hx`` is the one before, by default zeros."""
        zero = self._check(x)
        return F.rnn_cell(x, zero if hx is None else hx, *self._weights(), nonlinearity=self.nonlinearity)

    def extra_repr(self) -> str:
        shown = super().extra_repr()
        return shown if self.nonlinearity == "tanh" else f"{shown}, nonlinearity={self.nonlinearity!r}"
