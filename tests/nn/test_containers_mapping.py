"""ModuleDict and ParameterDict are dicts: whole protocol, order kept, failures atomic."""

import copy
import pickle
from collections import OrderedDict
from collections.abc import ItemsView, KeysView, MutableMapping, ValuesView
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucid import Tensor, nn
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    MissingAttributeError,
    MissingForwardError,
    MissingKeyError,
)

KINDS = {
    "ModuleDict": (nn.ModuleDict, nn.Identity),
    "ParameterDict": (nn.ParameterDict, lambda: nn.Parameter([[1.0, 2.0]])),
}
ODD_KEYS = [
    "keys",
    "training",
    "parameters",
    "__class__",
    "a.b",
    "weight 1",
    '"',
    "[0]",
    "_entries",
    "é",
    " ",
]


@pytest.fixture(params=list(KINDS))
def kind(request):
    """A class of containers, and a function that makes an entry."""
    return KINDS[request.param]


def same(pairs, others):
    pairs, others = list(pairs), list(others)
    return [k for k, _ in pairs] == [k for k, _ in others] and all(
        a is b for (_, a), (_, b) in zip(pairs, others, strict=True)
    )


# ----------------------------------------------------------------- acting like a dict

keys = st.sampled_from(["a", "b", "c", "keys", "a.b", "training"])
STEPS = st.one_of(
    st.tuples(
        st.sampled_from(["set", "del", "get", "get or none", "pop", "pop or none", "setdefault"]), keys
    ),
    st.tuples(st.sampled_from(["popitem", "clear", "copy"])),
    st.tuples(
        st.sampled_from(["update", "pairs", "ior", "or", "ror", "fromkeys"]), st.lists(keys, max_size=4)
    ),
)
MISSING = object()


def take(mapping, step, entries):
    """Do one step to a dict or a container; return what came of it."""
    name, *args = step
    given = dict(zip(args[0], entries, strict=False)) if args and isinstance(args[0], list) else {}
    simple = {
        "del": lambda: mapping.__delitem__(args[0]),
        "set": lambda: mapping.__setitem__(args[0], entries[0]),
        "get": lambda: mapping[args[0]],
        "get or none": lambda: mapping.get(args[0]),
        "pop": lambda: mapping.pop(args[0]),
        "pop or none": lambda: mapping.pop(args[0], None),
        "setdefault": lambda: mapping.setdefault(args[0], entries[0]),
        "popitem": lambda: list(mapping.popitem()),
        "clear": mapping.clear,
        "copy": lambda: list(mapping.copy().items()),
        "update": lambda: mapping.update(given),
        "pairs": lambda: mapping.update(iter(given.items())),
        "ior": lambda: (mapping.__ior__(given), None)[1],
        "or": lambda: list((mapping | given).items()),
        "ror": lambda: list((given | mapping).items()),
        "fromkeys": lambda: list(type(mapping).fromkeys(args[0], entries[0]).items()),
    }
    try:
        return simple[name]()
    except KeyError:
        return KeyError


def flat(value):
    """Return the strings and entries in ``value``, in a list."""
    return [x for v in value for x in flat(v)] if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("name", list(KINDS))
@given(steps=st.lists(STEPS, max_size=12))
def test_it_does_what_a_dict_does(name, steps):
    make, entry = KINDS[name]
    twin = {key: entry() for key in ("a", "b", "keys")}
    container = make(twin)
    for step in steps:
        entries = [entry() for _ in range(4)]
        expected, got = flat(take(twin, step, entries)), flat(take(container, step, entries))
        assert len(expected) == len(got)
        assert all(a == b if isinstance(a, str) else a is b for a, b in zip(expected, got, strict=True))
        assert same(container.items(), twin.items())
        assert list(container) == list(twin)
        assert list(reversed(container)) == list(reversed(twin))
        assert len(container) == len(twin)


def test_it_is_a_mapping_and_a_module(kind):
    make, entry = kind
    container = make({"a": entry()})
    assert isinstance(container, MutableMapping)
    assert isinstance(container, nn.Module)
    assert bool(container)
    assert not make()
    assert not make(None)


