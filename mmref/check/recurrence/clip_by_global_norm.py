"""d_weight and d_bias, two gradients of any shape, and limit, a positive number; returns a tuple of
both, shortened by one common factor so that their joint norm is the limit, or as they were if it is
not above the limit. Five digits are enough."""

import numpy as np
from numpy.linalg import norm

from mmref.check.exercise import Exercise, Wrong, case, given, normal

WITHIN = "What is within the limit stays as it is."
LARGE = "However long they were, their joint norm is the limit afterwards."
SHAPES = "A gradient has the shape of what it belongs to, and any number of axes."


def draw(rng, N=3, K=4, size=1.0, limit=1.0):
    return *(size * gradient for gradient in normal(rng, (N, K), (K,))), limit


def clip(d_weight, d_bias, limit, of=norm, join=np.hypot, factor=lambda c, n: c / max(c, n)):
    """Clipped, or wrongly: by other lengths, joined otherwise, or another factor made of them."""
    by = factor(limit, join(of(d_weight), of(d_bias)))
    return d_weight * by, d_bias * by


wrong = Wrong(clip)
CASES = (
    case("a joint norm above the limit", "How long are both together, as one vector?"),
    case("a joint norm below the limit", WITHIN, limit=100.0),
    given("a joint norm at the limit", WITHIN, np.array([[3.0]]), np.array([4.0]), 5.0),
    given("each alone below the limit", "Each alone is within the limit; together they are not.",
          np.diag([4.0, 2.0]), np.array([0.0, -3.0]), 5.0),
    case("gradients of zero", "The norm is 0 here, and 0 / 0 is NaN.", size=0.0),
    case("gradients near 1e6", LARGE, size=1e6, limit=0.5),
    case("gradients near 1e6, a limit of 1e4", LARGE, size=1e6, limit=1e4),
    case("two vectors", SHAPES, {"d_weight": lambda W: W[0]}),
    case("arrays of three and four axes", SHAPES,
         {"d_weight": lambda W: np.stack([W, 2 * W]), "d_bias": lambda b: b[:, None, None, None]}),
)  # fmt: skip
MISTAKES = (
    ("One norm for both together, or the direction changes.",
     lambda W, b, c: (W * c / max(c, norm(W)), b * c / max(c, norm(b)))),
    ("That clips each number by itself, which changes the direction.",
     lambda W, b, c: (np.clip(W, -c, c), np.clip(b, -c, c))),
    ("Gradients within the limit are not made longer.", wrong(factor=lambda c, n: c / n)),
    ("The square root of the sum of squares is missing.", wrong(join=lambda w, b: w**2 + b**2)),
    ("Lengths are not added: squares are.", wrong(join=np.add)),
    ("The norm of all numbers, not the largest of them.",
     wrong(of=lambda g: np.abs(g).max(), join=max)),
    ("After clipping the norm is the limit, not 1.",
     wrong(factor=lambda c, n: 1 / n if n > c else 1)),
    ("Gradients above the limit are shortened, not set to zero.",
     wrong(factor=lambda c, n: n <= c)),
    ("Nothing is clipped yet.", wrong(factor=lambda c, n: 1)),
    ("The bias counts, and is clipped, too.", lambda W, b, c: (W * c / max(c, norm(W)), b)),
    ("The bias is clipped, too.", lambda W, b, c: (clip(W, b, c)[0], b)),
)  # fmt: skip
EXERCISE = Exercise(
    clip, __doc__, CASES, MISTAKES, draw, outputs=("d_weight", "d_bias"), axis=None,
    rtol=1e-5,  # PyTorch's own adds 1e-6 to the norm
)  # fmt: skip
