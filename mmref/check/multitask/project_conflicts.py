"""gradients (K, P), those of K tasks for the same P parameters. Each task's begins as it is; then,
for each other task j = 0, 1, ..., K - 1 in turn, if its scalar product with j's own gradient (not
j's changed one) is negative, its part along j's is taken away. Returns (K, P). A gradient may be
all zeros."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, given, put

ONLY = "Only what goes against the other is taken away: where the product is not negative, nothing."
ALONG = "The part of g along u is (g . u) u / (u . u)."
OWN = "Compare with the other task's own gradient, not with what is left of it."
TURN = "What is left after one task is compared with the next."
ZERO = "A gradient of zeros has no direction: it takes nothing away, and nothing is divided by 0."
draw = arrays("KP", K=3, P=4)


def projected(gradients, when=lambda dot: dot < 0, by=lambda g: g @ g, chained=True, live=False):
    """The rows, or wrong ones."""
    rows = gradients.copy()
    for i, own in enumerate(gradients):
        for j in range(len(rows)):
            other = rows[j] if live else gradients[j]
            dot = (rows[i] if chained else own) @ other
            if i != j and when(dot):
                rows[i] = rows[i] - dot / max(by(other), 1e-300) * other
    return rows


wrong = Wrong(projected)
CASES = (
    given("two that conflict", ONLY, np.array([[1.0, 0.0], [-1.0, 1.0]])),
    given("two that agree", ONLY, np.array([[1.0, 0.0], [1.0, 1.0]])),
    case("three tasks", TURN),
    given("three that conflict", OWN, np.array([[1.0, 0, 0], [-1, 1, 0], [-1, -1, 1]])),
    case("one task", "With nobody to conflict with, nothing changes.", K=1),
    case("a gradient of zeros", ZERO, {"gradients": put(1, 0.0)}),
)
MISTAKES = (
    (ONLY, wrong(when=lambda dot: True), wrong(when=lambda dot: dot > 0)),
    (ALONG, wrong(by=lambda g: 1.0), wrong(by=lambda g: np.sqrt(g @ g))),
    (OWN, wrong(live=True)),
    (TURN, wrong(chained=False)),
)
EXERCISE = Exercise(projected, __doc__, CASES, MISTAKES, draw, axis="task", never="zeros")
