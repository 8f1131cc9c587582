"""Keras's own test of batch norm."""

import numpy as np
import pytest

from tests.keras_checks import keras_checks
from tests.wings import wing_of

# (class, arguments, output shape for (2, 6, 8, 4), trainable weights, others)
LAYERS = [
    ("BatchNorm2d", {"channels": 4}, (2, 6, 8, 4), 2, 2),
]


@pytest.mark.parametrize(("name", "arguments", "shape", "trainable", "others"), LAYERS)
def test_keras_checks_the_layer(name, arguments, shape, trainable, others):
    data = np.random.default_rng(0).normal(size=(2, 6, 8, 4)).astype("float32")
    layer = getattr(wing_of("keras"), name)
    keras_checks(layer, arguments, data, shape, trainable, others)
