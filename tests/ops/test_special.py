"""Special functions: their table on every engine, their corners, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import scipy.special

import lucid
from lucid import Tensor, special
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError
from lucid.testing import DEVICES, OpCase
from tests.ops.cases_special import CASES
from tests.ops.rows import EVERYTHING, first_rows

INF, NAN = float("inf"), float("nan")

every_device = pytest.mark.parametrize("device", DEVICES)
every_row = pytest.mark.parametrize("case", CASES, ids=str)

# Rules are the same functions on both engines: on XLA, those of a few rows stand for all.
FIRST = first_rows(CASES).values()
TELLING = ("log_ndtr", "gamma", "polygamma[2]", "betainc", "i1", "sinc")
ON_XLA = [c for c in CASES if "xla:cpu" in c.devices]
FORWARD_ON_XLA = [c for c in ON_XLA if EVERYTHING or c in FIRST]
DERIVATIVES_ON_XLA = [c for c in ON_XLA if EVERYTHING or c.name in TELLING]


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
    case.check_derivatives("xla:cpu", quick=not EVERYTHING)


def test_every_function_has_a_row() -> None:
    elsewhere = {"erf", "expit", "exp2", "expm1", "log1p", "logsumexp"}  # of the main namespace
    assert set(special.__all__) - elsewhere == {c.operation for c in CASES}
    assert special.expit is lucid.sigmoid
    assert special.erf is lucid.erf


# function, points, values, derivatives
CORNERS: list[tuple[Any, list[list[float]], list[float], list[list[float]]]] = [
    (special.xlogy, [[0.0, 0.0, 2.0], [0.0, 3.0, 1.0]], [0.0, 0.0, 0.0], [[-INF, np.log(3), 0], [0, 0, 2]]),
    (special.xlogy, [[0.0], [NAN]], [NAN], [[NAN], [NAN]]),
    (special.xlog1py, [[0.0, 1.0], [-1.0, 0.0]], [0.0, 0.0], [[-INF, 0.0], [0.0, 1.0]]),
    (special.entr, [[0.0, 1.0, -1.0]], [0.0, 0.0, -INF], [[INF, -1.0, NAN]]),
    (special.logit, [[0.0, 0.5, 1.0]], [-INF, 0.0, INF], [[INF, 4.0, INF]]),
    (special.log_expit, [[-1e4, 0.0, 1e4]], [-1e4, -np.log(2), 0.0], [[1.0, 0.5, 0.0]]),
    (special.sinc, [[0.0, 1.0]], [1.0, 0.0], [[0.0, -1.0]]),
    (special.i0e, [[0.0]], [1.0], [[0.0]]),
    (special.i1, [[0.0]], [0.0], [[0.5]]),
    (special.i1e, [[0.0]], [0.0], [[0.5]]),
    (special.erfinv, [[-1.0, 0.0, 1.0]], [-INF, 0.0, INF], [[INF, np.sqrt(np.pi) / 2, INF]]),
    (special.log_ndtr, [[-1e5, 40.0]], [-5000000012.431852, 0.0], [[100000.00001, 0.0]]),
    (lambda x: special.gammainc(2.0, x), [[0.0, INF]], [0.0, 1.0], [[0.0, 0.0]]),
    (lambda x: special.betainc(1.0, 1.0, x), [[0.0, 1.0]], [0.0, 1.0], [[1.0, 1.0]]),
]


@every_device
@pytest.mark.parametrize("corner", CORNERS, ids=lambda c: getattr(c[0], "name", "lambda"))
def test_corners(corner: Any, device: str) -> None:
    function, points, values, derivatives = corner
    xs = [Tensor(p, dtype="float64", device=device, requires_grad=True) for p in points]
    y = function(*xs)
    np.testing.assert_allclose(y.to("cpu").numpy(), values, 1e-10, 1e-15)
    y.sum().backward()
    for x, wanted in zip(xs, derivatives, strict=True):
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.to("cpu").numpy(), wanted, 1e-7, 1e-15)


# function, points, and the second derivative by the last argument
SECOND: list[tuple[Any, list[list[float]], list[float]]] = [
    (special.xlogy, [[0.0, 0.0], [0.0, 3.0]], [0.0, 0.0]),
    (special.entr, [[0.0, 0.5]], [-INF, -2.0]),
    (special.logit, [[0.0, 0.5, 1.0]], [-INF, 0.0, INF]),
    (special.sinc, [[0.0]], [-(np.pi**2) / 3]),
    (special.log_ndtr, [[-1e6, 40.0]], [-1.0, 0.0]),
    (special.ndtri, [[0.0, 0.5, 1.0]], [-INF, 0.0, INF]),
    (special.log_expit, [[-1e4, 0.0, 1e4]], [0.0, -0.25, 0.0]),
    (special.erfcx, [[1e6]], [2e-18 / np.sqrt(np.pi)]),
    (special.i0e, [[-1e8]], [0.75e-20 / np.sqrt(2 * np.pi)]),
    (special.i1, [[0.0]], [0.0]),
]


@every_device
@pytest.mark.parametrize("corner", SECOND, ids=lambda c: c[0].name)
def test_second_derivatives_at_corners(corner: Any, device: str) -> None:
    function, points, wanted = corner
    xs = [Tensor(p, dtype="float64", device=device, requires_grad=True) for p in points]
    (first,) = lucid.autograd.grad(function(*xs).sum(), xs[-1:], create_graph=True)
    (second,) = lucid.autograd.grad(first.sum(), xs[-1:])
    np.testing.assert_allclose(second.to("cpu").numpy(), wanted, 1e-7, 1e-15 if 0 in wanted else 0)


# Where two libraries could well disagree: tails, poles, and what JAX gets wrong by itself.
TAILS: list[tuple[str, list[list[float]]]] = [
    ("erfcx", [[-30.0, -5.0, 0.0, 1.0, 1e10, INF, -INF, NAN]]),
    ("log_ndtr", [[-1e10, -40.0, -1.0, 0.5, 7.9, 20.0]]),
    ("ndtr", [[-37.0, 9.0]]),
    ("erfcinv", [[1e-300, 1.0, 1.9999999, 2.5]]),
    ("digamma", [[0.0, -0.0, -1.0, -2.5, 1e20]]),
    ("gammaln", [[0.0, -1.0, -2.5, 1e30]]),
    ("betaln", [[1e10, 1e-3, 50.0, 12.0, -1.5], [1.0, 2e3, 60.0, 2.0, 3.2]]),
    ("beta", [[20.0, -1.5], [0.3, 3.2]]),
    ("zeta", [[2.0, 3.0, 2.0, 1.5, 1.0, 0.5, 2.0], [-20.5, -2.5, -3.0, -3.0, 3.0, 3.0, INF]]),
    ("logit", [[1e-300, 0.5 + 1e-12, 1 - 2**-53, 1.5]]),
]


@every_device
@pytest.mark.parametrize(("name", "points"), TAILS, ids=[name for name, _ in TAILS])
def test_far_out_values_are_those_of_scipy(name: str, points: Any, device: str) -> None:
    xs = [Tensor(p, dtype="float64", device=device) for p in points]
    found = getattr(special, name)(*xs).to("cpu").numpy()
    # XLA's exponentials and logarithms of doubles are good to about 13 digits.
    np.testing.assert_allclose(found, getattr(scipy.special, name)(*map(np.asarray, points)), 1e-12)


@every_device
def test_half_precision_is_computed_in_single_and_rounded(device: str) -> None:
    x = Tensor([0.5, 3.0], dtype="float16", device=device)
    y = special.gammaln(x) + special.betainc(2.0, x, 0.25)
    assert y.dtype == lucid.float16
    wanted = scipy.special.gammaln([0.5, 3.0]) + scipy.special.betainc(2.0, [0.5, 3.0], 0.25)
    np.testing.assert_allclose(y.to("cpu").numpy(), wanted, 2e-3)  # of the three digits that it has


def test_betainc_in_single_precision_has_all_its_digits() -> None:
    a, b, x = (np.asarray(v, np.float32) for v in ([40.0, 2.0], [20.0, 30.0], [0.07, 0.3]))
    found = special.betainc(Tensor(a), Tensor(b), Tensor(x)).numpy()
    wanted = scipy.special.betainc(*(v.astype(np.float64) for v in (a, b, x)))
    np.testing.assert_allclose(found, wanted, 1e-6)


@pytest.mark.parametrize(
    ("call", "tracked"),
    [
        (lambda a: special.zeta(a, 1.0), "x"),
        (lambda a: special.gammainc(a, 1.0), "a"),
        (lambda a: special.gammaincc(a, 1.0), "a"),
        (lambda a: special.betainc(a, 1.0, 0.5), "a"),
        (lambda b: special.betainc(1.0, b, 0.5), "b"),
    ],
)
def test_a_derivative_without_a_closed_form_is_refused_when_it_is_asked_for(call: Any, tracked: str) -> None:
    y = call(Tensor([2.0], requires_grad=True))
    with pytest.raises(GradientError, match=rf"by {tracked} has no closed form.*{tracked}\.detach"):
        y.sum().backward()


@every_device
@pytest.mark.parametrize("name", ["gammaln", "digamma", "i0", "ndtri", "erfinv", "erf", "entr", "logit"])
def test_complex_numbers_are_refused(name: str, device: str) -> None:
    with pytest.raises(DTypeError, match=rf"{name}\(.*complex64"):
        getattr(special, name)(Tensor([1j], device=device))


def test_polygamma_names_an_order_that_it_cannot_take() -> None:
    with pytest.raises(ArgumentTypeError, match=r"1\.5"):
        special.polygamma(1.5, Tensor([1.0]))
    with pytest.raises(ArgumentError, match="between 0 and 33 for float32, got -1"):
        special.polygamma(-1, Tensor([1.0]))
    assert special.polygamma(0, Tensor([1])).dtype == lucid.float32


def test_integers_become_floats() -> None:
    assert special.gammaln(Tensor([1, 5])).dtype == lucid.float32
    assert special.xlogy(Tensor([0, 1]), 2).dtype == lucid.float32


def test_what_needs_scipy_says_so_and_the_rest_runs_without() -> None:
    code = """
import sys
sys.modules["scipy"] = None  # as if it were not installed
import lucid
x = lucid.asarray([0.25, 0.5])
for name in ('entr', 'logit', 'expit', 'sinc', 'erf', 'log_expit'):
    getattr(lucid.special, name)(x)
try:
    lucid.special.gammaln(x)
except lucid.errors.MissingDependencyError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "gammaln" in done.stdout
    assert "lucid-nn[special]" in done.stdout
