"""Modules: finding state wherever it sits, calling, moving, hooks, errors, and how they are shown."""

import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest

import lucid
from lucid import Tensor, nn
from lucid.errors import (
    ArgumentTypeError,
    DeviceError,
    DTypeError,
    GradientError,
    LucidError,
    MissingAttributeError,
    ShapeError,
)


class Affine(nn.Module):
    """scale * x + shift, without super().__init__()."""

    def __init__(self, scale=2.0, shift=1.0):
        self.scale = nn.Parameter([scale])
        self.shift = nn.Parameter([shift])

    def forward(self, x):
        return self.scale * x + self.shift

    def extra_repr(self):
        return "x -> ax + b"


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = nn.Buffer(0)
        self.scratch = nn.Buffer([0.0], persistent=False)

    def forward(self, x):
        self.steps += 1
        return x


class Chain(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Tree(nn.Module):
    """State in every place where state can be."""

    def __init__(self):
        self.name = "tree"
        self.first = nn.Parameter([1.0])
        self.branch = Affine()
        self.listed = [nn.Parameter([2.0]), [Affine()], 3, None]
        self.paired = (nn.Parameter([3.0]), "x")
        self.keyed = {"a.b": nn.Parameter([4.0]), 7: Affine(), "deep": {"er": [nn.Buffer([5.0])]}}
        self.last = nn.Parameter([6.0])


def names(pairs):
    return [name for name, _ in pairs]


# ----------------------------------------------------------------- finding


def test_parameters_are_found_wherever_they_sit_in_order():
    assert names(Tree().named_parameters()) == [
        "first",
        "branch.scale",
        "branch.shift",
        "listed.0",
        "listed.1.0.scale",
        "listed.1.0.shift",
        "paired.0",
        'keyed["a.b"]',
        "keyed[7].scale",
        "keyed[7].shift",
        "last",
    ]


def test_buffers_and_modules_are_found_too():
    tree = Tree()
    assert names(tree.named_buffers()) == ["keyed.deep.er.0"]
    assert names(tree.named_modules()) == ["", "branch", "listed.1.0", "keyed[7]"]
    assert names(tree.named_children()) == ["branch", "listed.1.0", "keyed[7]"]
    assert list(tree.children()) == [tree.branch, tree.listed[1][0], tree.keyed[7]]
    assert next(tree.modules()) is tree


def test_without_recursion_only_what_the_module_holds_itself():
    expected = ["first", "listed.0", "paired.0", 'keyed["a.b"]', "last"]
    assert names(Tree().named_parameters(recurse=False)) == expected
    assert len(list(Tree().parameters(recurse=False))) == 5
    assert names(Chain(Counter()).named_buffers(recurse=False)) == []


def test_a_prefix_goes_before_the_names():
    assert names(Affine().named_parameters("net")) == ["net.scale", "net.shift"]
    assert names(Chain(Affine()).named_modules("net")) == ["net", "net.layers.0"]
    assert names(Counter().named_buffers(prefix="c")) == ["c.steps", "c.scratch"]


def test_what_is_shared_is_listed_once_unless_asked_for():
    inner = Affine()
    model = Chain(inner, inner)
    model.tied = inner.scale
    assert names(model.named_parameters()) == ["layers.0.scale", "layers.0.shift"]
    assert names(model.named_modules()) == ["", "layers.0"]
    assert names(model.named_parameters(remove_duplicate=False)) == [
        "layers.0.scale",
        "layers.0.shift",
        "layers.1.scale",
        "layers.1.shift",
        "tied",
    ]
    assert names(model.named_modules(remove_duplicate=False)) == ["", "layers.0", "layers.1"]


def test_a_module_that_knows_its_parent_does_not_loop():
    parent, child = Chain(), Affine()
    parent.layers.append(child)
    child.parent = parent
    child.itself = child
    parent.layers.append(parent.layers)
    assert names(parent.named_parameters(remove_duplicate=False)) == ["layers.0.scale", "layers.0.shift"]
    assert names(child.named_parameters()) == ["scale", "shift"]
    assert list(parent.modules()) == [parent, child]
    assert "(parent): Chain" in repr(child)
    twin = copy.deepcopy(parent)
    assert twin.layers[0].parent is twin
    parent.eval().train().zero_grad()
    assert list(parent.state_dict()) == ["layers.0.scale", "layers.0.shift"]


def test_deep_nesting_needs_no_recursion():
    model = Affine()
    for _ in range(3000):
        model = Chain(model)
    assert len(list(model.parameters())) == 2
    assert len(list(model.modules())) == 3001


def test_a_model_may_be_changed_while_its_parts_are_listed():
    model = Chain(Affine(), Affine())
    for name, module in model.named_modules():
        module.path = name
    for i, child in enumerate(model.children()):
        model.layers[i] = Chain(child)
    assert names(model.named_parameters())[0] == "layers.0.layers.0.scale"


def test_deleted_attributes_are_gone():
    model = Affine()
    del model.shift
    assert names(model.named_parameters()) == ["scale"]


def test_a_plain_tensor_is_no_state():
    model = Affine()
    model.table = Tensor([1.0])
    model.tracked = Tensor([1.0], requires_grad=True)
    assert list(model.state_dict()) == ["scale", "shift"]
    assert len(list(model.parameters())) == 2


# ----------------------------------------------------------------- attributes


@pytest.mark.parametrize("value", [Tensor([1.0]), np.ones(1), 3.0, [1.0], "x"])
def test_a_parameter_is_not_written_over_by_mistake(value):
    model = Affine()
    with pytest.raises(ArgumentTypeError, match=r"nn\.Parameter\(value\)") as caught:
        model.scale = value
    assert isinstance(caught.value, TypeError)
    assert type(value).__name__ in str(caught.value)
    assert model.scale.tolist() == [2.0]


def test_a_parameter_gives_way_to_another_to_none_and_to_a_module():
    model = Affine()
    model.scale = nn.Parameter([5.0])
    assert model.scale.tolist() == [5.0]
    model.scale = None
    assert names(model.named_parameters()) == ["shift"]
    model.scale = nn.Parameter([5.0])
    model.scale = Affine()
    assert names(model.named_parameters()) == ["scale.scale", "scale.shift", "shift"]
    del model.shift
    model.shift = 3.0
    assert model.shift == 3.0


def test_a_tensor_becomes_the_new_value_of_a_buffer():
    model = Counter()
    steps, scratch = model.steps, model.scratch
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    model.scratch = 2 * x
    model.steps = np.array(7)
    assert model.steps is steps
    assert model.scratch is scratch
    assert repr(scratch) == "Buffer([[2.0, 4.0]])"
    assert not scratch.persistent
    assert not scratch.requires_grad
    assert steps.item() == 7
    assert steps.persistent


def test_a_buffer_is_written_in_place_or_replaced():
    model = Counter()
    model.steps += 1
    model.scratch = nn.Buffer([1.0])
    assert list(model.state_dict()) == ["steps", "scratch"]
    model.scratch = None
    assert list(model.state_dict()) == ["steps"]
    with pytest.raises(ArgumentTypeError, match=r"Tensor\(value\)"):
        model.steps = 3
    assert model.steps.item() == 1


@pytest.mark.parametrize("value", [nn.Parameter([1.0]), nn.Buffer(1), Affine()])
@pytest.mark.parametrize("name", ["parameters", "forward", "train", "to", "training"])
def test_state_does_not_hide_what_every_module_has(name, value):
    model = Affine()
    with pytest.raises(MissingAttributeError, match=f"such as {name}_"):
        setattr(model, name, value)
    assert len(list(model.parameters())) == 2


def test_a_missing_attribute_is_named_with_its_neighbour():
    with pytest.raises(AttributeError, match=r"Affine has no attribute 'scael' \(did you mean 'scale'\?\)"):
        _ = Affine().scael
    with pytest.raises(AttributeError, match="has no attribute '_private'"):
        _ = Affine()._private
    assert not hasattr(Affine(), "nothing")
    assert getattr(Affine(), "nothing", 3) == 3


def test_a_property_that_fails_says_why_itself():
    class Model(nn.Module):
        @property
        def width(self):
            return self.missing_part

    with pytest.raises(AttributeError, match="missing_part"):
        _ = Model().width


# ----------------------------------------------------------------- calling


def test_a_call_is_forward():
    class Model(nn.Module):
        def forward(self, x, y=1, *, z=0):
            return x, y, z

    assert Model()(1, z=3) == (1, 1, 3)


def test_a_module_without_forward_says_so():
    class Model(nn.Module):
        pass

    with pytest.raises(LucidError, match="Model has no forward: write `def forward"):
        Model()(1)


def test_state_of_the_instance_leaves_the_class_alone():
    one, other = Affine(), Affine()
    one.eval()
    one.register_forward_hook(lambda *_: None)
    assert other.training
    assert other._hooks is None
    assert nn.Module.training


# ----------------------------------------------------------------- errors on their way out


class Picky(nn.Module):
    def __init__(self, n):
        self.n = n

    def forward(self, x, scale=1):
        if x.shape[-1] != self.n:
            raise ShapeError(f"expects {self.n}")
        return x

    def extra_repr(self):
        return f"{self.n}"


def notes_of(model, *args, **kwargs):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        model(*args, **kwargs)
    return getattr(caught.value, "__notes__", [])


def test_the_innermost_module_is_named_from_the_outermost():
    x = lucid.zeros((2, 8))
    assert notes_of(Picky(9), x) == ["in Picky(9), input (2, 8)"]
    assert notes_of(Chain(Picky(8), Picky(9)), x) == ["in layers.1: Picky(9), input (2, 8)"]
    deep = Chain(Picky(8), Chain(Picky(8), Chain(Picky(9))))
    assert notes_of(deep, x) == ["in layers.1.layers.1.layers.0: Picky(9), input (2, 8)"]


def test_the_note_shows_all_inputs():
    x = lucid.zeros((2, 8))
    assert notes_of(Picky(9), x, scale=None) == ["in Picky(9), input (2, 8), scale=None"]
    assert notes_of(Picky(9), x, np.ones(3)) == ["in Picky(9), input (2, 8), (3,)"]
    assert notes_of(Picky(9), x, [x, 2]) == ["in Picky(9), input (2, 8), [(2, 8), 2]"]
    assert notes_of(Picky(9), "text") == ["in Picky(9), input str"]
    assert notes_of(Picky(9)) == ["in Picky(9)"]


def test_any_exception_gets_its_note_and_stays_itself():
    class Fails(nn.Module):
        def forward(self, x):
            return 1 / x

    with pytest.raises(ZeroDivisionError) as caught:
        Chain(Fails())(0)
    assert caught.value.__notes__ == ["in layers.0: Fails(), input 0"]


def test_a_module_made_in_forward_is_named_by_its_repr_alone():
    class Makes(nn.Module):
        def forward(self, x):
            return Picky(9)(x)

    assert notes_of(Chain(Makes()), lucid.zeros(3)) == ["in Picky(9), input (3,)"]


def test_an_exception_that_was_caught_inside_leaves_no_note():
    class Catches(nn.Module):
        def __init__(self):
            self.inner = Picky(9)

        def forward(self, x):
            try:
                return self.inner(x)
            except ShapeError:
                raise ValueError("other") from None

    assert notes_of(Chain(Catches()), lucid.zeros(3)) == ["in layers.0: Catches(...), input (3,)"]


def test_a_repr_that_fails_does_not_hide_the_error():
    class Half(nn.Module):
        def forward(self, x):
            raise ShapeError("the error")

        def extra_repr(self):
            return f"{self.not_set_yet}"

    with pytest.raises(ShapeError, match="the error"):
        Chain(Half())(1)


def test_the_exception_does_not_keep_the_model_alive():
    gc.disable()
    try:
        model = Chain(Picky(9))
        alive = weakref.ref(model)
        try:
            model(lucid.zeros(3))
        except ShapeError as error:
            kept = error.with_traceback(None)
        del model
        assert kept.__notes__
        assert alive() is None
    finally:
        gc.enable()


def test_an_exception_with_a_note_can_be_pickled():
    with pytest.raises(ShapeError) as caught:
        Chain(Picky(9))(lucid.zeros(3))
    assert pickle.loads(pickle.dumps(caught.value)).__notes__ == ["in layers.0: Picky(9), input (3,)"]


# ----------------------------------------------------------------- all of it at once


def test_train_and_eval_reach_everything():
    tree = Tree()
    assert all(m.training for m in tree.modules())
    assert tree.eval() is tree
    assert not any(m.training for m in tree.modules())
    tree.train()
    assert all(m.training for m in tree.modules())
    tree.train(False)
    assert not tree.branch.training
    with pytest.raises(ArgumentTypeError, match="True or False"):
        tree.train("yes")


def test_apply_calls_parts_before_the_whole_in_order_and_once():
    a, b = Affine(), Affine()
    model = Chain(a, Chain(b, a))
    seen = []
    assert model.apply(seen.append) is model
    assert seen == [a, b, model.layers[1], model]


def test_zero_grad_forgets_gradients():
    model = Chain(Affine(), Affine())
    model(Tensor([1.0])).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_requires_grad_freezes_and_thaws():
    model = Chain(Affine())
    model.codes = nn.Parameter([1, 2], requires_grad=False)
    assert model.requires_grad_(False) is model
    assert not model(Tensor([1.0])).requires_grad
    model.requires_grad_()
    assert [p.requires_grad for p in model.parameters()] == [True, True, False]


# ----------------------------------------------------------------- to


def test_to_casts_floats_and_keeps_the_parameters_that_they_are():
    model = Chain(Affine(), Counter())
    model(Tensor([1.0])).sum().backward()
    before = list(model.parameters())
    assert model.to(dtype=lucid.float64) is model
    assert list(map(id, model.parameters())) == list(map(id, before))
    for p in model.parameters():
        assert (p.dtype, p.grad.dtype) == (lucid.float64, lucid.float64)
    assert model.layers[1].steps.dtype == lucid.int64
    assert model.layers[1].scratch.dtype == lucid.float64
    model(lucid.ones(1, dtype=lucid.float64)).sum().backward()
    assert [p.grad.item() for p in model.parameters()] == [2.0, 2.0]


def test_to_moves_parameters_buffers_and_gradients():
    pytest.importorskip("jax")
    model = Chain(Affine(), Counter())
    model(Tensor([3.0])).sum().backward()
    model.to("xla:cpu")
    held = [*model.parameters(), *model.buffers()]
    assert {t.device for t in held} == {"xla:cpu"}
    assert {p.grad.device for p in model.parameters()} == {"xla:cpu"}
    assert "on" not in repr(model)
    model(Tensor([3.0], device="xla:cpu")).sum().backward()
    assert [p.grad.item() for p in model.parameters()] == [6.0, 2.0]
    model.to("cpu", lucid.float64)
    assert {(t.device, t.dtype.kind) for t in held} == {("cpu", "f"), ("cpu", "i")}


def test_to_keeps_shared_parameters_shared_and_hooks_in_place():
    model = Chain(Affine())
    model.tied = model.layers[0].scale
    model.tied.register_hook(lambda g: 10 * g)
    model.to(dtype="float64")
    assert model.tied is model.layers[0].scale
    model(lucid.ones(1, dtype=lucid.float64)).sum().backward()
    assert model.tied.grad.item() == 10.0


def test_to_that_fails_moves_nothing():
    model = Affine()
    with pytest.raises(DeviceError):
        model.to("moon", lucid.float64)
    with pytest.raises(DTypeError, match="int64"):
        model.to(dtype=lucid.int64)
    assert {p.dtype for p in model.parameters()} == {lucid.float32}
    assert model.to() is model


def test_complex_buffers_are_not_made_real():
    model = Affine()
    model.phase = nn.Buffer([1j])
    model.to(dtype=lucid.float64)
    assert model.phase.dtype == lucid.complex64


# ----------------------------------------------------------------- hooks


def test_forward_hooks_see_and_replace():
    model = Affine()
    seen = []
    remove_pre = model.register_forward_pre_hook(lambda m, args: seen.append(args) or (2 * args[0],))
    remove = model.register_forward_hook(
        lambda m, args, output: seen.append((m, args, output)) or 10 * output
    )
    x = Tensor([1.0])
    assert model(x).tolist() == [50.0]
    assert seen[0] == (x,)
    assert seen[1][0] is model
    assert seen[1][1][0].tolist() == [2.0]
    assert seen[1][2].tolist() == [5.0]
    remove_pre()
    assert model(x).tolist() == [30.0]
    remove()
    remove()
    assert model(x).tolist() == [3.0]
    assert "_hooks" not in vars(model)


def test_a_pre_hook_may_return_one_value():
    model = Affine()
    model.register_forward_pre_hook(lambda m, args: 5 * args[0])
    assert model(Tensor([1.0])).tolist() == [11.0]


def test_one_hook_registered_twice_runs_twice_and_is_removed_once():
    model, calls = Affine(), []

    def hook(module, args, output):
        calls.append(1)

    remove = model.register_forward_hook(hook)
    model.register_forward_hook(hook)
    model(Tensor([1.0]))
    remove()
    model(Tensor([1.0]))
    assert len(calls) == 3


def test_a_hook_may_remove_itself():
    model, calls = Affine(), []

    def once(module, args, output):
        calls.append(1)
        remove()

    remove = model.register_forward_hook(once)
    model(Tensor([1.0]))
    model(Tensor([1.0]))
    assert calls == [1]


def test_a_hook_is_a_function():
    with pytest.raises(ArgumentTypeError, match="function"):
        Affine().register_forward_hook(3)


def test_a_failing_hook_fails_the_call_with_a_note():
    model = Chain(Affine())
    model.layers[0].register_forward_hook(lambda *_: 1 / 0)
    assert notes_of(model, Tensor([1.0])) == ["in layers.0: Affine(x -> ax + b), input (1,)"]


def test_backward_hooks_see_the_gradients_of_this_call_alone():
    layer, seen = Affine(3.0), []
    layer.register_full_backward_hook(lambda m, inputs, outputs: seen.append((m, inputs, outputs)))
    x = Tensor([1.0], requires_grad=True)
    (2 * layer(x) + 100 * x).sum().backward()
    assert x.grad.tolist() == [106.0]
    ((module, inputs, outputs),) = seen
    assert module is layer
    assert [g.tolist() for g in inputs] == [[6.0]]
    assert [g.tolist() for g in outputs] == [[2.0]]


def test_backward_hooks_replace_the_gradients_of_the_inputs():
    layer = Affine(3.0)
    remove = layer.register_full_backward_hook(lambda m, inputs, outputs: (0 * inputs[0] + 7,))
    x = Tensor([1.0], requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [7.0]
    assert layer.scale.grad.tolist() == [1.0]
    remove()
    layer(x).sum().backward()
    assert x.grad.tolist() == [10.0]


def test_backward_hooks_wait_for_all_inputs_and_outputs():
    class Two(nn.Module):
        def forward(self, x, y, flag, z):
            return 2 * x + y, 3 * x

    layer, seen = Two(), []
    layer.register_full_backward_hook(lambda m, inputs, outputs: seen.append((inputs, outputs)))
    x, y, z = (Tensor([1.0], requires_grad=True) for _ in range(3))
    first, second = layer(x, y, True, z)
    (first + 10 * second).sum().backward()
    ((inputs, outputs),) = seen
    assert [g if g is None else g.item() for g in inputs] == [32.0, 1.0, None, 0.0]
    assert [g.item() for g in outputs] == [1.0, 10.0]


def test_backward_hooks_run_where_no_input_tracks_and_not_where_nothing_does():
    layer, seen = Affine(), []
    layer.register_full_backward_hook(lambda m, inputs, outputs: seen.append((inputs, outputs)))
    layer(Tensor([1.0])).sum().backward()
    ((inputs, outputs),) = seen
    assert inputs == (None,)
    assert outputs[0].tolist() == [1.0]
    with lucid.no_grad():
        assert not layer(Tensor([1.0])).requires_grad
    layer.requires_grad_(False)
    assert not layer(Tensor([1.0])).requires_grad
    assert len(seen) == 1


def test_backward_hooks_of_a_module_called_twice_run_for_each_call():
    layer, seen = Affine(3.0), []
    layer.register_full_backward_hook(lambda m, inputs, outputs: seen.append(outputs[0].item()))
    x = Tensor([1.0], requires_grad=True)
    layer(layer(x)).sum().backward()
    assert seen == [1.0, 3.0]
    assert x.grad.tolist() == [9.0]


def test_second_derivatives_go_through_backward_hooks():
    class Cube(nn.Module):
        def forward(self, x):
            return x**3

    layer = Cube()
    layer.register_full_backward_hook(lambda m, inputs, outputs: (2 * inputs[0],))
    x = Tensor([2.0], requires_grad=True)
    (first,) = lucid.autograd.grad(layer(x).sum(), x, create_graph=True)
    (second,) = lucid.autograd.grad(first.sum(), x)
    assert first.tolist() == [24.0]
    assert second.tolist() == [48.0]  # 2 * 6x by the rule, twice as much again by the hook


def test_bad_gradients_of_a_hook_are_named():
    layer = Affine()
    x = Tensor([1.0], requires_grad=True)
    for bad in ((), 3, (None,), (Tensor([1.0, 2.0]),), (Tensor([1.0], dtype=lucid.float64),)):
        remove = layer.register_full_backward_hook(lambda m, i, o, bad=bad: bad)
        with pytest.raises(GradientError, match="backward hook of Affine"):
            layer(x).sum().backward()
        assert x.grad is None
        remove()


def test_backward_hooks_need_tensors_out():
    class Text(nn.Module):
        def forward(self, x):
            return {"x": x}

    layer = Text()
    layer.register_full_backward_hook(lambda *_: None)
    with pytest.raises(GradientError, match="returned dict"):
        layer(Tensor([1.0], requires_grad=True))


# ----------------------------------------------------------------- copies


def test_a_copy_shares_and_a_deep_copy_does_not():
    model = Chain(Affine())
    model.tied = model.layers[0].scale
    shallow, deep, pickled = copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    assert shallow.tied is model.tied
    for twin in (deep, pickled):
        assert type(twin) is Chain
        assert twin.tied is twin.layers[0].scale
        assert twin.tied is not model.tied
        assert names(twin.named_parameters()) == names(model.named_parameters())
    shallow.extra = nn.Parameter([1.0])
    assert not hasattr(model, "extra")


def test_hooks_of_a_copy_are_its_own():
    model, calls = Affine(), []
    model.register_forward_hook(lambda m, a, o: calls.append(m))
    twin = copy.copy(model)
    remove = twin.register_forward_hook(lambda m, a, o: calls.append("twin"))
    model(Tensor([1.0]))
    assert calls == [model]
    twin(Tensor([1.0]))
    assert calls == [model, twin, "twin"]
    remove()


# ----------------------------------------------------------------- how it is shown


def test_repr_is_nested():
    model = Chain(Affine(), Chain(Affine(), Counter()))
    assert repr(Affine()) == "Affine(x -> ax + b)"
    assert repr(model) == (
        "Chain(\n"
        "  (layers.0): Affine(x -> ax + b)\n"
        "  (layers.1): Chain(\n"
        "    (layers.0): Affine(x -> ax + b)\n"
        "    (layers.1): Counter()\n"
        "  )\n"
        ")"
    )


def test_repr_has_what_extra_repr_says_above_the_parts():
    class Block(nn.Module):
        def __init__(self):
            self.inner = Affine()

        def extra_repr(self):
            return "depth=1"

    assert repr(Block()) == "Block(\n  depth=1\n  (inner): Affine(x -> ax + b)\n)"


# ----------------------------------------------------------------- memory and threads


def test_a_model_and_its_graph_are_freed_by_reference_counting_alone():
    gc.disable()
    try:
        model = Chain(Affine(), Affine())
        for layer in model.layers:
            layer.register_full_backward_hook(lambda m, i, o: None)
        loss = model(Tensor([1.0])).sum()
        model.kept = loss  # a model that stores what it computed
        loss.backward(retain_graph=True)
        alive = [weakref.ref(model), *map(weakref.ref, model.parameters()), weakref.ref(loss)]
        del model, loss, layer
        assert [ref() for ref in alive] == [None] * len(alive)
    finally:
        gc.enable()


def test_two_threads_train_two_models():
    results = {}

    def train(seed):
        model = Chain(Affine(seed), Affine(seed))
        for _ in range(50):
            model.zero_grad()
            model(Tensor([0.5])).sum().backward()
            with lucid.no_grad():
                for p in model.parameters():
                    p -= 0.01 * p.grad
        results[seed] = [p.item() for p in model.parameters()]

    alone = {}
    for seed in (1.0, 2.0):
        train(seed)
        alone[seed] = results.pop(seed)
    threads = [threading.Thread(target=train, args=(seed,)) for seed in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == alone


def test_zero_grad_may_keep_the_gradients_that_are_there() -> None:
    model = nn.Linear(2, 1)
    model.weight.grad = lucid.ones((1, 2))
    model.zero_grad(set_to_none=False)
    assert model.weight.grad is not None
    assert model.weight.grad.tolist() == [[0.0, 0.0]]
    assert model.bias.grad is None
    model.zero_grad()
    assert model.weight.grad is None
