"""queries (..., Tq, D), keys (..., Tk, D) and values (..., Tk, D_v) share their leading axes, if
any; mask (..., Tq, Tk) is boolean, True = keep. Returns (..., Tq, D_v): for each query the average
of the values it keeps, weighted by the softmax of the scores q . k / sqrt(D); zeros where it keeps
nothing. Keys and values that no query of their sequence keeps may hold anything, NaN too; NaN in a
value that all of them keep is in all their results."""

import numpy as np

from mmref.check.attention import _parts
from mmref.check.attention._parts import turned
from mmref.check.exercise import Exercise, Wrong, case, normal, put
from mmref.check.softmax._parts import RENORMALIZE, mask_mistakes
from mmref.reference.attention import attention_weights, dot_product_attention
from mmref.reference.softmax import masked_softmax

WIDTH = "The root of which width? Scores are sums over the features of a key."
WRONG_AXIS = "Each query shares out a weight of 1 among the keys: along which axis do the keys lie?"


def draw(rng, B=2, Q=3, K=5, D=4, V=6, keep=0.6):
    mask = rng.random((B, Q, K)) < keep
    mask[..., 0] = True
    return *normal(rng, (B, Q, D), (B, K, D), (B, K, V)), mask


def attend(q, k, v, mask, width=lambda q, k, v: q.shape[-1], power=-0.5, weigh=masked_softmax):
    """The lookup, without care for NaN, or a wrong one: another scale, another softmax."""
    return weigh(width(q, k, v) ** power * q @ turned(k), mask) @ v


wrong = Wrong(attend)
CASES = (
    case("two sequences, nothing dropped",
         "Write down the three steps for one query: scores, weights, average.", keep=1.0),
    case("some keys dropped", RENORMALIZE),
    case("a query that keeps nothing", "Such a query gets zeros.", {"mask": put((1, 1), False)}),
    *_parts.far("keys"),
    case("a dropped score is the largest by 2000", _parts.TOP, _parts.topped),
    _parts.low("keys"),
    *_parts.NO_NUMBERS,
    case("a single sequence, without leading axes", _parts.BATCH, _parts.first),
    case("heads: arrays with four axes", _parts.BATCH, _parts.paired),
)  # fmt: skip
MISTAKES = (
    ("By what are the scores divided, so that they do not grow with the width of the keys?",
     wrong(power=0.0)),
    (WIDTH, wrong(power=-1.0), wrong(width=lambda q, k, v: k.shape[-2]),
     wrong(width=lambda q, k, v: q.shape[-2]), wrong(width=lambda q, k, v: v.shape[-1])),
    ("The scores are multiplied where they should be divided.", wrong(power=0.5)),
    *mask_mistakes(lambda softmax: wrong(weigh=softmax)),
    (WRONG_AXIS, wrong(weigh=lambda s, keep: turned(masked_softmax(turned(s)))),
     wrong(weigh=lambda s, keep: turned(masked_softmax(turned(s), turned(keep))))),
    ("These are the scores; how do they become weights that sum to 1?", wrong(weigh=np.multiply)),
    ("The weights are right; they still have to average the values.",
     lambda q, k, v, mask: attention_weights(q, k, mask)),
)  # fmt: skip
EXERCISE = Exercise(dot_product_attention, __doc__, CASES, MISTAKES, draw, raised=_parts.SHAPES)
