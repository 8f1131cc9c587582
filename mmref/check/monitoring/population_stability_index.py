"""expected p (B, K) and observed q (B, K), shares by bin, all positive. Returns (B,), for each row
the sum over its bins of (q_k - p_k) ln(q_k / p_k)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case
from mmref.reference import monitoring

BOTH = "Each log ratio is weighted by the difference q - p, not by one share alone."
SIGN = "The difference and the logarithm point the same way, so that no term is negative."
NATURAL = "The logarithm is the natural one."
ROWS = "The sum runs over the bins of a row: one number for each row, and no mean."
SAME = "Where both are the same the index is 0."


def draw(rng, B=5, K=4):
    return rng.dirichlet(np.full(K, 3.0), B), rng.dirichlet(np.full(K, 3.0), B)


def index(p, q, weight=lambda p, q: q - p, log=np.log, total=np.sum):
    """The index, or a wrong one."""
    return total(weight(p, q) * log(q / p), axis=1)


wrong = Wrong(index)
CASES = (
    case("five rows, four bins", SIGN),
    case("one row", ROWS, B=1),
    case("two bins", ROWS, K=2),
    case("both the same", SAME, lambda p, q: (p, p.copy())),
)
MISTAKES = (
    (BOTH, wrong(weight=lambda p, q: q), wrong(weight=lambda p, q: -p),
     wrong(weight=lambda p, q: (p + q) / 2), wrong(weight=lambda p, q: (q - p) ** 2)),
    (SIGN, wrong(weight=lambda p, q: np.abs(q - p))),
    (NATURAL, wrong(log=np.log2), wrong(log=np.log10)),
    (ROWS, wrong(total=np.mean)),
)  # fmt: skip
EXERCISE = Exercise(
    monitoring.population_stability_index, __doc__, CASES, MISTAKES, draw, never="large zeros"
)
