"""Faces of one mood: emoji whose mouth tells it, in both styles."""

import numpy as np

from mmref.data import emoji, transforms
from mmref.types import Array

SIDE, SHIFT = 32, 2
TESTS = (0, 1)  # folds of emoji.load, whose faces stand in tests alone
GLAD = (
    "grinning face",
    "grinning face with big eyes",
    "grinning face with smiling eyes",
    "beaming face with smiling eyes",
    "grinning squinting face",
    "slightly smiling face",
    "smiling face with smiling eyes",
    "smiling face with halo",
    "smiling face with hearts",
    "smiling face with heart-eyes",
    "star-struck",
    "smiling face with open hands",
    "cowboy hat face",
    "smiling face with sunglasses",
)
SAD = (
    "slightly frowning face",
    "frowning face",
    "frowning face with open mouth",
    "worried face",
    "anguished face",
    "sad but relieved face",
    "crying face",
    "loudly crying face",
    "confounded face",
    "persevering face",
    "disappointed face",
    "downcast face with sweat",
    "weary face",
    "tired face",
    "angry face",
)


def show(signs: Array, test: bool, rng: np.random.Generator) -> Array:
    """A picture (N, 32, 32, 3) uint8 for each mood that a face shows, -1 or 1 (N,).

    An emoji of that mood is drawn, in one of two styles, shifted by up to two pixels, its edge cut
    off, and half of them mirrored.
    """
    data = emoji.load("both", groups=("Smileys & Emotion",))
    small = (transforms.resize(transforms.to_float(data.images), SIDE) * 255).round()
    small, held_out = small.astype(np.uint8), np.isin(data.folds, TESTS)
    white = np.pad(small, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), constant_values=255)
    shown = np.empty(len(signs), int)
    for sign, names in ((1, GLAD), (-1, SAD)):
        bank = np.flatnonzero(np.isin(data.names, names) & (held_out == test))
        shown[signs == sign] = rng.choice(bank, (signs == sign).sum())
    places = rng.integers(0, 2 * SHIFT + 1, (len(signs), 2))
    mirrored = rng.random(len(signs)) < 0.5
    pictures = np.empty((len(signs), SIDE, SIDE, 3), np.uint8)
    for row, (top, left) in enumerate(places):
        picture = white[shown[row], top : top + SIDE, left : left + SIDE]
        pictures[row] = picture[:, ::-1] if mirrored[row] else picture
    return pictures
