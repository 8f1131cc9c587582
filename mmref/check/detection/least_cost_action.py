"""p (N,), the probability of disease of each patient; costs (A, 2): what each of A actions costs,
column 0 if the patient is healthy, column 1 if diseased. Returns (N,), whole numbers: of each
patient the action with the least expected cost; of several such, the first."""

import numpy as np

from mmref.check.exercise import INTEGERS, Exercise, Wrong, case, given

EXPECTED = "The expected cost of an action: both its costs, weighted with p and 1 - p."
COLUMN = "Column 0 is for the healthy: it counts 1 - p."
FIRST = "Of several with the least cost, the first."
LEAST = "The least cost, not the largest."


def draw(rng, N=6, A=3):
    return rng.random(N), rng.integers(0, 20, (A, 2)).astype(float)


def action(p, costs, weigh=None, pick=np.argmin):
    """The action, or a wrong one."""
    weights = np.stack([1 - p, p], axis=1) if weigh is None else weigh(p)  # (N, 2)
    return pick(weights @ costs.T, axis=1)


def last(costs, axis):
    return costs.shape[1] - 1 - costs[:, ::-1].argmin(axis=1)


wrong = Wrong(action)
CASES = (
    case("six patients, three actions", EXPECTED),
    given("send home, look again, treat", COLUMN, np.array([0.02, 0.2, 0.9]),
          np.array([[0.0, 20.0], [1.0, 3.0], [6.0, 0.0]])),
    given("an action that is never best", EXPECTED, np.array([0.1, 0.5, 0.95]),
          np.array([[0.0, 10.0], [9.0, 9.0], [10.0, 0.0]])),
    given("two actions that cost the same", FIRST, np.array([0.25, 0.75]),
          np.array([[4.0, 8.0], [1.0, 2.0], [1.0, 2.0]])),
    case("one action", "There is nothing to choose.", A=1),
)  # fmt: skip
MISTAKES = (
    (COLUMN, wrong(weigh=lambda p: np.stack([p, 1 - p], axis=1))),
    (EXPECTED, wrong(weigh=lambda p: np.ones((len(p), 2))),
     wrong(weigh=lambda p: np.stack([p < 0.5, p >= 0.5], axis=1).astype(float)),
     wrong(weigh=lambda p: np.stack([0 * p, p], axis=1))),
    (LEAST, wrong(pick=np.argmax)),
    (FIRST, wrong(pick=last)),
)  # fmt: skip
EXERCISE = Exercise(action, __doc__, CASES, MISTAKES, draw, axis="patient", kind=INTEGERS,
                    outputs=("action",))  # fmt: skip
