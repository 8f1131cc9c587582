"""Batch normalization: every channel with mean 0 and variance 1, then a learned scale and shift.

Images are (B, C, ...); everything is computed for each channel, over all the other axes.
"""

import numpy as np

from mmref.contract.normalization import check_enough, check_statistics
from mmref.contract.settings import check_flags, check_number
from mmref.reference._shared import as_gradient
from mmref.types import Array


def batch_norm(
    images: Array,
    scale: Array,
    shift: Array,
    mean: Array | None = None,
    variance: Array | None = None,
    epsilon: float = 1e-5,
) -> Array:
    """Normalize each channel by the batch's own statistics, or by stored ones.

    Formula (for each channel; m numbers of the batch are in it)
        in training   mu = sum x / m,  v = sum (x - mu)^2 / m
        afterward     mu, v = mean, variance
        y = scale (x - mu) / sqrt(v + epsilon) + shift

    Args
        images: x (B, C, ...) float.
        scale, shift: (C,), often called gamma and beta.
        mean, variance: (C,), the running statistics; None for both normalizes by the batch.
        epsilon: PyTorch's default is 1e-5, Keras's 1e-3.

    Returns
        y, shaped as x. A NaN spreads to its whole channel in training, to itself afterward.
        Where v + epsilon is 0 or less there is no deviation: NaN or infinity, with NumPy's warning.

    Errors
        ShapeError: a wrong shape or dtype, no numbers. ValueError: a mean without a variance,
        a negative epsilon.

    Source
        Ioffe and Szegedy, ICML 2015, arXiv 1502.03167, algorithm 1.

    >>> batch_norm(np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1), epsilon=0.0)
    array([[-1.],
           [ 1.]])
    """
    x = _checked(images, {"scale": scale, "shift": shift}, mean, variance, epsilon)
    normal, _ = _normalized(x, mean, variance, epsilon)
    return _wide(scale, x) * normal + _wide(shift, x)


def batch_norm_gradient(
    grad: Array,
    images: Array,
    scale: Array,
    shift: Array,
    mean: Array | None = None,
    variance: Array | None = None,
    epsilon: float = 1e-5,
) -> tuple[Array, ...]:
    """Gradients with respect to images, scale, shift and, where given, mean and variance.

    Formula (s = sqrt(v + epsilon), n = (x - mu) / s, r = scale / s; sums over a channel)
        dscale = sum g n      dshift = sum g
        in training   dx = r (g - mean of g - n times the mean of g n): mu and v move with x
        afterward     dx = r g      dmean = -r sum g      dvariance = -r sum g n / (2 s)

    Args
        grad: g, shaped as the images. The rest as in :func:`batch_norm`.

    Returns
        (images, scale, shift) in training, (images, scale, shift, mean, variance) afterward.
    """
    x = _checked(images, {"scale": scale, "shift": shift}, mean, variance, epsilon)
    g = as_gradient(grad, x.shape)
    normal, deviation = _normalized(x, mean, variance, epsilon)
    d_scale, d_shift = (g * normal).sum(axis=_others(x)), g.sum(axis=_others(x))
    ratio = _wide(scale, x) / deviation
    if mean is None:
        count = x.size // x.shape[1]
        through_statistics = _wide(d_shift, x) + normal * _wide(d_scale, x)
        return ratio * (g - through_statistics / count), d_scale, d_shift
    r, deviation = ratio.reshape(-1), deviation.reshape(-1)
    return ratio * g, d_scale, d_shift, -r * d_shift, -r * d_scale / (2 * deviation)


def running_statistics(
    images: Array, mean: Array, variance: Array, momentum: float = 0.1, unbiased: bool = True
) -> tuple[Array, Array]:
    """The stored statistics after one more batch.

    Formula
        mean' = (1 - momentum) mean + momentum mu,
        variance' = (1 - momentum) variance + momentum v (times m / (m - 1) if unbiased)

    Args
        images: x (B, C, ...) float. mean, variance: (C,), before.
        momentum: the weight of the new, as PyTorch names it (0.1). Keras's momentum is the
            weight of the old, 0.99: here 0.01.
        unbiased: True as PyTorch, False as Keras.

    Returns
        (mean', variance'), each (C,).

    Errors
        ShapeError: as in :func:`batch_norm`; unbiased, a single number in a channel. ValueError:
        a momentum outside [0, 1].

    >>> running_statistics(np.array([[1.0], [3.0]]), np.zeros(1), np.ones(1), momentum=0.5)
    (array([1.]), array([1.5]))
    """
    check_number("momentum", momentum, 0, 1, closed=True)
    check_flags(unbiased=unbiased)
    x = _checked(images, {}, mean, variance)
    check_enough(x, unbiased)
    axes = _others(x)
    old = np.asarray(mean), np.asarray(variance)
    new = x.mean(axis=axes), x.var(axis=axes, ddof=int(unbiased))
    return tuple((1 - momentum) * o + momentum * n for o, n in zip(old, new, strict=True))


def _normalized(x, mean, variance, epsilon):
    """n, and sqrt(v + epsilon) in a shape to divide by."""
    if mean is None:
        mean, variance = x.mean(axis=_others(x)), x.var(axis=_others(x))
    deviation = np.sqrt(_wide(variance, x) + epsilon)
    return (x - _wide(mean, x)) / deviation, deviation


def _others(x):
    """All axes but that of the channels."""
    return (0, *range(2, x.ndim))


def _wide(array, x):
    """(C,) in a shape that broadcasts to x (B, C, ...)."""
    return np.asarray(array).reshape(-1, *(1,) * (x.ndim - 2))


def _checked(images, given, mean, variance, epsilon=0.0):
    check_number("epsilon", epsilon, 0)
    x, mean, variance = (None if a is None else np.asarray(a) for a in (images, mean, variance))
    check_statistics(x, {name: np.asarray(a) for name, a in given.items()}, mean, variance)
    return x
