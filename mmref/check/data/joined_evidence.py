"""ratios (B, M): log P(x_m | y = 1) / P(x_m | y = 0) of M modalities, which are independent given
y; present (B, M), True = there: an absent one holds anything, NaN as well; prior, P(y = 1).
Returns (B,), P(y = 1) given the modalities that are there."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put

SUM = "Independent pieces of evidence multiply, so their logarithms add up."
PRIOR = "The prior's log odds, log p / (1 - p), count once."
ABSENT = "Of an absent modality only the sum of the others is left; NaN times 0 is NaN."
LARGE = "exp(800) overflows, and exp(-800) does not: which of the two does the sigmoid need?"


def draw(rng, B=4, M=3):
    present = rng.random((B, M)) < 0.7
    return np.where(present, rng.normal(size=(B, M)).round(2), np.nan), present, 0.3


def posterior(ratios, present, prior, join=np.sum, odds=lambda p: np.log(p / (1 - p)), times=1):
    """The probability, or a wrong one."""
    x = join(np.where(present, ratios, 0), axis=1) + times * odds(prior)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


wrong = Wrong(posterior)
CASES = (
    case("four rows, three modalities", SUM),
    case("all are there", SUM, lambda r, t, p: (np.nan_to_num(r, nan=0.5), t | True, p)),
    case("nothing is there", "Then it is the prior.", lambda r, t, p: (r, t & False, p)),
    case("both as likely beforehand", PRIOR, lambda r, t, p: (r, t, 0.5)),
    case("a ratio of -800", LARGE, {"ratios": put(0, -800.0), "present": put(0, True)}),
    case("a ratio of 800", LARGE, {"ratios": put(0, 800.0), "present": put(0, True)}),
)
MISTAKES = (
    (SUM, wrong(join=np.mean), wrong(join=np.max), wrong(join=np.prod)),
    (PRIOR, wrong(times=0), wrong(odds=np.log), wrong(odds=lambda p: p), wrong(times=3)),
    (ABSENT, lambda r, t, p: posterior(r, t | True, p),
     wrong.of(ratios=lambda r: np.nan_to_num(r, nan=1.0), present=lambda t: t | True)),
)  # fmt: skip
EXERCISE = Exercise(posterior, __doc__, CASES, MISTAKES, draw, axis="row",
                    outputs=("P(y = 1)",))  # fmt: skip
