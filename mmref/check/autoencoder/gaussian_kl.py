"""mean and log_variance (B, Z), of a Gaussian for each row. Returns its Kullback-Leibler divergence
from the standard Gaussian (B,): half of the sum over the axes of mean^2 + variance - 1 - log of the
variance."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, times
from mmref.reference import autoencoder

LOGARITHM = "The argument is the logarithm of a variance, not the variance, not the deviation."
DIRECTION = "The row's Gaussian from the standard one: the other direction is another number."
DIGITS = "Near 0 the exponential less 1 has lost its digits; NumPy has a function for both at once."
draw = arrays("BZ", "BZ", B=3, Z=4)


def gaussian_kl(m, s, half=0.5, one=1.0, squares=np.square, total=np.sum):
    """The divergence, or a wrong one: another factor, constant or mean."""
    return half * total(squares(m) + np.expm1(s) + 1 - one - s, axis=1)


wrong = Wrong(gaussian_kl)
CASES = (
    case("three rows", LOGARITHM),
    case("one row", "Does it work for a batch of one?", B=1),
    case("one axis", "Sum over the axes of a row alone.", Z=1),
    case("standard Gaussians, nearly", DIGITS, lambda m, s: (1e-4 * m, 1e-4 * s)),
    case("means far out", "The mean counts by its square.", {"mean": times(2000)}),
    case("tiny variances", LOGARITHM, lambda m, s: (m, s - 40)),
)  # fmt: skip
MISTAKES = (
    ("It is half of that sum.", wrong(half=1.0)),
    ("A standard Gaussian has the divergence 0: where does the 1 go?", wrong(one=0.0)),
    ("The mean counts by its square.", wrong(squares=np.abs)),
    ("Sum over the axes: independent axes add up.", wrong(total=np.mean)),
    ("One number for each row.", lambda m, s: gaussian_kl(m, s).mean() + 0 * m[:, 0]),
    (DIRECTION, lambda m, s: ((1 + m**2) * np.exp(-s) - 1 + s).sum(axis=1) / 2),
    (LOGARITHM, lambda m, s: gaussian_kl(m, 2 * s)),
    ("A divergence is not negative: look at the sign.", wrong.then(np.negative)),
)  # fmt: skip
# a variance is the exponential of what is drawn, which cannot be 1000; small results count, too
EXERCISE = Exercise(autoencoder.gaussian_kl, __doc__, CASES, MISTAKES, draw,
                    never="large", atol=1e-30)  # fmt: skip
