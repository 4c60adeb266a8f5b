"""The kernels of convolution against the sum in float64: in every layout of memory, with every option."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lucid
from lucid import Tensor
from lucid.engines.cpu import fast_convolution
from lucid.engines.cpu import namespace as xp
from lucid.engines.cpu.geometry import out_size
from lucid.engines.cpu.kernels import table
from lucid.engines.cpu.onednn import convolution as onednn
from lucid.engines.cpu.onednn import library
from tests.engines.kernels.agree import LAYOUTS

Array = np.ndarray[Any, Any]

served = pytest.mark.skipif(library.load() is None, reason="oneDNN is not there")
rounded = pytest.mark.skipif(
    library.load() is None or not library.load().bfloat16,  # type: ignore[union-attr]
    reason="the processor has no bfloat16",
)


PRECISIONS = {"highest": 2e-5, "medium": 1.5e-2}  # and the largest error, relative to the largest result


@pytest.fixture(params=PRECISIONS)
def precision(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a test in each precision that Winograd's algorithm serves."""
    if not has_winograd(request.param):
        pytest.skip("the algorithm does not serve here")
    lucid.set_float32_matmul_precision(request.param)
    yield request.param
    lucid.set_float32_matmul_precision("highest")


def has_winograd(precision: str = "highest") -> bool:
    """Whether Winograd's algorithm serves: in bfloat16, where the processor has no tiles for it."""
    lib = library.load()
    if lib is None or not table.allowed("numba"):
        return False
    return precision == "highest" or (lib.bfloat16 and not lib.tiles)


