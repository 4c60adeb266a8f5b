"""Transformers: stacks of layers that attend."""

from __future__ import annotations

import copy
import math
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.containers.module_list import ModuleList
from lucid.nn.functional import checks
from lucid.nn.layers.cache import KVCache
from lucid.nn.layers.cache_pair import EncoderDecoderCache, Restoring
from lucid.nn.layers.normalization import LayerNorm
from lucid.nn.layers.transformer_layers import (
    Activation,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from lucid.nn.module import Module
from lucid.ops import full, triu
from lucid.tensor import Tensor


class TransformerEncoder(Module):
    """Let several layers work one after the other.

    Args:
        encoder_layer: a ``TransformerEncoderLayer``, or a Module that is called like one. The layers are
            copies of it: they begin alike, which ``Transformer`` mends by drawing weights anew.
        num_layers: how many.
        norm: a normalisation of the result, or None.
        enable_nested_tensor, mask_check: accepted, and without effect: they choose among ways in which
            PyTorch computes the same.

    Attributes:
        layers: a ``ModuleList`` of the copies.
        norm: the normalisation, or None.

    Shape:
        ``(length, batch, size) -> (length, batch, size)``, or as its layers have it

    Raises:
        ArgumentTypeError: if a layer is no Module.

    Example:
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        >>> encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8))
        >>> encoder(lucid.ones((3, 5, 8))).shape
        (3, 5, 8)

    Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        checks.truth(name, "enable_nested_tensor", enable_nested_tensor)
        checks.truth(name, "mask_check", mask_check)
        self.layers, self.norm = _stack(name, "encoder_layer", encoder_layer, num_layers, norm)
        self.num_layers = len(self.layers)

    def forward(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
        *,
        cache: KVCache | None = None,
    ) -> Any:
        """Return what comes of ``src``; arguments as of ``TransformerEncoderLayer``, for all layers.

        Args:
            src: the vectors.
            mask, src_key_padding_mask: what is left out.
            is_causal: whether each position looks at itself and those before only. None is as False: a
                mask is then looked at, whatever it says.
            cache: keys and values of the positions before ``src``, to which its own are added.
        """
        options = {"src_mask": mask, "src_key_padding_mask": src_key_padding_mask}
        causal = _truth_or_none(type(self).__name__, "is_causal", is_causal)
        y = src
        with Restoring(cache):
            for i, layer in enumerate(self.layers):
                y = layer(y, is_causal=causal, **options, **_cached(cache, i))
            return y if self.norm is None else self.norm(y)


class TransformerDecoder(Module):
    """Let several layers work one after the other, all looking at the same memory.

    Args:
        decoder_layer: a ``TransformerDecoderLayer``, or a Module that is called like one. The layers are
            copies of it: they begin alike, which ``Transformer`` mends by drawing weights anew.
        num_layers: how many.
        norm: a normalisation of the result, or None.

    Attributes:
        layers: a ``ModuleList`` of the copies.
        norm: the normalisation, or None.

    Shape:
        tgt ``(length, batch, size)``, memory ``(other, batch, size) -> (length, batch, size)``, or as its
        layers have it

    Raises:
        ArgumentTypeError: if a layer is no Module.

    Example:
        >>> layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
        >>> decoder, memory = nn.TransformerDecoder(layer, 2).eval(), lucid.ones((3, 7, 8))
        >>> x, cache = lucid.ones((3, 5, 8)), nn.EncoderDecoderCache()
        >>> first, rest = decoder(x[:, :4], memory, cache=cache), decoder(x[:, 4:], memory, cache=cache)
        >>> whole = decoder(x, memory, tgt_is_causal=True)
        >>> lucid.allclose(rest, whole[:, 4:], atol=1e-5)
        True

    Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        name = type(self).__name__
        self.layers, self.norm = _stack(name, "decoder_layer", decoder_layer, num_layers, norm)
        self.num_layers = len(self.layers)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
        *,
        cache: KVCache | EncoderDecoderCache | None = None,
    ) -> Any:
        """Return what comes of ``tgt``; arguments as of ``TransformerDecoderLayer``, for all layers.

        Args:
            tgt: the vectors.
            memory: those of the other sequence.
            tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask: what is left out.
            tgt_is_causal: whether each position looks at itself and those before only. None is as False: a
                mask is then looked at, whatever it says.
            memory_is_causal: the same of the memory.
            cache: keys and values of the positions before ``tgt``, to which its own are added; an
                ``nn.EncoderDecoderCache`` for those of ``memory``, too.
        """
        name = type(self).__name__
        options = {
            "tgt_mask": tgt_mask,
            "memory_mask": memory_mask,
            "tgt_key_padding_mask": tgt_key_padding_mask,
            "memory_key_padding_mask": memory_key_padding_mask,
            "tgt_is_causal": _truth_or_none(name, "tgt_is_causal", tgt_is_causal),
            "memory_is_causal": checks.truth(name, "memory_is_causal", memory_is_causal),
        }
        y = tgt
        with Restoring(cache):
            for i, layer in enumerate(self.layers):
                y = layer(y, memory, **options, **_cached(cache, i))
            return y if self.norm is None else self.norm(y)


