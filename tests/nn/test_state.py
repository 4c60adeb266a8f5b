"""State dicts: what is in them, and that loading checks everything before it changes anything."""

import copy

import numpy as np
import pytest

import lucid
from lucid import Tensor, nn
from lucid.errors import ArgumentTypeError, StateError


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter([1.0, 2.0])
        self.mean = nn.Buffer([0.0, 0.5])
        self.scratch = nn.Buffer([9.0], persistent=False)
        self.steps = nn.Buffer(3)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 3)
        self.norms = [Norm()]


def values(module):
    return {name: tensor.tolist() for name, tensor in module.state_dict().items()}


def other_state(module):
    """Values of the right names and shapes, and different from those in ``module``."""
    return {name: tensor + 1 for name, tensor in module.state_dict().items()}


def refused(module, state, **options):
    """Load a state that does not fit; return the error's text. Nothing may have changed."""
    before, held = values(module), [id(t._array) for t in [*module.parameters(), *module.buffers()]]
    with pytest.raises(StateError) as caught:
        module.load_state_dict(state, **options)
    assert values(module) == before
    assert [id(t._array) for t in [*module.parameters(), *module.buffers()]] == held
    return str(caught.value)


# ----------------------------------------------------------------- what is in it


def test_it_holds_parameters_and_persistent_buffers_in_order():
    state = Model().state_dict()
    assert list(state) == ["fc.weight", "fc.bias", "norms.0.weight", "norms.0.mean", "norms.0.steps"]
    assert {type(t) for t in state.values()} == {Tensor}
    assert not any(t.requires_grad for t in state.values())


def test_it_is_a_snapshot():
    model = Model()
    state = model.state_dict()
    before = {name: t.tolist() for name, t in state.items()}
    with lucid.no_grad():
        for p in model.parameters():
            p += 1
            p[0] = 7.0
    model.norms[0].steps += 1
    assert {name: t.tolist() for name, t in state.items()} == before
    model.load_state_dict(state)
    assert values(model) == before
    with lucid.no_grad():
        state["fc.weight"][0] = 100.0
    assert values(model) == before


# ----------------------------------------------------------------- loading what fits


def test_values_go_into_the_parameters_that_are_there():
    model, twin = Model(), Model()
    held = [id(p) for p in model.parameters()]
    result = model.load_state_dict(twin.state_dict())
    assert values(model) == values(twin)
    assert [id(p) for p in model.parameters()] == held
    assert all(p.requires_grad and p.is_leaf for p in model.parameters())
    assert result == ((), ())


def test_gradients_and_graphs_go_on_after_loading():
    model = nn.Linear(2, 1)
    loss = model(lucid.ones((1, 2))).sum()
    model.load_state_dict(other_state(model))
    loss.backward()
    assert model.weight.grad.tolist() == [[1.0, 1.0]]


def test_numpy_arrays_are_taken_and_copied():
    model = Model()
    state = {name: t.numpy().copy() for name, t in other_state(model).items()}
    model.load_state_dict(state)
    before = values(model)
    for array in state.values():
        array[...] = 0
    assert values(model) == before


def test_floats_are_cast_to_the_dtype_that_is_there():
    model = nn.Linear(2, 1)
    state = {n: (t + 0.25).astype(lucid.float64) for n, t in model.state_dict().items()}
    model.load_state_dict(state)
    assert model.weight.dtype == lucid.float32
    model.load_state_dict({n: t.astype(lucid.float16) for n, t in state.items()})
    assert model.weight.dtype == lucid.float32


def test_values_go_to_the_device_that_is_there():
    jnp = pytest.importorskip("jax.numpy")
    model = nn.Linear(2, 1)
    model.load_state_dict({n: t.to("xla:cpu") for n, t in other_state(model).items()})
    assert model.weight.device == "cpu"
    model.to("xla:cpu")
    model.load_state_dict({"weight": np.ones((1, 2)), "bias": jnp.zeros(1)})
    assert model.weight.device == "xla:cpu"
    assert model.weight.tolist() == [[1.0, 1.0]]


def test_nan_and_infinity_are_values():
    model = nn.ParameterDict({"a": nn.Parameter([0.0, 0.0])})
    model["b"] = model["a"]
    bad = Tensor([float("nan"), float("inf")])
    model.load_state_dict({"a": bad, "b": bad.copy()})
    assert str(model["a"].tolist()) == "[nan, inf]"


def test_empty_and_zero_dimensional_values():
    model = nn.ParameterDict({"none": nn.Parameter(lucid.zeros((0, 3))), "one": nn.Parameter(1.0)})
    model.load_state_dict({"none": lucid.ones((0, 3)), "one": Tensor(2.0)})
    assert model["one"].item() == 2.0
    assert "one: expected (), got (1,)" in refused(model, {"none": lucid.ones((0, 3)), "one": Tensor([2.0])})
    assert nn.Module().load_state_dict({}) == ((), ())


# ----------------------------------------------------------------- what does not fit


