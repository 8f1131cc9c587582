"""healthy (H,), diseased (D,): the evidence of some healthy patients, and of some diseased ones.
Returns a number, the area under the ROC curve: how often a diseased patient has more evidence than
a healthy one, over all such pairs; a pair with the same evidence counts half."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put

PAIRS = "Each diseased patient is compared with each healthy one."
TIES = "A pair with the same evidence counts half."
ONE = "No evidence is above or below: what do coins give?"


def draw(rng, H=7, D=4):
    return rng.integers(-3, 4, H) / 2.0, rng.integers(-2, 5, D) / 2.0


def area(healthy, diseased, tie=0.5, join=np.mean, sign=1):
    """The area, or a wrong one."""
    gaps = sign * (diseased[:, None] - healthy)
    return np.float64(join((gaps > 0) + tie * (gaps == 0)))


wrong = Wrong(area)
CASES = (
    case("seven healthy, four diseased", PAIRS),
    case("two patients", PAIRS, H=1, D=1),
    case("no two alike", PAIRS, {"healthy": lambda e: e + np.arange(len(e)) / 100 + 0.001}),
    case("all alike", ONE, {"healthy": put(np.s_[:], 1.5), "diseased": put(np.s_[:], 1.5)}),
    case("few are diseased", PAIRS, H=30, D=2),
)  # fmt: skip
MISTAKES = (
    (TIES, wrong(tie=0.0), wrong(tie=1.0)),
    (PAIRS, wrong(join=np.sum), wrong(sign=-1), lambda h, d: np.float64(np.mean(d > h.mean())),
     lambda h, d: 2 * area(h, d) - 1),
)  # fmt: skip
EXERCISE = Exercise(area, __doc__, CASES, MISTAKES, draw, axis=None, outputs=("area",))
