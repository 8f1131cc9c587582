"""The best weights for unbiased estimates in both wings, and what their gradients mean."""

import numpy as np
import pytest

from mmref.reference import estimation
from tests.estimation.weights import CORRELATED, EVERYWHERE, INDEPENDENT, weights_of


@pytest.mark.parametrize("name", EVERYWHERE)
def test_tiny_and_huge_variances(name):
    """Also where the sum of their inverses would be none of float32's."""
    for scale in (1.2e-38, 1e38):
        found = weights_of(name, INDEPENDENT, np.array(4 * [scale, 3 * scale], dtype="float32"))
        np.testing.assert_allclose(found, 4 * [3 / 16, 1 / 16], rtol=1e-6)


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
