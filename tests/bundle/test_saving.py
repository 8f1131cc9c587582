"""A trained model in a folder: it comes back in either framework, in this process and another."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL.Image")

from mmref import bundle, convert
from mmref.data import folders
from mmref.data.text import Subwords, Vocabulary, characters
from mmref.errors import ChoiceError, ShapeError
from tests.bundle import photos
from tests.wings import FUSIONS, WINGS, wing_of

BOTH = pytest.mark.parametrize("name", WINGS)
OTHER = dict(zip(WINGS, reversed(WINGS)))
PREDICT = Path(__file__).parent / "programs" / "predict.py"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return photos.write(tmp_path_factory.mktemp("folder") / "my photos")


def saved(name, path, reader, **options):
    model = photos.model(name, len(reader.vocabulary), **options)
    wing_of(name).save(path, model, reader)
    return model


def probabilities(name, model, reader):
    """Of all rows, from the model itself and the reader's own batches: nothing of a bundle."""
    wing, parts = wing_of(name), []
    for i in range(len(reader)):
        inputs, _ = reader.batch(0, i)
        if name == "torch":
            inputs, _ = wing.FolderBatches(reader)[i]
            logits = wing.predict(model, inputs).numpy()
        else:
            logits = model.predict(inputs, verbose=0)
        parts.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    return np.concatenate(parts)


# Both ways for the first fusions; for each of the others one way, which both load.
@pytest.mark.parametrize(
    ("fusion", "name"),
    [
        (f, name)
        for i, f in enumerate(FUSIONS)
        for k, name in enumerate(WINGS)
        if i < 3 or i % 2 == k
    ],
)
def test_what_one_framework_saved_both_load(name, fusion, data, tmp_path):
    reader = photos.reader(data)
    model = saved(name, tmp_path / "model", reader, fusion=fusion)
    expected = probabilities(name, model, reader)
    least = 0.01 if fusion == "CrossAttentionFusion" else 0.02  # which takes means at its end
    assert np.ptp(expected, axis=0).max() > least  # it tells rows apart
    for wing in WINGS:
        again = wing_of(wing).load(tmp_path / "model")
        for key, array in convert.arrays(model).items():
            np.testing.assert_array_equal(convert.arrays(again)[key], array)
        np.testing.assert_allclose(probabilities(wing, again, reader), expected, atol=1e-5)


@BOTH
def test_the_folder_holds_two_files_without_code(name, data, tmp_path):
    saved(name, tmp_path / "model", photos.reader(data, length=7, fit="pad"))
    found = {file.name for file in (tmp_path / "model").iterdir()}
    assert found == {"bundle.json", "weights.safetensors"}
    assert [file.name for file in tmp_path.iterdir()] == ["model"]
    read = bundle.read(tmp_path / "model")
    assert (read.task, read.classes) == ("classification", photos.CLASSES)
    assert (read.length, tuple(read.size), read.fit) == (7, photos.SIZE, "pad")
    assert read.vocabulary == photos.reader(data).vocabulary
    assert (read.framework, set(read.versions)) == (name, {"mmref", name})
    assert read.modalities == ("image", "text") and read.table is None


@pytest.mark.parametrize("kind", ["words", "characters", "subwords"])
def test_every_vocabulary_comes_back(kind, data, tmp_path):
    if kind == "subwords":
        pytest.importorskip("tokenizers")
        vocabulary = Subwords.build(data.texts, size=280)
    else:
        options = {"tokenize": characters} if kind == "characters" else {}
        vocabulary = Vocabulary.build(data.texts, **options)
    saved("torch", tmp_path / "model", photos.reader(data, vocabulary=vocabulary))
    again = bundle.read(tmp_path / "model").vocabulary
    assert type(again) is type(vocabulary)
    for ours, theirs in zip(again.encode(data.texts), vocabulary.encode(data.texts)):
        np.testing.assert_array_equal(ours, theirs)


@BOTH
def test_saving_leaves_the_model_as_it_was(name, data, tmp_path):
    """Weights, running statistics, and the mode of each module."""
    reader = photos.reader(data)
    model = photos.model(name, len(reader.vocabulary))
    before = convert.arrays(model)
    if name == "torch":
        model.train()
        model.encoders["image"].eval()
    wing_of(name).save(tmp_path / "model", model, reader)
    for key, array in convert.arrays(model).items():
        np.testing.assert_array_equal(array, before[key])
    if name == "torch":
        assert model.training and not model.encoders["image"].training
        assert not wing_of(name).load(tmp_path / "model").training


