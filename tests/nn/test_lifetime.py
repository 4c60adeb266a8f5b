"""Graphs and modules after the forward pass: who frees what, and whose gradient goes where."""

import gc
import weakref

import pytest

import lucid
from lucid import Tensor, nn


class Keeping(nn.Module):
    """x * w, twice, as two outputs."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter([2.0])

    def forward(self, x):
        return x * self.w, x * x * self.w


@pytest.fixture
def no_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def hooked():
    module, seen = Keeping(), []
    module.register_full_backward_hook(lambda m, inputs, outputs: seen.append([len(inputs), len(outputs)]))
    return module, seen


@pytest.mark.usefixtures("no_gc")
@pytest.mark.parametrize("tracked", [True, False])
def test_the_outputs_of_a_hooked_module_are_freed_at_once(tracked):
    module, _ = hooked()
    y, z = module(Tensor([1.0], requires_grad=tracked))
    held = [weakref.ref(y), weakref.ref(z)]
    del y, z
    assert [ref() for ref in held] == [None, None]


@pytest.mark.usefixtures("no_gc")
@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("tracked", [True, False])
def test_so_are_they_after_a_backward_pass(create, tracked):
    module, seen = hooked()
    y, z = module(Tensor([1.0], requires_grad=tracked))
    loss = (y * z * y).sum()
    loss.backward(create_graph=create)
    assert seen == [[1, 2]]
    held = [weakref.ref(t) for t in (y, z, loss)]
    module.zero_grad()
    del y, z, loss
    assert [ref() for ref in held] == [None] * 3


@pytest.mark.usefixtures("no_gc")
def test_the_gradients_that_hooks_saw_are_freed_with_the_graph():
    module, refs = Keeping(), []
    module.register_full_backward_hook(lambda m, i, o: refs.extend(map(weakref.ref, (*i, *o))))
    x = Tensor([1.0], requires_grad=True)
    y, z = module(x)
    loss = (y * z * y).sum()
    (g,) = lucid.autograd.grad(loss, x, create_graph=True)
    del loss, y, z, g
    assert len(refs) == 3
    assert [ref() for ref in refs] == [None] * 3


def test_a_hook_sees_no_gradients_of_an_earlier_pass():
    module, seen = Keeping(), []
    module.register_full_backward_hook(lambda m, i, o: seen.append(o))
    inside = []
    module.forward = lambda x: inside.append(x * 3) or (x * module.w, x * module.w)
    y, _ = module(Tensor([1.0], requires_grad=True))
    y.sum().backward(retain_graph=True)
    inside[0].sum().backward()  # passes the inputs and not the outputs
    assert seen[0][0].tolist() == [1.0]
    assert seen[1] == (None, None)


@pytest.mark.parametrize("twice", [False, True])
def test_a_graph_from_before_a_cast_leaves_the_parameter_alone(twice):
    layer = nn.Linear(2, 1)
    before = layer(lucid.ones((1, 2))).sum()
    layer.to(dtype="float64")
    if twice:
        layer.to(dtype="float32")
    before.backward()
    assert [p.grad for p in layer.parameters()] == [None, None]
    layer(lucid.ones((1, 2))).sum().backward()
    assert all(p.grad.dtype == p.dtype for p in layer.parameters())
