"""Convolution, as networks have it: a cross-correlation of images with small shared kernels.

Images are (B, C, H, W). A window of h x w entries visits H' x W' places, which size, stride,
padding and dilation decide (``mmref.contract.convolution.Window``).
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mmref.contract.arrays import check_floats, check_some
from mmref.contract.convolution import Window, check_convolution, check_maps
from mmref.contract.settings import check_count
from mmref.reference._shared import as_gradient, expect
from mmref.types import Array, Padding, Pads, Pair, Size


def conv2d(
    images: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Array:
    """Cross-correlation of images with O kernels.

    Formula
        y[o, p, q] = b[o] + sum_{c, i, j} W[o, c, i, j] x[c, s p + d i - top, s q + d j - left],
        where x is 0 outside the image, and c runs over the channels of o's group

    Args
        images: x (B, C, H, W) float.
        weight: W (O, C / groups, h, w); output channel o belongs to group o // (O / groups),
            which sees that many input channels in their order.
        bias: b (O,) or None.
        stride, dilation: s and d, an integer or (vertical, horizontal).
        padding: an integer, (vertical, horizontal), ((top, bottom), (left, right)), "valid" for
            none, or "same" for H' = ceil(H / s), the odd row or column at the bottom or right.
        groups: into how many groups the channels are cut; C of them is a depthwise convolution.

    Returns
        y (B, O, H', W'), H' = floor((H + top + bottom - d (h - 1) - 1) / s) + 1, likewise W'.
        A NaN in the image is in every place whose window covers it.

    Errors
        ShapeError: a wrong number of axes or channels, integers, a kernel larger than the padded
        image. ValueError: groups that do not divide, a stride of 0. ChoiceError: an unknown word
        of padding.

    Source
        LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 86(11), 1998; the sizes as in
        Dumoulin and Visin, arXiv 1603.07285.

    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, np.array([[[[1.0, 0.0], [0.0, -1.0]]]]))  # each pixel less the one below right
    array([[[[-4., -4.],
             [-4., -4.]]]])
    """
    x, w, window = _inputs(images, weight, bias, stride, padding, dilation, groups)
    rows, places = _rows(x, window, groups)  # (G, B * H' * W', K), K = h * w * C / G
    y = rows @ _by_group(w, groups)  # (G, B * H' * W', O / G)
    y = y.reshape(groups, len(x), *places, len(w) // groups).transpose(1, 0, 4, 2, 3)
    y = y.reshape(len(x), len(w), *places)
    if bias is not None:
        y += np.asarray(bias)[:, None, None]
    return y


def conv2d_gradient(
    grad: Array,
    images: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> tuple[Array, ...]:
    """Gradients of a loss with respect to images, weight and, if there is one, bias.

    Formula (g is the gradient with respect to y; sums over images and places)
        dW[o, c, i, j] = sum g[o, p, q] x[c, s p + d i - top, s q + d j - left]
        db[o] = sum g[o, p, q]
        dx = the correlation of g with the flipped kernels, their entries d apart too, o running
        over the group of c: each g[p, q] is put at (s p, s q) among zeros, surrounded by d (h - 1)
        rows and d (w - 1) columns of zeros, and at the bottom and right by as many more as the
        last window leaves over; the padding is cut off

    Args
        grad: g (B, O, H', W'). The rest as in :func:`conv2d`.

    Returns
        (images, weight, bias), or (images, weight) where the bias is None; shaped alike.

    Source
        Dumoulin and Visin, arXiv 1603.07285, chapter 4: the transposed convolution.
    """
    x, w, window = _inputs(images, weight, bias, stride, padding, dilation, groups)
    rows, places = _rows(x, window, groups)
    grad = as_gradient(grad, (len(x), len(w), *places))
    g = grad.reshape(len(x), groups, len(w) // groups, *places).transpose(1, 2, 0, 3, 4)
    d_weight = g.reshape(*g.shape[:2], rows.shape[1]) @ rows  # (G, O / G, K)
    d_weight = d_weight.reshape(len(w), *w.shape[2:], w.shape[1]).transpose(0, 3, 1, 2)
    d_images = _image_gradient(grad, x.shape, w, window, groups)
    if bias is None:
        return d_images, d_weight
    return d_images, d_weight, grad.sum(axis=(0, 2, 3))


def padded(images: Array, pads: Pads, fill: float = 0) -> Array:
    """Images with rows and columns of ``fill`` around them; in memory the channels come last."""
    (top, bottom), (left, right) = pads
    B, C, H, W = images.shape
    shape = (B, top + H + bottom, left + W + right, C)
    frame = np.full(shape, fill, images.dtype).transpose(0, 3, 1, 2)
    frame[:, :, top : top + H, left : left + W] = images
    return frame


def windows(images: Array, window: Window, fill: float = 0) -> tuple[Array, Pair]:
    """What the window sees at each place: a view (B, C, H', W', h, w), and (H', W')."""
    pads, places = window.place(*images.shape[2:])
    (s, t), (d, e) = window.stride, window.dilation
    view = sliding_window_view(padded(images, pads, fill), window.extent, axis=(2, 3))
    return view[:, :, ::s, ::t, ::d, ::e], places


def _rows(images, window, groups):
    """im2col: for each group and place a row of K = h * w * C / G numbers; and (H', W').

    The channels come last, so that copying a window means copying h long runs of numbers, and the
    places of all images stand under each other, so that a group is one matrix product.
    """
    view, places = windows(images, window)  # (B, C, H', W', h, w)
    B, C = images.shape[:2]
    by_group = view.reshape(B, groups, C // groups, *view.shape[2:])
    ordered = by_group.transpose(1, 0, 3, 4, 5, 6, 2)  # (G, B, H', W', h, w, C / G)
    return ordered.reshape(groups, B * np.prod(places), np.prod(ordered.shape[4:])), places


def _by_group(weight, groups):
    """Kernels as columns (G, K, O / G), in the order of the rows."""
    columns = weight.transpose(0, 2, 3, 1).reshape(groups, len(weight) // groups, -1)
    return columns.swapaxes(1, 2)


def _image_gradient(grad, shape, weight, window, groups):
    B, C, H, W = shape
    pads, _ = window.place(H, W)
    (s, t), (e, f) = window.stride, window.extent
    rows, columns = ((n - 1) * step + 1 for n, step in zip(grad.shape[2:], (s, t), strict=True))
    spread = np.zeros((*grad.shape[:2], rows, columns), grad.dtype)
    spread[:, :, ::s, ::t] = grad
    # What the last window did not reach, because the stride does not divide, is left over.
    left_over = (
        size + sum(pad) - (n + extent - 1)
        for size, pad, n, extent in zip((H, W), pads, (rows, columns), (e, f), strict=True)
    )
    full = tuple((n - 1, n - 1 + rest) for n, rest in zip((e, f), left_over, strict=True))
    by_group = weight.reshape(groups, -1, *weight.shape[1:])  # (G, O / G, C / G, h, w)
    flipped = by_group[..., ::-1, ::-1].swapaxes(1, 2).reshape(C, -1, *window.size)
    d_padded = conv2d(spread, flipped, padding=full, dilation=window.dilation, groups=groups)
    (top, _), (left, _) = pads
    return d_padded[:, :, top : top + H, left : left + W]


def _inputs(images, weight, bias, stride, padding, dilation, groups):
    x, w = np.asarray(images), np.asarray(weight)
    check_floats("weight", w)
    check_count("groups", groups)
    expect("weight", w, ("O", "C / groups", "h", "w"))
    check_some("weight", w, "number")
    channels, in_channels = len(w), w.shape[1]
    if groups > 1:
        check_maps(x)
        check_convolution(x.shape[1], channels, groups)
        expect("weight", w, (channels, x.shape[1] // groups, "h", "w"))
        in_channels *= groups
    check_maps(x, in_channels)
    if bias is not None:
        expect("bias", bias, (channels,))
    return x, w, Window(w.shape[2:], stride, padding, dilation)
