"""grad (B, D), the gradient of the loss with respect to z; h (B, N, D), the projected vectors of
all modalities; scores (B, N). z is the sum of the vectors weighted by a softmax of the scores of a
row (joint normalization). Returns the gradient with respect to the scores (B, N)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.check.fusion._parts import weight_mistakes
from mmref.check.softmax._parts import shifted
from mmref.reference.softmax import masked_softmax as softmax

MOVES = "How does z change when one score grows a little? Every weight moves with it."
draw = arrays("BD", "BND", "BN", B=3, N=4, D=5)


def attention_fusion_scores_gradient(grad, h, scores, factor=lambda alpha: alpha, center=None):
    """A vector gains where it lies on the side of z that the loss falls to; or a wrong one."""
    alpha = softmax(scores)
    z = np.einsum("bn,bnd->bd", alpha, h)[:, None] if center is None else center(h)
    return factor(alpha) * np.einsum("bd,bnd->bn", grad, h - z)


wrong = Wrong(attention_fusion_scores_gradient)
CASES = (
    case("one row, two vectors", MOVES, B=1, N=2),
    case("three rows, four vectors", "Scores belong to a row: nothing is summed over rows."),
    case("as many rows as vectors as features", "Axes of equal length are easily confused.",
         B=4, N=4, D=4),
    *shifted("scores", "scores")[:2],
)  # fmt: skip
MISTAKES = weight_mistakes(wrong, "vector", "scores")
EXERCISE = Exercise(
    attention_fusion_scores_gradient, __doc__, CASES, MISTAKES, draw,
    raised="Do the shapes fit? grad is (B, D), h is (B, N, D), scores are (B, N).",
)  # fmt: skip
