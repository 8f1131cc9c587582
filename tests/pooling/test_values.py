"""Pooling: what it keeps."""

import numpy as np

from mmref.reference.pooling import avg_pool2d, avg_pool2d_gradient


def test_average_pooling_keeps_the_mean_and_its_gradient_the_sum():
    x = np.random.default_rng(3).normal(size=(2, 3, 6, 8))
    np.testing.assert_allclose(avg_pool2d(x, 2).mean(), x.mean())
    g = np.random.default_rng(4).normal(size=(2, 3, 3, 4))
    np.testing.assert_allclose(avg_pool2d_gradient(g, x, 2)[0].sum(), g.sum())
