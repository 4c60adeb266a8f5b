"""Linear algebra: its table on every engine, against the Array API's reference, and where it degenerates."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor, linalg
from lucid.errors import ArgumentError, DTypeError, GradientError, LucidError, ShapeError
from lucid.testing import DEVICES, OpCase, check_grads
from tests.ops import cases_decompositions, cases_linalg
from tests.ops.cases_decompositions import CASES, matrices
from tests.ops.rows import EVERYTHING, first_rows

NAN, INF = float("nan"), float("inf")

every_device = pytest.mark.parametrize("device", DEVICES)
every_row = pytest.mark.parametrize("case", CASES, ids=str)

# XLA compiles each operation of a rule anew, and rules are the same functions on both engines. So there a
# row of each function runs forward, and a few rules stand for all.
FIRST = first_rows(CASES).values()
COMPLEX = {"cholesky[complex]", "eigh[complex]", "solve[complex]"}
FORWARD_ON_XLA = [c for c in CASES if EVERYTHING or c in FIRST or c.name in COMPLEX]
DERIVATIVES_ON_XLA = [c for c in CASES if EVERYTHING or c.name in ("solve", "cholesky", "svd")]


def on_xla(name: str, telling: set[str]) -> list[Any]:
    """Return the devices on which to run a row of a table: XLA if it is one of ``telling``."""
    return DEVICES if EVERYTHING or name in telling else DEVICES[:1]


@every_row
def test_forward(case: OpCase) -> None:
    case.check_forward()


@every_row
def test_derivatives(case: OpCase) -> None:
    case.check_derivatives()


@every_row
def test_float32_stays_float32(case: OpCase) -> None:
    case.check_float32()


@pytest.mark.parametrize("case", FORWARD_ON_XLA, ids=str)
def test_forward_on_xla(case: OpCase) -> None:
    case.check_forward("xla:cpu", quick=not EVERYTHING)


@pytest.mark.parametrize("case", DERIVATIVES_ON_XLA, ids=str)
def test_derivatives_on_xla(case: OpCase) -> None:
    case = case if EVERYTHING else replace(case, order=1)
    case.check_derivatives("xla:cpu", quick=not EVERYTHING)


def test_every_function_has_a_row() -> None:
    tested = {c.operation for c in (*CASES, *cases_linalg.CASES)} | {"matrix_transpose"}
    assert set(linalg.__all__) <= tested
    assert len({c.name for c in CASES}) == len(CASES)
    assert {c.name for c in CASES} >= COMPLEX


# ----------------------------------------------------------------- against the reference


def strict() -> Any:
    module = pytest.importorskip("array_api_strict")
    module.set_array_api_strict_flags(api_version="2025.12")
    return module


def test_signatures_are_the_reference_s() -> None:
    reference = strict().linalg
    names = {*reference.__all__, "eig", "eigvals"}
    assert names <= set(linalg.__all__)
    for name in names:
        mine = inspect.signature(getattr(linalg, name)).parameters.values()
        theirs = inspect.signature(getattr(reference, name)).parameters.values()
        assert [(p.kind, p.default) for p in mine] == [(p.kind, p.default) for p in theirs], name
        named = [p.name for p in theirs if p.kind is p.KEYWORD_ONLY]
        assert [p.name for p in mine if p.kind is p.KEYWORD_ONLY] == named, name


RESULTS: dict[str, Any] = {
    "cholesky": {},
    "det": {},
    "eig": {},
    "eigh": {},
    "eigvals": {},
    "eigvalsh": {},
    "inv": {},
    "matrix_norm": {"ord": "nuc", "keepdims": True},
    "matrix_rank": {"rtol": 0.5},
    "pinv": {"rtol": 0.1},
    "qr": {"mode": "complete"},
    "slogdet": {},
    "svd": {},
    "svdvals": {},
    "trace": {},
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("name", RESULTS)
def test_results_are_the_reference_s(name: str, dtype: str) -> None:
    xp, options = strict(), RESULTS[name]
    kind = complex if "complex" in dtype else float
    x = matrices(hermitian=True, definite=True, dtype=kind)(np.random.default_rng(0), (2, 3, 3)).astype(dtype)
    mine = getattr(linalg, name)(Tensor(x), **options)
    theirs = getattr(xp.linalg, name)(xp.asarray(x), **options)
    if isinstance(theirs, tuple):
        assert type(mine).__name__ == type(theirs).__name__
        assert mine._fields == theirs._fields
    else:
        mine, theirs = (mine,), (theirs,)
    for a, b in zip(mine, theirs, strict=True):
        wanted = np.asarray(b)
        assert a.shape == wanted.shape
        assert a.dtype == wanted.dtype
        np.testing.assert_allclose(a.numpy(), wanted, rtol=1e-4, atol=1e-5)


INTEGERS: list[tuple[Callable[[Any], Any], Any]] = [
    (lambda x: linalg.matmul(x, x), "int8"),
    (lambda x: linalg.vecdot(x, x), "int8"),
    (lambda x: linalg.tensordot(x, x, axes=1), "int8"),
    (lambda x: linalg.cross(x, x), "int8"),
    (lambda x: linalg.outer(x[0], x[1]), "int8"),
    (lambda x: linalg.kron(x, x), "int8"),
    (linalg.diagonal, "int8"),
    (linalg.trace, "int64"),
    (lambda x: linalg.trace(x, dtype="int16"), "int16"),
    (linalg.det, "float32"),
    (linalg.svdvals, "float32"),
    (linalg.matrix_norm, "float32"),
    (linalg.vector_norm, "float32"),
    (lambda x: linalg.vector_norm(x, ord=1), "float32"),
    (lambda x: linalg.solve(x + lucid.eye(3, dtype="int8"), x[0]), "float32"),
    (linalg.matrix_rank, "int64"),
]


@pytest.mark.parametrize(("function", "dtype"), INTEGERS)
def test_integers(function: Any, dtype: str) -> None:
    x = lucid.arange(9, dtype="int8").reshape(3, 3)
    assert function(x).dtype.name == dtype


def test_a_vecdot_conjugates_its_first_argument_and_an_axis_counts_from_either_end() -> None:
    x, y = Tensor([[1j, 2], [3, 4j]]), Tensor([[1, 1j], [1j, 1]])
    expected = (x.numpy().conj() * y.numpy()).sum(axis=0)
    for axis in (0, -2):
        np.testing.assert_allclose(linalg.vecdot(x, y, axis=axis).numpy(), expected)
    z = lucid.ones((3, 2))
    np.testing.assert_allclose(linalg.cross(z, z, axis=0).numpy(), 0)


@every_device
def test_one_triangle_is_read(device: str) -> None:
    x = Tensor([[4.0, 99.0], [2.0, 2.0]], device=device)
    whole = Tensor([[4.0, 2.0], [2.0, 2.0]], device=device)
    for function in (linalg.cholesky, linalg.eigvalsh, lambda a: linalg.eigh(a).eigenvalues):
        np.testing.assert_allclose(function(x).numpy(), function(whole).numpy(), rtol=1e-6)


def test_the_rule_of_a_norm_of_no_elements() -> None:
    nothing = lucid.zeros((0, 3))
    for order, value in [("fro", 0), ("nuc", 0), (1, 0), (2, 0), (INF, 0), (-2, INF)]:
        assert linalg.matrix_norm(nothing, ord=order).item() == value
    assert linalg.matrix_norm(nothing, ord=-INF).item() == INF
    for order, value in [(0, 0), (1, 0), (2, 0), (3, 0), (INF, 0), (-1, INF), (-INF, INF)]:
        assert linalg.vector_norm(nothing, ord=order).item() == value


def test_powers_of_a_norm_neither_overflow_nor_vanish() -> None:
    for size in (1e30, 1e-30):
        np.testing.assert_allclose(
            linalg.vector_norm(Tensor([size, size]), ord=3).item(), size * 2 ** (1 / 3), 1e-6
        )
    assert linalg.vector_norm(Tensor([1.0, INF]), ord=3).item() == INF
    assert linalg.vector_norm(Tensor([1.0, INF]), ord=-3).item() == 1


# ----------------------------------------------------------------- where there is no result

SINGULAR = [[1.0, 2.0], [2.0, 4.0]]
INDEFINITE = [[1.0, 2.0], [2.0, 1.0]]
BROKEN = [[NAN, 2.0], [2.0, 1.0]]

FAILURES: dict[str, tuple[Any, Any, str]] = {
    "inv": (linalg.inv, SINGULAR, r"inv.*\(2, 2\).*singular.*pinv"),
    "solve": (lambda x: linalg.solve(x, x[0]), SINGULAR, r"solve.*\(2, 2\).*singular.*pinv"),
    "matrix_power": (lambda x: linalg.matrix_power(x, -2), SINGULAR, r"singular"),
    "cholesky": (linalg.cholesky, INDEFINITE, r"cholesky.*\(2, 2\).*not positive definite.*eigh"),
    "cholesky, nan": (linalg.cholesky, BROKEN, r"cholesky.*not positive definite"),
    "svd": (linalg.svd, BROKEN, r"svd.*\(2, 2\).*nan"),
    "svdvals": (linalg.svdvals, BROKEN, r"svdvals.*nan"),
    "eigh": (linalg.eigh, BROKEN, r"eigh.*nan"),
    "eigvalsh": (linalg.eigvalsh, BROKEN, r"eigvalsh.*nan"),
    "eig": (linalg.eig, BROKEN, r"eig.*nan"),
    "pinv": (linalg.pinv, BROKEN, r"pinv.*nan"),
}


@every_device
@pytest.mark.parametrize("name", FAILURES)
def test_failures(name: str, device: str) -> None:
    function, x, message = FAILURES[name]
    with pytest.raises(ArgumentError, match=message):
        function(Tensor(x, device=device))


def test_nan_passes_where_nothing_is_decided_by_it() -> None:
    x = Tensor(BROKEN, requires_grad=True)
    (linalg.det(x) + linalg.matrix_norm(x)).backward()
    assert x.grad is not None
    assert np.isnan(x.grad.numpy()).all()
    assert np.isnan(linalg.solve(lucid.eye(2), x[0]).numpy()).any()


def test_on_xla_a_failure_within_a_traced_function_is_nan() -> None:
    jax = pytest.importorskip("jax")
    from lucid.recording import wrap

    def factor(array: Any) -> Any:
        return linalg.cholesky(wrap(array))._array

    def of_vectors(array: Any) -> Any:
        x = wrap(array).requires_grad_()
        return lucid.autograd.grad(linalg.eigh(x).eigenvectors[0, 0], x)[0]._array

    x = Tensor(INDEFINITE, device="xla:cpu")
    assert np.isnan(np.asarray(jax.jit(factor)(x._array))).any()
    assert np.isnan(np.asarray(jax.jit(of_vectors)(lucid.eye(2, device="xla:cpu")._array))).any()


# ----------------------------------------------------------------- where there is no derivative

UNIT = [[1.0, 0.0], [0.0, 1.0]]
TALL = [[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]
HERMITIAN = [[2.0, 1j], [-1j, 3.0]]

REFUSED: dict[str, tuple[Any, Any, str]] = {
    "eigh, equal values": (lambda x: linalg.eigh(x).eigenvectors[0], UNIT, r"eigh.*equal"),
    "eigh, values equal but for rounding": (
        lambda x: linalg.eigh(x).eigenvectors[0],
        [[2.0, 1e-8, 0.0], [1e-8, 2.0, 0.0], [0.0, 0.0, 5.0]],
        r"eigh.*equal",
    ),
    "eigh, phases": (lambda x: lucid.real(linalg.eigh(x).eigenvectors), HERMITIAN, r"eigh.*phases"),
    "svd, equal values": (lambda x: linalg.svd(x).U[0], UNIT, r"svd.*equal"),
    "svd, phases": (lambda x: lucid.real(linalg.svd(x).Vh), HERMITIAN, r"svd.*phases"),
    "svd, arbitrary vectors": (lambda x: linalg.svd(x).U, TALL, r"svd.*full_matrices=False"),
    "svd, a value of 0": (
        lambda x: linalg.svd(x, full_matrices=False).U[:, 1],
        [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]],
        r"svd.*is 0",
    ),
    "qr, arbitrary vectors": (lambda x: linalg.qr(x, mode="complete").Q, TALL, r"qr.*mode='reduced'"),
    "qr, dependent columns": (lambda x: linalg.qr(x).Q, [[1.0, 1.0], [1.0, 1.0]], r"qr.*depend"),
    "slogdet": (lambda x: linalg.slogdet(x).logabsdet, SINGULAR, r"slogdet.*singular.*det"),
    "eig, phases": (lambda x: lucid.real(linalg.eig(x).eigenvectors), [[1.0, 1.0], [-1.0, 2.0]], "phases"),
    "eig, defective": (lambda x: lucid.real(linalg.eigvals(x)), [[1.0, 1.0], [0.0, 1.0]], r"defective"),
}


@pytest.mark.parametrize(
    ("name", "device"), [(n, d) for n in REFUSED for d in on_xla(n, {"eigh, equal values", "slogdet"})]
)
def test_what_is_not_determined_has_no_derivative(name: str, device: str) -> None:
    function, x, message = REFUSED[name]
    with pytest.raises(GradientError, match=message):
        function(Tensor(x, device=device, requires_grad=True)).sum().backward()


CORNERS: dict[str, tuple[Any, Any, Any]] = {
    "eigenvalues that are equal": (linalg.eigvalsh, UNIT, UNIT),
    "eigenvalues of eigh": (lambda x: linalg.eigh(x).eigenvalues, UNIT, UNIT),
    "squares of equal eigenvalues": (lambda x: linalg.eigvalsh(3 * x) ** 2, UNIT, [[18.0, 0.0], [0.0, 18.0]]),
    "eigenvalues of a matrix that is not defective": (lambda x: lucid.real(linalg.eigvals(x)), UNIT, UNIT),
    "singular values that are equal": (linalg.svdvals, UNIT, UNIT),
    "singular values of svd": (lambda x: linalg.svd(x).S, UNIT, UNIT),
    "a singular value of 0": (linalg.svdvals, [[2.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]),
    "the nuclear norm": (
        lambda x: linalg.matrix_norm(x, ord="nuc"),
        [[2.0, 0.0], [0.0, 0.0]],
        [[1.0, 0.0], [0.0, 0.0]],
    ),
    "the spectral norm, a tie": (lambda x: linalg.matrix_norm(x, ord=2), UNIT, [[0.5, 0.0], [0.0, 0.5]]),
    "the spectral norm of 0": (lambda x: linalg.matrix_norm(x, ord=2), np.zeros((2, 2)), np.zeros((2, 2))),
    "Frobenius's norm of 0": (linalg.matrix_norm, np.zeros((2, 2)), np.zeros((2, 2))),
    "a norm of 0": (
        lambda x: linalg.vector_norm(x, axis=1),
        [[0.0, 0.0], [3.0, 4.0]],
        [[0.0, 0.0], [0.6, 0.8]],
    ),
    "a norm of order 3 of 0": (lambda x: linalg.vector_norm(x, ord=3), [0.0, 0.0], [0.0, 0.0]),
    "a norm of order 1/2, an element of 0": (
        lambda x: linalg.vector_norm(x, ord=0.5),
        [0.0, 2.0],
        [0.0, 1.0],
    ),
    "det of a singular matrix": (linalg.det, SINGULAR, [[4.0, -2.0], [-2.0, 1.0]]),
    "det of 0": (linalg.det, np.zeros((3, 3)), np.zeros((3, 3))),
    "slogdet not looked at": (
        lambda x: lucid.where(linalg.slogdet(x).sign == 0, 0.0, linalg.slogdet(x).logabsdet),
        [SINGULAR, UNIT],
        [np.zeros((2, 2)), UNIT],
    ),
    "the determined part of a complete qr": (
        lambda x: linalg.qr(x, mode="complete").R,
        [[3.0], [4.0]],
        [[-0.6], [-0.8]],
    ),
    "matrix_power of 0": (lambda x: linalg.matrix_power(x, 0), SINGULAR, np.zeros((2, 2))),
}


@pytest.mark.parametrize(
    ("name", "device"),
    [
        (n, d)
        for n in CORNERS
        for d in on_xla(n, {"eigenvalues of eigh", "det of a singular matrix", "a norm of 0"})
    ],
)
def test_derivative_at_a_corner(name: str, device: str) -> None:
    function, x, expected = CORNERS[name]
    x = Tensor(np.asarray(x, np.float32), device=device, requires_grad=True)
    (found,) = lucid.autograd.grad(function(x).sum(), x)
    np.testing.assert_allclose(found.numpy(), np.asarray(expected), rtol=1e-5, atol=1e-6)


def test_vectors_of_a_value_that_is_alone_have_derivatives_beside_equal_ones() -> None:
    def projector(x: Any) -> Any:
        v = linalg.eigh((x + x.mT) / 2).eigenvectors[:, -1:]
        return v @ v.mT

    check_grads(projector, [np.ones((3, 3)) + np.eye(3)], order=1)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
@pytest.mark.parametrize("dtype", [float, complex])
def test_det_of_a_matrix_of_any_rank_has_two_derivatives(rank: int, dtype: type) -> None:
    rng = np.random.default_rng(rank)
    factors = [matrices(dtype=dtype)(rng, (3, 3)) for _ in range(2)]
    x = factors[0][:, :rank] @ factors[1][:rank]
    check_grads(linalg.det, [x])
    check_grads(linalg.det, [np.diag([2.0] * rank + [0.0] * (3 - rank)).astype(dtype)])


def test_the_pseudoinverse_is_differentiated_within_its_rank() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((4, 2)), rng.standard_normal((2, 3))
    check_grads(lambda a, b: linalg.pinv(a @ b, rtol=1e-6), [a, b])


def test_second_derivatives_of_equal_eigenvalues_are_refused() -> None:
    x = Tensor(UNIT, requires_grad=True)
    (first,) = lucid.autograd.grad((linalg.eigvalsh(x) ** 2).sum(), x, create_graph=True)
    with pytest.raises(GradientError, match="equal"):
        lucid.autograd.grad(first[0, 0], x)


# ----------------------------------------------------------------- bad input

NEED_SQUARE = ["adjugate", "cholesky", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "slogdet"]
NEED_MATRICES = ["diagonal", "matrix_norm", "matrix_rank", "pinv", "qr", "svd", "svdvals", "trace"]
BAD = [(name, (2, 3), "float32", ShapeError, r".*\(2, 3\)") for name in NEED_SQUARE]
BAD += [(name, (3,), "float32", ShapeError, r".*\(3,\)") for name in NEED_SQUARE + NEED_MATRICES]
BAD += [
    (name, (2, 2), "float16", DTypeError, ".*float16.*float32")
    for name in (*NEED_SQUARE, "pinv", "qr", "svd", "svdvals")
]


@pytest.mark.parametrize(("name", "shape", "dtype", "kind", "message"), BAD)
def test_bad_input(name: str, shape: Any, dtype: str, kind: type[LucidError], message: str) -> None:
    with pytest.raises(kind, match=name + message):
        getattr(linalg, name)(lucid.ones(shape, dtype=dtype))


def test_the_tables_do_not_share_names() -> None:
    assert not {c.name for c in cases_decompositions.CASES} & {c.name for c in cases_linalg.CASES}
