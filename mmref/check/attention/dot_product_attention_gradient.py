"""grad (..., Tq, D_v), the gradient of a loss with respect to the result of dot-product attention,
scaled by 1 / sqrt(D), without a mask, of queries (..., Tq, D), keys (..., Tk, D) and values (...,
Tk, D_v). Returns three arrays: the gradients with respect to queries, keys and values, in this
order."""

from mmref.check.attention import _parts
from mmref.check.attention._parts import turned
from mmref.check.exercise import Exercise, case, normal
from mmref.reference.attention import dot_product_attention_gradient
from mmref.reference.softmax import masked_softmax

LOSS = "A loss moves through the weights and through the values."
JACOBIAN = "A score changes all weights of its query: the softmax Jacobian has a second term."
WEIGHTED = "The second term of the Jacobian is a weighted sum."


def draw(rng, B=2, Q=3, K=5, D=4, V=6):
    return tuple(normal(rng, (B, Q, V), (B, Q, D), (B, K, D), (B, K, V)))


def lifted(*by):
    return lambda g, q, k, v: _parts.lift(by, q, k)


def softmax_gradient(p, d):
    return p * (d - (d * p).sum(axis=-1, keepdims=True))


def gradient(g, q, k, v, jacobian=softmax_gradient, factor=1.0):
    """The three gradients, or wrong ones: another Jacobian of the weights p, no factor."""
    scale = q.shape[-1] ** -0.5
    p = masked_softmax(scale * q @ turned(k))
    d_scores = jacobian(p, g @ turned(v)) * scale**factor
    return d_scores @ k, turned(d_scores) @ q, turned(p) @ g


def wrong(jacobian=softmax_gradient, factor=1.0, signs=(1, 1, 1)):
    return lambda *args: tuple(
        sign * d for sign, d in zip(signs, gradient(*args, jacobian, factor), strict=True)
    )


CASES = (
    case("two sequences", LOSS),
    case("one sequence alone", _parts.BATCH, _parts.first),
    case("heads: arrays with four axes", _parts.BATCH, _parts.paired),
    case("as many queries as keys, one width", LOSS, Q=3, K=3, D=3, V=3),
    case("scores of 1000 and more", _parts.OVERFLOW, lifted(1)),
    case("scores of -1000 and less", _parts.UNDERFLOW, lifted(-1)),
    case("queries with scores near 1000, 0 and -1000", _parts.OWN_SHIFT, lifted(1, 0, -1)),
    case("a single key", "With one key the weight is 1: the score has no gradient.", K=1),
    # Where scores are as large too, nothing is left of their gradients but rounding errors.
    case("grad, keys and values of 1000 and more", "Numbers may be large: is anything clipped?",
         lambda g, q, k, v: (1000 * g, q / 1000, 1000 * k, 1000 * v)),
)  # fmt: skip
MISTAKES = (
    (JACOBIAN, wrong(lambda p, d: p * d), wrong(lambda p, d: p * (1 - p) * d)),
    (WEIGHTED, wrong(lambda p, d: p * (d - d.mean(axis=-1, keepdims=True))),
     wrong(lambda p, d: p * (d - d.sum(axis=-1, keepdims=True)))),
    ("The softmax ran over the keys: over which axis does the sum in its Jacobian run?",
     wrong(lambda p, d: p * (d - (d * p).sum(axis=-2, keepdims=True)))),
    ("The outer factor is missing: how does a small weight scale its own gradient?",
     wrong(lambda p, d: d - (d * p).sum(axis=-1, keepdims=True))),
    ("Between the weights and the scores lies a softmax.", wrong(lambda p, d: d)),
    ("The scores were divided by a root: the chain rule does the same to their gradients.",
     wrong(factor=0.0)),
    ("The sign of the first two is reversed.", wrong(signs=(-1, -1, 1))),
    ("The sign of all three is reversed.", wrong(signs=(-1, -1, -1))),
    ("The sign of the last one is reversed.", wrong(signs=(1, 1, -1))),
    ("A value is used by every query: which axis of the weights does its gradient sum over?",
     lambda g, q, k, v: (*gradient(g, q, k, v)[:2], masked_softmax(q.shape[-1] ** -0.5 * q @ turned(k)) @ g)),
)  # fmt: skip
EXERCISE = Exercise(
    dot_product_attention_gradient, __doc__, CASES, MISTAKES, draw,
    outputs=("d_queries", "d_keys", "d_values"), axis=None, also=("zeros", "long", "ones"),
    raised=_parts.SHAPES,
)  # fmt: skip
