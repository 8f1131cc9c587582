"""Evidence for a signal and the shift of a prior, against facts that do not use their formulas."""

import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from mmref.reference.detection import prior_shift, signal_evidence, signal_evidence_gradient


def drawn(templates=3, numbers=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(20, numbers)), rng.normal(size=(templates, numbers))


@pytest.mark.parametrize("templates", [1, 3])
def test_it_is_the_logarithm_of_the_densities_ratio(templates):
    x, s = drawn(templates)
    there = [multivariate_normal(mean, 0.7**2).logpdf(x) for mean in s]
    none = multivariate_normal(np.zeros(5), 0.7**2).logpdf(x)
    expected = logsumexp(there, axis=0) - np.log(templates) - none
    np.testing.assert_allclose(signal_evidence(x, s, 0.7), expected, atol=1e-12)


def test_it_is_finite_for_bright_images():
    x, s = drawn()
    assert np.isfinite(signal_evidence(1e6 * x, s, 0.1)).all()


def test_its_slope_is_the_template_that_is_likely():
    x, s = drawn()
    x = s + 0.0
    (d_x, _) = signal_evidence_gradient(np.ones(3), 10 * x, 10 * s, 1.0)
    np.testing.assert_allclose(d_x, 10 * s, atol=1e-6)


def test_a_signal_of_nothing_is_no_evidence():
    x, _ = drawn()
    np.testing.assert_array_equal(signal_evidence(x, np.zeros((2, 5)), 1.0), np.zeros(20))


def test_shifted_probabilities_are_those_of_the_other_place():
    """Of a table of counts: once weighted to the new shares, then counted again."""
    rng = np.random.default_rng(1)
    seen = rng.dirichlet(np.ones(6), 3)  # p(x | k), three classes
    old, new = np.array([0.2, 0.3, 0.5]), np.array([0.7, 0.2, 0.1])
    p, q = (prior[:, None] * seen for prior in (old, new))
    p, q = ((joint / joint.sum(axis=0)).T for joint in (p, q))  # (6, 3)
    np.testing.assert_allclose(softmax(prior_shift(np.log(p), old, new), axis=1), q, atol=1e-12)


def test_counts_do_as_well_as_shares():
    z = np.random.default_rng(0).normal(size=(4, 2))
    shares = prior_shift(z, np.array([0.5, 0.5]), np.array([0.9, 0.1]))
    counts = prior_shift(z, np.array([50.0, 50.0]), np.array([9.0, 1.0]))
    np.testing.assert_allclose(softmax(shares, axis=1), softmax(counts, axis=1), atol=1e-14)
