"""ParameterDict: every promise of its page. What it shares with ModuleDict is in test_containers_mapping."""

import copy
import inspect
import pickle
from collections.abc import Mapping
from typing import get_args

import pytest

import lucid
from lucid import Tensor, nn
from lucid.errors import ArgumentTypeError, MissingAttributeError, MissingForwardError, StateError


def params():
    return {"weight1": nn.Parameter([[1.0, 2.0], [3.0, 4.0]]), "bias1": nn.Parameter([1.0, 2.0])}


class Model(nn.Module):
    def __init__(self, parameters):
        super().__init__()
        self.param_dict = nn.ParameterDict(parameters)

    def forward(self, x):
        return x @ self.param_dict["weight1"] + self.param_dict["bias1"]


def test_the_example_of_the_page(capsys):
    # The form is the page's to the letter; its numbers were wrong, and these are the true ones.
    import lucid.nn as nn
    from lucid import Tensor

    # Define a custom neural network model using ParameterDict
    class CustomParameterModel(nn.Module):
        def __init__(self):
            super(CustomParameterModel, self).__init__()  # noqa: UP008
            # Initialize a dictionary of parameters
            params = {
                'weight1': nn.Parameter(Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)),
                'bias1': nn.Parameter(Tensor([1.0, 2.0], requires_grad=True)),
                'weight2': nn.Parameter(Tensor([[5.0, 6.0], [7.0, 8.0]], requires_grad=True)),
                'bias2': nn.Parameter(Tensor([3.0, 4.0], requires_grad=True))
            }  # fmt: skip
            self.param_dict = nn.ParameterDict(params)

        def forward(self, x):
            # Apply first linear transformation
            x = x @ self.param_dict['weight1'] + self.param_dict['bias1']  # fmt: skip
            x = nn.ReLU()(x)
            # Apply second linear transformation
            x = x @ self.param_dict['weight2'] + self.param_dict['bias2']  # fmt: skip
            return x

    # Initialize the model
    model = CustomParameterModel()

    # Define input tensor
    input_tensor = Tensor([[1.0, 2.0]], requires_grad=True)  # Shape: (1, 2)

    # Forward pass
    output = model(input_tensor)
    print(output)

    # Backpropagation
    output.sum().backward()
    print(input_tensor.grad)

    assert capsys.readouterr().out == "Tensor([[127.0, 148.0]], grad=None)\n[[41.0, 93.0]]\n"
    assert [name for name, _ in model.named_parameters()] == [
        "param_dict.weight1",
        "param_dict.bias1",
        "param_dict.weight2",
        "param_dict.bias2",
    ]
    # Each parameter has computed its own gradient.
    assert {key: p.grad.tolist() for key, p in model.param_dict.items()} == {
        "weight1": [[11.0, 15.0], [22.0, 30.0]],
        "bias1": [11.0, 15.0],
        "weight2": [[8.0, 8.0], [12.0, 12.0]],
        "bias2": [1.0, 1.0],
    }


def test_the_signature_is_that_of_the_page():
    (argument,) = inspect.signature(nn.ParameterDict).parameters.values()
    assert argument.name == "parameters"
    assert argument.default is None
    hints = inspect.get_annotations(nn.ParameterDict.__init__, eval_str=True)
    assert hints["return"] is None
    assert Mapping[str, nn.Parameter] in get_args(hints["parameters"])
    assert len(nn.ParameterDict(parameters=params())) == 2


def test_parameters_is_the_dictionary():
    pd = nn.ParameterDict(params())
    view = pd.parameters
    assert isinstance(view, Mapping)
    assert view["weight1"] is pd["weight1"]
    assert len(view) == 2
    assert dict(view) == dict(pd)
    assert list(reversed(view)) == ["bias1", "weight1"]
    assert "bias1" in view
    assert view.get("x") is None
    assert list(view.items())[1][1] is pd["bias1"]
    assert repr(view) == repr(dict(pd))
    with pytest.raises(KeyError, match="weight1"):
        view["weight2"]


def test_parameters_is_live_and_read_only():
    pd = nn.ParameterDict()
    view = pd.parameters
    pd.update(params())
    assert list(view) == ["weight1", "bias1"]
    with pytest.raises(TypeError):
        view["x"] = nn.Parameter([1.0])
    with pytest.raises(TypeError):
        del view["weight1"]
    with pytest.raises(AttributeError):
        pd.parameters = {}
    assert len(pd) == 2


def test_parameters_is_callable_as_in_every_module():
    pd = nn.ParameterDict(params())
    iterator = pd.parameters()
    assert next(iterator) is pd["weight1"]
    assert next(iterator) is pd["bias1"]
    assert list(pd.parameters(recurse=False)) == list(pd.values())
    pd.zero_grad()
    pd.requires_grad_(False)
    assert not any(p.requires_grad for p in pd.parameters())


