"""The layers that a transformer is a stack of: attention and two linear maps, each with a way past it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.linear import ACTIVATIONS
from lucid.nn.layers.attention import MultiheadAttention
from lucid.nn.layers.cache import KVCache
from lucid.nn.layers.cache_pair import EncoderDecoderCache, Restoring
from lucid.nn.layers.dropout import Dropout
from lucid.nn.layers.linear import Linear
from lucid.nn.layers.normalization import LayerNorm
from lucid.nn.layers.positional import RotaryEmbedding
from lucid.nn.module import Module
from lucid.tensor import Tensor

Activation = str | Callable[[Any], Any]

# These have a name, by which a linear map computes them in one operation with itself.
_NAMED = ((F.relu, "relu"), (F.gelu, "gelu"), (F.silu, "silu"), (F.sigmoid, "sigmoid"), (F.tanh, "tanh"))


class TransformerEncoderLayer(Module):
    r"""Let each position look at all, and then think for itself.

    .. math::
        h = \operatorname{norm}_1(x + \operatorname{attention}(x)), \quad
        y = \operatorname{norm}_2(h + W_2 \, f(W_1 h))

    or, with ``norm_first``,

    .. math::
        h = x + \operatorname{attention}(\operatorname{norm}_1(x)), \quad
        y = h + W_2 \, f(W_1 \operatorname{norm}_2(h))

    With ``is_causal``, it is the layer of a decoder that has nothing to translate, as of GPT; and with a
    ``cache``, it goes on where it ended.

    Args:
        d_model: the size of the vectors.
        nhead: how many heads the attention has.
        dim_feedforward: the size of the vectors between the two linear maps.
        dropout: the probability of being left out, of weights of the attention, of what attention and
            linear maps give, and of what is between these.
        activation: :math:`f`: ``"relu"``, ``"gelu"`` or another name that ``nn.Linear`` takes, or a
            function or Module.
        layer_norm_eps: ``eps`` of the normalisations.
        batch_first: whether a batch is ``(batch, length, size)``; by default it is ``(length, batch, size)``.
        norm_first: whether what comes in is normalised, and not the sums.
        bias: whether linear maps and normalisations shift.
        rotary: an ``nn.RotaryEmbedding`` for the attention, or None.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        self_attn: the ``MultiheadAttention``.
        linear1, linear2: the linear maps.
        norm1, norm2: the normalisations.
        dropout, dropout1, dropout2: between the maps, behind the attention, and behind the maps.

    Shape:
        ``(length, batch, d_model) -> (length, batch, d_model)``, or without the axis of the batch

    Raises:
        ArgumentError: if a size is not positive, or the heads do not divide ``d_model`` evenly.
        ShapeError: if shapes do not fit.

    Example:
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        >>> layer(lucid.ones((3, 5, 8)), is_causal=True).shape
        (3, 5, 8)

    Vaswani et al., Attention Is All You Need, 2017. Xiong et al., On Layer Normalization in the Transformer
    Architecture, 2020 (``norm_first``).
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        rotary: RotaryEmbedding | None = None,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check(self, d_model, nhead, dim_feedforward, dropout, layer_norm_eps, batch_first, bias)
        place: dict[str, Any] = {"device": device, "dtype": dtype}
        options: dict[str, Any] = {"bias": bias, "batch_first": batch_first, **place}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, rotary=rotary, **options)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **place)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **place)
        self.norm_first = checks.truth(type(self).__name__, "norm_first", norm_first)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = _named(type(self).__name__, activation)

    def forward(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
        *,
        cache: KVCache | None = None,
        layer_idx: int = 0,
    ) -> Any:
        """Return what comes of ``src``.

        Args:
            src: the vectors.
            src_mask, src_key_padding_mask: ``attn_mask`` and ``key_padding_mask`` of the attention.
            is_causal: whether each position looks at itself and those before only. This needs no mask; one
                that is given is then taken to say the same.
            cache: keys and values of the positions before ``src``, to which its own are added. Each position
                looks at itself and those before.
            layer_idx: which layer's keys and values the cache is asked for.
        """
        masks: dict[str, Any] = {"attn_mask": src_mask, "key_padding_mask": src_key_padding_mask}
        masks |= {"is_causal": is_causal, "cache": cache, "layer_idx": layer_idx}

        def look(x: Any) -> Any:
            return self.dropout1(self.self_attn(x, x, x, need_weights=False, **masks)[0])

        with Restoring(cache, layer_idx):
            if self.norm_first:
                h = src + look(self.norm1(src))
                return h + self.dropout2(_feed_forward(self, self.norm2(h)))
            h = self.norm1(src + look(src))
            return self.norm2(h + self.dropout2(_feed_forward(self, h)))

    def extra_repr(self) -> str:
        return _shown(self)


