"""grad (B, D), the gradient of a loss with respect to z; h (B, M, D), what the modalities say after
tanh; scores (B, M, D). In each component of its own, z (B, D) is the sum of h over the modalities,
weighted by a softmax of their scores. Returns the gradient with respect to the scores, (B, M,
D)."""

from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.check.fusion._parts import weight_mistakes
from mmref.check.softmax._parts import shifted
from mmref.reference.softmax import masked_softmax as softmax

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
    *shifted("scores", "scores")[:2],
)  # fmt: skip
MISTAKES = (
    *weight_mistakes(wrong, "modality", "scores"),
    ("The softmax goes over the modalities, not over the components.", wrong(axis=2)),
    (OWN, wrong.then(lambda d: d.mean(axis=2, keepdims=True) + 0 * d)),
)  # fmt: skip
EXERCISE = Exercise(
    gated_fusion_scores_gradient, __doc__, CASES, MISTAKES, draw,
    never="large",  # h is a tanh: it is never 1000
    raised="Do the shapes fit? grad is (B, D), h and scores are (B, M, D).",
)  # fmt: skip
