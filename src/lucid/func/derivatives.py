"""Derivatives as functions of functions: ``grad``, ``value_and_grad``, ``vjp`` and ``jvp``.

They stand on ``autograd.grad``, and add two things. The arguments are differentiated as if they
were fresh variables, whether they track gradients already or not. And what comes out is recorded
only if something outside asks for it: an argument that tracks gradients, or a Tensor that the
function took from its surroundings. So ``grad(grad(f))`` is a second derivative, and ``grad(f)``
alone leaves no graph behind.

Read next: ``jacobians.py``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lucid import autograd, ops
from lucid.autograd import enable_grad, is_recording
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError, ShapeError
from lucid.func.batching.levels import lift
from lucid.func.tree import leaves, pairs, refill, tree_map
from lucid.node import next_order
from lucid.recording import wrap
from lucid.tensor import Tensor

Function = Callable[..., Any]


def grad(function: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the gradient of ``function``.

    Args:
        function: returns one real number, a Tensor of one element.
        argnums: which positional arguments to differentiate by: one, or a tuple of several. Each may
            be a Tensor, or a tuple, list or dict of Tensors.
        has_aux: ``function`` returns ``(value, aux)``, and its gradient ``(gradient, aux)``.

    Returns:
        a function of the same arguments. It returns the gradient in the form of the argument: a
        tuple of them, if ``argnums`` is one.

    Raises:
        GradientError: if the function does not return one real number.
        DTypeError: if an argument to differentiate by is not a Tensor of floats.

    Example:
        >>> cube = lambda x: x**3
        >>> slope = lucid.func.grad(cube)
        >>> slope(Tensor(2.0)), lucid.func.grad(slope)(Tensor(2.0))
        (Tensor(12.0), Tensor(12.0))
    """
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, grads = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


