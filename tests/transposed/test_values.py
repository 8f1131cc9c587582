"""A transposed convolution, by the convolution that it transposes."""

import numpy as np
import pytest

pytestmark = pytest.mark.each_backend


def test_a_transposed_convolution_is_the_gradient_of_a_convolution():
    from mmref.reference import convolution, transposed

    rng = np.random.default_rng(0)
    g, weight = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(3, 6, 3, 2))  # (O, I, h, w)
    for stride, padding, extra in (((1, 1), (1, 0), (0, 0)), ((3, 2), (1, 1), (2, 1))):
        up = transposed.conv_transpose2d(g, weight, None, stride, padding, extra)
        d_images, _ = convolution.conv2d_gradient(g, up, weight, None, stride, padding)
        np.testing.assert_allclose(up, d_images, atol=1e-12)
