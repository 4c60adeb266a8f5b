"""The tape: what is right by construction, and the errors that teach."""

import functools
import gc
import threading
import weakref

import numpy as np
import pytest

import lucid
from lucid import Tensor, autograd
from lucid.errors import ArgumentTypeError, DTypeError, GradientError, ShapeError


@pytest.fixture(params=["cpu", "xla:cpu"])
def device(request):
    if request.param != "cpu":
        pytest.importorskip("jax")
    return request.param


def leaf(data, device="cpu", dtype=None):
    return Tensor(data, dtype=dtype, device=device, requires_grad=True)


# ----------------------------------------------------------------- paths that meet


def test_an_operand_used_twice_gathers_both_gradients(device):
    a, b = leaf(2.0, device), leaf(3.0, device)
    c = a + b
    e = c + a
    e.backward()
    assert (a.grad.item(), b.grad.item()) == (2.0, 1.0)


def test_a_diamond_is_walked_once_per_node(device):
    x = leaf(3.0, device)
    h = 2 * x
    (h + h * h + h).backward()
    assert x.grad.item() == 2 * (1 + 2 * 6 + 1)


def test_the_same_tensor_twice_in_one_operation(device):
    x = leaf([1.0, 2.0], device)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    y = leaf(3.0, device)
    (y - y).backward()
    assert y.grad.item() == 0.0


def test_a_gradient_array_shared_by_two_leaves_is_not_accumulated_into():
    a, b = leaf([1.0]), leaf([1.0])
    (a + b).sum().backward()  # the rule hands one array to both
    first = b.grad
    (a * 5).sum().backward()
    assert a.grad.tolist() == [6.0]
    assert b.grad.tolist() == [1.0]
    assert b.grad is first


def test_duplicate_indices_add_up(device):
    x = leaf([1.0, 2.0, 3.0], device)
    x[[0, 0, 2]].sum().backward()
    assert x.grad.tolist() == [2.0, 0.0, 1.0]


def test_backward_accumulates_into_a_new_tensor():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    first = x.grad
    values = first.numpy()
    (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 8.0]
    assert values.tolist() == [2.0, 4.0]
    assert x.grad is not first


def test_a_chain_of_a_hundred_thousand_operations_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1.0
    del y


def test_third_derivatives(device):
    x = leaf(2.0, device, "float64")
    y = x**4
    derivatives = []
    for _ in range(3):
        (y,) = autograd.grad(y, x, create_graph=True)
        derivatives.append(y.item())
    assert derivatives == [32.0, 48.0, 48.0]


def test_create_graph_fills_grad_with_something_to_differentiate(device):
    x = leaf([1.0, 2.0], device, "float64")
    (x**3).sum().backward(create_graph=True)
    g = x.grad
    x.grad = None
    (g * g).sum().backward()  # d/dx of (3 x^2)^2 is 36 x^3
    assert x.grad.tolist() == [36.0, 288.0]


def test_several_results_of_one_operation(device):
    x = leaf([1.0, 2.0, 3.0, 4.0], device, "float64")
    a, b = lucid.split(x, [1])
    (b * b).sum().backward()  # the first result is not used at all
    assert x.grad.tolist() == [0.0, 4.0, 6.0, 8.0]
    x.grad = None
    a, b = lucid.split(x, 2)
    (g,) = autograd.grad((a * b * b).sum(), x, create_graph=True)
    (h,) = autograd.grad(g.sum(), x)
    # f = x0 x2^2 + x1 x3^2: the sum of each row of the Hessian
    assert h.tolist() == [6.0, 8.0, 2 * 3 + 2 * 1.0, 2 * 4 + 2 * 2.0]


# ----------------------------------------------------------------- writing


def test_a_write_after_use_does_not_touch_the_graph(device):
    x = leaf([1.0, 2.0], device)
    h = x * 1
    y = h * h  # saves h
    h += 10.0
    h[0] = 100.0
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_in_place_spelling_is_recorded(device):
    x = leaf([1.0, 2.0, 3.0], device)
    y = x * 2
    y += x
    y[0] = 7.0
    y *= 2
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 6.0, 6.0]


def test_a_value_written_gets_its_gradient(device):
    x, v = leaf([1.0, 2.0, 3.0], device), leaf([5.0, 6.0], device)
    y = x * 1
    y[1:] = v
    (y * y).sum().backward()
    assert x.grad.tolist() == [2.0, 0.0, 0.0]
    assert v.grad.tolist() == [10.0, 12.0]


def test_a_leaf_that_was_written_to_still_gathers_the_gradient_of_what_it_was():
    w = leaf([3.0])
    y = w * w
    w += 1.0
    y.sum().backward()
    assert w.grad.tolist() == [6.0]
    assert w.tolist() == [4.0]
    assert not w.is_leaf


