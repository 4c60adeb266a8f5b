"""Names of other libraries lead to Lucid's."""

import pytest

import lucid
from lucid import Tensor, hints
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
