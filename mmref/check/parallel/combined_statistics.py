"""means (P, C) and variances (P, C), of each of C channels over the rows of each of P workers, a
variance divided by the number of rows; counts, a tuple of P whole numbers of at least 1, how many
rows each had. Returns (2, C): the mean and the variance of all rows together, the variance again
divided by their number."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put
from mmref.reference import parallel

SHARE = "Each worker counts by its share of the rows."
SPREAD = "Workers whose means differ add to the variance, by the squares of how far they are off."
BESSEL = "The variance is divided by the number of rows, not by one less."


def draw(rng, P=3, C=4):
    counts = tuple(int(n) for n in 1 + rng.permutation(P))
    return rng.normal(size=(P, C)), rng.gamma(2, size=(P, C)), counts


def combined(means, variances, counts, spread=1.0, shares=None, less=0):
    """Both, or wrong ones."""
    n = np.array(counts)[:, None]
    w = n / n.sum() if shares is None else shares(n)
    mean = (w * means).sum(axis=0)
    variance = (w * (variances + spread * (means - mean) ** 2)).sum(axis=0)
    return np.stack([mean, variance * n.sum() / (n.sum() - less)])


wrong = Wrong(combined)
CASES = (
    case("three workers", SHARE),
    case("equal counts", SPREAD, {"counts": lambda counts: (4,) * len(counts)}),
    case("rows that are all alike at each worker", SPREAD, {"variances": put(np.s_[:], 0.0)}),
    case("equal means", SHARE, {"means": put(np.s_[:], 1.5)}),
    case("two workers", SHARE, P=2),
)
MISTAKES = (
    (SPREAD, wrong(spread=0.0)),
    (SHARE, wrong(shares=lambda n: np.ones_like(n) / len(n))),
    (BESSEL, wrong(less=1)),
)
EXERCISE = Exercise(parallel.combined_statistics, __doc__, CASES, MISTAKES, draw, axis=None)
