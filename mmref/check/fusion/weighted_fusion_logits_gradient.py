"""grad (B, D), the gradient of the loss with respect to z, the fused vectors (all modalities
present); h (B, M, D), the projected features; logits (M,). Returns the gradient with respect to the
logits (M,)."""

import numpy as np

from mmref.check.exercise import Exercise, case, normal
from mmref.check.fusion.weighted_fusion import ANY
from mmref.reference.softmax import masked_softmax as softmax

SHAPES = "Do the shapes fit? grad is (B, D), h is (B, M, D), logits are (M,)."
MOVES = "How does z change when one logit grows a little? Every weight moves with it."
ROWS = "The logits are shared by all rows: what do the rows add up to?"
ALIKE = "Axes of equal length are easily confused: h is (B, M, D)."
OVERFLOW = "exp(1000) overflows."
UNDERFLOW = "exp(-1000) is 0, and 0 / 0 is NaN: which shift makes one of the exponents 0?"
COMPETE = "Weights compete: what one modality gains, the others lose. A term is missing."


def draw(rng, B=4, M=3, D=5):
    return tuple(normal(rng, (B, D), (B, M, D), (M,)))


def shifted(by):
    return lambda grad, h, logits: (grad, h, logits + by)


def weighted_fusion_logits_gradient(grad, h, logits):
    z = np.einsum("m,bmd->bd", softmax(logits), h)
    return softmax(logits) * pulled(grad, h, z[:, None])


def pulled(grad, h, centre):
    """How much each modality pulls z where the loss grows, all rows together, (M,)."""
    return np.einsum("bd,bmd->m", grad, h - centre)


def wrong(change):
    """The gradient g, changed by ``change(g, alpha, grad)``."""
    return lambda g, h, a: change(weighted_fusion_logits_gradient(g, h, a), softmax(a), g)


CASES = (
    case("one row, two modalities", MOVES, B=1, M=2),
    case("four rows, two modalities", ROWS, M=2),
    case("three modalities", ANY),
    case("as many rows as modalities as features", ALIKE, B=3, D=3),
    case("logits of 1000", OVERFLOW, shifted(1000)),
    case("logits of -1000", UNDERFLOW, shifted(-1000)),
    case("logits of 0, 1000 and -1000", OVERFLOW, shifted(np.array([0, 1000, -1000]))),
    case("gradients of 1000", "A gradient may be large: nothing is clipped.",
         lambda grad, h, logits: (1000 * grad, h, logits)),
)  # fmt: skip
MISTAKES = (
    (COMPETE, lambda g, h, a: softmax(a) * pulled(g, h, 0)),
    ("A loss of the whole batch: the rows add up, they are not averaged.",
     wrong(lambda found, alpha, g: found / len(g))),
    ("That is the gradient with respect to the weights; go on to the logits.",
     lambda g, h, a: pulled(g, h, 0)),
    ("The outer factor is missing: how does a small weight scale its own gradient?",
     wrong(lambda found, alpha, g: found / alpha)),
    ("The vectors are compared with the fused vector, not with their plain mean.",
     lambda g, h, a: softmax(a) * pulled(g, h, h.mean(axis=1, keepdims=True))),
    ("That is the diagonal of the softmax Jacobian alone; a logit changes every weight.",
     lambda g, h, a: softmax(a) * (1 - softmax(a)) * pulled(g, h, 0)),
    ("The sign is reversed.", wrong(lambda found, alpha, g: -found)),
)  # fmt: skip
EXERCISE = Exercise(
    weighted_fusion_logits_gradient, __doc__, CASES, MISTAKES, draw, axis="modality", raised=SHAPES
)