def test_a_plain_tensor_is_refused_with_the_fix():
    with pytest.raises(
        ArgumentTypeError,
        match=r"ParameterDict\['w'\] must be a Parameter, got Tensor: write nn\.Parameter\(value\)",
    ):
        nn.ParameterDict({"w": Tensor([1.0], requires_grad=True)})


def test_it_has_no_forward():
    with pytest.raises(MissingForwardError, match="ParameterDict has no forward of its own"):
        nn.ParameterDict(params())(Tensor([1.0]))


def test_its_parameters_are_the_models():
    model = Model(params())
    assert list(model.parameters()) == list(model.param_dict.values())
    assert list(model.state_dict()) == ["param_dict.weight1", "param_dict.bias1"]
    model(lucid.ones((3, 2))).sum().backward()
    assert model.param_dict["bias1"].grad.tolist() == [3.0, 3.0]
    assert set(vars(model.param_dict)) == {"_entries"}


def test_order_is_that_of_insertion_everywhere():
    keys = ["z", "a", "m.n", "b"]
    pd = nn.ParameterDict({k: nn.Parameter([float(i)]) for i, k in enumerate(keys)})
    model = nn.ModuleList([pd])
    assert list(pd) == list(pd.parameters) == list(pd.copy()) == list(pd | {}) == keys
    assert list(copy.deepcopy(pd)) == list(pickle.loads(pickle.dumps(pd))) == keys
    state = model.state_dict()
    assert list(state) == ["0.z", "0.a", '0["m.n"]', "0.b"]
    other = copy.deepcopy(model)
    other.load_state_dict(dict(reversed(state.items())))
    assert list(other[0]) == keys
    assert [p.item() for p in other.parameters()] == [0.0, 1.0, 2.0, 3.0]
    pd["a"] = nn.Parameter([9.0])
    pd["new"] = nn.Parameter([9.0])
    assert list(pd) == [*keys, "new"]


def test_one_parameter_under_two_keys_is_one():
    p = nn.Parameter([1.0])
    pd = nn.ParameterDict({"a": p, "b": nn.Parameter([2.0]), "c": p})
    assert list(pd.parameters()) == [p, pd["b"]]
    assert [n for n, _ in pd.named_parameters()] == ["a", "b"]
    state = pd.state_dict()
    assert list(state) == ["a", "b", "c"]
    for twin in (copy.deepcopy(pd), pickle.loads(pickle.dumps(pd)), pd.copy()):
        assert twin["a"] is twin["c"]
        twin.load_state_dict(state)
        assert twin["a"] is twin["c"]
    with pytest.raises(StateError, match="a and c are one"):
        pd.load_state_dict({**state, "c": Tensor([5.0])})
    assert pd["a"].tolist() == [1.0]


def test_repr_has_a_line_for_each_entry():
    pd = nn.ParameterDict(params())
    pd["a.b"] = nn.Parameter(lucid.zeros((2, 0, 3), dtype=lucid.float64))
    pd["again"] = pd["bias1"]
    assert repr(pd) == (
        "ParameterDict(\n"
        "  (weight1): Parameter (2, 2), float32\n"
        "  (bias1): Parameter (2,), float32\n"
        '  (["a.b"]): Parameter (2, 0, 3), float64\n'
        "  (again): Parameter (2,), float32\n"
        ")"
    )
    assert repr(nn.ParameterDict()) == "ParameterDict()"
    assert repr(Model({})) == "Model(\n  (param_dict): ParameterDict()\n)"


def test_repr_shows_a_device_that_is_not_the_cpu():
    pytest.importorskip("jax")
    pd = nn.ParameterDict({"w": nn.Parameter([1.0])}).to("xla:cpu")
    assert repr(pd) == "ParameterDict(\n  (w): Parameter (1,), float32, xla:cpu\n)"


def test_writing_an_attribute_says_what_to_write():
    pd = nn.ParameterDict()
    with pytest.raises(MissingAttributeError, match=r'write pd\["scale"\] = \.\.\.'):
        pd.scale = nn.Parameter([1.0])
    assert not hasattr(pd, "scale")


def test_it_trains():
    model = Model(params())
    x, y = Tensor([[1.0, 2.0], [0.5, -1.0]]), Tensor([[1.0, 0.0], [0.0, 1.0]])
    losses = []
    for _ in range(100):
        loss = ((model(x) - y) ** 2).mean()
        model.zero_grad()
        loss.backward()
        with lucid.no_grad():
            for p in model.parameters():
                p -= 0.1 * p.grad
        losses.append(loss.item())
    assert losses[-1] < 1e-3 * losses[0]
