"""A picture beside the one that it should be (contract: ``mmref.contract.image_quality``).

Both functions give one number for each picture of a batch, and can be trained on: what is better is
larger, so a loss is minus their mean. Sets of pictures are judged by ``mmref.metrics``.
"""

import math

from keras import ops

from mmref.contract.image_quality import CONTRAST, LUMINANCE, check_pictures, check_windowed
from mmref.types import Tensor


def peak_signal_to_noise_ratio(images: Tensor, targets: Tensor, data_range: float = 1.0) -> Tensor:
    """Peak signal-to-noise ratio, in decibels.

    Formula
        PSNR_b = 10 log10(R^2 / MSE_b), MSE_b the mean over all numbers of picture b of (x - t)^2

    Args
        images, targets: x and t, floats (B, ...) of one shape and dtype.
        data_range: R, the largest number that a picture may hold less the smallest.

    Returns
        (B,), one for each picture, infinite where it is its target; its gradient is NaN there.

    Errors
        ShapeError: no floats, two shapes or dtypes, pictures without a number. ValueError: a
        data_range that is not positive. TypeError: no array.

    Source
        Q. Huynh-Thu and M. Ghanbari, Electronics Letters 44(13), 2008, equation 1.

    >>> ratio = peak_signal_to_noise_ratio(ops.full((1, 4), 0.6), ops.full((1, 4), 0.5))
    >>> ops.convert_to_numpy(ratio).round(3)
    array([20.], dtype=float32)
    """
    check_pictures(images, targets, data_range)
    error = ops.mean(ops.square(images - targets), axis=tuple(range(1, len(images.shape))))
    return 10 / math.log(10) * ops.log(data_range**2 / error)  # (B,)


def structural_similarity(
    images: Tensor,
    targets: Tensor,
    data_range: float = 1.0,
    size: int = 11,
    deviation: float = 1.5,
) -> Tensor:
    """Structural similarity: do brightness, contrast and pattern agree, window by window?

    Formula
        Of each window, by Gaussian weights w that sum to 1: m_x = sum w x, m_t = sum w t,
        v_x = sum w x^2 - m_x^2, v_t = sum w t^2 - m_t^2, v_xt = sum w x t - m_x m_t,
        S = (2 m_x m_t + c_1) / (m_x^2 + m_t^2 + c_1) * (2 v_xt + c_2) / (v_x + v_t + c_2),
        c_1 = (0.01 R)^2, c_2 = (0.03 R)^2. SSIM_b is the mean of S over the windows and channels.

    Args
        images, targets: x and t (B, H, W, C) floats of one shape and dtype, of a known height and
            width.
        data_range: R, the largest number that a picture may hold less the smallest.
        size: of the window, at most H and W. Only whole windows count.
        deviation: of the Gaussian, in pixels.

    Returns
        (B,), between -1 and 1; 1 only where the picture is its target.

    Errors
        ShapeError: no floats, two shapes or dtypes, not four axes, smaller than the window.
        ValueError: a number that is not positive. TypeError: no array.

    Source
        Wang, Bovik, Sheikh and Simoncelli, IEEE Transactions on Image Processing 13(4), 2004,
        equation 13; the mean over the channels is the libraries' way.

    >>> ramp = ops.reshape(ops.linspace(0.0, 1.0, 121), (1, 11, 11, 1))
    >>> ops.convert_to_numpy(structural_similarity(ramp, 1 - ramp)).round(4)
    array([-0.9537], dtype=float32)
    """
    check_windowed(images, targets, data_range, size, deviation, axes=(1, 2))
    rows, columns = (_bands(n, size, deviation, images.dtype) for n in images.shape[1:3])
    x, t = (ops.transpose(a, (0, 3, 1, 2)) for a in (images, targets))  # (B, C, H, W)
    c_1, c_2 = (LUMINANCE * data_range) ** 2, (CONTRAST * data_range) ** 2

    def mean(a):  # the two-dimensional Gaussian is a product of two
        return ops.matmul(ops.matmul(rows, a), ops.transpose(columns))

    m_x, m_t = mean(x), mean(t)  # (B, C, H', W')
    covariance = mean(x * t) - m_x * m_t
    variances = mean(ops.square(x)) - ops.square(m_x) + mean(ops.square(t)) - ops.square(m_t)
    brightness = (2 * m_x * m_t + c_1) / (ops.square(m_x) + ops.square(m_t) + c_1)
    return ops.mean(brightness * (2 * covariance + c_2) / (variances + c_2), axis=(1, 2, 3))


def _bands(n, size, deviation, dtype):
    """The Gaussian window at each of its places along an axis of n pixels: (n - size + 1, n)."""
    steps = ops.arange(n)[None] - ops.arange(n - size + 1)[:, None]
    middle = ops.cast(steps, dtype) - (size - 1) / 2
    weights = ops.exp(-ops.square(middle) / (2 * deviation**2))
    inside = ops.logical_and(steps >= 0, steps < size)
    weights = ops.where(inside, weights, ops.zeros_like(weights))
    return weights / ops.sum(weights, axis=1, keepdims=True)
