"""Rows of losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.testing import between, integers, normal, positive
from tests.nn.layers.table import LayerCase

Array = Any
REDUCTIONS = ("mean", "sum", "none")

PAIR = ((4, 3), (4, 3))
BATCH = (4,)
probability = between(0.05, 0.95)
per_class = np.array([0.5, 1.0, 2.0])
per_element = np.linspace(0.5, 2.0, 12).reshape(4, 3)


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.choice([-1, 1], shape))


def log_probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    x = rng.standard_normal(shape)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def apart(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw numbers at least 0.1 from 0 and 1 in size, where the halves of some losses meet."""
    return np.asarray(
        rng.choice([-1.0, 1.0], shape) * rng.choice([0.5, 2.0], shape) * rng.uniform(0.7, 1.3, shape)
    )


def with_ignored(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw classes of which the first is 2, the class to be ignored in these rows."""
    classes = np.asarray(rng.integers(0, 3, shape))
    classes.reshape(-1)[:1] = 2
    return classes


def several(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw the right classes of each example, a -1 after them."""
    rows = np.stack([rng.permutation(shape[-1]) for _ in range(int(np.prod(shape[:-1])))])
    rows[np.arange(len(rows)), rng.integers(0, shape[-1], len(rows))] = -1
    return rows.reshape(shape)


def rows(layer: str, inputs: Any, domain: Any, none: Any, *options: dict[str, Any]) -> list[LayerCase]:
    """Return a row for each reduction, and one without a reduction for each set of options."""
    every: list[dict[str, Any]] = [{}, {"reduction": "sum"}, {"reduction": "none"}]
    every += [{"reduction": "none", **more} for more in options]
    return [
        LayerCase(
            layer=layer,
            options=o,
            inputs=inputs,
            domain=domain,
            out=none if o.get("reduction") == "none" else (),
        )
        for o in every
    ]


NUMBERS = [
    *rows("MSELoss", PAIR, normal, (4, 3)),
    *rows("L1Loss", PAIR, (between(0, 1), between(1.1, 2)), (4, 3)),
    *rows("SmoothL1Loss", PAIR, (apart, lambda _, s: np.zeros(s)), (4, 3), {"beta": 0.3}, {"beta": 0.0}),
    *rows("HuberLoss", PAIR, (apart, lambda _, s: np.zeros(s)), (4, 3), {"delta": 0.3}),
]

CLASSES = [
    *rows(
        "CrossEntropyLoss",
        ((4, 3), BATCH),
        (normal, with_ignored),
        BATCH,
        {"weight": per_class},
        {"ignore_index": 2, "label_smoothing": 0.1},
    ),
    LayerCase(
        layer="CrossEntropyLoss",
        options={"weight": per_class, "ignore_index": 2, "label_smoothing": 0.1},
        inputs=((2, 3, 2), (2, 2)),
        domain=(normal, with_ignored),
        out=(),
    ),
    LayerCase(
        layer="CrossEntropyLoss",
        options={"weight": per_class, "label_smoothing": 0.1},
        inputs=PAIR,
        domain=(normal, probability),
        out=(),
    ),
    *rows(
        "NLLLoss",
        ((4, 3), BATCH),
        (normal, with_ignored),
        BATCH,
        {"weight": per_class},
    ),
    LayerCase(
        layer="NLLLoss",
        options={"weight": per_class, "ignore_index": 2},
        inputs=((4, 3), BATCH),
        domain=(normal, with_ignored),
        out=(),
    ),
    LayerCase(
        layer="AdaptiveLogSoftmaxWithLoss",
        args=(4, 6, [3], 2.0, True),
        inputs=((3, 4), (3,)),
        domain=(normal, lambda _, shape: np.array([5, 1, 4])),
        out=((3,), ()),
    ),
    LayerCase(
        layer="AdaptiveLogSoftmaxWithLoss",
        args=(4, 6, [2, 4]),
        options={"div_value": 2.0},
        inputs=((5, 4), (5,)),
        domain=(normal, integers(0, 6)),
        out=((5,), ()),
    ),
    LayerCase(
        layer="AdaptiveLogSoftmaxWithLoss",
        args=(4, 6, [2, 4]),
        options={"div_value": 2.0},
        inputs=((4,), ()),
        domain=(normal, integers(0, 6)),
        out=((), ()),
    ),
]

YES_OR_NO = [
    *rows("BCELoss", PAIR, probability, (4, 3), {"weight": per_element}, {"weight": per_class}),
    *rows(
        "BCEWithLogitsLoss",
        PAIR,
        (normal, probability),
        (4, 3),
        {"weight": per_element, "pos_weight": per_class},
    ),
    *rows("SoftMarginLoss", PAIR, (normal, signs), (4, 3)),
    *rows("MultiLabelSoftMarginLoss", PAIR, (normal, probability), BATCH, {"weight": per_class}),
]

DISTRIBUTIONS = [
    *rows("KLDivLoss", PAIR, (normal, probability), (4, 3)),
    LayerCase(
        layer="KLDivLoss",
        options={"reduction": "batchmean", "log_target": True},
        inputs=PAIR,
        domain=log_probabilities,
        out=(),
    ),
    *rows(
        "PoissonNLLLoss",
        PAIR,
        (positive, between(1.1, 3)),
        (4, 3),
        {"full": True},
        {"log_input": False, "eps": 0.1},
    ),
    *rows("GaussianNLLLoss", (*PAIR, (4, 3)), (normal, normal, positive), (4, 3), {"full": True}),
    LayerCase(
        layer="GaussianNLLLoss",
        options={"eps": 0.1},
        inputs=((4, 3), (4, 1), (4,)),
        domain=(normal, normal, positive),
        out=(),
    ),
]

MARGINS = [
    *rows("MarginRankingLoss", ((4, 3),) * 3, (normal, normal, signs), (4, 3), {"margin": 0.7}),
    *rows("HingeEmbeddingLoss", PAIR, (apart, signs), (4, 3), {"margin": 0.1}),
    *rows(
        "CosineEmbeddingLoss",
        (*PAIR, BATCH),
        (normal, normal, signs),
        BATCH,
        {"margin": -0.2003},
    ),
    LayerCase(layer="CosineEmbeddingLoss", inputs=((3,), (3,), ()), domain=(normal, normal, signs), out=()),
    *rows(
        "TripletMarginLoss",
        ((4, 3),) * 3,
        normal,
        BATCH,
        {"margin": 2.0, "swap": True},
        {"p": 1.0},
        {"p": 3, "eps": 0.01},
    ),
    *rows("TripletMarginWithDistanceLoss", ((4, 3),) * 3, normal, BATCH, {"margin": 2.0, "swap": True}),
    LayerCase(
        layer="TripletMarginWithDistanceLoss",
        options={"distance_function": LayerCase(layer="CosineSimilarity", inputs=(), out=())},
        inputs=((4, 3),) * 3,
        out=(),
    ),
    *rows(
        "MultiMarginLoss",
        ((4, 3), BATCH),
        (normal, integers(0, 3)),
        BATCH,
        {"p": 2, "margin": 0.7, "weight": per_class},
    ),
    LayerCase(layer="MultiMarginLoss", inputs=((3,), ()), domain=(normal, integers(0, 3)), out=()),
    *rows("MultiLabelMarginLoss", PAIR, (normal, several), BATCH),
    LayerCase(layer="MultiLabelMarginLoss", inputs=((3,), (3,)), domain=(normal, several), out=()),
]


def ctc(options: dict[str, Any], out: Any, **call: Any) -> LayerCase:
    return LayerCase(
        layer="CTCLoss",
        options=options,
        inputs=((5, 2, 3),),
        domain=log_probabilities,
        call={"input_lengths": (5, 4), "target_lengths": (3, 1), **call},
        out=out,
    )


SEQUENCES = [
    LayerCase(
        layer="CTCLoss",
        inputs=((3, 3),),
        domain=log_probabilities,
        call={
            "targets": np.array([1, 2]),
            "input_lengths": np.array(3),
            "target_lengths": np.array(2),
        },
        out=(),
    ),
    ctc({}, (), targets=np.array([[1, 1, 2], [2, 0, 0]])),
    ctc({"blank": 2, "reduction": "none"}, (2,), targets=np.array([[1, 1, 0], [0, 2, 2]])),
    ctc({"reduction": "sum"}, (), targets=np.array([2, 1, 2, 1])),
    ctc(
        {"reduction": "none", "zero_infinity": True},
        (2,),
        targets=np.array([[1, 2, 1], [1, 1, 1]]),
        input_lengths=np.array([5, 4]),
        target_lengths=np.array([1, 3]),
    ),
]

LOSSES = [*NUMBERS, *CLASSES, *YES_OR_NO, *DISTRIBUTIONS, *MARGINS, *SEQUENCES]