def test_all_that_is_wrong_is_listed_together():
    model = Model()
    state = other_state(model)
    state["fc.wieght"] = state.pop("fc.weight")
    state["fc.bias"] = lucid.zeros((4,))
    state["norms.0.mean"] = [0.0, 0.0]
    state["norms.0.steps"] = Tensor(1.5)
    state["extra"] = Tensor([1.0])
    assert refused(model, state) == (
        "the state does not fit this Model:\n"
        "  missing:\n"
        "    fc.weight (did you mean 'fc.wieght'?)\n"
        "  unexpected:\n"
        "    fc.wieght (did you mean 'fc.weight'?)\n"
        "    extra\n"
        "  wrong kind:\n"
        "    norms.0.mean: expected a Tensor or an array, got list\n"
        "    norms.0.steps: expected integers (int64), got float32\n"
        "  wrong shape:\n"
        "    fc.bias: expected (3,), got (4,)"
    )


def test_each_problem_alone_is_an_error():
    model = Model()
    good = other_state(model)
    for name in good:
        assert f"missing:\n    {name}" in refused(model, {k: v for k, v in good.items() if k != name})
        assert "wrong shape" in refused(model, {**good, name: lucid.zeros((7, 7), dtype=good[name].dtype)})
        assert "got NoneType" in refused(model, {**good, name: None})
    assert "unexpected:\n    x" in refused(model, {**good, "x": Tensor(1.0)})
    assert "unexpected:\n    3" in refused(model, {**good, 3: Tensor(1.0)})


@pytest.mark.parametrize(
    ("there", "given", "fits"),
    [
        ("float32", "float64", True),
        ("float32", "int64", False),
        ("float32", "bool", False),
        ("float32", "complex64", False),
        ("complex64", "float32", False),
        ("complex64", "complex128", True),
        ("int64", "int32", True),
        ("int32", "int64", False),
        ("int64", "float32", False),
        ("int64", "bool", False),
        ("bool", "int64", False),
    ],
)
def test_which_dtypes_fit(there, given, fits):
    model = nn.ParameterList([nn.Parameter(lucid.zeros(2, dtype=there), requires_grad=False)])
    state = {"0": np.ones(2, given)}
    if fits:
        model.load_state_dict(state)
        assert model[0].dtype == there
        assert model[0].tolist() == [1, 1]
    else:
        assert given in refused(model, state)
        assert given in refused(model, state, strict=False)


def test_text_is_no_value():
    model = nn.ParameterList([nn.Parameter([1.0])])
    assert "wrong kind" in refused(model, {"0": np.array(["x"])})


def test_not_strict_passes_over_names_and_nothing_else():
    model = Model()
    state = other_state(model)
    wanted = state["fc.bias"].tolist()
    partial = {"fc.bias": state["fc.bias"], "x": Tensor(1.0)}
    result = model.load_state_dict(partial, strict=False)
    assert result.missing == ("fc.weight", "norms.0.weight", "norms.0.mean", "norms.0.steps")
    assert result.unexpected == ("x",)
    assert model.fc.bias.tolist() == wanted
    text = refused(model, {"fc.bias": lucid.zeros(9), "x": Tensor(1.0)}, strict=False)
    assert "wrong shape" in text
    assert "unexpected" not in text


def test_a_transient_buffer_is_not_expected():
    model = Norm()
    assert "unexpected:\n    scratch" in refused(model, {**model.state_dict(), "scratch": Tensor([1.0])})


@pytest.mark.parametrize("state", [None, [("weight", 1)], Tensor([1.0]), nn.Linear(1, 1)])
def test_a_state_is_a_mapping(state):
    with pytest.raises(ArgumentTypeError, match=type(state).__name__):
        nn.Linear(1, 1).load_state_dict(state)


def test_two_values_for_one_parameter_are_an_error():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    state = model.state_dict()
    assert list(state) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    text = refused(model, {**state, "1.weight": state["1.weight"] + 1})
    assert "two values for one Parameter:\n    0.weight and 1.weight are one" in text
    model.load_state_dict({**state, "1.weight": state["1.weight"].numpy().copy()})
    assert copy.deepcopy(model)[0].weight.tolist() == model[1].weight.tolist()
    assert "missing:\n    1.weight" in refused(model, {k: v for k, v in state.items() if k != "1.weight"})


def test_of_thousands_of_wrong_names_the_first_are_shown():
    model = nn.ParameterList([nn.Parameter([0.0]) for _ in range(2000)])
    text = refused(model, {f"x{i}": Tensor([0.0]) for i in range(2000)})
    assert text.count("and 1980 more") == 2
    assert len(text.splitlines()) < 60


def test_a_computed_parameter_is_a_leaf_again():
    model = nn.ParameterDict({"w": nn.Parameter([1.0])})
    w = model["w"]
    w *= 2  # recorded: now it is computed
    assert not w.is_leaf
    model.load_state_dict({"w": Tensor([5.0])})
    (3 * w).sum().backward()
    assert w.is_leaf
    assert w.grad.tolist() == [3.0]
