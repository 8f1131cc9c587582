"""Combining unbiased estimates of one quantity: the weights with the least variance."""

import numpy as np

from mmref.contract.estimation import check_covariance, check_variances
from mmref.reference._shared import as_floats, expect
from mmref.types import Array


def inverse_variance_weights(variances: Array) -> Array:
    """Best weights for independent unbiased estimates.

    Formula
        w_m = (1 / sigma_m^2) / sum_k (1 / sigma_k^2), which minimizes sum_m w_m^2 sigma_m^2 under
        sum_m w_m = 1. The combined estimate then has the variance 1 / sum_k (1 / sigma_k^2).

    Args
        variances: sigma^2 (M,), positive.

    Returns
        w (M,), positive, summing to 1.

    Errors
        ShapeError: variances are not (M,). ValueError: one is not positive and finite.

    Source
        W. G. Cochran, "Problems arising in the analysis of a series of similar experiments",
        Supplement to the Journal of the Royal Statistical Society 4(1), 1937.

    >>> inverse_variance_weights(np.array([1.0, 3.0]))
    array([0.75, 0.25])
    """
    v = as_floats("variances", variances).astype(float)
    check_variances(v, v)
    # Relative to the smallest variance, so that tiny ones do not overflow.
    precision = v.min() / v  # (M,)
    return precision / precision.sum()


def inverse_variance_weights_gradient(grad: Array, variances: Array) -> tuple[Array]:
    """Gradient with respect to the variances.

    Formula
        d(sigma_m^2) = -(w_m / sigma_m^2) (g_m - sum_k g_k w_k): a variance that grows passes weight
        on to the others, so that what all weights have in common changes nothing
    """
    w = inverse_variance_weights(variances)
    expect("grad", grad, w.shape)
    return (-w / np.asarray(variances) * (grad - grad @ w),)


def minimum_variance_weights(covariance: Array) -> Array:
    """Best weights for correlated unbiased estimates.

    Formula
        w = Sigma^-1 1 / (1^T Sigma^-1 1), which minimizes w^T Sigma w under 1^T w = 1.
        The combined estimate then has the variance 1 / (1^T Sigma^-1 1).

    Args
        covariance: Sigma (M, M), symmetric and positive definite. Of a matrix that is not quite
            symmetric, by rounding, the symmetric part counts.

    Returns
        w (M,), summing to 1. A weight is negative where an estimate mostly repeats the error
        of a better one. A diagonal Sigma gives the inverse-variance weights.

    Errors
        ShapeError: covariance is not (M, M). ValueError: it is not symmetric, or not positive
        definite (a singular one has estimates that repeat each other exactly).

    Source
        A. C. Aitken, "On least squares and linear combination of observations", Proceedings of
        the Royal Society of Edinburgh 55, 1936. For two estimates: J. M. Bates and C. W. J.
        Granger, "The combination of forecasts", Operational Research Quarterly 20(4), 1969.

    >>> minimum_variance_weights(np.array([[1.0, 0.5], [0.5, 2.0]]))
    array([0.75, 0.25])
    """
    s = _symmetric(covariance)
    w = np.linalg.solve(s, np.ones(len(s)))  # (M,)
    return w / w.sum()


def minimum_variance_weights_gradient(grad: Array, covariance: Array) -> tuple[Array]:
    """Gradient with respect to the covariance, a symmetric matrix as it is one.

    Formula
        dSigma = -(u w^T + w u^T) / 2,  u = Sigma^-1 (g - (g . w) 1)
        An entry and its mirror image get half each of what both together change.
    """
    s = _symmetric(covariance)
    w = minimum_variance_weights(s)
    expect("grad", grad, w.shape)
    u = np.linalg.solve(s, grad - grad @ w)  # (M,)
    return (-(np.outer(u, w) + np.outer(w, u)) / 2,)


def _symmetric(covariance):
    s = as_floats("covariance", covariance).astype(float)
    check_covariance(s, s)
    return (s + s.T) / 2
