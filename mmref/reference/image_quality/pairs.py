"""A picture beside the one that it should be."""

import numpy as np

from mmref.contract.image_quality import CONTRAST, LUMINANCE, check_pictures, check_windowed
from mmref.reference._shared import as_gradient
from mmref.types import Array


def peak_signal_to_noise_ratio(images: Array, targets: Array, data_range: float = 1.0) -> Array:
    """Peak signal-to-noise ratio, in decibels.

    Formula
        PSNR_b = 10 log10(R^2 / MSE_b), MSE_b the mean over all numbers of picture b of (x - t)^2

    Args
        images, targets: x and t, floats (B, ...) of one shape and dtype.
        data_range: R, the largest number that a picture may hold less the smallest: 1 for pictures
            in [0, 1], 2 in [-1, 1], 255 for bytes.

    Returns
        (B,), one for each picture, infinite where it is its target. The mean of these is another
        number than the ratio of the mean error, and what most tables report.

    Errors
        ShapeError: no floats, two shapes or dtypes, pictures without a number. ValueError: a
        data_range that is not positive. TypeError: one that is no number.

    Source
        Q. Huynh-Thu and M. Ghanbari, "Scope of validity of PSNR in image/video quality
        assessment", Electronics Letters 44(13), 2008, equation 1.

    >>> peak_signal_to_noise_ratio(np.full((1, 4), 0.6), np.full((1, 4), 0.5)).round(4)
    array([20.])
    """
    x, t = np.asarray(images), np.asarray(targets)
    check_pictures(x, t, data_range)
    with np.errstate(divide="ignore"):  # no error at all: infinity
        return 10 * np.log10(data_range**2 / _squared_error(x, t))


