"""Keras's own test of a layer: configuration, saving, symbolic call, training, bfloat16."""

import pytest


def keras_checks(layer, arguments, data, shape, trainable, others):
    """``shape`` is that of the result for ``data``; then weights, trained and others."""
    pytest.importorskip("keras")
    from keras.src.testing import TestCase

    class Check(TestCase):
        def runTest(self):
            self.run_layer_test(
                layer,
                init_kwargs=arguments,
                input_data=data,
                expected_output_shape=shape,
                expected_num_trainable_weights=trainable,
                expected_num_non_trainable_weights=others,
                run_training_check=bool(trainable),
                run_mixed_precision_check=True,
                custom_objects={layer.__name__: layer},
            )

    check = Check()
    check.setUp()
    try:
        check.runTest()
    finally:
        check.tearDown()


def keeps_config(layer, arguments):
    """A layer of these arguments and its copy by configuration both tell them again."""
    arguments = arguments | {"name": "own", "trainable": False}
    for made in (layer(**arguments), layer.from_config(layer(**arguments).get_config())):
        config = made.get_config()
        assert {key: config[key] for key in arguments} == arguments
