"""Attention with several heads, whose queries, keys and values are linear maps of the input."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.multihead import Heads, attended, evenly, mapped
from lucid.nn.functional.multihead_masks import Masks
from lucid.nn.layers.cache import KVCache
from lucid.nn.layers.cache_pair import Restoring
from lucid.nn.layers.linear import Linear
from lucid.nn.layers.positional import RotaryEmbedding
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import empty

NAME = "MultiheadAttention"


class MultiheadAttention(Module):
    r"""Attend with several heads at once, and mix what they found.

    .. math::
        \operatorname{head}_i = \operatorname{attention}(Q W_i^Q, K W_i^K, V W_i^V), \quad
        y = [\operatorname{head}_1, \dots, \operatorname{head}_h] \, W^O

    Each head has a share of ``embed_dim / num_heads`` elements. The weights of queries, keys and values
    begin as in Glorot and Bengio's paper, ``out_proj`` as a ``Linear`` does, and biases with zeros.

    Args:
        embed_dim: the size of the vectors that come in as queries, and of those that go out.
        num_heads: how many heads there are.
        dropout: the probability with which a weight of the attention is left out while training.
        bias: whether the linear maps shift.
        add_bias_kv: whether a learned key and value are added to those of each sequence.
        add_zero_attn: whether a key and value of zeros are added.
        kdim, vdim: the sizes of the vectors of keys and values, by default ``embed_dim``.
        batch_first: whether a batch is ``(batch, length, size)``; by default it is ``(length, batch, size)``.
        rotary: an ``nn.RotaryEmbedding``, which turns queries and keys by their positions, or None.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        in_proj_weight: Parameter of shape ``(3 * embed_dim, embed_dim)``: for queries, keys and values. None
            where their sizes differ.
        q_proj_weight, k_proj_weight, v_proj_weight: Parameters of shape ``(embed_dim, their size)`` where
            sizes differ, else None.
        in_proj_bias: Parameter of shape ``(3 * embed_dim,)``, or None.
        bias_k, bias_v: Parameters of shape ``(1, 1, embed_dim)``, or None.
        out_proj: the ``Linear`` behind the heads.

    Shape:
        query ``(length, batch, embed_dim)``, key ``(keys, batch, kdim)``, value ``(keys, batch, vdim)``
        ``-> (length, batch, embed_dim)`` and weights ``(batch, length, keys)``. Without a batch, none of
        these has its axis.

    Raises:
        ArgumentError: if a size is not positive, the heads do not divide ``embed_dim`` evenly, or ``rotary``
            turns more numbers than a head has.
        ShapeError: if shapes do not fit.

    Example:
        >>> layer = nn.MultiheadAttention(8, 2, batch_first=True)
        >>> layer
        MultiheadAttention(
          8, num_heads=2, batch_first=True
          (out_proj): Linear(8 -> 8)
        )
        >>> x = lucid.zeros((3, 5, 8))
        >>> y, weights = layer(x, x, x)
        >>> y.shape, weights.shape
        ((3, 5, 8), (3, 5, 5))

    Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        rotary: RotaryEmbedding | None = None,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.embed_dim = n = checks.size(NAME, "embed_dim", embed_dim)
        self.num_heads = checks.size(NAME, "num_heads", num_heads)
        evenly(NAME, n, self.num_heads)
        self.dropout = checks.number(NAME, "dropout", dropout, 0, 1)
        self.add_zero_attn = checks.truth(NAME, "add_zero_attn", add_zero_attn)
        self.kdim = n if kdim is None else checks.size(NAME, "kdim", kdim)
        self.vdim = n if vdim is None else checks.size(NAME, "vdim", vdim)
        self.batch_first = checks.truth(NAME, "batch_first", batch_first)
        if rotary is not None and not isinstance(rotary, RotaryEmbedding):
            raise ArgumentTypeError(
                f"{NAME} expects rotary to be an nn.RotaryEmbedding, got {type(rotary).__name__}"
            )
        if rotary is not None and rotary.head_dim > n // self.num_heads:
            raise ArgumentError(
                f"{NAME} expects rotary of a head_dim of at most {n // self.num_heads}, the share of each of "
                f"{self.num_heads} heads of {n}, got {rotary.head_dim}"
            )
        self.rotary = rotary

        def parameter(*shape: int) -> Parameter:
            return Parameter(empty(shape, dtype=dtype, device=device))

        alike = self.kdim == self.vdim == n
        self.in_proj_weight = parameter(3 * n, n) if alike else None
        self.q_proj_weight = None if alike else parameter(n, n)
        self.k_proj_weight = None if alike else parameter(n, self.kdim)
        self.v_proj_weight = None if alike else parameter(n, self.vdim)
        self.in_proj_bias = parameter(3 * n) if checks.truth(NAME, "bias", bias) else None
        self.bias_k = parameter(1, 1, n) if checks.truth(NAME, "add_bias_kv", add_bias_kv) else None
        self.bias_v = parameter(1, 1, n) if add_bias_kv else None
        self.out_proj = Linear(n, n, bias, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        self.out_proj.reset_parameters()
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for row in (self.bias_k, self.bias_v):
            if row is not None:
                init.xavier_normal_(row)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
        *,
        cache: KVCache | None = None,
        layer_idx: int = 0,
        static_kv: tuple[Any, Any] | None = None,
    ) -> tuple[Any, Any]:
        """Return what the heads found, and how much they attended to each key.

        Both masks hold booleans, True for keys that are left out (``F.scaled_dot_product_attention`` means
        it the other way round), or floats that are added. A query with nothing to attend to gets weights
        of 0.

        Args:
            query, key, value: Tensors of floats. With one Tensor in the place of all three, one product
                computes what all need of it.
            key_padding_mask: ``(batch, keys)``, which keys are there only to fill up.
            need_weights: whether weights are wanted. Without them, the memory it takes grows with the
                lengths, and not with their product, unless dropout, an ``attn_mask``, or ``is_causal`` with
                ``add_bias_kv`` or ``add_zero_attn`` needs a number for every query and key.
            attn_mask: ``(length, keys)``, or ``(batch * num_heads, length, keys)``.
            average_attn_weights: whether to return the mean of the heads' weights, and not those of each,
                ``(batch, num_heads, length, keys)``.
            is_causal: whether the query at position ``i`` attends to keys up to ``i`` only. With an
                ``attn_mask``, this says that the mask is that one, and it need not be looked at.
            cache: keys and values of the positions before, to which those of this call are added. Each query
                attends to what came before it and to itself, and masks are those of all keys so far.
            layer_idx: which layer's keys and values the cache is asked for.
            static_kv: what ``keys_and_values`` returned for ``key`` and ``value``, if that was before.

        Returns:
            The result, and the weights or None.
        """
        if cache is not None and not isinstance(cache, KVCache):
            raise ArgumentTypeError(
                f"{NAME} expects cache to be an nn.KVCache, got {type(cache).__name__}: "
                "write cache=nn.DynamicCache()"
            )
        if static_kv is not None and not (isinstance(static_kv, (tuple, list)) and len(static_kv) == 2):
            raise ArgumentTypeError(
                f"{NAME} expects static_kv to be two Tensors, as keys_and_values returns them, got "
                f"{type(static_kv).__name__}"
            )
        with Restoring(cache, layer_idx):
            found, weights = attended(
                NAME,
                query,
                key,
                value,
                self._heads(),
                (self.embed_dim, self.kdim, self.vdim),
                Masks(key_padding_mask, attn_mask, is_causal),
                dropout=self.dropout if self.training else 0.0,
                need_weights=need_weights,
                average=average_attn_weights,
                cache=cache,
                layer_idx=layer_idx,
                static=(None, None) if static_kv is None else (static_kv[0], static_kv[1]),
            )
            return self.out_proj(found), weights

    def keys_and_values(self, key: Any, value: Any) -> tuple[Any, Any]:
        """Return the linear maps of keys and values, head by head, to be given as ``static_kv``.

        Args:
            key, value: Tensors of floats.

        Shape:
            key ``(keys, batch, kdim)``, value ``(keys, batch, vdim)``
            ``-> (batch, num_heads, keys, width)`` twice. Without an axis of the batch, that is of one.

        Example:
            >>> layer = nn.MultiheadAttention(8, 2)
            >>> query, memory = lucid.ones((1, 3, 8)), lucid.ones((7, 3, 8))
            >>> kept = layer.keys_and_values(memory, memory)
            >>> y, weights = layer(query, memory, memory, static_kv=kept)
        """
        return mapped(NAME, key, value, self._heads(), (self.kdim, self.vdim))

    def _heads(self) -> Heads:
        """Return what maps queries, keys and values."""
        return Heads(
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.batch_first,
            self.rotary,
        )

    def extra_repr(self) -> str:
        options = {
            "dropout": f"{self.dropout:g}" if self.dropout else None,
            "bias": None if self.in_proj_bias is not None else False,
            "add_bias_kv": True if self.bias_k is not None else None,
            "add_zero_attn": True if self.add_zero_attn else None,
            "kdim": self.kdim if self.kdim != self.embed_dim else None,
            "vdim": self.vdim if self.vdim != self.embed_dim else None,
            "batch_first": True if self.batch_first else None,
        }
        said = [f"{name}={value}" for name, value in options.items() if value is not None]
        return ", ".join([str(self.embed_dim), f"num_heads={self.num_heads}", *said])
