"""covariance (M, M) of the errors of unbiased estimates, symmetric and positive definite; returns
the weights (M,), summing to 1, whose combination has the least variance."""

import numpy as np

from mmref.check.estimation.inverse_variance_weights import EQUAL, SUM, UNIT, normalized
from mmref.check.exercise import Exercise, case, given
from mmref.reference import estimation

NEGATIVE = "A weight may be negative: the worse sensor then tells the error of the better."
CLOSE = "Nothing is added to the diagonal: where sensors nearly agree, that changes the weights."
APART = "A covariance may be 0: its reciprocal is not asked for."


def draw(rng, M=3):
    errors = rng.normal(size=(M, 2 * M))
    return ((errors @ errors.T + np.eye(M) / 10).round(2),)


CASES = (
    given("three correlated sensors", "Correlated errors count: use the whole matrix.",
          np.array([[1.0, 0.4, 0.2], [0.4, 2.0, -0.3], [0.2, -0.3, 0.5]])),
    case("two correlated sensors", "Does it work for any number of them?", M=2),
    given("two sensors with a correlation of 0.9", NEGATIVE, np.array([[1.0, 1.8], [1.8, 4.0]])),
    given("two sensors that nearly agree", CLOSE, np.array([[1.0, 0.9999], [0.9999, 1.0002]])),
    given("two sensors that err almost alike", NEGATIVE,
          np.array([[1.0, 1.004999], [1.004999, 1.010025]])),
    case("independent sensors", APART, lambda s: (np.diag(np.diag(s)),)),
    case("variances near 1e-9", UNIT, lambda s: (s * 1e-9,)),
)  # fmt: skip
MISTAKES = (
    (SUM, lambda s: np.linalg.inv(s) @ np.ones(len(s))),
    ("Only the variances count so far: what do the errors share?",
     lambda s: normalized(1 / np.diag(s))),
    ("The inverse of a matrix is not the reciprocal of its entries.",
     lambda s: normalized((1 / s).sum(axis=1))),
    ("The sums run over the covariance itself: sensors with large errors get more.",
     lambda s: normalized(s.sum(axis=1))),
    ("Only the diagonal of the inverse counts so far.",
     lambda s: normalized(np.diag(np.linalg.inv(s)))),
    ("A weight may be negative; nothing is to be clipped.",
     lambda s: normalized(np.maximum(np.linalg.inv(s).sum(axis=1), 0))),
    ("A weight may be negative; no absolute value is to be taken.",
     lambda s: normalized(np.abs(np.linalg.inv(s).sum(axis=1)))),
    (EQUAL, lambda s: np.full(len(s), 1 / len(s))),
)  # fmt: skip
# zeros here and there are no covariance
EXERCISE = Exercise(estimation.minimum_variance_weights, __doc__, CASES, MISTAKES, draw,
                    axis="modality", never="zeros")  # fmt: skip
