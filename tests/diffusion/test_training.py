"""The script that trains on scenes: what it reads, holds out, repeats and goes on with."""

import numpy as np
import pytest

from mmref import convert
from mmref.data import checkpoints, emoji, scenes
from scripts import resumable
from scripts import train_text_to_image as script
from tests.wings import WINGS, wing_of

NETWORK = {"size": 32, "width": 8, "blocks": 1, "heads": 2}
SETTINGS = {"batch_size": 2, "every": 2, "judge": 4, "network": NETWORK}


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Pictures in two steps, and few of them."""
    monkeypatch.setattr(script, "DRAWN", 2)
    monkeypatch.setattr(script, "PICTURES", 2)


# ---- the data ----


@pytest.mark.parametrize("objects", [1, 2])
def test_no_held_out_caption_is_trained_on(objects):
    data = script.CaptionedScenes(objects, 64, seed=0)
    asked = data.asked(64)
    claims = {frozenset(scenes.parse(text)) for text in asked}
    assert max(map(len, claims)) == objects
    for step in range(5):
        *_, texts = data.rows(step * 128, 64, False, 0)
        assert claims.isdisjoint(frozenset(scenes.parse(text)) for text in texts)
    # A share that is held out, and every word of theirs is known.
    drawn = scenes.captions(scenes.generate(2000, 5, objects=(1, objects)), 5, "places").claims
    assert np.mean([script.held_out(claims) for claims in drawn]) == pytest.approx(0.1, abs=0.04)
    assert (data.encode(asked) != 1).all()


def test_the_order_of_what_is_said_does_not_matter():
    for claims in scenes.captions(scenes.generate(50, 0, objects=(2, 2)), 0, "places").claims:
        assert script.held_out(claims) == script.held_out(claims[::-1])


def test_a_batch_shows_what_its_captions_say_and_is_the_same_again():
    data = script.CaptionedScenes(2, 16, seed=3)
    first, again, later = data.batch(7), data.batch(7), data.batch(8)
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
        assert array.shape == later[name].shape and (array != later[name]).any()
    texts = [" ".join(words) for words in data.vocabulary.decode(first["ids"])]
    found = scenes.read((first["images"].transpose(0, 2, 3, 1) + 1) / 2)
    assert scenes.agreement(found.objects, data.rows(7 * 32, 16, False, 3)[2]).min() == 1
    assert texts == [t.replace(",", "") for t in data.rows(7 * 32, 16, False, 3)[2]]
    assert first["steps"].min() >= 1 and first["steps"].max() <= script.NOISE["steps"]


def test_no_held_out_emoji_is_trained_on():
    data = script.NamedEmoji(64, seed=0)
    train, test = (emoji.load("both", split=split) for split in ("train+validation", "test"))
    assert set(train.concepts).isdisjoint(test.concepts)
    assert len(data.images) == len(train) and len(data.held_out) == len(test)
    assert {name.rsplit(" ", 1)[0] for name in data.asked(300)} <= set(test.names)
    assert len(set(data.asked(300))) == 300


def test_a_batch_of_emoji_shows_what_is_named_and_is_the_same_again():
    data = script.NamedEmoji(16, seed=3)
    first, again, later = data.batch(7), data.batch(7), data.batch(8)
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
        assert array.shape == later[name].shape and (array != later[name]).any()
    both = emoji.load("both", split="train+validation")
    told = list(zip(both.names, both.styles))
    for image, ids in zip(first["images"], first["ids"], strict=True):
        row = np.abs(data.images - image).max(axis=(1, 2, 3)).argmin()
        assert (data.encode([" ".join(told[row])])[0] == ids).all()
        assert both.styles[row] in data.vocabulary.decode(ids[None])[0]


def test_nearer_counts_pairs():
    """By hand: on a line, pictures at 0, 1, 5 and real ones at 1, 2, 4. The first is nearer to its
    own than to both others, the second than to the third only, the third than to both."""
    pictures, real = (np.array(x, "float32").reshape(3, 1, 1, 1) for x in ([0, 1, 5], [1, 2, 4]))
    assert script.nearer(pictures, real) == pytest.approx(5 / 6)
    assert script.nearer(real, real) == 1
    assert script.nearer(real, real[::-1]) == pytest.approx(1 / 3)  # the middle one is
    assert script.nearer(np.zeros_like(real), np.ones_like(real)) == 0.5  # all as near: chance


def test_pictures_are_judged_by_all_that_is_said_and_nothing_else():
    told = [("small", "red", "star", "top"), ("large", "blue", "circle", "left")]
    text = ["a small red star at the top"]
    for shown, expected in ((told[:1], (1, 1)), (told, (1, 0)), (told[1:], (0, 0)), ([], (0, 0))):
        images = scenes.compose([shown], 0).images.transpose(0, 3, 1, 2) / 127.5 - 1
        scores = script.judged(images, text)
        assert (scores["agreement"], scores["exact"]) == expected


def test_the_rate_rises_and_falls_to_nearly_0():
    rates = np.array([script.rate_of(step, 5000) for step in range(5000)])
    top = rates.argmax()
    assert top in (script.WARM_UP - 1, script.WARM_UP) and rates[top] == script.RATE
    assert (np.diff(rates[:top]) > 0).all() and (np.diff(rates[script.WARM_UP :]) < 0).all()
    assert rates[0] < 0.01 * script.RATE and 0 <= rates[-1] < 1e-5 * script.RATE


# ---- the training ----


@pytest.mark.parametrize("name", WINGS)
def test_an_interrupted_training_ends_with_the_same_weights(name, tmp_path):
    wing_of(name)
    straight = script.train(name, tmp_path / "straight", 4, **SETTINGS)
    script.train(name, tmp_path / "broken", 4, until=3, **SETTINGS)  # the third step is lost
    broken = script.train(name, tmp_path / "broken", 4, **SETTINGS)
    ours, theirs = checkpoints.load(straight), checkpoints.load(broken)
    assert ours.config == theirs.config and ours.config["history"]["step"] == [2, 4]
    assert set(ours.arrays) == set(theirs.arrays) and {"strip.0", "strip.4"} < set(ours.arrays)
    for key, array in ours.arrays.items():
        np.testing.assert_array_equal(array, theirs.arrays[key], key)
    with pytest.raises(SystemExit, match="is of other settings"):
        script.train(name, tmp_path / "broken", 5, **SETTINGS)


def test_both_wings_train_alike(tmp_path):
    """From the same weights: three losses, and the averages of the weights."""
    data = script.CaptionedScenes(1, 4, seed=0)
    network = NETWORK | {"vocabulary_size": len(data.vocabulary)}
    for name in WINGS:
        wing_of(name)
    torch, keras = (script.RUNS[name](network, 0) for name in WINGS)
    for part in ("model", "average"):
        convert.copy(torch.model, getattr(keras, part))
    for step in range(3):
        one, other = (run.step(data.batch(step), step, 10) for run in (torch, keras))
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-3)
    ours, theirs = convert.arrays(torch.average), convert.arrays(keras.average)
    for key, array in ours.items():
        if "key_projection.bias" not in key:  # no gradient but rounding, which Adam makes large
            np.testing.assert_allclose(array, theirs[key], atol=2e-3, err_msg=key)


def test_the_average_follows_the_weights_slower_and_slower():
    assert script.momentum_of(0) == pytest.approx(0.1)
    assert script.momentum_of(10**6) == script.DECAY


def test_a_checkpoint_loads_in_the_other_wing_and_is_small(tmp_path):
    path = script.train("torch", tmp_path, 2, **SETTINGS)
    kept = checkpoints.load(path)
    model = wing_of("keras").Denoiser(**kept.config["network"])
    kept.into(model, "denoiser")
    assert kept.config["network"]["vocabulary_size"] == len(kept.config["vocabulary"])
    full = wing_of("torch").Denoiser(len(kept.config["vocabulary"]))
    pictures = 16 * 32 * 32 * 3 * len(resumable.SHOWN)
    assert 4 * sum(p.numel() for p in full.parameters()) + pictures < 4 * 2**20
