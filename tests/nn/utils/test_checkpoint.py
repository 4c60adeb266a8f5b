"""Recomputing in the backward pass: the same derivatives, random numbers and buffers in less memory."""

from __future__ import annotations

import gc
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, GradientError
from lucid.nn.utils import checkpoint, checkpoint_sequential
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)


def rows(*shape: int) -> Tensor:
    return lucid.asarray(np.random.default_rng(len(shape)).normal(size=shape))


def mlp(*sizes: int) -> nn.Sequential:
    lucid.random.seed(0)
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b, dtype="float64"), nn.Tanh()]
    return nn.Sequential(*layers)


def gradients(model: nn.Module) -> list[Any]:
    found = [None if p.grad is None else p.grad.numpy() for p in model.parameters()]
    for p in model.parameters():
        p.grad = None
    return found


def same(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


# ----------------------------------------------------------------- derivatives


def test_gradients_of_arguments_and_parameters() -> None:
    model, results = mlp(3, 4, 2), []
    for call in (lambda f, x: f(x), checkpoint):
        x = Tensor(rows(2, 3).numpy(), requires_grad=True)
        y = call(model, x)
        (y**2).sum().backward()
        assert x.grad is not None
        results.append([y.numpy(), x.grad.numpy(), *gradients(model)])
    same(results[1], results[0])


def test_one_node_stands_for_the_function() -> None:
    model, x = mlp(3, 4, 2), Tensor([[1.0, 2.0, 3.0]], dtype="float64", requires_grad=True)
    y = checkpoint(model, x)
    assert y._node.parents == sorted([x._node, *(p._node for p in model.parameters())], key=lambda n: n.order)
    assert all(not parent.parents for parent in y._node.parents)


def test_of_parameters_alone() -> None:
    """What goes in tracks nothing, as a batch does, and the parameters inside are learned all the same."""
    model = mlp(3, 2)
    y = checkpoint(model, rows(2, 3))
    found = lucid.autograd.grad(y.sum(), list(model.parameters()))
    same(
        [g.numpy() for g in found],
        [g.numpy() for g in lucid.autograd.grad(model(rows(2, 3)).sum(), list(model.parameters()))],
    )
    assert model[0].weight.grad is None


def test_second_and_third_derivatives() -> None:
    model, found = mlp(2, 3, 2), []
    for call in (lambda f, x: f(x), checkpoint):
        x = Tensor(rows(2, 2).numpy(), requires_grad=True)
        (first,) = lucid.autograd.grad((call(model, x) ** 2).sum(), x, create_graph=True)
        (second,) = lucid.autograd.grad((first**2).sum(), x, create_graph=True)
        (second**2).sum().backward()
        assert x.grad is not None
        found.append([first.numpy(), second.numpy(), x.grad.numpy(), *gradients(model)])
    same(found[1], found[0])


def test_inputs_that_depend_on_one_another() -> None:
    """What flows from one input to another outside of the function is not the function's."""
    results = []
    for call in (lambda f, *xs: f(*xs), checkpoint):
        w = Tensor([2.0, 3.0], requires_grad=True)
        h = w * w
        k = h + w

        def mixed(a: Any, b: Any) -> Any:
            return a * b * w + h * k  # noqa: B023  # h, k and w come in by the closure

        y = call(mixed, h, h)
        (first,) = lucid.autograd.grad(y.sum(), w, create_graph=True)
        (second,) = lucid.autograd.grad(first.sum(), w)
        results.append([y.numpy(), first.numpy(), second.numpy()])
    same(results[1], results[0])


def test_nested() -> None:
    model, found = mlp(2, 3, 3, 2), []

    def inner(x: Any) -> Any:
        return model[4:](checkpoint(model[2:4], x))

    for call in (lambda f, x: f(x), checkpoint):
        x = Tensor(rows(2, 2).numpy(), requires_grad=True)
        y = call(lambda x: call(inner, model[:2](x)), x)  # noqa: B023
        (g,) = lucid.autograd.grad((y**2).sum(), x, create_graph=True)
        (g**2).sum().backward()
        found.append([y.numpy(), g.numpy(), *gradients(model)])
    same(found[1], found[0])


class Pair(NamedTuple):
    """A named result."""

    a: Any
    rest: Any


def test_results_in_tuples_dicts_and_of_other_kinds() -> None:
    def function(x: Any, *, pairs: Any) -> Any:
        y = x * pairs["w"][0]
        return Pair(y, {"sum": y.sum(), "again": [y, x], "count": 3, "index": x.argmax(), "unused": x * 2})

    results = []
    for call in (lambda f, *xs, **kw: f(*xs, **kw), checkpoint):
        x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
        out = call(function, x, pairs={"w": [w, None]})
        assert isinstance(out, Pair)
        assert out.rest["again"][0] is out.a
        assert out.rest["again"][1] is x
        assert (out.rest["count"], out.rest["index"].item()) == (3, 1)
        assert not out.rest["index"].requires_grad
        (out.a.sum() * out.rest["sum"] + out.rest["again"][1].sum()).backward()
        assert x.grad is not None
        assert w.grad is not None
        results.append([x.grad.numpy(), w.grad.numpy()])
    same(results[1], results[0])


def test_unrecorded_it_is_just_called() -> None:
    model, calls = mlp(2, 2), []
    with lucid.no_grad():
        y = checkpoint(lambda x: calls.append(1) or model(x), rows(1, 2))
    assert not y.requires_grad
    assert checkpoint(lambda x: x + 1, 1) == 2
    assert checkpoint(lambda: "nothing") == "nothing"
    assert calls == [1]


def test_hooks_run_once_and_see_everything() -> None:
    seen: list[Any] = []
    model = mlp(2, 2)
    model[0].weight.register_hook(lambda g: seen.append("parameter") or 10 * g)
    x = Tensor(rows(1, 2).numpy(), requires_grad=True)
    h = 2 * x
    h.register_hook(lambda g: seen.append("input"))

    def function(z: Any) -> Any:
        inside = model(z)
        inside.register_hook(lambda g: seen.append("inside"))
        return inside * 1

    y = checkpoint(function, h)
    y.register_hook(lambda g: seen.append("output"))
    y.retain_grad()
    y.sum().backward()
    assert seen == ["output", "inside", "input", "parameter"] or seen == [
        "output",
        "inside",
        "parameter",
        "input",
    ]
    assert y.grad.tolist() == [[1, 1]]
    found = gradients(model)[0]
    (expected,) = lucid.autograd.grad(
        model(2 * x).sum(), model[0].weight
    )  # without a walk through the leaf's hook
    np.testing.assert_allclose(found, expected.numpy())


def test_backward_hooks_of_modules() -> None:
    seen: list[Any] = []
    model = mlp(2, 2)
    model[0].register_full_backward_hook(
        lambda m, inputs, outputs: seen.append((inputs[0].shape, outputs[0].shape))
    )
    checkpoint(model, Tensor(rows(3, 2).numpy(), requires_grad=True)).sum().backward()
    assert seen == [((3, 2), (3, 2))]


def test_several_passes() -> None:
    model = mlp(2, 2)
    y = checkpoint(model, rows(1, 2)).sum()
    y.backward(retain_graph=True)
    once = gradients(model)
    y.backward()
    same(gradients(model), once)
    with pytest.raises(GradientError, match="an earlier backward has freed"):
        y.backward()


# ----------------------------------------------------------------- the same as at first


@every_device
def test_the_same_is_dropped(device: str) -> None:
    if device != "cpu":
        pytest.importorskip("jax")
    drop = nn.Dropout(0.5)
    lucid.random.seed(3)
    x = lucid.ones(100, device=device, requires_grad=True)
    y = checkpoint(drop, x)
    after = lucid.random.default_generator().state_dict()
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), y.numpy())
    assert lucid.random.default_generator().state_dict() == after  # the pass backward drew nothing of its own


