"""The Tensor as an object: making, showing, writing, converting, copying."""

import copy
import pickle

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DeviceError,
    DTypeError,
    GradientError,
    IndexingError,
    ShapeError,
)

# ----------------------------------------------------------------- making


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, "int64"),
        (1.5, "float32"),
        (True, "bool"),
        (1j, "complex64"),
        ([1, 2.5], "float32"),
        ([], "float32"),
        (np.float64(2.0), "float64"),
        (np.ones(2, np.float16), "float16"),
        (np.ones(2, np.uint8), "uint8"),
        (np.ones(2, ">f8"), "float64"),
        ([[True], [False]], "bool"),
        (range(3), "int64"),
        ((1.0, 2.0), "float32"),
    ],
)
def test_dtype_of_what_it_is_made_of(data, dtype):
    t = Tensor(data)
    assert t.dtype.name == dtype
    np.testing.assert_array_equal(t.numpy(), np.asarray(data))


def test_python_floats_keep_their_digits_in_float64():
    assert Tensor([0.1], dtype="float64").tolist() == [0.1]


@pytest.mark.parametrize(
    ("data", "options", "error", "match"),
    [
        ([[1.0], [1.0, 2.0]], {}, ArgumentError, "list"),
        ("abc", {}, DTypeError, "numbers"),
        ([None], {}, DTypeError, "numbers"),
        ({"a": 1}, {}, DTypeError, "numbers"),
        (np.array(["a"]), {}, DTypeError, "numbers"),
        (np.array([1], "datetime64[s]"), {}, DTypeError, "numbers"),
        ([2**70], {}, DTypeError, "numbers"),
        ([1.0], {"dtype": "no such"}, DTypeError, "no such"),
        ([1.0], {"dtype": "U3"}, DTypeError, "U3"),
        ([1.0], {"device": "abacus"}, DeviceError, "abacus"),
        ([1.0], {"device": 3}, DeviceError, "3"),
        ([1], {"requires_grad": True}, DTypeError, "int64"),
    ],
)
def test_bad_data(data, options, error, match):
    with pytest.raises(error, match=match):
        Tensor(data, **options)


def test_a_list_of_tracked_tensors_would_lose_their_gradients():
    x = Tensor(1.0, requires_grad=True)
    with pytest.raises(GradientError, match="stack"):
        Tensor([x, x])
    assert Tensor([Tensor(1.0), Tensor(2.0)]).tolist() == [1.0, 2.0]


def test_asarray_may_share_and_tensor_copies():
    source = np.ones(3, np.float32)
    shared, copied = lucid.asarray(source), Tensor(source)
    source[0] = 5
    assert shared.tolist()[0] == 5.0
    assert copied.tolist()[0] == 1.0
    t = Tensor([1.0])
    assert lucid.asarray(t) is t
    with pytest.raises(ArgumentError, match="copy=False"):
        lucid.asarray([1.0], copy=False)


# ----------------------------------------------------------------- showing


@pytest.mark.parametrize(
    ("tensor", "shown", "printed"),
    [
        (Tensor([[41.0, 93.0]]), "Tensor([[41.0, 93.0]])", "[[41.0, 93.0]]"),
        (Tensor([1, 10]), "Tensor([1, 10])", "[1, 10]"),
        (Tensor(2.5), "Tensor(2.5)", "2.5"),
        (Tensor([True]), "Tensor([True])", "[True]"),
        (Tensor([1.0], dtype="float64"), "Tensor([1.0], dtype=float64)", "[1.0]"),
        (Tensor([1], dtype="int8"), "Tensor([1], dtype=int8)", "[1]"),
        (Tensor([]), "Tensor([])", "[]"),
        (lucid.zeros((0, 3)), "Tensor([], shape=(0, 3))", "[], shape=(0, 3)"),
        (lucid.zeros((2, 0)), "Tensor([], shape=(2, 0))", "[], shape=(2, 0)"),
        (Tensor([1 / 3, 1e-7, 1e10]), "Tensor([0.3333, 1.0e-07, 1.0e+10])", "[0.3333, 1.0e-07, 1.0e+10]"),
        (Tensor([lucid.nan, -lucid.inf]), "Tensor([nan, -inf])", "[nan, -inf]"),
        (Tensor([1 + 2j]), "Tensor([1.0+2.0j])", "[1.0+2.0j]"),
        (Tensor(complex(1, -0.0)), "Tensor(1.0-0.0j)", "1.0-0.0j"),
        (lucid.zeros((2, 1, 1)), "Tensor([[[0.0]],\n\n        [[0.0]]])", "[[[0.0]],\n\n [[0.0]]]"),
        (Tensor([[1.0], [10.0]]), "Tensor([[ 1.0],\n        [10.0]])", "[[ 1.0],\n [10.0]]"),
    ],
)
def test_repr_and_str(tensor, shown, printed):
    assert repr(tensor) == shown
    assert str(tensor) == printed


