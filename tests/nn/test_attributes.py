"""State that a module could not find is refused where it is assigned."""

import pytest

from lucid import Tensor, nn
from lucid.errors import ArgumentTypeError, MissingAttributeError

CONTAINERS = [nn.ParameterDict, nn.ParameterList, nn.ModuleDict, nn.ModuleList, nn.Sequential]


def nested(state):
    loop = [1]
    loop.append(loop)
    return [
        {"a": [state]},
        [[state]],
        ((1, {"b": (state,)}),),
        [loop, {"c": state}],
        {"a": {"b": {"c": state}}},
        {state},
        [frozenset([state])],
    ]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("i", range(7))
def test_a_container_takes_no_state_in_its_attributes_at_any_depth(container, i):
    for state in (nn.Parameter([1.0]), nn.Buffer([1.0]), nn.Tanh()):
        owner = container()
        with pytest.raises(MissingAttributeError, match=f"holds no {type(state).__name__}"):
            owner.extra = nested(state)[i]
        assert "extra" not in vars(owner)
    owner.extra = nested(Tensor([1.0]))[i]  # a plain value


@pytest.mark.parametrize("i", [5, 6])
@pytest.mark.parametrize("make", [lambda: nn.Parameter([1.0]), lambda: nn.Buffer([1.0]), nn.Tanh])
def test_sets_cannot_hold_state(make, i):
    module, state = nn.Module(), make()
    with pytest.raises(ArgumentTypeError, match=r"Module.s: .* in a set .* write a list"):
        module.s = {"deep": nested(state)[i]}
    assert "s" not in vars(module)
    module.s = {"a", "b"}
    assert module.s == {"a", "b"}


@pytest.mark.parametrize("i", range(7))
def test_names_that_every_module_has_hold_no_state(i):
    module = nn.Module()
    for name in ("parameters", "forward", "training"):
        with pytest.raises(MissingAttributeError, match=f"Choose another name, such as {name}_"):
            setattr(module, name, nested(nn.Parameter([1.0]))[i])
    assert list(module.parameters()) == []


@pytest.mark.parametrize("make", [lambda: nn.Parameter([1.0]), lambda: nn.Buffer([1.0]), nn.Tanh])
@pytest.mark.parametrize("wrapped", [False, True])
def test_classes_cannot_hold_state(make, wrapped):
    state = make()
    with pytest.raises(MissingAttributeError, match=r"class M: w holds a \w+ .* self.w = \.\.\. in __init__"):
        type("M", (nn.Module,), {"w": [state] if wrapped else state})
    type("M", (nn.Module,), {"w": Tensor([1.0]), "sizes": [1, 2], "layer": nn.Linear})
