"""Models in both wings: dropout, sizes, conversion; and Keras's own checks of a layer."""

import numpy as np
import pytest

from mmref import convert
from tests.wings import DIM, DIMS, classifier, features, inputs, numpy, tensor

PRESENT = np.array([[1, 1], [1, 0], [0, 1], [0, 0], [1, 1], [1, 1]], dtype=bool)


def logits(name, model):
    if name == "torch":
        model.eval()
    x = {m: tensor(name, v) for m, v in inputs(name).items()}
    return numpy(model(x, tensor(name, PRESENT)))


def test_keras_file_of_a_converted_model_that_was_never_called(tmp_path):
    keras = pytest.importorskip("keras")
    pytest.importorskip("torch")
    model, source = classifier("keras"), classifier("torch")
    convert.copy(source, model)
    model.save(tmp_path / "model.keras")
    twin = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(logits("keras", twin), logits("torch", source), atol=1e-5)


def test_the_config_keeps_every_argument():
    """Values that are no defaults, so that a forgotten one shows."""
    pytest.importorskip("keras")
    for layer, arguments, *_ in keras_layers():
        arguments = arguments | {"name": "own", "trainable": False}
        arguments |= {"dropout": 0.25} if "Encoder" in layer.__name__ else {}
        for made in (layer(**arguments), layer.from_config(layer(**arguments).get_config())):
            config = made.get_config()
            assert {key: config[key] for key in arguments} == arguments
    model = classifier("keras", dropout=0.25)
    twin = type(model).from_config(model.get_config())
    assert twin.dropout.rate == model.dropout.rate == 0.25
    assert twin.encoders["image"].dropout.rate == twin.encoders["text"].dropout.rate == 0.25


def test_dropout_acts_in_training_only():
    keras = pytest.importorskip("keras")
    model = classifier("keras", dropout=0.5)
    x = {m: tensor("keras", v) for m, v in inputs("keras").items()}
    still = [numpy(model(x)) for _ in range(2)]
    np.testing.assert_array_equal(*still)
    keras.utils.set_random_seed(0)
    moved = [numpy(model(x, training=True)) for _ in range(2)]
    assert np.abs(moved[0] - moved[1]).max() > 1e-4


def test_the_number_of_parameters():
    """Encoders, fusion and head, the same in both wings."""
    sizes = {}
    for name in ("torch", "keras"):
        model = classifier(name)
        arrays = convert.arrays(model)
        sizes[name] = sum(array.size for array in arrays.values())
    image = (27 + 1 + 4) * 5 + (45 + 1 + 4) * 10 + (2 * 1 * 10 + 1) * 13
    text = 11 * 9 + 4 * 7 * (9 + 7 + 1) + (7 + 1) * 12
    fusion = (13 + 1) * 4 + (12 + 1) * 4 + 2
    assert sizes == dict.fromkeys(sizes, image + text + fusion + (4 + 1) * 3)


def keras_layers():
    """Arguments of each layer, what it is called on, what it returns, how many weights."""
    import mmref.keras as wing

    x = tensor("keras", np.concatenate(list(features().values()), axis=1))
    ids = tensor("keras", np.array([[3, 4, 0], [5, 0, 0]]))
    pixels = tensor("keras", np.random.default_rng(0).normal(size=(2, 8, 4, 3)).astype("float32"))
    fuse = {"dims": DIMS, "dim": DIM}
    yield of_one_array(wing.WeightedFusion), fuse, x, (5, DIM), 7, 0
    yield of_one_array(wing.WeightedFusion), fuse | {"learn_weights": False}, x, (5, DIM), 6, 1
    yield of_one_array(wing.AdaptiveFusion), fuse, x, (5, DIM), 10, 0
    yield of_one_array(wing.ConcatFusion), fuse, x, (5, DIM), 2, 0
    sizes = {"size": (8, 4), "channels": (5, 10), "dim": 7}
    yield wing.ImageEncoder, sizes, pixels, (2, 7), 10, 4
    for cell, count in (("bag", 3), ("lstm", 6), ("gru", 6)):
        sizes = {"vocabulary_size": 11, "embedding": 9, "hidden": 7, "dim": 5, "cell": cell}
        yield wing.TextEncoder, sizes, ids, (2, 5), count, 0


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


@pytest.mark.parametrize("case", range(8))
def test_keras_checks_the_layer(case):
    """Keras's own test of a layer: configuration, saving, symbolic call, training, bfloat16."""
    pytest.importorskip("keras")
    from keras.src.testing import TestCase

    layer, arguments, data, shape, trainable, frozen = list(keras_layers())[case]

    class Check(TestCase):
        def runTest(self):
            self.run_layer_test(
                layer,
                init_kwargs=arguments,
                input_data=data,
                expected_output_shape=shape,
                expected_num_trainable_weights=trainable,
                expected_num_non_trainable_weights=frozen,
                run_training_check=True,
                run_mixed_precision_check=True,
                custom_objects={layer.__name__: layer},
            )

    check = Check()
    check.setUp()
    try:
        check.runTest()
    finally:
        check.tearDown()
