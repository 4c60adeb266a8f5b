"""SciPy's array-API paths on Tensors: the values are NumPy's, and gradients flow where SciPy computes in
Python. `tests/conftest.py` sets SCIPY_ARRAY_API, which SciPy reads once, when it is first imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy import (
    cluster,
    constants,
    differentiate,
    fft,
    integrate,
    interpolate,
    linalg,
    ndimage,
    optimize,
    signal,
    special,
    stats,
)
from scipy.optimize import elementwise
from scipy.spatial.transform import RigidTransform, Rotation

import lucid
from lucid import Tensor
from lucid.errors import GradientError
from lucid.testing import check_grads

rng = np.random.default_rng(0)
TABLE = rng.normal(size=(6, 5))
POSITIVE = np.abs(TABLE) + 0.5
X, Y = rng.normal(size=(2, 16))
P, Q = np.abs(X) + 0.5, np.abs(Y) + 1.5
UNIT = rng.uniform(0.1, 0.9, size=16)
IMAGE = rng.normal(size=(8, 8))
SQUARE = rng.normal(size=(4, 4))
QUATERNIONS = rng.normal(size=(5, 4))
VECTORS = rng.normal(size=(5, 3))
LINKAGE = cluster.hierarchy.linkage(TABLE)
TAPS = signal.butter(2, 0.3)
SECTIONS = signal.butter(4, 0.3, output="sos")

Case = tuple[Callable[..., Any], tuple[Any, ...]]
DIFFERENTIABLE: dict[str, Case] = {}
VALUES: dict[str, Case] = {}


def add(table: dict[str, Case], module: Any, names: str, *arrays: Any, **options: Any) -> None:
    """Add the functions called ``names`` to ``table``, each called with ``arrays`` and ``options``."""
    for name in names.split():
        function = getattr(module, name)
        shown = ".".join([module.__name__.removeprefix("scipy."), name, *options])
        call = (lambda f: lambda *a: f(*a, **options))(function)
        assert shown not in table
        table[shown] = (call, arrays)


def given(table: dict[str, Case], name: str, function: Callable[..., Any], *arrays: Any) -> None:
    table[name] = (function, arrays)


# ----------------------------------------------------------------- what SciPy computes in Python

add(
    DIFFERENTIABLE,
    stats,
    "gmean hmean variation sem skew kurtosis zscore gstd gzscore tmean tvar tstd",
    POSITIVE,
)
add(
    DIFFERENTIABLE,
    stats,
    "iqr kstat kstatvar median_abs_deviation circmean circvar circstd lmoment",
    POSITIVE,
)
add(DIFFERENTIABLE, stats, "tsem differential_entropy describe sigmaclip entropy", POSITIVE)
add(DIFFERENTIABLE, stats, "moment", POSITIVE, order=3)
add(DIFFERENTIABLE, stats, "trim_mean", POSITIVE, proportiontocut=0.2)
add(DIFFERENTIABLE, stats, "pmean", POSITIVE, p=2)
add(DIFFERENTIABLE, stats, "directional_stats", TABLE)
add(DIFFERENTIABLE, stats, "zmap", TABLE, POSITIVE)
add(DIFFERENTIABLE, stats, "ttest_ind ttest_rel pearsonr bartlett alexandergovern", X, Y)
add(DIFFERENTIABLE, stats, "skewtest kurtosistest normaltest jarque_bera", rng.normal(size=24))
add(DIFFERENTIABLE, stats, "chisquare", P)
add(DIFFERENTIABLE, stats, "combine_pvalues false_discovery_control", UNIT)
given(DIFFERENTIABLE, "stats.quantile", lambda x: stats.quantile(x, 0.3), X)
given(DIFFERENTIABLE, "stats.ttest_1samp", lambda x: stats.ttest_1samp(x, 0.0), X)
given(DIFFERENTIABLE, "stats.boxcox_llf", lambda x: stats.boxcox_llf(0.5, x), P)

add(DIFFERENTIABLE, special, "softmax log_softmax logsumexp", X)
add(DIFFERENTIABLE, special, "entr erf erfc expit exp2 sinc gammaln gamma i0 i0e i1 i1e ndtr log_ndtr", P)
add(DIFFERENTIABLE, special, "xlogy xlog1py rel_entr betaln", P, Q)
add(DIFFERENTIABLE, special, "logit erfinv ndtri", UNIT)
given(DIFFERENTIABLE, "special.gammainc", lambda x: special.gammainc(1.5, x), P)
given(DIFFERENTIABLE, "special.polygamma", lambda x: special.polygamma(1, x), P)

add(DIFFERENTIABLE, fft, "fft ifft rfft hfft irfft ihfft fft2 ifft2 rfft2 irfft2", IMAGE)
add(DIFFERENTIABLE, fft, "fftn ifftn rfftn irfftn hfftn ihfftn fftshift ifftshift", IMAGE)
add(DIFFERENTIABLE, integrate, "trapezoid cumulative_trapezoid", TABLE)
add(DIFFERENTIABLE, integrate, "romb", rng.normal(size=17))
given(
    DIFFERENTIABLE,
    "integrate.trapezoid, x",
    lambda y, x: integrate.trapezoid(y, x=x),
    TABLE,
    np.arange(5.0) ** 2,
)
add(DIFFERENTIABLE, cluster.vq, "whiten", TABLE)

add(DIFFERENTIABLE, signal, "fftconvolve", X, Y[:4])
add(DIFFERENTIABLE, signal, "hilbert", X)
add(DIFFERENTIABLE, signal, "resample", X, num=20)
add(DIFFERENTIABLE, signal, "freqz", *TAPS)
add(DIFFERENTIABLE, optimize, "rosen rosen_der rosen_hess", X)
add(DIFFERENTIABLE, optimize, "rosen_hess_prod", X, Y)
add(DIFFERENTIABLE, linalg, "block_diag", TABLE, SQUARE)
add(DIFFERENTIABLE, linalg, "fiedler", X)
given(
    DIFFERENTIABLE, "constants.convert_temperature", lambda x: constants.convert_temperature(x, "C", "K"), X
)

for _name in ("as_matrix", "as_rotvec", "as_mrp", "as_quat", "magnitude"):
    given(
        DIFFERENTIABLE,
        f"Rotation.{_name}",
        lambda q, n=_name: getattr(Rotation.from_quat(q), n)(),
        QUATERNIONS,
    )
given(DIFFERENTIABLE, "Rotation.apply", lambda q, v: Rotation.from_quat(q).apply(v), QUATERNIONS, VECTORS)
given(DIFFERENTIABLE, "Rotation.inv", lambda q: Rotation.from_quat(q).inv().as_quat(), QUATERNIONS)
given(DIFFERENTIABLE, "Rotation.from_rotvec", lambda v: Rotation.from_rotvec(v).as_matrix(), VECTORS)
given(DIFFERENTIABLE, "Rotation.from_euler", lambda v: Rotation.from_euler("xyz", v).as_matrix(), VECTORS)
given(
    DIFFERENTIABLE,
    "Rotation.__mul__",
    lambda p, q: (Rotation.from_quat(p) * Rotation.from_quat(q)).as_matrix(),
    QUATERNIONS,
    QUATERNIONS[::-1].copy(),
)
given(
    DIFFERENTIABLE,
    "RigidTransform",
    lambda q, v: RigidTransform.from_components(v, Rotation.from_quat(q)).as_matrix(),
    QUATERNIONS,
    VECTORS,
)

# ----------------------------------------------------------------- what it computes in C, or counts

add(VALUES, stats, "mannwhitneyu levene fligner ansari mood kruskal wilcoxon cramervonmises_2samp", X, Y)
add(VALUES, stats, "chatterjeexi spearmanrho", X, Y)
add(VALUES, stats, "mode", np.round(TABLE))
add(VALUES, special, "cbrt exp1 expi j0 j1 k0 y0 ellipk", P)
add(VALUES, special, "poch binom", P, Q)
add(VALUES, fft, "dct idct dst idst dctn idctn dstn idstn", IMAGE)
add(VALUES, cluster.vq, "vq kmeans2", TABLE, TABLE[:2])
add(VALUES, cluster.hierarchy, "maxdists inconsistent leaves_list cophenet", LINKAGE)
add(VALUES, cluster.hierarchy, "linkage", TABLE)
add(VALUES, signal, "convolve correlate", X, Y[:4])
add(VALUES, signal, "convolve2d", IMAGE, SQUARE)
add(VALUES, signal, "detrend medfilt wiener cspline1d qspline1d", X)
add(VALUES, signal, "savgol_filter", X, window_length=5, polyorder=2)
add(VALUES, signal, "lfilter filtfilt", *TAPS, X)
add(VALUES, signal, "bilinear tf2sos lfilter_zi", *TAPS)
add(VALUES, signal, "sos2tf", SECTIONS)
add(VALUES, ndimage, "gaussian_filter gaussian_filter1d gaussian_laplace", IMAGE, sigma=1.0)
add(VALUES, ndimage, "uniform_filter median_filter maximum_filter grey_dilation", IMAGE, size=3)
add(VALUES, ndimage, "sobel prewitt laplace spline_filter sum mean center_of_mass", IMAGE + 5)
add(VALUES, ndimage, "label binary_erosion distance_transform_edt", IMAGE > 0)
add(VALUES, ndimage, "convolve", IMAGE, SQUARE)
add(VALUES, ndimage, "shift", IMAGE, shift=1.5)
add(VALUES, ndimage, "zoom", IMAGE, zoom=2)
add(VALUES, ndimage, "rotate", IMAGE, angle=30)
given(
    VALUES,
    "interpolate.CubicSpline",
    lambda x, y, at: interpolate.CubicSpline(x, y)(at),
    np.arange(8.0),
    X[:8],
    UNIT,
)
given(
    VALUES,
    "interpolate.RegularGridInterpolator",
    lambda x, y, z, at: interpolate.RegularGridInterpolator((x, y), z)(at),
    np.arange(8.0),
    np.arange(8.0),
    IMAGE,
    np.stack([UNIT, UNIT], axis=1),
)
given(VALUES, "Rotation.mean", lambda q: Rotation.from_quat(q).mean().as_matrix(), QUATERNIONS)
given(
    VALUES,
    "Rotation.align_vectors",
    lambda x, y: Rotation.align_vectors(x, y)[0].as_matrix(),
    VECTORS,
    VECTORS[::-1].copy(),
)
given(
    VALUES,
    "integrate.tanhsinh",
    lambda a, b: integrate.tanhsinh(lambda t: t * t, a, b),
    np.zeros(2),
    np.ones(2),
)
given(
    VALUES,
    "elementwise.find_root",
    lambda a, b: elementwise.find_root(lambda t: t * t - 2, (a, b)),
    np.zeros(2),
    np.full(2, 2.0),
)
given(VALUES, "differentiate.derivative", lambda x: differentiate.derivative(lambda t: t**3, x), P)
given(VALUES, "differentiate.jacobian", lambda x: differentiate.jacobian(lambda t: t**2, x), P[:3])


def leaves(result: Any) -> Iterator[Any]:
    """Yield the arrays and numbers in what a SciPy function returns."""
    if hasattr(result, "__array_namespace__") or isinstance(result, (bool, int, float, np.generic)):
        yield result
    elif result is not None:
        named = result if isinstance(result, dict) else getattr(result, "__dict__", {})
        parts = result if isinstance(result, tuple) else named.values()
        for part in parts:
            yield from leaves(part)


@pytest.mark.parametrize("name", [*DIFFERENTIABLE, *VALUES])
def test_values(name: str) -> None:
    function, arrays = (DIFFERENTIABLE | VALUES)[name]
    ours = list(leaves(function(*map(lucid.asarray, arrays))))
    theirs = list(leaves(function(*arrays)))
    assert any(isinstance(value, Tensor) for value in ours)
    assert not any(isinstance(value, np.ndarray) for value in ours)
    for a, b in zip(ours, theirs, strict=True):
        # SciPy's constants become float32 where it names no dtype, as Lucid's Python floats do.
        np.testing.assert_allclose(np.asarray(a), b, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients(name: str) -> None:
    function, arrays = DIFFERENTIABLE[name]
    results = leaves(function(*(Tensor(a, requires_grad=True) for a in arrays)))
    which = [i for i, r in enumerate(results) if isinstance(r, Tensor) and r.requires_grad]
    assert which

    def tracked(*tensors: Tensor) -> list[Tensor]:
        found = list(leaves(function(*tensors)))
        return [found[i] for i in which]

    check_grads(tracked, arrays, order=1, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["integrate.trapezoid", "special.softmax"])
def test_the_xla_engine_serves_as_well(name: str) -> None:
    function, arrays = DIFFERENTIABLE[name]
    result = function(*(lucid.asarray(a, device="xla:cpu") for a in arrays))
    assert result.device == "xla:cpu"
    np.testing.assert_allclose(result.numpy(), function(*arrays), rtol=1e-9)


# ----------------------------------------------------------------- what does not work


def test_what_scipy_computes_in_c_loses_no_gradient_unawares() -> None:
    x = Tensor(P, requires_grad=True)
    with pytest.raises(GradientError, match=r"x\.detach"):
        signal.medfilt(x)
    with lucid.no_grad():
        signal.medfilt(x)


def test_writes_through_views_are_lost() -> None:
    """`oaconvolve` adds to a slice and expects the whole to change. A slice of a Tensor is a value."""
    ours = signal.oaconvolve(lucid.asarray(X), lucid.asarray(Y[:4]))
    assert not np.allclose(ours.numpy(), signal.oaconvolve(X, Y[:4]))


def test_a_tensor_is_no_buffer_to_write_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        signal.sosfilt(lucid.asarray(SECTIONS), lucid.asarray(X))


def test_scipy_linalg_gives_numpy_arrays() -> None:
    """Most of it has no array-API path yet: `lucid.linalg` has."""
    assert isinstance(linalg.inv(lucid.asarray(SQUARE)), np.ndarray)


def test_a_tracked_tensor_is_not_handed_on_by_dlpack() -> None:
    with pytest.raises(GradientError, match="detach"):
        np.from_dlpack(Tensor(X, requires_grad=True))