def test_it_is_made_from_mappings_and_pairs(kind):
    make, entry = kind
    entries = {"b": entry(), "a": entry()}
    for source in (
        entries,
        OrderedDict(entries),
        MappingProxyType(entries),
        make(entries),
        list(entries.items()),
        iter(entries.items()),
        entries.items(),
    ):
        assert same(make(source).items(), entries.items())


def test_update_takes_keywords_and_what_only_has_keys(kind):
    make, entry = kind
    a, b, c = entry(), entry(), entry()

    class HasKeys:
        def keys(self):
            return ["a"]

        def __getitem__(self, key):
            return a

    container = make()
    container.update(HasKeys(), other=b, self=c)
    assert same(container.items(), {"a": a, "other": b, "self": c}.items())
    container.update()
    assert len(container) == 3


def test_views_are_live_and_know_their_length(kind):
    make, entry = kind
    a, b = entry(), entry()
    container = make({"a": a})
    keys, values, items = container.keys(), container.values(), container.items()
    container["b"] = b
    assert isinstance(keys, KeysView)
    assert isinstance(values, ValuesView)
    assert isinstance(items, ItemsView)
    assert len(keys) == len(values) == len(items) == 2
    assert list(keys) == ["a", "b"]
    assert list(reversed(keys)) == ["b", "a"]
    assert keys & {"a", "x"} == {"a"}
    assert list(values)[1] is b
    assert next(reversed(values)) is b
    assert same(reversed(items), [("b", b), ("a", a)])
    assert b in values
    assert entry() not in values
    assert ("b", b) in items
    assert ("a", b) not in items
    assert ("x", b) not in items
    assert "b" not in items
    assert items == make({"b": b, "a": a}).items()


def test_re_adding_a_key_is_silent_and_keeps_its_place(kind):
    make, entry = kind
    container = make([("a", entry()), ("b", entry()), ("a", last := entry())])
    assert list(container) == ["a", "b"]
    assert container["a"] is last
    container["a"] = newest = entry()
    assert list(container) == ["a", "b"]
    assert container["a"] is newest


@pytest.mark.parametrize("key", ODD_KEYS)
def test_every_non_empty_string_is_a_key(kind, key):
    make, entry = kind
    e = entry()
    container = make({key: e})
    assert container[key] is e
    assert key in container
    assert list(container.keys()) == [key]
    assert type(container) is make
    assert container.training is True
    assert list(copy.deepcopy(container)) == [key]
    assert list(pickle.loads(pickle.dumps(container))) == [key]
    assert repr(container)
    assert container.pop(key) is e
    assert len(container) == 0


# ----------------------------------------------------------------- failures change nothing


@pytest.mark.parametrize("bad", [None, 3, "x", Tensor([1.0]), [1], {"a": 1}, nn.Buffer([1.0])])
def test_a_value_of_another_kind_is_refused_everywhere(kind, bad):
    make, entry = kind
    container = make({"a": entry(), "b": entry()})
    before = dict(container)

    def assign():
        container["weight"] = bad

    def merge():
        nonlocal container
        container |= {"new": entry(), "weight": bad}

    for attempt in (
        assign,
        merge,
        lambda: container.update({"a": entry(), "weight": bad, "c": entry()}),
        lambda: container.update({"a": entry()}, weight=bad),
        lambda: container.setdefault("weight", bad),
        lambda: container | {"weight": bad},
        lambda: {"weight": bad} | container,
        lambda: make.fromkeys(["weight"], bad),
        lambda: make({"weight": bad}),
    ):
        with pytest.raises(ArgumentTypeError, match=rf"\['weight'\] must be a .*, got {type(bad).__name__}"):
            attempt()
        assert same(container.items(), before.items())


def test_bad_keys_are_refused(kind):
    make, entry = kind
    container = make({"a": entry()})
    for key in (3, None, ("a",), b"a", 1.5):
        with pytest.raises(ArgumentTypeError, match="strings"):
            container[key] = entry()
        assert container.get(key) is None
        assert key not in container
        with pytest.raises(KeyError):
            container[key]
    with pytest.raises(ArgumentError, match="empty"):
        container[""] = entry()
    with pytest.raises(ArgumentError, match="empty"):
        container.update({"b": entry(), "": entry()})
    assert list(container) == ["a"]


