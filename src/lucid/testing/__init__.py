"""Tools for testing operations, Lucid's and your own."""

from lucid.testing.domains import (
    Domain,
    between,
    booleans,
    complex_normal,
    distinct,
    integers,
    nonzero,
    normal,
    positive,
)
from lucid.testing.gradients import check_grads
from lucid.testing.opcase import DEVICES, OpCase

__all__ = [
    "check_grads",
    "OpCase",
    "DEVICES",
    "Domain",
    "between",
    "booleans",
    "complex_normal",
    "distinct",
    "integers",
    "nonzero",
    "normal",
    "positive",
]