def options(n: int, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> dict[str, Any]:
    stride, dilation = (v if isinstance(v, tuple) else (v,) * n for v in (stride, dilation))
    pairs = padding if isinstance(padding, tuple) else ((padding, padding),) * n
    return {"stride": stride, "padding": pairs, "dilation": dilation, "groups": groups}


def drawn(x: tuple[int, ...], weight: tuple[int, ...], given_: dict[str, Any]) -> list[Array]:
    """Draw images, weight, bias and a gradient, in float64."""
    rng = np.random.default_rng(sum(x))
    size = out_size(x[2:], weight[2:], tuple(given_.values()))
    return [rng.standard_normal(shape) for shape in (x, weight, (weight[0],), (x[0], weight[0], *size))]


def all_three(x: Array, weight: Array, bias: Array, g: Array, given_: dict[str, Any]) -> list[Array]:
    """Return a convolution, and its gradients by images, weight and bias."""
    return [
        xp.conv(x, weight, bias, **given_),
        xp.conv_input(g, weight, size=x.shape[2:], **given_),
        *xp.conv_weight(x, g, size=weight.shape[2:], bias=True, **given_),
    ]


def check(
    x: tuple[int, ...], weight: tuple[int, ...], layout: str = "rows", rtol: float = 2e-5, **given_: Any
) -> None:
    """Compare float32 with float64, which never runs on a kernel."""
    chosen = options(len(x) - 2, **given_)
    arrays = drawn(x, weight, chosen)
    narrow = [LAYOUTS[layout](a.astype(np.float32)) for a in arrays]
    before = [a.copy() for a in narrow]
    for what, found, right in zip(
        ("result", "by images", "by weight", "by bias"),
        all_three(*narrow, chosen),
        all_three(*arrays, chosen),
        strict=True,
    ):
        assert (found.shape, found.dtype) == (right.shape, np.float32), what
        scale = float(np.abs(right).max()) if right.size else 0.0
        np.testing.assert_allclose(found, right, rtol, rtol * scale, err_msg=what)
    for a, b in zip(narrow, before, strict=True):
        assert np.array_equal(a, b), "a kernel wrote into an argument"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(layout: str) -> None:
    check((2, 8, 5, 6), (16, 8, 3, 3), layout, padding=1)
    check((2, 4, 5), (6, 2, 2), layout, stride=2, groups=2)


@pytest.mark.parametrize(
    "row",
    [
        {"x": (2, 3, 9), "weight": (5, 3, 4), "stride": 3, "padding": 2, "dilation": 2},
        {"x": (1, 16, 6, 7), "weight": (16, 1, 3, 2), "groups": 16, "stride": (1, 2)},
        {"x": (2, 6, 4, 5), "weight": (4, 3, 2, 2), "groups": 2, "padding": ((0, 1), (2, 0))},
        {"x": (2, 17, 6, 5), "weight": (33, 17, 1, 1), "stride": 2},
        {"x": (1, 2, 8, 8), "weight": (3, 2, 3, 3), "padding": ((2, -3), (1, -1)), "stride": 2},
        {"x": (1, 3, 4, 3, 5), "weight": (4, 3, 2, 1, 3), "padding": 1, "dilation": (1, 2, 1)},
        {"x": (1, 2, 2, 2, 2, 2), "weight": (2, 2, 1, 2, 1, 2)},
        {"x": (0, 2, 4, 4), "weight": (3, 2, 3, 3)},
        {"x": (2, 0, 4, 4), "weight": (3, 0, 3, 3)},
        {"x": (2, 2, 4, 4), "weight": (0, 2, 3, 3)},
    ],
    ids=str,
)
def test_every_option(row: dict[str, Any]) -> None:
    check(**row)


@settings(max_examples=25)
@given(data=st.data())
def test_any_sizes_and_options(data: st.DataObject) -> None:
    number = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    n, groups = number(1, 2), number(1, 2)
    kernel = tuple(number(1, 3) for _ in range(n))
    given_ = {name: tuple(number(1, 3) for _ in range(n)) for name in ("stride", "dilation")}
    padding = tuple((number(0, 2), number(0, 2)) for _ in range(n))
    size = tuple(
        max(1, (k - 1) * d + 1 - sum(p)) + number(0, 4)
        for k, d, p in zip(kernel, given_["dilation"], padding, strict=True)
    )
    c, o = number(1, 9), number(1, 9)
    layout = data.draw(st.sampled_from(list(LAYOUTS)))
    shapes = (number(1, 3), c * groups, *size), (o * groups, c, *kernel)
    check(*shapes, layout, padding=padding, groups=groups, **given_)


def test_half_precision_is_summed_in_single() -> None:
    x = np.full((1, 2048, 3), 1.0, np.float16)
    out = xp.conv(x, np.full((1, 2048, 3), 4.0, np.float16), **options(1))
    assert (out.dtype, out.item()) == (np.float16, 24576.0)  # adding up in half precision stops at 8192


def test_images_are_channels_last_in_memory() -> None:
    x, weight, bias, g = (a.astype(np.float32) for a in drawn((2, 3, 5, 6), (4, 3, 3, 3), options(2)))
    out, by_x, *_ = all_three(x, weight, bias, g, options(2))
    for images in (out, by_x):
        assert images.transpose(0, 2, 3, 1).flags.c_contiguous
    assert (
        xp.conv(x.astype(float), weight.astype(float), **options(2)).transpose(0, 2, 3, 1).flags.c_contiguous
    )


# ----------------------------------------------------------------- what isn't finite


@pytest.mark.parametrize("channels", [3, 64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_goes_where_it_is_seen(channels: int, value: float) -> None:
    not_finite(channels, value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_winograd_leaves_what_is_not_finite_to_others(
    value: float, precision: str, algorithm: dict[str, int]
) -> None:
    not_finite(64, value)
    assert set(algorithm.values()) == {1}


def not_finite(channels: int, value: float) -> None:
    x = np.ones((8, channels, 12, 12), np.float32)
    x[3, 1, 5, 6] = value
    weight = np.full((64, channels, 3, 3), 0.5, np.float32)
    out = xp.conv(x, weight, **options(2, padding=1))
    seen = np.zeros((8, 64, 12, 12), bool)
    seen[3, :, 4:7, 5:8] = True
    assert np.array_equal(~np.isfinite(out), seen)
    assert np.isnan(value) or (out[seen] == value).all()
    by_x = xp.conv_input(out, weight, size=(12, 12), **options(2, padding=1))
    seen[...] = False
    seen[3, :, 3:8, 4:9] = True
    assert np.array_equal(~np.isfinite(by_x), seen[:, :channels])
    g = np.zeros((8, 64, 12, 12), np.float32)
    g[3, 7, 5, 6] = 1.0
    by_weight = xp.conv_weight(x, g, size=(3, 3), bias=False, **options(2, padding=1))
    # 0 times what isn't finite is nan, and every output meets it somewhere but in the rows it's never at.
    assert not np.isfinite(by_weight[7, 1]).all()
    assert np.isfinite(by_weight[:, 0]).all()


# ----------------------------------------------------------------- Winograd's algorithm


@pytest.fixture
def algorithm(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Count how often each function of Winograd's algorithm runs."""
    calls = {"conv": 0, "conv_input": 0, "conv_weight": 0}
    if not has_winograd():
        return calls
    winograd = pytest.importorskip("lucid.engines.cpu.kernels.winograd")
    for name in calls:
        original = getattr(winograd, name)

        def counted(*args: Any, name: str = name, original: Any = original) -> Any:
            calls[name] += 1
            return original(*args)

        monkeypatch.setattr(winograd, name, counted)
    return calls


@pytest.fixture
def always(algorithm: dict[str, int], precision: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[float]:
    """Run the algorithm on the smallest images too, one image at a time; yield the largest error."""
    from lucid.engines.cpu.kernels import winograd

    for name in ("FEWEST_TILES", "AT_A_TIME", "TILES_AT_A_TIME"):
        monkeypatch.setattr(winograd, name, 0)
    monkeypatch.setattr(winograd, "FEWEST_CHANNELS", {winograd.F32: 0, winograd.BF16: 0})
    yield PRECISIONS[precision]
    assert min(algorithm.values()) > 0, "it did not run"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_winograd_in_every_layout(layout: str, always: float) -> None:
    check((2, 3, 5, 4), (2, 3, 3, 3), layout, always, padding=1)


@pytest.mark.parametrize("padding", [0, 1, 2, ((0, 2), (1, 0)), ((2, -1), (0, 0))])
def test_winograd_with_every_padding(padding: Any, always: float) -> None:
    check((2, 5, 6, 7), (9, 5, 3, 3), rtol=always, padding=padding)
    check((1, 2, 3, 4), (3, 2, 3, 3), rtol=always, padding=padding)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 3), st.integers(1, 20), st.integers(1, 20), st.integers(3, 9), st.integers(3, 9))
def test_winograd_of_any_size(always: float, n: int, c: int, o: int, height: int, width: int) -> None:
    check((n, c, height, width), (o, c, 3, 3), rtol=always, padding=1)


def test_winograd_serves_where_it_pays(algorithm: dict[str, int], precision: str) -> None:
    fewest = {"highest": 40, "medium": 64}[precision]
    for channels, times in ((8, 0), (fewest - 1, 0), (fewest, 1)):
        shapes = (8, channels, 16, 16), (channels, channels, 3, 3)
        check(*shapes, rtol=PRECISIONS[precision], padding=1)
        assert set(algorithm.values()) == {times}


@pytest.mark.parametrize("size", [16, 8])
def test_winograd_is_about_as_exact_as_the_plain_sum(
    size: int, precision: str, algorithm: dict[str, int]
) -> None:
    chosen = options(2, padding=1)
    shapes = (2048 // size**2, 64, size, size), (64, 64, 3, 3)
    narrow = [a.astype(np.float32) for a in drawn(*shapes, chosen)]
    found = all_three(*narrow, chosen)
    exact = all_three(*(a.astype(float) for a in narrow), chosen)
    errors = [
        float(np.sqrt(np.mean((a - right) ** 2) / np.mean(right**2)))
        for a, right in zip(found, exact, strict=True)
    ]
    assert errors[3] <= 1e-6, "the gradient by the bias is a plain sum"
    for error in errors[:3]:
        if precision == "highest":
            assert error <= 1e-6
        else:
            assert 3e-3 <= error <= 4.5e-3  # 2.4e-3 with images and kernels rounded
    assert set(algorithm.values()) == {1}


@pytest.mark.skipif(not has_winograd("medium"), reason="the algorithm does not serve here")
def test_winograd_rounds_to_the_nearest_even_bfloat16() -> None:
    from lucid.engines.cpu.kernels import casts, winograd

    bits = np.array(
        [0x3F808000, 0x3F818000, 0x3F808001, 0xBF807FFF, 0x3F80FFFF, 0x00008001, 0x7F7FFFFF, 0x80000000]
        + [0x7F800000, 0xFF800000, 0x7F800001, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFF8000, 0xFFFF8000, 0xFFC00000],
        np.uint32,
    )
    weight = np.zeros((16, 16, 3, 3), np.float32)
    weight[..., 0, 0] = bits.view(np.float32)
    weight[..., 2, 2] = np.random.default_rng(0).standard_normal((16, 16))
    made = winograd._transformed(weight, False, winograd.BF16)
    corner = made[0]  # the first element as it is; that of made[15] is the last
    assert np.array_equal(corner[:, :8], casts.to_bfloat16(np.ascontiguousarray(weight[:, :8, 0, 0])))
    assert (corner[:, 8:] & 0x7F80 == 0x7F80).all()
    assert np.array_equal(made[15], casts.to_bfloat16(np.ascontiguousarray(weight[..., 2, 2])))


@pytest.mark.skipif(not has_winograd("medium"), reason="the algorithm does not serve here")
def test_a_kept_weight_is_of_the_precision_that_is_set(algorithm: dict[str, int]) -> None:
    layer = lucid.nn.Conv2d(64, 64, 3, padding=1)
    x = Tensor(np.random.default_rng(0).standard_normal((8, 64, 16, 16)), dtype="float32")
    results = []
    with lucid.autograd.no_grad():
        for precision in ("highest", "medium", "highest"):
            lucid.set_float32_matmul_precision(precision)
            results.append([layer(x).numpy() for _ in range(4)][-1])
    assert algorithm["conv"] == 12
    assert np.array_equal(results[0], results[2])
    assert 1e-3 < np.abs(results[0] - results[1]).max() / np.abs(results[0]).max() < 1.5e-2


# ----------------------------------------------------------------- oneDNN


AVX512 = 0x27  # bits of the instruction sets that oneDNN reports
HOT = [
    ((32, 64, 32, 32), (64, 64, 3, 3), 1, 1),
    ((32, 64, 32, 32), (128, 64, 3, 3), 2, 1),
    ((32, 64, 32, 32), (128, 64, 1, 1), 2, 0),
    ((32, 512, 4, 4), (512, 512, 3, 3), 1, 1),
    ((64, 32, 26, 26), (64, 32, 3, 3), 1, 0),
]


@served
@pytest.mark.parametrize("kind", ["forward", "backward_data", "backward_weights"])
@pytest.mark.parametrize(("x", "weight", "stride", "padding"), HOT)
def test_hot_cases_run_on_fast_code(kind: str, x: Any, weight: Any, stride: int, padding: int) -> None:
    geometry: Any = tuple(options(2, stride=stride, padding=padding).values())
    name = onednn.implementation(kind, x, weight, geometry)
    assert name
    assert not name.startswith("ref")
    if library.load().isa & AVX512 == AVX512:  # type: ignore[union-attr]
        assert "gemm:" not in name, f"{name} works on rows of windows, which is several times slower"


@pytest.fixture
def medium() -> Iterator[None]:
    lucid.set_float32_matmul_precision("medium")
    yield
    lucid.set_float32_matmul_precision("highest")


@pytest.fixture(params=PRECISIONS)
def medium_too(request: pytest.FixtureRequest) -> Iterator[None]:
    lucid.set_float32_matmul_precision(request.param)
    yield
    lucid.set_float32_matmul_precision("highest")


@rounded
@pytest.mark.usefixtures("medium")
def test_medium_precision_rounds_the_factors_and_nothing_else() -> None:
    chosen = options(2, padding=1)
    shapes = (4, 32, 10, 10), (32, 32, 3, 3)
    x, weight, bias, g = (a.astype(np.float32) for a in drawn(*shapes, chosen))

    def to_bfloat16(a: Array) -> Array:
        bits = a.view(np.uint32).astype(np.uint64)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)

    narrow = [to_bfloat16(a).astype(float) for a in (x, weight)]
    right = all_three(*narrow, bias.astype(float), to_bfloat16(g).astype(float), chosen)
    for found, expected in zip(all_three(x, weight, bias, g, chosen), right, strict=True):
        scale = float(np.abs(expected).max())
        np.testing.assert_allclose(found, expected, 1e-5, 1e-5 * scale)


@rounded
@pytest.mark.parametrize(
    ("x", "weight", "stride", "padding"),
    [
        ((1, 3, 1), (3, 3, 4), 4, 3),
        ((2, 32, 2), (8, 32, 4), 3, 3),
        ((1, 8, 7, 1), (1, 8, 4, 4), (2, 4), ((1, 1), (3, 3))),
        ((1, 16, 8, 10, 3), (8, 16, 4, 3, 3), (2, 2, 4), ((2, 2), (0, 0), (2, 2))),
    ],
)
@pytest.mark.usefixtures("medium")
def test_medium_precision_where_some_elements_meet_padding_alone(
    x: Any, weight: Any, stride: Any, padding: Any
) -> None:
    rubbish = np.full(200_000, 1e30, np.float32)  # what new memory holds then
    del rubbish
    check(x, weight, rtol=0.05, stride=stride, padding=padding)


@rounded
@pytest.mark.usefixtures("medium")
def test_medium_precision_keeps_what_is_not_finite() -> None:
    x = np.ones((1, 16, 4, 4), np.float32)
    bits = np.uint32(0x7F800001)  # a nan whose upper half is that of infinity
    x[0, 0, 0, 0], x[0, 0, 0, 3], x[0, 0, 3, 0] = bits.view(np.float32), np.inf, -np.inf
    out = xp.conv(x, np.ones((1, 16, 1, 1), np.float32), **options(2))
    assert np.isnan(out[0, 0, 0, 0])
    assert (out[0, 0, 0, 3], out[0, 0, 3, 0], out[0, 0, 1, 1]) == (np.inf, -np.inf, 16.0)


@pytest.mark.usefixtures("medium_too")
def test_threads_do_not_disturb_each_other() -> None:
    chosen = options(2, padding=1)
    jobs = []
    for channels in (8, 64):
        shapes = (4, channels, 16, 16), (channels, channels, 3, 3)
        jobs += [[a.astype(np.float32) for a in drawn(*shapes, chosen)] for _ in range(2)]
    alone = [all_three(*job, chosen) for job in jobs]
    found: list[Any] = [None] * len(jobs)

    def work(i: int) -> None:
        for _ in range(5):
            found[i] = all_three(*jobs[i], chosen)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(jobs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for results, right in zip(found, alone, strict=True):
        for a, b in zip(results, right, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("medium_too")
@pytest.mark.parametrize("channels", [8, 64])
def test_results_are_the_same_each_time_and_with_one_thread(channels: int) -> None:
    chosen = options(2, padding=1)
    shapes = (4, channels, 16, 16), (channels, channels, 3, 3)
    arrays = [a.astype(np.float32) for a in drawn(*shapes, chosen)]
    first, again = all_three(*arrays, chosen), all_three(*arrays, chosen)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("medium_too")
@pytest.mark.parametrize("channels", [8, 64])
def test_a_weight_that_is_written_to_is_laid_out_anew(channels: int) -> None:
    layer = lucid.nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    x = Tensor(np.random.default_rng(0).standard_normal((8, channels, 16, 16)), dtype="float32")
    with lucid.autograd.no_grad():
        for _ in range(5):
            before = layer(x)
        layer.weight *= 2.0
        np.testing.assert_allclose(layer(x).numpy(), 2 * before.numpy(), 1e-6, 1e-6)


@pytest.mark.parametrize("channels", [8, 64])
def test_gradients_that_one_number_stands_for(channels: int) -> None:
    # That of a sum has strides of 0.
    x = np.random.default_rng(0).standard_normal((8, channels, 16, 16)).astype(np.float32)
    layer = lucid.nn.Conv2d(channels, channels, 3, padding=1)
    layer(Tensor(x)).sum().backward()
    assert layer.weight.grad is not None
    assert layer.bias is not None
    assert layer.bias.grad is not None
    assert layer.bias.grad.tolist() == [8 * 16 * 16] * channels
    expected = [x[:, :, i : 14 + i, j : 14 + j].sum((0, 2, 3)) for i in range(3) for j in range(3)]
    inner = xp.conv_weight(x, np.ones((8, 1, 14, 14), np.float32), size=(3, 3), bias=False, **options(2))
    np.testing.assert_allclose(inner[0].reshape(channels, 9).T, expected, 1e-4, 1e-3)
    np.testing.assert_allclose(layer.weight.grad.numpy()[3], layer.weight.grad.numpy()[0], 1e-4, 1e-2)


def test_without_kernels_the_product_of_windows_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("conv", "conv_input", "conv_weight"):
        monkeypatch.setattr(fast_convolution, name, lambda *args: None)
    check((2, 8, 5, 6), (16, 8, 3, 3), padding=1)


def test_many_windows_are_taken_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from lucid.engines.cpu import convolution

    chosen = options(2, padding=1)
    arrays = drawn((5, 4, 5, 6), (6, 4, 3, 3), chosen)
    whole = all_three(*arrays, chosen)
    monkeypatch.setattr(convolution, "MOST", 2500)  # two images at a time
    for a, b in zip(all_three(*arrays, chosen), whole, strict=True):
        np.testing.assert_allclose(a, b, 1e-12, 1e-12)