def test_under_no_grad_a_leaf_stays_a_leaf():
    w = leaf([3.0])
    with lucid.no_grad():
        w -= 1.0
        w[0] = w[0] * 2
    assert w.is_leaf
    assert w.requires_grad
    (w * w).sum().backward()
    assert w.grad.tolist() == [8.0]


def test_two_tensors_never_share_what_either_can_change():
    a = Tensor([1.0, 2.0])
    b = a.reshape(2, 1)
    a[0] = 9.0
    assert b.tolist() == [[1.0], [2.0]]
    source = np.array([1.0, 2.0])
    t = Tensor(source)
    source[0] = 5.0
    assert t.tolist() == [1.0, 2.0]


# ----------------------------------------------------------------- memory and threads


def test_a_graph_dies_by_reference_counting_alone():
    gc.collect()
    gc.disable()
    try:
        x = leaf(np.ones(4))
        y = (x * 2).tanh()
        node = weakref.ref(y)
        loss = (y * y).sum()
        loss.backward(create_graph=True)
        arrays = [weakref.ref(y._array), weakref.ref(x.grad._array)]
        x.grad = None
        del y, loss
        assert node() is None
        assert all(a() is None for a in arrays)
        gone = weakref.ref(x)
        del x
        assert gone() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_backward_frees_saved_arrays_and_a_retained_graph_keeps_them():
    x = leaf(np.ones(4))
    h = x * 1
    saved = weakref.ref(h._array)
    y = (h * h).sum()
    del h
    y.backward(retain_graph=True)
    assert saved() is not None
    y.backward()
    assert saved() is None
    assert x.grad.tolist() == [4.0] * 4


def test_two_threads_train_two_models():
    def train(target, results):
        w = leaf(0.0)
        for _ in range(200):
            loss = (w - target) ** 2
            loss.backward()
            with lucid.no_grad():
                w -= 0.1 * w.grad
            w.grad = None
        results[target] = w.item()

    results = {}
    threads = [threading.Thread(target=train, args=(t, results)) for t in (1.0, -2.0, 5.0)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert {k: round(v, 4) for k, v in results.items()} == {1.0: 1.0, -2.0: -2.0, 5.0: 5.0}


def test_no_grad_holds_in_its_own_thread_alone():
    x = leaf(1.0)
    inside, seen = threading.Event(), []

    def other():
        inside.wait()
        seen.append((x * 2).requires_grad)

    thread = threading.Thread(target=other)
    thread.start()
    with lucid.no_grad():
        inside.set()
        thread.join()
        assert not (x * 2).requires_grad
    assert seen == [True]


# ----------------------------------------------------------------- recording or not


def test_no_grad_and_enable_grad_nest_and_decorate():
    x = leaf(1.0)

    @lucid.no_grad()
    def plain():
        with lucid.enable_grad():
            inner = x * 2
        return x * 2, inner

    @lucid.no_grad
    def bare():
        return x * 2

    outer, inner = plain()
    assert not outer.requires_grad
    assert inner.requires_grad
    assert not bare().requires_grad
    with pytest.raises(KeyError), lucid.no_grad():
        raise KeyError
    assert (x * 2).requires_grad


def test_integers_and_booleans_are_not_recorded():
    x = leaf([1.0, 3.0])
    assert not (x > 2).requires_grad
    assert not x.argmax().requires_grad
    assert not x.astype("int64").requires_grad


def test_detach_cuts_and_shares_the_value():
    x = leaf([1.0, 2.0])
    y = x.detach()
    assert not y.requires_grad
    assert y._array is x._array
    (x * y).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]


# ----------------------------------------------------------------- hooks and grads of results


def test_hooks_see_the_sum_and_may_replace_it(device):
    x = leaf(2.0, device)
    h = x * 3
    seen = []
    remove = h.register_hook(lambda g: seen.append(g.item()))
    h.register_hook(lambda g: g * 10)
    (h * h + h).backward()
    assert seen == [13.0]
    assert x.grad.item() == 13 * 10 * 3
    remove()
    remove()  # twice is harmless
    (x * 1).backward()
    assert seen == [13.0]


@pytest.mark.parametrize("bad", [1.0, Tensor([1.0, 2.0]), Tensor(1.0, dtype="float64")])
def test_a_hook_that_returns_nonsense_raises_and_leaves_grad_alone(bad):
    x = leaf(2.0)
    x.register_hook(lambda g: bad)
    with pytest.raises(GradientError, match="hook"):
        (x * 3).backward()
    assert x.grad is None


def test_retain_grad_and_only_then():
    x = leaf([1.0, 2.0])
    h, k = x * 2, x * 3
    h.retain_grad()
    (h * k).sum().backward()
    assert h.grad.tolist() == [3.0, 6.0]
    assert k.grad is None