def test_a_tracked_tensor_shows_its_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == str(x) == "Tensor([1.0, 2.0], grad=None)"
    (x * 3).sum().backward()
    assert str(x) == "Tensor([1.0, 2.0], grad=[3.0, 3.0])"


def test_a_large_tensor_is_summarised():
    text = str(lucid.arange(5000))
    assert text == "[0, 1, 2, ..., 4997, 4998, 4999]"
    assert str(lucid.zeros((100, 100))).count("...") == 7
    assert len(str(lucid.zeros((200, 200)))) < 400


def test_the_device_is_shown_where_it_is_not_the_cpu():
    pytest.importorskip("jax")
    assert repr(Tensor([1.0], device="xla:cpu")) == "Tensor([1.0], device='xla:cpu')"


def test_html_is_a_table_for_a_matrix():
    html = Tensor([[1.0, 2.0]])._repr_html_()
    assert "<td>1.0</td><td>2.0</td>" in html
    assert "<pre>" in Tensor([1.0])._repr_html_()


def test_format():
    assert f"{Tensor(3.14159):.2f}" == "3.14"
    assert f"{Tensor([1.0])}" == "[1.0]"


# ----------------------------------------------------------------- Python's protocols


def test_numbers():
    assert (float(Tensor([2.0])), int(Tensor(3)), complex(Tensor(1.0)), bool(Tensor(0.0))) == (
        2.0,
        3,
        1,
        False,
    )
    assert [10, 20, 30][Tensor(1)] == 20
    assert Tensor([[1, 2]]).tolist() == [[1, 2]]
    assert Tensor([[7.0]]).item() == 7.0


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: bool(Tensor([1.0, 2.0])), ArgumentError, r"any\(\)"),
        (lambda: bool(Tensor([])), ArgumentError, r"any\(\)"),
        (lambda: Tensor([1.0, 2.0]).item(), ArgumentError, "tolist"),
        (lambda: len(Tensor(1.0)), ArgumentTypeError, "0-d"),
        (lambda: list(Tensor(1.0)), ArgumentTypeError, "0-d"),
        (lambda: range(3)[Tensor(1.0)], ArgumentTypeError, "float32"),
        (lambda: Tensor([1.0]).T, ShapeError, "mT"),
        (lambda: Tensor([1.0])[3], IndexingError, "3"),
        (lambda: Tensor([1.0])["a"], IndexingError, "'a'"),
        (lambda: Tensor([1.0])[1.0], IndexingError, "1.0"),
        (lambda: Tensor([1.0]) + "a", ArgumentTypeError, "str"),
        (lambda: Tensor([1.0]) + None, ArgumentTypeError, "NoneType"),
        (lambda: Tensor([1.0]) + [1.0], ArgumentTypeError, "asarray"),
        (lambda: Tensor([1.0, 2.0]) + Tensor([1.0, 2.0, 3.0]), ShapeError, r"\(2,\).*\(3,\)"),
        (lambda: Tensor([1.0]).to("abacus"), DeviceError, "abacus"),
        (lambda: np.sin(Tensor([1.0])), TypeError, "ufunc"),
    ],
)
def test_what_cannot_be(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_iteration_keeps_gradients():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * second).sum().backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    assert len(x) == 2
    assert 3.0 in x
    assert list(lucid.zeros((0, 2))) == []


def test_comparison_with_what_is_no_number():
    x = Tensor([1.0])
    assert (x == None) is False  # noqa: E711
    assert (x != "a") is True
    with pytest.raises(TypeError):
        x < "a"  # noqa: B015
    assert (x == 1).tolist() == [True]
    assert len({x, x, Tensor([1.0])}) == 2


def test_numpy_on_either_side():
    array = np.array([1.0, 2.0], np.float32)
    x = Tensor([3.0, 4.0], requires_grad=True)
    for result in (x + array, array + x):
        assert isinstance(result, Tensor)
        assert result.requires_grad
        assert result.tolist() == [4.0, 6.0]
    assert (array @ x).item() == 11.0
    assert (x * np.float64(2.0)).dtype == lucid.float32