def value_and_grad(function: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """Return the function that computes ``(value, gradient)`` of ``function``; see ``grad``.

    Example:
        >>> lucid.func.value_and_grad(lambda x, y: x * y, argnums=(0, 1))(Tensor(2.0), Tensor(3.0))
        (Tensor(6.0), (Tensor(3.0), Tensor(2.0)))
    """

    @functools.wraps(function)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        call, chosen = of_chosen("grad", function, argnums, args, kwargs)
        pass_ = _Pass("grad", call, chosen, has_aux)
        value = pass_.outputs
        if not isinstance(value, Tensor) or value.size != 1:
            shown = f"a Tensor of shape {value.shape}" if isinstance(value, Tensor) else repr(value)
            raise GradientError(
                f"grad: the function must return a Tensor of one element, got {shown}: sum it, "
                "or take lucid.func.jacobian"
            )
        if value.dtype.kind == "c":
            raise GradientError(
                f"grad: the function must return a real number, got {value.dtype.name}: take .real"
            )
        grads = pass_.pull_back(ops.ones_like(value), retain_graph=pass_.aux_depends)
        results = pass_.release(value, pass_.depends)
        grads = grads if isinstance(argnums, tuple) else grads[0]
        return (results, pass_.release(pass_.aux, pass_.aux_depends)) if has_aux else results, grads

    return value_and_gradient


def of_chosen(
    name: str,
    function: Function,
    argnums: int | tuple[int, ...],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[Function, list[Any]]:
    """Return ``function`` as one of the chosen arguments alone, and these."""
    which = argnums if isinstance(argnums, tuple) else (argnums,)
    for i in which:
        if not hasattr(i, "__index__"):
            raise ArgumentTypeError(f"{name}: argnums must be an integer or a tuple of them, got {argnums!r}")
        if not -len(args) <= i < len(args):
            raise ArgumentError(
                f"{name}: argnums={argnums}, but {len(args)} arguments were given by position"
            )
    if len({i % len(args) for i in which}) != len(which):
        raise ArgumentError(f"{name}: argnums={argnums} names an argument twice")

    def call(*variables: Any) -> Any:
        filled = list(args)
        for i, variable in zip(which, variables, strict=True):
            filled[i] = variable
        return function(*filled, **kwargs)

    return call, [args[i] for i in which]


def vjp(function: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    r"""Return ``function(*primals)``, and the function that pulls gradients back through it.

    For :math:`y = f(x)` with Jacobian :math:`J`, ``pullback(g)`` is :math:`J^\top g` (of complex numbers
    :math:`J^H g`): the gradients of the primals that belong to the gradient ``g`` of the result.

    Args:
        function: returns a Tensor, or a tuple, list or dict of Tensors.
        primals: the arguments, of the same kinds.
        has_aux: ``function`` returns ``(outputs, aux)``.

    Returns:
        ``(outputs, pullback)``, with ``has_aux`` ``(outputs, pullback, aux)``. ``pullback`` takes a
        gradient in the form of the outputs, and returns a tuple with one for each primal; it may
        be called many times.

    Example:
        >>> y, pullback = lucid.func.vjp(lucid.sin, Tensor(0.0))
        >>> y, pullback(Tensor(2.0))
        (Tensor(0.0), (Tensor(2.0),))
    """
    pass_ = _Pass("vjp", function, list(primals), has_aux)
    for output in leaves(pass_.outputs):
        if not isinstance(output, Tensor):
            raise ArgumentTypeError(f"vjp: the function must return Tensors, got {type(output).__name__}")
    outputs = pass_.release(pass_.outputs, pass_.depends)

    def pullback(gradients: Any) -> tuple[Any, ...]:
        return pass_.pull_back(gradients)

    if not has_aux:
        return outputs, pullback
    return outputs, pullback, pass_.release(pass_.aux, pass_.aux_depends)


def jvp(function: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    r"""Return ``function(*primals)``, and how it changes as the primals move along ``tangents``.

    For :math:`y = f(x)` with Jacobian :math:`J` this is :math:`(y, J v)`. No operation needs a second rule
    for it: the pullback :math:`g \mapsto J^\top g` is linear in :math:`g`, and pulling :math:`v` back through
    it gives :math:`J v`. (The trick is due to J. Townsend, 2017; a call costs about three of ``function``.)

    Args:
        function: returns a Tensor, or a tuple, list or dict of Tensors.
        primals: a tuple of the arguments.
        tangents: a tuple of Tensors of the same shapes.

    Example:
        >>> lucid.func.jvp(lambda x, y: x * y, (Tensor(2.0), Tensor(3.0)), (Tensor(1.0), Tensor(0.0)))
        (Tensor(6.0), Tensor(3.0))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple) or len(primals) != len(tangents):
        raise ArgumentError("jvp: primals and tangents are two tuples of one length: jvp(f, (x,), (v,))")
    along = _tangents_like(primals, tangents)
    pass_ = _Pass("jvp", function, list(primals), has_aux=False)
    outputs = list(leaves(pass_.outputs))
    with enable_grad():
        # Any point will do for g, the pullback being linear in it.
        at = [_fresh(lift(ops.zeros_like(y))) if _is_smooth(y) else ops.zeros_like(y) for y in outputs]
        points = refill(pass_.outputs, iter(at))
        pulled = list(leaves(pass_.pull_back(points, create_graph=True)))
    joined = [(g, v) for g, v in zip(pulled, along, strict=True) if g._node is not None]
    smooth = [u for u in at if u._node is not None]
    moved: Any = (None,) * len(smooth)
    if joined:
        create = is_recording() and (pass_.depends or any(v._node is not None for _, v in joined))
        moved = autograd.grad(
            [g for g, _ in joined], smooth, [v for _, v in joined], create_graph=create, allow_unused=True
        )
    found = dict(zip(map(id, smooth), moved, strict=True))
    filled = [ops.zeros_like(u) if (m := found.get(id(u))) is None else m for u in at]
    return pass_.release(pass_.outputs, pass_.depends), refill(pass_.outputs, iter(filled))


def _tangents_like(primals: Any, tangents: Any) -> list[Any]:
    result = []
    for x, v in pairs(primals, tangents, "jvp: primals and tangents"):
        x, v = _as_tensor("jvp", x), ops.asarray(v)
        if v.shape != x.shape:
            raise ShapeError(f"jvp: a tangent has shape {v.shape}, its primal {x.shape}: they must be equal")
        result.append(v.astype(x.dtype))
    return result


class _Pass:
    """One run of a function on fresh variables, ready to be pulled back.

    Attributes:
        outputs: what the function returned, still part of the graph.
        aux: what else it returned, or None.
        depends, aux_depends: whether they depend on anything that is tracked outside.
    """

    def __init__(self, name: str, function: Function, args: list[Any], has_aux: bool) -> None:
        self.name = name
        recording, start = is_recording(), next_order()
        with enable_grad():
            fresh = tree_map(lambda x: _variable(name, x, recording), args)
            result = function(*fresh)
        if has_aux and not (isinstance(result, tuple) and len(result) == 2):
            raise ArgumentTypeError(f"{name}: with has_aux the function returns (value, aux), got {result!r}")
        self.outputs: Any
        self.aux: Any
        self.outputs, self.aux = result if has_aux else (result, None)
        self._args = fresh
        self._variables = list(leaves(fresh))
        self._recording = recording
        self.depends = recording and _reaches(self.outputs, start)
        self.aux_depends = recording and _reaches(self.aux, start)

    def release(self, results: Any, depends: bool) -> Any:
        """Return ``results`` cut off from the variables of this pass, unless they depend on others."""
        if depends:
            return results
        # Under vmap, what a batch holds may be tracked outside, and stays so; but not under no_grad.
        cut = _untracked if self._recording else Tensor.detach
        return tree_map(lambda y: cut(y) if isinstance(y, Tensor) else y, results)

    def pull_back(
        self, gradients: Any, retain_graph: bool = True, create_graph: bool = False
    ) -> tuple[Any, ...]:
        """Return the gradients of the arguments for ``gradients`` of the outputs."""
        joined = []
        for y, g in pairs(self.outputs, gradients, f"{self.name}: the outputs and their gradients"):
            g = ops.asarray(g)
            if g.shape != y.shape:
                raise ShapeError(f"{self.name}: a gradient has shape {g.shape}, its output {y.shape}")
            if y._node is not None:
                joined.append((y, g))
        asked = self.depends or any(g._node is not None for _, g in joined)
        grads: Any = (None,) * len(self._variables)
        if joined:
            grads = autograd.grad(
                [y for y, _ in joined],
                self._variables,
                [g for _, g in joined],
                retain_graph=retain_graph,
                create_graph=create_graph or (asked and is_recording()),
                allow_unused=True,
            )
        filled = [ops.zeros_like(x) if g is None else g for g, x in zip(grads, self._variables, strict=True)]
        return tuple(refill(self._args, iter(filled)))


def _as_tensor(name: str, x: Any) -> Any:
    tensor = ops.asarray(x)
    if tensor.dtype.kind not in "fcV":
        raise DTypeError(
            f"{name}: only floats and complex numbers have derivatives, got {tensor.dtype.name}: "
            "write x.astype(lucid.float32), or leave this argument out of argnums"
        )
    return tensor


def _variable(name: str, x: Any, recording: bool) -> Any:
    """Return ``x`` as a variable of its own: a leaf, or a node right after what tracks it outside."""
    x = lift(_as_tensor(name, x))
    return x.copy() if recording and x._node is not None else _fresh(x)


def _untracked(x: Any) -> Any:
    """Return ``x`` without its node, and with all that a batch holds of outer graphs."""
    return wrap(x._array)


def _fresh(x: Any) -> Any:
    return _untracked(x).requires_grad_()


def _is_smooth(x: Any) -> bool:
    return bool(x.dtype.kind in "fcV")


def _reaches(tree: Any, start: int) -> bool:
    """Whether a Tensor in ``tree`` depends on a leaf made before ``start``.

    Such a leaf belongs to someone outside, who may ask for its gradient.
    """
    roots = [y._node for y in leaves(tree) if isinstance(y, Tensor) and y._node is not None]
    return any(not node.parents and node.order < start for node in autograd.ancestors(roots))
