"""Sequential: calling one after the other, and names beside the positions."""

import copy
import pickle
from collections import OrderedDict

import pytest

import lucid
from lucid import Tensor, nn
from lucid.errors import ArgumentError, ArgumentTypeError, MissingKeyError, ShapeError


def keys(model):
    return [name for name, _ in model.named_children()]


def named():
    return nn.Sequential(OrderedDict(hidden=nn.Linear(4, 3), act=nn.ReLU(), out=nn.Linear(3, 2)))


def test_it_calls_one_after_the_other():
    class Add(nn.Module):
        def __init__(self, n):
            self.n = n

        def forward(self, x):
            return [*x, self.n]

    assert nn.Sequential(Add(1), Add(2), Add(3))([]) == [1, 2, 3]
    x = Tensor([1.0])
    assert nn.Sequential()(x) is x


def test_gradients_flow_through():
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    model(lucid.ones((5, 4))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_an_error_names_the_layer():
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(nn.Linear(4, 8), nn.Linear(9, 1))(lucid.zeros((2, 4)))
    assert caught.value.__notes__ == ["in 1: Linear(9 -> 1), input (2, 8)"]


def test_of_a_dict_the_names_are_kept():
    for make in (OrderedDict, dict, nn.ModuleDict):
        model = nn.Sequential(make({"hidden": nn.Linear(4, 3), "out": nn.Linear(3, 2)}))
        assert keys(model) == ["hidden", "out"]
        assert next(iter(model.state_dict())) == "hidden.weight"
        assert model(lucid.zeros((1, 4))).shape == (1, 2)
    assert repr(named()).startswith("Sequential(\n  (hidden): Linear(4 -> 3)\n  (act): ReLU()")


def test_a_name_is_an_index():
    model = named()
    assert model["hidden"] is model[0]
    assert model["out"] is model[2]
    model["act"] = nn.Tanh()
    assert isinstance(model[1], nn.Tanh)
    assert keys(model) == ["hidden", "act", "out"]
    del model["act"]
    assert keys(model) == ["hidden", "out"]
    assert isinstance(model.pop("out"), nn.Linear)
    assert nn.Sequential(nn.ReLU())["0"] is not None
    with pytest.raises(MissingKeyError, match="did you mean 'hidden'"):
        model["hiden"]


def test_names_go_with_their_modules():
    model = named()
    assert keys(model[1:]) == ["act", "out"]
    assert keys(model[::-1]) == ["out", "act", "hidden"]
    model.reverse()
    assert keys(model) == ["out", "act", "hidden"]
    model.insert(1, nn.Identity())
    assert keys(model) == ["out", "1", "act", "hidden"]
    model.append(nn.Identity())
    assert keys(model) == ["out", "1", "act", "hidden", "4"]
    model[0] = nn.Identity()
    assert keys(model) == ["out", "1", "act", "hidden", "4"]
    model[1:3] = [nn.Identity(), nn.Identity(), nn.Identity()]
    assert keys(model) == ["out", "1", "2", "3", "hidden", "5"]
    model[::2] = [nn.Identity(), nn.Identity(), nn.Identity()]
    assert keys(model) == ["0", "1", "2", "3", "4", "5"]
    del model[1:]
    assert len(model) == len(keys(model)) == 1


def test_names_survive_copies():
    model = named()
    for twin in (model.copy(), copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert keys(twin) == ["hidden", "act", "out"]
        twin.pop()
        assert keys(model) == ["hidden", "act", "out"]
    assert keys(model + [nn.Identity()]) == ["hidden", "act", "out", "3"]
    assert keys([nn.Identity()] + model) == ["0", "hidden", "act", "out"]


def test_a_failed_write_leaves_names_and_modules():
    model = named()
    for attempt in (
        lambda: model.__setitem__(slice(0, 1), [nn.Identity(), None]),
        lambda: model.__setitem__(slice(None, None, 2), [nn.Identity()]),
        lambda: model.__delitem__("other"),
        lambda: model.insert(0, None),
    ):
        with pytest.raises((TypeError, ValueError, KeyError)):
            attempt()
        assert keys(model) == ["hidden", "act", "out"]


def test_names_that_could_be_mistaken_for_positions_are_refused():
    assert keys(nn.Sequential({"0": nn.ReLU(), "a": nn.ReLU(), "2": nn.ReLU()})) == ["0", "a", "2"]
    for bad in ({"1": nn.ReLU()}, {"a": nn.ReLU(), "0": nn.ReLU()}, {"": nn.ReLU()}):
        with pytest.raises(ArgumentError, match="a name in a Sequential"):
            nn.Sequential(bad)
    with pytest.raises(ArgumentTypeError, match="strings"):
        nn.Sequential({0: nn.ReLU()})
    model = nn.Sequential({"a.b": nn.Linear(1, 1, bias=False)})
    assert list(model.state_dict()) == ['["a.b"].weight']


def test_a_list_is_to_be_unpacked():
    with pytest.raises(ArgumentTypeError, match=r"Sequential\(\*modules\)"):
        nn.Sequential([nn.ReLU(), nn.ReLU()])


def test_a_subclass_with_a_constructor_of_its_own():
    class Block(nn.Sequential):
        def __init__(self, width):
            super().__init__(nn.Linear(width, width), nn.ReLU())
            self.width = width

    block = Block(3)
    assert type(block[:1]) is Block
    assert copy.deepcopy(block)(lucid.zeros((1, 3))).shape == (1, 3)
