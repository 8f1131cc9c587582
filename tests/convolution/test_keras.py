"""Keras's own test of a layer: configuration, saving, symbolic call, training, half precision."""

import numpy as np
import pytest

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
    ("MaxPool2d", {"size": 2}, (2, 3, 4, 4), 0, 0),
    ("AvgPool2d", {"size": 3, "stride": 1, "padding": "same"}, (2, 6, 8, 4), 0, 0),
    ("BatchNorm2d", {"channels": 4}, (2, 6, 8, 4), 2, 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "shape", "trainable", "others"), LAYERS)
def test_keras_checks_the_layer(name, arguments, shape, trainable, others):
    pytest.importorskip("keras")
    from keras.src.testing import TestCase

    layer = getattr(wing_of("keras"), name)

    class Check(TestCase):
        def runTest(self):
            self.run_layer_test(
                layer,
                init_kwargs=arguments,
                input_data=np.random.default_rng(0).normal(size=(2, 6, 8, 4)).astype("float32"),
                expected_output_shape=shape,
                expected_num_trainable_weights=trainable,
                expected_num_non_trainable_weights=others,
                run_training_check=bool(trainable),
                run_mixed_precision_check=True,
                custom_objects={name: layer},
            )

    check = Check()
    check.setUp()
    try:
        check.runTest()
    finally:
        check.tearDown()
