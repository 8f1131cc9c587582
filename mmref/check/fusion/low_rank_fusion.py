"""Low-rank fusion. features maps modality m to (B, D_m), weights to (R D, D_m), biases to (R D,),
the blocks r = 1 ... R of D rows below each other; bias is b (D,). Returns z (B, D): the sum over r
of the products over all modalities of W_m^r x_m + b_m^r, and b once. present (B, M), boolean, True
= there, in the order of weights, or None: the features of an absent modality count as zeros, so
that its bias remains; a row with none is zero."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, put
from mmref.check.fusion.weighted_fusion import ABSENT, ANY, FIVE, PAIR, THREE, TRANSPOSED, turned
from mmref.reference.fusion import low_rank_fusion

BY_NAME = "Match modalities by name: present follows the order of weights."
REMAINS = "Of an absent modality the bias remains: it is a factor like the others."
EMPTY = "A row with no modality present is zero, whatever the biases."


def draw(rng, B=4, D=3, R=2, P=4, T=2, names=PAIR, absent=True, value=None):
    widths = (P, T, P + 1, T + 3, 2)[: len(names)]
    shapes = [(B, d) for d in widths], [(R * D, d) for d in widths], [(R * D,) for _ in widths]
    x, *weights = (dict(zip(names, normal(rng, *s), strict=True)) for s in shapes)
    present = np.add.outer(np.arange(B), np.arange(len(names))) % 3 > 0
    if value is not None:
        x = {m: np.where(present[:, [i]], x[m], value) for i, m in enumerate(names)}
    return x, *weights, *normal(rng, (D,)), present if absent else present | True


def fuse(x, weights, biases, bias, present, join=np.prod, split=None, add=np.sum, once=1, gone=0):
    """Without care for NaN and empty rows, or a wrong one: other ways to join the factors."""
    there = np.full((len(next(iter(x.values()))), len(x)), True) if present is None else present
    f = [(there[:, [i]] * x[m]) @ weights[m].T + biases[m] for i, m in enumerate(weights)]
    f = [np.where(there[:, [i]], f_m, f_m + gone * (1 - f_m)) for i, f_m in enumerate(f)]
    joined = join(np.stack(f), axis=0)
    blocks = split(joined, len(bias)) if split else joined.reshape(len(joined), -1, len(bias))
    return add(blocks, axis=1) + bias * (once if np.isscalar(once) else once(blocks))


wrong = Wrong(fuse)
CASES = (
    case("two modalities, rank 1", "Compute one component by hand.", R=1, absent=False),
    case("two modalities, rank 2", "What is summed last?", absent=False),
    case("widths that are all equal", TRANSPOSED, D=3, R=3, P=3, T=3, B=3, absent=False),
    case("five modalities", ANY, names=FIVE, absent=False),
    case("present is None", "None means that all are there.", {"present": lambda _: None}),
    case("features listed in another order than weights", BY_NAME, {"features": turned},
         absent=False),
    case("some modalities absent", REMAINS, {"present": put(0, True)}, names=THREE),
    case("NaN in the features of absent modalities", ABSENT, names=THREE, value=np.nan),
    case("a row with no modality present", EMPTY, {"present": put(1, False)}),
)  # fmt: skip
MISTAKES = (
    ("The factors are multiplied, not added.", wrong(join=np.sum)),
    ("The blocks stand below each other: the first D rows are those of r = 1.",
     wrong(split=lambda f, d: f.reshape(len(f), d, -1).swapaxes(1, 2))),
    ("It is a sum over r, not a mean.", wrong(add=np.mean)),
    ("b is missing.", wrong(once=0)),
    ("b is added once, not for each r.", wrong(once=lambda blocks: blocks.shape[1])),
    (REMAINS, wrong(gone=1)),
)  # fmt: skip
EXERCISE = Exercise(low_rank_fusion, __doc__, CASES, MISTAKES, draw, raised=TRANSPOSED)
