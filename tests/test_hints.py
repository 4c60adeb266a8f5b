"""Names of other libraries lead to Lucid's."""

import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor, hints, nn, optim
from lucid.errors import ArgumentTypeError, MissingAttributeError


@pytest.mark.parametrize("name", hints.LUCID)
def test_the_namespace_says_what_to_write(name):
    with pytest.raises(MissingAttributeError, match="write "):
        getattr(lucid, name)


@pytest.mark.parametrize(
    "name", ["linalg.svd", "linalg.trace", "fft.rfft", "func.vmap", "func.grad", "special.gammaln"]
)
def test_a_name_of_a_part_leads_there(name):
    with pytest.raises(MissingAttributeError, match=f"write lucid.{name}$"):
        getattr(lucid, name.split(".")[1])


@pytest.mark.parametrize(
    ("module", "words"),
    [(nn, hints.NN), (F, hints.FUNCTIONAL), (optim, hints.OPTIM)],
    ids=["nn", "F", "optim"],
)
def test_modules_say_what_to_write(module, words):
    for name in words:
        with pytest.raises(MissingAttributeError, match=f"'{module.__name__}'.*'{name}': write "):
            getattr(module, name)
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        _ = module.nonsense


def test_models_say_what_to_write():
    model = nn.Linear(2, 1)
    for name in hints.MODULE:
        with pytest.raises(MissingAttributeError, match=f"Linear has no attribute '{name}': write "):
            getattr(model, name)
    with pytest.raises(MissingAttributeError, match=r"did you mean 'weight'"):
        _ = model.wieght


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Softmax(dim=1), r"^Softmax\(\) got .*'dim': write axis=$"),
        (
            lambda: nn.Dropout(0.5, inplace=True),
            r"^Dropout\(\) got .*: Tensors are values: leave inplace out$",
        ),
        (lambda: nn.ReLU(inplace=True), r"^ReLU\(\) takes no arguments: .*leave inplace out$"),
        (lambda: nn.ReLU(1), r"^ReLU\(\) takes no arguments$"),
        (lambda: nn.Linear(3), r"^Linear\(\) missing 1 .*'out_features'$"),
        (lambda: F.relu(lucid.ones(3), inplace=True), r"^relu.*leave inplace out$"),
        (lambda: F.relu(lucid.ones(9999), inplace=True), r"^relu.*leave inplace out$"),
        (lambda: lucid.sum(lucid.ones(3), keepdim=True), r"^sum.*write keepdims=$"),
    ],
)
def test_options_of_pytorch_lead_to_ours(call, message):
    with pytest.raises(ArgumentTypeError, match=message):
        call()


def test_what_a_layer_of_the_users_takes_is_its_own_business():
    class Mixin:
        def __init__(self, dim=1):
            self.dim = dim

    class Both(nn.ReLU, Mixin):
        pass

    class Block(nn.Module):
        def __init__(self, dim, inplace=False):
            self.dim, self.inplace = dim, inplace

    assert Both(dim=3).dim == Block(dim=3, inplace=True).dim == 3
    with pytest.raises(TypeError, match=r"Block.__init__\(\) got an unexpected keyword argument 'size'"):
        Block(1, size=2)


def test_methods_are_those_of_a_tensor_and_a_module_adds_what_to_write():
    class Shares(nn.Module):
        def forward(self, x):
            return x.sum(dim=1)

    with pytest.raises(TypeError, match=r"^Tensor.sum\(\) got an unexpected keyword .* 'dim'") as caught:
        Shares()(lucid.ones((2, 2)))
    assert caught.value.__notes__ == ["in Shares(), input (2, 2)", "write axis="]


def test_other_names_are_just_not_there():
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        _ = lucid.nonsense


def test_options_by_another_name_or_by_position():
    x = lucid.ones((2, 3))
    with pytest.raises(ArgumentTypeError, match=r"sum.*write axis="):
        lucid.sum(x, dim=0)
    with pytest.raises(ArgumentTypeError, match=r"sum.*options keywords: sum.*axis"):
        lucid.sum(x, 1)


def test_a_list_is_not_silently_unequal():
    with pytest.raises(ArgumentTypeError, match="asarray"):
        _ = Tensor([1.0]) == [1.0]


def test_retain_grad_after_a_write_gives_the_gradient_of_the_new_value():
    x = Tensor([1.0, 2.0], requires_grad=True)
    x *= 2
    x.retain_grad()
    x.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_float_means_the_default_float_however_it_is_said():
    assert Tensor([1], dtype="float").dtype == Tensor([1], dtype=float).dtype == lucid.float32


def test_look_ups_on_tensors_are_not_slowed():
    # A __getattr__ anywhere in the class takes every attribute off the interpreter's quick path.
    assert not any("__getattr__" in vars(cls) for cls in Tensor.__mro__)
