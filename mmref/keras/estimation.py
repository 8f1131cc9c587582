"""Combining unbiased estimates of one quantity: the weights with the least variance."""

from keras import ops

from mmref.contract.estimation import check_covariance, check_variances
from mmref.keras._numbers import numbers
from mmref.types import Tensor


def inverse_variance_weights(variances: Tensor) -> Tensor:
    """Best weights for independent unbiased estimates.

    Formula
        w_m = (1 / sigma_m^2) / sum_k (1 / sigma_k^2), which minimizes sum_m w_m^2 sigma_m^2 under
        sum_m w_m = 1

    Args
        variances: sigma^2 (M,), positive.

    Returns
        w (M,), positive, summing to 1.

    Errors
        ShapeError: variances are not (M,). ValueError: one is not positive and finite; compiled
        code does not look. TypeError: no array.

    Source
        W. G. Cochran, Supplement to the Journal of the Royal Statistical Society 4(1), 1937.

    >>> ops.convert_to_numpy(inverse_variance_weights(ops.array([1.0, 3.0])))
    array([0.75, 0.25], dtype=float32)
    """
    check_variances(variances, numbers(variances))
    # Relative to the smallest variance, so that tiny ones do not overflow.
    precision = ops.min(variances) / variances  # (M,)
    return precision / ops.sum(precision)


def minimum_variance_weights(covariance: Tensor) -> Tensor:
    """Best weights for correlated unbiased estimates.

    Formula
        w = Sigma^-1 1 / (1^T Sigma^-1 1), which minimizes w^T Sigma w under 1^T w = 1

    Args
        covariance: Sigma (M, M), symmetric and positive definite.

    Returns
        w (M,), summing to 1; a weight is negative where an estimate mostly repeats the error of
        a better one.

    Errors
        ShapeError: covariance is not (M, M). ValueError: it is not symmetric, or not positive
        definite; compiled code does not look. TypeError: no array.

    Source
        A. C. Aitken, Proceedings of the Royal Society of Edinburgh 55, 1936.

    >>> ops.convert_to_numpy(minimum_variance_weights(ops.array([[1.0, 0.5], [0.5, 2.0]])))
    array([0.75, 0.25], dtype=float32)
    """
    check_covariance(covariance, numbers(covariance))
    s = (covariance + ops.transpose(covariance)) / 2  # so that its gradient is symmetric too
    w = ops.solve(s, ops.ones_like(s[0]))  # (M,)
    return w / ops.sum(w)
