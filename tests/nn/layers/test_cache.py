"""Caches of keys and values: what one token after another gives is what all at once give."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor

CACHES: dict[str, Callable[[], nn.KVCache]] = {
    "dynamic": nn.DynamicCache,
    "static": lambda: nn.StaticCache(11),
}
every_cache = pytest.mark.parametrize("make", CACHES.values(), ids=CACHES)


def normal(*shape: int, seed: int = 3) -> Any:
    return lucid.random.randn(*shape, generator=lucid.random.Generator(seed))


def same(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-5)


class Writer(nn.Module):
    """A small model of language: vectors of tokens, layers that look back, and a score for each token."""

    def __init__(self, rotary: bool = False, **options: Any) -> None:
        self.rotary = rotary
        self.tokens = nn.Embedding(13, 8)
        self.positions = nn.LearnedPositionalEmbedding(11, 8)
        turn = nn.RotaryEmbedding(4) if rotary else None
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, rotary=turn, **options)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8))
        self.head = nn.Linear(8, 13)
        for p in self.parameters():
            nn.init.normal_(p, std=0.5)

    def forward(self, tokens: Any, cache: Any = None) -> Any:
        x = self.tokens(tokens)
        if not self.rotary:
            x = x + self.positions(tokens.shape[1], 0 if cache is None else cache.get_seq_length())
        return self.head(self.encoder(x, is_causal=True, cache=cache))


@every_cache
@pytest.mark.parametrize("options", [{}, {"rotary": True, "norm_first": True}], ids=["learned", "rotary"])
@pytest.mark.parametrize("pieces", [[1] * 9, [4, 1, 1, 1, 2], [9]], ids=str)
def test_token_by_token(make: Callable[[], nn.KVCache], options: dict[str, Any], pieces: list[int]) -> None:
    lucid.random.seed(5)
    model = Writer(**options).eval()
    tokens = Tensor(np.random.default_rng(0).integers(0, 13, (3, 9)))
    with lucid.no_grad():
        expected, cache, start, found = model(tokens), make(), 0, []
        for n in pieces:
            found.append(model(tokens[:, start : start + n], cache))
            start += n
            assert cache.get_seq_length(1) == start
    same(lucid.concat(found, axis=1), expected)
    assert len(cache) == 2


@every_cache
def test_with_gradients(make: Callable[[], nn.KVCache]) -> None:
    """They go back through what the cache holds, and what was read stays what it was."""
    lucid.random.seed(5)
    model = Writer()
    tokens = Tensor([[1, 5, 2, 7]])
    model.eval()(tokens).sum().backward()
    expected = {name: p.grad for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = None
    cache = make()
    sum(model(tokens[:, i : i + 1], cache).sum() for i in range(4)).backward()
    for name, p in model.named_parameters():
        assert (p.grad is None) == (expected[name] is None)
        if p.grad is not None:
            same(p.grad, expected[name])


@every_cache
@pytest.mark.parametrize("options", [{}, {"add_bias_kv": True, "add_zero_attn": True}], ids=["", "added"])
def test_masks_and_weights(make: Callable[[], nn.KVCache], options: dict[str, Any]) -> None:
    """Masks are those of all keys so far, and weights are, too."""
    lucid.random.seed(1)
    layer, x = nn.MultiheadAttention(8, 2, batch_first=True, **options).eval(), normal(3, 6, 8)
    padding = Tensor(np.arange(6) < np.array([[2], [0], [1]]))
    distance = Tensor(np.abs(np.arange(6)[:, None] - np.arange(6)) * -0.5)
    later = Tensor(np.triu(np.full((6, 6), -np.inf), 1))
    for floats in (None, distance):
        mask = later if floats is None else later + floats
        expected, weights = layer(x, x, x, padding, attn_mask=mask, average_attn_weights=False)
        cache, start = make(), 0
        for n in (3, 1, 2):
            end = start + n
            part = x[:, start:end]
            rows = None if floats is None else floats[start:end, :end]
            for need in (False, True):
                again = cache.copy()
                y, found = layer(
                    part, part, part, padding[:, :end], need, rows, average_attn_weights=False, cache=again
                )
                same(y, expected[:, start:end])
            same(found[..., :end], weights[:, :, start:end, :end])
            same(found[..., end:], weights[:, :, start:end, 6:])
            cache, start = again, end


def test_two_sequences() -> None:
    """Of a decoder that looks at a memory, whose keys and values are computed once."""
    lucid.random.seed(1)
    layer = nn.TransformerDecoderLayer(8, 2, 16, rotary=nn.RotaryEmbedding(4))
    decoder = nn.TransformerDecoder(layer, 2, nn.LayerNorm(8)).eval()
    x, memory = normal(5, 3, 8), normal(4, 3, 8, seed=4)
    padding = Tensor(np.arange(4) > np.array([[3], [1], [2]]))
    expected = decoder(x, memory, memory_key_padding_mask=padding, tgt_is_causal=True)
    both = nn.EncoderDecoderCache(nn.StaticCache(5), nn.StaticCache(9))
    for cache in (nn.DynamicCache(), nn.EncoderDecoderCache(), both):
        steps = [
            decoder(x[i : i + 1], memory, memory_key_padding_mask=padding, cache=cache) for i in range(5)
        ]
        same(lucid.concat(steps, axis=0), expected)
    assert both.cross_attention_cache.get_seq_length(1) == 4
    other = decoder(x[:1], memory + 1, memory_key_padding_mask=padding, cache=nn.EncoderDecoderCache())
    both.crop(0)
    kept = decoder(x[:1], memory + 1, memory_key_padding_mask=padding, cache=both)
    same(kept, expected[:1])
    both.reset()
    same(decoder(x[:1], memory + 1, memory_key_padding_mask=padding, cache=both), other)


@pytest.mark.parametrize("batch_first", [False, True])
def test_without_a_batch(batch_first: bool) -> None:
    layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=batch_first).eval()
    x, memory, cache = normal(3, 8), normal(4, 8, seed=4), nn.EncoderDecoderCache()
    steps = [layer(x[i : i + 1], memory, cache=cache) for i in range(3)]
    same(lucid.concat(steps), layer(x, memory, tgt_is_causal=True))


@every_cache
def test_on_xla(make: Callable[[], nn.KVCache]) -> None:
    pytest.importorskip("jax")
    k = normal(1, 2, 3)
    here, there = make(), make()
    for i in (0, 1):
        a = here.update(k[:, i : i + 1], k[:, i : i + 1])[0]
        b = there.update(*[k[:, i : i + 1].to("xla:cpu")] * 2)[0]
    assert b.device == "xla:cpu"
    np.testing.assert_array_equal(a.numpy(), b.numpy())
    if isinstance(here, nn.StaticCache):
        np.testing.assert_array_equal(here.mask(1).numpy(), there.mask(1).numpy())


# ----------------------------------------------------------------- the cache itself


@every_cache
def test_what_is_held(make: Callable[[], nn.KVCache]) -> None:
    cache, keys, values = make(), normal(2, 3, 7, 4), normal(2, 3, 7, 5, seed=4)
    assert bool(cache)
    assert (len(cache), cache.get(3), cache.get_seq_length()) == (0, None, 0)
    for start, end in ((0, 2), (2, 3), (3, 7)):
        k, v = cache.update(keys[:, :, start:end], values[:, :, start:end], 1)
        np.testing.assert_array_equal(k[:, :, :end].numpy(), keys[:, :, :end].numpy())
        np.testing.assert_array_equal(v[:, :, :end].numpy(), values[:, :, :end].numpy())
    assert (cache.get_seq_length(1), cache.get_seq_length(0)) == (7, 0)
    assert k.shape[2] == (11 if isinstance(cache, nn.StaticCache) else 7)
    held = cache.get(1)
    assert held is not None
    np.testing.assert_array_equal(held[1].numpy(), values.numpy())
    assert repr(cache) == f"{type(cache).__name__}(1 layers, 7 positions)"

    cache.crop(4)
    cache.update(keys[:, :, :1], values[:, :, :1], 1)
    held = cache.get(1)
    assert held is not None
    expected = np.concatenate([keys.numpy()[:, :, :4], keys.numpy()[:, :, :1]], axis=2)
    np.testing.assert_array_equal(held[0].numpy(), expected)
    np.testing.assert_array_equal(k[:, :, :7].numpy(), keys.numpy())  # what was read before is as it was
    cache.crop(-9)
    assert cache.get_seq_length(1) == 0


@every_cache
def test_beams(make: Callable[[], nn.KVCache]) -> None:
    cache, keys = make(), normal(2, 3, 4)
    cache.update(keys, keys)
    cache.batch_repeat_interleave(2)
    cache.batch_select_indices(Tensor([3, 0, 0]))
    k, _ = cache.update(keys[[1, 0, 0]], keys[[1, 0, 0]])
    np.testing.assert_array_equal(k[:, :3].numpy(), keys[[1, 0, 0]].numpy())
    np.testing.assert_array_equal(k[:, 3:6].numpy(), keys[[1, 0, 0]].numpy())


@every_cache
def test_a_copy_goes_its_own_way(make: Callable[[], nn.KVCache]) -> None:
    cache, k = make(), normal(3, 4)
    cache.update(k, k)
    other = copy.copy(cache)
    other.update(k + 1, k + 1)
    cache.update(k + 2, k + 2)
    for one, shift in ((cache, 2), (other, 1)):
        held = one.get()
        assert held is not None
        np.testing.assert_array_equal(held[0].numpy(), np.concatenate([k.numpy(), k.numpy() + shift]))


@every_cache
def test_masks_of_a_cache(make: Callable[[], nn.KVCache]) -> None:
    cache = make()
    k = normal(3, 4)
    cache.update(k, k)
    k, v = cache.update(k[:2], k[:2])
    mask = cache.mask(2).numpy()
    assert mask[:, :5].tolist() == [[True] * 4 + [False], [True] * 5]
    assert not mask[:, 5:].any()
    q = normal(1, 4, seed=8)
    held = cache.get()
    assert held is not None
    same(
        F.scaled_dot_product_attention(q, k, v, cache.mask(1)), F.scaled_dot_product_attention(q, *held, None)
    )


@every_cache
def test_writing_is_cheap(make: Callable[[], nn.KVCache]) -> None:
    """In place, while nobody looks on; and in a copy if somebody does."""
    cache, k = make(), normal(1, 4)
    with lucid.no_grad():
        cache.update(normal(2, 4), normal(2, 4))
        cache.update(k, k)
        at = cache._layers[0].keys.numpy().ctypes.data
        room = cache._layers[0].room
        while cache.get_seq_length() < room:
            cache.update(k, k)
            assert cache._layers[0].keys.numpy().ctypes.data == at
        cache.crop(1)
        seen, _ = cache.update(k, k)
        before = seen.numpy().copy()
        cache.crop(1)
        cache.update(k + 1, k)
        np.testing.assert_array_equal(seen.numpy(), before)


def test_a_cache_that_failed_is_as_it_was() -> None:
    layer, x = nn.MultiheadAttention(8, 2), normal(2, 3, 8)
    for cache in (nn.DynamicCache(), nn.StaticCache(3)):
        layer(x, x, x, cache=cache)
        with pytest.raises(ValueError, match="key_padding_mask of shape"):
            layer(x, x, x, lucid.ones((3, 2)) > 0, cache=cache)
        assert cache.get_seq_length() == 2
    with pytest.raises(ValueError, match="room for 3 positions"):
        layer(x, x, x, cache=cache)
    assert cache.get_seq_length() == 2


@every_cache
def test_a_stack_that_failed_leaves_every_layer_as_it_was(make: Callable[[], nn.KVCache]) -> None:
    """Also where the layer that failed is not the first, or failed in its second attention."""
    lucid.random.seed(1)
    x, memory = normal(3, 5, 8), normal(3, 4, 8, seed=4)
    padding = lucid.zeros((3, 4)) > 0
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), 2).eval()
    cache = nn.EncoderDecoderCache(make(), make())
    for part in (decoder, decoder.layers[0]):
        with pytest.raises(ValueError, match="key_padding_mask of shape"):
            part(x[:, :1], memory, memory_key_padding_mask=padding[:, :3], cache=cache)
        assert (len(cache.self_attention_cache), len(cache.cross_attention_cache)) == (0, 0)
    decoder(x[:, :2], memory, cache=cache)
    think = decoder.layers[1].linear1
    decoder.layers[1].linear1 = nn.Linear(7, 16)
    with pytest.raises(ValueError, match="linear expects"):
        decoder(x[:, 2:] * np.nan, memory, cache=cache)
    assert [cache.get_seq_length(i) for i in (0, 1)] == [2, 2]
    decoder.layers[1].linear1 = think
    same(decoder(x[:, 2:], memory, cache=cache), decoder(x, memory, tgt_is_causal=True)[:, 2:])


@every_cache
def test_what_was_cropped_is_forgotten(make: Callable[[], nn.KVCache]) -> None:
    """Also where it was not finite: 0 times that would not be 0."""
    layer, x, cache = nn.MultiheadAttention(8, 2), normal(2, 3, 8), make()
    expected = layer(x, x, x, is_causal=True)[0]
    layer(*[x[:1]] * 3, cache=cache)
    layer(*[x * np.nan] * 3, cache=cache)
    cache.crop(1)
    same(layer(*[x[1:]] * 3, cache=cache)[0], expected[1:])


def test_indices_are_checked_before_either_of_two_caches_changes() -> None:
    both, k = nn.EncoderDecoderCache(), normal(3, 2, 4)
    both.self_attention_cache.update(k, k)
    both.cross_attention_cache.update(k[:2], k[:2])
    with pytest.raises(ValueError, match="indices from 0 to 1"):
        both.batch_select_indices(Tensor([2, 0]))
    held = both.self_attention_cache.get()
    assert held is not None
    assert held[0].shape == (3, 2, 4)


def test_key_and_value_are_on_one_device() -> None:
    pytest.importorskip("jax")
    with pytest.raises(ValueError, match="value is on xla:cpu"):
        nn.DynamicCache().update(lucid.ones((2, 3)), lucid.ones((2, 3), device="xla:cpu"))
