"""Models in both wings: dropout, sizes, conversion."""

import numpy as np
import pytest

from mmref import convert
from tests.wings import classifier, inputs, numpy, tensor

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