def test_grad_by_computed_tensors_and_unused_ones():
    x, unused = leaf(2.0), leaf(1.0)
    h = x * x
    y = h * 3
    assert [g.item() for g in autograd.grad(y, [h, x], retain_graph=True)] == [3.0, 12.0]
    assert x.grad is None
    with pytest.raises(GradientError, match=r"inputs\[1\].*allow_unused"):
        autograd.grad(y, [x, unused], retain_graph=True)
    a, b = autograd.grad(y, [x, unused], allow_unused=True)
    assert (a.item(), b) == (12.0, None)


def test_grad_computes_and_frees_only_what_leads_to_its_inputs():
    x, w = leaf(2.0), leaf(3.0)
    h = x * x
    calls = []

    @autograd.primitive(promotes="common")
    def times(xp, a, b):
        return a * b

    @times.vjp
    def _(xp, g, out, a, b):
        return lambda: calls.append("a") or g * b, lambda: calls.append("b") or g * a

    (g,) = autograd.grad(times(h, w), h)
    assert g.item() == 3.0
    assert calls == ["a"]
    h.backward()  # the graph above h is still there
    assert x.grad.item() == 4.0
    assert [g.item() for g in autograd.grad(x, x)] == [1.0]


def test_grad_of_several_outputs_with_their_weights():
    x = leaf([1.0, 2.0])
    (g,) = autograd.grad([x * 2, x * x], x, [Tensor([1.0, 0.0]), Tensor([0.0, 1.0])])
    assert g.tolist() == [2.0, 4.0]


def test_backward_takes_a_gradient():
    x = leaf([1.0, 2.0])
    (x * x).backward(Tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 40.0]
    x.grad = None
    (x * x).backward(np.array([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 40.0]


# ----------------------------------------------------------------- errors that teach


def test_backward_without_anything_tracked():
    with pytest.raises(GradientError, match="requires_grad=True"):
        Tensor([1.0]).sum().backward()


def test_backward_from_more_than_one_number():
    with pytest.raises(GradientError, match=r"shape \(2,\)"):
        (leaf([1.0, 2.0]) * 2).backward()


def test_a_second_backward_names_retain_graph_and_changes_nothing():
    x, y = leaf(2.0), leaf(3.0)
    h = x * x
    z = h * y
    z.backward()
    with pytest.raises(GradientError, match="retain_graph=True"):
        (h * y).backward()  # gets as far as h, which is freed
    assert (x.grad.item(), y.grad.item()) == (12.0, 4.0)


@pytest.mark.parametrize(
    ("gradient", "error"),
    [(Tensor([1.0]), ShapeError), ([1.0, 2.0, 3.0], ShapeError), (Tensor([[1.0, 2.0]]), ShapeError)],
)
def test_a_gradient_of_the_wrong_shape(gradient, error):
    with pytest.raises(error, match=r"\(2,\)"):
        (leaf([1.0, 2.0]) * 2).backward(gradient)


def test_integers_have_no_gradient():
    with pytest.raises(DTypeError, match=r"int64.*astype"):
        Tensor([1, 2], requires_grad=True)


@pytest.mark.parametrize(
    ("grad", "error"),
    [
        (1.0, ArgumentTypeError),
        (Tensor([1.0]), ShapeError),
        (Tensor([1.0, 2.0], dtype="float64"), DTypeError),
    ],
)
def test_grad_takes_only_what_fits(grad, error):
    x = leaf([1.0, 2.0])
    with pytest.raises(error):
        x.grad = grad
    assert x.grad is None


# ----------------------------------------------------------------- one's own operations


def test_a_primitive_of_ones_own_with_second_derivatives(device):
    @autograd.primitive(promotes="common")
    def weighted(xp, x, y, *, power=2):
        return x**power * y

    @weighted.vjp
    def _(xp, g, out, x, y, *, power=2):
        return lambda: g * power * x ** (power - 1) * y, lambda: g * x**power

    x, y = leaf([2.0, 3.0], device, "float64"), leaf(5.0, device, "float64")
    (g,) = autograd.grad(weighted(x, y, power=3).sum(), x, create_graph=True)
    assert g.tolist() == [60.0, 135.0]
    by_x, by_y = autograd.grad(g.sum(), [x, y])
    assert by_x.tolist() == [60.0, 90.0]
    assert by_y.item() == 39.0


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda xp, g, out, x: g, "tuple"),
        (lambda xp, g, out, x: (g, g), "tuple"),
        (lambda xp, g, out, x: (xp.ones((3, 3)),), r"shape \(3, 3\)"),
        (lambda xp, g, out, x: (xp.astype(g, np.float64),), "float64"),
    ],
)
def test_a_rule_that_breaks_the_rules(rule, message):
    @autograd.primitive
    def same(xp, x):
        return x

    same.vjp(rule)
    x = leaf([1.0, 2.0])
    with pytest.raises(GradientError, match=message):
        same(x).sum().backward()
    assert x.grad is None


