"""grad (2, C), the gradient of a loss with respect to the combined mean, grad[0], and variance,
grad[1]; then means (P, C) and variances (P, C), a row for each worker, and counts, a tuple of P
whole numbers of at least 1, how many rows each had. Returns two gradients: with respect to the
means (P, C) and to the variances (P, C)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put
from mmref.reference import parallel

SHARE = "Each worker counts by its share of the rows."
TWICE = "A mean has two ways to the loss: by the mean, and by the spread of the means."
SQUARE = "The slope of a square has a 2."
AWAY = "The spread is counted from the mean of all rows, not from 0."


def draw(rng, P=3, C=4):
    counts = tuple(int(n) for n in 1 + rng.permutation(P))
    return rng.normal(size=(2, C)), rng.normal(size=(P, C)), rng.gamma(2, size=(P, C)), counts


def slopes(grad, means, variances, counts, shares=None, spread=2.0, plain=1.0, around=True):
    """The gradients, or wrong ones."""
    n = np.array(counts)[:, None]
    w = n / n.sum() if shares is None else shares(n)
    mean = (n / n.sum() * means).sum(axis=0) if around else 0
    return w * (plain * grad[0] + spread * (means - mean) * grad[1]), w * grad[1]


wrong = Wrong(slopes)
CASES = (
    case("three workers", SHARE),
    case("two workers", SHARE, P=2),
    case("a loss of the mean alone", TWICE, {"grad": put(1, 0.0)}),
    case("a loss of the variance alone", TWICE, {"grad": put(0, 0.0)}),
)
MISTAKES = (
    (SHARE, wrong(shares=lambda n: np.ones_like(n) / len(n)), wrong(shares=lambda n: n)),
    (TWICE, wrong(spread=0.0), wrong(plain=0.0)),
    (SQUARE, wrong(spread=1.0)),
    (AWAY, wrong(around=False)),
)
EXERCISE = Exercise(
    parallel.combined_statistics_gradient, __doc__, CASES, MISTAKES, draw,
    outputs=("means", "variances"), axis="worker",
)  # fmt: skip
