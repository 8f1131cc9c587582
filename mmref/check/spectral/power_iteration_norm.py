"""weight W (O, I), start u (O,), steps at least 1: each sets v to W^T u and then u to W v, both
scaled to length 1. Returns the estimate u^T W v of the largest singular value, a number."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, given, plus, times

# Its singular values, 2, 1.9 and 1.8, are so close that every step still counts.
SLOW = np.array([[1.2, -1.52, 0.0], [1.6, 1.14, 0.0], [0.0, 0.0, 1.8]])
draw = arrays("OI", "O", "steps", O=4, I=3, steps=1)


def unit(x):
    return x / np.linalg.norm(x)


def as_it_is(x):
    return x


def power_iteration_norm(weight, start, steps, scale_u=unit, scale_v=unit, late=False):
    """The estimate, or a wrong one: not scaled, or with the u that was before the last v."""
    u = start
    for _ in range(steps):
        v = scale_v(weight.T @ u)
        before, u = u, scale_u(weight @ v)
    return (unit(before) if late else u) @ weight @ v


wrong = Wrong(power_iteration_norm)
CASES = (
    case("one step",
         "v comes from start, then u from v, both scaled to length 1; then u, W and v."),
    case("three steps", "Repeat both halves of a step.", steps=3),
    case("a wide matrix", "u has the length of the rows, v of the columns.", O=3, I=4, steps=2),
    case("a start of length 10", "Both are unit vectors.", {"start": lambda u: 10 * unit(u)}),
    case("a square matrix", "Where is W transposed, and where not?", O=3, steps=2),
    case("a weight near 1e-9", "A weight may be as small as this: a constant added to a length "
         "outweighs it.", {"weight": times(1e-9)}),
    given("fifty steps", "Is the result the estimate, not its square?", SLOW, SLOW[0], 50),
)  # fmt: skip
MISTAKES = (
    ("One half step is missing: u is not yet the one that belongs to v.", wrong(late=True)),
    ("The root of the sum of all squares is larger.", lambda W, u, n: np.linalg.norm(W)),
    ("That is the exact value; what does the iteration say after these steps?",
     lambda W, u, n: np.linalg.norm(W, 2)),
    # The square after one step, if u alone keeps its length.
    ("The result is the estimate, not its square; u is scaled to length 1, as v is.",
     wrong.then(np.square)),
    ("Both are scaled to length 1 in each step; v is not.", wrong(scale_v=as_it_is)),
    ("Both are scaled to length 1 in each step.", wrong(scale_u=as_it_is, scale_v=as_it_is)),
    ("A singular value is not negative: look at the sign.", wrong.then(np.negative)),
    ("There is one step too many.", wrong.of(steps=plus(1))),
)  # fmt: skip
EXERCISE = Exercise(power_iteration_norm, __doc__, CASES, MISTAKES, draw, axis=None)