def test_numpy_is_a_read_only_view():
    x = Tensor([1.0, 2.0])
    view = x.numpy()
    assert np.shares_memory(view, x._array)
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 5
    assert not np.asarray(x).flags.writeable
    copied = np.array(x)
    copied[0] = 5
    assert x.tolist() == [1.0, 2.0]
    np.testing.assert_allclose(x, [1.0, 2.0])


# ----------------------------------------------------------------- writing


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (lambda x: x.__iadd__(1.5), DTypeError),
        (lambda x: x.__setitem__(0, 1.5), DTypeError),
        (lambda x: x.__itruediv__(2), DTypeError),
        (lambda x: x.copy_([1.5, 2.5]), DTypeError),
        (lambda x: x.__iadd__(Tensor([[1], [2]])), ShapeError),
        (lambda x: x.__setitem__(0, [1, 2, 3]), ShapeError),
        (lambda x: x.__setitem__(5, 1), IndexingError),
        (lambda x: x.copy_([1, 2, 3]), ShapeError),
    ],
)
def test_a_write_that_would_lose_something_raises_and_changes_nothing(write, error):
    x = Tensor([1, 2])
    with pytest.raises(error):
        write(x)
    assert x.tolist() == [1, 2]
    assert x.dtype == lucid.int64


def test_writes():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    x[0] = 9
    x[:, 1] = Tensor([5.0, 6.0])
    x[x > 8] = 0
    x[1, 0] = np.float64(0.1)
    assert x.tolist() == [[0.0, 5.0], [pytest.approx(0.1), 6.0]]
    x[0] = np.ones((1, 2))
    assert x[0].tolist() == [1.0, 1.0]
    y = Tensor([7, 5])
    y //= 2
    y %= 2
    y |= 4
    y ^= 1
    y <<= 1
    assert y.tolist() == [8, 10]


def test_a_write_is_in_place_only_where_nobody_can_tell():
    x = Tensor([1.0, 2.0, 3.0])
    array_id = id(x._array)
    x[0] = 9.0
    assert id(x._array) == array_id  # alone: no copy
    others = [
        x.detach(),
        x[1:],
        x.numpy(),
        np.asarray(x),
        memoryview(x.numpy()),
        np.from_dlpack(x),
        x.reshape(3, 1),
    ]
    expected = [np.array(o) for o in others]
    x[:] = 7.0
    x[1] = 8.0
    for other, was in zip(others, expected, strict=True):
        np.testing.assert_array_equal(np.array(other), was)
    assert x.tolist() == [7.0, 8.0, 7.0]
    y = Tensor([1.0, 2.0, 3.0])
    y[1:] = y[:-1]
    assert y.tolist() == [1.0, 1.0, 2.0]
    mine = np.zeros(2, np.float32)
    z = lucid.asarray(mine)
    z[0] = 1.0
    assert mine.tolist() == [0.0, 0.0]
    w = Tensor([1.0, 2.0])
    v = Tensor([1.0, 1.0], requires_grad=True)
    out = (w * v).sum()  # the graph has saved w's array
    w[0] = 100.0
    out.backward()
    assert v.grad.tolist() == [1.0, 2.0]


def test_copy_keeps_dtype_and_broadcasts():
    x = lucid.zeros((2, 2))
    same = x.copy_(np.array([1.0, 2.0]))
    assert same is x
    assert x.dtype == lucid.float32
    assert x.tolist() == [[1.0, 2.0], [1.0, 2.0]]


# ----------------------------------------------------------------- copying


@pytest.mark.parametrize("again", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_deepcopy_and_pickle(again):
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * 3).sum().backward()
    first, second = again([x, x])
    assert first is second
    assert first.requires_grad
    assert first.is_leaf
    assert first.grad.tolist() == [3.0, 3.0]
    (first * 1).sum().backward()
    assert (first.grad.tolist(), x.grad.tolist()) == ([4.0, 4.0], [3.0, 3.0])
    with pytest.raises(GradientError, match="detach"):
        again(x * 2)


def test_a_shallow_copy_is_part_of_the_graph():
    x = Tensor([1.0], requires_grad=True)
    y = copy.copy(x)
    y *= 5
    y.sum().backward()
    assert x.grad.tolist() == [5.0]
    assert x.tolist() == [1.0]


# ----------------------------------------------------------------- devices


