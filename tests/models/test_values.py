"""Models in both wings: dropout, sizes, conversion."""

import numpy as np
import pytest

from mmref import convert
from tests.wings import WINGS, classifier, inputs, numpy, tensor

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


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("part", ["image", "text", "head"])
def test_the_dropout_of_each_part_acts_in_training_only(name, part):
    """Of an encoder, which the model passes its mode on to, or of the fused vector."""
    model = classifier(name, dropout=0.5)
    layers = {m: model.encoders[m].dropout for m in model.encoders} | {"head": model.dropout}
    for other, layer in layers.items():
        if other != part:
            setattr(layer, "p" if name == "torch" else "rate", 0.0)
    x = {m: tensor(name, v) for m, v in inputs(name).items()}

    def twice(training):
        if name == "keras":
            return [numpy(model(x, training=training)) for _ in range(2)]
        model.train(training)
        return [numpy(model(x)) for _ in range(2)]

    np.testing.assert_array_equal(*twice(training=False))
    one, other = twice(training=True)
    assert np.abs(one - other).max() > 1e-4


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
