"""grad (B, D), the gradient of the loss with respect to the features of a modality after the
learned vector e (D,) was put into every row that lacks it; present (B,), boolean, True = there.
Returns the gradients with respect to the features (B, D) and to e (D,)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case

WHERE = "Which rows hold the features, and which hold e?"
ADD = "One e stands in several rows: what do their gradients do?"
NONE = "Where no row lacks it, e has no effect."
draw = arrays("BD", lambda rng, B, **_: np.arange(B) % 3 > 0, B=5, D=3)


def stand_in_gradient(grad, present, join=np.sum, passed=None):
    """Each row's gradient goes to what stands in it; or a wrong one."""
    there = present[:, None]
    d_features = np.where(there, grad, 0) if passed is None else passed(grad, there)
    return d_features, join(np.where(there, 0, grad), axis=0)


wrong = Wrong(stand_in_gradient)
CASES = (
    case("five rows, two of them without the modality", WHERE),
    case("four rows, three without", ADD, {"present": lambda p: np.arange(len(p)) == 1}, B=4),
    case("all rows have it", NONE, {"present": lambda p: p | True}),
    case("no row has it", WHERE, {"present": lambda p: p & False}),
)  # fmt: skip
MISTAKES = (
    ("Features of absent rows have no effect, and no gradient.",
     wrong(passed=lambda grad, there: grad)),
    ("The gradients of the rows add up, they are not averaged.", wrong(join=np.mean),
     wrong(join=lambda rows, axis: rows.sum(axis) / max((rows != 0).any(1).sum(), 1))),
    ("In present, True means that the modality is there.", wrong.of(present=np.logical_not)),
    ("e gets nothing from the rows that have the modality.",
     lambda grad, present: (np.where(present[:, None], grad, 0), grad.sum(axis=0))),
)  # fmt: skip
EXERCISE = Exercise(stand_in_gradient, __doc__, CASES, MISTAKES, draw,
                    outputs=("d_features", "d_vector"), axis=None)  # fmt: skip