def test_moving_and_mixing():
    pytest.importorskip("jax")
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert x.to("cpu") is x
    y = x.to("xla:cpu")
    assert (y.device, (y * 2).device) == ("xla:cpu", "xla:cpu")
    (y * y).sum().backward()
    assert x.grad.device == "cpu"
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(DeviceError, match=r"add.*cpu.*xla:cpu.*\.to"):
        x + y
    assert (y + np.ones(2, np.float32)).device == "xla:cpu"
    with pytest.raises(DeviceError, match="gpu"):
        Tensor([1.0], device="gpu")
    assert lucid.ones(2, device="xla").device == "xla:cpu"


def test_without_jax_the_error_says_how_to_install_it(monkeypatch):
    import sys

    monkeypatch.delitem(sys.modules, "lucid.engines.xla.engine", raising=False)
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match="pip install"):
        Tensor([1.0], device="xla:cpu")


def test_a_subclass_with_attributes_is_a_tensor_and_copied_whole():
    class Labelled(Tensor):
        def __init__(self, data, label):
            super().__init__(data)
            self.label = label

    x = Labelled([1.0, 2.0], ["a"])
    assert lucid.exp(x).shape == (2,)
    assert (x + 1).tolist() == [2.0, 3.0]
    y = copy.deepcopy(x)
    assert type(y) is Labelled
    assert y.label == ["a"]
    assert y.label is not x.label


# ----------------------------------------------------------------- whose memory it is


@pytest.mark.parametrize("device", ["cpu", "xla:cpu"])
def test_what_is_written_is_copied(device):
    if device != "cpu":
        pytest.importorskip("jax")
    a = np.ones(100_000, np.float32)  # large: JAX would take it without a copy
    x, y = lucid.zeros(a.shape, device=device), lucid.zeros(a.shape, device=device)
    x.copy_(a)
    y[:] = a
    a[:] = -1
    assert x.min().item() == 1.0
    assert y.min().item() == 1.0


def test_copy_shares_no_node_with_its_source():
    p, q = Tensor([1.0, 2.0], requires_grad=True), Tensor([5.0, 6.0], requires_grad=True)
    plain = lucid.zeros(2)
    with lucid.no_grad():
        q.copy_(p)
        plain.copy_(p)
    assert not plain.requires_grad
    (q * 3).sum().backward()
    assert q.grad.tolist() == [3.0, 3.0]
    assert p.grad is None
    y = lucid.zeros(2)
    y.copy_(p)
    y.retain_grad()
    (y * 2).sum().backward()
    assert (y.grad.tolist(), p.grad.tolist(), y.is_leaf) == ([2.0, 2.0], [2.0, 2.0], False)


def test_a_graph_keeps_a_numpy_operand_as_it_was():
    x = Tensor([1.0, 2.0], requires_grad=True)
    a, i = np.array([3.0, 4.0], np.float32), np.array([1])
    hidden = i.view()
    hidden.flags.writeable = False
    y = (x * a).sum() + x[hidden].sum()
    a[:] = 0
    i[:] = 0
    g = np.array(1.0, np.float32)
    y.backward(g)
    g[...] = 7
    assert x.grad.tolist() == [3.0, 5.0]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (5, "uint8", 5),
        (-3, "int8", -3),
        (True, "int8", 1),
        (2, "float16", 2.0),
        (300, "int8", None),
        (-1, "uint8", None),
    ],
)
def test_python_integers_are_weak_when_written_and_must_fit(value, dtype, expected):
    x = lucid.zeros(2, dtype=dtype)
    if expected is None:
        with pytest.raises(ArgumentError, match="out of range"):
            x[0] = value
        with pytest.raises(ArgumentError, match="out of range"):
            x.copy_(value)
        assert x.tolist() == [0, 0]
    else:
        x[0] = value
        assert x.tolist() == [expected, 0]


def test_dtypes_in_lists_are_kept_and_digits_are_not_lost_on_the_way():
    assert Tensor([Tensor([1.0], dtype="float64")]).dtype == lucid.float64
    assert Tensor([np.array([1.1])]).tolist() == [[1.1]]
    assert Tensor([16777217.0], dtype="int32").tolist() == [16777217]
    for structured in (np.zeros(2, [("a", int)]), np.zeros(2, "V4")):
        with pytest.raises(DTypeError, match="numbers"):
            Tensor(structured)


def test_a_copied_parameter_is_a_parameter():
    import lucid.nn as nn

    p = nn.Parameter([1.0])
    q = copy.copy(p)
    assert type(q) is nn.Parameter
    assert q.is_leaf
    assert q is not p
