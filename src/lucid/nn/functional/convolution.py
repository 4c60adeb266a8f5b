r"""Convolutions, which slide a kernel over images, and transposed ones, which go the other way.

The functions differ in the number of axes of space alone, so each is one line: what they share stands at
the end. The maths is in ``ops/convolution.py``.
"""

from __future__ import annotations

from typing import Any

from lucid.engines.dtypes import is_inexact
from lucid.errors import ArgumentError, DTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.padding import paddings
from lucid.ops import expand_dims, squeeze
from lucid.ops.convolution import conv, conv_input

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]

AXES = {1: "L", 2: "H, W", 3: "D, H, W"}
KERNEL = {1: "kL", 2: "kH, kW", 3: "kD, kH, kW"}


def conv1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    r"""Convolve sequences with a kernel; see ``conv2d`` for the arguments.

    .. math:: y_{n,o,i} = b_o + \sum_{c,k} w_{o,c,k} \, x_{n,c,\,i s + k d - p}

    Shape:
        x ``(N, C, L)`` or ``(C, L)``, weight ``(O, C / groups, kL)``, bias ``(O,)`` ``-> (N, O, out)``

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> x = Tensor([[[1.0, 2.0, 4.0, 8.0]]])
        >>> F.conv1d(x, Tensor([[[-1.0, 1.0]]]))  # differences
        Tensor([[[1.0, 2.0, 4.0]]])
    """
    return _convolve("conv1d", 1, x, weight, bias, stride, padding, dilation, groups)


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    r"""Convolve images with a kernel.

    .. math:: y_{n,o,i,j} = b_o + \sum_{c,k,l} w_{o,c,k,l} \; x_{n,c,\,i s + k d - p,\,j s + l d - p}

    What neural networks call convolution does not turn the kernel round; elsewhere it is called
    cross-correlation. An option is an integer, or a tuple with one for each axis.

    Args:
        x: images, of as many channels as the weight asks for.
        weight: a kernel for each output channel.
        bias: a number for each output channel, or None.
        stride: how far the kernel moves at a time.
        padding: how many zeros stand before and after each axis. ``"valid"`` is none; ``"same"`` as many
            as give the size of ``x`` back, the odd one after, and asks for a stride of 1.
        dilation: how far apart the elements of the kernel lie.
        groups: into how many parts the channels are cut. Each part of the output sees one part of the input.

    Shape:
        x ``(N, C, H, W)`` or ``(C, H, W)``, weight ``(O, C / groups, kH, kW)``, bias ``(O,)``
        ``-> (N, O, out, out)``, where ``out = (size + 2 padding - dilation (k - 1) - 1) // stride + 1``

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> x = lucid.arange(9, dtype="float32").reshape((1, 1, 3, 3))
        >>> F.conv2d(x, lucid.ones((1, 1, 2, 2)), bias=Tensor([0.5]))
        Tensor([[[[ 8.5, 12.5],
                  [20.5, 24.5]]]])
        >>> F.conv2d(x, lucid.ones((1, 1, 2, 2)), stride=2, padding=1).shape
        (1, 1, 2, 2)

    LeCun et al., Backpropagation Applied to Handwritten Zip Code Recognition, 1989.
    """
    return _convolve("conv2d", 2, x, weight, bias, stride, padding, dilation, groups)


