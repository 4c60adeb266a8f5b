"""Layers of pooling, and of channel dropout: what they call, how they show, and that they hold nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid import nn

seq = lucid.random.normal((2, 3, 9))
img = lucid.random.normal((2, 3, 8, 7))
vol = lucid.random.normal((2, 3, 4, 5, 6))

ROWS: list[tuple[Callable[[], nn.Module], Callable[[], Any], str]] = [
    (
        lambda: nn.MaxPool1d(2),
        lambda: F.max_pool1d(seq, 2),
        "MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1)",
    ),
    (
        lambda: nn.MaxPool2d((3, 2), 2, (1, 0), 1, ceil_mode=True),
        lambda: F.max_pool2d(img, (3, 2), 2, (1, 0), 1, True),
        "MaxPool2d(kernel_size=(3, 2), stride=2, padding=(1, 0), ceil_mode=True, dilation=1)",
    ),
    (
        lambda: nn.MaxPool3d(2, return_indices=True),
        lambda: F.max_pool3d(vol, 2, return_indices=True),
        "MaxPool3d(kernel_size=2, stride=2, padding=0, dilation=1)",
    ),
    (
        lambda: nn.AvgPool1d(3, 1, 1, True, False),
        lambda: F.avg_pool1d(seq, 3, 1, 1, True, False),
        "AvgPool1d(kernel_size=3, stride=1, padding=1, ceil_mode=True, count_include_pad=False)",
    ),
    (
        lambda: nn.AvgPool2d(2, divisor_override=3),
        lambda: F.avg_pool2d(img, 2, divisor_override=3),
        "AvgPool2d(kernel_size=2, stride=2, padding=0, divisor_override=3)",
    ),
    (
        lambda: nn.AvgPool3d((1, 2, 3)),
        lambda: F.avg_pool3d(vol, (1, 2, 3)),
        "AvgPool3d(kernel_size=(1, 2, 3), stride=(1, 2, 3), padding=0)",
    ),
    (
        lambda: nn.AdaptiveAvgPool1d(4),
        lambda: F.adaptive_avg_pool1d(seq, 4),
        "AdaptiveAvgPool1d(output_size=4)",
    ),
    (
        lambda: nn.AdaptiveAvgPool2d((None, 2)),
        lambda: F.adaptive_avg_pool2d(img, (None, 2)),
        "AdaptiveAvgPool2d(output_size=(None, 2))",
    ),
    (
        lambda: nn.AdaptiveAvgPool3d(2),
        lambda: F.adaptive_avg_pool3d(vol, 2),
        "AdaptiveAvgPool3d(output_size=2)",
    ),
    (
        lambda: nn.AdaptiveMaxPool1d(4, return_indices=True),
        lambda: F.adaptive_max_pool1d(seq, 4, True),
        "AdaptiveMaxPool1d(output_size=4)",
    ),
    (
        lambda: nn.AdaptiveMaxPool2d(3),
        lambda: F.adaptive_max_pool2d(img, 3),
        "AdaptiveMaxPool2d(output_size=3)",
    ),
    (
        lambda: nn.AdaptiveMaxPool3d((1, 2, 3)),
        lambda: F.adaptive_max_pool3d(vol, (1, 2, 3)),
        "AdaptiveMaxPool3d(output_size=(1, 2, 3))",
    ),
]


@pytest.mark.parametrize(("make", "expected", "shown"), ROWS, ids=[row[2] for row in ROWS])
def test_pooling(make: Callable[[], nn.Module], expected: Callable[[], Any], shown: str) -> None:
    layer = make()
    assert repr(layer) == shown
    assert not layer.state_dict()
    x = {"1": seq, "2": img, "3": vol}[shown.partition("d(")[0][-1]]
    for module in (layer, copy.deepcopy(layer).eval()):
        found, wanted = module(x), expected()
        for a, b in zip(*(r if isinstance(r, tuple) else (r,) for r in (found, wanted)), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize(
    ("layer", "x"),
    [(nn.Dropout1d, seq), (nn.Dropout2d, img), (nn.Dropout3d, vol), (nn.AlphaDropout, img)],
)
def test_dropout(layer: Any, x: Any) -> None:
    assert repr(layer(0.25)) == f"{layer.__name__}(p=0.25)"
    assert layer().p == 0.5
    lucid.random.seed(1)
    found = layer(0.25)(x)
    lucid.random.seed(1)
    function = {nn.AlphaDropout: F.alpha_dropout}.get(layer) or getattr(F, layer.__name__.lower())
    np.testing.assert_array_equal(found.numpy(), function(x, 0.25, True).numpy())
    assert layer(0.25).eval()(x) is x
    assert layer(0.0)(x) is x


def test_embedding_with_every_option() -> None:
    layer = nn.Embedding(5, 3, 1, 0.5, 1.0, True)
    assert repr(layer) == (
        "Embedding(5, 3, padding_idx=1, max_norm=0.5, norm_type=1, scale_grad_by_freq=True)"
    )
    layer(lucid.asarray([0, 1, 2])).sum().backward()
    assert (abs(layer.weight.detach().numpy()[:3]).sum(1) <= 0.5).all()
    assert layer.weight.grad is not None
    assert isinstance(layer.weight, nn.Parameter)
