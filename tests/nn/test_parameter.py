"""Parameters and Buffers: what they take, what they track, and what survives a copy."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import lucid
from lucid import Tensor, nn
from lucid.errors import ArgumentError, DTypeError, GradientError

# ----------------------------------------------------------------- Parameter


def test_a_parameter_is_a_tensor_that_tracks_gradients():
    p = nn.Parameter([1.0, 2.0])
    assert isinstance(p, Tensor)
    assert p.requires_grad
    assert p.is_leaf
    assert repr(p) == "Parameter([1.0, 2.0], grad=None)"


def test_it_tracks_gradients_even_when_made_under_no_grad():
    with lucid.no_grad():
        p = nn.Parameter(Tensor([1.0]))
    (2 * p).sum().backward()
    assert p.grad.tolist() == [2.0]


def test_requires_grad_false_is_frozen():
    p = nn.Parameter([1.0], requires_grad=False)
    assert not p.requires_grad
    assert repr(p) == "Parameter([1.0])"
    assert p.requires_grad_() is p
    assert p.requires_grad


def test_of_a_tracked_tensor_it_takes_the_value():
    x = Tensor([1.0, 2.0], requires_grad=True)
    p = nn.Parameter(3 * x)
    p.sum().backward()
    assert p.tolist() == [3.0, 6.0]
    assert p.grad.tolist() == [1.0, 1.0]
    assert x.grad is None


def test_it_shares_the_array_of_a_tensor_and_yet_is_another_value():
    x = Tensor([1.0, 2.0])
    p = nn.Parameter(x)
    assert np.shares_memory(p.numpy(), x.numpy())
    x[0] = 9.0
    assert p.tolist() == [1.0, 2.0]
    with lucid.no_grad():
        p += 1
    assert x.tolist() == [9.0, 2.0]


def test_it_copies_a_numpy_array():
    array = np.ones(2, np.float32)
    p = nn.Parameter(array)
    array[0] = 5
    assert p.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("data", [[1, 2], np.ones(2, np.int32), Tensor([True])])
def test_integers_have_no_gradients(data):
    with pytest.raises(DTypeError, match="requires_grad=False"):
        nn.Parameter(data)
    assert not nn.Parameter(data, requires_grad=False).requires_grad


@pytest.mark.parametrize(
    "data", [float("nan"), float("inf"), [], [[]], 3.0, np.float64(2), np.zeros((0, 3)), [1e38, -1e38]]
)
def test_any_floats_will_do(data):
    p = nn.Parameter(data)
    assert p.shape == np.shape(data)
    assert p.requires_grad


@pytest.mark.parametrize("data", [None, "weight", [[1.0], [1.0, 2.0]], object(), {"a": 1.0}])
def test_what_is_no_data_is_refused(data):
    with pytest.raises((ArgumentError, DTypeError)):
        nn.Parameter(data)


def test_results_of_operations_are_plain_tensors():
    p = nn.Parameter([1.0])
    b = nn.Buffer([1.0])
    for result in (p + p, lucid.exp(p), p[0], p.sum(), b + b, p * b, p.detach(), b.copy()):
        assert type(result) is Tensor


def test_a_subclass_of_parameter_works_in_operations():
    class Scale(nn.Parameter):
        __slots__ = ()

    s = Scale([3.0])
    (s * Tensor([2.0])).sum().backward()
    assert s.grad.tolist() == [2.0]
    assert repr(s).startswith("Scale(")
    assert type(copy.deepcopy(s)) is Scale


def test_copies_are_apart_and_keep_class_gradient_and_tracking():
    p = nn.Parameter([1.0, 2.0])
    (p * p).sum().backward()
    for q in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert type(q) is nn.Parameter
        assert q is not p
        assert q.grad.tolist() == [2.0, 4.0]
        assert q.requires_grad
        (3 * q).sum().backward()
        assert q.grad.tolist() == [5.0, 7.0]
        assert p.grad.tolist() == [2.0, 4.0]
    frozen = nn.Parameter([1.0], requires_grad=False)
    assert not copy.deepcopy(frozen).requires_grad
    assert not pickle.loads(pickle.dumps(frozen)).requires_grad


def test_one_parameter_twice_is_one_after_a_copy():
    p = nn.Parameter([1.0])
    for a, b in (copy.deepcopy([p, p]), pickle.loads(pickle.dumps([p, p]))):
        assert a is b


def test_a_parameter_dies_with_its_last_reference():
    gc.disable()
    try:
        p = nn.Parameter([1.0])
        (p * p).sum().backward()
        alive = weakref.ref(p)
        del p
        assert alive() is None
    finally:
        gc.enable()


# ----------------------------------------------------------------- Buffer


def test_a_buffer_tracks_nothing_whatever_is_written_to_it():
    x = Tensor([1.0, 2.0], requires_grad=True)
    b = nn.Buffer(x)
    assert not b.requires_grad
    b += 2 * x
    b.copy_(b + x)
    b[0] = x[1]
    assert not b.requires_grad
    assert repr(b) == "Buffer([2.0, 8.0])"
    assert x.tolist() == [1.0, 2.0]


def test_a_buffer_cannot_be_told_to_track():
    b = nn.Buffer([1.0])
    with pytest.raises(GradientError, match=r"nn\.Parameter"):
        b.requires_grad_()
    with pytest.raises(GradientError):
        b.requires_grad = True
    assert b.requires_grad_(False) is b


def test_a_buffer_takes_integers():
    steps = nn.Buffer(0)
    steps += 1
    assert steps.item() == 1
    assert steps.dtype == lucid.int64


@pytest.mark.parametrize("persistent", [True, False])
def test_copies_of_a_buffer_keep_its_flag(persistent):
    b = nn.Buffer([1, 2], persistent=persistent)
    for c in (copy.deepcopy(b), pickle.loads(pickle.dumps(b))):
        assert type(c) is nn.Buffer
        assert c.persistent is persistent
        assert c.tolist() == [1, 2]
    one, other = copy.deepcopy([b, b])
    assert one is other


def test_a_write_of_another_shape_to_a_buffer_fails_and_changes_nothing():
    b = nn.Buffer([1.0, 2.0])
    with pytest.raises(ArgumentError):
        b += Tensor([[1.0, 1.0], [2.0, 2.0]])
    assert b.tolist() == [1.0, 2.0]
