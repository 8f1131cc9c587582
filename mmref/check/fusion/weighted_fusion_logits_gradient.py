"""grad (B, D), the gradient of the loss with respect to z, the fused vectors (all modalities
present); h (B, M, D), the projected features; logits (M,). Returns the gradient with respect to the
logits (M,)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus
from mmref.check.fusion._parts import ANY
from mmref.reference.softmax import masked_softmax as softmax

OVERFLOW = "exp(1000) overflows."
UNDERFLOW = "exp(-1000) is 0, and 0 / 0 is NaN: which shift makes one of the exponents 0?"
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
    case("logits of 1000", OVERFLOW, {"logits": plus(1000)}),
    case("logits of -1000", UNDERFLOW, {"logits": plus(-1000)}),
    case("logits of 0, 1000 and -1000", OVERFLOW, {"logits": plus(np.array([0, 1000, -1000]))}),
)  # fmt: skip
MISTAKES = (
    ("Weights compete: what one modality gains, the others lose. A term is missing.",
     wrong(center=lambda h: 0)),
    ("A loss of the whole batch: the rows add up, they are not averaged.", wrong(join=np.mean)),
    ("That is the gradient with respect to the weights; go on to the logits.",
     wrong(factor=lambda alpha: 1, center=lambda h: 0)),
    ("The outer factor is missing: how does a small weight scale its own gradient?",
     wrong(factor=lambda alpha: 1)),
    ("The vectors are compared with the fused vector, not with their plain mean.",
     wrong(center=lambda h: h.mean(axis=1, keepdims=True))),
    ("That is the diagonal of the softmax Jacobian alone; a logit changes every weight.",
     wrong(factor=lambda alpha: alpha * (1 - alpha), center=lambda h: 0)),
)  # fmt: skip
EXERCISE = Exercise(
    weighted_fusion_logits_gradient, __doc__, CASES, MISTAKES, draw, axis="modality",
    raised="Do the shapes fit? grad is (B, D), h is (B, M, D), logits are (M,).",
)  # fmt: skip
