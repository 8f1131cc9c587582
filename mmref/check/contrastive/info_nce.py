"""images and texts (B, D), vectors of any length, row i of both belonging together; temperature, a
positive number. Returns InfoNCE, a number: the mean of two cross-entropies, of finding the text for
each image among the B texts, and the image for each text. Scores are cosines over the temperature.
"""

import numpy as np

from mmref.check.contrastive._parts import COLD, COSINE, LENGTHS, unit
from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.reference import contrastive

BOTH = "Two directions: each image looks for its text, each text for its image."
HALF = "The mean of the two directions, each the mean over its rows."
draw = arrays("BD", "BD", "temperature", B=4, D=3, temperature=0.5)


def loss(images, texts, temperature, norm=unit, sides=(1, 0), scale=lambda s, t: s / t, factor=0.5):
    """The loss, or a wrong one: of other scores, sides or factor."""
    s = scale(norm(images) @ norm(texts).T, temperature)
    total = 0.0
    for axis in sides:
        top = s.max(axis=axis, keepdims=True)
        total += np.mean((top + np.log(np.exp(s - top).sum(axis=axis, keepdims=True))).ravel()
                         - np.diag(s))  # fmt: skip
    return np.float64(factor * total)


wrong = Wrong(loss)
CASES = (
    case("four pairs", BOTH),
    case("one pair alone", "With nothing to choose from, nothing can go wrong: 0.", B=1),
    LENGTHS,
    case("a temperature of 0.001", COLD, temperature=0.001),
)
MISTAKES = (
    (COSINE, wrong(norm=lambda x: x)),
    (BOTH, wrong(sides=(1,), factor=1), wrong(sides=(0,), factor=1), wrong(sides=(1, 1))),
    (HALF, wrong(factor=1), lambda u, v, t: loss(u, v, t) * len(u)),
    ("Scores are divided by the temperature: a low one makes differences large.",
     wrong(scale=lambda s, t: s * t), wrong(scale=lambda s, t: s)),
)  # fmt: skip
EXERCISE = Exercise(contrastive.info_nce, __doc__, CASES, MISTAKES, draw, axis=None,
                    outputs=("loss",))  # fmt: skip
