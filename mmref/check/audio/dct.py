"""signals (B, N), floats, and count D, at most N. Returns (B, D): the first D coefficients of the
discrete cosine transform, sum_n x_n cos(pi d (2 n + 1) / (2 N)) times sqrt(2 / N), or sqrt(1 / N)
for d = 0."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case
from mmref.reference import audio

FIRST = "Coefficient 0 has a scale of its own, so that all rows have length 1."
HALF = "The cosine is taken in the middle of each sample: 2 n + 1 stands in it."
SCALE = "Every coefficient is scaled, by the square root of 2 / N."
KEPT = "The first D are asked for, of all N samples."


def draw(rng, B=3, N=6, count=4):
    return rng.normal(size=(B, N)).round(2), count


def cosines(x, count, first=0.5, middle=1, scale=lambda N: 2 / N, skip=0, wave=np.cos):
    """The coefficients, or wrong ones."""
    N = x.shape[1]
    d = np.arange(skip, skip + count)[:, None]
    rows = np.sqrt(scale(N)) * wave(np.pi * d * (2 * np.arange(N) + middle) / (2 * N))
    return x @ (np.where(d == 0, np.sqrt(first), 1) * rows).T


wrong = Wrong(cosines)
CASES = (
    case("four of six", KEPT),
    case("all of them", "Then lengths stay as they are.", count=6),
    case("coefficient 0 alone", FIRST, count=1),
    case("one signal", "Does it work for a batch of one?", B=1),
    case("an odd number of samples", HALF, N=7),
    case("one sample", "It is its own coefficient.", N=1, count=1),
)
MISTAKES = (
    (FIRST, wrong(first=1.0)),
    (HALF, wrong(middle=0), wrong(middle=2)),
    (SCALE, wrong(scale=lambda N: 1.0), wrong(scale=lambda N: 4.0), wrong(scale=lambda N: 1 / N)),
    ("Coefficient 0 is one of them.", wrong(skip=1)),
    ("Cosines, which are even about either end.", wrong(wave=np.sin)),
)  # fmt: skip
EXERCISE = Exercise(audio.dct, __doc__, CASES, MISTAKES, draw, axis="signal",
                    long={"N": 31, "count": 25})  # fmt: skip
