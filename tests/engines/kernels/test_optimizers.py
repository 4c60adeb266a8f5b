"""Steps by kernels: what the definitions say, in place where nobody else sees it, and only there."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor, optim
from lucid.engines.cpu.kernels import table
from tests.engines.kernels.agree import LAYOUTS
from tests.optim.formulas import CLASSES, OPTIONS, ROWS, names_of

Array = np.ndarray[Any, Any]

# No axes, no elements, odd sizes, and more than one block with an end in the middle of a vector.
SHAPES: tuple[tuple[int, ...], ...] = ((3, 4), (), (0, 3), (2, 3, 1, 5), (37,), (61, 83))


WITH_KERNEL = table.find("adam") is not None
needs_kernel = pytest.mark.skipif(not WITH_KERNEL, reason="no kernel serves optimizers here")


@pytest.fixture(autouse=True)
def _as_in_a_large_model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run kernels on arrays of any size, and as if no other thread was there: pytest may have some."""
    monkeypatch.setattr(table, "SMALLEST", 0)
    if WITH_KERNEL and "threads" not in request.function.__name__:
        monkeypatch.setattr("lucid.engines.cpu.kernels.many.only_thread", lambda: True)


def by_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "SMALLEST", 2**62)


def parameters(arrays: Sequence[Array]) -> list[nn.Parameter]:
    """Return Parameters that have the memory of ``arrays``."""
    return [nn.Parameter(lucid.asarray(a)) for a in arrays]


def lay(layout: str, x: Array) -> Array:
    """Return ``x`` in a layout of ``LAYOUTS``; some of these would give what has no axes one."""
    return LAYOUTS[layout](x) if x.ndim else x.copy()


def close(found: Any, right: Any) -> None:
    """Compare numbers of about 1 after some steps that each round by 6e-8."""
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, right, rtol=3e-6, atol=3e-6)


# ----------------------------------------------------------------- what is computed


@pytest.mark.parametrize(("cls", "formula", "options"), ROWS, ids=names_of(ROWS))
def test_steps(cls: Any, formula: Any, options: dict[str, Any]) -> None:
    """Parameters and gradients in every layout, all in one step."""
    rng = np.random.default_rng(0)
    ways = list(LAYOUTS)
    starts = [rng.standard_normal(shape).astype(np.float32) for shape in SHAPES for _ in ways]
    ps = parameters([lay(ways[i % len(ways)], x) for i, x in enumerate(starts)])
    many = 7 if cls is optim.RAdam else 4  # until it trusts the squares
    gs = [[rng.standard_normal(x.shape).astype(np.float32) for _ in range(many)] for x in starts]
    right = [
        list(formula(x.astype(np.float64), iter([g.astype(np.float64) for g in g4]), **options))
        for x, g4 in zip(starts, gs, strict=True)
    ]
    optimizer = cls(ps, **options)
    for step in range(many):
        for i, p in enumerate(ps):
            p.grad = lucid.asarray(lay(ways[(i + step) % len(ways)], gs[i][step]))
        optimizer.step()
        for p, steps in zip(ps, right, strict=True):
            assert p.shape == steps[step].shape
            close(p.numpy(), steps[step])
        assert all(np.array_equal(p.grad.numpy(), g4[step]) for p, g4 in zip(ps, gs, strict=True))


