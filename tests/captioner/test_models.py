"""Captioners: what their loss moves, what they refuse, and that both frameworks write alike."""

import json

import numpy as np
import pytest

from mmref import convert
from mmref.data.text import BEGIN, END, PAD, next_words
from mmref.decoding import beam_search, sample
from mmref.errors import ModalityError, ShapeError
from mmref.reference import captioning
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
RNG = np.random.default_rng(0)
IMAGES = RNG.random((6, 8, 8, 3)).astype("float32")
CAPTIONS = np.array([[BEGIN, *row, END] for row in RNG.integers(4, 9, size=(6, 3))])
CAPTIONS[1, 3:], CAPTIONS[4, 2:] = [END, PAD], [END, PAD, PAD]
BEFORE, AFTER, MASK = next_words(CAPTIONS)
DECODERS = {
    "lstm": ("RecurrentDecoder", (9, 6, 4, 5), {}),
    "mean": ("RecurrentDecoder", (9, 6, 4, 5), {"attend": False}),
    "causal": ("CausalDecoder", (9, 6, 8, 2, 2, 6), {}),
}
KINDS = pytest.mark.parametrize("kind", DECODERS)


def captioner(name, kind="lstm", penalty=0.0):
    wing = wing_of(name)
    decoder, sizes, options = DECODERS[kind]
    encoder = wing.MapEncoder((8, 8), (4,), dim=6)
    return wing.Captioner(encoder, getattr(wing, decoder)(*sizes, **options), penalty)


def pictures(name):
    return tensor(name, np.moveaxis(IMAGES, 3, 1).copy() if name == "torch" else IMAGES)


def inputs(name, ids=BEFORE):
    return {"image": pictures(name), "text": tensor(name, ids)}


def twins(kind, penalty=0.0):
    """The same weights in both frameworks, in evaluation mode; large ones, so that all counts."""
    for name in WINGS:
        pytest.importorskip(name)
    models = {name: captioner(name, kind, penalty) for name in WINGS}
    rng = np.random.default_rng(1)
    arrays = {
        path: np.abs(array) + 0.5
        if path.endswith("variance")
        else array + rng.normal(size=array.shape)
        for path, array in convert.arrays(models["torch"]).items()
    }
    for model in models.values():
        convert.set_arrays(model, arrays)
    models["torch"].eval()
    return models


@KINDS
def test_both_frameworks_say_and_look_alike(kind):
    models = twins(kind)
    found = {n: [numpy(part) for part in models[n].look(inputs(n))] for n in WINGS}
    for ours, theirs in zip(*found.values()):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    logits, weights = found["torch"]
    assert weights.shape == (6, 4, 16)
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)
    np.testing.assert_allclose(numpy(models["torch"](inputs("torch"))), logits, atol=1e-5)


@KINDS
def test_both_frameworks_write_alike(kind):
    models = twins(kind)
    for write in (
        lambda score: beam_search(score, 6, 1, 5),
        lambda score: beam_search(score, 6, 3, 5, normalize=0.7),
        lambda score: sample(score, 6, np.random.default_rng(0), length=5),
    ):
        found = [write(models[name].scorer(pictures(name))) for name in WINGS]
        np.testing.assert_array_equal(found[0].ids, found[1].ids)
        np.testing.assert_allclose(*(f.log_probabilities for f in found), rtol=1e-3)


@NAMES
@KINDS
def test_the_scorer_says_what_the_model_says_at_the_last_word(name, kind):
    model = captioner(name, kind)
    model = model.eval() if name == "torch" else model
    rows = np.array([3, 0, 3])
    found = model.scorer(pictures(name))(BEFORE[rows, :3], rows)
    logits = numpy(model(inputs(name)))[rows, 2].astype(float)
    expected = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_scorer_leaves_the_mode_of_the_model():
    pytest.importorskip("torch")
    for training in (True, False):
        model = captioner("torch").train(training)
        model.scorer(pictures("torch"))
        assert {part.training for part in model.modules()} == {training}


@NAMES
@KINDS
def test_a_word_does_not_see_those_behind_it(name, kind):
    model = captioner(name, kind)
    model = model.eval() if name == "torch" else model
    changed = BEFORE.copy()
    changed[:, 2:] = 8
    one, other = (numpy(model(inputs(name, ids))) for ids in (BEFORE, changed))
    np.testing.assert_allclose(one[:, :2], other[:, :2], atol=1e-6)
    assert np.abs(one[:, 2:] - other[:, 2:]).max() > 1e-4


