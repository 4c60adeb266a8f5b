"""L-BFGS: Newton's method with curvatures guessed from the last steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lucid.engines.protocol import Array
from lucid.engines.registry import engine_of
from lucid.errors import ArgumentError, ArgumentTypeError, StateError
from lucid.nn.functional import checks
from lucid.optim.flat import Flat
from lucid.optim.line_search import Point, strong_wolfe
from lucid.optim.optimizer import Optimizer
from lucid.optim.options import rate
from lucid.recording import wrap
from lucid.tensor import Tensor

CURVED = 1e-10  # a step that the gradient changed less along says nothing of the curvature


class Memory(NamedTuple):
    """What is kept from step to step. Arrays are of all parameters, one after the other."""

    func_evals: int = 0
    n_iter: int = 0
    d: Array = None  # the last direction
    t: float = 0.0  # how far it was followed
    old_dirs: tuple[Array, ...] = ()  # how gradients changed
    old_stps: tuple[Array, ...] = ()  # and by which steps
    ro: tuple[float, ...] = ()  # one over the product of each two
    H_diag: float = 1.0
    prev_flat_grad: Array = None
    prev_loss: float = 0.0


class LBFGS(Optimizer):
    r"""Step along the gradient times a guess of the inverse Hessian, made from the last steps.

    .. math::
        s_k &= p_{k + 1} - p_k, \qquad y_k = g_{k + 1} - g_k \\
        p &\leftarrow p - t \, H g

    where :math:`H` is the matrix of BFGS that begins with :math:`(s^T y / y^T y) \, I` of the last step and
    takes in the last ``history_size`` pairs. It is never formed: two passes over the pairs multiply by it.

    A ``step`` makes up to ``max_iter`` of these, and so calls the closure several times. It suits losses
    without noise: the whole data, or large batches.

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of one group.
        lr: :math:`t`; with a line search what it begins with.
        max_iter: the most iterations in a step.
        max_eval: after how many calls of the closure a step ends, by default ``max_iter * 5 // 4``.
        tolerance_grad: stop when no entry of the gradient is larger.
        tolerance_change: stop when neither a parameter nor the loss changes by more.
        history_size: how many pairs are kept; each is twice as large as the parameters.
        line_search_fn: None, or ``"strong_wolfe"``, which looks for a step after which the loss has
            fallen and its slope is flatter.

    Raises:
        ArgumentError: if an option is out of range, or there are several groups.

    Example:
        >>> w = nn.Parameter(Tensor([3.0, -2.0]))
        >>> optimizer = lucid.optim.LBFGS([w], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = ((w - Tensor([1.0, 2.0])) ** 2 * Tensor([1.0, 10.0])).sum()
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(closure).item()  # the loss before the step
        164.0
        >>> print([round(value, 4) for value in w.tolist()])
        [1.0, 2.0]

    Liu and Nocedal, On the Limited Memory BFGS Method for Large Scale Optimization, 1989.
    Nocedal and Wright, Numerical Optimization, 2006, chapters 3 and 7.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if max_eval is None:
            max_eval = checks.size("LBFGS", "max_iter", max_iter) * 5 // 4
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        self._memory = Memory()
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        if options["line_search_fn"] is not None:
            checks.one_of("LBFGS", "line_search_fn", options["line_search_fn"], ("strong_wolfe",))
        return {
            "lr": rate("LBFGS", "lr", options["lr"]),
            "max_iter": checks.size("LBFGS", "max_iter", options["max_iter"]),
            "max_eval": checks.size("LBFGS", "max_eval", options["max_eval"]),
            "tolerance_grad": checks.number("LBFGS", "tolerance_grad", options["tolerance_grad"], 0),
            "tolerance_change": checks.number("LBFGS", "tolerance_change", options["tolerance_change"], 0),
            "history_size": checks.size("LBFGS", "history_size", options["history_size"]),
            "line_search_fn": options["line_search_fn"],
        }

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add the group; there can be only one, for one direction moves all parameters."""
        if self.param_groups:
            raise ArgumentError("LBFGS moves all parameters along one direction: it can have only one group")
        super().add_param_group(group)

    # ------------------------------------------------------------- stepping

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make up to ``max_iter`` iterations.

        Args:
            closure: computes the loss anew, calls backward, and returns the loss. If it raises, the
                parameters are again what they were before the step.

        Returns:
            what ``closure`` returned first.

        Raises:
            ArgumentTypeError: if there is no closure.
            GradientError: if a gradient doesn't fit its parameter.
        """
        if not callable(closure):
            raise ArgumentTypeError(
                "LBFGS.step expects a closure: it computes the loss several times, so write "
                "optimizer.step(closure) with a function that calls zero_grad, backward, and returns the loss"
            )
        before = [(p, p._array) for _, p in self._named()]
        try:
            return self._iterate(closure, **self.check(self.param_groups[0]))
        except BaseException:
            for p, array in before:
                p._array = array
            raise

    def _iterate(
        self,
        closure: Callable[[], Any],
        lr: Any,
        max_iter: int,
        max_eval: int,
        tolerance_grad: float,
        tolerance_change: float,
        history_size: int,
        line_search_fn: str | None,
    ) -> Any:
        flat = Flat(type(self).__name__, list(self._named()))
        xp, memory = flat.xp, _at_home(flat, self._memory)
        first, loss, g = flat.evaluate(closure)
        memory = memory._replace(func_evals=memory.func_evals + 1)
        evaluations = 1
        for iteration in range(1, max_iter + 1):
            if flat.largest(g) <= tolerance_grad:
                break
            memory = memory._replace(n_iter=memory.n_iter + 1)
            if memory.n_iter == 1:
                memory = memory._replace(d=-g)
                t = min(1.0, 1.0 / float(xp.sum(xp.abs(g)))) * float(lr)
            else:
                memory = _remember(flat, memory, g, history_size)
                memory = memory._replace(d=_newton(flat, memory, g))
                t = float(lr)
            memory = memory._replace(t=t, prev_flat_grad=g, prev_loss=loss)
            d, slope = memory.d, flat.dot(g, memory.d)
            if slope > -tolerance_change:
                break
            calls = 0
            where = flat.arrays()
            if line_search_fn is not None:

                def at(t: float, where: Any = where, d: Array = d) -> Point:
                    nonlocal calls
                    calls += 1
                    flat.move(where, t, d)
                    _, loss, g = flat.evaluate(closure)
                    return Point(t, loss, g, flat.dot(g, d))

                start = Point(0.0, loss, g, slope)
                point = strong_wolfe(at, start, t, flat.largest(d), max_eval - evaluations)
                t, loss, g = point.t, point.loss, point.gradient
                flat.move(where, t, d)
            else:
                flat.move(where, t, d)
                if iteration != max_iter:  # the last one's would be computed again in the next step
                    _, loss, g = flat.evaluate(closure)
                    calls = 1
            evaluations += calls
            memory = memory._replace(t=t, func_evals=memory.func_evals + calls)
            if evaluations >= max_eval or flat.largest(g) <= tolerance_grad:
                break
            if flat.largest(d * t) <= tolerance_change or abs(loss - memory.prev_loss) < tolerance_change:
                break
        self._memory = memory
        return first

    # ------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """Return options and state. What is kept of all parameters stands under the name of the first."""
        saved = super().state_dict()
        first = self.param_groups[0]["param_names"][0]
        state = self._kept(first)
        return {**saved, "state": {first: state}} if state else saved

    def _kept(self, name: str) -> dict[str, Any]:
        kept = self._memory
        if not kept.func_evals or name != self.param_groups[0]["param_names"][0]:
            return {}
        state: dict[str, Any] = {"func_evals": kept.func_evals, "n_iter": kept.n_iter}
        if kept.n_iter:
            state |= kept._asdict()
            xp, none = engine_of(kept.d).xp, kept.d[None, :][:0]
            for key in ("old_dirs", "old_stps"):
                state[key] = xp.stack(state[key]) if state[key] else none
            for key in ARRAYS:
                state[key] = wrap(state[key])
            state["ro"] = list(kept.ro)
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what ``state_dict`` returned, of an optimizer of the same parameters by name.

        Raises:
            StateError: if anything doesn't fit; it lists all that doesn't, and nothing is loaded.
        """
        state = state_dict.get("state") if isinstance(state_dict, Mapping) else None
        if not isinstance(state, Mapping):
            super().load_state_dict(state_dict)  # which says what is wrong
            return
        first = self.param_groups[0]["param_names"][0]
        problems: list[str] = []
        memory = self._read(first, state[first], problems) if first in state else Memory()
        if problems:
            raise StateError(
                "LBFGS.load_state_dict: nothing was loaded, as the state dict does not fit:\n  "
                + "\n  ".join(problems)
            )
        super().load_state_dict({**state_dict, "state": {k: v for k, v in state.items() if k != first}})
        self._memory = memory

    def _read(self, name: str, given: Any, problems: list[str]) -> Memory:
        """Return what is to be kept; append what doesn't fit."""
        where = f"state of {name!r}"
        if not isinstance(given, Mapping):
            problems.append(f"{where} must be a dict, got {type(given).__name__}")
            return Memory()
        if not given:
            return Memory()
        needed = Memory._fields if given.get("n_iter") else ("func_evals", "n_iter")
        problems += [f"{where} lacks {key!r}" for key in needed if key not in given]
        problems += [f"{where} has an unknown {key!r}" for key in given if key not in Memory._fields]
        flat = Flat(type(self).__name__, list(self._named()))
        read: dict[str, Any] = {}
        for key in needed:
            if key not in given:
                continue
            value: Any = given[key]
            if key in ARRAYS:
                read[key] = flat.read(value)
                shape = (flat.size,) if key in ("d", "prev_flat_grad") else ("pairs", flat.size)
                found = getattr(read[key], "shape", None)
                if found is None or len(found) != len(shape) or found[-1] != flat.size:
                    problems.append(
                        f"{where}: {key} must be a Tensor of shape {shape}, got {found or value!r}"
                    )
            elif key == "ro":
                if not isinstance(value, (list, tuple)) or not all(isinstance(v, float) for v in value):
                    problems.append(f"{where}: ro must be a list of numbers, got {value!r}")
                else:
                    read[key] = tuple(value)
            elif isinstance(value := _plain(value), bool) or not isinstance(value, (int, float)):
                problems.append(f"{where}: {key} must be a number, got {value!r}")
            else:
                read[key] = value
        if not problems and len({len(read.get(key, ())) for key in ("old_dirs", "old_stps", "ro")}) > 1:
            problems.append(f"{where}: old_dirs, old_stps and ro must be of as many pairs")
        if problems:
            return Memory()
        read |= {key: tuple(read[key]) for key in ("old_dirs", "old_stps") if key in read}
        return Memory(**read)


def _plain(value: Any) -> Any:
    """Return the number that an array or a Tensor of one element holds; else ``value`` itself."""
    return value.item() if hasattr(value, "item") and getattr(value, "size", 0) == 1 else value


ARRAYS = ("d", "old_dirs", "old_stps", "prev_flat_grad")


def _at_home(flat: Flat, memory: Memory) -> Memory:
    """Return ``memory``, its arrays where the parameters are."""
    if not memory.n_iter:
        return memory
    return memory._replace(
        d=flat.at_home(memory.d),
        prev_flat_grad=flat.at_home(memory.prev_flat_grad),
        old_dirs=tuple(map(flat.at_home, memory.old_dirs)),
        old_stps=tuple(map(flat.at_home, memory.old_stps)),
    )


def _remember(flat: Flat, memory: Memory, g: Array, size: int) -> Memory:
    """Return ``memory`` with the last step and how the gradient changed, if that says anything."""
    y, s = g - memory.prev_flat_grad, memory.d * memory.t
    product = flat.dot(y, s)
    if not product > CURVED:  # nor if it is nan: what would be kept of it would spoil the steps to come
        return memory
    return memory._replace(
        old_dirs=(*memory.old_dirs, y)[-size:],
        old_stps=(*memory.old_stps, s)[-size:],
        ro=(*memory.ro, 1.0 / product)[-size:],
        H_diag=product / flat.dot(y, y),
    )


def _newton(flat: Flat, memory: Memory, g: Array) -> Array:
    """Return the direction: minus the guessed inverse Hessian times the gradient."""
    pairs = list(zip(memory.old_dirs, memory.old_stps, memory.ro, strict=True))
    d, parts = -g, []
    for y, s, ro in reversed(pairs):
        part = flat.dot(s, d) * ro
        parts.append(part)
        d = d - part * y
    d = d * memory.H_diag
    for (y, s, ro), part in zip(pairs, reversed(parts), strict=True):
        d = d + (part - flat.dot(y, d) * ro) * s
    return d
