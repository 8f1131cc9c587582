"""The best weights for unbiased estimates, against facts that do not use their formulas."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference.estimation import inverse_variance_weights, minimum_variance_weights


def covariance(m, seed=0):
    a = np.random.default_rng(seed).normal(size=(m, m + 2))
    return a @ a.T


@pytest.mark.parametrize("m", [1, 2, 5])
def test_no_other_weights_have_less_variance(m):
    s, rng = covariance(m), np.random.default_rng(1)
    w = minimum_variance_weights(s)
    assert w.shape == (m,) and w.sum() == pytest.approx(1, abs=1e-12)
    for _ in range(200):
        other = rng.normal(size=m)
        other += (1 - other.sum()) / m
        assert other @ s @ other >= w @ s @ w - 1e-12


def test_the_least_variance_is_the_one_stated():
    s, v = covariance(4), np.array([0.5, 2.0, 1.5])
    w = minimum_variance_weights(s)
    assert w @ s @ w == pytest.approx(1 / np.linalg.inv(s).sum(), rel=1e-12)
    w = inverse_variance_weights(v)
    assert w**2 @ v == pytest.approx(1 / (1 / v).sum(), rel=1e-12)


def test_independent_estimates_are_the_diagonal_case():
    v = np.array([0.5, 2.0, 1.5])
    by_variance = inverse_variance_weights(v)
    np.testing.assert_allclose(minimum_variance_weights(np.diag(v)), by_variance, rtol=1e-14)


def test_a_strongly_correlated_worse_estimate_gets_a_negative_weight():
    w = minimum_variance_weights(np.array([[1.0, 1.8], [1.8, 4.0]]))
    assert w[0] > 1 and w[1] < 0


def test_the_unit_of_measurement_does_not_matter():
    v, s = np.array([0.5, 2.0, 1.5]), covariance(3)
    for scale in (1e-300, 1e-12, 1e300):
        scaled = inverse_variance_weights(scale * v)
        np.testing.assert_allclose(scaled, inverse_variance_weights(v), rtol=1e-12)
    for scale in (1e-100, 1e100):
        scaled = minimum_variance_weights(scale * s)
        np.testing.assert_allclose(scaled, minimum_variance_weights(s), rtol=1e-10)


@pytest.mark.parametrize("shape", [(), (0,), (2, 2)])
def test_variances_of_the_wrong_shape(shape):
    with pytest.raises(ShapeError, match="variances: expected"):
        inverse_variance_weights(np.ones(shape))


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_variances_that_are_none(bad):
    with pytest.raises(ValueError, match=f"variances: expected positive finite numbers, got {bad}"):
        inverse_variance_weights(np.array([1.0, bad]))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (0, 0), (2, 2, 2)])
def test_covariances_of_the_wrong_shape(shape):
    with pytest.raises(ShapeError, match="covariance: expected"):
        minimum_variance_weights(np.ones(shape))


@pytest.mark.parametrize(
    "bad, words",
    [
        ([[1.0, 0.5], [0.4, 1.0]], "symmetric"),
        ([[1.0, 1.0], [1.0, 1.0]], "positive definite"),
        ([[1.0, 2.0], [2.0, 1.0]], "positive definite"),
        ([[1.0, np.nan], [np.nan, 1.0]], "finite"),
    ],
)
def test_covariances_that_are_none(bad, words):
    with pytest.raises(ValueError, match=f"covariance: expected .*{words}"):
        minimum_variance_weights(np.array(bad))
