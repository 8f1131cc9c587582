"""A picture and its caption, mirrored together, and what becomes false otherwise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmref.data.transforms import OFF, augment, flip, flip_pairs, mirror_words, sample_generators
from mmref.errors import ChoiceError, ShapeError


@pytest.mark.parametrize(
    "text, mirrored",
    [
        ("a red dot left of a blue one", "a red dot right of a blue one"),
        ("Left, RIGHT and left.", "Right, LEFT and right."),
        ("the leftmost, the Rightmost", "the rightmost, the Leftmost"),
        ("leftward rightwards left-hand righthand", "rightward leftwards right-hand lefthand"),
        ("upright, bright, copyright, leftover, rightly", None),
        ("above the square", None),
        ("", None),
        ("左边的红圆", "右边的红圆"),
        ("圆在方块的右上方", "圆在方块的左上方"),
        ("最左和最右", "最右和最左"),
        ("十个左右", None),
        ("the left左", "the right右"),
        ("R\u0130GHT r\u0131ght", None),  # not the letters of "right"
    ],
)
def test_left_and_right_change_places_in_a_text(text, mirrored):
    assert mirror_words(text) == (text if mirrored is None else mirrored)


WORDS = [
    "left",
    "Right",
    "LEFT",
    "leftmost",
    "upright",
    "左",
    "右",
    "左右",
    " ",
    "a",
    "-",
    "\u0131",
]


@given(st.one_of(st.text(max_size=20), st.lists(st.sampled_from(WORDS)).map("".join)))
def test_mirrored_twice_is_the_same(text):
    mirrored = mirror_words(text)
    assert mirror_words(mirrored).lower() == text.lower()
    if not any(side in text.lower() for side in ("left", "right", "左", "右")):
        assert mirrored == text


# Small scenes: a red and a blue dot. Half of the captions say which is on the left.


def scenes(n=2000, size=12, language="en", seed=0):
    rng = np.random.default_rng(seed)
    images = np.ones((n, size, size, 3), np.float32)
    red, blue = np.array([rng.choice(size, 2, replace=False) for _ in range(n)]).T
    rows = rng.integers(0, size, (2, n))
    images[np.arange(n), rows[0], red] = (1, 0, 0)
    images[np.arange(n), rows[1], blue] = (0, 0, 1)
    sided = {"en": ("red right of blue", "red left of blue"), "zh": ("红在蓝右边", "红在蓝左边")}
    captions = [
        sided[language][int(r < b)] if i % 2 else "a red and a blue dot"
        for i, (r, b) in enumerate(zip(red, blue))
    ]
    return images, captions


def true(images, captions):
    """Which captions hold, read from the pixels."""
    red = images[..., 1:].sum(3).min(1).argmin(1)  # the column without green and blue
    blue = images[..., :2].sum(3).min(1).argmin(1)
    says_left = np.array(["left" in c or "左" in c for c in captions])
    says_right = np.array(["right" in c or "右" in c for c in captions])
    return ~(says_left & (red > blue)) & ~(says_right & (red < blue))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_flipping_the_picture_alone_makes_captions_false(language):
    """Half of the pictures, times the half of the captions that name a side: a quarter."""
    images, captions = scenes(language=language)
    assert true(images, captions).all()
    alone = augment(images, np.random.default_rng(0), **OFF | {"flip": True})
    assert 0.22 < 1 - true(alone, captions).mean() < 0.28
    assert 1 - true(flip(images), captions).mean() == 0.5

    together, mirrored = flip_pairs(images, captions, np.random.default_rng(0))
    np.testing.assert_array_equal(together, alone)  # the same pictures
    assert true(together, mirrored).all()
    assert true(*flip_pairs(images, captions)).all()


def test_pairs_with_sides_can_be_left():
    images, captions = scenes()
    left, same = flip_pairs(images, captions, sides="leave")
    assert same == captions and true(left, same).all()
    changed = (left != images).any((1, 2, 3))
    assert changed[::2].mean() > 0.9 and not changed[1::2].any()
    some, same = flip_pairs(images, captions, np.random.default_rng(0), sides="leave")
    assert same == captions and 0.4 < (some != images).any((1, 2, 3))[::2].mean() < 0.6


def test_pairs_come_back():
    images, captions = scenes(50)
    again, words = flip_pairs(*flip_pairs(images, captions))
    np.testing.assert_array_equal(again, images)
    assert words == captions


def test_bytes_layouts_and_generators():
    images, captions = scenes(40)
    first = np.ascontiguousarray((images * 255).astype(np.uint8).transpose(0, 3, 1, 2))
    rngs = sample_generators(range(40), 3)
    flipped, mirrored = flip_pairs(first, captions, rngs, layout="channels_first")
    assert flipped.dtype == np.uint8
    assert true(flipped.transpose(0, 2, 3, 1) / 255, mirrored).all()
    assert 5 < sum(a != b for a, b in zip(captions, mirrored)) < 18


def test_captions_that_do_not_fit_the_images_are_refused():
    images, captions = scenes(3)
    with pytest.raises(ShapeError, match="captions: expected 3 texts.*got 2"):
        flip_pairs(images, captions[:2])
    with pytest.raises(TypeError, match="captions: .*got the text 'abc'"):
        flip_pairs(images, "abc")
    with pytest.raises(ChoiceError, match="sides: expected one of 'mirror', 'leave'; got 'drop'"):
        flip_pairs(images, captions, sides="drop")
