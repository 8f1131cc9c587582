"""The vision transformer: its size, and its place as an encoder."""

import numpy as np
import pytest

from mmref import convert
from tests.attention.layers import DIM, images, randomized
from tests.wings import WINGS, tensor, wing_of


@pytest.mark.parametrize("name", WINGS)
def test_the_number_of_parameters_of_a_vision_transformer(name):
    """Patches, positions, one block whose network has 4 D units, the last norm."""
    sizes = [array.size for array in convert.arrays(randomized(name, "VisionTransformer")).values()]
    block = (4 + 8) * DIM * DIM + (4 + 4 + 5) * DIM
    assert sum(sizes) == 13 * DIM + 6 * DIM + block + 2 * DIM


@pytest.mark.parametrize("name", WINGS)
def test_a_vision_transformer_is_an_encoder(name):
    wing = wing_of(name)
    encoders = {
        "image": wing.VisionTransformer((4, 6), 2, 12, 1, 3),
        "text": wing.TextEncoder(9, 4, 5, 7, cell="bag"),
    }
    model = wing.FusionClassifier(encoders, wing.ConcatFusion({"image": 12, "text": 7}, 4), 3)
    ids = tensor(name, np.array([[1, 2], [3, 0]]))
    assert tuple(model({"image": tensor(name, images(name)), "text": ids}).shape) == (2, 3)
