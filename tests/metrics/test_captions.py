"""Agreement of pictures with captions, where it is known."""

import numpy as np
import pytest

from mmref.data import emoji, scenes
from mmref.data.scenes.corruption import corrupt
from mmref.errors import ChoiceError, ShapeError
from mmref.metrics import caption_agreement
from tests.messages import assert_raises


def drawn(n=200, language="en"):
    data = scenes.generate(n, seed=3)
    return data.images, scenes.captions(data, seed=4, language=language).texts


@pytest.mark.parametrize("language", scenes.LANGUAGES)
def test_clean_scenes_show_what_their_captions_say(language):
    images, texts = drawn(language=language)
    found = caption_agreement(images, texts, language)
    assert (found.claims, found.captions, found.error) == (1, 1, 0)
    assert found.chance < 0.25


def test_the_captions_of_other_scenes_hold_by_chance():
    images, texts = drawn()
    moved = [*texts[1:], texts[0]]
    assert caption_agreement(images, moved).captions == caption_agreement(images, texts).chance


def test_the_error_of_reading_is_known_for_noise():
    images, texts = drawn()
    rng = np.random.default_rng(0)
    noisy = caption_agreement(corrupt(images / np.float32(255), rng, 0.1, 0.0), texts)
    blurred = caption_agreement(corrupt(images / np.float32(255), rng, 0.1, 1.0), texts)
    assert noisy.captions >= 0.99 and 0.8 < blurred.captions < noisy.captions
    assert noisy.error == pytest.approx(0.1, abs=0.01)


def test_what_is_no_scene_agrees_by_chance_and_is_told_by_the_error():
    _, texts = drawn()
    images = emoji.load().images[: len(texts)]
    found = caption_agreement(images, texts)
    assert found.captions < 0.25 and abs(found.captions - found.chance) < 0.1
    assert found.error > 0.2


def test_half_of_the_claims():
    star = ("small", "blue", "star", "top left")
    images = scenes.compose([[star], [star]], seed=0).images
    found = caption_agreement(images, ["a blue star and a red cross", "a blue star"])
    assert (found.claims, found.captions, found.chance) == (0.75, 0.5, 0.5)


def test_bad_input_is_told():
    images, texts = drawn(2)
    message = "texts: expected at least 2, each the other's chance, got 1"
    assert_raises(ShapeError, message, lambda: caption_agreement(images[:1], texts[:1]))
    message = "texts: expected 2, one a scene, got 3"
    assert_raises(ShapeError, message, lambda: caption_agreement(images, [*texts, texts[0]]))
    with pytest.raises(ShapeError, match="images: expected"):
        caption_agreement(images[:, :30], texts)
    with pytest.raises(ChoiceError, match="language: expected"):
        caption_agreement(images, texts, "fr")
