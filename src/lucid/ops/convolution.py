r"""Convolution, as three primitives of which each one's derivatives are the others.

A convolution is linear in the images ``x`` and in the ``weight``, so with the gradient ``g`` there is one
sum over three arrays:

.. math:: \sum_{n, o, c, i, k} g_{n,o,i} \; w_{o,c,k} \; x_{n,c,\,i s + k d - p}

where :math:`s` is the stride, :math:`d` the dilation, and :math:`p` the padding before. Leave one array out,
and you have its gradient: without ``g`` it is the convolution ``conv``, without ``x`` ``conv_input``, which
is also called the transposed convolution, without ``w`` ``conv_weight``. So each rule below calls the two
others.

Arguments are the same for all three:

- ``x``: images, ``(N, C, *size)``, with any number of axes of space;
- ``weight``: ``(O, C / groups, *kernel)``;
- ``stride``, ``dilation``: tuples with one integer for each axis of space;
- ``padding``: a tuple of pairs, how many zeros come before and after each axis. The second number may be
  negative: then so many of the last elements are left out;
- ``groups``: into how many parts the channels are cut. Each part of the output sees one of the input.

Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.
"""

from __future__ import annotations

from typing import Any

from lucid.recording import primitive


@primitive(promotes="common")
def conv(xp: Any, x: Any, weight: Any, *bias: Any, **geometry: Any) -> Any:
    """Return ``x`` convolved with ``weight``, plus one number of ``bias`` for each output channel.

    Shape:
        ``(N, C, *size), (O, C / groups, *kernel), (O,) -> (N, O, *out)``
    """
    return xp.conv(x, weight, *bias, **geometry)


@conv.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, weight: Any, *_bias: Any, **geometry: Any) -> Any:
    wanted = bool(_bias) and _bias[0] is not None
    both: list[Any] = []

    def by_weight() -> Any:
        d = xp.conv_weight(xp.conj(x), g, size=weight.shape[2:], bias=wanted, **geometry)
        if not wanted:
            return d
        both.append(d)
        return d[0]

    def by_bias() -> Any:  # found on the way to the gradient of the weight, if that was wanted
        return both[0][1] if both else _sum_of_channels(xp, g)

    by_x = lambda: xp.conv_input(g, xp.conj(weight), size=x.shape[2:], **geometry)
    return (by_x, by_weight, *(by_bias for _ in _bias))


@primitive(promotes="common")
def conv_input(xp: Any, g: Any, weight: Any, *bias: Any, size: tuple[int, ...], **geometry: Any) -> Any:
    """Return what ``g``, a result of ``conv`` or its gradient, gives to images of ``size``.

    Shape:
        ``(N, O, *out), (O, C / groups, *kernel), (C,) -> (N, C, *size)``
    """
    return xp.conv_input(g, weight, *bias, size=size, **geometry)


@conv_input.vjp
def _(
    xp: Any, g: Any, _out: Any, x: Any, weight: Any, *_bias: Any, size: tuple[int, ...], **geometry: Any
) -> Any:
    # What comes in has the shape of images, and what was called g above is x.
    by_x = lambda: xp.conv(g, xp.conj(weight), **geometry)
    by_weight = lambda: xp.conv_weight(g, xp.conj(x), size=weight.shape[2:], bias=False, **geometry)
    return (by_x, by_weight, *((lambda: _sum_of_channels(xp, g)) for _ in _bias))


@primitive(promotes="common")
def conv_weight(xp: Any, x: Any, g: Any, *, size: tuple[int, ...], bias: bool, **geometry: Any) -> Any:
    """Return what ``x`` and ``g`` give to a weight whose kernel is of ``size``.

    With ``bias``, the gradient of the bias comes second: both are found in one walk through ``g``.

    Shape:
        ``(N, C, *size), (N, O, *out) -> (O, C / groups, *kernel)``, or that and ``(O,)``
    """
    return xp.conv_weight(x, g, size=size, bias=bias, **geometry)


@conv_weight.vjp
def _(
    xp: Any, h: Any, _out: Any, x: Any, g: Any, *, size: tuple[int, ...], bias: bool, **geometry: Any
) -> Any:
    like_weight, like_bias = (h[0], (h[1],)) if bias else (h, ())
    by_x = lambda: xp.conv_input(xp.conj(g), like_weight, size=x.shape[2:], **geometry)
    by_g = lambda: xp.conv(xp.conj(x), like_weight, *like_bias, **geometry)
    return by_x, by_g


def _sum_of_channels(xp: Any, g: Any) -> Any:
    """Return the sum of each channel, the gradient of what was added to it."""
    return xp.sum(g, axis=(0, *range(2, g.ndim)))
