"""Transformers against PyTorch: what rows of the table can't show."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning"),
    pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning"),
]

rng = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return rng.standard_normal(shape)


def close(a: Any, b: Any) -> None:
    assert a.shape == tuple(b.shape)
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-11)


def test_names_of_a_whole_transformer() -> None:
    args = (8, 2, 2, 2, 16)
    ours, theirs = nn.Transformer(*args), torch.nn.Transformer(*args)
    assert [(n, p.shape) for n, p in ours.state_dict().items()] == [
        (n, tuple(p.shape)) for n, p in theirs.state_dict().items()
    ]


@pytest.mark.parametrize(
    "name",
    [
        "encoder.layers.1.linear1.weight",
        "encoder.layers.0.self_attn.in_proj_weight",
        "decoder.layers.0.multihead_attn.out_proj.weight",
        "decoder.layers.1.linear2.bias",
    ],
)
def test_parameters_begin_alike(name: str) -> None:
    """In distribution: the quantiles agree."""
    lucid.random.seed(1)
    torch.manual_seed(1)
    args = (64, 2, 2, 2, 128)
    a = nn.Transformer(*args).state_dict()[name].numpy().reshape(-1)
    b = torch.nn.Transformer(*args).state_dict()[name].numpy().reshape(-1)
    at = np.linspace(0.05, 0.95, 19)
    atol = (0.12 if a.size > 1000 else 0.6) * b.std()  # some standard errors of 4,000 draws and of 64
    np.testing.assert_allclose(np.quantile(a, at), np.quantile(b, at), atol=atol)


@pytest.mark.parametrize("batch_first", [False, True])
def test_padding_where_pytorch_is_in_a_hurry(batch_first: bool) -> None:
    """In evaluation without gradients PyTorch goes another way; what is no padding is the same."""
    options = {"dim_feedforward": 5, "batch_first": batch_first, "dropout": 0.3}
    theirs = torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(4, 2, **options), 2).double().eval()
    ours = (
        nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, **options), 2).to(dtype=lucid.float64).eval()
    )
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    x = normal(2, 5, 4) if batch_first else normal(5, 2, 4)
    padding = np.arange(5) >= np.array([[5], [3]])
    with torch.no_grad(), lucid.no_grad():
        z = theirs(torch.tensor(x), src_key_padding_mask=torch.tensor(padding)).numpy()
        y = ours(Tensor(x), src_key_padding_mask=Tensor(padding)).numpy()
    keep = ~padding if batch_first else ~padding.T
    np.testing.assert_allclose(y[keep], z[keep], rtol=1e-9, atol=1e-11)


def test_mask() -> None:
    make = torch.nn.Transformer.generate_square_subsequent_mask
    np.testing.assert_array_equal(nn.Transformer.generate_square_subsequent_mask(4).numpy(), make(4).numpy())
    assert nn.Transformer.generate_square_subsequent_mask(2, dtype="float64").dtype == lucid.float64


def test_a_callable_activation() -> None:
    x = normal(3, 2, 4)
    theirs = torch.nn.TransformerEncoderLayer(4, 2, 5, 0.0, torch.nn.functional.elu).double()
    ours = nn.TransformerEncoderLayer(4, 2, 5, 0.0, F.elu).to(dtype=lucid.float64)
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    close(ours(Tensor(x)), theirs(torch.tensor(x)))


CALLS: dict[str, dict[str, Any]] = {
    "plain": {},
    "no biases": {"in_proj_bias": None, "out_proj_bias": None},
    "added": {"bias_k": normal(1, 1, 4), "bias_v": normal(1, 1, 4), "add_zero_attn": True},
    "separate": {
        "in_proj_weight": None,
        "use_separate_proj_weight": True,
        "q_proj_weight": normal(4, 4),
        "k_proj_weight": normal(4, 4),
        "v_proj_weight": normal(4, 4),
    },
    "static": {"static_k": normal(6, 2, 2), "static_v": normal(6, 2, 2)},
    "static keys": {"static_k": normal(6, 5, 2), "need_weights": False},
    "masks": {"key_padding_mask": rng.random((3, 5)) > 0.7, "attn_mask": rng.random((2, 5)) > 0.8},
    "each head": {"average_attn_weights": False},
    "not training": {"dropout_p": 0.5, "training": False},
}


@pytest.mark.parametrize("name", CALLS)
def test_multi_head_attention_forward(name: str) -> None:
    call = {
        "query": normal(2, 3, 4),
        "key": normal(5, 3, 4),
        "value": normal(5, 3, 4),
        "embed_dim_to_check": 4,
        "num_heads": 2,
        "in_proj_weight": normal(12, 4),
        "in_proj_bias": normal(12),
        "bias_k": None,
        "bias_v": None,
        "add_zero_attn": False,
        "dropout_p": 0.0,
        "out_proj_weight": normal(4, 4),
        "out_proj_bias": normal(4),
        **CALLS[name],
    }
    given = {k: (Tensor(v), torch.tensor(v)) for k, v in call.items() if isinstance(v, np.ndarray)}
    for a, b in given.values():
        if b.is_floating_point():
            a.requires_grad_()
            b.requires_grad_()
    y, weights = F.multi_head_attention_forward(**{**call, **{k: a for k, (a, _) in given.items()}})
    z, others = torch.nn.functional.multi_head_attention_forward(
        **{**call, **{k: b for k, (_, b) in given.items()}}
    )
    close(y, z)
    (y * Tensor(np.arange(24.0).reshape(2, 3, 4))).sum().backward()
    (z * torch.arange(24.0).reshape(2, 3, 4)).sum().backward()
    assert (weights is None) == (others is None)
    if weights is not None:
        close(weights, others)
    for a, b in given.values():
        if b.grad is not None and a.grad is not None:
            np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-8, atol=1e-10)
        else:
            assert b.grad is None or not b.grad.any()


@pytest.mark.parametrize(
    "name",
    [
        "MultiheadAttention",
        "TransformerEncoderLayer",
        "TransformerDecoderLayer",
        "TransformerEncoder",
        "TransformerDecoder",
        "Transformer",
    ],
)
def test_arguments_of_calls(name: str) -> None:
    """Theirs come first, with the same names and defaults."""
    ours = list(inspect.signature(getattr(nn, name).forward).parameters.values())
    theirs = list(inspect.signature(getattr(torch.nn, name).forward).parameters.values())
    assert [(p.name, p.default) for p in ours[: len(theirs)]] == [(p.name, p.default) for p in theirs]
    assert all(p.kind is p.KEYWORD_ONLY for p in ours[len(theirs) :])
