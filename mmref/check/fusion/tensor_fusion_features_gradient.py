"""grad (B, D), the gradient of a loss with respect to z; features, a mapping from modality to x_m
(B, D_m), of any number of modalities; weight W (D, (D_1 + 1) ... (D_M + 1)), the last modality's
index fastest. z = W vec([1; x_1] outer ... outer [1; x_M]) + b. Returns the gradients with respect
to x_1, ..., x_M side by side, (B, D_1 + ... + D_M)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal
from mmref.check.fusion._parts import FIVE, PAIR, THREE

OTHERS = "How does the outer product change when one of its vectors grows a little?"
LAST = "W is laid out with the index of the last modality running fastest."


def draw(rng, B=4, D=3, P=3, T=2, names=PAIR):
    widths = (P, T, P + 1, T + 1, 1)[: len(names)]
    x = dict(zip(names, normal(rng, *((B, d) for d in widths)), strict=True))
    return *normal(rng, (B, D)), x, *normal(rng, (D, np.prod(np.add(widths, 1))))


def tensor_fusion_features_gradient(grad, features, weight, one=1, turn=False, kept=slice(1, None)):
    """W^T g, contracted with all vectors but one; or a wrong one: another 1, another layout."""
    ones = [np.insert(x, 0, one, axis=1) for x in features.values()]
    shape, found = [v.shape[1] for v in ones], []
    t = (grad @ weight).reshape(len(grad), *(shape[::-1] if turn else shape))
    t = t.transpose(0, *range(len(shape), 0, -1)) if turn else t
    for m in range(len(ones)):
        d = np.moveaxis(t, m + 1, 1)  # (B, P_m, the other P_n)
        for n in reversed([n for n in range(len(ones)) if n != m]):
            d = np.einsum("b...n,bn->b...", d, ones[n])
        found.append(d[:, kept])
    return np.hstack(found)


wrong = Wrong(tensor_fusion_features_gradient)
CASES = (
    case("two modalities of one width", OTHERS, P=2),
    case("two modalities of different width", LAST),
    case("three modalities", "Any number of modalities: all the others.", names=THREE),
    case("five modalities", "Any number of modalities: all the others.", names=FIVE, P=2, T=1),
)
MISTAKES = (
    ("The other vectors have a 1 in front: what x_m says alone counts, too.", wrong(one=0)),
    (LAST, wrong(turn=True)),
    ("The first number of [1; x_m] is the 1, and no feature.", wrong(kept=slice(0, -1))),
    ("Every vector has all the others beside it, not itself.",
     wrong.of(features=lambda x: dict(zip(x, list(x.values())[::-1], strict=True)))),
)  # fmt: skip
EXERCISE = Exercise(
    tensor_fusion_features_gradient, __doc__, CASES, MISTAKES, draw,
    raised="Do the shapes fit? W^T g has a number for each entry of the outer product.",
)  # fmt: skip
