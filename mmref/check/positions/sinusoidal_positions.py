"""length and dim, whole numbers, dim even. Returns (length, dim): in step t, counted from 0,
columns 2i and 2i + 1 hold the sine and the cosine of t w_i, with the frequency w_i = 10000 to the
power of -2i / dim."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, given
from mmref.reference.positions import sinusoidal_positions

COLUMNS = "Which frequency belongs to which pair of columns?"
PAIRS = "Each frequency has two columns, side by side: a sine, then a cosine."
SIZES = "Sizes are as large as the arguments say: none is known beforehand."


def in_pairs(sines, cosines):
    return np.stack([sines, cosines], axis=-1).reshape(len(sines), -1)


def waves(length, dim, base=10000.0, power=lambda column: column, start=0, join=in_pairs):
    """The waves of these positions, or wrong ones: other frequencies, joined otherwise."""
    frequencies = base ** -(power(np.arange(0, dim, 2)) / dim)
    angles = np.arange(start, start + length)[:, None] * frequencies
    return join(np.sin(angles), np.cos(angles))


def of_each_column(length, dim):
    """A frequency of its own for each column."""
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(dim) / dim)
    return np.where(np.arange(dim) % 2 == 0, np.sin(angles), np.cos(angles))


wrong = Wrong(waves)
CASES = (
    given("six steps, eight features", COLUMNS, 6, 8),
    given("two features: a single frequency", COLUMNS, 5, 2),
    given("one step", "Every axis stays, one of length 1 too.", 1, 4),
    given("a thousand steps", SIZES, 1000, 6),
    given("more features than steps", SIZES, 7, 130),
)
MISTAKES = (
    (PAIRS, wrong(join=lambda sines, cosines: np.hstack([sines, cosines])), of_each_column),
    ("The sine comes first.", wrong(join=lambda sines, cosines: in_pairs(cosines, sines))),
    ("The first step has the number 0.", wrong(start=1)),
    ("The exponent is 2i / D for pair number i: the frequencies fall too slowly.",
     wrong(power=lambda column: column / 2)),
    ("The exponent is 2i / D for pair number i: the frequencies fall too fast.",
     wrong(power=lambda column: 2 * column)),
    ("The frequencies fall, they do not grow.", wrong(power=np.negative)),
    ("The base is 10000.", wrong(base=1000.0)),
)  # fmt: skip
EXERCISE = Exercise(sinusoidal_positions, __doc__, CASES, MISTAKES, axis="step",
                    closing=" The result is a NumPy array.")  # fmt: skip
