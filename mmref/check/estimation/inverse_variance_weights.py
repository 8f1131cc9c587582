"""variances (M,) of independent unbiased estimates; returns the weights (M,), summing to 1, whose
combination has the least variance."""

import numpy as np

from mmref.check.exercise import Exercise, arrays, case, given
from mmref.reference import estimation

SUM = "The weights must sum to 1."
POWER = "The arguments are variances, sigma squared, already: which power of them is wanted?"
UNIT = "The weights do not depend on the unit of measurement: scale all variances, same weights."
FAR = "One sensor may be far better than another: nothing is added to a variance, or cut off."
EQUAL = "Equal weights are best only for equal variances."
draw = arrays(lambda rng, M: rng.uniform(0.5, 3, M).round(2), M=4)


def normalized(x):
    return x / x.sum()


CASES = (
    given("three variances", "A noisier sensor deserves less weight. How much less?",
          np.array([0.5, 2.0, 1.5])),
    case("two variances", "Does it work for any number of modalities?", M=2),
    case("variances near 1e-12", UNIT, lambda v: (v * 1e-12,)),
    case("variances from 1e-6 to 1", FAR, lambda v: (v * np.logspace(-6, 0, len(v)),)),
)  # fmt: skip
MISTAKES = (
    (SUM, lambda v: 1 / v, lambda v: 1 - v / v.sum()),
    (POWER, lambda v: normalized(1 / np.sqrt(v)), lambda v: normalized(1 / v**2)),
    ("The noisiest sensor gets the most weight.", normalized),
    ("Right for two sensors only: it is not the reciprocal.",
     lambda v: normalized(1 - v / v.sum())),
    ("A softmax of the variances changes with the unit of measurement.",
     lambda v: normalized(np.exp(-v))),
    (EQUAL, lambda v: np.full(len(v), 1 / len(v))),
    (UNIT, lambda v: normalized(1 / (v + 1e-8)), lambda v: normalized(1 / np.maximum(v, 1e-8))),
)  # fmt: skip
EXERCISE = Exercise(estimation.inverse_variance_weights, __doc__, CASES, MISTAKES, draw,
                    axis="modality", never="zeros")  # fmt: skip
