"""grad (B, D), the gradient of a loss with respect to z; h (B, M, D), what the modalities say after
tanh; scores (B, M, D). In each component of its own, z (B, D) is the sum of h over the modalities,
weighted by a softmax of their scores. Returns the gradient with respect to the scores, (B, M,
D)."""

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus
from mmref.reference.softmax import masked_softmax as softmax

LARGE = "A softmax is taken of scores less their largest."
MOVES = "How does z move when one score grows a little? In its component, every gate moves with it."
OWN = "A component has gates of its own: nothing is summed over components or rows."
draw = arrays("BD", "BMD", "BMD", B=4, M=3, D=5)


def gated_fusion_scores_gradient(grad, h, scores, axis=1, factor=lambda a: a, center=None):
    """How a score moves z, component by component; or a wrong one."""
    alpha = softmax(scores.swapaxes(axis, 2)).swapaxes(axis, 2)
    z = (alpha * h).sum(axis=1, keepdims=True) if center is None else center(h)
    return factor(alpha) * grad[:, None] * (h - z)


wrong = Wrong(gated_fusion_scores_gradient)
CASES = (
    case("one row, two modalities, one component", MOVES, B=1, M=2, D=1),
    case("two modalities", OWN, M=2),
    case("three modalities", "Any number of modalities: all of them compete."),
    case("as many rows as modalities as components", "Axes of equal length are easily confused.",
         B=3, D=3),
    case("scores of 1000", LARGE, {"scores": plus(1000)}),
    case("scores of -1000", LARGE, {"scores": plus(-1000)}),
)  # fmt: skip
MISTAKES = (
    ("Gates compete: what one gains, the others lose. A term is missing.",
     wrong(center=lambda h: 0)),
    ("That is the gradient of gates that do not compete.",
     wrong(factor=lambda a: a * (1 - a), center=lambda h: 0)),
    ("That is the gradient with respect to the gates; go on to the scores.",
     wrong(factor=lambda a: 1, center=lambda h: 0)),
    ("What a modality says is compared with z, not with the plain mean.",
     wrong(center=lambda h: h.mean(axis=1, keepdims=True))),
    ("The softmax goes over the modalities, not over the components.", wrong(axis=2)),
    (OWN, wrong.then(lambda d: d.mean(axis=2, keepdims=True) + 0 * d)),
)  # fmt: skip
EXERCISE = Exercise(
    gated_fusion_scores_gradient, __doc__, CASES, MISTAKES, draw,
    also=("zeros", "long", "ones"),  # h is a tanh: it is never 1000
    raised="Do the shapes fit? grad is (B, D), h and scores are (B, M, D).",
)  # fmt: skip
