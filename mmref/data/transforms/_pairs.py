"""A picture and its caption, mirrored together."""

import re
from collections.abc import Sequence

import numpy as np

from mmref.contract.settings import check_choice, check_kind, text_list
from mmref.data.transforms._layout import LAST, from_last, to_last
from mmref.data.transforms._parts import _flip, flipped
from mmref.data.transforms._random import Generators
from mmref.errors import ShapeError
from mmref.types import Array

# "upright" and "copyright" have no side: no Latin letter before, and after only these endings.
_ENGLISH = r"(?<![A-Za-z])(?:left|right)(?=(?:most|wards?|handed|hand|side)?(?![A-Za-z]))"
_CHINESE = r"(?<![左右])[左右](?![左右])"  # "左右" as one word, "about", is the same mirrored
_SIDE = re.compile(f"{_ENGLISH}|{_CHINESE}", re.IGNORECASE | re.ASCII)
_OTHER = {"left": "right", "right": "left", "左": "右", "右": "左"}


def mirror_words(text: str) -> str:
    """Exchange left and right, also in words such as leftmost, and 左 and 右.

    It knows words, not meanings: "she left" and "that is right" change as well. For captions
    that speak of places, such as those of scenes; for others see ``flip_pairs``.

    >>> mirror_words("Left of the rightmost upright box"), mirror_words("左边的圆")
    ('Right of the leftmost upright box', '右边的圆')
    """
    check_kind("text", text, str, "a text")
    return _SIDE.sub(_mirrored, text)


def flip_pairs(
    images: Array,
    captions: Sequence[str],
    rng: Generators | None = None,
    sides: str = "mirror",
    layout: str = LAST,
) -> tuple[Array, list[str]]:
    """Mirror images (N, H, W, C), uint8 or float32, left and right, and keep captions true.

    captions: N texts. Return new images and a list of captions.
    rng: which pairs are mirrored: all without it, half of them, at random, with it.
    sides: what to do with a chosen pair whose caption mentions left or right: "mirror"
        exchanges the words (``mirror_words``); "leave" leaves the pair as it is, which is right
        for any caption, also where "left" is no place.

    >>> image = np.array([0, 1, 1], np.uint8).reshape(1, 1, 3, 1)
    >>> images, captions = flip_pairs(image, ["a black dot on the left"])
    >>> images.ravel(), captions
    (array([1, 1, 0], dtype=uint8), ['a black dot on the right'])
    >>> flip_pairs(image, ["a black dot on the left"], sides="leave")[0].ravel()
    array([0, 1, 1], dtype=uint8)
    """
    last = to_last(images, layout, np.uint8, np.float32)
    check_choice("sides", sides, ("mirror", "leave"))
    captions = text_list("captions", captions)
    if len(captions) != len(last):
        raise ShapeError("captions", f"{len(last)} texts, one for each image", len(captions))
    chosen = flipped(rng, len(last))
    if sides == "leave":
        chosen &= [_SIDE.search(caption) is None for caption in captions]
    for i in np.flatnonzero(chosen):
        captions[i] = mirror_words(captions[i])
    return from_last(_flip(last, chosen), layout), captions


def _mirrored(match):
    """The other side, written as this one is."""
    word = match[0]
    other = _OTHER[word.lower()]
    if word.isupper():
        return other.upper()
    return other.capitalize() if word[0].isupper() else other
