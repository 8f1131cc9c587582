"""Keras's own test of convolution."""

import numpy as np
import pytest

from tests.keras_checks import keras_checks
from tests.wings import wing_of

# (class, arguments, output shape for (2, 6, 8, 4), trainable weights, others)
LAYERS = [
    ("Conv2d", {"in_channels": 4, "channels": 6, "size": 3}, (2, 4, 6, 6), 2, 0),
    (
        "Conv2d",
        {"in_channels": 4, "channels": 6, "size": (3, 2), "stride": 2, "padding": "same",
         "groups": 2, "bias": False},
        (2, 3, 4, 6), 1, 0,
    ),  # fmt: skip
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "shape", "trainable", "others"), LAYERS)
def test_keras_checks_the_layer(name, arguments, shape, trainable, others):
    data = np.random.default_rng(0).normal(size=(2, 6, 8, 4)).astype("float32")
    layer = getattr(wing_of("keras"), name)
    keras_checks(layer, arguments, data, shape, trainable, others)
