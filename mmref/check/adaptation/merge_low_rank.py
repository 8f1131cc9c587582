"""weight W (O, D); down A (R, D); up B (O, R); alpha, a number. Returns (O, D): one matrix that
does what W and the adapter do together, W + (alpha / R) B A. W itself is not to be changed."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put
from mmref.reference import adaptation

SHARE = "The product counts alpha / R: R is the number of rows of A."
BOTH = "W and the product are added: neither is left out."
ORDER = "B A is (O, D), as W is: B stands to the left."
draw = arrays("OD", "RD", "OR", lambda rng, **sizes: 3.0, D=4, O=6, R=2)


def merged(weight, down, up, alpha, share=lambda a, A: a / len(A), plain=1.0):
    """The matrix, or a wrong one."""
    return plain * weight + share(alpha, down) * up @ down


wrong = Wrong(merged)
CASES = (
    case("rank 2", SHARE),
    case("rank 1", ORDER, R=1),
    case("a square W", ORDER, O=4),
    case("B of zeros", BOTH, {"up": put(np.s_[:], 0.0)}),
    case("W of zeros", BOTH, {"weight": put(np.s_[:], 0.0)}),
)
MISTAKES = (
    (SHARE, wrong(share=lambda a, A: a), wrong(share=lambda a, A: 1.0),
     wrong(share=lambda a, A: a / A.shape[1])),
    (BOTH, wrong(plain=0.0), wrong(share=lambda a, A: 0.0)),
)  # fmt: skip
EXERCISE = Exercise(adaptation.merge_low_rank, __doc__, CASES, MISTAKES, draw, fresh=True)
