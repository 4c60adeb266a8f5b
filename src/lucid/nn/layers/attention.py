"""Attention with several heads, whose queries, keys and values are linear maps of the input."""

from __future__ import annotations

import math
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.attention import attention, attention_weights, draw
from lucid.nn.layers.linear import Linear
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import arange, broadcast_to, concat, empty, matmul, pad, permute_dims, split, where, zeros
from lucid.tensor import Tensor

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
        ArgumentError: if a size is not positive, or the heads do not divide ``embed_dim`` evenly.
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
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.embed_dim = n = checks.size(NAME, "embed_dim", embed_dim)
        self.num_heads = checks.size(NAME, "num_heads", num_heads)
        if n % self.num_heads:
            raise ArgumentError(
                f"{NAME} expects num_heads to divide embed_dim evenly, got {num_heads} heads and {embed_dim}"
            )
        self.dropout = checks.number(NAME, "dropout", dropout, 0, 1)
        self.add_zero_attn = checks.truth(NAME, "add_zero_attn", add_zero_attn)
        self.kdim = n if kdim is None else checks.size(NAME, "kdim", kdim)
        self.vdim = n if vdim is None else checks.size(NAME, "vdim", vdim)
        self.batch_first = checks.truth(NAME, "batch_first", batch_first)

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

        Returns:
            The result, and the weights or None.
        """
        batched = self._check(query, key, value)
        if not batched:
            same, other = query is key, key is value
            query = query[None] if self.batch_first else query[:, None]
            key = query if same else key[None] if self.batch_first else key[:, None]
            value = key if other else value[None] if self.batch_first else value[:, None]
            key_padding_mask = None if key_padding_mask is None else key_padding_mask[None]
        q, k, v = self._project(query, key, value)
        extra = (self.bias_k is not None) + self.add_zero_attn
        length_axis = 1 if self.batch_first else 0
        if self.bias_k is not None:
            shape = list(k.shape)
            shape[length_axis] = 1
            k = concat([k, broadcast_to(self.bias_k, tuple(shape))], axis=length_axis)
            v = concat([v, broadcast_to(self.bias_v, tuple(shape))], axis=length_axis)
        if self.add_zero_attn:
            widths = [(0, 0)] * 3
            widths[length_axis] = (0, 1)
            k, v = pad(k, widths), pad(v, widths)
        q, k, v = (self._heads(x) for x in (q, k, v))

        # Added keys come last, and every query sees them: then a mask has to say who sees what.
        causal = is_causal and (attn_mask is None or not need_weights) and not extra
        if causal:
            attn_mask = None
        looking_back = is_causal and not causal
        mask = self._mask(q, k.shape[2] - extra, key_padding_mask, attn_mask, looking_back, extra)
        p = self.dropout if self.training else 0.0
        keep = draw(1 - p, (*q.shape[:-1], k.shape[-2]), q, None) if p else None
        scale, share = 1 / math.sqrt(q.shape[-1]), 1 - p or 1.0
        weights = None
        if need_weights:
            weights = attention_weights(q, k, mask, keep, causal=causal, scale=scale, share=share)
            found = matmul(weights, v)
            weights = weights.mean(axis=1) if average_attn_weights else weights
        else:
            found = attention(k, v, q, mask, keep, causal=causal, scale=scale, groups=1, share=share)
        # (batch, heads, length, width) to vectors of all heads beside each other.
        found = permute_dims(found, (0, 2, 1, 3) if self.batch_first else (2, 0, 1, 3))
        y = self.out_proj(found.reshape((*found.shape[:2], self.embed_dim)))
        if not batched:
            y = y[0] if self.batch_first else y[:, 0]
            weights = None if weights is None else weights[0]
        return y, weights

    def _check(self, query: Any, key: Any, value: Any) -> bool:
        """Return whether the arguments are batches."""
        named = {"query": query, "key": key, "value": value}
        for name, x in named.items():
            if not isinstance(x, Tensor):
                raise ArgumentTypeError(
                    f"{NAME} expects {name} to be a Tensor, got {type(x).__name__}: "
                    "write lucid.asarray(...) around it"
                )
        sizes = {"query": self.embed_dim, "key": self.kdim, "value": self.vdim}
        options = {"query": "embed_dim", "key": "kdim", "value": "vdim"}
        for name, x in named.items():
            if x.ndim not in (2, 3) or x.shape[-1] != sizes[name] or x.ndim != query.ndim:
                beside = "" if x is query else f" with a query of shape {query.shape}"
                raise ShapeError(
                    f"{NAME} expects {name} of 3 axes, or 2 without a batch, the last of size {sizes[name]} "
                    f"({options[name]}), got shape {x.shape}{beside}"
                )
        batch_axis = 0 if self.batch_first else 1
        if key.shape[:-1] != value.shape[:-1]:
            raise ShapeError(f"{NAME} expects one value for each key, got {key.shape} and {value.shape}")
        if query.ndim == 3 and query.shape[batch_axis] != key.shape[batch_axis]:
            raise ShapeError(
                f"{NAME} expects batches of one size in axis {batch_axis} (batch_first={self.batch_first}), "
                f"got query {query.shape} and key {key.shape}"
            )
        return bool(query.ndim == 3)

    def _project(self, query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
        """Return the linear maps of queries, keys and values for all heads, in as few products as can be."""
        n, bias = self.embed_dim, self.in_proj_bias
        weight = self.in_proj_weight
        if weight is not None and query is key and key is value:
            q, k, v = split(F.linear(query, weight, bias), 3, axis=-1)
            return q, k, v
        b_q, b_k, b_v = (None, None, None) if bias is None else split(bias, 3)
        if weight is None:
            w_q, w_k, w_v = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        elif key is value:
            w_q, w_kv = split(weight, [n])
            b_q, b_kv = (None, None) if bias is None else split(bias, [n])
            k, v = split(F.linear(key, w_kv, b_kv), 2, axis=-1)
            return F.linear(query, w_q, b_q), k, v
        else:
            w_q, w_k, w_v = split(weight, 3)
        return F.linear(query, w_q, b_q), F.linear(key, w_k, b_k), F.linear(value, w_v, b_v)

    def _heads(self, x: Any) -> Any:
        """Return vectors for all heads as ``(batch, heads, length, width)``."""
        x = x.reshape((*x.shape[:2], self.num_heads, self.embed_dim // self.num_heads))
        return permute_dims(x, (0, 2, 1, 3) if self.batch_first else (1, 2, 0, 3))

    def _mask(self, q: Any, keys: int, padding: Any, attn_mask: Any, causal: bool, extra: int) -> Any:
        """Return both masks as one for ``F.scaled_dot_product_attention``, with ``extra`` keys let in."""
        batch, heads, length = q.shape[:3]
        masks = []
        if attn_mask is not None:
            shapes = [(length, keys), (batch * heads, length, keys)]
            attn_mask = self._checked("attn_mask", attn_mask, q, shapes)
            if attn_mask.ndim == 3:
                attn_mask = attn_mask.reshape((batch, heads, length, keys))
            masks.append(attn_mask)
        elif causal:
            rows, columns = arange(length, device=q.device), arange(keys, device=q.device)
            masks.append(rows[:, None] < columns)
        if padding is not None:
            padding = self._checked("key_padding_mask", padding, q, [(batch, keys)])
            masks.append(padding.reshape((batch, 1, 1, keys)))
        if not masks:
            return None
        if any(m.dtype.kind != "b" for m in masks):
            masks = [m if m.dtype.kind != "b" else _as_floats(m, q) for m in masks]
            mask = masks[0] if len(masks) == 1 else masks[0] + masks[1]
        else:
            mask = ~(masks[0] if len(masks) == 1 else masks[0] | masks[1])
        if not extra:
            return mask
        shape = (*mask.shape[:-1], extra)
        fill = zeros(shape, dtype=mask.dtype, device=q.device)
        return concat([mask, ~fill if mask.dtype.kind == "b" else fill], axis=-1)

    def _checked(self, name: str, mask: Any, q: Any, shapes: list[tuple[int, ...]]) -> Any:
        mask = checks.real(NAME, name, mask, q)
        if mask.dtype.kind not in "bf":
            raise DTypeError(
                f"{NAME} expects {name} to hold booleans or floats, got {mask.dtype.name}: "
                f"write {name} != 0 for True where a key is left out"
            )
        if mask.shape not in shapes:
            listed = " or ".join(map(str, shapes))
            raise ShapeError(f"{NAME} expects {name} of shape {listed}, got {mask.shape}")
        return mask if mask.dtype.kind == "b" else mask.astype(q.dtype)

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


def _as_floats(mask: Any, like: Any) -> Any:
    """Return a mask of booleans, True for what is left out, as numbers to add."""
    nothing = zeros((), dtype=like.dtype, device=like.device)
    return where(mask, -math.inf, nothing)
