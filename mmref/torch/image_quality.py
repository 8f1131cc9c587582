"""A picture beside the one that it should be (contract: ``mmref.contract.image_quality``).

Both functions give one number for each picture of a batch, and can be trained on: what is better is
larger, so a loss is minus their mean. Sets of pictures are judged by ``mmref.metrics``.
"""

import torch

from mmref.contract.image_quality import CONTRAST, LUMINANCE, check_pictures, check_windowed


def peak_signal_to_noise_ratio(
    images: torch.Tensor, targets: torch.Tensor, data_range: float = 1.0
) -> torch.Tensor:
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
        data_range that is not positive. TypeError: no tensor.

    Source
        Q. Huynh-Thu and M. Ghanbari, Electronics Letters 44(13), 2008, equation 1.

    >>> peak_signal_to_noise_ratio(torch.full((1, 4), 0.6), torch.full((1, 4), 0.5))
    tensor([20.0000])
    """
    check_pictures(images, targets, data_range, torch.Tensor)
    error = (images - targets).square().flatten(start_dim=1).mean(dim=1)  # (B,)
    return 10 * torch.log10(data_range**2 / error)


def structural_similarity(
    images: torch.Tensor,
    targets: torch.Tensor,
    data_range: float = 1.0,
    size: int = 11,
    deviation: float = 1.5,
) -> torch.Tensor:
    """Structural similarity: do brightness, contrast and pattern agree, window by window?

    Formula
        Of each window, by Gaussian weights w that sum to 1: m_x = sum w x, m_t = sum w t,
        v_x = sum w x^2 - m_x^2, v_t = sum w t^2 - m_t^2, v_xt = sum w x t - m_x m_t,
        S = (2 m_x m_t + c_1) / (m_x^2 + m_t^2 + c_1) * (2 v_xt + c_2) / (v_x + v_t + c_2),
        c_1 = (0.01 R)^2, c_2 = (0.03 R)^2. SSIM_b is the mean of S over the windows and channels.

    Args
        images, targets: x and t (B, C, H, W) floats of one shape and dtype.
        data_range: R, the largest number that a picture may hold less the smallest.
        size: of the window, at most H and W. Only whole windows count.
        deviation: of the Gaussian, in pixels.

    Returns
        (B,), between -1 and 1; 1 only where the picture is its target.

    Errors
        ShapeError: no floats, two shapes or dtypes, not four axes, smaller than the window.
        ValueError: a number that is not positive. TypeError: no tensor.

    Source
        Wang, Bovik, Sheikh and Simoncelli, IEEE Transactions on Image Processing 13(4), 2004,
        equation 13; the mean over the channels is the libraries' way.

    >>> ramp = torch.linspace(0, 1, 121).reshape(1, 1, 11, 11)
    >>> structural_similarity(ramp, 1 - ramp)
    tensor([-0.9537])
    """
    check_windowed(images, targets, data_range, size, deviation, kind=torch.Tensor)
    rows, columns = (_bands(n, size, deviation).to(images) for n in images.shape[2:])
    c_1, c_2 = (LUMINANCE * data_range) ** 2, (CONTRAST * data_range) ** 2

    def mean(a):  # the two-dimensional Gaussian is a product of two
        return rows @ a @ columns.T

    m_x, m_t = mean(images), mean(targets)  # (B, C, H', W')
    covariance = mean(images * targets) - m_x * m_t
    variances = mean(images.square()) - m_x.square() + mean(targets.square()) - m_t.square()
    brightness = (2 * m_x * m_t + c_1) / (m_x.square() + m_t.square() + c_1)
    return (brightness * (2 * covariance + c_2) / (variances + c_2)).mean(dim=(1, 2, 3))


def _bands(n, size, deviation):
    """The Gaussian window at each of its places along an axis of n pixels: (n - size + 1, n)."""
    steps = torch.arange(n) - torch.arange(n - size + 1)[:, None]
    weights = torch.exp(-((steps - (size - 1) / 2).double() ** 2) / (2 * deviation**2))
    weights = torch.where((steps >= 0) & (steps < size), weights, 0)
    return weights / weights.sum(dim=1, keepdim=True)
