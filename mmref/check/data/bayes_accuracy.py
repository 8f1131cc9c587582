"""table (K, V) of probabilities, which sum to 1: how often the class is k and what is seen is v.
Returns a number, the best accuracy of anyone who sees v and has to name the class."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, given

EACH = "For each v, the best answer is the class that is most likely there."
JOINT = "The table holds how often both occur: nothing is to be divided."


def draw(rng, K=3, V=5):
    return (rng.dirichlet(np.full(K * V, 0.7)).reshape(K, V),)


def best(table, most=np.max, join=np.sum):
    """The accuracy, or a wrong one."""
    return np.float64(join(most(table, axis=0)))


wrong = Wrong(best)
WITNESSES = np.outer([0.8, 0.2], [0.7, 0.3]), np.outer([0.2, 0.8], [0.3, 0.7])
CASES = (
    case("three classes, five things to be seen", EACH),
    case("one thing to be seen", "Then it is the most frequent class.", V=1),
    case("one class", "Then it is 1.", K=1),
    given("what is seen tells nothing", "Then it is the most frequent class.",
          np.outer([0.3, 0.7], [0.5, 0.2, 0.3])),
    given("two witnesses, right in 0.8 and in 0.7", "Who believes the better one has 0.8.",
          np.stack([w.ravel() for w in WITNESSES]) / 2),
)  # fmt: skip
MISTAKES = (
    (EACH, wrong.of(table=lambda t: t.sum(axis=1, keepdims=True)), wrong(most=np.min),
     lambda t: np.float64(t.max(axis=1).sum()), wrong(most=np.mean)),
    (JOINT, lambda t: np.float64((t / t.sum(axis=0)).max(axis=0).mean())),
    ("Sum over what may be seen.", wrong(join=np.mean), wrong(join=np.max)),
)  # fmt: skip
EXERCISE = Exercise(best, __doc__, CASES, MISTAKES, draw, axis=None,
                    outputs=("best accuracy",), never="large")  # fmt: skip
