"""Layers that divide by the sizes of channels. Their formulas stand with the functions in ``F``."""

from __future__ import annotations

from typing import Any

from lucid.errors import ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.response_norm import lrn_options
from lucid.nn.layers.normalization import shown
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import zeros


class LocalResponseNorm(Module):
    r"""Divide each element by a power of the mean square of its neighbours in other channels.

    .. math:: y_c = x_c \left( k + \frac{\alpha}{n} \sum_{d = c - \lfloor n / 2 \rfloor}
        ^{c + \lfloor (n - 1) / 2 \rfloor} x_d^2 \right)^{-\beta}

    Args:
        size: :math:`n`, how many channels are neighbours.
        alpha, beta, k: :math:`\alpha`, :math:`\beta` and :math:`k`.

    Shape:
        ``(N, C, *) -> (N, C, *)``, with at least one axis beside those of examples and channels

    Raises:
        ArgumentError: if ``size`` is not positive, or a number not finite.
        ShapeError: if the input has fewer than three axes.

    Example:
        >>> nn.LocalResponseNorm(1, alpha=1.0, beta=0.5, k=0.0)(Tensor([[[3.0], [4.0]]]))
        Tensor([[[1.0],
                 [1.0]]])

    Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = lrn_options(type(self).__name__, size, alpha, beta, k)

    def forward(self, x: Any) -> Any:
        """Return ``F.local_response_norm(x, size, alpha, beta, k)``."""
        return F.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return shown(str(self.size), alpha=(self.alpha, 1e-4), beta=(self.beta, 0.75), k=(self.k, 1.0))


class CrossMapLRN2d(LocalResponseNorm):
    """Divide each element of an image by a power of a sum over neighbouring channels.

    It is here for weights that were trained with it: new models want ``LocalResponseNorm``. For an odd
    ``size`` and up to ``(size + 1) / 2`` channels the two are one. With more, the square of the first channel
    stays in the sums of all later ones, as in PyTorch. See ``F.cross_map_lrn2d``.

    Args:
        size: how many channels are neighbours.
        alpha, beta, k: as of ``LocalResponseNorm``.

    Shape:
        ``(N, C, H, W) -> (N, C, H, W)``

    Raises:
        ArgumentError: if ``size`` is not positive, or a number not finite.
        ShapeError: if the input has other axes.

    Example:
        >>> nn.CrossMapLRN2d(5)(lucid.ones((2, 8, 4, 4))).shape
        (2, 8, 4, 4)

    Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, x: Any) -> Any:
        """Return ``F.cross_map_lrn2d(x, size, alpha, beta, k)``."""
        return F.cross_map_lrn2d(x, self.size, self.alpha, self.beta, self.k)


class GlobalResponseNorm(Module):
    r"""Multiply each channel of an image by its norm, compared with the mean norm; and add the input.

    .. math:: y_c = \gamma_c \, x_c \, \frac{\|x_c\|}{\operatorname{mean}_d \|x_d\| + \epsilon}
        + \beta_c + x_c

    It begins as the identity.

    Args:
        channels: how many there are.
        eps: added to the mean norm.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        gamma, beta: Parameters of shape ``(1, channels, 1, 1)`` that begin with zeros.

    Shape:
        ``(N, channels, H, W) -> (N, channels, H, W)``

    Raises:
        ArgumentError: if ``channels`` is not positive, or ``eps`` negative.
        ShapeError: if the input has other axes or channels.

    Example:
        >>> layer = nn.GlobalResponseNorm(2)
        >>> layer
        GlobalResponseNorm(2)
        >>> bool((layer(lucid.ones((1, 2, 3, 3))) == 1).all())
        True

    Woo et al., ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders, 2023.
    """

    def __init__(
        self, channels: int, eps: float = 1e-6, *, device: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.channels = checks.size("GlobalResponseNorm", "channels", channels)
        self.eps = checks.number("GlobalResponseNorm", "eps", eps, 0)
        shape = (1, self.channels, 1, 1)
        self.gamma = Parameter(zeros(shape, dtype=dtype, device=device))
        self.beta = Parameter(zeros(shape, dtype=dtype, device=device))

    def reset_parameters(self) -> None:
        """Set both parameters to zeros."""
        init.zeros_(self.gamma)
        init.zeros_(self.beta)

    def forward(self, x: Any) -> Any:
        """Return ``F.global_response_norm(x, gamma, beta, eps)``."""
        x = checks.floating("GlobalResponseNorm", "x", x)
        if x.ndim != 4 or x.shape[1] != self.channels:
            raise ShapeError(
                f"GlobalResponseNorm expects x of shape (N, {self.channels}, H, W), got {x.shape}"
            )
        return F.global_response_norm(x, self.gamma, self.beta, self.eps)

    def extra_repr(self) -> str:
        return shown(str(self.channels), eps=(self.eps, 1e-6))