def peak_signal_to_noise_ratio_gradient(
    grad: Array, images: Array, targets: Array, data_range: float = 1.0
) -> tuple[Array, Array]:
    """Gradients with respect to the pictures and the targets.

    Formula
        dx = -g_b (20 / ln 10) (x - t) / sum (x - t)^2, dt = -dx: the range shifts the ratio by a
        constant. Towards the target they grow without bound; at the target they are NaN.
    """
    x, t = np.asarray(images), np.asarray(targets)
    check_pictures(x, t, data_range)
    grad = as_gradient(grad, x.shape[:1])
    squares = _squared_error(x, t) * np.prod(x.shape[1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = -20 / np.log(10) * grad / squares  # (B,)
        dx = scale.reshape(-1, *[1] * (x.ndim - 1)) * (x - t)
    return dx, -dx


def structural_similarity(
    images: Array, targets: Array, data_range: float = 1.0, size: int = 11, deviation: float = 1.5
) -> Array:
    """Structural similarity: do brightness, contrast and pattern agree, window by window?

    Formula
        Of each window, by weights w that sum to 1: m_x = sum w x, m_t = sum w t,
        v_x = sum w x^2 - m_x^2, v_t = sum w t^2 - m_t^2, v_xt = sum w x t - m_x m_t,
        S = (2 m_x m_t + c_1) / (m_x^2 + m_t^2 + c_1) * (2 v_xt + c_2) / (v_x + v_t + c_2),
        c_1 = (0.01 R)^2, c_2 = (0.03 R)^2. SSIM_b is the mean of S over the windows and channels.
        w is a Gaussian about the window's middle.

    Args
        images, targets: x and t (B, C, H, W) floats of one shape and dtype.
        data_range: R, as in :func:`peak_signal_to_noise_ratio`.
        size: of the window, at most H and W. Only whole windows count.
        deviation: of the Gaussian, in pixels.

    Returns
        (B,), between -1 and 1; 1 only where the picture is its target.

    Errors
        As there; ShapeError also for pictures without four axes or smaller than the window,
        ValueError for a size or deviation that is not positive.

    Source
        Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to
        structural similarity", IEEE Transactions on Image Processing 13(4), 2004, equation 13.
        Their x, y, mu and sigma are our x, t, m and v. They take gray pictures; the mean
        over the channels is the libraries' way.

    >>> ramp = np.linspace(0, 1, 121).reshape(1, 1, 11, 11)
    >>> structural_similarity(ramp, ramp), structural_similarity(ramp, 1 - ramp).round(2)
    (array([1.]), array([-0.95]))
    """
    x, t, rows, columns = _windowed(images, targets, data_range, size, deviation)
    a_1, a_2, b_1, b_2, _, _ = _parts(x, t, rows, columns, data_range)
    return np.mean(a_1 * a_2 / (b_1 * b_2), axis=(1, 2, 3))


def structural_similarity_gradient(
    grad: Array,
    images: Array,
    targets: Array,
    data_range: float = 1.0,
    size: int = 11,
    deviation: float = 1.5,
) -> tuple[Array, Array]:
    """Gradients with respect to the pictures and the targets.

    Formula
        S = A_1 A_2 / (B_1 B_2) is a function of five means: m_x, m_t, those of x^2, t^2 and x t.
        dS/dA_1 = A_2 / (B_1 B_2), dS/dA_2 = A_1 / (B_1 B_2), dS/dB_i = -S / B_i, so
        d(m_x) = 2 m_t (dA_1 - dA_2) + 2 m_x (dB_1 - dB_2), d(sum w x^2) = dB_2,
        d(sum w x t) = 2 dA_2.
        W^T takes the gradient of a mean back to the pixels of its window:
        dx = W^T d(m_x) + 2 x W^T d(sum w x^2) + t W^T d(sum w x t); S is symmetric, so dt is as dx.
    """
    x, t, rows, columns = _windowed(images, targets, data_range, size, deviation)
    grad = as_gradient(grad, x.shape[:1])
    a_1, a_2, b_1, b_2, m_x, m_t = _parts(x, t, rows, columns, data_range)
    share = grad[:, None, None, None] / np.prod(m_x.shape[1:])
    d_a1, d_a2 = share * a_2 / (b_1 * b_2), share * a_1 / (b_1 * b_2)
    d_b1, d_b2 = -d_a1 * a_1 / b_1, -d_a1 * a_1 / b_2

    def back(d):
        return rows.T @ d @ columns

    squares, product = back(d_b2), back(2 * d_a2)
    dx = back(2 * m_t * (d_a1 - d_a2) + 2 * m_x * (d_b1 - d_b2)) + 2 * x * squares + t * product
    dt = back(2 * m_x * (d_a1 - d_a2) + 2 * m_t * (d_b1 - d_b2)) + 2 * t * squares + x * product
    return dx, dt


def _squared_error(x, t):
    """The mean (B,) over each picture."""
    return np.mean((x - t) ** 2, axis=tuple(range(1, x.ndim)))


def _windowed(images, targets, data_range, size, deviation):
    x, t = np.asarray(images), np.asarray(targets)
    check_windowed(x, t, data_range, size, deviation)
    return x, t, *(_bands(n, size, deviation).astype(x.dtype) for n in x.shape[2:])


def _bands(n, size, deviation):
    """The Gaussian window at each of its places along an axis of n pixels: (n - size + 1, n)."""
    steps = np.arange(n) - np.arange(n - size + 1)[:, None]
    weights = np.exp(-((steps - (size - 1) / 2) ** 2) / (2 * deviation**2))
    weights = np.where((steps >= 0) & (steps < size), weights, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def _parts(x, t, rows, columns, data_range):
    """A_1, A_2, B_1, B_2, m_x and m_t, each (B, C, H', W')."""
    c_1, c_2 = (LUMINANCE * data_range) ** 2, (CONTRAST * data_range) ** 2

    def mean(a):  # the two-dimensional Gaussian is a product of two
        return rows @ a @ columns.T

    m_x, m_t = mean(x), mean(t)
    a_1, b_1 = 2 * m_x * m_t + c_1, m_x**2 + m_t**2 + c_1
    a_2 = 2 * (mean(x * t) - m_x * m_t) + c_2
    b_2 = mean(x * x) - m_x**2 + mean(t * t) - m_t**2 + c_2
    return a_1, a_2, b_1, b_2, m_x, m_t
