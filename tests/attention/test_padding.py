"""Padding that a Keras embedding attaches is dropped from the keys, whichever way one asks."""

import numpy as np
import pytest

from tests.wings import wing_of

keras = pytest.importorskip("keras")
IDS = np.array([[3, 1, 2, 0, 0], [1, 2, 3, 1, 2]])
PADDING = IDS != 0
EXPLICIT = np.tri(5, dtype=bool)[None]


def embedded():
    """Steps with padding attached, and the same without."""
    layer = keras.layers.Embedding(4, 6, mask_zero=True)
    x = layer(IDS)
    return x, keras.ops.convert_to_tensor(keras.ops.convert_to_numpy(x))


def queries():
    return keras.random.normal((2, 4, 6), seed=3)


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def layers():
    wing = wing_of("keras")
    return [wing.MultiHeadAttention(6, 3), wing.AdditiveAttention(6, 6, 4)]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("mask", [None, EXPLICIT], ids=["no mask", "causal"])
def test_self_attention_drops_attached_padding(which, mask):
    layer, (x, bare) = layers()[which], embedded()
    both = PADDING[:, None] & (True if mask is None else mask)
    arguments = (bare, bare) if which else (bare,)
    expected = numbers(layer(*arguments, mask=both))
    given = (x, x) if which else (x,)
    np.testing.assert_allclose(numbers(layer(*given, mask=mask)), expected, atol=1e-6)
    weights = numbers(layer.attention_weights(*given, mask=mask))
    np.testing.assert_allclose(weights, numbers(layer.attention_weights(*arguments, mask=both)))
    assert (weights[0, ..., 3:] == 0).all()


@pytest.mark.parametrize("which", [0, 1])
def test_keys_of_another_sequence(which):
    layer, (x, bare), q = layers()[which], embedded(), queries()
    expected = numbers(layer(q, bare, mask=PADDING[:, None]))
    np.testing.assert_allclose(numbers(layer(q, x)), expected, atol=1e-6)
    weights = numbers(layer.attention_weights(q, x))
    assert (weights[0, ..., 3:] == 0).all()


@pytest.mark.parametrize("which", [0, 1])
def test_padding_of_the_queries_says_nothing_of_the_keys(which):
    layer, (x, bare), keys = layers()[which], embedded(), queries()
    np.testing.assert_allclose(numbers(layer(x, keys)), numbers(layer(bare, keys)), atol=1e-6)


def test_masks_for_each_head():
    layer, (x, bare) = layers()[0], embedded()
    mask = np.ones((2, 3, 5, 5), dtype=bool)
    mask[:, 1] = EXPLICIT
    expected = numbers(layer(bare, mask=mask & PADDING[:, None, None]))
    np.testing.assert_allclose(numbers(layer(x, mask=mask)), expected, atol=1e-6)


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("mask", [None, EXPLICIT], ids=["no mask", "causal"])
def test_blocks_drop_attached_padding(norm_first, mask):
    block, (x, bare) = wing_of("keras").TransformerBlock(6, 3, norm_first=norm_first), embedded()
    both = PADDING[:, None] & (True if mask is None else mask)
    expected = numbers(block(bare, mask=both))
    np.testing.assert_allclose(numbers(block(x, mask=mask)), expected, atol=1e-5)