class Transformer(Module):
    """Read one sequence and write another: an encoder, and a decoder that looks at what it gives.

    Matrices begin as in Glorot and Bengio's paper.

    Args:
        d_model: the size of the vectors.
        nhead: how many heads each attention has.
        num_encoder_layers, num_decoder_layers: how many layers.
        dim_feedforward: the size of the vectors between the two linear maps of a layer.
        dropout: the probability of being left out, as in ``TransformerEncoderLayer``.
        activation: the function between the linear maps: a name that ``nn.Linear`` takes, or a function.
        custom_encoder, custom_decoder: Modules in the place of those that are made by default, or None.
        layer_norm_eps: ``eps`` of the normalisations.
        batch_first: whether a batch is ``(batch, length, size)``; by default it is ``(length, batch, size)``.
        norm_first: whether what goes into each part of a layer is normalised, and not the sums.
        bias: whether linear maps and normalisations shift.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        encoder: the ``TransformerEncoder``, with a ``LayerNorm`` at its end.
        decoder: the ``TransformerDecoder``, with a ``LayerNorm`` at its end.

    Shape:
        src ``(other, batch, d_model)``, tgt ``(length, batch, d_model) -> (length, batch, d_model)``, or
        all without the axis of the batch

    Raises:
        ArgumentError: if a size is not positive, or the heads do not divide ``d_model`` evenly.
        ShapeError: if shapes do not fit.

    Example:
        >>> model = nn.Transformer(8, 2, 1, 1, 16)
        >>> src, tgt = lucid.ones((7, 3, 8)), lucid.ones((5, 3, 8))
        >>> model(src, tgt, tgt_is_causal=True).shape
        (5, 3, 8)

    Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.d_model, self.nhead = checks.size(name, "d_model", d_model), checks.size(name, "nhead", nhead)
        self.batch_first = checks.truth(name, "batch_first", batch_first)
        options = (d_model, nhead, dim_feedforward, dropout, activation)
        rest = (layer_norm_eps, batch_first, norm_first, bias)
        place: dict[str, Any] = {"device": device, "dtype": dtype}

        def made(layer: Any, stack: Any, count: int) -> Any:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
            return stack(layer(*options, *rest, **place), count, norm)

        self.encoder = (
            made(TransformerEncoderLayer, TransformerEncoder, num_encoder_layers)
            if custom_encoder is None
            else _module(name, "custom_encoder", custom_encoder)
        )
        self.decoder = (
            made(TransformerDecoderLayer, TransformerDecoder, num_decoder_layers)
            if custom_decoder is None
            else _module(name, "custom_decoder", custom_decoder)
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new matrices, also those of a custom encoder or decoder; other parameters stay as they are."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """Return the decoder's result for ``tgt``, which looks at the encoder's for ``src``.

        To write a sequence step by step, call ``encoder`` once, and ``decoder`` with an
        ``nn.EncoderDecoderCache``.

        Args:
            src, tgt: the vectors of the sequence that is read, and of the one that is written.
            src_mask, tgt_mask, memory_mask: which keys are left out for which queries: of the encoder, of the
                decoder, and where the decoder looks at what was read.
            src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask: which keys are there only to
                fill up.
            src_is_causal, tgt_is_causal, memory_is_causal: whether each position looks at itself and those
                before only. This needs no mask; one that is given is then taken to say the same.
        """
        name = type(self).__name__
        for argument, x in (("src", src), ("tgt", tgt)):
            if not isinstance(x, Tensor):
                raise ArgumentTypeError(f"{name} expects {argument} to be a Tensor, got {type(x).__name__}")
        for x in (src, tgt):
            if x.ndim not in (2, 3) or x.shape[-1] != self.d_model or x.ndim != src.ndim:
                raise ShapeError(
                    f"{name} expects src and tgt of 3 axes, or 2 without a batch, the last of size "
                    f"{self.d_model} (d_model), got {src.shape} and {tgt.shape}"
                )
        axis = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[axis] != tgt.shape[axis]:
            raise ShapeError(
                f"{name} expects batches of one size in axis {axis} (batch_first={self.batch_first}), "
                f"got src {src.shape} and tgt {tgt.shape}"
            )
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, *, device: str | None = None, dtype: Any = None) -> Tensor:
        """Return a mask that leaves out what comes after: 0 where a key takes part, and -inf where not.

        ``is_causal=True`` says the same, and computes only what takes part.

        Args:
            sz: how many positions there are.
            device, dtype: of the mask; by default the CPU and float32.

        Shape:
            ``(sz, sz)``

        Example:
            >>> nn.Transformer.generate_square_subsequent_mask(2)
            Tensor([[ 0.0, -inf],
                    [ 0.0,  0.0]])
        """
        sz = checks.size("generate_square_subsequent_mask", "sz", sz)
        kind = "float32" if dtype is None else dtype
        mask: Tensor = triu(full((sz, sz), -math.inf, dtype=kind, device=device), k=1)
        return mask


# ----------------------------------------------------------------- what both stacks have


def _module(name: str, which: str, value: Any) -> Module:
    """Return ``value``, which must be a Module."""
    if not isinstance(value, Module):
        kind = value.__name__ if isinstance(value, type) else type(value).__name__
        raise ArgumentTypeError(f"{name} expects {which} to be a Module, got {kind}")
    return value


def _stack(name: str, which: str, layer: Any, count: Any, norm: Any) -> tuple[ModuleList, Module | None]:
    """Return copies of ``layer``, and the normalisation."""
    _module(name, which, layer)
    if checks.integer(name, "num_layers", count) < 0:
        raise ArgumentError(f"{name} expects num_layers to be at least 0, got {count}")
    if norm is not None:
        _module(name, "norm", norm)
    return ModuleList([copy.deepcopy(layer) for _ in range(count)]), norm


def _cached(cache: Any, layer: int) -> dict[str, Any]:
    """Return what tells layer number ``layer`` of a cache; nothing to one that may know of none."""
    return {} if cache is None else {"cache": cache, "layer_idx": layer}


def _truth_or_none(name: str, which: str, value: Any) -> bool:
    """Return ``value``, which must be True or False, or None as False."""
    return value is not None and checks.truth(name, which, value)
