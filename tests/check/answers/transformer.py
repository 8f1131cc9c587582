"""Answers to the exercises on layer norm and GELU."""

import math

import numpy as np

NORM, GELU = "layer_norm_gradient", "gelu_gradient"


def norm(grad, x, scale, shift, epsilon):
    """Vector after vector: J = (I - 1 1^T / D - n n^T / D) / s."""
    D = x.shape[-1]
    d_x, d_scale, d_shift = np.zeros(x.shape), np.zeros(D), np.zeros(D)
    for i in np.ndindex(x.shape[:-1]):
        centered = x[i] - x[i].mean()
        s = math.sqrt((centered**2).mean() + epsilon)
        n = centered / s
        jacobian = (np.eye(D) - 1 / D - np.outer(n, n) / D) / s
        d_x[i] = jacobian @ (grad[i] * scale)
        d_scale, d_shift = d_scale + grad[i] * n, d_shift + grad[i]
    return [d_x, d_scale, d_shift]


def over(axes):
    """shift's gradient summed over other axes."""
    return lambda g, *args: (*norm(g, *args)[:2], g.sum(axis=axes))


def gelu(g, x, below=lambda a: 0.5 * math.erfc(-a / math.sqrt(2))):
    probability = np.reshape([below(a) for a in x.ravel().tolist()], x.shape)
    return g * (probability + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))


def by_a_polynomial(x):
    """Abramowitz and Stegun 7.1.26, right to seven digits."""
    t = 1 / (1 + 0.3275911 * abs(x) / math.sqrt(2))
    factors = 0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429
    tail = sum(a * t ** (i + 1) for i, a in enumerate(factors)) * np.exp(-0.5 * x * x)
    return 0.5 + 0.5 * np.sign(x) * (1 - tail)


RIGHT = [(NORM, norm), (GELU, gelu)]
WRONG = [
    (NORM, lambda g, x, a, b, e: norm(g, x, abs(a), b, e), "two sequences"),
    (NORM, over(-1), "two sequences", "expected the shape (5,), got (2, 3)"),
    (NORM, over((0, 1)), "a single vector", "your code raised"),
    (NORM, over(0), "two sequences", "An axis too many"),
    (NORM, lambda g, x, a, b, e: norm(g, x, a, b, max(e, 1e-3)), "three terms"),
    (NORM, lambda g, x, a, b, e: norm(g, x, a, b, max(e, 1e-6)), "far from zero", "constant that"),
    (GELU, lambda g, x: gelu(g, x, by_a_polynomial), "Right to 7 digits"),
    (GELU, lambda g, x: gelu(g, x, lambda x: 1 / (1 + np.exp(-1.702 * x))), "three rows"),
    (GELU, lambda g, x: gelu(g, x.clip(-3, 3)), "near 6 and -6"),
    (GELU, lambda g, x: gelu(g, abs(x)), "three rows"),
    (GELU, lambda g, x: np.where(x == 0, 0, gelu(g, x)), "A 0 is a number"),
    (GELU, lambda g, x: np.maximum(gelu(g, x), 0), "three rows"),
]
