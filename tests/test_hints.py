"""Names of other libraries lead to Lucid's."""

import pytest

import lucid
from lucid import Tensor, hints
from lucid.errors import ArgumentTypeError, MissingAttributeError


@pytest.mark.parametrize("name", hints.TENSOR)
def test_a_tensor_says_what_to_write(name):
    with pytest.raises(MissingAttributeError) as error:
        getattr(Tensor([1.0]), name)
    assert str(error.value) == f"a Tensor has no attribute {name!r}: write {hints.TENSOR[name]}"


@pytest.mark.parametrize("name", hints.LUCID)
def test_the_namespace_says_what_to_write(name):
    with pytest.raises(MissingAttributeError, match="write "):
        getattr(lucid, name)


def test_other_names_are_just_not_there():
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        _ = Tensor([1.0]).nonsense
    assert not hasattr(Tensor([1.0]), "__cuda_array_interface__")


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
