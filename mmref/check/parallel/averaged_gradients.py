"""gradients (P, D), row p the gradient of the mean loss over the rows of worker p; counts, a tuple
of P whole numbers, how many rows each worker had, not all 0. Returns (D,), the gradient of the mean
loss over all rows. A worker without rows may have anything as its gradient, NaN too."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, put
from mmref.reference import parallel

MEAN = "Each worker counts as often as it has rows: the plain mean is for equal counts."
WHOLE = "Divide by the number of rows of all workers."
IDLE = "A worker without rows is left out: 0 * NaN is NaN."


def draw(rng, P=3, D=4):
    return rng.normal(size=(P, D)), tuple(int(n) for n in 1 + rng.permutation(P))


def averaged(gradients, counts, share=lambda n: n / n.sum(), kept=True):
    """The mean, or a wrong one."""
    n = np.array(counts)
    used = np.where(n[:, None] > 0, gradients, 0) if kept else gradients
    return share(n) @ used


wrong = Wrong(averaged)
CASES = (
    case("three workers", MEAN),
    case("two workers, of which one has no rows", IDLE,
         lambda gradients, counts: (put(np.s_[1], np.nan)(gradients), (3, 0)), P=2),
    case("one worker", WHOLE, P=1),
    case("equal counts", WHOLE, {"counts": lambda counts: (4,) * len(counts)}),
)  # fmt: skip
MISTAKES = (
    (MEAN, wrong(share=lambda n: np.ones(len(n)) / len(n))),
    (WHOLE, wrong(share=lambda n: n / len(n)), wrong(share=lambda n: n / n.max())),
    (IDLE, wrong(kept=False)),
)
EXERCISE = Exercise(parallel.averaged_gradients, __doc__, CASES, MISTAKES, draw, axis="parameter")