def test_the_same_is_drawn_from_any_generator() -> None:
    generator = lucid.random.Generator(1)
    x = lucid.ones(100, requires_grad=True)
    y = checkpoint(lambda x: nn.functional.dropout(x, 0.5, generator=generator), x)
    other = lucid.random.uniform(3, generator=generator)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), y.numpy())
    lucid.random.Generator(1).next_key()
    assert generator.state_dict()["counter"] == 2
    assert other.shape == (3,)


def test_other_numbers_may_be_drawn() -> None:
    x = lucid.ones(1000, requires_grad=True)
    y = checkpoint(nn.Dropout(0.5), x, preserve_rng_state=False)
    y.sum().backward()
    assert x.grad is not None
    assert (x.grad.numpy() != y.numpy()).any()


def test_running_statistics_move_once() -> None:
    found = []
    for call in (lambda f, x: f(x), checkpoint):
        lucid.random.seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=None), nn.Tanh())
        for _ in range(2):
            call(model, rows(5, 3).astype("float32")).sum().backward()
        found.append([b.numpy() for b in model.buffers()] + gradients(model))
    same(found[1], found[0])
    assert found[0][2] == 2


def test_buffers_are_read_as_they_were() -> None:
    """Those that the function itself changes, and is computed from: the vectors of a spectral norm."""
    found = []
    for call in (lambda f, x: f(x), checkpoint):
        lucid.random.seed(0)
        layer = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4))
        for _ in range(3):
            call(layer, rows(5, 3).astype("float32")).sum().backward()
        found.append([b.numpy() for b in layer.buffers()] + gradients(layer))
    same(found[1], found[0])


