"""scores (Q, N) of Q queries and N items, larger = more similar; right (Q,), the index of each
query's one right item; k, a number. Returns a number: the mean over the queries of the chance that
the right item is among the first k. Items with the same score stand in any order, each as likely as
another."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put

TIES = "Of n tied items that follow a better ones, each is on one of n places: a + 1 to a + n."
KEPT = "A chance is from 0 to 1."
LARGER = "The larger score comes first."


def draw(rng, Q=6, N=8, k=3):
    scores = rng.integers(-3, 4, size=(Q, N)) / 2
    return scores, rng.integers(0, N, size=Q), k


def recall(scores, right, k, better=np.greater, chance=None, clip=True, join=np.mean):
    """The recall, or a wrong one."""
    own = scores[np.arange(len(scores)), right][:, None]
    a, n = better(scores, own).sum(axis=1), (scores == own).sum(axis=1)
    found = (k - a) / n if chance is None else chance(a, n, k)
    return np.float64(join(found.clip(0, 1) if clip else found))


wrong = Wrong(recall)
CASES = (
    case("six queries, eight items", TIES),
    case("all scores alike", "Chance is k of N.", {"scores": put(np.s_[:], 0.5)}),
    case("k as large as the gallery", "All are found.", k=8),
    case("no ties", LARGER,
         lambda s, r, k: (s + np.linspace(0, 0.2, s.size).reshape(s.shape), r, k)),
    case("k = 1", KEPT, k=1),
)  # fmt: skip
MISTAKES = (
    (TIES, wrong(chance=lambda a, n, k: (a < k) * 1.0),
     wrong(chance=lambda a, n, k: (a + n <= k) * 1.0),
     wrong(chance=lambda a, n, k: (a + (n - 1) / 2 < k) * 1.0)),
    (KEPT, wrong(clip=False)),
    (LARGER, wrong(better=np.less)),
    ("The first k, from 1 to k: is one too many or too few counted?",
     wrong(chance=lambda a, n, k: (k - 1 - a) / n), wrong(chance=lambda a, n, k: (k + 1 - a) / n)),
    ("The mean over the queries, not the sum.", wrong(join=np.sum)),
)  # fmt: skip
EXERCISE = Exercise(recall, __doc__, CASES, MISTAKES, draw, axis=None, outputs=("recall",),
                    long={"k": 5})  # fmt: skip
