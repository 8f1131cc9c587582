"""weight W (O, D); rank R, a whole number from 0 to the shorter of O and D. Of all matrices of rank
R at most take the one that is nearest to W, and let E be W minus it. Returns two numbers: the
longest that E makes a vector of length 1, max |E x|; and the root of the sum of squares of all
entries of E. The singular values of W are enough for both (numpy.linalg.svd)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case

LONGEST = "The first is the largest singular value that is left out."
SQUARES = "The second is the root of a sum of squares: those of all singular values left out."
WHOLE = "With the full rank nothing is left out: both are 0."
NOTHING = "With a rank of 0 the nearest matrix is 0, and E is W itself."


def draw(rng, O=5, D=4, rank=2.0):  # noqa: E741
    return rng.normal(size=(O, D)).round(2), min(int(rank), O, D)


def errors(weight, rank, skip=0, total=None, one=None):
    """Both, or wrong ones."""
    s = np.linalg.svd(weight, compute_uv=False)
    left = np.append(s[max(rank + skip, 0) :], 0.0)
    first = left[0] if one is None else one(s, rank, left)
    return first, np.sqrt((left**2).sum()) if total is None else total(left)


wrong = Wrong(errors)
CASES = (
    case("rank 2 of 4", LONGEST),
    case("rank 1", SQUARES, rank=1),
    case("full rank", WHOLE, rank=4),
    case("rank 0", NOTHING, rank=0),
    case("a wide matrix", LONGEST, O=3, D=7),
)
MISTAKES = (
    (LONGEST, wrong(skip=-1), wrong(skip=1), wrong(one=lambda s, r, left: left.sum()),
     wrong(one=lambda s, r, left: s[0]), wrong(one=lambda s, r, left: left[0] ** 2)),
    (SQUARES, wrong(total=np.sum), wrong(total=np.max), wrong(total=lambda v: (v**2).sum())),
)  # fmt: skip
EXERCISE = Exercise(
    errors, __doc__, CASES, MISTAKES, draw, outputs=("longest", "squares"), axis=None
)
