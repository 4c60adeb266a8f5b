"""ModuleList, ParameterList and Sequential are lists: whole protocol, order kept, failures atomic."""

import copy
import operator
import pickle
from collections.abc import MutableSequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lucid
from lucid import Tensor, nn
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    IndexingError,
    MissingAttributeError,
    MissingForwardError,
)

KINDS = {
    "ModuleList": (nn.ModuleList, nn.Identity),
    "Sequential": (lambda modules=(): nn.Sequential(*modules), nn.Identity),
    "ParameterList": (nn.ParameterList, lambda: nn.Parameter([[1.0, 2.0]])),
}


@pytest.fixture(params=list(KINDS))
def kind(request):
    """A function that makes a container of entries, and one that makes an entry."""
    return KINDS[request.param]


# ----------------------------------------------------------------- acting like a list

indices = st.integers(-6, 6)
slices = st.builds(
    slice, st.none() | indices, st.none() | indices, st.none() | st.sampled_from([1, 2, -1, -2])
)
counts = st.integers(0, 4)
STEPS = st.one_of(
    st.tuples(st.just("append")),
    st.tuples(st.just("extend"), counts),
    st.tuples(st.just("iadd"), counts),
    st.tuples(st.just("insert"), indices),
    st.tuples(st.just("pop")),
    st.tuples(st.just("pop"), indices),
    st.tuples(st.just("remove"), indices),
    st.tuples(st.just("reverse")),
    st.tuples(st.just("clear")),
    st.tuples(st.just("set"), indices),
    st.tuples(st.just("set slice"), slices, counts),
    st.tuples(st.just("del"), indices | slices),
    st.tuples(st.just("get"), indices | slices),
)


def take(sequence, step, entries):
    """Do one step to a list or a container; return what came of it."""
    name, *args = step
    if name == "append":
        return sequence.append(entries[0])
    if name in ("extend", "iadd"):
        given = entries[: args[0]]
        if name == "extend":
            return sequence.extend(given)
        sequence += given
        return None
    if name == "insert":
        return sequence.insert(args[0], entries[0])
    if name in ("pop", "reverse", "clear"):
        return getattr(sequence, name)(*args)
    if name == "remove":
        entry = sequence[args[0]]
        if isinstance(sequence, list):  # which would compare with ==, and Tensors answer by element
            del sequence[next(i for i, other in enumerate(sequence) if other is entry)]
            return None
        return sequence.remove(entry)
    if name == "set":
        sequence[args[0]] = entries[0]
        return None
    if name == "set slice":
        sequence[args[0]] = entries[: args[1]]
        return None
    if name == "del":
        del sequence[args[0]]
        return None
    found = sequence[args[0]]
    return list(found) if isinstance(args[0], slice) else found


def outcome(sequence, step, entries):
    """What a step returned, or the kind of error that it raised."""
    try:
        return take(sequence, step, entries)
    except (IndexError, ValueError) as error:
        return IndexError if isinstance(error, IndexError) else ValueError


def same(xs, ys):
    return len(xs) == len(ys) and all(map(operator.is_, xs, ys))


@pytest.mark.parametrize("name", list(KINDS))
@given(steps=st.lists(STEPS, max_size=12))
def test_it_does_what_a_list_does(name, steps):
    make, entry = KINDS[name]
    start = [entry() for _ in range(3)]
    container, twin = make(list(start)), list(start)
    for step in steps:
        entries = [entry() for _ in range(4)]
        expected = outcome(twin, step, entries)
        got = outcome(container, step, entries)
        if isinstance(expected, list):
            assert same(got, expected)
        else:
            assert got is expected
        assert same(list(container), twin)
        assert same(list(reversed(container)), twin[::-1])
        assert len(container) == len(twin)
        assert [k for k, _ in container._members()] == [str(i) for i in range(len(twin))]


def test_it_is_a_sequence_and_a_module(kind):
    make, entry = kind
    container = make([entry()])
    assert isinstance(container, MutableSequence)
    assert isinstance(container, nn.Module)
    assert bool(container)
    assert not make([])


