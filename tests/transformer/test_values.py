"""A transformer's block: its formula once more, and its blindness to order."""

import numpy as np
import pytest

from mmref import convert
from mmref.reference import multi_head, transformer
from tests.attention.layers import HEADS, randomized, steps
from tests.wings import WINGS, numpy, tensor


@pytest.mark.parametrize("name", WINGS)
def test_without_positions_the_order_does_not_matter(name):
    """Self-attention of permuted steps is the permuted self-attention."""
    layer, x = randomized(name, "TransformerBlock"), steps()
    order = [3, 1, 4, 0, 2]
    expected = numpy(layer(tensor(name, x)))[:, order]
    np.testing.assert_allclose(numpy(layer(tensor(name, x[:, order]))), expected, atol=2e-5)


def test_a_block_in_plain_numpy_is_the_formula():
    """Pre-norm, written out once more in four lines."""
    layer, x = randomized("torch", "TransformerBlock"), steps().astype(float)
    arrays = convert.arguments(convert.arrays(layer))
    norms = [transformer.layer_norm(x, **arrays["attention_norm"])]
    y = x + multi_head.multi_head_attention(*norms * 3, **arrays["attention"], heads=HEADS)
    n = transformer.layer_norm(y, **arrays["feed_forward_norm"])
    inside = transformer.gelu(n @ arrays["widen"]["weight"].T + arrays["widen"]["bias"])
    z = y + inside @ arrays["narrow"]["weight"].T + arrays["narrow"]["bias"]
    found = transformer.transformer_block(x, **arrays, heads=HEADS)
    np.testing.assert_allclose(found, z, atol=1e-12)