@NAMES
@KINDS
def test_another_picture_gives_other_words(name, kind):
    """A captioner that does not look at its picture is none."""
    model = captioner(name, kind)
    model = model.eval() if name == "torch" else model
    one, given = numpy(model(inputs(name))), inputs(name)
    turned = np.moveaxis(IMAGES[::-1], 3, 1).copy() if name == "torch" else IMAGES[::-1].copy()
    other = numpy(model(given | {"image": tensor(name, turned)}))
    assert np.abs(one - other).max() > 1e-4


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_the_loss_of_torch_is_the_two_formulas_and_moves_every_weight(penalty):
    torch = pytest.importorskip("torch")
    model = captioner("torch", penalty=penalty).eval()
    logits, weights = (numpy(part).astype(float) for part in model.look(inputs("torch")))
    expected = captioning.next_word_loss(logits, AFTER, MASK)
    expected += penalty * captioning.doubly_stochastic_penalty(weights, MASK)
    loss = model.loss(inputs("torch"), tensor("torch", AFTER))
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    model.train()
    before = convert.arrays(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.loss(inputs("torch"), tensor("torch", AFTER)).backward()
    optimizer.step()
    for path, array in convert.arrays(model).items():
        if "conv.bias" not in path:  # batch norm takes it away again
            assert np.abs(array - before[path]).max() > 0, path


@pytest.mark.each_backend
@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_keras_fit_minimizes_the_same(penalty):
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    model = captioner("keras", penalty=penalty)
    logits, weights = (numpy(part).astype(float) for part in model.look(inputs("keras")))
    expected = captioning.next_word_loss(logits, AFTER, MASK)
    expected += penalty * captioning.doubly_stochastic_penalty(weights, MASK)
    model.compile(keras.optimizers.Adam(0.02))
    given = {"image": IMAGES, "text": BEFORE}
    assert model.evaluate(given, AFTER, verbose=0) == pytest.approx(expected, rel=1e-4)
    before = convert.arrays(model)
    first, *_, last = model.fit(given, AFTER, batch_size=3, epochs=15, verbose=0).history["loss"]
    assert last < first - 0.3
    for path, array in convert.arrays(model).items():  # the running statistics, too
        if "conv.bias" not in path:
            assert np.abs(array - before[path]).max() > 0, path


@NAMES
def test_a_captioner_learns_a_few_captions_by_heart_and_writes_them(name):
    wing = wing_of(name)
    if name == "torch":
        import torch

        torch.manual_seed(0)
    else:
        import keras

        keras.utils.set_random_seed(0)
    encoder = wing.MapEncoder((8, 8), (8,), dim=16, momentum=0.5)
    model = wing.Captioner(encoder, wing.RecurrentDecoder(9, 16, 16, 32))
    if name == "torch":
        optimizer = torch.optim.Adam(model.parameters(), 0.02)
        for _ in range(60):
            optimizer.zero_grad()
            model.loss(inputs(name), tensor(name, AFTER)).backward()
            optimizer.step()
    else:
        model.compile(keras.optimizers.Adam(0.02))
        model.fit({"image": IMAGES, "text": BEFORE}, AFTER, batch_size=6, epochs=60, verbose=0)
    found = beam_search(model.scorer(pictures(name)), 6, length=4)
    np.testing.assert_array_equal(found.ids, AFTER)


@KINDS
def test_a_keras_model_is_made_again_from_its_file(kind, tmp_path):
    keras = pytest.importorskip("keras")
    model = captioner("keras", kind, penalty=0.25)
    expected = numpy(model(inputs("keras")))
    model.save(tmp_path / "captioner.keras")
    again = keras.saving.load_model(tmp_path / "captioner.keras")
    np.testing.assert_allclose(numpy(again(inputs("keras"))), expected, atol=1e-6)
    assert again.penalty == 0.25


@KINDS
def test_parts_tell_what_they_were_made_with_alike_in_both_frameworks(kind):
    for name in WINGS:
        pytest.importorskip(name)
    told = []
    for name in WINGS:
        model = captioner(name, kind)
        told.append(json.dumps([model.encoder.config, model.decoder.config]))
        again = type(model.decoder)(**model.decoder.config)
        assert again.config == model.decoder.config
    assert told[0] == told[1]


@NAMES
def test_what_it_refuses(name):
    wing = wing_of(name)
    encoder, decoder = wing.MapEncoder((8, 8), (4,), 6), wing.RecurrentDecoder(9, 7)
    message = "decoder: expected a width of 6, the encoder's, got 7"
    assert_raises(ValueError, message, lambda: wing.Captioner(encoder, decoder))
    message = "encoder: expected a MapEncoder or VisionTransformer, got TableEncoder"
    table = wing.TableEncoder(3, 7)
    assert_raises(TypeError, message, lambda: wing.Captioner(table, decoder))
    message = "decoder: expected a RecurrentDecoder or CausalDecoder, got TableEncoder"
    assert_raises(TypeError, message, lambda: wing.Captioner(encoder, table))
    decoder = wing.RecurrentDecoder(9, 6)
    message = "penalty: expected a finite number, at least 0, got -1.0"
    assert_raises(ValueError, message, lambda: wing.Captioner(encoder, decoder, -1.0))
    model = wing.Captioner(encoder, decoder)
    with pytest.raises(ModalityError, match="missing"):
        model({"image": pictures(name)})
    message = "inputs['text']: expected 6 rows as inputs['image'], got 5"
    assert_raises(ShapeError, message, lambda: model(inputs(name, BEFORE[:5])))
    floats = inputs(name, BEFORE.astype("float32"))
    message = "ids: expected integers, got float32"
    assert_raises(ShapeError, message, lambda: model(floats))
    message = "ids: expected 0 to 8, got 0 to 9 (vocabulary_size is 9)"
    wrong = inputs(name, np.where(BEFORE > 3, 9, BEFORE))
    assert_raises(ValueError, message, lambda: model(wrong))
    causal = wing.CausalDecoder(9, 6, 8, 2, 1, length=3)
    message = "ids: expected at most 3 steps, got (6, 4)"
    long = wing.Captioner(encoder, causal)
    assert_raises(ShapeError, message, lambda: long(inputs(name)))


def test_words_of_float_features_are_refused_as_a_bert_would_need():
    """Erratum 20: features of a picture are no ids."""
    pytest.importorskip("torch")
    decoder = wing_of("torch").RecurrentDecoder(9, 6)
    features = tensor("torch", np.ones((2, 5), "float32"))
    message = "ids: expected integers, got float32"
    tokens = tensor("torch", np.ones((2, 4, 6), "float32"))
    assert_raises(ShapeError, message, lambda: decoder(tokens, features))
