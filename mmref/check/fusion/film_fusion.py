"""FiLM. features maps modality m to (B, D_m); content is the name c of one of them. weights and
biases map c to W_c (D, D_c) and b_c (D,), every other m to (2D, D_m) and (2D,): first the rows for
gamma, then those for beta. Returns gamma * h + beta (B, D), where h = W_c x_c + b_c, and gamma - 1
and beta are the sums over the others of W_m x_m + b_m. present (B, M), boolean, True = there, in
the order of weights, or None: a modality that is absent, the content too, adds nothing to any of
the three, neither features nor bias."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case
from mmref.check.fusion import _parts
from mmref.check.fusion._parts import ANY, FIVE, PAIR, THREE, TRANSPOSED
from mmref.reference.fusion import film_fusion

SILENT = "What is absent says nothing: which biases drop out?"


def draw(rng, B=4, D=3, P=4, T=2, names=PAIR, content=None, **absences):
    content = content or names[0]
    rows = [D if m == content else 2 * D for m in names]
    return *_parts.modalities(rng, B, P, T, rows, names, **absences), content


def film(features, weights, biases, present, content, one=1, bias=1, mix=None, flip=False):
    """FiLM, or a wrong one: without the 1 or a bias, mixed in another way."""
    there = np.full((len(features[content]), len(weights)), True) if present is None else present
    said = {m: np.where(there[:, [i]], features[m] @ weights[m].T + bias * biases[m], 0)
            for i, m in enumerate(weights)}  # fmt: skip
    h = said.pop(content)
    scale, shift = np.split(sum(said.values(), np.zeros((len(h), 2 * h.shape[1]))), 2, axis=1)
    scale, shift = (shift, scale) if flip else (scale, shift)
    return mix(scale, h, shift) if mix else (one + scale) * h + shift


wrong = Wrong(film)
CASES = (
    case("widths that are all equal", "Compute one component by hand.", P=3, T=3, absent=False),
    case("features of different width", TRANSPOSED, absent=False),
    case("the second is the content", "It is known by its name.", content="text", absent=False),
    case("the second of three is the content", ANY, names=THREE, content="image", absent=False),
    case("some are absent", SILENT, names=FIVE, content="d"),
    *_parts.ABSENCES,
)  # fmt: skip
MISTAKES = (
    ("Where the conditions say nothing, the content passes as it is: gamma is 1 then.",
     wrong(one=0)),
    ("The first rows are those of gamma, the last those of beta.", wrong(flip=True)),
    ("Each W_m comes with a bias.", wrong(bias=0)),
    ("beta is added after h is scaled.", wrong(mix=lambda g, h, b: (1 + g) * (h + b))),
    ("beta is missing.", wrong(mix=lambda g, h, _: (1 + g) * h)),
    ("Only beta counts so far: where is the product?", wrong(mix=lambda g, h, b: h + b)),
    *_parts.mistakes_by_name(wrong),
)  # fmt: skip
EXERCISE = Exercise(film_fusion, __doc__, CASES, MISTAKES, draw)
