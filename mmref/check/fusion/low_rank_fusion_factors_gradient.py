"""grad (B, D), the gradient of a loss with respect to z, where z is the sum over r of the products
over the modalities of their factors; factors (B, M, R, D). Returns the gradient with respect to
the factors, (B, M, R, D)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put

PRODUCT = "How does a product change when one of its factors grows a little?"
ZERO = "A factor may be zero: then nothing can be divided by it."
ANY = "Any number of modalities: all the others, not the next one."
draw = arrays("BD", "BMRD", B=3, M=3, R=2, D=4)


def low_rank_fusion_factors_gradient(grad, factors, rest=None, scale=1.0):
    """grad times the product of the other factors; or a wrong one."""
    count = factors.shape[1]
    others = [np.delete(factors, m, axis=1).prod(axis=1) for m in range(count)]
    others = np.stack(others, axis=1) if rest is None else rest(factors)
    return scale * grad[:, None, None] * others


wrong = Wrong(low_rank_fusion_factors_gradient)
CASES = (
    case("two modalities, rank 1", PRODUCT, M=2, R=1),
    case("two modalities, rank 3", "Each r has a product of its own.", M=2, R=3),
    case("three modalities", ANY),
    case("as many rows as modalities as ranks", "Axes of equal length are easily confused.",
         B=3, R=3, D=3),
    case("one factor is zero", ZERO, {"factors": put((0, 0, 0), 0.0)}),
    case("two factors of a product are zero", ZERO, {"factors": put((0, slice(2)), 0.0)}),
)  # fmt: skip
MISTAKES = (
    ("That is the gradient of a sum of factors: they are multiplied.",
     wrong(rest=lambda f: np.ones_like(f))),
    ("A factor is not among its own others.",
     wrong(rest=lambda f: np.broadcast_to(f.prod(axis=1, keepdims=True), f.shape))),
    (ANY, wrong(rest=lambda f: np.roll(f, -1, axis=1) + (f.shape[1] == 2))),
    ("The others are multiplied, not added.",
     wrong(rest=lambda f: f.sum(axis=1, keepdims=True) - f)),
)  # fmt: skip
EXERCISE = Exercise(
    low_rank_fusion_factors_gradient, __doc__, CASES, MISTAKES, draw,
    raised="Do the shapes fit? grad is (B, D), factors are (B, M, R, D).",
)  # fmt: skip