@BOTH
def test_a_loaded_model_is_trained_on_and_saved_again(name, data, tmp_path):
    """In the other framework, with what the bundle knows: no reader is needed."""
    saved(name, tmp_path / "model", photos.reader(data))
    other = wing_of(OTHER[name])
    model, older = other.load(tmp_path / "model"), bundle.read(tmp_path / "model")
    photos.draw(model, seed=1)
    other.save(tmp_path / "model", model, older)
    newer = bundle.read(tmp_path / "model")
    assert newer.framework == OTHER[name] and newer.classes == older.classes
    again = convert.arrays(wing_of(name).load(tmp_path / "model"))
    for key, array in convert.arrays(model).items():
        np.testing.assert_array_equal(again[key], array)


@BOTH
def test_a_model_that_does_not_fit_its_reader_is_refused_before_anything_is_written(
    name, data, tmp_path
):
    wing, path, reader = wing_of(name), tmp_path / "model", photos.reader(data)
    words = len(reader.vocabulary)
    refused = [
        (photos.model(name, words, classes=2), reader, ShapeError, r"model\(inputs\): expected"),
        (photos.model(name, words - 1), reader, ShapeError, "reader.vocabulary: expected"),
        (photos.model(name, words + 1), reader, ShapeError, r"reader.vocabulary: expected \d+ ent"),
        (photos.model(name, words), photos.reader(data, size=16), ShapeError, "images: expected"),
        ("model", reader, TypeError, "model: expected a (torch.nn.Module|keras.Model), got str"),
        (photos.model(name, words), data, TypeError, "reader: expected a mmref.data.folders.Re"),
    ]
    for model, given, error, message in refused:
        with pytest.raises(error, match=message):
            wing.save(path, model, given)
    unlabelled = photos.reader(folders.load(data.root))
    with pytest.raises(ValueError, match="reader.data: expected rows with labels, got none"):
        wing.save(path, photos.model(name, words), unlabelled)
    mine = photos.reader(data, vocabulary=Vocabulary.build(data.texts, tokenize=str.split))
    with pytest.raises(ChoiceError, match="tokenize: expected one of 'words', .*got 'a function"):
        wing.save(path, photos.model(name, len(mine.vocabulary)), mine)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lacking", [0, 1])
def test_a_network_that_knows_fewer_words_than_the_reader_is_refused(lacking, data, tmp_path):
    """One's own tells no number of words: only the last of them shows that it is missing."""
    wing, reader = wing_of("torch"), photos.reader(data)
    from torch import nn

    words = len(reader.vocabulary)
    own = {"text": wing.Backbone(nn.EmbeddingBag(words - lacking, 6), 6)}
    parts = photos.encoders("torch", words, "gru") | own
    model = wing.FusionClassifier(parts, wing.ConcatFusion({"image": 7, "text": 6}, 4), 3)
    if lacking:
        with pytest.raises((IndexError, RuntimeError)):
            wing.save(tmp_path / "model", model, reader)
    else:
        wing.save(tmp_path / "model", model, reader)
    assert (tmp_path / "model").exists() == (not lacking)


@BOTH
def test_a_modality_that_the_reader_does_not_give_is_refused(name, data, tmp_path):
    wing = wing_of(name)
    parts = {"table": wing.ImageEncoder(photos.SIZE, (5,), dim=3)}
    model = wing.FusionClassifier(parts, wing.ConcatFusion({"table": 3}, 4), 3)
    with pytest.raises(ValueError, match="reader.table: expected one for 'table', got None"):
        wing.save(tmp_path / "model", model, photos.reader(data))


@BOTH
def test_another_process_predicts_the_same_in_either_framework(name, data, tmp_path):
    """And needs one framework only."""
    reader = photos.reader(data)
    model = saved(name, tmp_path / "the model 猫", reader)
    expected = probabilities(name, model, reader)
    for framework in WINGS:
        wing_of(framework)
        asked = {
            "path": str(tmp_path / "the model 猫"),
            "images": [str(path) for path in photos.paths(data)],
            "texts": list(data.texts),
            "framework": framework,
            "weights": True,
        }
        command = [sys.executable, PREDICT, json.dumps(asked)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)
        assert found["labels"] == [photos.CLASSES[k] for k in expected.argmax(axis=1)]
        sums = np.sum(list(found["weights"].values()), axis=0)
        np.testing.assert_allclose(sums, 1, atol=1e-6)
        assert not found["other framework"]
