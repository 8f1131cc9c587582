"""grad, the gradient of a loss with respect to GELU(x) = x P(x), and x, two arrays of one shape,
whatever it is; P(x) is the probability that a standard normal number is below x, (1 + erf(x / root
2)) / 2, not an approximation. Returns the gradient with respect to x. NumPy has no erf; the module
math has one for single numbers, and the frameworks have one for arrays."""

import math

import numpy as np

from mmref.check.exercise import Exercise, arrays, case
from mmref.reference import transformer

PRODUCT = "x moves GELU twice, as a factor and inside the probability: the product rule."
ROOT = math.sqrt(2 * math.pi)
draw = arrays("BN", "BN", B=3, N=5)


def gelu_gradient(grad, x):
    return transformer.gelu_gradient(grad, x)[0]


def sloped(slope):
    """g times a slope made of x, the probability P and the density p."""

    def gradient(g, x):
        P = 0.5 + 0.5 * np.vectorize(math.erf)(x / math.sqrt(2))
        return g * slope(x, P, np.exp(-(x**2) / 2) / ROOT)

    return gradient


def of_tanh(x, *_, a=0.7978845608028654, b=0.044715):
    """The slope of x (1 + tanh(a (x + b x^3))) / 2, an approximation."""
    t = np.tanh(a * (x + b * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * a * (1 + 3 * b * x**2)


CASES = (
    case("three rows", PRODUCT),
    case("a single row, of shape (N,)", "Any shape will do.", lambda g, x: (g[0], x[0])),
    case("three axes", "Any shape will do.", lambda g, x: (g[:, None], x[:, None])),
    case("numbers near 6 and -6", PRODUCT, lambda g, x: (g, 6 * np.sign(x) + 0.1 * x)),
)
MISTAKES = (
    (PRODUCT, sloped(lambda x, P, p: P), sloped(lambda x, P, p: x * p),
     sloped(lambda x, P, p: P + p)),
    ("Both terms of the product rule are added.", sloped(lambda x, P, p: P - x * p)),
    ("The bell curve is divided by root 2 pi.", sloped(lambda x, P, p: P + ROOT * x * p)),
    ("The bell curve's exponent is halved.", sloped(lambda x, P, p: P + ROOT * x * p**2)),
    ("That is the gradient of an approximation.", sloped(of_tanh)),
    ("GELU itself is the value; its gradient is asked for.", sloped(lambda x, P, p: x * P)),
)  # fmt: skip
EXERCISE = Exercise(gelu_gradient, __doc__, CASES, MISTAKES, draw)
