"""Layers that read sequences, one time after the other."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentTypeError
from lucid.nn.functional import checks
from lucid.nn.functional.recurrent import NONLINEARITIES, gru_sequence, lstm_sequence, rnn_sequence
from lucid.nn.layers.recurrent_base import RNNBase


class LSTM(RNNBase):
    r"""Long short-term memory: layers that read sequences, and have gates for what to keep of them.

    .. math::
        i_t, f_t, g_t, o_t &= \text{the four parts of } W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh} \\
        c_t &= \sigma(f_t) \, c_{t-1} + \sigma(i_t) \tanh(g_t) \\
        h_t &= \sigma(o_t) \tanh(c_t)

    A layer above another reads its ``h``. With ``proj_size``, ``h`` is projected: :math:`W_{hr} h_t`.
    All parameters begin uniform in :math:`\pm 1 / \sqrt{\text{hidden\_size}}`.

    Args:
        input_size: the number of features of what is read.
        hidden_size: the number of features of the state.
        num_layers: how many layers stand one above the other.
        bias: whether there are biases.
        batch_first: whether sequences come as ``(N, T, features)``; the state does not.
        dropout: the probability with which the output of each layer but the last is left out in training.
        bidirectional: whether to read from the last time to the first as well; outputs are joined.
        proj_size: the number of features to which ``h`` is projected; 0 for no projection.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight_ih_l0: Parameter of shape ``(4 * hidden_size, input_size)``, for i, f, g and o. In layers
            above, the input is the output below. ``_reverse`` is added for the other direction.
        weight_hh_l0: Parameter of shape ``(4 * hidden_size, hidden_size)``, or ``proj_size`` columns.
        bias_ih_l0, bias_hh_l0: Parameters of shape ``(4 * hidden_size,)``.
        weight_hr_l0: Parameter of shape ``(proj_size, hidden_size)``, with a projection.

    Shape:
        ``(T, N, input_size) -> (T, N, D * H), ((L * D, N, H), (L * D, N, hidden_size))``, where ``L`` is
        num_layers, ``D`` is 2 if bidirectional and else 1, ``H`` is proj_size or hidden_size. The axis
        ``N`` may be left out. Sequences of unequal lengths come as a ``PackedSequence``, of
        ``nn.utils.rnn.pack_padded_sequence`` for one, and so does the output then.

    Raises:
        ArgumentError: if a size or probability is none.
        ShapeError: if input or state have other sizes.

    Example:
        >>> layer = nn.LSTM(10, 20, num_layers=2)
        >>> output, (h, c) = layer(lucid.zeros((5, 3, 10)))
        >>> output.shape, h.shape, c.shape
        ((5, 3, 20), (2, 3, 20), (2, 3, 20))

    Hochreiter and Schmidhuber, Long Short-Term Memory, 1997. Sak et al., Long Short-Term Memory Based
    Recurrent Neural Network Architectures for Large Vocabulary Speech Recognition, 2014 (projection).
    """

    gates = 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def forward(self, x: Any, hx: Any = None) -> tuple[Any, tuple[Any, Any]]:
        """Return ``h`` of all times, and the last ``h`` and ``c`` of each layer and direction.

        Args:
            x: sequences, a Tensor or a ``PackedSequence``; the output is of the same kind.
            hx: the first ``h`` and ``c``, a tuple; by default zeros.
        """
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise ArgumentTypeError(f"LSTM expects hx to be a tuple (h, c), got {type(hx).__name__}")
        output, (h, c) = self._forward(x, None if hx is None else tuple(hx))
        return output, (h, c)

    def _state_sizes(self) -> list[int]:
        return [self.proj_size or self.hidden_size, self.hidden_size]

    def _run(
        self, rows: Any, state: list[Any], suffix: str, batch_sizes: tuple[int, ...], reverse: bool
    ) -> tuple[Any, ...]:
        projection = getattr(self, f"weight_hr_{suffix}") if self.proj_size else None
        arguments = (rows, *state, *self._weights(suffix), projection)
        result: tuple[Any, ...] = lstm_sequence(*arguments, batch_sizes=batch_sizes, reverse=reverse)
        return result


class GRU(RNNBase):
    r"""Gated recurrent units: layers that read sequences, with two gates and one state.

    .. math::
        r_t &= \sigma(W_{ir} x_t + b_{ir} + W_{hr} h_{t-1} + b_{hr}) \\
        z_t &= \sigma(W_{iz} x_t + b_{iz} + W_{hz} h_{t-1} + b_{hz}) \\
        n_t &= \tanh(W_{in} x_t + b_{in} + r_t \, (W_{hn} h_{t-1} + b_{hn})) \\
        h_t &= (1 - z_t) \, n_t + z_t \, h_{t-1}

    All parameters begin uniform in :math:`\pm 1 / \sqrt{\text{hidden\_size}}`.

    Args:
        input_size: the number of features of what is read.
        hidden_size: the number of features of the state.
        num_layers: how many layers stand one above the other.
        bias: whether there are biases.
        batch_first: whether sequences come as ``(N, T, features)``; the state does not.
        dropout: the probability with which the output of each layer but the last is left out in training.
        bidirectional: whether to read from the last time to the first as well; outputs are joined.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight_ih_l0: Parameter of shape ``(3 * hidden_size, input_size)``, for r, z and n. In layers
            above, the input is the output below. ``_reverse`` is added for the other direction.
        weight_hh_l0: Parameter of shape ``(3 * hidden_size, hidden_size)``.
        bias_ih_l0, bias_hh_l0: Parameters of shape ``(3 * hidden_size,)``.

    Shape:
        ``(T, N, input_size) -> (T, N, D * hidden_size), (L * D, N, hidden_size)``, where ``L`` is
        num_layers and ``D`` is 2 if bidirectional and else 1. The axis ``N`` may be left out.

    Raises:
        ArgumentError: if a size or probability is none.
        ShapeError: if input or state have other sizes.

    Example:
        >>> layer = nn.GRU(10, 20, bidirectional=True)
        >>> output, h = layer(lucid.zeros((5, 3, 10)))
        >>> output.shape, h.shape
        ((5, 3, 40), (2, 3, 20))

    Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    def forward(self, x: Any, hx: Any = None) -> tuple[Any, Any]:
        """Return ``h`` of all times, and the last ``h`` of each layer and direction.

        Args:
            x: sequences, a Tensor or a ``PackedSequence``; the output is of the same kind.
            hx: the first ``h``; by default zeros.
        """
        output, (h,) = self._forward(x, None if hx is None else (hx,))
        return output, h

    def _run(
        self, rows: Any, state: list[Any], suffix: str, batch_sizes: tuple[int, ...], reverse: bool
    ) -> tuple[Any, ...]:
        arguments = (rows, *state, *self._weights(suffix))
        result: tuple[Any, ...] = gru_sequence(*arguments, batch_sizes=batch_sizes, reverse=reverse)
        return result


