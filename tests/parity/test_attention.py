"""Attention against PyTorch: results, weights, gradients, and state dicts by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")
TF = torch.nn.functional

pytestmark = pytest.mark.parity

rng = np.random.default_rng(0)
RTOL = 1e-12  # some roundings of float64; sums may be taken in another order


def normal(*shape: int) -> Any:
    return rng.standard_normal(shape)


def close(a: Any, b: Any, rtol: float = RTOL) -> None:
    assert a.shape == tuple(b.shape)
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=rtol, atol=rtol)


def both(*arrays: Any) -> list[tuple[Any, Any]]:
    """Return each array as a Tensor of either library; floats track gradients."""
    pairs = [(None, None) if a is None else (Tensor(a), torch.tensor(a)) for a in arrays]
    for a, b in pairs:
        if a is not None and a.dtype.kind == "f":
            a.requires_grad_()
            b.requires_grad_()
    return pairs


def gradients_agree(pairs: list[tuple[Any, Any]], y: Any, z: Any, rtol: float = RTOL) -> None:
    weights = np.random.default_rng(9).standard_normal(y.shape).astype(y.numpy().dtype)
    (y * Tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    for a, b in pairs:
        if a is not None and b.grad is not None:
            close(a.grad, b.grad, rtol)


some = rng.random((5, 7)) > 0.4
some[:, 0] = True
none = some.copy()
none[2] = False

CALLS: dict[str, tuple[list[Any], Any, dict[str, Any]]] = {
    "plain": ([normal(2, 3, 5, 4), normal(2, 3, 7, 4), normal(2, 3, 7, 6)], None, {}),
    "no batch": ([normal(5, 4), normal(7, 4), normal(7, 6)], None, {}),
    "causal, more keys": ([normal(3, 5, 4), normal(3, 7, 4), normal(3, 7, 4)], None, {"is_causal": True}),
    "causal, fewer keys": ([normal(3, 7, 4), normal(3, 5, 4), normal(3, 5, 4)], None, {"is_causal": True}),
    "scale": ([normal(3, 5, 4), normal(3, 7, 4), normal(3, 7, 4)], None, {"scale": 1.5}),
    "booleans": ([normal(2, 3, 5, 4), normal(2, 3, 7, 4), normal(2, 3, 7, 4)], some, {}),
    "nothing to attend to": ([normal(2, 3, 5, 4), normal(2, 3, 7, 4), normal(2, 3, 7, 4)], none, {}),
    "floats": ([normal(2, 3, 5, 4), normal(2, 3, 7, 4), normal(2, 3, 7, 4)], normal(3, 1, 7), {}),
    "groups": ([normal(2, 6, 5, 4), normal(2, 2, 7, 4), normal(2, 2, 7, 4)], some, {"enable_gqa": True}),
}


@pytest.mark.parametrize("name", CALLS)
def test_scaled_dot_product_attention(name: str) -> None:
    arrays, mask, options = CALLS[name]
    pairs = both(*arrays, mask)
    y = F.scaled_dot_product_attention(*[a for a, _ in pairs], **options)
    z = TF.scaled_dot_product_attention(*[b for _, b in pairs], **options)
    close(y, z)
    gradients_agree(pairs, y, z)


@pytest.mark.parametrize("causal", [False, True])
def test_kernels_in_float32(causal: bool) -> None:
    pairs = both(*[normal(2, 130, 3, 64).astype(np.float32) for _ in range(3)])
    y = F.scaled_dot_product_attention(
        *[lucid.permute_dims(a, (0, 2, 1, 3)) for a, _ in pairs], is_causal=causal
    )
    z = TF.scaled_dot_product_attention(*[b.transpose(1, 2) for _, b in pairs], is_causal=causal)
    close(y, z, 2e-6)
    gradients_agree(pairs, y, z, 2e-5)


LAYERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "batch first": {"batch_first": True},
    "no bias": {"bias": False, "batch_first": True},
    "bias of keys": {"add_bias_kv": True},
    "zeros": {"add_zero_attn": True, "batch_first": True},
    "bias of keys and zeros": {"add_bias_kv": True, "add_zero_attn": True},
    "other sizes": {"kdim": 3, "vdim": 5},
    "other sizes, no bias": {"kdim": 3, "bias": False, "add_bias_kv": True},
}


def pair_of_layers(options: dict[str, Any]) -> tuple[Any, Any]:
    """Return both libraries' layers with the same weights, loaded from PyTorch's state dict as it is."""
    torch.manual_seed(0)
    theirs = torch.nn.MultiheadAttention(8, 2, dtype=torch.float64, **options)
    for p in theirs.parameters():
        torch.nn.init.normal_(p)
    ours = nn.MultiheadAttention(8, 2, dtype=lucid.float64, **options)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    return ours, theirs


def check_layer(options: dict[str, Any], inputs: list[Any], masks: dict[str, Any], **call: Any) -> None:
    ours, theirs = pair_of_layers(options)
    pairs = both(*inputs)
    named = {name: both(mask)[0] for name, mask in masks.items()}
    y, weights = ours(*[a for a, _ in pairs], **{n: a for n, (a, _) in named.items()}, **call)
    z, other = theirs(*[b for _, b in pairs], **{n: b for n, (_, b) in named.items()}, **call)
    close(y, z)
    assert (weights is None) == (other is None)
    if weights is not None:
        close(weights, other)
        y, z = y.sum(axis=-1) + weights.sum(axis=-1).sum(), z.sum(dim=-1) + other.sum(dim=-1).sum()
    gradients_agree(
        [*pairs, *named.values(), *zip(ours.parameters(), theirs.parameters(), strict=True)], y, z
    )


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name: str, need_weights: bool) -> None:
    options = LAYERS[name]
    inputs = [normal(5, 3, 8), normal(7, 3, options.get("kdim", 8)), normal(7, 3, options.get("vdim", 8))]
    if options.get("batch_first"):
        inputs = [np.swapaxes(x, 0, 1) for x in inputs]
    padding = np.zeros((3, 7), bool)
    padding[1, 5:] = True
    check_layer(options, inputs, {"key_padding_mask": padding}, need_weights=need_weights)
    alone = [x[0] if options.get("batch_first") else x[:, 0] for x in inputs]
    check_layer(options, alone, {}, need_weights=need_weights)


MASKS: dict[str, dict[str, Any]] = {
    "booleans": {"attn_mask": ~some},
    "floats": {"attn_mask": normal(5, 7)},
    "for each head": {"attn_mask": normal(6, 5, 7)},
    "both": {"attn_mask": ~some, "key_padding_mask": np.arange(7) > np.array([[6], [4], [5]])},
    "both, floats": {"attn_mask": normal(5, 7), "key_padding_mask": normal(3, 7)},
}


@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("name", MASKS)
def test_masks(name: str, average: bool) -> None:
    inputs = [normal(5, 3, 8), normal(7, 3, 8), normal(7, 3, 8)]
    check_layer({"add_zero_attn": True}, inputs, MASKS[name], average_attn_weights=average)
    check_layer({}, inputs, MASKS[name], need_weights=False)


def test_one_input_for_all_three() -> None:
    ours, theirs = pair_of_layers({"batch_first": True})
    [(x, u), (m, w)] = both(normal(3, 5, 8), normal(3, 6, 8))
    mask = torch.nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    y, _ = ours(x, x, x, need_weights=False, is_causal=True)
    z, _ = theirs(u, u, u, need_weights=False, is_causal=True, attn_mask=mask)
    close(y, z)
    gradients_agree([(x, u), *zip(ours.parameters(), theirs.parameters(), strict=True)], y, z)
    y, z = ours(x, m, m)[0], theirs(u, w, w)[0]
    close(y, z)
    gradients_agree([(x, u), (m, w)], y, z)


@pytest.mark.parametrize("name", ["in_proj_weight", "out_proj.weight", "q_proj_weight"])
def test_parameters_begin_alike(name: str) -> None:
    """In distribution: the quantiles agree."""
    options = {"kdim": 100} if name.startswith("q") else {}
    torch.manual_seed(0)
    a = nn.MultiheadAttention(120, 2, **options).state_dict()[name].numpy().reshape(-1)
    b = torch.nn.MultiheadAttention(120, 2, **options).state_dict()[name].numpy().reshape(-1)
    at = np.linspace(0.02, 0.98, 25)
    # As in test_nn.py, for 10,000 draws and more.
    np.testing.assert_allclose(np.quantile(a, at), np.quantile(b, at), atol=0.12 * b.std())


def test_the_added_key_begins_alike() -> None:
    torch.manual_seed(0)
    a = nn.MultiheadAttention(1000, 1, add_bias_kv=True).bias_k.numpy().std()
    b = torch.nn.MultiheadAttention(1000, 1, add_bias_kv=True).bias_k.detach().numpy().std()
    assert abs(a / b - 1) < 0.12  # of 1,000 draws: four standard errors
