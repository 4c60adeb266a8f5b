"""Normalised weights whose parameters stand in the module itself, as ``weight_g`` and ``weight_orig``.

``parametrizations.py`` has the same under newer names. These are for state that is named in the older way.
"""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError
from lucid.grad_mode import no_grad
from lucid.nn import hooks
from lucid.nn.parameter import Buffer, Parameter
from lucid.nn.utils import computed
from lucid.nn.utils.normalized import (
    FIRST_ITERATIONS,
    Spectral,
    checked_axis,
    default_axis,
    length,
    with_length,
)
from lucid.nn.utils.orthogonal_maps import adjoint


def _recipe(function: str, module: Any, name: str, kind: type) -> Any:
    """Return the recipe of ``kind`` that computes ``name``."""
    recipe = computed.recipe_of(module, name)
    if not isinstance(recipe, kind):
        given = type(module).__name__
        raise ArgumentError(f"{function}: {name!r} of the {given} is not computed by {function[7:]}")
    return recipe


def _parts(function: str, module: Any, name: str, parts: tuple[str, ...]) -> list[Any]:
    """Return what ``name`` is computed from, which must be Parameters and Buffers still."""
    return [computed.owned(function, module, f"{name}_{part}", (Parameter, Buffer)) for part in parts]


# ----------------------------------------------------------------- length and direction


class _WeightNorm(computed.Recipe):
    fix = "nn.utils.remove_weight_norm(module, {name!r})"

    def __init__(self, name: str, axis: int | None) -> None:
        self.name, self.axis = name, axis

    def compute(self, module: Any) -> Any:
        return with_length(getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v"), self.axis)

    def remove(self, module: Any, name: str) -> None:
        remove_weight_norm(module, name)


def weight_norm(module: Any, name: str = "weight", axis: int | None = 0) -> Any:
    r"""Have a weight be learned as its length and its direction; return the module.

    .. math:: w = g \, \frac{v}{\|v\|}

    The Parameters ``weight_g`` and ``weight_v`` take the weight's place, and the weight is computed from them
    whenever it is read. ``nn.utils.parametrizations.weight_norm`` does the same with names of its own.

    Args:
        module: what holds the weight.
        name: what it is called there.
        axis: that along which each row has a length of its own; None for one length of the whole.

    Raises:
        ArgumentError: if there is no such Parameter or axis.

    Example:
        >>> layer = nn.utils.weight_norm(nn.Linear(20, 40))
        >>> layer.weight_g.shape, layer.weight_v.shape
        ((40, 1), (40, 20))

    Salimans and Kingma, Weight Normalization, 2016.
    """
    weight = computed.owned("weight_norm", module, name)
    axis = checked_axis("weight_norm", axis, weight)
    computed.install(module, name, _WeightNorm(name, axis))
    setattr(module, f"{name}_g", Parameter(length(weight.detach(), axis), weight.requires_grad))
    setattr(module, f"{name}_v", Parameter(weight.detach(), weight.requires_grad))
    return module


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Have the weight be a Parameter again, of the value that it has; return the module.

    Raises:
        ArgumentError: if ``weight_norm`` was not called for it.

    Example:
        >>> layer = nn.utils.weight_norm(nn.Linear(20, 40))
        >>> list(nn.utils.remove_weight_norm(layer).state_dict())
        ['bias', 'weight']
    """
    _recipe("remove_weight_norm", module, name, _WeightNorm)
    _, v = _parts("remove_weight_norm", module, name, ("g", "v"))
    with no_grad():
        weight = Parameter(getattr(module, name), v.requires_grad)
    delattr(module, f"{name}_g")
    delattr(module, f"{name}_v")
    computed.uninstall(module, name, weight)
    return module


# ----------------------------------------------------------------- the largest singular value


class _SpectralNorm(computed.Recipe):
    """How the weight is computed; and as a hook, what improves the vectors before each call in training."""

    fix = "nn.utils.remove_spectral_norm(module, {name!r})"

    def __init__(self, name: str, spectral: Spectral) -> None:
        self.name, self.spectral = name, spectral

    def parts(self, module: Any) -> list[Any]:
        """Return the weight before it is normalised, and the two vectors."""
        return [getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v")]

    def compute(self, module: Any) -> Any:
        return self.spectral.divided(*self.parts(module))

    def remove(self, module: Any, name: str) -> None:
        remove_spectral_norm(module, name)

    def __call__(self, module: Any, args: Any) -> None:
        if module.training:
            self.iterate(module, self.spectral.n_power_iterations)

    @no_grad()
    def iterate(self, module: Any, count: int) -> None:
        """Improve the vectors."""
        weight, u, v = self.parts(module)
        matrix = self.spectral.matrix(weight)
        for _ in range(count):
            v.copy_(self.spectral.unit(adjoint(matrix) @ u))
            u.copy_(self.spectral.unit(matrix @ v))


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    axis: int | None = None,
) -> Any:
    r"""Have a weight be divided by its largest singular value; return the module.

    .. math:: w = \frac{W}{\sigma(W)}, \qquad \sigma(W) = \max_{|h| = 1} |W h|

    The Parameter ``weight_orig``, W, takes the weight's place, beside the Buffers ``weight_u`` and
    ``weight_v``, the singular vectors. In training they are improved by the power method before each call of
    the module. ``nn.utils.parametrizations.spectral_norm`` does the same with names of its own.

    Args:
        module: what holds the weight.
        name: what it is called there.
        n_power_iterations: how often the vectors are improved each time.
        eps: what norms are at least, where something is divided by them.
        axis: that of the rows, if the weight is taken as a matrix; None for that of the outputs, which is 1
            in transposed convolutions and else 0.

    Raises:
        ArgumentError: if there is no such Parameter or axis, or ``n_power_iterations`` isn't positive.

    Example:
        >>> layer = nn.utils.spectral_norm(nn.Linear(20, 40))
        >>> layer.weight_u.shape
        (40,)

    Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.
    """
    weight = computed.owned("spectral_norm", module, name)
    axis = default_axis(module) if axis is None else axis
    recipe = _SpectralNorm(name, Spectral("spectral_norm", weight, axis, n_power_iterations, eps))
    u, v = recipe.spectral.drawn(weight)
    computed.install(module, name, recipe)
    for part, value in (("orig", weight), ("u", u), ("v", v)):
        setattr(module, f"{name}_{part}", value)
    recipe.iterate(module, FIRST_ITERATIONS)
    hooks.add(module, "before", recipe)
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Have the weight be a Parameter again, of the value that it has; return the module.

    Raises:
        ArgumentError: if ``spectral_norm`` was not called for it.

    Example:
        >>> layer = nn.utils.spectral_norm(nn.Linear(20, 40))
        >>> list(nn.utils.remove_spectral_norm(layer).state_dict())
        ['bias', 'weight']
    """
    recipe = _recipe("remove_spectral_norm", module, name, _SpectralNorm)
    weight, *_ = _parts("remove_spectral_norm", module, name, ("orig", "u", "v"))
    with no_grad():
        weight.copy_(getattr(module, name))
    for part in ("orig", "u", "v"):
        delattr(module, f"{name}_{part}")
    before = module._hooks.before
    for key in [key for key, hook in before.items() if hook is recipe]:
        del before[key]
    if not module._hooks:
        del module._hooks  # back to the quick call
    computed.uninstall(module, name, weight)
    return module
