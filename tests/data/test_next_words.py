"""Labels that are shifted once, and captions that are exact."""

import numpy as np
import pytest

from mmref.data import scenes
from mmref.data.text import BEGIN, END, PAD, Vocabulary, next_words, words
from mmref.errors import ShapeError
from tests.messages import assert_raises


def test_each_label_is_the_word_behind_what_was_read():
    texts = ["a red star", "there is a small blue cross", "a"]
    vocabulary = Vocabulary.build(texts, words, ends=True)
    ids, _ = vocabulary.encode(texts)
    before, after, mask = next_words(ids)
    assert vocabulary.decode(after) == [text.split() for text in texts]
    assert (before[:, 0] == BEGIN).all() and (before[:, 1:] == after[:, :-1]).all()
    assert [row[m].tolist()[-1] for row, m in zip(after, mask)] == [END] * 3
    assert (mask == (after != PAD)).all() and mask.sum(axis=1).tolist() == [4, 7, 2]


def test_a_second_shift_is_refused():
    ids = np.array([[BEGIN, 5, 6, END], [BEGIN, 7, END, PAD]])
    _, after, _ = next_words(ids)
    message = "ids[0]: expected 2 ([BEGIN]) first, got 5: shifted before?"
    assert_raises(ValueError, message, lambda: next_words(after))


def test_what_is_no_rows_of_ids_is_refused():
    message = "ids: expected at least 2 steps, got (3, 1)"
    assert_raises(ShapeError, message, lambda: next_words(np.full((3, 1), BEGIN)))
    message = "ids: expected (B, T), got (3,)"
    assert_raises(ShapeError, message, lambda: next_words(np.array([BEGIN, 4, END])))
    message = "ids: expected integers, got float64"
    assert_raises(ShapeError, message, lambda: next_words(np.ones((2, 3))))


@pytest.mark.parametrize("language", scenes.LANGUAGES)
def test_captions_with_places_are_exact_and_of_other_scenes_are_not(language):
    data = scenes.generate(200, seed=0)
    texts = scenes.captions(data, 1, "places", language).texts
    assert scenes.exact(data.objects, texts, language).all()
    assert scenes.exact(data.objects, [*texts[1:], texts[0]], language).mean() < 0.01
    assert scenes.exact(scenes.read(data.images).objects, texts, language).all()


@pytest.mark.parametrize(
    "text",
    [
        "a small blue star",  # no place
        "a blue star at the top left and a large red cross in the center",  # no size
        "a small blue star at the top left",  # one is missing
        "a small blue star at the top left and a small blue star at the top left",
        "a small blue star at the top left and a large red cross at the top",
        "a small blue star at the top left and a large red circle in the center",
        "a small blue star at the top left, a large red cross in the center and a small red cross"
        " at the top",
        "there are two objects",
        "the blue star is above the red cross",
        "a star small blue",
        "",
    ],
)
def test_what_is_missing_false_or_said_twice_is_not_exact(text):
    star, cross = ("small", "blue", "star", "top left"), ("large", "red", "cross", "center")
    data = scenes.compose([[star, cross]], seed=0)
    assert not scenes.exact(data.objects, [text])[0]


def test_any_order_is_exact():
    star, cross = ("small", "blue", "star", "top left"), ("large", "red", "cross", "center")
    data = scenes.compose([[star, cross]] * 2, seed=0)
    one, other = "a small blue star at the top left", "a large red cross in the center"
    texts = [f"{one} and {other}", f"there is {other} and {one}"]
    assert scenes.exact(data.objects, texts).all()


def test_as_many_texts_as_scenes():
    data = scenes.generate(2, seed=0)
    message = "texts: expected 2, one a scene, got 1"
    assert_raises(ShapeError, message, lambda: scenes.exact(data.objects, ["a star"]))
