"""Transposed convolution: the gradient of a convolution, used forward to make images larger."""

import numpy as np

from mmref.contract.convolution import check_maps
from mmref.contract.transposed import check_bias, check_kernel, transposed_sizes
from mmref.reference._shared import expect
from mmref.types import Array, Size


def conv_transpose2d(
    images: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
) -> Array:
    """Each pixel adds a copy of the kernel, scaled by its value, to the output.

    Formula
        y[b, o, s i + m - p, s j + n - p] += sum_c x[b, c, i, j] w[c, o, m, n], then + bias[o];
        what falls outside y is lost. This is the gradient, with respect to its input, of the
        convolution with the same kernel, stride s and padding p.

    Args
        images: x (B, C, H, W).
        weight: w (C, O, h, w): input channels first, so that it is, as it stands, the kernel
            of the convolution from O to C channels whose gradient this is.
        bias: (O,) or None.
        stride, padding, output_padding: an integer, or a pair for height and width. A convolution
            with stride s maps s sizes to one; output_padding < s says which of them comes back.

    Returns
        y (B, O, H', W'), H' = (H - 1) s - 2 p + h + output_padding.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a stride below 1, a negative padding or one
        that leaves nothing, an output_padding that is not less than the stride.

    Source
        Dumoulin and Visin 2016, arXiv 1603.07285, chapter 4.

    >>> x, w = np.array([[[[1.0, 10.0]]]]), np.array([[[[1.0, 2.0, 3.0]]]])
    >>> conv_transpose2d(x, w, stride=(1, 2))  # 1 2 3 and 10 20 30 meet at one place
    array([[[[ 1.,  2., 13., 20., 30.]]]])
    """
    x, w, sizes = _inputs(images, weight, bias, stride, padding, output_padding)
    full, window = _canvas(x, w, *sizes)
    for m, n in np.ndindex(w.shape[2:]):
        full[window(m, n)] += np.einsum("bcij,co->boij", x, w[:, :, m, n])
    y = full[_inside(*sizes)]
    return y.copy() if bias is None else y + np.asarray(bias)[:, None, None]


def conv_transpose2d_gradient(
    grad: Array,
    images: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
) -> tuple[Array, ...]:
    """Gradients with respect to images, weight and bias (without it, if it is None).

    Formula
        dx[b, c, i, j] = sum_{o, m, n} g[b, o, s i + m - p, s j + n - p] w[c, o, m, n]: an ordinary
        convolution.  dw[c, o, m, n] = sum_{b, i, j} x[b, c, i, j] g[b, o, s i + m - p, ...].
        dbias[o] = sum of g[:, o].
    """
    x, w, sizes = _inputs(images, weight, bias, stride, padding, output_padding)
    full, window = _canvas(x, w, *sizes)
    inside = full[_inside(*sizes)]
    expect("grad", grad, inside.shape)
    inside[...] = grad
    d_x, d_w = np.zeros(x.shape), np.zeros(w.shape)
    for m, n in np.ndindex(w.shape[2:]):
        seen = full[window(m, n)]  # (B, O, H, W): what kernel place (m, n) wrote to
        d_x += np.einsum("boij,co->bcij", seen, w[:, :, m, n])
        d_w[:, :, m, n] = np.einsum("bcij,boij->co", x, seen)
    found = (d_x, d_w)
    return found if bias is None else (*found, np.sum(grad, axis=(0, 2, 3)))


def _canvas(x, w, stride, padding, output_padding, size):
    """Zeros (B, O, ...) with room for every copy, and the window that (m, n) writes to."""
    (s, t), (height, width) = stride, x.shape[2:]
    room = [n + 2 * p for n, p in zip(size, padding, strict=True)]
    full = np.zeros((len(x), w.shape[1], *room), dtype=np.result_type(x, w))

    def window(m, n):
        rows = slice(m, m + (height - 1) * s + 1, s)
        return np.s_[:, :, rows, n : n + (width - 1) * t + 1 : t]

    return full, window


def _inside(stride, padding, output_padding, size):
    (p, q), (height, width) = padding, size
    return np.s_[:, :, p : p + height, q : q + width]


def _inputs(images, weight, bias, stride, padding, output_padding):
    x, w = np.asarray(images), np.asarray(weight)
    check_kernel("weight", w, "COhw")
    check_maps(x, w.shape[0], 1, dtype=w.dtype)
    check_bias(None if bias is None else np.asarray(bias), w.shape[1], dtype=w.dtype)
    return x, w, transposed_sizes(x.shape[2:], w.shape[2:], stride, padding, output_padding)
