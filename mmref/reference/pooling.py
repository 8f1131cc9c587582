"""Pooling: one number for each window of each channel."""

import numpy as np

from mmref.contract.convolution import check_maps
from mmref.contract.pooling import PoolWindow
from mmref.contract.settings import check_flags
from mmref.reference._shared import as_gradient
from mmref.reference.convolution import conv2d, conv2d_gradient, padded, windows
from mmref.types import Array, Padding, Size


def max_pool2d(
    images: Array, size: Size, stride: Size | None = None, padding: Padding = 0
) -> Array:
    """The largest pixel in each window.

    Formula
        y[c, p, q] = max_{i, j} x[c, s p + i - top, s q + j - left], over pixels of the image

    Args
        images: x (B, C, H, W) float.
        size: of the window, h or (h, w).
        stride: s, the window's size if None: windows side by side.
        padding: as in :func:`mmref.reference.convolution.conv2d`, less than the window.

    Returns
        y (B, C, H', W'); rows and columns that no whole window reaches are not seen. A window
        that holds a NaN gives NaN.

    Errors
        As in conv2d; ValueError also for a padding as large as the window.

    Source
        Dumoulin and Visin, arXiv 1603.07285, section 3.

    >>> max_pool2d(np.arange(15.0).reshape(1, 1, 3, 5), 2)
    array([[[[6., 8.]]]])
    """
    x, window = _inputs(images, size, stride, padding)
    view, _ = windows(x, window, -np.inf)
    return view.max(axis=(4, 5))


def max_pool2d_gradient(
    grad: Array, images: Array, size: Size, stride: Size | None = None, padding: Padding = 0
) -> tuple[Array]:
    """Gradient of a loss with respect to the images.

    Formula
        dx[c, r, t] = sum of g[c, p, q] over the windows whose largest pixel is (r, t)

    The maximum has no derivative where two pixels tie. The first of them, row by row, gets all of
    g, which is one of the subgradients; sharing it out would be another.

    Args
        grad: g (B, C, H', W'). The rest as in :func:`max_pool2d`.

    Returns
        A tuple of one array (B, C, H, W).

    >>> tied = np.ones((1, 1, 2, 2))
    >>> max_pool2d_gradient(np.ones((1, 1, 1, 1)), tied, 2)[0]
    array([[[[1., 0.],
             [0., 0.]]]])
    """
    x, window = _inputs(images, size, stride, padding)
    view, places = windows(x, window, -np.inf)
    grad = as_gradient(grad, (*x.shape[:2], *places))
    inside, _ = windows(np.ones_like(x[:1, :1], bool), window, False)  # padding never wins
    largest = np.isnan(view) | (view == view.max(axis=(4, 5), keepdims=True))
    first = (inside & largest).reshape(*view.shape[:4], -1).argmax(axis=-1)  # of equals
    b, c, p, q = np.indices(first.shape, sparse=True)
    i, j = np.divmod(first, window.size[1])
    pads, _ = window.place(*x.shape[2:])
    d_padded = padded(np.zeros(x.shape, grad.dtype), pads)
    # add.at, not +=: overlapping windows may choose the same pixel.
    np.add.at(d_padded, (b, c, p * window.stride[0] + i, q * window.stride[1] + j), grad)
    (top, _), (left, _) = pads
    return (d_padded[:, :, top : top + x.shape[2], left : left + x.shape[3]],)


def avg_pool2d(
    images: Array,
    size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    count_padding: bool = False,
) -> Array:
    """The mean of each window.

    Formula
        y[c, p, q] = sum_{i, j} x[c, s p + i - top, s q + j - left] / n[p, q], x being 0 outside
        the image: a convolution whose kernel is constant, each channel a group of its own

    Args
        images, size, stride, padding: as in :func:`max_pool2d`.
        count_padding: True divides by n = h w everywhere, as PyTorch does, so that a window at
            the border gives less; False by the number of pixels in the window, as Keras does.

    Returns
        y (B, C, H', W').

    Errors
        As in max_pool2d; ChoiceError also for a count_padding that is not True or False.

    >>> avg_pool2d(np.full((1, 1, 2, 2), 4.0), 2, stride=2, padding=1, count_padding=True)
    array([[[[1., 1.],
             [1., 1.]]]])
    """
    x, window = _inputs(images, size, stride, padding)
    summed = conv2d(x, _ones(x, window), None, window.stride, window.padding, 1, x.shape[1])
    return summed / _counts(x, window, count_padding)


def avg_pool2d_gradient(
    grad: Array,
    images: Array,
    size: Size,
    stride: Size | None = None,
    padding: Padding = 0,
    count_padding: bool = False,
) -> tuple[Array, ...]:
    """Gradient of a loss with respect to the images.

    Formula
        dx[c, r, t] = sum of g[c, p, q] / n[p, q] over the windows that cover (r, t)

    Args
        grad: g (B, C, H', W'). The rest as in :func:`avg_pool2d`.

    Returns
        A tuple of one array (B, C, H, W).
    """
    x, window = _inputs(images, size, stride, padding)
    grad = as_gradient(grad, (*x.shape[:2], *window.place(*x.shape[2:])[1]))
    shares = grad / _counts(x, window, count_padding)
    arguments = x, _ones(x, window), None, window.stride, window.padding, 1, x.shape[1]
    return conv2d_gradient(shares, *arguments)[:1]


def _ones(x, window):
    return np.ones((x.shape[1], 1, *window.size), x.dtype)


def _counts(x, window, count_padding):
    """By how much each sum is divided: a number, or one for each place (H', W')."""
    check_flags(count_padding=count_padding)
    if count_padding:
        return window.size[0] * window.size[1]
    one = np.ones((1, 1, *x.shape[2:]), x.dtype)
    return conv2d(one, _ones(one, window), None, window.stride, window.padding)[0, 0]


def _inputs(images, size, stride, padding):
    x = np.asarray(images)
    check_maps(x)
    return x, PoolWindow(size, stride, padding)
