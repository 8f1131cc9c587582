"""grad (..., Tq, D_v), the gradient of a loss with respect to the result of dot-product attention,
scaled by 1 / sqrt(D), without a mask, of queries (..., Tq, D), keys (..., Tk, D) and values (...,
Tk, D_v). Returns three arrays: the gradients with respect to queries, keys and values, in this
order."""

from mmref.check.attention._parts import BATCH, SHAPES, far, first, paired, turned
from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.check.softmax._parts import total
from mmref.reference.attention import dot_product_attention_gradient
from mmref.reference.softmax import masked_softmax

LOSS = "A loss moves through the weights and through the values."
JACOBIAN = "A score changes all weights of its query: the softmax Jacobian has a second term."
WEIGHTED = "The second term of the Jacobian is a weighted sum."
draw = arrays("BQV", "BQD", "BKD", "BKV", B=2, Q=3, K=5, D=4, V=6)


def gradient(g, q, k, v, outer=lambda p: p, less=lambda p, d: total(p * d), scaled=1, turn=turned):
    """The three gradients, or wrong ones: other terms of the softmax Jacobian, other factors."""
    scale = q.shape[-1] ** -0.5
    p, d = masked_softmax(scale * q @ turned(k)), g @ turned(v)
    d_scores = outer(p) * (d - less(p, d)) * scale**scaled
    return d_scores @ k, turned(d_scores) @ q, turn(p) @ g


wrong = Wrong(gradient)
CASES = (
    case("two sequences", LOSS),
    case("one sequence alone", BATCH, first),
    case("heads: arrays with four axes", BATCH, paired),
    case("as many queries as keys, one width", LOSS, Q=3, K=3, D=3, V=3),
    *far("keys"),
    case("a single key", "With one key the weight is 1: the score has no gradient.", K=1),
    case("grad, keys and values of 1000 and more", "Numbers may be large: is anything clipped?",
         lambda g, q, k, v: (1000 * g, q / 1000, 1000 * k, 1000 * v)),  # large scores: mere noise
)  # fmt: skip
MISTAKES = (
    (JACOBIAN, wrong(less=lambda p, d: 0), wrong(less=lambda p, d: p * d)),
    (WEIGHTED, wrong(less=lambda p, d: total(d) / d.shape[-1]), wrong(less=lambda p, d: total(d))),
    ("The softmax ran over the keys: over which axis does the sum in its Jacobian run?",
     wrong(less=lambda p, d: total(p * d, axis=-2))),
    ("The outer factor is missing: how does a small weight scale its own gradient?",
     wrong(outer=lambda p: 1)),
    ("Between the weights and the scores lies a softmax.",
     wrong(outer=lambda p: 1, less=lambda p, d: 0)),
    ("The scores were divided by a root: the chain rule does the same to their gradients.",
     wrong(scaled=0)),
    ("The sign of the first two is reversed.", wrong.then(lambda q, k, v: (-q, -k, v))),
    ("The sign of the last one is reversed.", wrong.then(lambda q, k, v: (q, k, -v))),
    ("A value is used by every query: which axis of the weights does its gradient sum over?",
     wrong(turn=lambda p: p)),
)  # fmt: skip
EXERCISE = Exercise(dot_product_attention_gradient, __doc__, CASES, MISTAKES, draw, axis=None,
                    raised=SHAPES, outputs=("d_queries", "d_keys", "d_values"),
                    never="large")  # fmt: skip
