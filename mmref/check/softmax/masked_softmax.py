"""scores (..., N) and mask (..., N), boolean, True = keep; returns weights (..., N) that sum to 1
over the kept entries of the last axis and are 0 elsewhere, whatever a dropped entry holds. A row
that keeps nothing gets zeros."""

import numpy as np

from mmref.check.exercise import Exercise, case, normal, put
from mmref.check.softmax._parts import RENORMALIZE, STAND_IN, mask_mistakes, shifted
from mmref.reference.softmax import masked_softmax

ONE_ROW = "Each row is normalized by itself, along the last axis."
BAD_DROPPED = "A dropped entry may hold anything, and 0 * NaN is NaN: select, do not multiply."
TOP = "The largest score is not in the sum: shift by the largest of those that are."
EMPTY = "No entry is kept, so the total is 0: such a row gets zeros."


def draw(rng, B=3, N=4, drop=True):
    mask = rng.random((B, N)) < 0.5
    mask |= np.arange(N) == rng.integers(N, size=(B, 1))  # one at least
    return *normal(rng, (B, N)), mask if drop else mask | True


def filled(value, kept=0.0):
    """Another number in the dropped entries, and the kept ones moved."""
    return lambda s, mask: (np.where(mask, s + kept, value), mask)


CASES = (
    case("three rows, nothing dropped", ONE_ROW, drop=False),
    case("some entries dropped", RENORMALIZE, N=3),
    *shifted("scores", "scores"),
    case("a dropped score is the largest by 2000", TOP, filled(1000, -1000)),
    case("NaN in the dropped entries", BAD_DROPPED, filled(np.nan)),
    case("infinity in the dropped entries", BAD_DROPPED, filled(np.inf)),
    case("a row that keeps nothing", EMPTY, {"mask": put(1, False)}),
    # So far apart that the rounding of such large numbers does not show.
    case("scores near -1e40", STAND_IN, {"scores": lambda s: 1e36 * s - 1e40}),
    case("a single row, of shape (N,)", "N is the last axis.", lambda s, m: (s[0], m[0])),
    case("scores of shape (B, T, N)", ONE_ROW, lambda s, m: (s[:, None] + s, m[:, None] | m)),
)
MISTAKES = (
    *mask_mistakes(lambda softmax: softmax),
    (ONE_ROW, lambda s, k: masked_softmax(s.T).T, lambda s, k: np.exp(s) / np.exp(s).sum(),
     lambda s, k: np.where(k, np.exp(s), 0) / np.exp(s)[k].sum()),
    ("These are the exponentials; the weights of a row sum to 1.", lambda s, k: np.exp(s) * k),
)  # fmt: skip
EXERCISE = Exercise(masked_softmax, __doc__, CASES, MISTAKES, draw)
