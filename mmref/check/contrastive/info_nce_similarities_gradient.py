"""similarities (B, B), the cosine of each image (row) and each text (column), those of a pair on
the diagonal; temperature, a positive number. Returns the gradients of InfoNCE with respect to the
similarities, (B, B), and to the temperature, a number. InfoNCE is the mean of two cross-entropies,
of rows and of columns, whose scores are the similarities over the temperature."""

import numpy as np

from mmref.check.contrastive._parts import COLD
from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.reference.softmax import masked_softmax

BOTH = "A similarity is a score of its row, and one of its column."
RIGHT = "Of a cross-entropy remains: what is said, less what is right."
CHAIN = "A score is a similarity over the temperature: what is its derivative?"
MEAN = "Each direction is a mean over B queries, and counts half."
WARM = "All scores change with the temperature: it is one sum over all of them."
draw = arrays(lambda rng, B, **_: rng.uniform(-1, 1, (B, B)).round(2), "temperature", B=4,
              temperature=0.5)  # fmt: skip


def slopes(similarities, temperature, sides=(1, 1), right=1.0, outer=None, factor=2.0, warm=1.0):
    """The gradients, or wrong ones."""
    t, B = temperature, len(similarities)
    s = similarities / t
    rows, columns = masked_softmax(s), masked_softmax(s.T).T
    d = sides[0] * (rows - right * np.eye(B)) + sides[1] * (columns - right * np.eye(B))
    d = d / (factor * B)
    return d / t if outer is None else outer(d, t), np.float64(-warm * np.sum(d * s) / t)


wrong = Wrong(slopes)
CASES = (
    case("four pairs", BOTH),
    case("one pair", "With nothing to choose from, nothing changes.", B=1),
    case("a temperature of 0.001", COLD, temperature=0.001),
    case("a temperature of 2", CHAIN, temperature=2.0),
)  # fmt: skip
MISTAKES = (
    (BOTH, wrong(sides=(2, 0)), wrong(sides=(0, 2))),
    (RIGHT, wrong(right=0.0), wrong(right=0.5)),
    (CHAIN, wrong(outer=lambda d, t: d), wrong(outer=lambda d, t: d * t)),
    (MEAN, wrong(factor=1.0), lambda s, t: tuple(len(s) * g for g in slopes(s, t))),
    (WARM, wrong(warm=-1.0),
     lambda s, t: (slopes(s, t)[0], np.float64(-np.sum(slopes(s, t)[0] * s)))),
)  # fmt: skip
EXERCISE = Exercise(
    slopes, __doc__, CASES, MISTAKES, draw, outputs=("similarities", "temperature"), axis="image"
)
