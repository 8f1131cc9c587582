"""x (B, D); weight W (O, D), frozen; down A (R, D); up B (O, R); alpha, a number. Returns (B, O), a
row W x + (alpha / R) B A x for each row x. B A itself, which is as large as W, is not needed, but
allowed."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put
from mmref.reference import adaptation

SHARE = "The product counts alpha / R: R is the number of rows of A."
BOTH = "The frozen layer and the product are added: neither is left out."
ORDER = "A comes first and makes x short; B makes it long again."
ZERO = "With B = 0 nothing is added: the result is W x."
draw = arrays("BD", "OD", "RD", "OR", lambda rng, **sizes: 3.0, B=5, D=4, O=6, R=2)


def adapted(x, weight, down, up, alpha, share=lambda a, A: a / len(A), plain=1.0):
    """The rows, or wrong ones."""
    return plain * x @ weight.T + share(alpha, down) * (x @ down.T) @ up.T


wrong = Wrong(adapted)
CASES = (
    case("five rows, rank 2", SHARE),
    case("rank 1", ORDER, R=1),
    case("B of zeros, as at the start", ZERO, {"up": put(np.s_[:], 0.0)}),
    case("a rank above both widths", SHARE, R=7),
    case("W of zeros", BOTH, {"weight": put(np.s_[:], 0.0)}),
)
MISTAKES = (
    (SHARE, wrong(share=lambda a, A: a), wrong(share=lambda a, A: 1.0),
     wrong(share=lambda a, A: a / A.shape[1]), wrong(share=lambda a, A: a / np.sqrt(len(A)))),
    (BOTH, wrong(plain=0.0), wrong(share=lambda a, A: 0.0)),
)  # fmt: skip
EXERCISE = Exercise(adaptation.low_rank_adapter, __doc__, CASES, MISTAKES, draw)
