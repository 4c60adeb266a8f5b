"""Rows of distances of vectors."""

from __future__ import annotations

import math

from tests.nn.layers.table import LayerCase

PAIR = ((4, 3), (4, 3))

DISTANCES = [
    LayerCase(layer="CosineSimilarity", inputs=PAIR, out=(4,)),
    LayerCase(layer="CosineSimilarity", options={"axis": 0, "eps": 1e-3}, inputs=((4, 3), (4, 1)), out=(3,)),
    LayerCase(layer="PairwiseDistance", inputs=PAIR, out=(4,)),
    LayerCase(layer="PairwiseDistance", args=(1.0, 0.1), options={"keepdims": True}, inputs=PAIR, out=(4, 1)),
    LayerCase(layer="PairwiseDistance", args=(math.inf,), inputs=((2, 2, 3), (3,)), out=(2, 2)),
    LayerCase(layer="PairwiseDistance", args=(1.5, 0.0), inputs=PAIR, out=(4,)),
    LayerCase(layer="PairwiseDistance", args=(0.0,), inputs=PAIR, out=(4,)),
]