@settings(max_examples=40)
@given(data=st.data())
def test_any_shapes_layouts_and_options(data: st.DataObject) -> None:
    cls = data.draw(st.sampled_from(CLASSES))
    options = dict(data.draw(st.sampled_from(OPTIONS[cls.__name__])))
    small = st.sampled_from([0.0, 0.1, 0.5])
    if "betas" in options:
        options["betas"] = (data.draw(small), data.draw(small))
    defaults = cls(parameters([np.ones(1, np.float32)])).defaults
    if "weight_decay" in defaults:
        options["weight_decay"] = data.draw(small)
    if "eps" in defaults:
        # Where decay cancels the gradient, what is left is noise; eps keeps it from becoming a whole step.
        options["eps"] = 0.1
    shapes = data.draw(st.lists(st.lists(st.integers(0, 6), max_size=4).map(tuple), min_size=1, max_size=3))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    start = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    mine = parameters([lay(data.draw(st.sampled_from(list(LAYOUTS))), x) for x in start])
    theirs = [nn.Parameter(Tensor(x, dtype="float64")) for x in start]  # which no kernel takes
    a, b = cls(mine, **options), cls(theirs, **options)
    for _ in range(3):
        a.param_groups[0]["lr"] = b.param_groups[0]["lr"] = data.draw(st.sampled_from([0.0, 0.01, 0.1]))
        for p, q in zip(mine, theirs, strict=True):
            g = rng.standard_normal(p.shape).astype(np.float32)
            if data.draw(st.integers(0, 4)):  # now and then a parameter has no gradient
                p.grad = lucid.asarray(lay(data.draw(st.sampled_from(list(LAYOUTS))), g))
                q.grad = Tensor(g, dtype="float64")
        for optimizer in (a, b):
            optimizer.step()
            optimizer.zero_grad()
        for p, q in zip(mine, theirs, strict=True):
            close(p.numpy(), q.numpy())
    ours, wanted = a.state_dict()["state"], b.state_dict()["state"]
    assert ours.keys() == wanted.keys()
    for name, state in wanted.items():
        assert ours[name].keys() == state.keys()
        for key, value in state.items():
            if isinstance(value, (int, float)):
                assert ours[name][key] == pytest.approx(value, rel=1e-12)
                assert type(ours[name][key]) is type(value)
            else:
                close(ours[name][key].numpy(), value.numpy())


CHANGES: list[tuple[Any, list[dict[str, Any]]]] = [
    (
        optim.SGD,
        [{}, {"momentum": 0.9}, {"momentum": 0.5, "nesterov": True}, {"momentum": 0.0, "nesterov": False}],
    ),
    (
        optim.Adam,
        [{}, {"amsgrad": True}, {"lr": 0.0}, {"amsgrad": False}, {"weight_decay": 0.1}, {"amsgrad": True}],
    ),
    (optim.AdamW, [{}, {"maximize": True}, {"betas": (0.5, 0.5), "weight_decay": 0.0}, {"eps": 0.1}]),
    (optim.NAdam, [{}, {"lr": 0.0}, {"momentum_decay": 0.5}, {"decoupled_weight_decay": True}]),
    (optim.RAdam, [{"betas": (0.9, 0.9)}, *[{}] * 5, {"decoupled_weight_decay": True}, {"maximize": True}]),
    (optim.RMSprop, [{}, {"momentum": 0.5}, {"centered": True}, {"momentum": 0.0}, {"momentum": 0.9}]),
    (optim.Rprop, [{}, {"etas": (0.1, 9.0)}, {"step_sizes": (0.1, 0.2)}]),
    (optim.ASGD, [{"t0": 0.0}, {"lambd": 0.5}, {"lr": 0.5}, {"alpha": 0.1}]),
]


@pytest.mark.parametrize(("cls", "changes"), CHANGES, ids=[c.__name__ for c, _ in CHANGES])
def test_options_may_change_between_steps(
    cls: Any, changes: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> tuple[list[Array], list[Any]]:
        rng = np.random.default_rng(0)
        ps = parameters([rng.standard_normal(n).astype(np.float32) for n in (5, 70)])
        more = {} if cls is optim.Rprop else {"weight_decay": 0.2}
        optimizer = cls([{"params": ps[:1]}, {"params": ps[1:], **more}], lr=0.1)
        values, names = [], []
        for change in changes:
            optimizer.param_groups[1] |= change  # of one of the groups
            for p in ps:
                p.grad = lucid.asarray(rng.standard_normal(p.shape).astype(np.float32))
            optimizer.step()
            values += [p.numpy() for p in ps]
            names.append([sorted(kept) for kept in optimizer.state_dict()["state"].values()])
        return values, names

    found, names = run()
    by_definition(monkeypatch)
    right, right_names = run()
    assert names == right_names
    for a, b in zip(found, right, strict=True):
        close(a, b)


SPECIAL = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e20, 1e-45, 1e-30, 0.0, -0.0, 1.0], np.float32)


NOT_FINITE: list[tuple[Any, dict[str, Any]]] = [
    *((cls, {}) for cls in CLASSES),
    *((cls, {"weight_decay": 0.1}) for cls in CLASSES if cls is not optim.Rprop),
    *((cls, {"momentum": 0.9}) for cls in (optim.SGD, optim.RMSprop)),
    (optim.RMSprop, {"centered": True}),
    (optim.Adam, {"amsgrad": True}),
    (optim.AdamW, {"amsgrad": True}),
    (optim.ASGD, {"t0": 0.0}),
]


