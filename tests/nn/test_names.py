"""Qualified names: every path has one of its own, and comes back from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucid import nn
from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn import names

# Any text, and texts that are nothing but the letters that names are made with.
texts = st.text() | st.text("ab.[]\"'\\0 ", max_size=8)
scalars = texts | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
keys = scalars | st.tuples(scalars, scalars) | st.tuples(st.tuples(scalars), scalars)
paths = st.lists(keys, max_size=5).map(tuple)


@given(paths)
def test_a_path_comes_back_from_its_name(path):
    back = names.split(names.join(path))
    assert back == path
    assert list(map(type, back)) == list(map(type, path))


@given(paths, paths)
def test_different_paths_have_different_names(one, other):
    # repr tells 1 from True and 1.0, which are one key of a dict.
    assert (names.join(one) == names.join(other)) == (repr(one) == repr(other))


@given(paths, paths)
def test_a_prefix_is_what_comes_before(one, other):
    assert names.join(other, prefix=names.join(one)) == names.join(one + other)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((), ""),
        (("weight",), "weight"),
        (("layers", "0", "weight"), "layers.0.weight"),
        (("params", "a.b"), 'params["a.b"]'),
        (("a.b", "c"), '["a.b"].c'),
        (("params", "weight 1"), "params.weight 1"),
        (("params", "it's"), 'params["it\'s"]'),
        (("params", 'say "x"'), r'params["say \"x\""]'),
        (("params", ""), 'params[""]'),
        (("params", "größe"), "params.größe"),
        (("heads", 3, "weight"), "heads[3].weight"),
        (("edges", ("user", "item")), 'edges[["user", "item"]]'),
    ],
)
def test_what_names_look_like(path, name):
    assert names.join(path) == name
    assert names.split(name) == path


@pytest.mark.parametrize(
    "name",
    [
        ".",
        "a.",
        ".a",
        "a..b",
        "a[",
        "a[3",
        'a["b]',
        "a]",
        'a["b"]c',
        "a'b",
        "[nothing]",
        "a.[0]",
        '[{"a": 1}]',
    ],
)
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ArgumentError, match="not a qualified name"):
        names.split(name)


def test_a_key_that_cannot_be_written_is_refused_only_if_it_leads_to_state():
    class Holder(nn.Module):
        def __init__(self, value):
            self.table = {frozenset("ab"): value}

    assert list(Holder([1, 2]).named_parameters()) == []
    holder = Holder(nn.Parameter([1.0]))
    assert len(list(holder.parameters())) == 1
    with pytest.raises(ArgumentTypeError, match="frozenset"):
        list(holder.named_parameters())


@given(st.dictionaries(st.text(min_size=1) | st.text("a.\"'[]", min_size=1), st.integers(0, 9), max_size=6))
def test_any_keys_of_a_parameter_dict_go_to_names_and_back(entries):
    class Model(nn.Module):
        def __init__(self, entries):
            self.params = nn.ParameterDict({k: nn.Parameter([float(v)]) for k, v in entries.items()})

    model = Model(entries)
    state = model.state_dict()
    assert {names.split(n)[1]: t.item() for n, t in state.items()} == entries
    assert [names.split(n) for n in state] == [("params", key) for key in entries]
    other = Model(dict.fromkeys(entries, 0))
    other.load_state_dict(state)
    assert {k: p.item() for k, p in other.params.items()} == entries


def test_near_names_are_offered():
    assert names.near("wieght", ["weight", "bias"]) == " (did you mean 'weight'?)"
    assert names.near("x", ["weight", "bias"]) == ""