def test_entries_are_told_apart_by_identity(kind):
    make, entry = kind
    a, b = entry(), entry()
    container = make([a, b, a])
    assert container.index(a) == 0
    assert container.index(a, 1) == 2
    assert container.index(b, 0, 2) == 1
    assert container.index(a, -1) == 2
    assert container.count(a) == 2
    assert b in container
    assert entry() not in container
    assert Tensor([1.0]) not in container
    with pytest.raises(ValueError, match="is not in the"):
        container.index(entry())
    with pytest.raises(ValueError, match="is not in the"):
        container.index(b, 2)
    container.remove(a)
    assert same(list(container), [b, a])


def test_indices_may_be_anything_that_is_an_integer(kind):
    make, entry = kind
    a, b = entry(), entry()
    container = make([a, b])
    assert container[np.int64(1)] is b
    assert container[Tensor(0)] is a
    assert container[-2] is a


def test_a_slice_is_a_container_of_its_own(kind):
    make, entry = kind
    container = make([entry() for _ in range(5)])
    part = container[1:-1]
    assert type(part) is type(container)
    assert same(list(part), list(container)[1:-1])
    assert same(list(container[::-2]), list(container)[::-2])
    part.pop()
    assert len(container) == 5


def test_adding_makes_a_new_container(kind):
    make, entry = kind
    a, b, c = entry(), entry(), entry()
    container = make([a])
    joined = container + make([b])
    assert type(joined) is type(container)
    assert same(list(joined), [a, b])
    assert same(list(container + (b, c)), [a, b, c])
    assert same(list([b] + container), [b, a])
    assert same(list(container), [a])
    before = container
    container += [c]
    assert container is before
    assert same(list(container), [a, c])
    with pytest.raises(TypeError):
        container + 3
    with pytest.raises(TypeError):
        3 + container


# ----------------------------------------------------------------- failures change nothing


@pytest.mark.parametrize("bad", [None, 3, "x", Tensor([1.0]), [1], nn.Buffer([1.0])])
def test_an_entry_of_another_kind_is_refused_everywhere(kind, bad):
    make, entry = kind
    container = make([entry(), entry()])
    before = list(container)

    def set_one():
        container[0] = bad

    def set_slice():
        container[0:1] = [entry(), bad]

    def add():
        nonlocal container
        container += [entry(), bad]

    for attempt in (
        lambda: container.append(bad),
        lambda: container.insert(0, bad),
        lambda: container.extend([entry(), bad]),
        lambda: container + [entry(), bad],
        lambda: [entry(), bad] + container,
        set_one,
        set_slice,
        add,
        lambda: make([entry(), bad]),
    ):
        with pytest.raises(ArgumentTypeError, match=f"got {type(bad).__name__}") as caught:
            attempt()
        assert same(list(container), before)
    assert "[1] must be a" in str(caught.value)


def test_what_cannot_be_iterated_is_refused(kind):
    make, entry = kind
    container = make([entry()])
    with pytest.raises(ArgumentTypeError, match=r"write \[value\]"):
        container.extend(3)
    with pytest.raises(ArgumentTypeError):
        container[:] = None
    assert len(container) == 1


