"""Two caches for a decoder that looks at a memory; and caches that stay whole where a call fails."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn.layers.cache import DynamicCache, KVCache


class EncoderDecoderCache:
    """Two caches for a decoder that looks at a memory: one of its own positions, and one of the memory's.

    Keys and values of the memory are computed when a layer first looks at it, and stay. For another memory,
    ``reset`` the cache or make another.

    Args:
        self_attention_cache: for the decoder's own positions; by default a ``DynamicCache``.
        cross_attention_cache: for those of the memory; by default a ``DynamicCache``.

    Example:
        >>> layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
        >>> cache = nn.EncoderDecoderCache()
        >>> y = layer(lucid.ones((1, 1, 8)), lucid.ones((1, 7, 8)), cache=cache)
        >>> cache.get_seq_length(), cache.cross_attention_cache.get_seq_length()
        (1, 7)
    """

    def __init__(
        self, self_attention_cache: KVCache | None = None, cross_attention_cache: KVCache | None = None
    ) -> None:
        given = {
            "self_attention_cache": self_attention_cache,
            "cross_attention_cache": cross_attention_cache,
        }
        for name, cache in given.items():
            if cache is not None and not isinstance(cache, KVCache):
                kind = type(cache).__name__
                raise ArgumentTypeError(f"EncoderDecoderCache expects {name} to be an nn.KVCache, got {kind}")
        if self_attention_cache is cross_attention_cache is not None:
            raise ArgumentError(
                "EncoderDecoderCache expects two caches, got one for both: the memory's keys would be among "
                "the decoder's own"
            )
        self.self_attention_cache = self_attention_cache or DynamicCache()
        self.cross_attention_cache = cross_attention_cache or DynamicCache()

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return how many of the decoder's own positions there are in a layer."""
        return self.self_attention_cache.get_seq_length(layer_idx)

    def copy(self) -> EncoderDecoderCache:
        """Return another cache that goes on from here by itself; see ``KVCache.copy``."""
        return EncoderDecoderCache(self.self_attention_cache.copy(), self.cross_attention_cache.copy())

    __copy__ = copy

    def reset(self) -> None:
        """Forget everything, also the memory."""
        self.self_attention_cache.reset()
        self.cross_attention_cache.reset()

    def crop(self, max_length: int) -> None:
        """Forget positions of the decoder's own, as ``KVCache.crop``; the memory stays."""
        self.self_attention_cache.crop(max_length)

    def batch_select_indices(self, indices: Any) -> None:
        """Keep of the batch what ``indices`` name, as ``KVCache.batch_select_indices``."""
        for cache in self._both:
            cache._of_batch(indices)
        for cache in self._both:
            cache.batch_select_indices(indices)

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Have each of the batch ``repeats`` times, as ``KVCache.batch_repeat_interleave``."""
        for cache in self._both:
            cache._times(repeats)
        for cache in self._both:
            cache.batch_repeat_interleave(repeats)

    @property
    def _both(self) -> tuple[KVCache, KVCache]:
        return self.self_attention_cache, self.cross_attention_cache

    def __repr__(self) -> str:
        return f"EncoderDecoderCache({self.self_attention_cache}, {self.cross_attention_cache})"


class Restoring:
    """Have a cache as it was before, where what is done with it fails.

    Args:
        cache: a cache, or what is none.
        layer_idx: the only layer that may be written to, or None for all.
    """

    def __init__(self, cache: Any, layer_idx: Any = None) -> None:
        pair = cache._both if isinstance(cache, EncoderDecoderCache) else (cache,)
        self.caches = [c for c in pair if isinstance(c, KVCache)]
        self.only = layer_idx
        self.before = [self._layers(c) for c in self.caches]

    def _layers(self, cache: KVCache) -> dict[int, int]:
        """Return the lengths of layers."""
        if self.only is None:
            return {i: layer.length for i, layer in cache._layers.items()}
        index = cache._index(self.only)
        return {index: cache._layers[index].length} if index in cache._layers else {}

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            return
        for cache, before in zip(self.caches, self.before, strict=True):
            for i, length in self._layers(cache).items():
                if i not in before:
                    del cache._layers[i]
                elif before[i] < length:
                    cache._shorten(cache._layers[i], before[i])
