"""Averages of models against PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.optim import swa_utils

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("torch.optim.swa_utils")

pytestmark = pytest.mark.parity

FUNCTIONS: list[tuple[str, str, tuple[float, ...]]] = [
    ("", "", ()),
    ("avg_fn", "get_swa_avg_fn", ()),
    ("avg_fn", "get_ema_avg_fn", ()),
    ("avg_fn", "get_ema_avg_fn", (0.7,)),
    ("multi_avg_fn", "get_swa_multi_avg_fn", ()),
    ("multi_avg_fn", "get_ema_multi_avg_fn", (0.7,)),
]


def same(ours: Any, other: Any, tolerance: float) -> None:
    kept = other.state_dict()
    assert list(ours.state_dict()) == list(kept)
    for name, value in ours.state_dict().items():
        np.testing.assert_allclose(
            value.numpy(), kept[name].numpy(), rtol=tolerance, atol=tolerance, err_msg=name
        )


@pytest.mark.parametrize(("keyword", "name", "arguments"), FUNCTIONS)
@pytest.mark.parametrize("use_buffers", [False, True])
def test_averaged_model(keyword: str, name: str, arguments: tuple[float, ...], use_buffers: bool) -> None:
    if use_buffers and name == "get_swa_multi_avg_fn":
        pytest.skip("PyTorch's function fails on the whole numbers among the buffers")
    # PyTorch divides by the count in single precision, in this one.
    tolerance = 1e-6 if name == "get_swa_multi_avg_fn" else 1e-12
    other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).double()
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).to(dtype=lucid.float64)
    averages = [
        side.AveragedModel(
            m, use_buffers=use_buffers, **({keyword: getattr(side, name)(*arguments)} if keyword else {})
        )
        for side, m in ((swa_utils, model), (theirs, other))
    ]
    rng = np.random.default_rng(0)
    for _ in range(5):
        with torch.no_grad():
            for p in other.parameters():
                p.copy_(torch.tensor(rng.standard_normal(p.shape)))
        x = rng.standard_normal((6, 3))
        other(torch.tensor(x))
        model.load_state_dict({key: value.numpy() for key, value in other.state_dict().items()})
        averages[0].update_parameters(model)
        averages[1].update_parameters(other)
        same(*averages, tolerance)
    data = [rng.standard_normal((5, 3)) for _ in range(4)]
    swa_utils.update_bn([(Tensor(x), 0) for x in data], averages[0])
    theirs.update_bn([(torch.tensor(x), 0) for x in data], averages[1])
    same(*averages, tolerance)
    x = rng.standard_normal((2, 3))
    np.testing.assert_allclose(
        averages[0].eval()(Tensor(x)).numpy(),
        averages[1].eval()(torch.tensor(x)).detach().numpy(),
        rtol=tolerance,
        atol=tolerance,
    )
