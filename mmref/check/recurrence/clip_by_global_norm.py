"""d_weight and d_bias, two gradients of any shape, and limit, a positive number; returns a tuple of
both, shortened by one common factor so that their joint norm is the limit, or as they were if it is
not above the limit. Five digits are enough."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, given, normal, times
from mmref.reference import recurrence

WITHIN = "What is within the limit stays as it is."
LARGE = "However long they were, their joint norm is the limit afterwards."
SHAPES = "A gradient has the shape of what it belongs to, and any number of axes."


def draw(rng, N=3, K=4, limit=1.0):
    return *normal(rng, (N, K), (K,)), limit


def scaled(by):
    return {"d_weight": times(by), "d_bias": times(by)}


def clip_by_global_norm(d_weight, d_bias, limit):
    clipped, _ = recurrence.clip_by_global_norm({"W": d_weight, "b": d_bias}, limit)
    return clipped["W"], clipped["b"]


def norm(*arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


def scale(W, b, c, length=norm, factor=lambda c, length: c / max(c, length)):
    """A wrong one: another length of both together, or another factor made of it."""
    by = factor(c, length(W, b))
    return W * by, b * by


wrong = Wrong(scale)
CASES = (
    case("a joint norm above the limit", "How long are both together, as one vector?"),
    case("a joint norm below the limit", WITHIN, limit=100.0),
    given("a joint norm at the limit", WITHIN, np.array([[3.0]]), np.array([4.0]), 5.0),
    given("each alone below the limit", "Each alone is within the limit; together they are not.",
          np.diag([4.0, 2.0]), np.array([0.0, -3.0]), 5.0),
    case("gradients of zero", "The norm is 0 here, and 0 / 0 is NaN.", scaled(0)),
    case("gradients near 1e6", LARGE, scaled(1e6), limit=0.5),
    case("gradients near 1e6, a limit of 1e4", LARGE, scaled(1e6), limit=1e4),
    case("two vectors", SHAPES, {"d_weight": lambda W: W[0]}),
    case("arrays of three and four axes", SHAPES,
         {"d_weight": lambda W: np.stack([W, 2 * W]), "d_bias": lambda b: b[:, None, None, None]}),
)  # fmt: skip
MISTAKES = (
    ("One norm for both together, or the direction changes.",
     lambda W, b, c: (W * c / max(c, norm(W)), b * c / max(c, norm(b)))),
    ("That clips each number by itself, which changes the direction.",
     lambda W, b, c: (np.clip(W, -c, c), np.clip(b, -c, c))),
    ("Gradients within the limit are not made longer.", wrong(factor=lambda c, length: c / length)),
    ("The square root of the sum of squares is missing.", wrong(length=lambda *g: norm(*g) ** 2)),
    ("Lengths are not added: squares are.", wrong(length=lambda W, b: norm(W) + norm(b))),
    ("The norm of all numbers, not the largest of them.",
     wrong(length=lambda *g: max(np.abs(a).max() for a in g))),
    ("After clipping the norm is the limit, not 1.",
     wrong(factor=lambda c, length: 1 / length if length > c else 1)),
    ("Gradients above the limit are shortened, not set to zero.",
     wrong(factor=lambda c, length: float(length <= c))),
    ("Nothing is clipped yet.", wrong(factor=lambda c, length: 1)),
    ("The bias counts, and is clipped, too.", lambda W, b, c: (W * c / max(c, norm(W)), b)),
    ("The bias is clipped, too.", lambda W, b, c: (scale(W, b, c)[0], b)),
)  # fmt: skip
# PyTorch's own adds 1e-6 to the norm
EXERCISE = Exercise(
    clip_by_global_norm, __doc__, CASES, MISTAKES, draw, outputs=("d_weight", "d_bias"), axis=None,
    rtol=1e-5,
)  # fmt: skip
