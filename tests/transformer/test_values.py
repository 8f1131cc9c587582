"""A transformer's block: its formula once more, and its blindness to order."""

import numpy as np
import pytest

from mmref import convert
from mmref.concordance.backends import run_keras, run_torch
from mmref.reference import multi_head, transformer
from tests.attention.layers import HEADS, randomized, steps
from tests.wings import WINGS, numpy, tensor, wing_of


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


@pytest.mark.parametrize("name", WINGS)
def test_layer_norm_of_single_numbers_is_exact(name):
    """Each is its own mean: subtracted first, it leaves no rounding for 1 / s to enlarge."""
    x = 1000 + np.random.default_rng(0).normal(size=(100, 1)).astype("float32")
    layer = wing_of(name).LayerNorm(1)
    convert.set_arrays(layer, {"scale": np.array([0.7]), "shift": np.array([0.25])})
    run = {"torch": run_torch, "keras": run_keras}[name]
    value, gradients = run(
        layer, {"x": x}, np.random.default_rng(1).normal(size=x.shape).astype("f")
    )
    assert (value == 0.25).all()
    assert not gradients["x"].any() and not gradients["scale"].any()


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", WINGS)
def test_layer_norm_in_half_precision_holds_the_squares_of_large_numbers(name, half):
    """256 * 256 is infinite in float16: the mean square is in float32, as PyTorch's is."""
    x = 1000 * np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    expected = transformer.layer_norm(x, np.ones(8), np.zeros(8))
    if name == "torch":
        import torch

        dtype = getattr(torch, half)
        found = wing_of(name).LayerNorm(8).to(dtype)(torch.tensor(x).to(dtype)).float()
    else:
        import keras

        layer = wing_of(name).LayerNorm(8, dtype=f"mixed_{half}")
        found = keras.ops.cast(layer(keras.ops.cast(x, half)), "float32")
    np.testing.assert_allclose(numpy(found), expected, atol=0.02)