@pytest.mark.parametrize("source", [3, "ab", ["abc"], [1, 2], [("a",)], Tensor([1.0]), nn.Identity()])
def test_what_is_neither_mapping_nor_pairs_is_refused(kind, source):
    make, _ = kind
    with pytest.raises(ArgumentTypeError, match=type(source).__name__):
        make(source)
    container = make()
    with pytest.raises(ArgumentTypeError):
        container.update(source)
    assert len(container) == 0


def test_missing_keys_are_named_with_their_neighbours(kind):
    make, entry = kind
    container = make({"weight": entry()})
    for attempt in (
        lambda: container["wieght"],
        lambda: container.pop("wieght"),
        lambda: container.__delitem__("wieght"),
    ):
        with pytest.raises(MissingKeyError, match=r"has no key 'wieght' \(did you mean 'weight'\?\)"):
            attempt()
    assert container.get("wieght", 3) == 3
    assert container.pop("wieght", None) is None
    with pytest.raises(KeyError, match="empty"):
        make().popitem()
    assert list(container) == ["weight"]


def test_merging_with_what_is_no_mapping_is_refused(kind):
    make, entry = kind
    container = make({"a": entry()})
    for other in (3, [("b", entry())], None):
        with pytest.raises(TypeError):
            container | other
        with pytest.raises(TypeError):
            other | container
    container |= [("b", entry())]  # as dict does
    assert list(container) == ["a", "b"]


def test_state_goes_under_keys_and_not_into_attributes(kind):
    make, entry = kind
    container = make()
    for value in (
        nn.Parameter([1.0]),
        nn.Buffer([1.0]),
        nn.Identity(),
        [nn.Identity()],
        {"a": nn.Identity()},
    ):
        with pytest.raises(MissingAttributeError, match="name"):
            container.name = value
    with pytest.raises(MissingAttributeError, match=r'write [pm]d\["name"\] = \.\.\.'):
        container.name = entry()
    container.name = "kept"
    assert container.copy().name == "kept"
    assert len(container) == 0


# ----------------------------------------------------------------- as a module


def test_identity_is_what_compares_and_hashes(kind):
    make, entry = kind
    e = entry()
    one, other = make({"a": e}), make({"a": e})
    assert one == one
    assert one != other
    assert one != {"a": e}
    assert len({one, other}) == 2


def test_copies(kind):
    make, entry = kind
    container = make({"b": entry(), "a": entry()})
    for shallow in (container.copy(), copy.copy(container), container | {}, {} | container):
        assert type(shallow) is make
        assert shallow is not container
        assert same(shallow.items(), container.items())
        shallow["c"] = entry()
        assert "c" not in container
    for deep in (copy.deepcopy(container), pickle.loads(pickle.dumps(container))):
        assert type(deep) is make
        assert list(deep) == ["b", "a"]
        assert deep["a"] is not container["a"]


class LabelledModules(nn.ModuleDict):
    def __init__(self, label):
        super().__init__()
        self.label = label


class LabelledParameters(nn.ParameterDict):
    def __init__(self, label):
        super().__init__()
        self.label = label


@pytest.mark.parametrize("cls", [LabelledModules, LabelledParameters])
def test_subclasses_survive(cls):
    entry = nn.Identity() if cls is LabelledModules else nn.Parameter([1.0])
    container = cls("x")
    container["a"] = entry
    for other in (
        container.copy(),
        container | {"b": entry},
        {"b": entry} | container,
        copy.deepcopy(container),
        pickle.loads(pickle.dumps(container)),
    ):
        assert type(other) is cls
        assert other.label == "x"
        assert "a" in other


def test_fromkeys_holds_one_entry_under_every_key(kind):
    make, entry = kind
    e = entry()
    container = make.fromkeys(["a", "b"], e)
    assert type(container) is make
    assert same(container.items(), {"a": e, "b": e}.items())


def test_module_dict_has_no_forward_and_passes_modes_on():
    heads = nn.ModuleDict({"a.b": nn.Dropout()})
    with pytest.raises(MissingForwardError, match="ModuleDict has no forward of its own: call its modules"):
        heads(Tensor([1.0]))
    heads.eval()
    assert not heads["a.b"].training
    assert [name for name, _ in heads.named_children()] == ['["a.b"]']
    assert repr(heads) == 'ModuleDict(\n  (["a.b"]): Dropout(p=0.5)\n)'