def conv3d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    r"""Convolve volumes with a kernel; see ``conv2d`` for the formula, with one axis more, and the arguments.

    Shape:
        x ``(N, C, D, H, W)`` or ``(C, D, H, W)``, weight ``(O, C / groups, kD, kH, kW)``, bias ``(O,)``
        ``-> (N, O, out, out, out)``

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> F.conv3d(lucid.ones((1, 1, 3, 3, 3)), lucid.ones((1, 1, 3, 3, 3))).item()
        27.0
    """
    return _convolve("conv3d", 3, x, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    r"""Spread sequences by a kernel; see ``conv_transpose2d`` for the formula and the arguments.

    Shape:
        x ``(N, C, L)`` or ``(C, L)``, weight ``(C, O / groups, kL)``, bias ``(O,)`` ``-> (N, O, out)``

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> F.conv_transpose1d(Tensor([[[1.0, 2.0]]]), Tensor([[[1.0, 1.0, 1.0]]]), stride=2)
        Tensor([[[1.0, 1.0, 3.0, 2.0, 2.0]]])
    """
    options = (stride, padding, output_padding, groups, dilation)
    return _transpose("conv_transpose1d", 1, x, weight, bias, *options)


def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    r"""Spread images by a kernel: the gradient of ``conv2d`` by its images.

    Each element of ``x`` adds the kernel, times itself, to the result, ``stride`` further on each time:

    .. math:: y_{n,o,m} = b_o + \sum_{c,i,k \,:\, i s + k d - p = m} w_{c,o,k} \; x_{n,c,i}

    with i, k and m of two axes each. Where ``conv2d`` makes images smaller, it makes them larger.

    Args:
        x: images.
        weight: a kernel for each input channel and each output channel of its group.
        bias: a number for each output channel, or None.
        stride: how far apart the elements of ``x`` come to lie.
        padding: how much is cut off before and after each axis of the result.
        output_padding: how much less is cut off after it. Of the sizes that ``conv2d`` makes equal, it picks
            one, so it must be smaller than the stride or the dilation.
        groups: into how many parts the channels are cut.
        dilation: how far apart the elements of the kernel lie.

    Shape:
        x ``(N, C, H, W)`` or ``(C, H, W)``, weight ``(C, O / groups, kH, kW)``, bias ``(O,)``
        ``-> (N, O, out, out)``, where
        ``out = (size - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1``

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> F.conv_transpose2d(lucid.ones((1, 1, 2, 2)), lucid.ones((1, 1, 2, 2)))
        Tensor([[[[1.0, 2.0, 1.0],
                  [2.0, 4.0, 2.0],
                  [1.0, 2.0, 1.0]]]])

    Zeiler et al., Deconvolutional Networks, 2010.
    """
    options = (stride, padding, output_padding, groups, dilation)
    return _transpose("conv_transpose2d", 2, x, weight, bias, *options)


def conv_transpose3d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    r"""Spread volumes by a kernel; see ``conv_transpose2d`` for the formula and the arguments.

    Shape:
        x ``(N, C, D, H, W)`` or ``(C, D, H, W)``, weight ``(C, O / groups, kD, kH, kW)``, bias ``(O,)``
        ``-> (N, O, out, out, out)``

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> F.conv_transpose3d(lucid.ones((1, 1, 2, 2, 2)), lucid.ones((1, 3, 2, 2, 2)), stride=2).shape
        (1, 3, 4, 4, 4)
    """
    options = (stride, padding, output_padding, groups, dilation)
    return _transpose("conv_transpose3d", 3, x, weight, bias, *options)


# ----------------------------------------------------------------- what they share


def _convolve(
    name: str,
    n: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    x, weight, bias = _arrays(name, n, x, weight, bias, f"(out_channels, in_channels / groups, {KERNEL[n]})")
    kernel = weight.shape[2:]
    stride = checks.per_axis(name, "stride", stride, n, 1)
    dilation = checks.per_axis(name, "dilation", dilation, n, 1)
    pairs = paddings(name, padding, kernel, stride, dilation)
    groups = groups if type(groups) is int and groups > 0 else checks.size(name, "groups", groups)
    if x.shape[-n - 1] != weight.shape[1] * groups:
        raise ShapeError(
            f"{name} expects x of {weight.shape[1] * groups} channels (weight is {weight.shape}, groups "
            f"{groups}), got shape {x.shape}"
        )
    if weight.shape[0] % groups:
        raise ShapeError(
            f"{name} expects out_channels to be a multiple of groups, got {weight.shape} and {groups}"
        )
    _check_bias(name, bias, weight.shape[0])
    for m, k, d, (before, after) in zip(x.shape[-n:], kernel, dilation, pairs, strict=True):
        if m + before + after < d * (k - 1) + 1:
            raise ShapeError(
                f"{name}: the kernel {kernel} with dilation {dilation} is larger than x of shape {x.shape} "
                f"with padding {padding!r}"
            )
    options = {"stride": stride, "padding": pairs, "dilation": dilation, "groups": groups}
    biases = () if bias is None else (bias,)
    if x.ndim == n + 1:
        return squeeze(conv(expand_dims(x, axis=0), weight, *biases, **options), axis=0)
    return conv(x, weight, *biases, **options)


def _transpose(
    name: str,
    n: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    x, weight, bias = _arrays(name, n, x, weight, bias, f"(in_channels, out_channels / groups, {KERNEL[n]})")
    kernel = weight.shape[2:]
    stride = checks.per_axis(name, "stride", stride, n, 1)
    dilation = checks.per_axis(name, "dilation", dilation, n, 1)
    padding = checks.per_axis(name, "padding", padding, n, 0)
    more = checks.per_axis(name, "output_padding", output_padding, n, 0)
    if any(a >= max(s, d) for a, s, d in zip(more, stride, dilation, strict=True)):
        raise ArgumentError(
            f"{name} expects output_padding to be smaller than stride or dilation, "
            f"got output_padding={more}, stride={stride}, dilation={dilation}"
        )
    groups = checks.size(name, "groups", groups)
    if x.shape[-n - 1] != weight.shape[0]:
        raise ShapeError(
            f"{name} expects x of {weight.shape[0]} channels (weight is {weight.shape}), got shape {x.shape}"
        )
    if weight.shape[0] % groups:
        raise ShapeError(
            f"{name} expects in_channels to be a multiple of groups, got {weight.shape} and {groups}"
        )
    _check_bias(name, bias, weight.shape[1] * groups)
    each = zip(x.shape[-n:], kernel, stride, padding, dilation, more, strict=True)
    size = tuple((m - 1) * s - 2 * p + d * (k - 1) + a + 1 for m, k, s, p, d, a in each)
    if min(size) < 1:
        raise ShapeError(
            f"{name}: a result of size {size} comes of x of shape {x.shape}, kernel {kernel}, "
            f"stride {stride}, padding {padding}: the padding cuts off too much"
        )
    # What output_padding adds after the result, the convolution that this is the gradient of leaves out.
    pairs = tuple((p, p - a) for p, a in zip(padding, more, strict=True))
    options = {"size": size, "stride": stride, "padding": pairs, "dilation": dilation, "groups": groups}
    biases = () if bias is None else (bias,)
    if x.ndim == n + 1:
        return squeeze(conv_input(expand_dims(x, axis=0), weight, *biases, **options), axis=0)
    return conv_input(x, weight, *biases, **options)


def _arrays(name: str, n: int, x: Any, weight: Any, bias: Any, form: str) -> tuple[Any, Any, Any]:
    """Return the arrays as Tensors, with as many axes as they must have."""
    x = _floating(name, "x", x)
    weight = _floating(name, "weight", weight, x)
    bias = None if bias is None else _floating(name, "bias", bias, x)
    if x.ndim not in (n + 1, n + 2):
        raise ShapeError(f"{name} expects x (N, C, {AXES[n]}) or (C, {AXES[n]}), got shape {x.shape}")
    if weight.ndim != n + 2:
        raise ShapeError(f"{name} expects weight {form}, got shape {weight.shape}")
    if 0 in weight.shape[2:]:
        raise ShapeError(f"{name} expects a kernel of at least one element, got weight {weight.shape}")
    return x, weight, bias


def _floating(name: str, what: str, value: Any, like: Any = None) -> Any:
    tensor = checks.as_tensor(name, what, value, like)
    if not is_inexact(tensor.dtype):
        raise DTypeError(
            f"{name} expects {what} to hold floats, got {tensor.dtype.name}: "
            f"write {what}.astype(lucid.float32)"
        )
    return tensor


def _check_bias(name: str, bias: Any, channels: int) -> None:
    if bias is not None and bias.shape != (channels,):
        raise ShapeError(f"{name} expects bias of shape ({channels},), got {bias.shape}")
