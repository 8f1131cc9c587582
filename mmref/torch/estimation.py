"""Combining unbiased estimates of one quantity: the weights with the least variance."""

import torch

from mmref.contract.estimation import check_covariance, check_variances
from mmref.torch._values import values


def inverse_variance_weights(variances: torch.Tensor) -> torch.Tensor:
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
        code does not look. TypeError: no tensor.

    Source
        W. G. Cochran, Supplement to the Journal of the Royal Statistical Society 4(1), 1937.

    >>> inverse_variance_weights(torch.tensor([1.0, 3.0]))
    tensor([0.7500, 0.2500])
    """
    check_variances(variances, values(variances), torch.Tensor)
    # Relative to the smallest variance, so that tiny ones do not overflow.
    precision = variances.min() / variances  # (M,)
    return precision / precision.sum()


def minimum_variance_weights(covariance: torch.Tensor) -> torch.Tensor:
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
        definite; compiled code does not look. TypeError: no tensor.

    Source
        A. C. Aitken, Proceedings of the Royal Society of Edinburgh 55, 1936.

    >>> minimum_variance_weights(torch.tensor([[1.0, 0.5], [0.5, 2.0]]))
    tensor([0.7500, 0.2500])
    """
    check_covariance(covariance, values(covariance), torch.Tensor)
    s = (covariance + covariance.T) / 2  # so that its gradient is symmetric too
    w = torch.linalg.solve(s, torch.ones_like(s[0]))  # (M,)
    return w / w.sum()