@pytest.mark.parametrize(("cls", "options"), NOT_FINITE, ids=[f"{c.__name__}{o}" for c, o in NOT_FINITE])
def test_numbers_that_are_not_finite(
    cls: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    starts, gradients = np.repeat(SPECIAL, SPECIAL.size), np.tile(SPECIAL, SPECIAL.size)

    def run() -> list[Array]:
        (p,) = parameters([starts.copy()])
        optimizer = cls([p], lr=0.07, **options)
        for g in (
            gradients,
            gradients[::-1].copy(),
            *[np.ones(gradients.size, np.float32)] * (4 if cls is optim.RAdam else 1),
        ):
            p.grad = lucid.asarray(g)
            optimizer.step()
        state = optimizer.state_dict()["state"]["0"].values()
        return [p.numpy(), *(t.numpy() for t in state if isinstance(t, Tensor))]

    found = run()
    by_definition(monkeypatch)
    for a, b in zip(found, run(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-44)


def test_bits_depend_neither_on_threads_nor_on_who_else_looks() -> None:
    def run(threads: int, held: bool) -> list[bytes]:
        lucid.set_num_threads(threads)
        rng = np.random.default_rng(0)
        ps = parameters([rng.standard_normal(n).astype(np.float32) for n in (5000, 3, 2049)])
        optimizer = optim.AdamW(ps)
        views: list[Array] = []
        for _ in range(3):
            for p in ps:
                p.grad = lucid.asarray(rng.standard_normal(p.shape).astype(np.float32))
            views += [p.numpy() for p in ps if held]
            optimizer.step()
        return [p.numpy().tobytes() for p in ps]

    before = lucid.get_num_threads()
    try:
        assert run(1, False) == run(2, False) == run(2, True) == run(1, True)
    finally:
        lucid.set_num_threads(before)


# ----------------------------------------------------------------- which of them a kernel takes


KERNELS: dict[str, Any] = {
    "sgd": optim.SGD,
    "adam": optim.Adam,
    "nadam": optim.NAdam,
    "radam": optim.RAdam,
    "adamax": optim.Adamax,
    "lion": optim.Lion,
    "adagrad": optim.Adagrad,
    "adadelta": optim.Adadelta,
    "rmsprop": optim.RMSprop,
    "rprop": optim.Rprop,
    "asgd": optim.ASGD,
}


@needs_kernel
@pytest.mark.parametrize(("name", "cls"), KERNELS.items(), ids=KERNELS)
def test_every_optimizer_has_a_kernel(name: str, cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which leaves nothing to the definition, options and all."""
    seen: list[int] = []
    kernel = table.find(name)
    assert kernel is not None
    whole = kernel.forward

    def watched(rows: Any) -> Any:
        left = whole(rows)
        seen.append(len(left))
        return left

    monkeypatch.setattr(kernel, "forward", watched)
    for options in OPTIONS[cls.__name__]:
        (p,) = parameters([np.ones(3, np.float32)])
        optimizer = cls([p], **options)
        p.grad = lucid.ones(3)
        optimizer.step()
        optimizer.step()
    assert seen == [0] * 2 * len(OPTIONS[cls.__name__])


def test_each_kind_of_parameter_goes_its_way() -> None:
    """Kernels take float32 on the CPU, and leave the rest."""
    ps = [nn.Parameter(lucid.ones(4, dtype=d)) for d in ("float16", "float32", "float64")]
    devices = [p.device for p in ps]
    optimizer = optim.Adam(ps, lr=0.5)
    for _ in range(2):
        for p in ps:
            p.grad = lucid.ones(4, dtype=p.dtype)
        optimizer.step()
    assert [p.dtype.name for p in ps] == ["float16", "float32", "float64"]
    assert [p.device for p in ps] == devices
    for p in ps:
        np.testing.assert_allclose(p.astype("float64").tolist(), [0.0] * 4, atol=1e-2)


def test_an_update_of_a_subclass_runs() -> None:
    class Frozen(optim.Adam):
        def update(self, xp: Any, p: Any, g: Any, state: Any, **options: Any) -> Any:
            return p, state

    class Double(optim.AdamW):
        def update(self, xp: Any, p: Any, g: Any, state: Any, **options: Any) -> Any:
            return super().update(xp, p, 2 * g, state, **options)

    for cls in (Frozen, Double):
        p = nn.Parameter(lucid.ones(3))
        p.grad = lucid.ones(3)
        optimizer = cls([p], lr=0.5)
        optimizer.step()
        state = optimizer.state_dict()["state"]["0"]
        assert cls is Double or (p.tolist() == [1, 1, 1] and state == {})
        assert cls is Frozen or state["exp_avg"].tolist() == pytest.approx([0.2] * 3)


def test_state_of_integers_is_left_to_the_definition() -> None:
    p = nn.Parameter(lucid.ones(3))
    optimizer = optim.SGD([p], momentum=0.9)
    optimizer._state["0"] = {"momentum_buffer": np.ones(3, np.int64)}
    p.grad = lucid.ones(3)
    optimizer.step()
    np.testing.assert_allclose(optimizer._state["0"]["momentum_buffer"], 1.9)


# ----------------------------------------------------------------- in place


OPTIMIZERS: dict[str, Callable[[Any], optim.Optimizer]] = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9),
    "Adam": lambda ps: optim.Adam(ps, lr=0.1, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, lr=0.1),
    "RMSprop": lambda ps: optim.RMSprop(ps, lr=0.1, momentum=0.9, centered=True),
    "Rprop": lambda ps: optim.Rprop(ps, lr=0.1),
    "ASGD": lambda ps: optim.ASGD(ps, lr=0.1),
}
every_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)


def arrays_of(optimizer: optim.Optimizer) -> list[int]:
    """Return where the elements of all parameters and states are."""
    arrays = [p._array for group in optimizer.param_groups for p in group["params"]]
    arrays += [x for kept in optimizer._state.values() for x in kept.values() if isinstance(x, np.ndarray)]
    return [x.__array_interface__["data"][0] for x in arrays]


@needs_kernel
@every_optimizer
@pytest.mark.parametrize("layout", LAYOUTS)
def test_steps_are_in_place(make: Any, layout: str) -> None:
    """From the second step on, in whatever layout the first one began: a model is trained like this."""
    x = np.ones((4, 3, 5), np.float32)
    ps = parameters([LAYOUTS[layout](x), x[0, 0].copy()])
    optimizer = make(ps)

    def step() -> None:
        for p in ps:
            p.grad = lucid.ones(p.shape)
        optimizer.step()

    step()
    before = arrays_of(optimizer)
    step()
    assert arrays_of(optimizer) == before
    w = Tensor(np.ones((5, 2), np.float32))
    y = (ps[0] @ w).sum() + ps[1].sum()
    optimizer.zero_grad()
    y.backward()  # the graph is used up, and holds no array any more
    optimizer.step()
    assert arrays_of(optimizer) == before


class Foreign:
    """Somebody who takes the memory by the buffer protocol's address, and so keeps the array."""

    def __init__(self, array: Array) -> None:
        self.__array_interface__ = array.__array_interface__
        self.owner = array


def held_by_a_graph(p: nn.Parameter) -> Any:
    y = (p * p).sum()  # whose rule needs p
    return lambda: lucid.autograd.grad(y, p, retain_graph=True)[0].numpy() / 2


def held_by_a_used_graph(p: nn.Parameter) -> Any:
    read = held_by_a_graph(p)
    read()
    return read


def held_by_a_fused_graph(p: nn.Parameter) -> Any:
    x = Tensor(np.eye(3, dtype=np.float32), requires_grad=True)
    y = F.linear(x, p)
    return lambda: lucid.autograd.grad(y, x, x.detach(), retain_graph=True)[0].numpy()


def held_by_a_hook(p: nn.Parameter) -> Any:
    array = p._array
    p.register_hook(lambda g: g + 0 * Tensor(array))
    return lambda: array


def held_by_a_thread(p: nn.Parameter) -> Any:
    """A thread that is in the middle of using the array."""
    taken, go, seen = threading.Event(), threading.Event(), []

    def use() -> None:
        array = p._array
        taken.set()
        go.wait(60)
        seen.append(array.copy())

    thread = threading.Thread(target=use)
    thread.start()
    taken.wait(60)

    def read() -> Array:
        go.set()
        thread.join()
        return seen[0]

    return read


def held_by_a_generator(p: nn.Parameter) -> Any:
    rows = iter(p.detach())
    first = next(rows)
    return lambda: np.stack([first.numpy(), *(row.numpy() for row in rows)])


def held_weakly(p: nn.Parameter) -> Any:
    """A weak reference is enough to look at an array as long as it lives."""
    array = weakref.ref(p._array)
    before = p._array.copy()
    return lambda: before if array() is None else array()


def held_by_its_gradient(p: nn.Parameter) -> Any:
    p.grad = p.detach()
    return lambda: p.grad.numpy()


HOLDERS: dict[str, Callable[[nn.Parameter], Any]] = {
    "numpy": lambda p: p.numpy,
    "a view": lambda p: (lambda view: lambda: view)(p.numpy()),
    "a view of a view": lambda p: (lambda view: lambda: view.T.T)(p.numpy()[::-1][::-1]),
    "a row": lambda p: (lambda row, rest: lambda: np.stack([row, *rest]))(
        p.detach()[0].numpy(), p.numpy()[1:].copy()
    ),
    "memoryview": lambda p: (lambda view: lambda: np.asarray(view))(memoryview(p.numpy())),
    "array interface": lambda p: (lambda other: lambda: np.asarray(other))(Foreign(p._array)),
    "DLPack": lambda p: (lambda x: lambda: x)(np.from_dlpack(p.detach())),
    "DLPack without a copy": lambda p: (lambda x: lambda: x)(np.from_dlpack(p.detach(), copy=False)),
    "detach": lambda p: (lambda t: t.numpy)(p.detach()),
    "copy": lambda p: (lambda t: t.detach().numpy)(p.copy()),
    "transposed": lambda p: (lambda t: lambda: t.numpy().T)(p.detach().T),
    "another Parameter": lambda p: (lambda q: q.numpy)(nn.Parameter(p)),
    "a state dict": lambda p: (lambda s: s["0"].numpy)(nn.ParameterList([p]).state_dict()),
    "a loaded module": lambda p: (lambda m: m[0].numpy)(loaded(p)),
    "a graph": held_by_a_graph,
    "a used graph": held_by_a_used_graph,
    "a fused graph": held_by_a_fused_graph,
    "a hook": held_by_a_hook,
    "a thread": held_by_a_thread,
    "a generator": held_by_a_generator,
    "a weak reference": held_weakly,
    "its gradient": held_by_its_gradient,
}


def loaded(p: nn.Parameter) -> nn.ParameterList:
    other = nn.ParameterList([nn.Parameter(lucid.zeros(p.shape))])
    other.load_state_dict(nn.ParameterList([p]).state_dict())
    return other


@every_optimizer
@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
def test_what_somebody_holds_stays(make: Any, hold: Any) -> None:
    p = nn.Parameter(lucid.ones((3, 3)))
    optimizer = make([p])
    p.grad = lucid.ones((3, 3))
    optimizer.step()
    before = p.numpy().copy()
    read = hold(p)
    if hold is HOLDERS["numpy"]:  # it looks at the Parameter anew: so it sees the step
        read = (lambda view: lambda: view)(read())
    optimizer.step()
    assert not np.array_equal(p.numpy(), before)
    np.testing.assert_array_equal(read(), before)


@every_optimizer
def test_two_parameters_of_one_array_each_step_by_themselves(make: Any) -> None:
    t = lucid.ones((3, 3))
    ps = [nn.Parameter(t), nn.Parameter(t)]
    optimizer = make(ps)
    for _ in range(2):
        ps[0].grad, ps[1].grad = lucid.ones((3, 3)), -lucid.ones((3, 3))
        optimizer.step()
    assert t.tolist() == [[1.0] * 3] * 3
    assert (ps[0].numpy() < 1).all()
    assert (ps[1].numpy() > 0.95).all()


def test_what_a_kernel_keeps_of_a_weight_is_forgotten() -> None:
    """Products lay a weight out anew once, and use that as long as it is the same."""
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(s).astype(np.float32) for s in ((64, 128), (128, 128)))
    p = nn.Parameter(Tensor(w))
    optimizer = optim.SGD([p], lr=1.0)
    for step in range(3):
        with lucid.no_grad():
            for _ in range(5):
                y = Tensor(x) @ p
        np.testing.assert_allclose(y.numpy(), x @ (w - np.float32(step)), rtol=1e-3, atol=1e-3)
        p.grad = lucid.ones((128, 128))
        optimizer.step()


@pytest.mark.parametrize("name", ["momentum", "Adam", "AdamW"])
def test_state_that_somebody_holds_stays(name: str) -> None:
    make = OPTIMIZERS[name]
    p, q = nn.Parameter(lucid.ones(50)), nn.Parameter(lucid.ones(50))
    a, b = make([p]), make([q])
    p.grad = q.grad = lucid.ones(50)
    a.step()
    saved = a.state_dict()
    tensors = {k: t for k, t in saved["state"]["0"].items() if isinstance(t, Tensor)}
    views = {k: t.numpy() for k, t in tensors.items()}
    before = {k: t.tolist() for k, t in tensors.items()}
    b.load_state_dict(saved)
    a.load_state_dict(saved)
    p.grad, q.grad = lucid.ones(50), -lucid.ones(50)
    a.step()
    b.step()
    assert {k: t.tolist() for k, t in tensors.items()} == before
    assert {k: v.tolist() for k, v in views.items()} == before
    ours, theirs = a.state_dict()["state"]["0"], b.state_dict()["state"]["0"]
    key = "momentum_buffer" if name == "momentum" else "exp_avg"
    assert (ours[key].numpy() > 0).all()
    assert (theirs[key].numpy() < ours[key].numpy()).all()


def test_a_gradient_that_is_also_state_stays() -> None:
    p = nn.Parameter(lucid.ones(50))
    optimizer = optim.SGD([p], lr=0.1, momentum=0.9)
    p.grad = lucid.ones(50)
    optimizer.step()
    p.grad = optimizer.state_dict()["state"]["0"]["momentum_buffer"]
    optimizer.step()
    assert p.grad is not None
    assert p.grad.tolist() == [1.0] * 50


def test_arrays_of_the_users_own_are_never_written_to() -> None:
    x, g = np.ones(100, np.float32), np.ones(100, np.float32)
    raw = bytearray(400)
    ps = parameters([x, np.frombuffer(raw, np.float32)])
    optimizer = optim.AdamW(ps, lr=0.1)
    for _ in range(2):
        for p in ps:
            p.grad = lucid.asarray(g)
        optimizer.step()
    assert (x == 1).all()
    assert (g == 1).all()
    assert raw == bytearray(400)


def test_threads_that_look_while_others_step_see_whole_steps() -> None:
    """No Tensor is seen half stepped, and none that was taken changes."""
    p = nn.Parameter(lucid.ones(400_000))
    optimizer = optim.SGD([p], lr=1.0)
    p.grad = lucid.ones(400_000)
    done = threading.Event()
    torn = []

    def look() -> None:
        while not done.is_set():
            t = p.detach()
            first = t.numpy().copy()
            torn.append(bool((first != first[0]).any() or (t.numpy() != first).any()))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(150):
        optimizer.step()
    done.set()
    for thread in threads:
        thread.join()
    assert not any(torn)
    assert torn
    assert p.numpy()[0] == -149


@pytest.mark.parametrize("name", ["momentum", "Adam", "AdamW"])
def test_threads_that_save_while_others_step_get_whole_states(name: str) -> None:
    """Every state dict is of one step, and stays as it was."""
    n = 400_000
    p = nn.Parameter(lucid.ones(n))
    optimizer = OPTIMIZERS[name]([p])
    p.grad = lucid.ones(n)
    done = threading.Event()
    saved: list[tuple[dict[str, Any], dict[str, Array]]] = []

    def save() -> None:
        while not done.is_set():
            kept = optimizer.state_dict()["state"].get("0", {})
            now = {k: t.numpy().copy() for k, t in kept.items() if isinstance(t, Tensor)}
            saved[20:] = [(kept, now)]  # some early ones, and the last

    thread = threading.Thread(target=save)
    thread.start()
    for _ in range(60):
        optimizer.step()
    done.set()
    thread.join()
    assert saved
    moments = []
    for kept, now in saved:
        for key, values in now.items():
            assert (values == values[0]).all()
            np.testing.assert_array_equal(kept[key].numpy(), values)
        if "step" in kept:
            beta1 = 0.9 ** kept["step"]
            np.testing.assert_allclose(now["exp_avg"][0], 1 - beta1, rtol=1e-5)
            moments.append(kept["step"])
    assert moments == sorted(moments)


def test_optimizers_in_several_threads() -> None:
    def train(out: dict[int, list[float]], seed: int) -> None:
        rng = np.random.default_rng(seed % 2)
        (p,) = parameters([rng.standard_normal(5000).astype(np.float32)])
        optimizer = optim.Adam([p])
        for _ in range(20):
            p.grad = lucid.asarray(rng.standard_normal(5000).astype(np.float32))
            optimizer.step()
        out[seed] = p.tolist()

    out: dict[int, list[float]] = {}
    threads = [threading.Thread(target=train, args=(out, seed)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert out[0] == out[2]
    assert out[1] == out[3]
    assert out[0] != out[1]
