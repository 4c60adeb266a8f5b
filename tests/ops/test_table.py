"""Every row of the table of operations, on every engine.

XLA compiles anew for every operation and shape, so there one row runs for each operation, with its
first shapes, and those in `TELLING`: the rules are the same functions on both engines.
``LUCID_TEST_ALL=1``, or ``make thorough``, runs all of all rows there, which takes some minutes.
"""

from __future__ import annotations

import pytest

import lucid
from lucid import ops
from lucid.testing import OpCase
from tests.ops import one_program
from tests.ops.cases import CASES
from tests.ops.rows import EVERYTHING, first_rows

# Rows whose derivatives take another path on XLA than the first of their operation do.
TELLING = {
    "sum[axis=1, keepdims=True]",
    "max[axis=(0, 2)]",
    "concat[axis]",
    "split[positions]",
    "getitem[a negative step]",
    "getitem[duplicates]",
    "getitem[a mask of two axes]",
    "getitem[two arrays apart]",
    "setitem[an array and a slice]",
    "setitem[a mask]",
    "matmul[matrix, vector]",
    "matmul[vector, matrix]",
    "matmul[batches]",
    "einsum[bij,bjk->bik]",
    "einsum[ii->i]",
    "abs[complex]",
    "pow[complex]",
    "tanh[complex]",
}

FIRST = first_rows(CASES)

ON_XLA = [c for c in CASES if c is FIRST[c.operation] or c.name in TELLING]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward(case: OpCase) -> None:
    case.check_forward()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_derivatives(case: OpCase) -> None:
    case.check_derivatives()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_float32_stays_float32(case: OpCase) -> None:
    case.check_float32()


@pytest.mark.parametrize("case", ON_XLA, ids=str)
def test_on_xla(case: OpCase) -> None:
    pytest.importorskip("jax")
    one_program.check(case)


if EVERYTHING:

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_forward_on_xla(case: OpCase) -> None:
        case.check_forward("xla:cpu")

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_derivatives_on_xla(case: OpCase) -> None:
        case.check_derivatives("xla:cpu")

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_float32_stays_float32_on_xla(case: OpCase) -> None:
        case.check_float32("xla:cpu")


# ----------------------------------------------------------------- is the table whole?

# Public functions without a row, and the file or the row that tests them.
ELSEWHERE = {
    **dict.fromkeys(
        [
            "arange",
            "asarray",
            "empty",
            "empty_like",
            "eye",
            "from_dlpack",
            "full",
            "full_like",
            "linspace",
            "ones",
            "ones_like",
            "to_array",
            "zeros",
            "zeros_like",
        ],
        "test_creation.py",
    ),
    **dict.fromkeys(["can_cast", "finfo", "iinfo", "isdtype", "result_type"], "test_types.py"),
    **dict.fromkeys(["allclose", "broadcast_shapes", "comparable"], "test_queries.py"),
    **dict.fromkeys(["conv", "conv_input", "conv_weight"], "cases_convolution.py"),
    "masked_scale": "test_masking.py",
    # The primitives on which public functions stand: each is run by the rows of the one named.
    "cast": "astype",
    "clip_above": "clip",
    "clip_below": "clip",
    "cumprod": "cumulative_prod",
    "cumsum": "cumulative_sum",
    "conjugate": "conj",
    "distinct": "unique_all",
    "distinct_values": "unique_values",
    "expand": "broadcast_to",
    "get_at": "getitem",
    "imag_part": "imag",
    "join": "concat",
    "member": "isin",
    "move": "to_device",
    "permute": "permute_dims",
    "pieces": "split",
    "real_part": "real",
    "places": "searchsorted",
    "positions": "nonzero",
    "reverse": "flip",
    "rotate": "roll",
    "select": "where",
    "set_at": "setitem",
    "sum_of_products": "einsum",
    "surround": "pad",
    "view": "reshape",
}


def public_functions() -> set[str]:
    names = {*ops.__all__, *(n for n in lucid.__all__ if hasattr(ops, n))}
    return {n for n in names if callable(getattr(ops, n)) and not isinstance(getattr(ops, n), type)}


def test_every_public_function_has_a_row() -> None:
    missing = public_functions() - set(FIRST) - set(ELSEWHERE)
    assert not missing, f"no row in the table of operations: {', '.join(sorted(missing))}"


def test_the_list_of_exceptions_is_up_to_date() -> None:
    assert not set(ELSEWHERE) & set(FIRST), "these have rows"
    assert set(ELSEWHERE) <= public_functions(), "these are no longer public"
    stands_on = {row for row in ELSEWHERE.values() if not row.endswith(".py")}
    assert stands_on <= set(FIRST), "these rows are gone"


def test_names_of_rows_are_unique_and_those_named_are_there() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert set(names) >= TELLING