def test_a_primitive_without_a_rule_does_not_lose_gradients_silently():
    @autograd.primitive
    def opaque(xp, x):
        return x * 2

    assert opaque(Tensor([1.0])).tolist() == [2.0]
    with pytest.raises(GradientError, match=r"opaque.*detach"):
        opaque(leaf([1.0]))


def test_what_a_rule_does_not_need_is_not_kept_alive():
    @autograd.primitive
    def double(xp, x):
        return 2 * x

    @double.vjp
    def _(xp, g, _out, _x):
        assert _x.shape == (2,)
        return (2 * g,)

    x = leaf([1.0, 2.0])
    h = x * 1
    y = double(h)
    alive = weakref.ref(h._array)
    del h
    assert alive() is None
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_retain_grad_follows_a_write_and_a_leaf_does_not():
    x = leaf([1.0, 2.0])
    y = x * 2
    y.retain_grad()
    y *= 3
    (y * 5).sum().backward()
    assert y.grad.tolist() == [5.0, 5.0]
    assert x.grad.tolist() == [30.0, 30.0]


def test_one_no_grad_serves_two_threads():
    off = lucid.no_grad()
    with lucid.no_grad():
        with off:
            other = threading.Thread(target=off.__enter__)  # what was before it there is not what was here
            other.start()
            other.join()
        assert not autograd.is_recording()
    assert autograd.is_recording()


async def coroutine():
    return 1


async def async_generator():
    yield 1


@pytest.mark.parametrize("switch", [lucid.no_grad, lucid.enable_grad, lucid.amp.autocast])
@pytest.mark.parametrize("function", [coroutine, async_generator])
def test_a_body_that_runs_after_the_call_is_in_no_mode(switch, function):
    message = (
        f"{function.__name__} is an? {function.__name__.replace('_', ' ')} function: its body runs after"
    )
    with pytest.raises(ArgumentTypeError, match=message):
        switch()(function)


def test_no_grad_can_be_entered_again_and_refuses_generators():
    x = leaf(1.0)
    off = lucid.no_grad()
    with off, off:
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad
    with pytest.raises(ArgumentTypeError, match="generator"):

        @lucid.no_grad()
        def steps():
            yield x * 2


def test_the_gradient_of_a_complex_number_points_uphill():
    z = leaf([3 + 4j])
    lucid.abs(z).sum().backward()
    np.testing.assert_allclose(z.grad.numpy(), [0.6 + 0.8j], 1e-6)
    z.grad = None
    (z * z).sum().backward(Tensor(1.0))  # the real part of z * z
    np.testing.assert_allclose(z.grad.numpy(), [6 - 8j], 1e-6)


def test_the_gradient_of_a_real_number_is_real_whatever_it_meets():
    x, z = leaf([2.0]), leaf([1 + 1j])
    y = x * z * 1j
    lucid.imag(y).sum().backward()
    assert (x.grad.dtype, x.grad.tolist()) == (lucid.float32, [1.0])
    assert (z.grad.dtype, z.grad.tolist()) == (lucid.complex64, [2 + 0j])


def test_backward_from_a_complex_number_asks_for_a_direction():
    with pytest.raises(GradientError, match=r"complex64(.|\n)*y\.real"):
        (leaf(1j) * 2).backward()
    with pytest.raises(DTypeError, match="imaginary"):
        (leaf(1.0) * 2).backward(Tensor(1j))


def test_of_several_results_only_floats_are_tracked():
    @autograd.primitive
    def doubled_and_largest(xp, x):
        return 2 * x, xp.argmax(x)

    @doubled_and_largest.vjp
    def _(xp, g, _out, _x):
        return (2 * g[0],)

    x = leaf([1.0, 3.0])
    doubled, largest = doubled_and_largest(x)
    assert not largest.requires_grad
    doubled.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("call", [lambda x: autograd.grad(3.0, x), lambda x: autograd.grad(x * 2, [3.0])])
def test_grad_of_what_is_no_tensor(call):
    with pytest.raises(ArgumentTypeError, match="float"):
        call(leaf(1.0))


def test_tracking_is_not_switched_off_for_a_computed_tensor():
    with pytest.raises(GradientError, match="detach"):
        (leaf(1.0) * 2).requires_grad_(False)


def test_no_grad_decorates_any_callable():
    x = leaf(2.0)
    assert not lucid.no_grad(lucid.exp)(x).requires_grad
    assert not lucid.no_grad()(functools.partial(lucid.add, x))(1.0).requires_grad