def test_an_iterable_that_breaks_off_adds_nothing(kind):
    make, entry = kind
    container = make([])

    def broken():
        yield entry()
        raise RuntimeError("broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        container.extend(broken())
    assert len(container) == 0


def test_bad_indices_are_named(kind):
    make, entry = kind
    container = make([entry(), entry()])
    for i in (2, -3, 100):
        with pytest.raises(IndexingError, match=f"has 2 entries, and none at index {i}"):
            container[i]
        with pytest.raises(IndexingError):
            container[i] = entry()
        with pytest.raises(IndexingError):
            del container[i]
        with pytest.raises(IndexingError):
            container.pop(i)
    for key in (1.0, None, (0, 1), [0]):
        with pytest.raises(ArgumentTypeError, match="integers and slices"):
            container[key]
    with pytest.raises(ArgumentError, match="::2"):
        container[::2] = [entry(), entry()]
    with pytest.raises(IndexError):
        make([]).pop()
    assert len(container) == 2


def test_state_goes_into_the_list_and_not_into_attributes(kind):
    make, entry = kind
    container = make([entry()])
    for value in (
        nn.Parameter([1.0]),
        nn.Buffer([1.0]),
        nn.Identity(),
        [nn.Identity()],
        {"a": nn.Identity()},
    ):
        with pytest.raises(MissingAttributeError, match="extra"):
            container.extra = value
    with pytest.raises(MissingAttributeError, match=r"append\(\.\.\.\)"):
        container.extra = entry()
    container.extra = 3
    assert container.extra == 3
    assert len(container) == 1


# ----------------------------------------------------------------- as a module


def test_entries_are_named_by_position(kind):
    make, entry = kind
    container = make([entry() for _ in range(12)])

    class Model(nn.Module):
        def __init__(self):
            self.held = container

    found = Model().named_modules() if make is not nn.ParameterList else Model().named_parameters()
    assert [n for n, _ in found if n not in ("", "held")] == [f"held.{i}" for i in range(12)]


def test_one_parameter_at_two_places():
    p = nn.Parameter([1.0])
    pl = nn.ParameterList([p, p])
    assert list(pl.parameters()) == [p]
    assert list(pl.state_dict()) == ["0", "1"]
    twin = copy.deepcopy(pl)
    assert twin[0] is twin[1]


def test_identity_is_what_compares_and_hashes(kind):
    make, entry = kind
    e = entry()
    one, other = make([e]), make([e])
    assert one == one
    assert one != other
    assert len({one, other}) == 2


def test_copies(kind):
    make, entry = kind
    container = make([entry(), entry()])
    container.note = "kept"
    for shallow in (container.copy(), copy.copy(container)):
        assert type(shallow) is type(container)
        assert same(list(shallow), list(container))
        shallow.append(entry())
        assert len(container) == 2
        assert shallow.note == "kept"
    for deep in (copy.deepcopy(container), pickle.loads(pickle.dumps(container))):
        assert type(deep) is type(container)
        assert len(deep) == 2
        assert deep[0] is not container[0]
        assert deep.note == "kept"


class Named(nn.ModuleList):
    """A subclass with another constructor, which forgets to call that of its base."""

    def __init__(self, label):
        self.label = label


def test_subclasses_survive():
    container = Named("x")
    container.append(nn.Identity())
    for other in (container.copy(), container[:], container + [], [] + container, copy.deepcopy(container)):
        assert type(other) is Named
        assert other.label == "x"
        assert len(other) == 1
    assert pickle.loads(pickle.dumps(container)).label == "x"


def test_no_forward():
    for container in (nn.ModuleList([nn.Identity()]), nn.ParameterList()):
        with pytest.raises(MissingForwardError, match="List has no forward of its own: "):
            container(Tensor([1.0]))


def test_repr():
    assert (
        repr(nn.ModuleList([nn.ReLU(), nn.ModuleList()]))
        == "ModuleList(\n  (0): ReLU()\n  (1): ModuleList()\n)"
    )
    pl = nn.ParameterList([nn.Parameter([[1.0, 2.0]]), nn.Parameter(lucid.ones(3, dtype=lucid.float64))])
    assert repr(pl) == "ParameterList(\n  (0): Parameter (1, 2), float32\n  (1): Parameter (3,), float64\n)"


def test_training_reaches_the_entries():
    layers = nn.ModuleList([nn.Dropout(), nn.Sequential(nn.Dropout())])
    layers.eval()
    assert [m.training for m in layers.modules()] == [False] * 4


def test_the_fix_is_said():
    with pytest.raises(ArgumentTypeError, match=r"got the class ReLU: make one, ReLU\(\.\.\.\)"):
        nn.ModuleList([nn.ReLU])
    with pytest.raises(ArgumentTypeError, match="a Module whose forward calls it"):
        nn.ModuleList([lucid.tanh])
    with pytest.raises(ArgumentTypeError, match="ParameterDict or ParameterList"):
        nn.ModuleList([nn.Parameter([1.0])])
    with pytest.raises(ArgumentTypeError, match="ModuleDict or ModuleList"):
        nn.ParameterList([nn.ReLU()])
    with pytest.raises(ArgumentTypeError, match=r"nn\.Parameter\(value\)"):
        nn.ParameterList([Tensor([1.0])])
