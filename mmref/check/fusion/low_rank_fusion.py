"""Low-rank fusion. features maps modality m to (B, D_m), weights to (R D, D_m), biases to (R D,),
the blocks r = 1 ... R of D rows below each other; bias is b (D,). Returns z (B, D): the sum over r
of the products over all modalities of W_m^r x_m + b_m^r, and b once. present (B, M), boolean, True
= there, in the order of weights, or None: the features of an absent modality count as zeros, so
that its bias remains; a row with none is zero."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, put
from mmref.check.fusion import _parts
from mmref.check.fusion._parts import PAIR, THREE, TRANSPOSED
from mmref.reference.fusion import low_rank_fusion

REMAINS = "Of an absent modality the bias remains: it is a factor like the others."


def draw(rng, B=4, D=3, R=2, P=4, T=2, names=PAIR, **absences):
    *given, present = _parts.modalities(rng, B, P, T, [R * D] * 5, names, **absences)
    return *given, *normal(rng, (D,)), present


def fuse(features, weights, biases, bias, present, join=np.prod, split=None, add=np.sum,
         once=lambda blocks: 1, gone=0):  # fmt: skip
    """Without care for NaN and empty rows, or a wrong one: other ways to join the factors."""
    there = np.full((len(features[[*weights][0]]), len(weights)), True)
    there = there if present is None else present
    f = [(there[:, [i]] * features[m]) @ weights[m].T + biases[m] for i, m in enumerate(weights)]
    f = [np.where(there[:, [i]], f_m, f_m + gone * (1 - f_m)) for i, f_m in enumerate(f)]
    joined = join(np.stack(f), axis=0)
    blocks = split(joined, len(bias)) if split else joined.reshape(len(joined), -1, len(bias))
    return add(blocks, axis=1) + bias * once(blocks)


wrong = Wrong(fuse)
CASES = (
    case("one width, rank 1", "Compute one component by hand.", P=3, T=3, R=1, absent=False),
    case("one width, rank 3", "What is summed last?", P=3, T=3, R=3, absent=False),
    case("features of different width", TRANSPOSED, absent=False),
    case("some modalities absent", REMAINS, {"present": put(0, True)}, names=THREE),
    *_parts.ABSENCES,
)  # fmt: skip
MISTAKES = (
    ("The factors are multiplied, not added.", wrong(join=np.sum)),
    ("The blocks stand below each other: the first D rows are those of r = 1.",
     wrong(split=lambda f, d: f.reshape(len(f), d, -1).swapaxes(1, 2))),
    ("It is a sum over r, not a mean.", wrong(add=np.mean)),
    ("b is missing.", wrong(once=lambda blocks: 0)),
    ("b is added once, not for each r.", wrong(once=lambda blocks: blocks.shape[1])),
    (REMAINS, wrong(gone=1)),
    *_parts.mistakes_by_name(wrong),
)  # fmt: skip
EXERCISE = Exercise(low_rank_fusion, __doc__, CASES, MISTAKES, draw)
