"""Weights of a transformer's block and of layer norm across frameworks."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

import mmref.keras  # noqa: E402
import mmref.torch  # noqa: E402
from mmref import convert  # noqa: E402
from tests.multi_head.weights import DIM, EQUAL, HEADS, built, inputs, random  # noqa: E402

pytestmark = pytest.mark.each_backend


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("mask", [None, "padding"])
def test_blocks_equal_pytorchs_encoder_layer(norm_first, mask):
    options = {"norm_first": norm_first, "activation": "relu"}
    theirs = torch.nn.TransformerEncoderLayer(
        DIM, HEADS, 7, dropout=0.0, batch_first=True, **options
    )
    one = mmref.torch.TransformerBlock(DIM, HEADS, 7, **options)
    two = mmref.keras.TransformerBlock(DIM, HEADS, 7, **options)
    convert.set_arrays(theirs, random(theirs))
    x = inputs(EQUAL)[0]
    keep = None if mask is None else np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=bool)
    blocked = None if mask is None else torch.tensor(~keep)
    expected = theirs(torch.tensor(x), src_key_padding_mask=blocked).detach().numpy()
    for block in (one, two):
        convert.copy(theirs, block)
    ours = None if mask is None else keep[:, None]
    found = one(torch.tensor(x), None if ours is None else torch.tensor(ours)).detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    found = keras.ops.convert_to_numpy(two(x, mask=ours))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_layer_norms_of_the_frameworks():
    theirs = torch.nn.LayerNorm(5, eps=1e-3)
    convert.set_arrays(theirs, random(theirs))
    twin = built(keras.layers.LayerNormalization(epsilon=1e-3), (None, 5))
    convert.copy(theirs, twin)
    x = np.random.default_rng(2).normal(size=(3, 5)).astype("float32")
    expected = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(keras.ops.convert_to_numpy(twin(x)), expected, atol=1e-5)
