"""Causal attention of T new steps, with queries (B, T, D), keys (B, T, D) and values (B, T, D_v),
that come after P earlier ones, of which past_keys (B, P, D) and past_values (B, P, D_v) were kept;
P may be 0. Scores are divided by sqrt(D). Returns (B, T, D_v), what attention over all P + T steps
with a causal mask gives for the last T."""

import numpy as np

from mmref.check.attention import _parts
from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.check.softmax._parts import COUNTS, STAND_IN
from mmref.reference.softmax import masked_softmax

FUTURE = "A new step sees itself, the new steps before it, and all of the past; nothing later."
ALIGN = "Where in the whole sequence does the first new step stand? Not at its beginning."
draw = arrays("BTD", "BTD", "BTV", "BPD", "BPV", B=2, T=3, P=6, D=4, V=5)


def topped(q, k, v, past_k, past_v):
    """The last new step's key has the largest score, which earlier ones must not see."""
    k[..., 0], past_k[..., 0], k[:, -1, 0] = -1, -1, 1
    return _parts.lifted(1)["queries"](q), k, v, past_k, past_v


def cached_attention(queries, keys, values, past_keys, past_values, last=lambda past: past,
                     order=1, power=0.5, weigh=masked_softmax):  # fmt: skip
    """Step i sees all steps up to i + ``last``, which is told how many are past; or wrongly."""
    pairs = (past_keys, keys)[::order], (past_values, values)[::order]
    k, v = (np.concatenate(pair, axis=1) for pair in pairs)
    scores = queries @ k.swapaxes(1, 2) / queries.shape[-1] ** power
    keep = np.tri(*scores.shape[1:], last(past_keys.shape[1]), dtype=bool)
    return weigh(scores, keep) @ v


wrong = Wrong(cached_attention)
CASES = (
    case("one new step after six", "The step sees all six steps and itself.", T=1),
    case("three new steps after six", ALIGN),
    case("the first three steps, no past", FUTURE, P=0),
    case("as many new steps as past ones", ALIGN, P=3),
    case("four new steps after one", ALIGN, T=4, P=1),
    *_parts.far("keys", "past_keys"),
    case("a later step's score is the largest by 2000", _parts.TOP, topped),
    _parts.low("keys", "past_keys"),
)
MISTAKES = (
    ("The past has no effect yet.",
     wrong.of(past_keys=lambda k: k[:, :0], past_values=lambda v: v[:, :0])),
    (ALIGN, wrong(last=lambda past: 0)),
    ("A step sees itself too.", wrong(last=lambda past: past - 1)),
    (FUTURE, wrong(last=lambda past: 10**6), wrong(last=lambda past: past + 1),
     wrong(last=lambda past: past - 1, weigh=lambda s, keep: masked_softmax(s, ~keep))),
    ("The past comes before the new steps.", wrong(order=-1)),
    ("The scores are not divided by the root of the width.", wrong(power=0)),
    (COUNTS, wrong(weigh=lambda scores, keep: masked_softmax(scores * keep))),
    (STAND_IN, wrong(weigh=lambda s, keep: masked_softmax(np.where(keep, s, -1e9)))),
)  # fmt: skip
EXERCISE = Exercise(cached_attention, __doc__, CASES, MISTAKES, draw, axis="sequence")
