"""The best weights for unbiased estimates in both wings: their numbers, their gradients' meaning,
and one error, word for word, in all three. (Gradients are compared in the concordance.)"""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import estimation
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

EVERYWHERE = ["reference", *WINGS]
INDEPENDENT, CORRELATED = "inverse_variance_weights", "minimum_variance_weights"


def weights_of(name, function, array):
    if name == "reference":
        return getattr(estimation, function)(array)
    return numpy(getattr(wing_of(name), function)(tensor(name, array)))


@pytest.mark.parametrize("name", EVERYWHERE)
def test_tiny_and_huge_variances(name):
    for scale in (1e-37, 1e37):
        found = weights_of(name, INDEPENDENT, np.array([scale, 3 * scale], dtype="float32"))
        np.testing.assert_allclose(found, [0.75, 0.25], rtol=1e-6)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_single_estimate_gets_all_the_weight(name):
    assert weights_of(name, INDEPENDENT, np.array([7.0])).tolist() == [1.0]
    assert weights_of(name, CORRELATED, np.array([[7.0]])).tolist() == [1.0]


@pytest.mark.parametrize("name", EVERYWHERE)
def test_rounding_may_leave_a_matrix_a_little_asymmetric(name):
    s = np.array([[1.0, 0.5 + 1e-6], [0.5 - 1e-6, 2.0]])
    np.testing.assert_allclose(weights_of(name, CORRELATED, s), [0.75, 0.25], atol=1e-12)


def test_the_gradient_of_a_covariance_is_symmetric_and_blind_to_what_all_weights_share():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(3, 5))
    s, grad = shared @ shared.T, rng.normal(size=3)
    (found,) = estimation.minimum_variance_weights_gradient(grad, s)
    np.testing.assert_array_equal(found, found.T)
    (same,) = estimation.minimum_variance_weights_gradient(grad + 5, s)
    np.testing.assert_allclose(found, same, atol=1e-12)
    (scale,) = estimation.minimum_variance_weights_gradient(grad, 4 * s)
    np.testing.assert_allclose(found, 4 * scale, atol=1e-12)  # a unit of measurement
    assert abs(np.sum(found * s)) < 1e-12  # the weights do not depend on it


BAD = [
    (INDEPENDENT, np.ones(()), ShapeError, "variances: expected (M,) with M >= 1, got ()"),
    (INDEPENDENT, np.ones(0), ShapeError, "variances: expected (M,) with M >= 1, got (0,)"),
    (INDEPENDENT, np.ones((2, 2)), ShapeError, "variances: expected (M,) with M >= 1, got (2, 2)"),
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
        "covariance: expected (M, M) with M >= 1, got (2, 3)",
    ),
    (
        CORRELATED,
        np.array([[1.0, np.inf], [np.inf, 1.0]]),
        ValueError,
        "covariance: expected finite numbers, got NaN or infinity",
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
def test_bad_input(name, function, array, error, message):
    assert_raises(error, message, lambda: weights_of(name, function, array))


@pytest.mark.parametrize("name", WINGS)
def test_integers_and_lists(name):
    wing = wing_of(name)
    message = "variances: expected floating-point numbers, got int64"
    assert_raises(
        ShapeError, message, lambda: wing.inverse_variance_weights(tensor(name, np.ones(2, int)))
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
