"""weight W (O, I), start u (O,), steps at least 1: each sets v to W^T u and then u to W v, both
scaled to length 1. Returns the estimate u^T W v of the largest singular value, a number."""

import numpy as np

from mmref.check.exercise import Exercise, case, given
from mmref.reference import spectral

FIRST = "v comes from start, then u from v, both scaled to length 1; then u, W and v."
UNIT = "Both are unit vectors."
SMALL = "A weight may be as small as this: a constant added to a length outweighs it."
# Its singular values, 2, 1.9 and 1.8, are so close that every step still counts.
SLOW = np.array([[1.2, -1.52, 0.0], [1.6, 1.14, 0.0], [0.0, 0.0, 1.8]])


def draw(rng, rows=4, columns=3, steps=1):
    return *(rng.normal(size=s).round(2) for s in ((rows, columns), rows)), steps


def power_iteration_norm(weight, start, steps):
    u, v = spectral.power_iteration(weight, start, steps)
    return u @ weight @ v


def unit(x):
    return x / np.linalg.norm(x)


def half_a_step_late(weight, start, steps):
    """u only after v: the last half of a step is missing."""
    u = unit(start)
    for _ in range(steps):
        v = unit(weight.T @ u)
        last, u = u, unit(weight @ v)
    return last @ weight @ v


def unscaled(weight, start, steps, scale=lambda x: x):
    """v stays as long as it is; u too, unless there is a scale for it."""
    u = start
    for _ in range(steps):
        v = weight.T @ u
        u = scale(weight @ v)
    return u @ weight @ v


CASES = (
    case("one step", FIRST),
    case("three steps", "Repeat both halves of a step.", steps=3),
    case("a wide matrix", "u has the length of the rows, v of the columns.", rows=3, columns=4,
         steps=2),
    case("a start of length 10", UNIT, lambda W, u, n: (W, 10 * unit(u), n)),
    case("a square matrix", "Where is W transposed, and where not?", rows=3, steps=2),
    case("a weight near 1e-9", SMALL, lambda W, u, n: (1e-9 * W, u, n)),
    given("fifty steps", "Is the result the estimate, not its square?", SLOW, SLOW[0], 50),
)  # fmt: skip
MISTAKES = (
    ("One half step is missing: u is not yet the one that belongs to v.", half_a_step_late),
    ("The root of the sum of all squares is larger.", lambda W, u, n: np.linalg.norm(W)),
    ("That is the exact value; what does the iteration say after these steps?",
     lambda W, u, n: np.linalg.norm(W, 2)),
    # The square after one step, if u alone keeps its length.
    ("The result is the estimate, not its square; u is scaled to length 1, as v is.",
     lambda W, u, n: power_iteration_norm(W, u, n) ** 2),
    ("Both are scaled to length 1 in each step; v is not.",
     lambda W, u, n: unscaled(W, u, n, unit)),
    ("Both are scaled to length 1 in each step.", unscaled),
    ("A singular value is not negative: look at the sign.",
     lambda W, u, n: -power_iteration_norm(W, u, n)),
    ("There is one step too many.", lambda W, u, n: power_iteration_norm(W, u, n + 1)),
)  # fmt: skip
EXERCISE = Exercise(power_iteration_norm, __doc__, CASES, MISTAKES, draw, axis=None)