class RNN(RNNBase):
    r"""Simple recurrence: layers that read sequences, without gates.

    .. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    All parameters begin uniform in :math:`\pm 1 / \sqrt{\text{hidden\_size}}`.

    Args:
        input_size: the number of features of what is read.
        hidden_size: the number of features of the state.
        num_layers: how many layers stand one above the other.
        nonlinearity: ``"tanh"``, or ``"relu"`` in its place.
        bias: whether there are biases.
        batch_first: whether sequences come as ``(N, T, features)``; the state does not.
        dropout: the probability with which the output of each layer but the last is left out in training.
        bidirectional: whether to read from the last time to the first as well; outputs are joined.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight_ih_l0: Parameter of shape ``(hidden_size, input_size)``. In layers above, the input is the
            output below. ``_reverse`` is added for the other direction.
        weight_hh_l0: Parameter of shape ``(hidden_size, hidden_size)``.
        bias_ih_l0, bias_hh_l0: Parameters of shape ``(hidden_size,)``.

    Shape:
        ``(T, N, input_size) -> (T, N, D * hidden_size), (L * D, N, hidden_size)``, where ``L`` is
        num_layers and ``D`` is 2 if bidirectional and else 1. The axis ``N`` may be left out.

    Raises:
        ArgumentError: if a size or probability is none, or there is no such nonlinearity.
        ShapeError: if input or state have other sizes.

    Example:
        >>> output, h = nn.RNN(10, 20, nonlinearity="relu")(lucid.zeros((5, 3, 10)))
        >>> output.shape, h.shape
        ((5, 3, 20), (1, 3, 20))

    Elman, Finding Structure in Time, 1990.
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        checks.one_of("RNN", "nonlinearity", nonlinearity, NONLINEARITIES)
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.nonlinearity = nonlinearity

    def forward(self, x: Any, hx: Any = None) -> tuple[Any, Any]:
        """Return ``h`` of all times, and the last ``h`` of each layer and direction.

        Args:
            x: sequences, a Tensor or a ``PackedSequence``; the output is of the same kind.
            hx: the first ``h``; by default zeros.
        """
        output, (h,) = self._forward(x, None if hx is None else (hx,))
        return output, h

    def _run(
        self, rows: Any, state: list[Any], suffix: str, batch_sizes: tuple[int, ...], reverse: bool
    ) -> tuple[Any, ...]:
        result: tuple[Any, ...] = rnn_sequence(
            rows,
            *state,
            *self._weights(suffix),
            nonlinearity=self.nonlinearity,
            batch_sizes=batch_sizes,
            reverse=reverse,
        )
        return result

    def extra_repr(self) -> str:
        shown = super().extra_repr()
        return shown if self.nonlinearity == "tanh" else f"{shown}, nonlinearity={self.nonlinearity!r}"
