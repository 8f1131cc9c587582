"""Bahdanau's scores w . tanh(W q + U k), of every query in queries (..., Tq, D_q) with every key in
keys (..., Tk, D_k), which share their leading axes, if any; query_weight is W (H, D_q), key_weight
is U (H, D_k), score_weight is w (H,). Returns (..., Tq, Tk), before any softmax."""

import numpy as np

from mmref.check.attention import _parts
from mmref.check.attention._parts import turned
from mmref.check.exercise import Exercise, Wrong, arrays, case, times
from mmref.reference.softmax import masked_softmax

STEPS = "Take one query and one key: what is added, squashed, and weighed, in this order?"
TRANSPOSED = "Is it W q or W transposed times q? W is (H, D_q), and the queries stand in rows."
draw = arrays("BQE", "BKD", "HE", "HD", "H", B=2, Q=3, K=5, E=4, D=6, H=7)


def additive_attention_scores(
    queries, keys, query_weight, key_weight, score_weight, squash=np.tanh, join=np.add
):
    """The scores, or wrong ones."""
    by_query, by_key = queries @ query_weight.T, keys @ key_weight.T
    return squash(join(by_query[..., :, None, :], by_key[..., None, :, :])) @ score_weight


wrong = Wrong(additive_attention_scores)
CASES = (
    case("two sequences", STEPS),
    case("one sequence alone", _parts.BATCH, lambda q, k, *w: (q[0], k[0], *w)),
    case("arrays with four axes", _parts.BATCH, lambda q, k, *w: (*_parts.paired(q, k), *w)),
    case("as many queries as keys, one width", STEPS, Q=4, K=4, E=3, D=3, H=3),
    case("one query", STEPS, B=3, Q=1),
)
MISTAKES = (
    ("The sum passes through a nonlinearity before w weighs it.", wrong(squash=lambda x: x)),
    ("The nonlinearity is another one.", wrong(squash=lambda x: np.maximum(x, 0)),
     wrong(squash=lambda x: 0.5 + 0.5 * np.tanh(0.5 * x))),
    ("First squashed, then weighed by w: the nonlinearity stands inside.",
     Wrong(wrong(squash=lambda x: x)).then(np.tanh)),
    ("The two projections are added: that is what gives this attention its name.",
     wrong(join=np.multiply)),
    ("The hidden units are weighed by w, not added up as they are.",
     wrong.of(score_weight=lambda w: w**0)),
    ("These are weights already; the scores are asked for.", wrong.then(masked_softmax)),
    ("Additive scores are not divided by a root.",
     lambda *args: additive_attention_scores(*args) / len(args[-1]) ** 0.5),
    ("Queries count along the first of the two axes, keys along the second.", wrong.then(turned)),
    ("One score is missing what the query adds.", wrong.of(queries=times(0))),
    (TRANSPOSED, wrong.of(query_weight=np.transpose, key_weight=np.transpose)),
    ("W belongs to the queries, U to the keys.", wrong.exchanged("query_weight", "key_weight")),
)  # fmt: skip
EXERCISE = Exercise(additive_attention_scores, __doc__, CASES, MISTAKES, draw, raised=TRANSPOSED)
