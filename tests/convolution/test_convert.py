"""Convolution: the frameworks' own layers and ours, in both directions."""

import itertools

import numpy as np
import pytest

from mmref import convert
from mmref.reference.convolution import conv2d
from tests.convolution.layers import built
from tests.wings import numpy, wing_of


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
def test_one_kernel_through_four_layers(groups, bias):
    torch, keras = pytest.importorskip("torch"), pytest.importorskip("keras")
    theirs_keras = keras.layers.Conv2D(6, (3, 2), groups=groups, use_bias=bias)
    theirs_keras.build((None, None, None, 4))
    chain = [
        torch.nn.Conv2d(4, 6, (3, 2), groups=groups, bias=bias),
        wing_of("keras").Conv2d(4, 6, (3, 2), groups=groups, bias=bias),  # not built yet
        built("torch", 4, 6, (3, 2), groups=groups, bias=bias),
        theirs_keras,
    ]
    for source, target in itertools.pairwise(chain):
        convert.copy(source, target)
    x = np.random.default_rng(6).normal(size=(3, 4, 6, 8)).astype("float32")
    last = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    arrays = convert.arrays(chain[0])
    expected = conv2d(x, arrays["weight"], arrays.get("bias"), groups=groups)
    for layer in chain:
        if isinstance(layer, torch.nn.Module) and not isinstance(layer, keras.layers.Layer):
            y = numpy(layer(torch.tensor(x)))
        else:
            y = np.moveaxis(numpy(layer(last)), -1, 1)
        np.testing.assert_allclose(y, expected, atol=1e-5)
