"""p (N, K), the probabilities of K classes, each row summing to 1, by a model that learned where
the classes had the shares old (K,), positive; new (K,): their shares at another place, which sum to
1, some of them perhaps 0. Returns (N, K): the probabilities there, if each class looks alike at
both places. No row ends up without any class."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put

RATIO = "What was learned holds old: divide it out, then multiply with new."
SUM = "Each row sums to 1 again."
ZERO = "A class that does not occur gets 0, and 0 log 0 is no number: do without logarithms."


def draw(rng, N=5, K=3):
    p = rng.random((N, K)) + 0.05
    return p / p.sum(axis=1, keepdims=True), rng.dirichlet(np.full(K, 4.0)), rng.dirichlet(
        np.full(K, 4.0))  # fmt: skip


def shifted(p, old, new, ratio=None, total=None):
    """The probabilities, or wrong ones."""
    q = p * (new / old if ratio is None else ratio(old, new))
    return q / (q.sum(axis=1, keepdims=True) if total is None else total(q))


wrong = Wrong(shifted)
CASES = (
    case("five patients, three classes", RATIO),
    case("two classes", RATIO, K=2),
    case("nothing has changed", "Then nothing changes.", lambda p, a, b: (p, a, a)),
    case("a class that is not there", ZERO, lambda p, a, b: (p, a, np.eye(len(a))[0])),
    case("a probability of 0", ZERO,
         lambda p, a, b: (np.pad(p[:, 1:] / p[:, 1:].sum(axis=1, keepdims=True), ((0, 0), (1, 0))),
                          a, b)),
    case("learned where one class was rare", RATIO, {"old": put(np.s_[:], [0.01, 0.49, 0.5])}),
)  # fmt: skip
MISTAKES = (
    (RATIO, wrong(ratio=lambda old, new: new), wrong(ratio=lambda old, new: old / (new + 1e-9)),
     wrong(ratio=lambda old, new: 1 + new - old)),
    (SUM, wrong(total=lambda q: 1.0), wrong(total=lambda q: q.sum()),
     wrong(total=lambda q: q.sum(axis=0))),
    (ZERO, lambda p, a, b: shifted(p, a, np.maximum(b, 1e-3))),
)  # fmt: skip
EXERCISE = Exercise(shifted, __doc__, CASES, MISTAKES, draw, axis="patient",
                    outputs=("probabilities",), never="large zeros")  # fmt: skip
