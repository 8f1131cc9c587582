"""The script that trains the pipeline: what it tells, holds out, repeats and goes on with."""

import numpy as np
import pytest

from mmref import convert
from mmref.data import checkpoints, scenes
from scripts import train_pipeline as script
from scripts.train_text_to_image import held_out
from tests.wings import WINGS, wing_of

NETWORK = {"size": 32, "width": 4, "latent": 4, "condition": 3, "dim": 8, "heads": 2}
KINDS = scenes.SIZES, scenes.COLORS, scenes.SHAPES
SETTINGS = {"batch_size": 4, "every": 2, "judge": 16, "network": NETWORK}


@pytest.fixture
def eagerly():
    """So few steps are made sooner than a graph is compiled."""
    tensorflow = pytest.importorskip("tensorflow")
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


def test_words_tell_what_and_the_picture_or_the_words_where():
    data = script.ToldScenes(8, 0, NETWORK)
    rows, texts = data.told(0, 200, False, 0)
    there = rows["there"]
    assert 0.4 < there.mean() < 0.6
    assert not rows["image"][~there].any() and np.abs(rows["image"][there]).max() == 1
    assert script.judged(rows["real"], texts)["exact"] == 1
    assert script.place_kept(rows["image"][there], rows["real"][there]) == 1
    words = [" ".join(line) for line in data.vocabulary.decode(rows["text"])]
    for line, text, shown in zip(words, texts, there, strict=True):
        told, full = set(scenes.parse(line)), set(scenes.parse(text))
        assert (told == full) == (not shown), (line, text)  # beside a picture no place is told


def test_what_is_held_out_is_never_trained_on():
    data = script.ToldScenes(16, 0, NETWORK)
    _, asked = data.told(0, 60, True, 1)
    assert all(held_out(scenes.parse(text)) for text in asked)
    for place in (0, 32, 64):
        _, texts = data.told(place, 16, False, 0)
        assert not any(held_out(scenes.parse(text)) for text in texts)


def test_half_of_the_mismatched_differ_in_one_word_from_what_is_told():
    data = script.ToldScenes(64, 0, NETWORK)
    batch = data.batch(0)
    same, kinds = [], set()
    for i in range(64):
        off = batch["other text"][i] != batch["text"][i]
        pictures = (batch["other image"][i] == batch["image"][i]).all()
        if off.sum() == 1 and pictures and batch["other there"][i] == batch["there"][i]:
            words = [data.vocabulary.tokens[batch[n][i, off][0]] for n in ("text", "other text")]
            kinds |= {kind for kind in KINDS if set(words) <= set(kind)}
            same.append(i)
        else:
            assert (batch["other text"][i] == batch["text"][i - 1]).all()
    assert 20 < len(same) < 44 and kinds == set(KINDS)


def test_a_batch_is_the_same_again():
    data = script.ToldScenes(8, 3, NETWORK)
    first, again, later = data.batch(7), data.batch(7), data.batch(8)
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
        assert array.shape == later[name].shape and (array != later[name]).any()


@pytest.mark.parametrize("name", WINGS)
def test_an_interrupted_training_ends_with_the_same_weights(name, tmp_path, eagerly):
    wing_of(name)
    straight = script.train(name, tmp_path / "straight", 4, **SETTINGS)
    script.train(name, tmp_path / "broken", 4, until=3, **SETTINGS)  # the third step is lost
    broken = script.train(name, tmp_path / "broken", 4, **SETTINGS)
    ours, theirs = checkpoints.load(straight), checkpoints.load(broken)
    assert ours.config == theirs.config and ours.config["history"]["step"] == [2, 4]
    assert {"from words", "from both", "place kept"} < set(ours.config["history"])
    assert set(ours.arrays) == set(theirs.arrays) and {"strip.0", "strip.4"} < set(ours.arrays)
    for key, array in ours.arrays.items():
        np.testing.assert_array_equal(array, theirs.arrays[key], key)
    with pytest.raises(SystemExit, match="is of other settings"):
        script.train(name, tmp_path / "broken", 5, **SETTINGS)


def test_both_wings_train_alike(eagerly):
    """From the same weights: what is watched in three steps, and the averages of the weights."""
    data = script.ToldScenes(6, 0, NETWORK)
    network = NETWORK | {"vocabulary_size": len(data.vocabulary)}
    for name in WINGS:
        wing_of(name)
    torch, keras = (script.RUNS[name](network, 0) for name in WINGS)
    for part, model in torch.models.items():
        convert.copy(model, keras.models[part])
    for step in range(3):
        one, other = (run.step(data.batch(step), step, 10) for run in (torch, keras))
        assert one == pytest.approx(other, rel=5e-3, abs=5e-4)
    ours, theirs = (convert.arrays(run.average) for run in (torch, keras))
    for key, array in ours.items():
        # A key's bias has no gradient but rounding, which Adam makes large; PyTorch's running
        # variance divides by one less than Keras's.
        if "key_projection.bias" not in key and "variance" not in key:
            np.testing.assert_allclose(array, theirs[key], atol=2e-3, err_msg=key)
