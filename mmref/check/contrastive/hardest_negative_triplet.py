"""images and texts (B, D), vectors of any length, row i of both belonging together; margin, a
number. Returns a number: the mean over the images of max(0, margin + the largest cosine with a
wrong text - the cosine with its own), and the same mean over the texts, added."""

import numpy as np

from mmref.check.contrastive._parts import COSINE, LENGTHS, unit
from mmref.check.exercise import Exercise, Wrong, case, normal, times
from mmref.reference import contrastive

BOTH = "Two directions: the hardest text of each image, the hardest image of each text."
HARDEST = "Only the hardest wrong one counts, not all, and not their mean."
OWN = "The own text is not a wrong one, however similar."
ZERO = "A pair that wins by more than the margin counts 0, and not less."


def draw(rng, B=4, D=3, margin=0.2):
    images, other = normal(rng, (B, D), (B, D))
    return images, (images + other).round(2), margin


def loss(images, texts, margin, norm=unit, sides=(1, 0), own=-np.inf, pick=np.max, least=0.0,
         join=np.mean):  # fmt: skip
    """The loss, or a wrong one."""
    s = norm(images) @ norm(texts).T
    wrong = np.where(np.eye(len(s), dtype=bool), s if own is None else own, s)
    gaps = [margin + pick(wrong, axis=k) - np.diag(s) for k in sides]
    return np.float64(sum(join(np.maximum(least, gap)) for gap in gaps))


wrong = Wrong(loss)
CASES = (
    case("four pairs", HARDEST),
    case("a margin of 1.5", ZERO, margin=1.5),
    LENGTHS,
    case("all far apart", "Cosines may all be below 0: is 0 taken for one of them?",
         {"texts": times(-1)}),
    case("one pair", "Nothing is wrong where there is one pair alone: 0.", B=1),
)  # fmt: skip
MISTAKES = (
    (COSINE, wrong(norm=lambda x: x)),
    (BOTH, wrong(sides=(1,)), wrong(sides=(0,)), lambda u, v, m: 2 * loss(u, v, m, sides=(1,))),
    (HARDEST, wrong(own=0.0, pick=np.sum)),
    (OWN, wrong(own=None), wrong(own=0.0)),
    (ZERO, wrong(least=-np.inf)),
    ("The mean over the batch, not the sum.", wrong(join=np.sum)),
    ("Both directions are added, not averaged.", lambda u, v, m: loss(u, v, m) / 2),
)  # fmt: skip
EXERCISE = Exercise(contrastive.hardest_negative_triplet, __doc__, CASES, MISTAKES, draw, axis=None,
                    outputs=("loss",))  # fmt: skip
