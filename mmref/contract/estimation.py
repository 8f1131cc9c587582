"""What the best weights of unbiased estimates ask, in one place for all three wings.

``numbers`` are the same array in NumPy, None in compiled code, which has no numbers to look at.
"""

import numpy as np

from mmref.contract.arrays import check_floats
from mmref.errors import ShapeError
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
    shape = tuple(variances.shape)
    if len(shape) != 1 or 0 in shape:
        raise ShapeError("variances", "(M,) with M >= 1", shape)
    if numbers is not None:
        wrong = ~((numbers > 0) & np.isfinite(numbers))
        if wrong.any():
            got = numbers[wrong][0]
            raise ValueError(f"variances: expected positive finite numbers, got {got}")


def check_covariance(
    covariance: Tensor, numbers: Array | None = None, kind: type | None = None
) -> None:
    """Raise unless ``covariance`` is floats (M, M), symmetric and positive definite.

    >>> check_covariance(np.ones((2, 3)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: covariance: expected (M, M) with M >= 1, got (2, 3)
    """
    check_floats("covariance", covariance, kind)
    shape = tuple(covariance.shape)
    if len(shape) != 2 or shape[0] != shape[1] or 0 in shape:
        raise ShapeError("covariance", "(M, M) with M >= 1", shape)
    if numbers is not None:
        _check_positive_definite(np.asarray(numbers, dtype=np.result_type(numbers, np.float32)))


def _check_positive_definite(s):
    if not np.isfinite(s).all():
        raise ValueError("covariance: expected finite numbers, got NaN or infinity")
    gap = np.abs(s - s.T).max()
    if gap > ASYMMETRY * np.abs(s).max():
        raise ValueError(f"covariance: expected a symmetric matrix, got one off by {gap:.3g}")
    eigenvalues = np.linalg.eigvalsh(s)  # ascending
    if eigenvalues[0] <= len(s) * np.finfo(s.dtype).eps * eigenvalues[-1]:
        raise ValueError(
            "covariance: expected a positive definite matrix, "
            f"got one with an eigenvalue of {eigenvalues[0]:.3g}"
        )
