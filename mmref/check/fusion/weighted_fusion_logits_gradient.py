"""grad (B, D), the gradient of the loss with respect to z, the fused vectors (all modalities
present); h (B, M, D), the projected features; logits (M,). Returns the gradient with respect to the
logits (M,)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.check.fusion._parts import ANY, weight_mistakes
from mmref.check.softmax._parts import shifted
from mmref.reference.softmax import masked_softmax as softmax

draw = arrays("BD", "BMD", "M", B=4, M=3, D=5)


def weighted_fusion_logits_gradient(
    grad, h, logits, factor=lambda alpha: alpha, center=None, join=np.sum
):
    """How much each modality pulls z where the loss grows, all rows together; or a wrong one."""
    alpha = softmax(logits)
    z = np.einsum("m,bmd->bd", alpha, h)[:, None] if center is None else center(h)
    return factor(alpha) * join(np.einsum("bd,bmd->bm", grad, h - z), axis=0)


wrong = Wrong(weighted_fusion_logits_gradient)
CASES = (
    case("one row, two modalities",
         "How does z change when one logit grows a little? Every weight moves with it.", B=1, M=2),
    case("four rows, two modalities",
         "The logits are shared by all rows: what do the rows add up to?", M=2),
    case("three modalities", ANY),
    case("as many rows as modalities as features",
         "Axes of equal length are easily confused: h is (B, M, D).", B=3, D=3),
    *shifted("logits", "logits"),
)  # fmt: skip
MISTAKES = (
    ("A loss of the whole batch: the rows add up, they are not averaged.", wrong(join=np.mean)),
    *weight_mistakes(wrong, "modality", "logits"),
)  # fmt: skip
EXERCISE = Exercise(
    weighted_fusion_logits_gradient, __doc__, CASES, MISTAKES, draw, axis="modality",
    raised="Do the shapes fit? grad is (B, D), h is (B, M, D), logits are (M,).",
)  # fmt: skip
