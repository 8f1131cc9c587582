"""d_weight and d_bias, two gradients of any shape, and limit, a positive number; returns a tuple of
both, shortened by one common factor so that their joint norm is the limit, or as they were if it is
not above the limit. Five digits are enough."""

import numpy as np

from mmref.check.exercise import Exercise, case, given, normal
from mmref.reference import recurrence

TOGETHER = "How long are both together, as one vector?"
WITHIN = "What is within the limit stays as it is."
EACH = "Each alone is within the limit; together they are not."
ZERO = "The norm is 0 here, and 0 / 0 is NaN."
LARGE = "However long they were, their joint norm is the limit afterwards."
SHAPES = "A gradient has the shape of what it belongs to, and any number of axes."


def draw(rng, N=3, K=4):
    return *normal(rng, (N, K), (K,)), 1.0


def scaled(by, limit):
    return lambda W, b, _: (by * W, by * b, limit)


def clip_by_global_norm(d_weight, d_bias, limit):
    clipped, _ = recurrence.clip_by_global_norm({"W": d_weight, "b": d_bias}, limit)
    return clipped["W"], clipped["b"]


def norm(*arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


def wrong(factor):
    """Both times ``factor(d_weight, d_bias, limit)``."""
    return lambda *args: (args[0] * factor(*args), args[1] * factor(*args))


CASES = (
    case("a joint norm above the limit", TOGETHER),
    case("a joint norm below the limit", WITHIN, scaled(1, 100.0)),
    given("a joint norm at the limit", WITHIN, np.array([[3.0]]), np.array([4.0]), 5.0),
    given("each alone below the limit", EACH, np.diag([4.0, 2.0]), np.array([0.0, -3.0]), 5.0),
    case("gradients of zero", ZERO, scaled(0, 1.0)),
    case("gradients near 1e6", LARGE, scaled(1e6, 0.5)),
    case("gradients near 1e6, a limit of 1e4", LARGE, scaled(1e6, 1e4)),
    case("two vectors", SHAPES, lambda W, b, limit: (W[0], b, limit)),
    case("arrays of three and four axes", SHAPES,
         lambda W, b, limit: (np.stack([W, 2 * W]), b[:, None, None, None], limit)),
)  # fmt: skip
MISTAKES = (
    ("One norm for both together, or the direction changes.",
     lambda W, b, c: (W * c / max(c, norm(W)), b * c / max(c, norm(b)))),
    ("That clips each number by itself, which changes the direction.",
     lambda W, b, c: (np.clip(W, -c, c), np.clip(b, -c, c))),
    ("Gradients within the limit are not made longer.", wrong(lambda W, b, c: c / norm(W, b))),
    ("The square root of the sum of squares is missing.",
     wrong(lambda W, b, c: c / max(c, norm(W, b) ** 2))),
    ("Lengths are not added: squares are.", wrong(lambda W, b, c: c / max(c, norm(W) + norm(b)))),
    ("The norm of all numbers, not the largest of them.",
     wrong(lambda W, b, c: c / max(c, np.abs(W).max(), np.abs(b).max()))),
    ("After clipping the norm is the limit, not 1.",
     wrong(lambda W, b, c: 1 / norm(W, b) if norm(W, b) > c else 1)),
    ("Gradients above the limit are shortened, not set to zero.",
     wrong(lambda W, b, c: float(norm(W, b) <= c))),
    ("Nothing is clipped yet.", wrong(lambda W, b, c: 1)),
    ("The bias counts, and is clipped, too.", lambda W, b, c: (W * c / max(c, norm(W)), b)),
    ("The bias is clipped, too.", lambda W, b, c: (W * c / max(c, norm(W, b)), b)),
)  # fmt: skip
# PyTorch's own adds 1e-6 to the norm
EXERCISE = Exercise(
    clip_by_global_norm, __doc__, CASES, MISTAKES, draw, outputs=("d_weight", "d_bias"), axis=None,
    rtol=1e-5,
)  # fmt: skip
