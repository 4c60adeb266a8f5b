"""A softmax over many classes of which few are frequent, as a layer with its loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from lucid import ops
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn import functional as F
from lucid.nn.containers import ModuleList, Sequential
from lucid.nn.functional import checks
from lucid.nn.functional.loss import positive
from lucid.nn.layers.linear import Linear
from lucid.nn.module import Module


class AdaptiveLogSoftmax(NamedTuple):
    """What ``AdaptiveLogSoftmaxWithLoss`` returns."""

    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    r"""A log-softmax over many classes, sorted by how frequent they are, and its loss.

    .. math:: \log p(c) = \log \operatorname{softmax}(h(x))_k + \log \operatorname{softmax}(t_k(x))_c

    The most frequent classes, and the others in clusters, share one small softmax, the head :math:`h`. Each
    cluster :math:`k` has a softmax of its own, the tail :math:`t_k`, which is computed only for examples of
    that cluster, from fewer features the rarer its classes are.

    Args:
        in_features: the size of the vectors that come in.
        n_classes: the number of classes; 0 is the most frequent one.
        cutoffs: where the clusters begin: increasing, from 1 to ``n_classes - 1``.
        div_value: by what the number of features is divided from one cluster to the next.
        head_bias: whether the head has a bias.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        head: a Linear for the frequent classes and the clusters.
        tail: for each cluster two Linears without bias, one after the other.

    Shape:
        x ``(N, in_features)`` or ``(in_features,)``, target ``(N,)`` or ``()``
        ``-> output (N,)`` or ``()``, loss ``()``. The output is the logarithm of the probability of each
        target, the loss the negative mean of it.

    Raises:
        ArgumentError: if the cutoffs do not increase between 0 and the number of classes, or a cluster
            has no features left.
        ShapeError: if the shapes do not fit together.

    Example:
        >>> layer = nn.AdaptiveLogSoftmaxWithLoss(16, 100, [10, 50])
        >>> output, loss = layer(lucid.zeros((3, 16)), Tensor([0, 20, 99]))
        >>> output.shape
        (3,)
        >>> layer.log_prob(lucid.zeros((3, 16))).shape
        (3, 100)

    Grave et al., Efficient Softmax Approximation for GPUs, 2016.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.in_features = checks.size(name, "in_features", in_features)
        self.n_classes = checks.size(name, "n_classes", n_classes)
        self.cutoffs = [*_cutoffs(name, cutoffs, self.n_classes), self.n_classes]
        self.div_value = positive(name, "div_value", div_value)
        self.head_bias = checks.truth(name, "head_bias", head_bias)
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        where: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(self.in_features, self.head_size, bias=self.head_bias, **where)
        self.tail = ModuleList()
        for i, low, high in self._clusters():
            features = int(self.in_features // self.div_value ** (i + 1))
            if features < 1:
                raise ArgumentError(
                    f"{name}: in_features={in_features} divided by div_value={div_value} {i + 1} times "
                    f"leaves no feature for the classes from {low} on"
                )
            down = Linear(self.in_features, features, bias=False, **where)
            self.tail.append(Sequential(down, Linear(features, high - low, bias=False, **where)))

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for layer in self.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, x: Any, target: Any) -> AdaptiveLogSoftmax:
        """Return the logarithm of the probability of each target, and the loss."""
        name = type(self).__name__
        x = self._vectors(x, "x (N, {0}) or ({0},)", (1, 2))
        target = checks.whole(name, "target", target, x)
        if target.shape != x.shape[:-1]:
            raise ShapeError(
                f"{name} expects target of shape {x.shape[:-1]} for x of shape {x.shape}, got {target.shape}"
            )
        checks.in_range(name, "target", *checks.extremes(target), self.n_classes, "n_classes")
        target = ops.astype(target, "int64", copy=False)  # others may not hold the number of a cluster
        rows, label = (x, target) if x.ndim == 2 else (x[None], target[None])

        in_head = label
        for i, low, high in self._clusters():
            in_head = ops.where(_between(label, low, high), self.shortlist_size + i, in_head)
        output = _picked(F.log_softmax(self.head(rows), axis=1), in_head)
        for i, low, high in self._clusters():
            output = output + self._in_cluster(i, rows, label, low, high)
        loss = -output.mean()
        return AdaptiveLogSoftmax(output if x.ndim == 2 else output[0], loss)

    def _in_cluster(self, i: int, rows: Any, label: Any, low: int, high: int) -> Any:
        """Return the logarithm of the probability of each label in its cluster; 0 for those of others."""
        # Under vmap each example has a cluster of its own, and XLA compiles for every number of examples.
        if not isinstance(label._array, np.ndarray):
            log_p = F.log_softmax(self.tail[i](rows), axis=1)
            here = _between(label, low, high)
            return ops.where(here, _picked(log_p, ops.where(here, label - low, 0)), 0.0)
        labels = label.numpy()
        which = np.flatnonzero((labels >= low) & (labels < high))
        if not which.size:
            return 0.0
        picked = _picked(F.log_softmax(self.tail[i](rows[which]), axis=1), label[which] - low)
        nothing = ops.zeros(label.shape, dtype=picked.dtype, device=picked.device)
        return ops.setitem(nothing, which, picked)

    def log_prob(self, x: Any) -> Any:
        """Return the logarithm of the probability of every class.

        Shape:
            ``(N, in_features) -> (N, n_classes)``
        """
        x = self._vectors(x, "x (N, {0})", (2,))
        head = F.log_softmax(self.head(x), axis=1)
        short = self.shortlist_size
        parts = [head[:, :short]]
        for i, _, _ in self._clusters():
            parts.append(F.log_softmax(self.tail[i](x), axis=1) + head[:, short + i : short + i + 1])
        return ops.concat(parts, axis=1)

    def predict(self, x: Any) -> Any:
        """Return the class of the largest probability.

        Shape:
            ``(N, in_features) -> (N,)``
        """
        return ops.argmax(self.log_prob(x), axis=1)

    def _clusters(self) -> Iterator[tuple[int, int, int]]:
        """Yield the number of each cluster, its first class and the first one after it."""
        for i, (low, high) in enumerate(pairwise(self.cutoffs)):
            yield i, low, high

    def _vectors(self, x: Any, what: str, axes: tuple[int, ...]) -> Any:
        name = type(self).__name__
        x = checks.floating(name, "x", x)
        if x.ndim not in axes or x.shape[-1] != self.in_features:
            raise ShapeError(f"{name} expects {what.format(self.in_features)}, got shape {x.shape}")
        return x


def _cutoffs(name: str, cutoffs: Any, classes: int) -> list[int]:
    if isinstance(cutoffs, str) or not isinstance(cutoffs, Sequence):
        raise ArgumentTypeError(f"{name} expects cutoffs to be a list of integers, got {cutoffs!r}")
    found = [checks.integer(name, "cutoffs", n) for n in cutoffs]
    bounds = [0, *found, classes]
    if not found or any(a >= b for a, b in pairwise(bounds)):
        raise ArgumentError(
            f"{name} expects cutoffs that increase from 1 to at most {classes - 1}, got {list(cutoffs)}"
        )
    return found


def _between(label: Any, low: int, high: int) -> Any:
    return (label >= low) & (label < high)


def _picked(log_p: Any, label: Any) -> Any:
    return ops.take_along_axis(log_p, label[:, None], axis=1)[:, 0]