class Counter(nn.Module):
    """Writes to its buffer in each way that there is."""

    def __init__(self) -> None:
        self.count = nn.Buffer([0.0, 0.0])

    def forward(self, x: Any) -> Any:
        """Return ``x`` times what was counted."""
        self.count[0] = self.count[0] + 1
        self.count += 1
        self.count = self.count * 2
        return x * self.count.detach()


def test_every_way_to_write_to_a_buffer() -> None:
    counter, x = Counter(), lucid.ones(2, requires_grad=True)
    y = checkpoint(counter, x)
    assert counter.count.tolist() == [4, 2]
    counter(x)
    assert counter.count.tolist() == [12, 6]
    y.sum().backward()
    assert counter.count.tolist() == [12, 6]
    assert x.grad.tolist() == [4, 2]


def write_to_frozen(model: nn.Module) -> None:
    model[0].weight.copy_(model[0].weight * 2)


def write_to_buffer(model: nn.Module) -> None:
    model[2].running_mean += 1


def train(model: nn.Module) -> None:
    model[2].train()


def optimize(model: nn.Module) -> None:
    model[1].weight.grad = lucid.ones((2, 2))
    lucid.optim.SGD([model[1].weight], lr=0.1).step()


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (optimize, "1.weight"),
        (write_to_frozen, "0.weight"),
        (write_to_buffer, "2.running_mean"),
        (train, "2.training"),
    ],
)
def test_what_was_written_to_since_is_named(write: Callable[[Any], None], name: str) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.BatchNorm1d(2).eval())
    model[0].requires_grad_(False)
    y = checkpoint(model, lucid.ones((3, 2)))
    with lucid.no_grad():
        write(model)
    written = [p.numpy().copy() for p in model.parameters()]
    with pytest.raises(GradientError, match=f"checkpoint: {name} is not what it was"):
        y.sum().backward()
    same([p.numpy() for p in model.parameters()], written)
    model[2].eval()
    y = checkpoint(model.forward, lucid.ones((3, 2)))
    z = checkpoint(lambda x: model[1](x), lucid.ones((3, 2)))
    with lucid.no_grad():
        write(model)
    with pytest.raises(GradientError, match=name):
        y.sum().backward()
    if write is optimize:  # of other functions, what is learned is known
        with pytest.raises(GradientError, match=r"a Parameter of shape \(2, 2\) is not what"):
            z.sum().backward()


def test_what_is_tracked_only_since_is_no_input() -> None:
    model = mlp(2, 2)
    model.requires_grad_(False)
    x = Tensor(rows(1, 2).numpy(), requires_grad=True)
    y = checkpoint(model, x)
    model.requires_grad_()
    y.sum().backward()
    assert x.grad is not None
    assert model[0].weight.grad is None


