"""What optimizers share: parameters in groups, the step, and saving.

An optimizer is its ``update``: a pure function of raw arrays that takes a parameter, its
gradient and the state kept for it to the new parameter and state. It is written over ``xp``, the
namespace of the arrays, and so runs on every engine. The step rebinds the Parameter to the new
array: it stays the same object, and the same leaf of the graph.

An engine may have a kernel that does the same for all parameters at once, named by ``with_kernel``. It
changes parameters and state in place where nobody else holds their arrays, so that no one can tell.

Read next: ``sgd.py``; saving is in ``saving.py``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from lucid.autograd import enable_grad
from lucid.engines.dtypes import is_inexact
from lucid.engines.protocol import Array
from lucid.engines.registry import engine_of, transfer
from lucid.errors import ArgumentError, ArgumentTypeError, MissingAttributeError, ShapeError, StateError
from lucid.nn.functional import checks
from lucid.nn.parameter import Parameter, clear_gradient
from lucid.nn.signatures import speak_plainly
from lucid.optim import hooks, saving
from lucid.optim.options import OF_SCHEDULES, settled
from lucid.optim.parameters import check_parameter, has_gradient, listed

F = TypeVar("F", bound=Callable[..., Any])
State = dict[str, Any]
Group = dict[str, Any]
Row = tuple[Parameter, Array, State, dict[str, Any]]  # a gradient that has arrived, and whose it is


class Optimizer:
    """The base of all optimizers.

    To write one, give the options and their defaults to ``__init__``, and define ``update``.
    ``check`` and ``state_names`` make bad options and bad state dicts into clear errors.

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups: dicts
            with ``"params"``, which is either of these, and options that differ from the defaults;
            also ``"initial_lr"``, for a schedule that goes on after an epoch.
            Without names, parameters are called ``"0"``, ``"1"`` and so on. ``optim.param_groups``
            makes groups by patterns of names.
        defaults: the options.

    Attributes:
        param_groups: a list of dicts, each with ``"params"``, ``"param_names"`` and the options,
            which may be set: ``optimizer.param_groups[0]["lr"] = 0.1``.

    Raises:
        ArgumentTypeError: if ``params`` holds anything but Parameters, or Tensors that track gradients.
        ArgumentError: if it holds none, or one twice, or one that was computed; or an option is
            out of range.

    Example:
        >>> class Signs(lucid.optim.Optimizer):
        ...     def __init__(self, params, lr=0.1):
        ...         super().__init__(params, {"lr": lr})
        ...     def update(self, xp, p, g, state, *, lr):
        ...         return p - lr * xp.sign(g), state
        >>> w = nn.Parameter(Tensor([1.0, 2.0]))
        >>> optimizer = Signs([w], lr=1.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.0, 1.0]
    """

    _hooks: hooks.Hooks | None = None
    _stepped = False  # whether it has, which schedules ask

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        speak_plainly(cls)
        hooks.run_hooks_of(cls)

    def __init__(self, params: Any, defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.defaults = self.check(self.defaults)
        self.param_groups: list[Group] = []
        self._state: dict[str, State] = {}  # by the parameters' names
        entries = listed(type(self).__name__, params)
        if not entries:
            raise ArgumentError(
                f"{type(self).__name__} got no parameters. An iterator such as model.parameters() "
                "can be used up only once"
            )
        groups = [e for e in entries if isinstance(e, Mapping)]
        if groups and len(groups) != len(entries):
            raise ArgumentTypeError(f"{type(self).__name__} expects parameters or groups, got a mix of both")
        for group in groups or [{"params": entries}]:
            self.add_param_group(group)

    # ------------------------------------------------------------- what a subclass says

    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        """Return the parameter ``p`` after one step, and the state to keep for it.

        Args:
            xp: the namespace of the arrays.
            p: the parameter.
            g: its gradient.
            state: what the last step returned, empty before the first. Its arrays are on the parameter's
                device, those of floats of the dtype that ``state_dtype`` says.
            options: those of the parameter's group.
        """
        raise MissingAttributeError(
            f"{type(self).__name__} has no rule: define update(self, xp, p, g, state, **options)"
        )

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a group, checked."""
        return {name: options[name] for name in self.defaults}

    def state_names(self) -> Mapping[str, bool] | None:
        """Return the names of the state that may be kept, each with whether it must be; None if any will do.

        What need not be there ``update`` begins from nothing at any step, as when an option is turned on.
        Before the first step, nothing need be.
        """
        return None

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the shape of the state ``name`` of a parameter of ``shape``; None if it is a number.

        A number is a float, or an array of no axes where one was computed from a Tensor on another device
        than the CPU.
        """
        return shape

    def state_dtype(self, dtype: Any) -> Any:
        """Return the dtype of the state, where it holds floats, of a parameter of ``dtype``."""
        return dtype

    # ------------------------------------------------------------- groups

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with options of their own, ``{"params": ..., "lr": ...}``.

        Raises:
            ArgumentError: if an option is unknown or out of range, or a parameter is here already.
        """
        cls = type(self).__name__
        if not isinstance(group, Mapping) or "params" not in group:
            raise ArgumentTypeError(f'{cls} expects a group to be a dict with "params", got {group!r}')
        for name in group:
            if name not in ("params", "param_names", *self.defaults, *OF_SCHEDULES):
                close = difflib.get_close_matches(str(name), self.defaults, 1)
                hint = f": did you mean {close[0]!r}?" if close else f": it has {', '.join(self.defaults)}"
                raise ArgumentError(f"{cls} has no option {name!r}{hint}")
        options = self.check({**self.defaults, **group})
        options |= {name: checks.number(cls, name, group[name]) for name in OF_SCHEDULES if name in group}
        entries = listed(cls, group["params"])
        if "param_names" in group:
            given = list(group["param_names"])
            if len(given) != len(entries):
                raise ArgumentError(f"{cls}: {len(given)} param_names for {len(entries)} parameters")
            entries = list(zip(given, entries, strict=True))
        known = {id(p): name for name, p in self._named()}
        taken = set(known.values())
        names, params = [], []
        for i, entry in enumerate(entries, start=len(known)):
            name, p = entry if isinstance(entry, tuple) and len(entry) == 2 else (str(i), entry)
            check_parameter(cls, name, p)
            if id(p) in known:
                raise ArgumentError(f"{cls}: {name!r} is the same Parameter as {known[id(p)]!r}")
            if name in taken:
                raise ArgumentError(f"{cls}: two Parameters are called {name!r}")
            known[id(p)] = name
            taken.add(name)
            names.append(name)
            params.append(p)
        self.param_groups.append({"params": params, "param_names": names, **options})

    def _named(self) -> Iterable[tuple[str, Parameter]]:
        for i, group in enumerate(self.param_groups):
            missing = [key for key in ("params", "param_names", *self.defaults) if key not in group]
            if missing:
                raise StateError(
                    f"{type(self).__name__}: group {i} of param_groups lacks {missing[0]!r}: add groups by "
                    "add_param_group(group), and leave all options in them"
                )
            yield from zip(group["param_names"], group["params"], strict=True)

    @property
    def state(self) -> Mapping[Parameter, Mapping[str, Any]]:
        """What is kept for each parameter, with Tensors for arrays: to look at, ``state_dict`` is to save.

        Example:
            >>> w = nn.Parameter([1.0])
            >>> optimizer = lucid.optim.SGD([w], momentum=0.9)
            >>> w.grad = Tensor([2.0])
            >>> optimizer.step()
            >>> optimizer.state[w]["momentum_buffer"]
            Tensor([2.0])
        """
        return saving.StateView(self)

    def _kept(self, name: str) -> dict[str, Any]:
        """Return what is kept for a parameter, with Tensors for arrays."""
        return saving.as_tensors(self._state.get(name, {}))

    # ------------------------------------------------------------- stepping

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set every parameter's ``grad`` to None; without ``set_to_none``, those that are there to zeros."""
        for _, p in self._named():
            clear_gradient(p, set_to_none)

    @hooks.run_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient.

        Args:
            closure: computes the loss anew, calls backward, and returns the loss.

        Returns:
            what ``closure`` returned, or None.

        Raises:
            GradientError: if a gradient doesn't fit its parameter, or a parameter was written to while
                operations were recorded; then none is moved.
            ShapeError: if a parameter has another shape than when its state was made; then none is moved.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        ready = {name for name, p in self._named() if has_gradient(type(self).__name__, name, p)}
        checked = [self.check(group) for group in self.param_groups]
        rows = []
        for group, options in zip(self.param_groups, checked, strict=True):
            options_for = settled(options)
            for name, p in zip(group["param_names"], group["params"], strict=True):
                if name in ready:
                    state = self._state[name] = self._at_home(self._state.get(name, {}), p)
                    rows.append((p, p._grad._array, state, options_for(p)))
        for p, g, state, options in self._by_kernel(rows):
            engine = engine_of(p._array)
            new, kept = self.update(engine.xp, p._array, g, state, **options)
            if new.dtype != p.dtype:  # a rate that is an array is float32 at least
                new, kept = engine.xp.astype(new, p.dtype), self._at_home(dict(kept), p)
            p._array = engine.as_array(new)  # of no axes, NumPy makes a scalar
            if kept is not state:
                state.update(kept)  # at once: another thread may be reading it
                for key in state.keys() - kept.keys():
                    del state[key]
        return loss

    def _by_kernel(self, rows: list[Row]) -> list[Row]:
        """Move the parameters that a kernel takes, all at once; return the rows that are left."""
        name = getattr(self.update, "kernel", None)
        if name is None or not rows:
            return rows
        # No variable may refer to an array: the kernel would take it for someone else's.
        largest = max((p for p, *_ in rows), key=lambda p: p.size)
        kernel = engine_of(largest._array).kernel(name, largest._array)
        return rows if kernel is None else kernel.forward(rows)

    def _at_home(self, state: State, p: Parameter) -> State:
        """Return ``state``, after bringing its arrays to the device and dtype that ``p`` may have gone to."""
        dtype = self.state_dtype(p.dtype)
        for key, value in state.items():
            if not hasattr(value, "shape"):
                continue
            if value.shape != p.shape:
                self._check_shape(key, value, p)
            number = value.shape == () and self.state_shape(key, p.shape) is None
            if number and p.device == "cpu":
                state[key] = float(value)
                continue
            if engine_of(value).device_of(value) != p.device:
                state[key] = value = transfer(value, p.device)
            if value.dtype != dtype and is_inexact(value.dtype) and not number:
                state[key] = engine_of(value).xp.astype(value, dtype)
        return state

    def _check_shape(self, key: str, value: Array, p: Parameter) -> None:
        """Raise if the state ``key`` is that of another shape than ``p`` has now."""
        expected = self.state_shape(key, p.shape) or ()
        if value.shape != expected and key in (self.state_names() or ()):
            name = next(name for name, q in self._named() if q is p)
            raise ShapeError(
                f"{type(self).__name__}: {name!r} is of shape {p.shape} now, and its {key} of shape "
                f"{value.shape}, not {expected}: make another optimizer after a parameter changed its shape"
            )

    # ------------------------------------------------------------- hooks

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Callable[[], None]:
        """Call ``hook(optimizer, args, kwargs)`` before each step.

        What it returns, unless None, is ``(args, kwargs)``, to step with in the place of those.
        Returns a function that removes the hook.
        """
        return hooks.add(self, "before", "step", hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> Callable[[], None]:
        """Call ``hook(optimizer, args, kwargs)`` after each step. Returns a function that removes the hook.

        Example:
            >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.5)
            >>> remove = optimizer.register_step_post_hook(lambda optimizer, args, kwargs: print("stepped"))
            >>> optimizer.step()
            stepped
            >>> remove()
        """
        return hooks.add(self, "after", "step", hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Callable[[], None]:
        """Call ``hook(optimizer)`` before ``state_dict``; before the other hooks if ``prepend``.

        Returns a function that removes the hook.
        """
        return hooks.add(self, "before", "state_dict", hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Callable[[], None]:
        """Call ``hook(optimizer, state_dict)``; what it returns, unless None, is the state dict.

        Returns a function that removes the hook.
        """
        return hooks.add(self, "after", "state_dict", hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Callable[[], None]:
        """Call ``hook(optimizer, state_dict)`` before loading; what it returns, unless None, is loaded.

        Returns a function that removes the hook.
        """
        return hooks.add(self, "before", "load_state_dict", hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Callable[[], None]:
        """Call ``hook(optimizer)`` after loading. Returns a function that removes the hook."""
        return hooks.add(self, "after", "load_state_dict", hook, prepend)

    # ------------------------------------------------------------- saving

    @hooks.run_hooks
    def state_dict(self) -> dict[str, Any]:
        """Return options and state, by the parameters' names.

        It is ``{"state": {name: {...}}, "param_groups": [{"params": [name, ...], "lr": ...}]}``,
        with Tensors for arrays.
        """
        return saving.state_dict(self)

    @hooks.run_hooks
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what ``state_dict`` returned, of an optimizer of the same parameters by name.

        Raises:
            StateError: if anything doesn't fit; it lists all that doesn't, and nothing is loaded.
        """
        saving.load_state_dict(self, state_dict)

    def __repr__(self) -> str:
        groups = []
        for group in self.param_groups:
            options = ", ".join(f"{name}={group[name]!r}" for name in self.defaults)
            n = len(group["params"])
            groups.append(f"{n} parameter{'' if n == 1 else 's'}, {options}")
        return f"{type(self).__name__}({'; '.join(groups)})"


def with_kernel(name: str) -> Callable[[F], F]:
    """Let engines that have a kernel of this name run it in the place of ``update``.

    Only of this very function: a subclass with an ``update`` of its own does without.
    """

    def named(update: F) -> F:
        update.kernel = name  # type: ignore[attr-defined]
        return update

    return named
