"""A text that asks an image, in both wings; and which patches a box touches."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ModalityError, ShapeError
from mmref.reference.vision import touched_patches
from tests.wings import WINGS, inputs, numpy, tensor, wing_of

ANSWERS, TOKENS = 3, 8  # an image of 8 x 4 pixels in patches of 2


def classifier(name, seed=0, blocks=1):
    wing = wing_of(name)
    encoders = {
        "image": wing.VisionTransformer((8, 4), 2, 6, blocks, 3),
        "text": wing.TextEncoder(11, 4, 5, 7, cell="bag"),
    }
    model = wing.LookupClassifier(encoders, ANSWERS, heads=2)
    rng = np.random.default_rng(seed)
    shapes = {n: a.shape for n, a in convert.arrays(model).items()}
    values = {n: rng.normal(scale=0.5, size=s).astype("float32") for n, s in shapes.items()}
    convert.set_arrays(model, values)
    return model


def given(name):
    return {m: tensor(name, x) for m, x in inputs(name).items()}


@pytest.mark.parametrize("name", WINGS)
def test_weights_of_each_head_sum_to_one(name):
    weights = numpy(classifier(name).attention_weights(given(name)))
    assert weights.shape == (6, 2, TOKENS)
    np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-6)
    assert np.ptp(weights, axis=0).max() > 1e-3  # they depend on what is asked and shown


def test_both_wings_agree_after_conversion():
    one, other = classifier("torch"), classifier("keras", seed=1)
    convert.copy(one, other)
    expected = numpy(one(given("torch")))
    np.testing.assert_allclose(numpy(other(given("keras"))), expected, atol=1e-5)
    expected = numpy(one.attention_weights(given("torch")))
    np.testing.assert_allclose(numpy(other.attention_weights(given("keras"))), expected, atol=1e-5)


@pytest.mark.parametrize("name", WINGS)
def test_the_answer_depends_on_text_and_image(name):
    model, x = classifier(name), inputs(name)
    before = numpy(model({m: tensor(name, a) for m, a in x.items()}))
    for modality in x:
        changed = x | {modality: np.ascontiguousarray(x[modality][::-1])}
        after = numpy(model({m: tensor(name, a) for m, a in changed.items()}))
        assert np.abs(after - before).max() > 1e-3, modality


def test_keras_trains_saves_and_loads(tmp_path):
    keras = pytest.importorskip("keras")
    model, x = classifier("keras"), inputs("keras")
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, np.arange(6) % ANSWERS, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(numpy(again(x)), numpy(model(x)), atol=1e-6)


@pytest.mark.parametrize("name", WINGS)
def test_other_modalities_are_refused(name):
    model, wing = classifier(name), wing_of(name)
    x = given(name)
    told = "inputs: expected the modalities ['image', 'text'], got ['image']; missing ['text']"
    for call in (model, model.attention_weights):
        with pytest.raises(ModalityError) as caught:
            call({"image": x["image"]})
        assert told in str(caught.value)
    with pytest.raises(ModalityError, match="encoders: expected the modalities"):
        wing.LookupClassifier({"image": model.encoders["image"]}, 3)
    with pytest.raises(ValueError, match="num_classes: expected an integer, at least 1, got 0"):
        wing.LookupClassifier(dict(model.encoders.items()), 0)


def test_patches_that_a_box_touches():
    """Against pixels painted one by one."""
    rng = np.random.default_rng(0)
    corners = np.sort(rng.integers(0, 13, size=(40, 2, 2)), axis=1)  # (left, top), (right, bottom)
    corners[:, 1] += corners[:, 0] == corners[:, 1]  # at least one pixel
    boxes = corners.reshape(40, 4)
    found = touched_patches(boxes, (15, 18), 3)
    assert found.shape == (40, 30)
    for box, patches in zip(boxes, found):
        painted = np.zeros((15, 18), dtype=bool)
        left, top, right, bottom = box
        painted[top:bottom, left:right] = True
        expected = painted.reshape(5, 3, 6, 3).any(axis=(1, 3)).ravel()
        np.testing.assert_array_equal(patches, expected)


def test_boxes_of_another_shape():
    with pytest.raises(ShapeError, match=r"boxes: expected \(B, 4\), got \(4,\)"):
        touched_patches(np.zeros(4, dtype=int), (4, 4), 2)
    with pytest.raises(ValueError, match="size: expected multiples of 3, the width of a patch"):
        touched_patches(np.zeros((1, 4), dtype=int), (4, 4), 3)


@pytest.mark.parametrize("name", WINGS)
def test_a_text_for_each_image(name):
    model, some = classifier(name), given(name)
    some["text"] = some["text"][:4]
    message = r"inputs\['text'\]: expected 6 rows as inputs\['image'\], got 4"
    for call in (model, model.attention_weights):
        with pytest.raises(ShapeError, match=message):
            call(some)
