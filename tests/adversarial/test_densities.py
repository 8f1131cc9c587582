"""The best discriminator and the divergence that it measures, where both densities are known."""

import numpy as np
import pytest

from mmref.reference.adversarial import (
    jensen_shannon_divergence,
    minimax_discriminator_loss,
    optimal_discriminator,
)


def densities(seed=0, points=50):
    """Two densities that sum to 1, with places where only one of them lives."""
    rng = np.random.default_rng(seed)
    p, q = rng.random((2, points)) ** 3
    p[:5], q[5:10] = 0, 0
    return p / p.sum(), q / q.sum()


def entropy(p):
    return -np.sum(p[p > 0] * np.log(p[p > 0]))


def test_the_best_discriminator_is_the_share_of_the_real():
    p, q = densities()
    best = optimal_discriminator(p, q)
    np.testing.assert_allclose(best[10:], (1 / (1 + q[10:] / p[10:])))
    assert (best[:5] == 0).all() and (best[5:10] == 1).all()
    assert np.isnan(optimal_discriminator(np.zeros(2), np.zeros(2))).all()


def test_no_other_discriminator_has_a_lower_loss():
    """Neither a more nor a less cautious one, nor one turned around."""
    p, q = (density[10:] for density in densities())

    def loss(d):
        return -np.sum(p * np.log(d) + q * np.log(1 - d))

    best = optimal_discriminator(p, q)
    step = 1e-3 * np.random.default_rng(1).normal(size=best.shape) * best * (1 - best)
    assert loss(best) < min(
        loss(best + step), loss(best - step), loss(1 - best), loss(p / p.max() / 2)
    )


def test_the_divergence_is_the_entropy_of_the_mixture_less_the_mean_entropy():
    p, q = densities()
    found = jensen_shannon_divergence(p, q)
    assert found == pytest.approx(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2)
    assert found == pytest.approx(jensen_shannon_divergence(q, p))
    assert jensen_shannon_divergence(p, p) == pytest.approx(0, abs=1e-15)
    assert 0.01 < found < np.log(2)


def test_a_cell_stands_for_its_size():
    p, q = densities()
    assert jensen_shannon_divergence(p / 0.2, q / 0.2, 0.2) == pytest.approx(
        jensen_shannon_divergence(p, q)
    )


def test_the_best_discriminators_loss_tells_the_divergence():
    """It is log 4 - 2 JSD: p and q are counted here, in examples at each of 30 places."""
    rng = np.random.default_rng(0)
    p = rng.integers(1, 40, size=30)
    q = rng.permutation(p)  # as many fakes as real ones
    logits = np.log(p / q)
    loss = minimax_discriminator_loss(np.repeat(logits, p), np.repeat(logits, q))
    divergence = jensen_shannon_divergence(p / p.sum(), q / q.sum())
    assert loss == pytest.approx(np.log(4) - 2 * divergence)
