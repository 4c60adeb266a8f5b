"""Rows of linear layers and tables of vectors."""

from __future__ import annotations

import numpy as np

from lucid.testing import integers, normal
from tests.nn.layers.table import LayerCase

indices = integers(0, 6)
offsets = {"offsets": np.array([0, 3, 3, 4])}

LINEAR = [
    LayerCase(layer="Linear", args=(5, 3), inputs=((4, 5),), out=(4, 3)),
    LayerCase(layer="Linear", args=(5, 3), options={"bias": False}, inputs=((2, 2, 5),), out=(2, 2, 3)),
    LayerCase(layer="Linear", args=(5, 3), inputs=((5,),), out=(3,)),
    LayerCase(layer="Bilinear", args=(4, 3, 2), inputs=((5, 4), (5, 3)), out=(5, 2)),
    LayerCase(layer="Bilinear", args=(4, 3, 2, False), inputs=((2, 2, 4), (2, 2, 3)), out=(2, 2, 2)),
    LayerCase(layer="Embedding", args=(6, 2), inputs=((3, 4),), domain=indices, out=(3, 4, 2)),
    LayerCase(layer="EmbeddingBag", args=(6, 2), inputs=((3, 4),), domain=indices, out=(3, 2)),
    LayerCase(
        layer="EmbeddingBag",
        args=(6, 2),
        options={"mode": "sum"},
        inputs=((7,), (4,), (7,)),
        domain=(indices, lambda rng, shape: np.array([0, 3, 3, 4]), normal),
        out=(4, 2),
    ),
    *(
        LayerCase(
            layer="EmbeddingBag",
            args=(6, 2),
            options={"mode": mode},
            inputs=((7,),),
            domain=indices,
            call=offsets,
            out=(4, 2),
        )
        for mode in ("mean", "max")
    ),
    LayerCase(
        layer="EmbeddingBag",
        args=(6, 2),
        options={"mode": "max"},
        inputs=((3, 4),),
        domain=indices,
        out=(3, 2),
    ),
    LayerCase(
        layer="EmbeddingBag",
        args=(6, 2),
        options={"include_last_offset": True},
        inputs=((7,),),
        domain=indices,
        call={"offsets": np.array([0, 2, 7])},
        out=(2, 2),
    ),
]
