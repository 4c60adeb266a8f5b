"""Keys and values of the positions before: what makes generation linear in the length.

A decoder that writes one token after another needs of all tokens before only their keys and values. A
cache holds these, layer by layer, so that each token goes through the model once.
"""

from __future__ import annotations

from typing import Any, Self

from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.ops import arange, repeat, zeros
from lucid.tensor import Tensor


class _Layer:
    """What a cache holds for one layer: room for keys and values, and how many places of it are taken."""

    def __init__(self, keys: Any, values: Any, length: int = 0) -> None:
        self.keys = keys
        self.values = values
        self.length = length

    @property
    def room(self) -> int:
        size: int = self.keys.shape[-2]
        return size


class KVCache:
    """Keys and values of the positions so far, for each layer. ``DynamicCache`` and ``StaticCache`` are such.

    Values are written where the last ones ended, in place where nobody else sees the memory: under
    ``lucid.no_grad()``, a step takes no copy of those before. What was read stays what it was.

    For attention of your own, ``update`` and ``mask`` are what you need.

    Example:
        >>> cache = nn.DynamicCache()
        >>> q = k = v = lucid.ones((1, 2, 3, 4))  # (batch, heads, length, width)
        >>> keys, values = cache.update(k, v, layer_idx=0)
        >>> y = F.scaled_dot_product_attention(q, keys, values, cache.mask(3))
    """

    def __init__(self) -> None:
        if type(self) is KVCache:
            raise ArgumentTypeError(
                "KVCache is what caches have in common: make a DynamicCache or a StaticCache"
            )
        self._layers: dict[int, _Layer] = {}

    # ------------------------------------------------------------- for attention

    def update(self, key: Any, value: Any, layer_idx: int = 0) -> tuple[Any, Any]:
        """Add keys and values of the next positions, and return those of all.

        Args:
            key, value: Tensors of floats, ``(*, length, width)``; they may differ in their widths.
            layer_idx: which layer's they are.

        Returns:
            Keys and values. Those of a ``StaticCache`` go on to the end of its room, with zeros; see
            ``mask``.

        Raises:
            ShapeError: if shapes differ from those before, in more than the length.
            DTypeError, DeviceError: if dtypes or devices differ from those before, or from each other.
            ArgumentError: if there is no room for them. Nothing has been written then.
        """
        name = type(self).__name__
        index = self._index(layer_idx)
        key = checks.floating(name, "key", key)
        value = checks.floating(name, "value", value, key)
        if value.dtype != key.dtype:
            raise DTypeError(f"{name} expects value of key's dtype, {key.dtype.name}, got {value.dtype.name}")
        if min(key.ndim, value.ndim) < 2 or key.shape[:-1] != value.shape[:-1]:
            raise ShapeError(
                f"{name} expects key and value (*, length, width) that differ in their widths at most, "
                f"got {key.shape} and {value.shape}"
            )
        layer = self._layers.get(index)
        start = 0 if layer is None else layer.length
        end = start + key.shape[-2]
        room = self._room(0 if layer is None else layer.room, end)
        if layer is None:
            layer = _Layer(_zeros(key, room), _zeros(value, room))
        else:
            _check_alike(name, "key", key, layer.keys)
            _check_alike(name, "value", value, layer.values)
            if room > layer.room:
                grown = _Layer(_zeros(key, room), _zeros(value, room))
                grown.keys[..., :start, :] = layer.keys[..., :start, :]
                grown.values[..., :start, :] = layer.values[..., :start, :]
                layer = grown
        layer.keys[..., start:end, :] = key
        layer.values[..., start:end, :] = value
        layer.length = end
        self._layers[index] = layer
        return self._seen(layer)

    def mask(self, queries: int, layer_idx: int = 0) -> Any:
        """Return which keys the last ``queries`` positions attend to: each to itself and those before.

        Args:
            queries: how many positions ask, counted from the end.
            layer_idx: in which layer.

        Returns:
            Booleans ``(queries, keys)`` for ``F.scaled_dot_product_attention``, or None where one position
            asks and all keys are before it.
        """
        layer = self._layers.get(self._index(layer_idx))
        length = 0 if layer is None else layer.length
        name = type(self).__name__
        if not 0 <= checks.integer(name, "queries", queries) <= length or layer is None:
            raise ArgumentError(
                f"{name} expects at most {length} queries, as many as positions, got {queries}"
            )
        keys = self._seen(layer)[0]
        if queries == 1 and keys.shape[-2] == length:
            return None
        columns = arange(keys.shape[-2], device=keys.device)
        rows = arange(queries, device=keys.device) + (length - queries)
        return columns <= rows[:, None]

    def get(self, layer_idx: int = 0) -> tuple[Any, Any] | None:
        """Return keys and values of the positions so far; None if there are none in this layer."""
        layer = self._layers.get(self._index(layer_idx))
        if layer is None:
            return None
        return layer.keys[..., : layer.length, :], layer.values[..., : layer.length, :]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return how many positions there are in a layer: the position of what comes next."""
        layer = self._layers.get(self._index(layer_idx))
        return 0 if layer is None else layer.length

    def __len__(self) -> int:
        """Return how many layers there are."""
        return len(self._layers)

    def __bool__(self) -> bool:
        return True  # a cache without layers is a cache

    def copy(self) -> Self:
        """Return another cache that goes on from here by itself; memory is shared until one writes."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._layers = {i: _Layer(x.keys.copy(), x.values.copy(), x.length) for i, x in self._layers.items()}
        return other

    __copy__ = copy

    # ------------------------------------------------------------- changing all layers

    def reset(self) -> None:
        """Forget everything."""
        self._layers.clear()

    def crop(self, max_length: int) -> None:
        """Forget all positions but the first ``max_length``; of a negative number, so many of the last.

        Example:
            >>> cache = nn.DynamicCache()
            >>> keys, values = cache.update(lucid.ones((5, 2)), lucid.ones((5, 2)))
            >>> cache.crop(-2)
            >>> cache.get_seq_length()
            3
        """
        most = checks.integer(type(self).__name__, "max_length", max_length)
        for layer in self._layers.values():
            self._shorten(layer, min(layer.length, most) if most >= 0 else max(0, layer.length + most))

    def batch_select_indices(self, indices: Any) -> None:
        """Keep of the batch, the first axis, what ``indices`` name: those that a beam search goes on with.

        Args:
            indices: a Tensor of integers, ``(new_batch,)``.
        """
        indices = self._of_batch(indices)
        for layer in self._layers.values():
            layer.keys, layer.values = layer.keys[indices], layer.values[indices]

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Have each of the batch, the first axis, ``repeats`` times: as many beams from one beginning."""
        times = self._times(repeats)
        for layer in self._layers.values():
            layer.keys = repeat(layer.keys, times, axis=0)
            layer.values = repeat(layer.values, times, axis=0)

    def _of_batch(self, indices: Any) -> Any:
        """Return ``indices`` if they are of the batch in every layer."""
        name = type(self).__name__
        indices = checks.whole(name, "indices", indices)
        if indices.ndim != 1:
            raise ShapeError(f"{name} expects indices (new_batch,), got shape {indices.shape}")
        low, high = checks.extremes(indices)
        self._check_batch()
        for layer in self._layers.values():
            checks.in_range(name, "indices", low, high, layer.keys.shape[0], "the batch")
        return indices

    def _times(self, repeats: Any) -> int:
        self._check_batch()
        return checks.size(type(self).__name__, "repeats", repeats)

    def _check_batch(self) -> None:
        """Raise unless what is held has a batch: else the first axis would be that of the positions."""
        for layer in self._layers.values():
            if layer.keys.ndim < 3:
                raise ShapeError(
                    f"{type(self).__name__} has no batch to choose from: keys were (length, width), not "
                    "(batch, *, length, width)"
                )

    # ------------------------------------------------------------- for the two kinds

    def _room(self, room: int, needed: int) -> int:
        """Return how many positions there is to be room for where ``needed`` are and ``room`` is."""
        raise NotImplementedError

    def _seen(self, layer: _Layer) -> tuple[Any, Any]:
        """Return keys and values as attention sees them."""
        raise NotImplementedError

    def _shorten(self, layer: _Layer, length: int) -> None:
        """Forget positions from ``length`` on."""
        layer.length = length

    def _index(self, layer_idx: Any) -> int:
        index = checks.integer(type(self).__name__, "layer_idx", layer_idx)
        if index < 0:
            raise ArgumentError(f"{type(self).__name__} expects layer_idx of at least 0, got {layer_idx}")
        return index

    def __repr__(self) -> str:
        longest = max((layer.length for layer in self._layers.values()), default=0)
        return f"{type(self).__name__}({len(self._layers)} layers, {longest} positions)"


class DynamicCache(KVCache):
    """A cache that grows with what is written to it.

    Room is taken for twice as many positions whenever it runs out, so that adding one costs the same
    however many there are.

    Example:
        >>> layer = nn.MultiheadAttention(8, 2, batch_first=True).eval()
        >>> x = lucid.ones((1, 5, 8))
        >>> cache = nn.DynamicCache()
        >>> with lucid.no_grad():
        ...     tokens = [x[:, i : i + 1] for i in range(5)]
        ...     steps = [layer(t, t, t, cache=cache)[0] for t in tokens]
        ...     whole, _ = layer(x, x, x, is_causal=True)
        >>> lucid.allclose(lucid.concat(steps, axis=1), whole, atol=1e-6)
        True
        >>> cache
        DynamicCache(1 layers, 5 positions)
    """

    def _room(self, room: int, needed: int) -> int:
        return room if needed <= room else max(needed, 2 * room)

    def _seen(self, layer: _Layer) -> tuple[Any, Any]:
        return layer.keys[..., : layer.length, :], layer.values[..., : layer.length, :]


class StaticCache(KVCache):
    """A cache with room for a number of positions that is set beforehand.

    Keys and values are of one shape from the first position to the last, so a compiler of programs for
    fixed shapes, as the XLA engine's, compiles one. What has not been written yet is masked.

    Args:
        max_cache_len: for how many positions there is room.

    Raises:
        ArgumentError: if that is not positive, or more are written.

    Example:
        >>> cache = nn.StaticCache(16)
        >>> keys, values = cache.update(lucid.ones((1, 2, 3, 4)), lucid.ones((1, 2, 3, 4)))
        >>> keys.shape, cache.get_seq_length()
        ((1, 2, 16, 4), 3)
    """

    def __init__(self, max_cache_len: int) -> None:
        super().__init__()
        self.max_cache_len = checks.size("StaticCache", "max_cache_len", max_cache_len)

    def _room(self, room: int, needed: int) -> int:
        if needed > self.max_cache_len:
            raise ArgumentError(
                f"StaticCache has room for {self.max_cache_len} positions (max_cache_len), got {needed}: "
                "make a larger one, or an nn.DynamicCache"
            )
        return self.max_cache_len

    def _seen(self, layer: _Layer) -> tuple[Any, Any]:
        return layer.keys.copy(), layer.values.copy()  # other names for the same memory

    def _shorten(self, layer: _Layer, length: int) -> None:
        # What is masked counts 0 times, and 0 times what is not finite would not be 0.
        end, layer.length = layer.length, length
        if length < end:
            layer.keys[..., length:end, :] = 0.0
            layer.values[..., length:end, :] = 0.0


def _zeros(like: Any, room: int) -> Tensor:
    """Return room for what is like ``like``."""
    shape = (*like.shape[:-2], room, like.shape[-1])
    empty: Tensor = zeros(shape, dtype=like.dtype, device=like.device)
    return empty


def _check_alike(name: str, which: str, new: Any, old: Any) -> None:
    """Raise unless ``new`` fits behind ``old``."""
    if new.shape[:-2] != old.shape[:-2] or new.shape[-1] != old.shape[-1]:
        shape = (*old.shape[:-2], "length", old.shape[-1])
        listed = ", ".join(map(str, shape))
        raise ShapeError(f"{name} expects {which} of shape ({listed}), as before, got {new.shape}")
    if new.dtype != old.dtype:
        raise DTypeError(f"{name} expects {which} of {old.dtype.name}, as before, got {new.dtype.name}")
    checks.as_tensor(name, which, new, old)
