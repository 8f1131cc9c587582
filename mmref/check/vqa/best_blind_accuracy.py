"""counts (Q, K), whole numbers: how often question q had answer k; every question was asked.
Returns two numbers: the best accuracy that anyone can have who knows the question and sees no
picture, and that of who does not even know the question. Both know the counts."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put

OWN = "Who knows the question gives each its own most frequent answer."
ONE = "Who knows nothing gives one and the same answer to all."
COUNT = "A question that was asked often counts for as much: divide by how many were asked in all."


def draw(rng, Q=4, K=3):
    counts = rng.integers(0, 9, (Q, K))
    counts[:, 0] += 1
    return (counts,)


def best(counts, own=None, one=None):
    """Both accuracies, or wrong ones."""
    total = counts.sum()
    first = counts.max(axis=1).sum() / total if own is None else own(counts)
    second = counts.sum(axis=0).max() / total if one is None else one(counts)
    return np.float64(first), np.float64(second)


wrong = Wrong(best)
CASES = (
    case("four questions, three answers", OWN),
    case("one question", "Then both are the same.", Q=1),
    case("an answer is always given", "Then nobody needs to look.", lambda c: (c * [1, 0, 0],)),
    case("a question that is asked often", COUNT, {"counts": put(0, 90)}),
    case("one answer", "Then both are 1.", K=1),
)  # fmt: skip
MISTAKES = (
    (OWN, wrong(own=lambda c: c.max() / c.sum()),
     wrong(own=lambda c: c.sum(axis=0).max() / c.sum()),
     wrong(own=lambda c: c.min(axis=1).sum() / c.sum())),
    (COUNT, wrong(own=lambda c: (c.max(axis=1) / c.sum(axis=1)).mean()),
     wrong(one=lambda c: (c / c.sum(axis=1, keepdims=True)).mean(axis=0).max())),
    (ONE, wrong(one=lambda c: c.max(axis=1).sum() / c.sum()),
     wrong(one=lambda c: 1 / c.shape[1]), wrong(one=lambda c: c.max() / c.sum())),
)  # fmt: skip
EXERCISE = Exercise(best, __doc__, CASES, MISTAKES, draw, axis=None,
                    outputs=("who knows the question", "who does not"))  # fmt: skip
