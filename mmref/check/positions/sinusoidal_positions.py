"""length and dim, whole numbers, dim even. Returns (length, dim): in step t, counted from 0,
columns 2i and 2i + 1 hold the sine and the cosine of t w_i, with the frequency w_i = 10000 to the
power of -2i / dim."""

import numpy as np

from mmref.check.exercise import Exercise, given
from mmref.reference.positions import sinusoidal_positions

COLUMNS = "Which frequency belongs to which pair of columns?"
PAIRS = "Each frequency has two columns, side by side: a sine, then a cosine."
SIZES = "Sizes are as large as the arguments say: none is known beforehand."


def waves(length, dim, base=10000.0, exponent=lambda i, dim: i / dim, start=0):
    """The sines and the cosines (T, D / 2) of these positions, or of wrong ones."""
    frequencies = base ** -exponent(np.arange(0, dim, 2), dim)
    angles = np.arange(start, start + length)[:, None] * frequencies
    return np.sin(angles), np.cos(angles)


def joined(sines, cosines):
    return np.stack([sines, cosines], axis=-1).reshape(len(sines), -1)


def wrong(**parts):
    return lambda length, dim: joined(*waves(length, dim, **parts))


def each(length, dim):
    """A frequency of its own for each column."""
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(dim) / dim)
    return np.where(np.arange(dim) % 2 == 0, np.sin(angles), np.cos(angles))


CASES = (
    given("six steps, eight features", COLUMNS, 6, 8),
    given("two features: a single frequency", COLUMNS, 5, 2),
    given("one step", "Every axis stays, one of length 1 too.", 1, 4),
    given("a thousand steps", SIZES, 1000, 6),
    given("more features than steps", SIZES, 7, 130),
)
MISTAKES = (
    (PAIRS, lambda length, dim: np.concatenate(waves(length, dim), axis=1)),
    ("The sine comes first.", lambda length, dim: joined(*waves(length, dim)[::-1])),
    ("The first step has the number 0.", wrong(start=1)),
    ("The exponent is 2i / D for pair number i: the frequencies fall too slowly.",
     wrong(exponent=lambda i, dim: i / 2 / dim)),
    ("The exponent is 2i / D for pair number i: the frequencies fall too fast.",
     wrong(exponent=lambda i, dim: 2 * i / dim)),
    ("The frequencies fall, they do not grow.", wrong(exponent=lambda i, dim: -i / dim)),
    ("The base is 10000.", wrong(base=1000.0)),
    (PAIRS, each),
)  # fmt: skip
EXERCISE = Exercise(sinusoidal_positions, __doc__, CASES, MISTAKES, axis="step",
                    closing=" The result is a NumPy array.")  # fmt: skip
