"""FiLM. features maps modality m to (B, D_m); content is the name c of one of them. weights and
biases map c to W_c (D, D_c) and b_c (D,), every other m to (2D, D_m) and (2D,): first the rows for
gamma, then those for beta. Returns gamma * h + beta (B, D), where h = W_c x_c + b_c, and gamma - 1
and beta are the sums over the others of W_m x_m + b_m. present (B, M), boolean, True = there, in
the order of weights, or None: a modality that is absent, the content too, adds nothing to any of
the three, neither features nor bias."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal
from mmref.check.fusion.weighted_fusion import ABSENT, ANY, FIVE, PAIR, THREE, TRANSPOSED, turned
from mmref.reference.fusion import film_fusion

BY_NAME = "Match modalities by name: present follows the order of weights."
SILENT = "What is absent says nothing: which biases drop out?"


def draw(rng, B=4, D=3, P=4, T=2, names=PAIR, content=None, absent=True, value=None):
    widths, content = (P, T, P + 1, T + 3, 2)[: len(names)], content or names[0]
    rows = [D if m == content else 2 * D for m in names]
    shapes = [(B, d) for d in widths], list(zip(rows, widths, strict=True)), [(r,) for r in rows]
    x, *weights = (dict(zip(names, normal(rng, *s), strict=True)) for s in shapes)
    present = np.add.outer(np.arange(B), np.arange(len(names))) % 3 > 0
    if value is not None:
        x = {m: np.where(present[:, [i]], x[m], value) for i, m in enumerate(names)}
    return x, *weights, present if absent else None, content


def film(x, weights, biases, present, content, one=1, bias=1, mix=None, flip=False):
    """FiLM, or a wrong one: without the 1 or a bias, mixed in another way."""
    there = np.full((len(x[content]), len(x)), True) if present is None else present
    said = {m: np.where(there[:, [i]], x[m] @ weights[m].T, 0) + there[:, [i]] * bias * b
            for i, (m, b) in enumerate(biases.items())}  # fmt: skip
    h = said.pop(content)
    scale, shift = np.split(sum(said.values(), np.zeros((len(h), 2 * h.shape[1]))), 2, axis=1)
    scale, shift = (shift, scale) if flip else (scale, shift)
    return mix(scale, h, shift) if mix else (one + scale) * h + shift


wrong = Wrong(film)
CASES = (
    case("a content and one condition", "Compute one component by hand.", absent=False),
    case("widths that are all equal", TRANSPOSED, D=3, P=3, T=3, absent=False),
    case("the second is the content", "It is known by its name.", content="text", absent=False),
    case("three modalities", ANY, names=THREE, absent=False, content="image"),
    case("some are absent", SILENT, names=FIVE, content="d"),
    case("features listed in another order than weights", BY_NAME, {"features": turned}),
    case("NaN in the features of absent modalities", ABSENT, value=np.nan),
)  # fmt: skip
MISTAKES = (
    ("Where the conditions say nothing, the content passes as it is: gamma is 1 then.",
     wrong(one=0)),
    ("The first rows are those of gamma, the last those of beta.", wrong(flip=True)),
    ("Each W_m comes with a bias.", wrong(bias=0)),
    ("beta is added after h is scaled.", wrong(mix=lambda g, h, b: (1 + g) * (h + b))),
    ("beta is missing.", wrong(mix=lambda g, h, _: (1 + g) * h)),
    ("Only beta counts so far: where is the product?", wrong(mix=lambda g, h, b: h + b)),
    ("present has no effect yet.", wrong.of(present=lambda _: None)),
)  # fmt: skip
EXERCISE = Exercise(film_fusion, __doc__, CASES, MISTAKES, draw)
