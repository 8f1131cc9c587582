"""Bad input to the best weights for unbiased estimates: the same error in all three."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from tests.estimation.weights import CORRELATED, EVERYWHERE, INDEPENDENT, weights_of
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

BAD = [
    (INDEPENDENT, np.ones(()), ShapeError, "variances: expected (M,), got ()"),
    (INDEPENDENT, np.ones(0), ShapeError, "variances: expected at least one variance, got (0,)"),
    (INDEPENDENT, np.ones((2, 2)), ShapeError, "variances: expected (M,), got (2, 2)"),
    (
        INDEPENDENT,
        np.array([1.0, 0.0]),
        ValueError,
        "variances: expected positive finite numbers, got 0.0",
    ),
    (
        INDEPENDENT,
        np.array([1.0, np.nan]),
        ValueError,
        "variances: expected positive finite numbers, got nan",
    ),
    (
        CORRELATED,
        np.ones((2, 3)),
        ShapeError,
        "covariance: expected (M, M), got (2, 3)",
    ),
    (
        CORRELATED,
        np.array([[1.0, np.inf], [np.inf, 1.0]]),
        ValueError,
        "covariance: expected finite numbers, got inf",
    ),
    (
        CORRELATED,
        np.array([[1.0, 0.5], [0.25, 1.0]]),
        ValueError,
        "covariance: expected a symmetric matrix, got one off by 0.25",
    ),
    (
        CORRELATED,
        np.array([[1.0, 2.0], [2.0, 1.0]]),
        ValueError,
        "covariance: expected a positive definite matrix, got one with an eigenvalue of -1",
    ),
]


@pytest.mark.parametrize(("function", "array", "error", "message"), BAD)
@pytest.mark.parametrize("name", EVERYWHERE)
def test_what_is_no_variance_or_covariance_is_refused(name, function, array, error, message):
    assert_raises(error, message, lambda: weights_of(name, function, array))


@pytest.mark.parametrize("name", WINGS)
def test_integers_and_lists_are_refused(name):
    wing = wing_of(name)
    message = "variances: expected floating-point numbers, got int32"
    assert_raises(
        ShapeError, message, lambda: wing.inverse_variance_weights(tensor(name, np.ones(2, "i4")))
    )
    kind = {"torch": "a torch.Tensor", "keras": "an array"}[name]
    message = f"covariance: expected {kind}, got list"
    assert_raises(TypeError, message, lambda: wing.minimum_variance_weights([[1.0]]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_singular_matrix_is_told_in_both_precisions(dtype):
    """As far as the numbers themselves can tell: 0.1 + 0.2 is not 0.3 in either."""
    a = np.array([[0.1, 0.2], [0.2, 0.4]]) + 0.0
    a[1, 1] = a[0, 1] ** 2 / a[0, 0]
    for name in EVERYWHERE:
        with pytest.raises(ValueError, match="positive definite"):
            weights_of(name, CORRELATED, a.astype(dtype) if name != "reference" else a)