def test_threads_that_draw_from_one_generator() -> None:
    turn = threading.Barrier(2, timeout=10)
    found: list[bool] = []

    def step() -> None:
        x = lucid.ones((8, 8), requires_grad=True)

        def function(x: Any) -> Any:
            x = nn.functional.dropout(x, 0.5)
            turn.wait()  # the other one has drawn once, at first and again
            return nn.functional.dropout(x, 0.5)

        y = checkpoint(function, x)
        y.sum().backward()
        assert x.grad is not None
        found.append(bool((x.grad.numpy() == y.numpy()).all()))

    lucid.random.seed(0)
    threads = [threading.Thread(target=step) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True, True]
    assert lucid.random.default_generator().state_dict()["counter"] == 4


def test_generators_are_left_alone_the_second_time() -> None:
    def function(x: Any) -> Any:
        lucid.random.seed(3)
        own = lucid.random.Generator(4).split(1)[0]
        return nn.functional.dropout(nn.functional.dropout(x, 0.5), 0.5, generator=own)

    x = lucid.ones(64, requires_grad=True)
    y = checkpoint(function, x)
    lucid.random.seed(5)
    lucid.random.rand(2)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), y.numpy())
    assert lucid.random.default_generator().state_dict() == {"seed": 5, "path": [], "counter": 1}


@pytest.mark.parametrize(("draws", "said"), [([1, 2], "more than 1 times"), ([2, 1], "1 times, at first 2")])
def test_other_draws_the_second_time(draws: list[int], said: str) -> None:
    times = iter(draws)
    x = lucid.ones(3, requires_grad=True)
    y = checkpoint(lambda x: sum(lucid.random.rand(3) * x for _ in range(next(times))), x)
    with pytest.raises(GradientError, match=said):
        y.sum().backward()


def test_lazy_layers_draw_their_parameters_once() -> None:
    results = []
    for call in (lambda f, x: f(x), checkpoint):
        lucid.random.seed(0)
        model = nn.Sequential(nn.LazyLinear(8), nn.Dropout(0.5), nn.LazyBatchNorm1d())
        call(model, rows(4, 3).astype("float32")).sum().backward()
        results.append([b.numpy() for b in model.buffers()] + gradients(model))
    same(results[1], results[0])


def test_a_buffer_that_another_thread_writes_to_meanwhile() -> None:
    counter = Counter()

    def function(x: Any) -> Any:
        y = counter(x)
        if counter.count.tolist() == [4, 2] and others:
            others[0].start()
            others[0].join()
        return y

    others: list[threading.Thread] = []
    y = checkpoint(function, lucid.ones(2, requires_grad=True))
    counter(lucid.ones(2))
    others.append(threading.Thread(target=lambda: counter.count.copy_(lucid.ones(2))))
    y.sum().backward()
    assert counter.count.tolist() == [1, 1]


def test_arguments_that_were_written_to_since() -> None:
    x = Tensor([2.0], requires_grad=True)
    h = x * 1

    def cube(a: Any) -> Any:
        a *= a  # the caller's Tensor is another value from here on
        return a * 3

    y = checkpoint(cube, h)
    assert h.tolist() == [4.0]
    h += 100
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [12.0]


def test_lazily_made_parameters_are_found() -> None:
    class Lazy(nn.Module):
        weight: Any = None

        def forward(self, x: Any) -> Any:
            if self.weight is None:
                self.weight = nn.Parameter([3.0])
            return self.weight * x

    lazy = Lazy()
    checkpoint(lazy, Tensor([2.0])).backward()
    assert lazy.weight.grad.tolist() == [2.0]


def test_a_function_that_computes_something_else() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    scale = x * 2
    sizes = iter([2, 1])
    y = checkpoint(lambda x: x[: next(sizes)] * 1, x)
    with pytest.raises(
        GradientError, match=r"returned \(1,\) float32 when .* again, and at first \(2,\) float32"
    ):
        y.sum().backward()
    y = checkpoint(lambda x: x * scale, x)
    scale += 1
    with pytest.raises(GradientError, match="used other tracked tensors than at first"):
        y.sum().backward()
    with pytest.raises(NameError):
        checkpoint(lambda x: nowhere, x)  # type: ignore[name-defined]  # noqa: F821
    assert lucid.grad_mode.state.journals == []


