"""slopes (B, ...), the gradient of a critic's score at B examples of any shape. Returns the
gradient penalty, a number: the mean over the batch of (|slope| - center) squared."""

import numpy as np

from mmref.check.exercise import Exercise, arrays, case

BY_EXAMPLE = "The norm is over one example, however many axes it has; the mean over the batch."
TWO_SIDED = "A slope below the center costs too: this is the two-sided penalty."
FLAT = "A slope of 0 has the length 0: nothing is added below the root."
draw = arrays("BD", "center", B=5, D=3, center=1.0)


def gradient_penalty_of_slopes(slopes, center):
    return np.mean((norms(slopes) - center) ** 2)


def norms(slopes):
    return np.linalg.norm(slopes.reshape(len(slopes), -1), axis=1)


CASES = (
    case("slopes of vectors", BY_EXAMPLE),
    case("another center", "The center is an argument.", D=5, center=0.0),
    case("slopes of images", BY_EXAMPLE,
         lambda g, center: (np.multiply.outer(g, [[1, 2], [3, -4]]), center)),
    case("slopes of single numbers", BY_EXAMPLE, lambda g, center: (g[:, 0], center)),
    case("one example", "Does it work for a batch of one?", B=1),
    case("slopes shorter than the center", TWO_SIDED, lambda g, center: (0.1 * g, center)),
    case("slopes of 0", FLAT, lambda g, center: (0 * g, center)),
)  # fmt: skip
MISTAKES = (
    ("That is one norm for the whole batch.", lambda g, c: (np.linalg.norm(g) - c) ** 2),
    ("That is the squared norm: its root is compared with the center.",
     lambda g, c: np.mean((norms(g) ** 2 - c) ** 2)),
    ("The distance from the center is squared.", lambda g, c: np.mean(np.abs(norms(g) - c))),
    ("The mean over the batch, not the sum.", lambda g, c: np.sum((norms(g) - c) ** 2)),
    (TWO_SIDED, lambda g, c: np.mean(np.maximum(norms(g) - c, 0) ** 2)),
    ("The mean of the squares is not the square of the mean.",
     lambda g, c: (np.mean(norms(g)) - c) ** 2),
    ("The norm takes a sum over the example's numbers, not a mean.",
     lambda g, c: np.mean((norms(g) / np.sqrt(g[0].size) - c) ** 2)),
    (BY_EXAMPLE, lambda g, c: np.mean((np.linalg.norm(g, axis=1) - c) ** 2),
     lambda g, c: np.mean((np.abs(g) - c) ** 2)),
)  # fmt: skip
EXERCISE = Exercise(gradient_penalty_of_slopes, __doc__, CASES, MISTAKES, draw, axis=None)
