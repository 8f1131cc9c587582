"""grad (..., N), the gradient of a loss with respect to the weights that masked_softmax gives for
scores (..., N) and mask (..., N), boolean, True = keep; returns the gradient with respect to the
scores as one array (..., N). Dropped entries get 0, whatever they hold."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, with_grad
from mmref.check.softmax import masked_softmax as forward
from mmref.check.softmax._parts import INVERTED, USE_MASK, total
from mmref.reference import softmax
from mmref.reference.softmax import masked_softmax

SUBTRACT = "All p depend on s_j through the common total: a term is missing from the derivative."
WEIGHTED = "The sum over k is weighted: how much does each p_k contribute?"


def draw(rng, B=3, N=4, drop=True):
    scores, mask = forward.draw(rng, B, N, drop)
    return *normal(rng, (B, N)), scores, mask


def masked_softmax_gradient(grad, scores, mask):
    return softmax.masked_softmax_gradient(grad, scores, mask)[0]


def with_less(less, outer=masked_softmax):
    """Something else subtracted, ``less(grad, p)``, or another factor in front."""
    return lambda g, s, k: outer(s, k) * (g - less(g, masked_softmax(s, k)))


wrong = Wrong(masked_softmax_gradient)
CASES = (
    *(with_grad(this, masked_softmax) for this in forward.CASES),
    case("NaN in grad where an entry is dropped", forward.BAD_DROPPED,
         lambda g, s, k: (np.where(k, g, np.nan), s, k)),
)  # fmt: skip
MISTAKES = (
    (SUBTRACT, with_less(lambda g, p: 0)),
    ("That is the diagonal of the Jacobian alone; s_j also changes the other p.",
     with_less(lambda g, p: g * p)),
    (WEIGHTED, with_less(lambda g, p: total(g)), with_less(lambda g, p: total(g) / g.shape[-1])),
    ("Rows do not influence each other: over which axis does the sum run?",
     with_less(lambda g, p: (g * p).sum())),
    ("The outer factor is missing: how does a small p_j scale its own gradient?",
     with_less(lambda g, p: total(g * p), lambda s, k: 1)),
    (USE_MASK, wrong.of(mask=lambda keep: None)),
    (INVERTED, wrong.of(mask=np.logical_not)),
)  # fmt: skip
EXERCISE = Exercise(masked_softmax_gradient, __doc__, CASES, MISTAKES, draw)