def test_bad_arguments() -> None:
    with pytest.raises(ArgumentTypeError, match="a function or a Module, got Tensor"):
        checkpoint(Tensor([1.0]), 1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="preserve_rng_state to be True or False, got 1"):
        checkpoint(abs, 1, preserve_rng_state=1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match=r"a Sequential or a list of functions, got Linear"):
        checkpoint_sequential(nn.Linear(2, 2), 1, lucid.ones(2))
    with pytest.raises(ArgumentTypeError, match=r"list of functions, got 3 in it"):
        checkpoint_sequential([abs, 3], 1, lucid.ones(2))
    with pytest.raises(ArgumentError, match=r"segments from 1 to 2 \(the functions\), got 3"):
        checkpoint_sequential([abs, abs], 3, 1)


@pytest.mark.parametrize("segments", [1, 2, 3, 7])
def test_sequential(segments: int) -> None:
    model = mlp(2, 3, 3, 2, 2)[:7]
    x = Tensor(rows(2, 2).numpy(), requires_grad=True)
    (model(x) ** 2).sum().backward()
    assert x.grad is not None
    expected, x.grad = [x.grad.numpy(), *gradients(model)], None
    (checkpoint_sequential(model, segments, x) ** 2).sum().backward()
    assert x.grad is not None
    same([x.grad.numpy(), *gradients(model)], expected)


# ----------------------------------------------------------------- memory


def peak(run: Callable[[], Any]) -> int:
    """Return the most bytes that ``run`` had allocated at a time."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_less_memory() -> None:
    """Of sixteen layers in four pieces: what passes between pieces, and one piece."""
    model = nn.Sequential(*(nn.Sequential(nn.Linear(32, 32, dtype="float64"), nn.Tanh()) for _ in range(16)))
    x = lucid.ones((1024, 32), dtype="float64")
    each = x.nbytes

    def step(call: Callable[[], Any]) -> None:
        call().sum().backward()

    step(lambda: model(x))
    plain = peak(lambda: step(lambda: model(x)))
    less = peak(lambda: step(lambda: checkpoint_sequential(model, 4, x)))
    assert plain > 16 * each
    assert less < 0.6 * plain
    assert less < 11 * each


def test_graphs_die_with_their_last_reference() -> None:
    """Also those of checkpoints, with the garbage collector off."""
    model = mlp(2, 2)
    x = Tensor(rows(1, 2).numpy(), requires_grad=True)
    gc.disable()
    try:
        h = x * 1
        gone = weakref.ref(h)
        y = checkpoint(model, h)
        del h
        assert gone() is None  # its array is held, the Tensor is not
        node = weakref.ref(model[0].weight)
        y.sum().backward()
        del y, model
        assert node() is None
    finally:
        gc.enable()


# ----------------------------------------------------------------- under other transformations


def test_under_vmap_and_its_derivatives() -> None:
    model = mlp(2, 3, 2)
    x = rows(4, 2)
    expected = lucid.func.vmap(lucid.func.jacobian(model))(x)
    found = lucid.func.vmap(lucid.func.jacobian(lambda z: checkpoint(model, z)))(x)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
    np.testing.assert_allclose(lucid.func.vmap(lambda z: checkpoint(model, z))(x).numpy(), model(x).numpy())
    hessian = lucid.func.hessian(lambda z: checkpoint(model, z).sum())(x[0])
    np.testing.assert_allclose(hessian.numpy(), lucid.func.hessian(lambda z: model(z).sum())(x[0]).numpy())


def test_in_autocast() -> None:
    """The second time products are as narrow as at first, though the pass backward stands outside."""
    model, found = nn.Sequential(nn.Linear(4, 4), nn.Tanh()), []
    x = rows(3, 4).astype("float32")
    for call in (lambda f, x: f(x), checkpoint):
        with lucid.amp.autocast("cpu"):
            y = call(model, x)
        y.sum().backward()
        found.append([y.numpy(), *gradients(model)])
    same(found[1], found[0])
