"""Averages of models: what is averaged, buffers, devices, saving; statistics measured anew."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import ArgumentError, ArgumentTypeError, StateError
from lucid.optim import swa_utils
from lucid.testing import DEVICES


class Model(nn.Module):
    """A parameter, and buffers of floats and of integers."""

    def __init__(self, device: str = "cpu") -> None:
        super().__init__()
        self.w = nn.Parameter(lucid.zeros((2, 3), device=device))
        self.scale = nn.Buffer(lucid.zeros(2, device=device))
        self.count = nn.Buffer(lucid.zeros((), dtype="int64", device=device))

    def forward(self, x: Any, *, twice: bool = False) -> Any:
        return x @ self.w * (2 if twice else 1)

    def become(self, value: float) -> None:
        with lucid.no_grad():
            self.w.copy_(value)
        self.scale.copy_(10 * value)
        self.count.copy_(int(value))


def averaged(model: Model, values: tuple[float, ...] = (1.0, 2.0, 6.0), **options: Any) -> Any:
    average = swa_utils.AveragedModel(model, **options)
    for value in values:
        model.become(value)
        average.update_parameters(model)
    return average


def found(average: Any) -> list[float]:
    module = average.module
    assert module.w.shape == (2, 3)
    return [module.w[0, 0].item(), module.scale[0].item(), module.count.item()]


def ema(decay: float, values: tuple[float, ...]) -> float:
    average = values[0]
    for value in values[1:]:
        average = decay * average + (1 - decay) * value
    return average


EMA = ema(0.5, (1.0, 2.0, 6.0))
ROWS: list[tuple[dict[str, Any], list[float]]] = [
    ({}, [3.0, 60.0, 6]),
    ({"use_buffers": True}, [3.0, 30.0, 2]),  # of whole numbers, fractions are lost at each update
    ({"avg_fn": swa_utils.get_swa_avg_fn()}, [3.0, 60.0, 6]),
    ({"multi_avg_fn": swa_utils.get_swa_multi_avg_fn(), "use_buffers": True}, [3.0, 30.0, 2]),
    ({"avg_fn": swa_utils.get_ema_avg_fn(0.5)}, [EMA, 60.0, 6]),
    ({"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.5)}, [EMA, 60.0, 6]),
    ({"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.5), "use_buffers": True}, [EMA, 10 * EMA, 3]),
    ({"avg_fn": lambda a, p, n: a + p * n}, [1 + 2 + 12, 60.0, 6]),
]


@pytest.mark.parametrize(
    ("options", "expected", "device"),
    [(*row, "cpu") for row in ROWS] + [(*ROWS[i], device) for i in (1, 3) for device in DEVICES[1:]],
)
def test_averages(options: dict[str, Any], expected: list[float], device: str) -> None:
    model = Model(device)
    average = averaged(model, **options)
    np.testing.assert_allclose(found(average), expected, rtol=1e-6)
    assert average.n_averaged.item() == 3
    assert average.module.w.device == average.module.count.device == device
    assert model.w[0, 0].item() == 6  # the model itself stays as it is


def test_the_average_is_a_model() -> None:
    model = Model()
    average = averaged(model, (1.0, 3.0))
    assert average(lucid.ones((1, 2)), twice=True).tolist() == [[8.0] * 3]
    assert list(average.state_dict()) == ["n_averaged", "module.w", "module.scale", "module.count"]
    assert average.module.w.requires_grad
    assert average.module.w.is_leaf
    other = swa_utils.AveragedModel(Model())
    other.load_state_dict(average.state_dict())
    for a in (other, copy.deepcopy(average), pickle.loads(pickle.dumps(average))):
        model.become(8.0)
        a.update_parameters(model)
        assert found(a)[0] == 4.0


def test_the_average_may_be_elsewhere() -> None:
    pytest.importorskip("jax")
    average = averaged(Model(), device="xla:cpu", use_buffers=True)
    assert average.module.w.device == average.n_averaged.device == "xla:cpu"
    np.testing.assert_allclose(found(average), [3.0, 30.0, 2], rtol=1e-6)


def test_training_goes_on_beside_the_average() -> None:
    """What the optimizer writes in place never shows in the average."""
    model = nn.Linear(40, 30)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    average = swa_utils.AveragedModel(model)
    weights = []
    for _ in range(3):
        model(lucid.ones((2, 40))).sum().backward()
        optimizer.step()
        average.update_parameters(model)
        weights.append(model.weight.numpy().copy())
    np.testing.assert_allclose(average.module.weight.numpy(), np.mean(weights, 0), rtol=1e-5, atol=1e-6)


def test_half_precision_stays() -> None:
    model = nn.Linear(2, 1).to(dtype="float16")
    average = swa_utils.AveragedModel(model, avg_fn=swa_utils.get_ema_avg_fn())
    for _ in range(2):
        average.update_parameters(model)
    assert average.module.weight.dtype == lucid.float16


def test_update_bn() -> None:
    rng = np.random.default_rng(0)
    data = [Tensor(rng.standard_normal((4, 3)), dtype="float32") for _ in range(3)]
    frozen = nn.BatchNorm1d(3).eval()
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3, momentum=0.3), nn.Dropout(0.5), frozen)
    norm = model[1]
    model(data[0] + 5)
    swa_utils.update_bn([data[0], (data[1], "label"), [data[2]]], model)
    seen = [model[0](x).numpy() for x in data]
    np.testing.assert_allclose(norm.running_mean.numpy(), np.mean([x.mean(0) for x in seen], 0), atol=1e-6)
    variance = np.mean([x.var(0, ddof=1) for x in seen], 0)
    np.testing.assert_allclose(norm.running_var.numpy(), variance, rtol=1e-5)
    assert norm.num_batches_tracked.item() == 3
    assert norm.momentum == 0.3
    assert [m.training for m in model] == [True, True, True, False]
    assert not norm.running_mean.requires_grad


def test_update_bn_leaves_a_model_without_batch_normalisation_alone() -> None:
    class Never:
        def __iter__(self) -> Any:
            raise AssertionError("nothing needs the data")

    swa_utils.update_bn(Never(), nn.Linear(2, 1))  # type: ignore[arg-type]


def test_update_bn_takes_data_to_a_device() -> None:
    pytest.importorskip("jax")
    model = nn.BatchNorm1d(1, device="xla:cpu")
    swa_utils.update_bn([lucid.ones((2, 1)), np.full((2, 1), 3, np.float32)], model, device="xla:cpu")
    assert model.running_mean is not None
    assert model.running_mean.tolist() == [2.0]


def test_what_fails_in_update_bn_leaves_the_model_as_it_was() -> None:
    model = nn.BatchNorm1d(3, momentum=0.2).eval()
    with pytest.raises(lucid.errors.ShapeError):
        swa_utils.update_bn([lucid.ones((2, 3)), lucid.ones((2, 4))], model)
    assert model.momentum == 0.2
    assert not model.training


@pytest.mark.parametrize(
    "options",
    [
        {"avg_fn": swa_utils.get_ema_avg_fn(0.75)},
        {"avg_fn": swa_utils.get_swa_avg_fn()},
        {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.75)},
        {"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()},
    ],
    ids=["ema", "swa", "multi_ema", "multi_swa"],
)
def test_an_average_can_be_pickled(options: dict[str, Any]) -> None:
    model = nn.Linear(2, 1)
    average = swa_utils.AveragedModel(model, **options)
    average.update_parameters(model)
    again = pickle.loads(pickle.dumps(average))
    model.weight = nn.Parameter(model.weight + 1)
    for one in (average, again):
        one.update_parameters(model)
    assert (again.module.weight == average.module.weight).all()
    assert (again.module.weight != model.weight).all()


def test_buffers_of_truth_values_are_copied_where_others_are_averaged() -> None:
    model = nn.Module()
    model.mean, model.seen = nn.Buffer([1.0]), nn.Buffer([False, True])
    average = swa_utils.AveragedModel(model, use_buffers=True)
    for mean, seen in ((1.0, [False, True]), (3.0, [True, False])):
        model.mean[...], model.seen[...] = mean, Tensor(seen)
        average.update_parameters(model)
    assert average.module.mean.tolist() == [2.0]
    assert average.module.seen.tolist() == [True, False]


def test_lazy_layers_are_to_be_called_first() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.LazyLinear(3), nn.LazyBatchNorm1d())
    model[0].running_mean += 1
    with pytest.raises(StateError, match="update_bn: a lazy layer has no shape yet: call the model once"):
        swa_utils.update_bn([lucid.ones((2, 3))], model)
    assert model[0].running_mean.tolist() == [1.0] * 3
    average = swa_utils.AveragedModel(model)
    model(lucid.ones((2, 3)))
    with pytest.raises(
        StateError, match=r"a lazy layer has no shape yet: call .* before AveragedModel copies"
    ):
        average.update_parameters(model)


def test_refused() -> None:
    model = nn.Linear(2, 1)
    with pytest.raises(ArgumentTypeError, match="AveragedModel expects a module, got int"):
        swa_utils.AveragedModel(3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="avg_fn or multi_avg_fn, and not both"):
        swa_utils.AveragedModel(
            model, avg_fn=swa_utils.get_swa_avg_fn(), multi_avg_fn=swa_utils.get_swa_multi_avg_fn()
        )
    with pytest.raises(ArgumentTypeError, match=r"avg_fn to be a function, got 0\.5"):
        swa_utils.AveragedModel(model, avg_fn=0.5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="use_buffers to be True or False"):
        swa_utils.AveragedModel(model, use_buffers=1)  # type: ignore[arg-type]
    for get in (swa_utils.get_ema_avg_fn, swa_utils.get_ema_multi_avg_fn):
        with pytest.raises(ArgumentError, match=r"decay to be from 0 to 1, got 1.5"):
            get(1.5)
    average = swa_utils.AveragedModel(model)
    with pytest.raises(StateError, match=r"parameters have the shapes \[\(1, 3\), \(1,\)\], the averaged"):
        average.update_parameters(nn.Linear(3, 1))
    with pytest.raises(ArgumentTypeError, match=r"update_parameters expects a module, got list"):
        average.update_parameters([1])  # type: ignore[arg-type]
    assert average.n_averaged.item() == 0
    with pytest.raises(ArgumentTypeError, match="update_bn expects a module, got list"):
        swa_utils.update_bn(model, [])  # type: ignore[arg-type]
