"""Keras's own test of fusion."""

import numpy as np
import pytest

from mmref import convert
from tests.keras_checks import keeps_config, keras_checks
from tests.wings import DIM, DIMS, FUSIONS, features, tensor, wing_of


def of_one_array(fusion):
    """The same layer called on the joined features: Keras's test takes no mapping."""
    import keras

    class OfOneArray(fusion):
        def call(self, joined, present=None):
            ends = np.cumsum(list(self.dims.values()))[:-1].tolist()
            blocks = keras.ops.split(joined, ends, axis=1)
            return super().call(dict(zip(self.dims, blocks, strict=True)), present)

        def compute_output_shape(self, shape):
            return shape[0], self.dim

    return OfOneArray


# (class, more arguments, weights that are not trained)
LAYERS = [(fusion, {}, 0) for fusion in FUSIONS]
LAYERS += [("WeightedFusion", {"learn_weights": False}, 1)]


@pytest.mark.parametrize(("name", "options", "others"), LAYERS)
def test_keras_checks_the_layer(name, options, others):
    trainable = len(convert.arrays(getattr(wing_of("keras"), name)(DIMS, DIM))) - others
    layer = of_one_array(getattr(wing_of("keras"), name))
    joined = tensor("keras", np.concatenate(list(features().values()), axis=1))
    arguments = {"dims": DIMS, "dim": DIM} | options
    keras_checks(layer, arguments, joined, (5, DIM), trainable, others)


@pytest.mark.parametrize(("name", "options"), [case[:2] for case in LAYERS])
def test_the_config_keeps_every_argument(name, options):
    layer = getattr(wing_of("keras"), name)
    keeps_config(layer, {"dims": DIMS, "dim": DIM} | options)
