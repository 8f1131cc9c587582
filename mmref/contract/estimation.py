"""What the best weights of unbiased estimates ask, in one place for all three wings.

``numbers`` are the same array in NumPy, None in compiled code, which has no numbers to look at.
"""

import numpy as np

from mmref.contract.arrays import check_each, check_finite, check_floats, check_shape, check_some
from mmref.types import Array, Tensor

ASYMMETRY = 1e-5  # of the largest entry: what rounding may leave


def check_variances(
    variances: Tensor, numbers: Array | None = None, kind: type | None = None
) -> None:
    """Raise unless ``variances`` are floats (M,), at least one, all positive and finite.

    >>> check_variances(np.ones(2), np.array([1.0, -1.0]))
    Traceback (most recent call last):
        ...
    ValueError: variances: expected positive finite numbers, got -1.0
    """
    check_floats("variances", variances, kind)
    check_shape("variances", variances, "M")
    check_some("variances", variances, "variance")
    if numbers is not None:
        right = (numbers > 0) & np.isfinite(numbers)
        check_each("variances", numbers, "positive finite numbers", right)


def check_covariance(
    covariance: Tensor, numbers: Array | None = None, kind: type | None = None
) -> None:
    """Raise unless ``covariance`` is floats (M, M), symmetric and positive definite.

    >>> check_covariance(np.ones((2, 3)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: covariance: expected (M, M), got (2, 3)
    """
    check_floats("covariance", covariance, kind)
    check_shape("covariance", covariance, "M", "M")
    check_some("covariance", covariance, "variance")
    if numbers is not None:
        _check_positive_definite(np.asarray(numbers, dtype=np.result_type(numbers, np.float32)))


def _check_positive_definite(s):
    check_finite("covariance", s)
    gap = np.abs(s - s.T).max()
    if gap > ASYMMETRY * np.abs(s).max():
        raise ValueError(f"covariance: expected a symmetric matrix, got one off by {gap:.3g}")
    eigenvalues = np.linalg.eigvalsh(s)  # ascending
    if eigenvalues[0] <= len(s) * np.finfo(s.dtype).eps * eigenvalues[-1]:
        raise ValueError(
            "covariance: expected a positive definite matrix, "
            f"got one with an eigenvalue of {eigenvalues[0]:.3g}"
        )
