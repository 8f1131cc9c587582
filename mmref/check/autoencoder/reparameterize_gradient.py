"""grad (B, Z), the gradient of a loss with respect to the sample
z = mean + exp(log_variance / 2) noise; then mean, log_variance and noise (B, Z). Returns the
gradients with respect to mean, log_variance and noise, each (B, Z)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, times
from mmref.reference import autoencoder

CHAIN = "The exponent is half of the logarithm: what is its derivative?"
NOISE = "By its logarithm the variance moves z by the noise: without noise not at all."
draw = arrays("BZ", "BZ", "BZ", "BZ", B=3, Z=4)
wrong = Wrong(autoencoder.reparameterize_gradient)
CASES = (
    case("three rows", CHAIN),
    case("one row", "Does it work for a batch of one?", B=1),
    case("no noise", NOISE, {"noise": times(0)}),
    case("variances near 1e-9", "Deviations are small, and still count.",
         lambda g, m, s, n: (g, m, s - 20, n)),
)  # fmt: skip
MISTAKES = (
    (CHAIN, wrong.then(lambda m, s, n: (m, 2 * s, n))),
    ("The deviation is the exponential of half of the logarithm.",
     lambda g, m, s, n: (g, g * np.exp(s) * n / 2, g * np.exp(s)),
     lambda g, m, s, n: (g, g * np.exp(s) * n, g * np.exp(s))),
    (NOISE, lambda g, m, s, n: (g, g * np.exp(s / 2) / 2, g * np.exp(s / 2))),
    ("z is the mean plus something: what is its derivative by the mean?",
     wrong.then(lambda m, s, n: (np.ones_like(m), s, n))),
    ("The noise is multiplied by the deviation.", wrong.then(lambda m, s, n: (m, s, m))),
    ("These are in another order: mean, log_variance, noise.",
     wrong.then(lambda m, s, n: (m, n, s))),
)  # fmt: skip
# the logarithm of a variance cannot be 1000
EXERCISE = Exercise(autoencoder.reparameterize_gradient, __doc__, CASES, MISTAKES, draw,
                    outputs=("mean", "log_variance", "noise"), never="large")  # fmt: skip
