"""summary: the table, and that the model is afterwards what it was before."""

import pytest

import lucid
from lucid import Tensor, nn
from lucid.errors import ArgumentTypeError, ShapeError


class Counting(nn.Module):
    def __init__(self):
        self.steps = nn.Buffer(0)
        self.seen = []

    def forward(self, x):
        self.steps += 1
        self.seen.append((self.training, lucid.autograd.is_recording()))
        return x


def model():
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))


def test_the_table():
    table = model().summary((8, 4))
    assert str(table) == (
        "Name    Module                      Output  Parameters\n"
        "------------------------------------------------------\n"
        "(self)  Sequential(...)             (8, 2)           0\n"
        "0       Linear(4 -> 3)              (8, 3)          15\n"
        "1       ReLU()                      (8, 3)           0\n"
        "2       Linear(3 -> 2, bias=False)  (8, 2)           6\n"
        "------------------------------------------------------\n"
        "21 parameters, 21 of them trained; 84 bytes"
    )
    assert repr(table) == str(table)
    assert isinstance(table, str)
    assert table.parameters == 21
    assert table.rows[1] == ("0", "Linear(4 -> 3)", "(8, 3)", 15)


def test_without_inputs_there_are_no_outputs():
    table = model().summary()
    assert "Output" not in table
    assert [row.output for row in table.rows] == ["-"] * 4
    assert table.parameters == 21


def test_inputs_may_be_tensors_arrays_shapes_and_keywords():
    class Two(nn.Module):
        def forward(self, x, y, *, flip=False):
            return {"x": x, "both": (y, x)} if flip else 3

    assert Two().summary((2, 3), Tensor([1.0]), flip=True).rows[0].output == "x: (2, 3), both: (1,), (2, 3)"
    assert Two().summary([2, 3], Tensor([1]).numpy()).rows[0].output == "int"
    assert nn.Embedding(5, 2).summary(Tensor([1, 2, 3])).rows[0].output == "(3, 2)"
    assert model().to(dtype=lucid.float64).summary((1, 4)).rows[0].output == "(1, 2)"


def test_what_is_shared_or_frozen_is_counted_rightly():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, shared, nn.Linear(2, 2))
    net[2].weight = shared.weight
    net[2].bias.requires_grad_(False)
    table = net.summary((1, 2))
    assert [row.name for row in table.rows] == ["(self)", "0", "2"]
    assert [row.parameters for row in table.rows] == [0, 6, 2]
    assert table.endswith("8 parameters, 6 of them trained; 32 bytes")


def test_big_numbers_are_grouped():
    table = nn.ParameterList([nn.Parameter(lucid.zeros((1000, 500)))]).summary()
    assert table.rows[0].parameters == 500_000
    assert "500,000" in table
    assert table.endswith("; 2 MB")


def test_a_part_that_is_not_called_has_no_output():
    class Holder(nn.Module):
        def __init__(self):
            self.params = nn.ParameterDict({"w": nn.Parameter([1.0])})

        def forward(self, x):
            return x * self.params["w"]

    assert [row.output for row in Holder().summary((2, 1)).rows] == ["(2, 1)", "-"]


def test_the_model_is_left_as_it_was():
    net = nn.Sequential(Counting(), nn.Dropout(), Counting())
    net[1].eval()
    hooked = []
    net[0].register_forward_hook(lambda *_: hooked.append(1))
    before = [dict(vars(m)) for m in net.modules()]
    steps = [m.steps for m in (net[0], net[2])]
    net.summary((2, 2))
    assert [dict(vars(m)) for m in net.modules()] == before
    assert [s.item() for s in steps] == [0, 0]
    assert net[0].seen == net[2].seen == [(False, False)]
    assert [m.training for m in net.modules()] == [True, True, False, True]
    net(lucid.zeros((1, 1)))
    assert hooked == [1, 1]
    assert lucid.autograd.is_recording()


def test_parameters_that_a_call_writes_to_are_left_too():
    table = nn.Embedding(3, 2, max_norm=0.1)
    before, node = table.weight.numpy().copy(), table.weight._node
    table.summary(Tensor([0, 1]))
    assert (table.weight.numpy() == before).all()
    assert table.weight._node is node
    assert table.weight.is_leaf


def test_a_failing_model_is_left_as_it_was_too():
    net = nn.Sequential(Counting(), nn.Linear(4, 3))
    with pytest.raises(ShapeError) as caught:
        net.summary((2, 5))
    assert caught.value.__notes__ == ["in 1: Linear(4 -> 3), input (2, 5)"]
    assert net[0].steps.item() == 0
    assert all(m.training and m._hooks is None for m in net.modules())


@pytest.mark.parametrize("bad", ["x", 3, (1.5, 2), (-1, 2), None, [[1]]])
def test_bad_inputs_are_named(bad):
    with pytest.raises(ArgumentTypeError, match=r"summary expects Tensors, or shapes"):
        model().summary(bad)


def test_a_model_that_holds_itself():
    net = Counting()
    net.itself = net
    assert [row.name for row in net.summary((1,)).rows] == ["(self)"]
