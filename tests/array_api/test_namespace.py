"""Every name of the standard is there, with the signature that the standard gives it.

What the standard asks for is read off array-api-strict, which implements it and nothing else.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest

import lucid

EXTENSIONS = ("linalg", "fft")

# Of array-api-strict alone: its settings, its version, and what NumPy and pickle ask it for.
NOT_STANDARD = {"Device", "ArrayAPIStrictFlags", "__version__"}
NOT_STANDARD |= {f"{verb}_array_api_strict_flags" for verb in ("get", "set", "reset")}
NOT_STANDARD |= {"__array__", "__buffer__", "__iter__", "__init__", "__new__", "__repr__", "__hash__"}


def namespaces() -> Iterator[tuple[str, Any, list[str]]]:
    """Yield the path of each namespace, the reference's own, and the names that it exports."""
    yield "", strict, [name for name in strict.__all__ if name not in NOT_STANDARD]
    for extension in EXTENSIONS:
        reference = getattr(strict, extension)
        yield extension, reference, list(reference.__all__)


def array_members() -> list[str]:
    """Return what an array has by the standard."""
    own = vars(type(strict.ones(1)))
    operators = [name for name in own if name.startswith("__") and callable(own[name])]
    public = [name for name in own if not name.startswith("_")]
    return sorted(name for name in operators + public if name not in NOT_STANDARD)


NAMES = [
    pytest.param(path, name, id=f"{path}.{name}" if path else name)
    for path, _, names in namespaces()
    for name in names
]
FUNCTIONS = [
    pytest.param(path, name, id=f"{path}.{name}" if path else name)
    for path, reference, names in namespaces()
    for name in names
    if isinstance(getattr(reference, name), types.FunctionType)
]
METHODS = [name for name in array_members() if callable(getattr(type(strict.ones(1)), name))]


def inside(namespace: Any, path: str) -> Any:
    return getattr(namespace, path) if path else namespace


@pytest.mark.parametrize(("path", "name"), NAMES)
def test_namespace_has(path: str, name: str) -> None:
    assert hasattr(inside(lucid, path), name)
    assert name.startswith("__") or name in inside(lucid, path).__all__


@pytest.mark.parametrize("name", array_members())
def test_tensor_has(name: str) -> None:
    assert hasattr(lucid.ones((2, 2)), name)


def check_signature(ours: inspect.Signature, asked: inspect.Signature) -> None:
    """Whatever call the standard allows, ``ours`` takes, with the same defaults; and no argument is
    positional here that is a keyword there."""
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    mine = list(ours.parameters.values())
    for i, parameter in enumerate(asked.parameters.values()):
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            assert parameter.name in ours.parameters, f"{parameter.name}= is missing"
            own = ours.parameters[parameter.name]
        else:
            assert i < len(mine), f"{parameter.name} is missing"
            own = mine[i]
            if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
                assert own.name == parameter.name
        assert own.kind is parameter.kind, f"{own.name} is {own.kind.description}"
        if parameter.default is inspect.Parameter.empty:
            continue
        assert own.default is not inspect.Parameter.empty, f"{own.name} needs a default"
        if isinstance(parameter.default, (bool, int, float, str, type(None))):
            assert own.default == parameter.default, f"the default of {own.name}"
            assert type(own.default) is type(parameter.default), f"the default of {own.name}"
    more = [p for p in mine if p.name not in asked.parameters and p.kind not in by_position]
    assert all(p.default is not inspect.Parameter.empty or p.kind is p.VAR_KEYWORD for p in more)
    count = sum(p.kind in by_position for p in mine)
    assert count == sum(p.kind in by_position for p in asked.parameters.values()), "more by position"


@pytest.mark.parametrize(("path", "name"), FUNCTIONS)
def test_function_is_called_as_the_standard_says(path: str, name: str) -> None:
    ours, asked = getattr(inside(lucid, path), name), getattr(inside(strict, path), name)
    check_signature(inspect.signature(ours), inspect.signature(asked))


# The standard has `stream` a keyword, which array-api-strict has not.
@pytest.mark.parametrize("name", [name for name in METHODS if name != "to_device"])
def test_method_is_called_as_the_standard_says(name: str) -> None:
    ours, asked = getattr(lucid.ones((2, 2)), name), getattr(strict.ones((2, 2)), name)
    check_signature(inspect.signature(ours), inspect.signature(asked))


def test_version_is_the_newest() -> None:
    assert lucid.__array_api_version__ == "2025.12"


@pytest.mark.parametrize("version", [None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"])
def test_namespace_of_a_tensor(version: str | None) -> None:
    assert lucid.ones(2).__array_namespace__(api_version=version) is lucid


def test_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2019\.12"):
        lucid.ones(2).__array_namespace__(api_version="2019.12")


@pytest.mark.parametrize("name", ["e", "pi", "inf", "nan"])
def test_constants_are_floats(name: str) -> None:
    value = getattr(lucid, name)
    assert type(value) is float
    np.testing.assert_equal(value, getattr(strict, name))


def test_newaxis_is_none() -> None:
    assert lucid.newaxis is None


def test_named_results_have_the_standards_fields() -> None:
    x, spd = [3.0, 1.0, 3.0], [[2.0, 1.0], [1.0, 3.0]]
    for path, names, value in [
        ("", ["unique_all", "unique_counts", "unique_inverse"], x),
        ("linalg", ["eigh", "qr", "slogdet", "svd"], spd),
    ]:
        for name in names:
            ours = getattr(inside(lucid, path), name)(lucid.asarray(value))
            asked = getattr(inside(strict, path), name)(strict.asarray(value))
            assert isinstance(ours, tuple)
            assert ours._fields == asked._fields, name
