"""grad (..., N), the gradient of a loss with respect to the weights that masked_softmax gives for
scores (..., N) and mask (..., N), boolean, True = keep; returns the gradient with respect to the
scores as one array (..., N). Dropped entries get 0, whatever they hold."""

from dataclasses import replace

import numpy as np

from mmref.check.exercise import Exercise, case, normal
from mmref.check.softmax import masked_softmax as forward
from mmref.check.softmax.masked_softmax import BAD_DROPPED, CASES, INVERTED, USE_MASK
from mmref.reference import softmax
from mmref.reference.softmax import masked_softmax

SUBTRACT = "All p depend on s_j through the common total: a term is missing from the derivative."
WEIGHTED = "The sum over k is weighted: how much does each p_k contribute?"


def draw(rng, B=3, N=4, drop=True):
    scores, mask = forward.draw(rng, B, N, drop)
    return *normal(rng, (B, N)), scores, mask


def with_grad(this):
    """A case of the softmax, with a gradient in front."""

    def edit(g, *args):
        scores, mask = (this.edit and this.edit(*args)) or args
        return np.resize(g, scores.shape), scores, mask

    return replace(this, edit=edit)


def masked_softmax_gradient(grad, scores, mask):
    return softmax.masked_softmax_gradient(grad, scores, mask)[0]


def wrong(centre, outer=masked_softmax):
    """Something else subtracted, ``centre(grad, p)``, or another factor in front."""
    return lambda g, s, k: outer(s, k) * (g - centre(g, masked_softmax(s, k)))


CASES = (
    *map(with_grad, CASES),
    case("NaN in grad where an entry is dropped", BAD_DROPPED,
         lambda g, s, k: (np.where(k, g, np.nan), s, k)),
    case("gradients of 1000", "A gradient may be large: nothing is clipped.",
         lambda g, s, k: (1000 * g, s, k)),
)  # fmt: skip
MISTAKES = (
    (SUBTRACT, wrong(lambda g, p: 0)),
    ("That is the diagonal of the Jacobian alone; s_j also changes the other p.",
     wrong(lambda g, p: g * p)),
    ("The sign is reversed.", lambda g, s, k: -masked_softmax_gradient(g, s, k)),
    (WEIGHTED, wrong(lambda g, p: g.sum(axis=-1, keepdims=True)),
     wrong(lambda g, p: g.mean(axis=-1, keepdims=True))),
    ("Rows do not influence each other: over which axis does the sum run?",
     wrong(lambda g, p: (g * p).sum())),
    ("The outer factor is missing: how does a small p_j scale its own gradient?",
     wrong(lambda g, p: (g * p).sum(axis=-1, keepdims=True), lambda s, k: 1)),
    (USE_MASK, lambda g, s, k: masked_softmax_gradient(g, s, None)),
    (INVERTED, lambda g, s, k: masked_softmax_gradient(g, s, ~k)),
)  # fmt: skip
EXERCISE = Exercise(masked_softmax_gradient, __doc__, CASES, MISTAKES, draw)