class TransformerDecoderLayer(Module):
    r"""Let each position look at its sequence, then at another one, and then think for itself.

    .. math::
        h_1 = \operatorname{norm}_1(x + \operatorname{attention}_1(x)), \quad
        h_2 = \operatorname{norm}_2(h_1 + \operatorname{attention}_2(h_1, m)), \quad
        y = \operatorname{norm}_3(h_2 + W_2 \, f(W_1 h_2))

    With ``norm_first``, what goes into each part is normalised, and not the sums.

    Args:
        d_model: the size of the vectors, also of those of the memory :math:`m`.
        nhead: how many heads each attention has.
        dim_feedforward: the size of the vectors between the two linear maps.
        dropout: the probability of being left out, as in ``TransformerEncoderLayer``.
        activation: :math:`f`: ``"relu"``, ``"gelu"`` or another name that ``nn.Linear`` takes, or a
            function or Module.
        layer_norm_eps: ``eps`` of the normalisations.
        batch_first: whether a batch is ``(batch, length, size)``; by default it is ``(length, batch, size)``.
        norm_first: whether what comes in is normalised, and not the sums.
        bias: whether linear maps and normalisations shift.
        rotary: an ``nn.RotaryEmbedding`` for the first attention, or None.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        self_attn, multihead_attn: the ``MultiheadAttention`` over the sequence, and over the memory.
        linear1, linear2: the linear maps.
        norm1, norm2, norm3: the normalisations.
        dropout, dropout1, dropout2, dropout3: between the maps, and behind each of the three parts.

    Shape:
        tgt ``(length, batch, d_model)``, memory ``(other, batch, d_model) -> (length, batch, d_model)``, or
        all without the axis of the batch

    Raises:
        ArgumentError: if a size is not positive, or the heads do not divide ``d_model`` evenly.
        ShapeError: if shapes do not fit.

    Example:
        >>> layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
        >>> layer(lucid.ones((3, 5, 8)), lucid.ones((3, 7, 8)), tgt_is_causal=True).shape
        (3, 5, 8)

    Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        rotary: RotaryEmbedding | None = None,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check(self, d_model, nhead, dim_feedforward, dropout, layer_norm_eps, batch_first, bias)
        place: dict[str, Any] = {"device": device, "dtype": dtype}
        options: dict[str, Any] = {"bias": bias, "batch_first": batch_first, **place}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, rotary=rotary, **options)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, **options)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **place)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **place)
        self.norm_first = checks.truth(type(self).__name__, "norm_first", norm_first)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias, **place)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = _named(type(self).__name__, activation)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
        *,
        cache: KVCache | EncoderDecoderCache | None = None,
        layer_idx: int = 0,
    ) -> Any:
        """Return what comes of ``tgt``, looking at ``memory``.

        Args:
            tgt: the vectors.
            memory: those of the other sequence, as an encoder gives them.
            tgt_mask, tgt_key_padding_mask: ``attn_mask`` and ``key_padding_mask`` of the first attention.
            memory_mask, memory_key_padding_mask: those of the second.
            tgt_is_causal, memory_is_causal: whether each position looks at itself and those before only. This
                needs no mask; one that is given is then taken to say the same.
            cache: keys and values of the positions before ``tgt``, to which its own are added. Each position
                looks at itself and those before. An ``nn.EncoderDecoderCache`` also keeps those of
                ``memory``, which are then computed once.
            layer_idx: which layer's keys and values the cache is asked for.
        """
        both = isinstance(cache, EncoderDecoderCache)
        of_self: Any = cache.self_attention_cache if isinstance(cache, EncoderDecoderCache) else cache
        of_memory: Any = cache.cross_attention_cache if isinstance(cache, EncoderDecoderCache) else None
        masks: dict[str, Any] = {"attn_mask": tgt_mask, "key_padding_mask": tgt_key_padding_mask}
        masks |= {"is_causal": tgt_is_causal, "cache": of_self, "layer_idx": layer_idx}
        others: dict[str, Any] = {"attn_mask": memory_mask, "key_padding_mask": memory_key_padding_mask}
        others |= {"is_causal": memory_is_causal}

        def look(x: Any) -> Any:
            return self.dropout1(self.self_attn(x, x, x, need_weights=False, **masks)[0])

        def look_over(x: Any) -> Any:
            return self.dropout2(self.multihead_attn(x, memory, memory, need_weights=False, **others)[0])

        with Restoring(cache, layer_idx):
            if both:
                others["static_kv"] = self._kept(memory, of_memory, layer_idx)
            if self.norm_first:
                h = tgt + look(self.norm1(tgt))
                h = h + look_over(self.norm2(h))
                return h + self.dropout3(_feed_forward(self, self.norm3(h)))
            h = self.norm1(tgt + look(tgt))
            h = self.norm2(h + look_over(h))
            return self.norm3(h + self.dropout3(_feed_forward(self, h)))

    def _kept(self, memory: Any, cache: KVCache, layer_idx: int) -> Any:
        """Return keys and values of the memory, which are computed the first time."""
        kept = cache.get_seq_length(layer_idx)
        if kept == 0:
            cache.update(*self.multihead_attn.keys_and_values(memory, memory), layer_idx)
        elif isinstance(memory, Tensor) and memory.ndim > 1:
            length = memory.shape[1 if memory.ndim == 3 and self.multihead_attn.batch_first else 0]
            if length != kept:
                raise ShapeError(
                    f"{type(self).__name__} expects the memory of {kept} positions that the cache holds, got "
                    f"shape {memory.shape}: reset the cache, or make another"
                )
        return cache.get(layer_idx)

    def extra_repr(self) -> str:
        return _shown(self)


# ----------------------------------------------------------------- what both have


def _check(
    layer: Module,
    d_model: Any,
    nhead: Any,
    dim_feedforward: Any,
    dropout: Any,
    layer_norm_eps: Any,
    batch_first: Any,
    bias: Any,
) -> None:
    name = type(layer).__name__
    size, heads = checks.size(name, "d_model", d_model), checks.size(name, "nhead", nhead)
    if size % heads:
        raise ArgumentError(f"{name} expects nhead to divide d_model evenly, got {nhead} heads and {d_model}")
    checks.size(name, "dim_feedforward", dim_feedforward)
    checks.number(name, "dropout", dropout, 0, 1)
    checks.number(name, "layer_norm_eps", layer_norm_eps, 0)
    checks.truth(name, "batch_first", batch_first)
    checks.truth(name, "bias", bias)


def _named(name: str, activation: Any) -> Any:
    """Return the name of ``activation`` if it has one, else itself."""
    if isinstance(activation, str):
        checks.one_of(name, "activation", activation, tuple(ACTIVATIONS))
        return activation
    if not callable(activation):
        raise ArgumentTypeError(f"{name} expects activation to be a name or a function, got {activation!r}")
    return next((word for function, word in _NAMED if function is activation), activation)


def _feed_forward(layer: Any, x: Any) -> Any:
    """Return the two linear maps of ``x``, with the activation and dropout between them."""
    first, f = layer.linear1, layer.activation
    if not isinstance(f, str):
        x = f(first(x))
    elif type(first) is Linear and first._hooks is None and first.activation is None:
        x = F.linear(x, first.weight, first.bias, activation=f)
    else:
        x = ACTIVATIONS[f](first(x))
    return layer.linear2(layer.dropout(x))


def _shown(layer: Any) -> str:
    """Return what the modules in a layer do not show."""
    f = layer.activation
    said = f if isinstance(f, str) else getattr(f, "__name__", repr(f))  # a partial has no name
    shown = [] if isinstance(f, Module) else [f"activation={said}"]
    return ", ".join([*shown, *(["norm_first=True"] if layer.norm_first else [])])
