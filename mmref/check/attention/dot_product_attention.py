"""queries (..., Tq, D), keys (..., Tk, D) and values (..., Tk, D_v) share their leading axes, if
any; mask (..., Tq, Tk) is boolean, True = keep. Returns (..., Tq, D_v): for each query the average
of the values it keeps, weighted by the softmax of the scores q . k / sqrt(D); zeros where it keeps
nothing. Keys and values that no query of their sequence keeps may hold anything, NaN too; NaN in a
value that all of them keep is in all their results."""

import numpy as np

from mmref.check.attention import _parts
from mmref.check.attention._parts import STAND_IN, hidden, lifted, turned
from mmref.check.changes import Wrong
from mmref.check.exercise import Exercise, case, normal
from mmref.reference.attention import attention_weights, dot_product_attention
from mmref.reference.softmax import masked_softmax

SCALE = "By what are the scores divided, so that they do not grow with the width of the keys?"
WIDTH = "The root of which width? Scores are sums over the features of a key."
WRONG_AXIS = "Each query shares out a weight of 1 among the keys: along which axis do the keys lie?"
RENORMALIZE = "The kept weights no longer sum to 1: a dropped key must not count in the total."
BAD_VALUE = "0 * NaN is NaN: what no query keeps has to be replaced before it is used."


def draw(rng, B=2, Q=3, K=5, D=4, V=6, keep=0.6):
    mask = rng.random((B, Q, K)) < keep
    mask[..., 0] = True
    return *normal(rng, (B, Q, D), (B, K, D), (B, K, V)), mask


def attend(q, k, v, mask, scale=lambda q, k, v: q.shape[-1] ** -0.5, weigh=masked_softmax):
    """The lookup, without care for NaN, or a wrong one: another scale, another softmax."""
    return weigh(scale(q, k, v) * q @ turned(k), mask) @ v


wrong = Wrong(attend)
CASES = (
    case("two sequences, nothing dropped",
         "Write down the three steps for one query: scores, weights, average.", keep=1.0),
    case("some keys dropped", RENORMALIZE),
    case("a query that keeps nothing", "Such a query gets zeros.", _parts.emptied),
    case("scores of 1000 and more", _parts.OVERFLOW, lifted(1)),
    case("scores of -1000 and less", _parts.UNDERFLOW, lifted(-1)),
    case("queries with scores near 1000, 0 and -1000", _parts.OWN_SHIFT, lifted(1, 0, -1)),
    case("a dropped score is the largest by 2000", _parts.TOP, _parts.topped),
    case("scores near -1e10", STAND_IN, lambda q, k, *_: _parts.sink(q, k)),
    case("NaN in a key that no query keeps", "A dropped score may be no number: select.",
         hidden(1, np.nan)),
    case("NaN in a value that no query keeps", BAD_VALUE, hidden(2, np.nan)),
    case("infinity in a value that no query keeps", BAD_VALUE, hidden(2, np.inf)),
    case("NaN in the padding of one sequence",
         "Whether a value is kept is asked of each sequence: another one may keep that step.",
         _parts.padded),
    case("NaN in a value that every query keeps",
         "A NaN that is kept must not vanish: clear what the mask drops, not what is no number.",
         _parts.kept),
    case("a single sequence, without leading axes", _parts.BATCH, _parts.first),
    case("heads: arrays with four axes", _parts.BATCH, _parts.paired),
)  # fmt: skip
MISTAKES = (
    (SCALE, wrong(scale=lambda q, k, v: 1.0)),
    (WIDTH, wrong(scale=lambda q, k, v: 1 / q.shape[-1]),
     wrong(scale=lambda q, k, v: k.shape[-2] ** -0.5),
     wrong(scale=lambda q, k, v: q.shape[-2] ** -0.5),
     wrong(scale=lambda q, k, v: v.shape[-1] ** -0.5)),
    ("The scores are multiplied where they should be divided.",
     wrong(scale=lambda q, k, v: q.shape[-1] ** 0.5)),
    ("The mask has no effect yet: a dropped key gets the weight 0.",
     wrong(weigh=lambda s, keep: masked_softmax(s))),
    ("In the mask, True means keep.", wrong(weigh=lambda s, keep: masked_softmax(s, ~keep))),
    (RENORMALIZE, wrong(weigh=lambda s, keep: masked_softmax(s) * keep)),
    (WRONG_AXIS, wrong(weigh=lambda s, keep: turned(masked_softmax(turned(s)))),
     wrong(weigh=lambda s, keep: turned(masked_softmax(turned(s), turned(keep))))),
    ("A score of 0 still counts, since exp(0) = 1. What score would count for nothing?",
     wrong(weigh=lambda s, keep: masked_softmax(s * keep))),
    ("These are the scores; how do they become weights that sum to 1?",
     wrong(weigh=lambda s, keep: s * keep)),
    ("The weights are right; they still have to average the values.",
     lambda q, k, v, mask: attention_weights(q, k, mask)),
    (STAND_IN, wrong(weigh=lambda s, keep: masked_softmax(np.where(keep, s, -1e9)) * keep)),
)  # fmt: skip
EXERCISE = Exercise(dot_product_attention, __doc__, CASES, MISTAKES, draw, raised=_parts.SHAPES)
