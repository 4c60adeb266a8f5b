"""All rows of the table of layers, family by family."""

from __future__ import annotations

from tests.nn.layers.rows_activation import ACTIVATIONS
from tests.nn.layers.rows_attention import ATTENDING
from tests.nn.layers.rows_blocks import BLOCKS
from tests.nn.layers.rows_convolution import CONVOLUTION
from tests.nn.layers.rows_distance import DISTANCES
from tests.nn.layers.rows_dropout import DROPOUT
from tests.nn.layers.rows_lazy import LAZY
from tests.nn.layers.rows_linear import LINEAR
from tests.nn.layers.rows_loss import LOSSES
from tests.nn.layers.rows_normalization import NORMALIZATION
from tests.nn.layers.rows_pooling import POOLING
from tests.nn.layers.rows_recurrent import RECURRENT
from tests.nn.layers.rows_space import SPACE
from tests.nn.layers.table import LayerCase

ROWS: list[LayerCase] = [
    *ATTENDING,
    *CONVOLUTION,
    *LINEAR,
    *LAZY,
    *LOSSES,
    *DISTANCES,
    *POOLING,
    *RECURRENT,
    *SPACE,
    *ACTIVATIONS,
    *BLOCKS,
    *DROPOUT,
    *NORMALIZATION,
]
FIRST = [row for row in {row.layer: row for row in reversed(ROWS)}.values() if row.xla][::-1]
