"""Exercises on attention: the lookup, its gradient, and scores from a small network."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference import attention
from mmref.reference.softmax import masked_softmax

FIRST = "Write down the three steps for one query: scores, weights, average. In float64 throughout."
SCALE = "By what are the scores divided, so that they do not grow with the width of the keys?"
SCALE_WIDTH = "The root of which width? Scores are sums over the features of a key."
USE_MASK = "The mask has no effect yet: a dropped key gets the weight 0."
INVERTED = "In the mask, True means keep."
RENORMALIZE = "The kept weights no longer sum to 1: a dropped key must not count in the total."
WRONG_AXIS = "Each query shares out a weight of 1 among the keys: along which axis do the keys lie?"
EMPTY_ROW = "A query that keeps nothing gets zeros."
BAD_DROPPED = "0 * NaN is NaN: what no query keeps has to be replaced before it is used."
BAD_ELSEWHERE = "Whether a value is kept is asked of each sequence: another one may keep that step."
BAD_KEPT = "A NaN that is kept must not vanish: clear what the mask drops, not what is no number."
OVERFLOW = "Large scores overflow in exp. What can be subtracted without changing the weights?"
BATCH = "The leading axes stay, however many there are."
SHAPES = (
    "Do the shapes fit? Queries and keys share their last axis, keys and values the one before."
)
TRANSPOSED = "Is it W q or W transposed times q? W is (H, D_q), and the queries stand in rows."


def lookup_cases():
    rng = np.random.default_rng(60)
    keep = np.ones((2, 3, 5), dtype=bool)
    some = np.array([[[1, 0, 0, 1, 0], [1, 1, 1, 0, 0], [0, 0, 1, 0, 0]]] * 2, dtype=bool)
    yield _lookup(rng, "two sequences, nothing dropped", keep, FIRST)
    yield _lookup(rng, "some keys dropped", some, RENORMALIZE)
    one_row = some.copy()
    one_row[1, 1] = False
    yield _lookup(rng, "a query that keeps nothing", one_row, EMPTY_ROW)
    yield _lookup(rng, "scores of 1000 and more", some, OVERFLOW, scale=1000.0)
    yield _lookup(rng, "scores of -1000 and less", some, OVERFLOW, scale=-1000.0)
    yield _lookup(rng, "NaN in a value that no query keeps", some, BAD_DROPPED, poison=(..., 4))
    padded = np.ones((2, 3, 5), dtype=bool)
    padded[1, :, 3:] = False
    bad = (1, slice(3, 5))
    yield _lookup(rng, "NaN in the padding of one sequence", padded, BAD_ELSEWHERE, poison=bad)
    words = "NaN in a value that every query keeps"
    yield _lookup(rng, words, padded, BAD_KEPT, poison=(0, 4))
    yield _lookup(rng, "a single sequence, without leading axes", some[0], BATCH, leading=())
    four = rng.random((2, 2, 3, 5)) < 0.7
    yield _lookup(rng, "heads: arrays with four axes", four, BATCH, leading=(2, 2))


def _lookup(rng, words, mask, hint, scale=1.0, poison=None, leading=(2,)):
    queries = rng.normal(size=(*leading, 3, 4)).round(2)
    keys = rng.normal(size=(*leading, 5, 4)).round(2)
    values = rng.normal(size=(*leading, 5, 2)).round(2)
    if scale != 1:  # all scores of a query have one sign, and are far from those of others
        queries, keys = np.abs(queries) * scale, 1 + np.abs(keys)
    if poison is not None:  # which steps of the values
        values[(*poison, slice(None))] = np.nan
    return Case(words, (queries, keys, values, mask), hint, axis="sequence", raised=SHAPES)


def gradient_cases():
    rng = np.random.default_rng(61)
    hint = (
        "A loss moves through the weights and through the values. (Numerical differences and "
        "float32 are off by more than the check allows.)"
    )
    for words, leading in (("two sequences", (2,)), ("one sequence alone", ())):
        shapes = (3, 2), (3, 4), (5, 4), (5, 2)
        args = tuple(rng.normal(size=(*leading, *shape)).round(2) for shape in shapes)
        yield Case(words, args, hint, axis=None, raised=SHAPES)
    args = tuple(rng.normal(size=(2, 3, 3)).round(2) for _ in range(4))
    yield Case("as many queries as keys, one width", args, hint, axis=None)
    args = tuple(rng.normal(size=(2, *shape)).round(2) for shape in shapes)
    args[1][:] = 1000 * np.abs(args[1])  # scores of one sign, far above what exp can take
    args[2][:] = 1 + np.abs(args[2])
    yield Case("scores of 1000 and more", args, OVERFLOW, axis=None)
    g, q, k, v = (
        rng.normal(size=(1, *shape)).round(2) for shape in ((2, 1), (2, 3), (1, 3), (1, 1))
    )
    only = "With one key the weight is 1, whatever the score: no gradient for the score."
    yield Case("a single key", (g, q, k, v), only, axis=None)


def additive_cases():
    rng = np.random.default_rng(62)
    hint = "Take one query and one key: what is added, squashed, and weighed, in this order?"
    for words, leading, shapes in (
        ("two sequences", (2,), (3, 5, 4, 6, 7)),
        ("one sequence alone", (), (3, 5, 4, 6, 7)),
        ("as many queries as keys, one width", (2,), (4, 4, 3, 3, 3)),
        ("one query", (3,), (1, 5, 4, 6, 2)),
    ):
        queries, keys, d_q, d_k, hidden = shapes
        args = (
            rng.normal(size=(*leading, queries, d_q)).round(2),
            rng.normal(size=(*leading, keys, d_k)).round(2),
            rng.normal(size=(hidden, d_q)).round(2),
            rng.normal(size=(hidden, d_k)).round(2),
            rng.normal(size=hidden).round(2),
        )
        yield Case(words, args, hint, axis="sequence" if leading else "query", raised=TRANSPOSED)


def _softmax(scores, axis=-1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _attend(queries, keys, values, mask, scale=None, weigh=masked_softmax):
    """The lookup, or a wrong one: another scale, another softmax."""
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    return weigh(scale * queries @ np.swapaxes(keys, -1, -2), mask) @ values


LOOKUP_MISTAKES = (
    (SCALE, lambda q, k, v, m: _attend(q, k, v, m, 1.0)),
    (SCALE_WIDTH, lambda q, k, v, m: _attend(q, k, v, m, 1 / q.shape[-1])),
    (SCALE_WIDTH, lambda q, k, v, m: _attend(q, k, v, m, k.shape[-2] ** -0.5)),
    (SCALE_WIDTH, lambda q, k, v, m: _attend(q, k, v, m, q.shape[-2] ** -0.5)),
    (SCALE_WIDTH, lambda q, k, v, m: _attend(q, k, v, m, v.shape[-1] ** -0.5)),
    (
        "The scores are multiplied where they should be divided.",
        lambda q, k, v, m: _attend(q, k, v, m, q.shape[-1] ** 0.5),
    ),
    (USE_MASK, lambda q, k, v, m: _attend(q, k, v, None)),
    (INVERTED, lambda q, k, v, m: _attend(q, k, v, ~m)),
    (RENORMALIZE, lambda q, k, v, m: _attend(q, k, v, m, None, lambda s, k: _softmax(s) * k)),
    (WRONG_AXIS, lambda q, k, v, m: _attend(q, k, v, m, None, lambda s, k: _softmax(s, -2))),
    (
        WRONG_AXIS,
        lambda q, k, v, m: _attend(
            q,
            k,
            v,
            m,
            None,
            lambda s, k: np.swapaxes(
                masked_softmax(np.swapaxes(s, -1, -2), np.swapaxes(k, -1, -2)), -1, -2
            ),
        ),
    ),
    (
        "A score of 0 still counts, since exp(0) = 1. What score would count for nothing?",
        lambda q, k, v, m: _attend(q, k, v, m, None, lambda s, k: _softmax(s * k)),
    ),
    (
        "These are the scores; how do they become weights that sum to 1?",
        lambda q, k, v, m: _attend(q, k, v, m, None, lambda s, k: s * k),
    ),
    (
        "The weights are right; they still have to average the values.",
        lambda q, k, v, m: attention.attention_weights(q, k, m),
    ),
)


def _parts(g, q, k, v):
    """What every gradient needs: scale, weights, gradient of the weights."""
    scale = q.shape[-1] ** -0.5
    return scale, _softmax(scale * q @ np.swapaxes(k, -1, -2)), g @ np.swapaxes(v, -1, -2)


def _gradient(g, q, k, v, jacobian=None, factor=True):
    """The three gradients, or wrong ones: another Jacobian, no factor."""
    scale, p, d = _parts(g, q, k, v)
    if jacobian is None:
        d_scores = p * (d - (d * p).sum(axis=-1, keepdims=True))
    else:
        d_scores = jacobian(p, d)
    d_scores = d_scores * scale if factor else d_scores
    return d_scores @ k, np.swapaxes(d_scores, -1, -2) @ q, np.swapaxes(p, -1, -2) @ g


def _changed(change):
    """The right gradients, changed by ``change(d_q, d_k, d_v)``."""
    return lambda g, q, k, v: change(*_gradient(g, q, k, v))


JACOBIAN = "A score changes all weights of its query: the softmax Jacobian has a second term."
FORGOT_SCALE = "The scores were divided by a root: the chain rule does the same to their gradients."
GRADIENT_MISTAKES = (
    (JACOBIAN, lambda *a: _gradient(*a, jacobian=lambda p, d: p * d)),
    (JACOBIAN, lambda *a: _gradient(*a, jacobian=lambda p, d: p * (1 - p) * d)),
    (
        "The second term of the Jacobian is a weighted sum.",
        lambda *a: _gradient(*a, jacobian=lambda p, d: p * (d - d.mean(axis=-1, keepdims=True))),
    ),
    (
        "The second term of the Jacobian is a weighted sum.",
        lambda *a: _gradient(*a, jacobian=lambda p, d: p * (d - d.sum(axis=-1, keepdims=True))),
    ),
    (
        "The softmax ran over the keys: over which axis does the sum in its Jacobian run?",
        lambda *a: _gradient(*a, jacobian=lambda p, d: p * (d - (d * p).sum(-2, keepdims=True))),
    ),
    (
        "The outer factor is missing: how does a small weight scale its own gradient?",
        lambda *a: _gradient(*a, jacobian=lambda p, d: d - (d * p).sum(axis=-1, keepdims=True)),
    ),
    (
        "Between the weights and the scores lies a softmax.",
        lambda *a: _gradient(*a, jacobian=lambda p, d: d),
    ),
    (FORGOT_SCALE, lambda *a: _gradient(*a, factor=False)),
    ("The order asked for is: queries, keys, values.", _changed(lambda q, k, v: (k, q, v))),
    ("The order asked for is: queries, keys, values.", _changed(lambda q, k, v: (v, k, q))),
    ("The order asked for is: queries, keys, values.", _changed(lambda q, k, v: (q, v, k))),
    ("The sign of the first two is reversed.", _changed(lambda q, k, v: (-q, -k, v))),
    ("The sign of all three is reversed.", _changed(lambda q, k, v: (-q, -k, -v))),
    ("The sign of the last one is reversed.", _changed(lambda q, k, v: (q, k, -v))),
    (
        "A value is used by every query: which axis of the weights does its gradient sum over?",
        lambda g, q, k, v: (*_gradient(g, q, k, v)[:2], _parts(g, q, k, v)[1] @ g),
    ),
)


def _scores(queries, keys, query_weight, key_weight, score_weight, squash=np.tanh):
    by_query, by_key = queries @ query_weight.T, keys @ key_weight.T
    return squash(by_query[..., :, None, :] + by_key[..., None, :, :]) @ score_weight


def _product(q, k, W, U, v):
    return np.tanh((q @ W.T)[..., :, None, :] * (k @ U.T)[..., None, :, :]) @ v


ADDITIVE_MISTAKES = (
    (
        "The sum passes through a nonlinearity before w weighs it.",
        lambda *a: _scores(*a, squash=lambda x: x),
    ),
    ("The nonlinearity is another one.", lambda *a: _scores(*a, squash=lambda x: np.maximum(x, 0))),
    (
        "The nonlinearity is another one.",
        lambda *a: _scores(*a, squash=lambda x: 1 / (1 + np.exp(-x))),
    ),
    (
        "First squashed, then weighed by w: the nonlinearity stands inside.",
        lambda *a: np.tanh(_scores(*a, squash=lambda x: x)),
    ),
    ("The two projections are added: that is what gives this attention its name.", _product),
    (
        "The hidden units are weighed by w, not added up as they are.",
        lambda q, k, W, U, v: _scores(q, k, W, U, np.ones_like(v)),
    ),
    ("These are weights already; the scores are asked for.", lambda *a: _softmax(_scores(*a))),
    (
        "Additive scores are not divided by a root.",
        lambda q, k, W, U, v: _scores(q, k, W, U, v) / len(v) ** 0.5,
    ),
    (
        "Queries count along the first of the two axes, keys along the second.",
        lambda *a: np.swapaxes(_scores(*a), -1, -2),
    ),
    ("One score is missing what the query adds.", lambda q, k, W, U, v: _scores(0 * q, k, W, U, v)),
    (TRANSPOSED, lambda q, k, W, U, v: _scores(q, k, W.T, U.T, v)),
    ("W belongs to the queries, U to the keys.", lambda q, k, W, U, v: _scores(q, k, U, W, v)),
)

LOOKUP = "dot_product_attention(queries, keys, values, mask)"
GRADIENT = "dot_product_attention_gradient(grad, queries, keys, values)"
ADDITIVE = "additive_scores(queries, keys, query_weight, key_weight, score_weight)"
EXERCISES = {
    "dot_product_attention": Exercise(
        LOOKUP,
        "queries (..., Tq, D), keys (..., Tk, D) and values (..., Tk, D_v) share their leading "
        "axes, if any; mask (..., Tq, Tk) is boolean, True = keep. Returns (..., Tq, D_v): for "
        "each query the average of the values it keeps, weighted by the softmax of the scores "
        "q . k / sqrt(D); zeros where it keeps nothing. What no query keeps may hold NaN.",
        compare_function(LOOKUP, attention.dot_product_attention, lookup_cases, LOOKUP_MISTAKES),
    ),
    "dot_product_attention_gradient": Exercise(
        GRADIENT,
        "grad (..., Tq, D_v), the gradient of a loss with respect to the result of dot-product "
        "attention, scaled by 1 / sqrt(D), without a mask, of queries (..., Tq, D), keys (..., "
        "Tk, D) and values (..., Tk, D_v). Returns three arrays: the gradients with respect to "
        "queries, keys and values, in this order.",
        compare_function(
            GRADIENT,
            attention.dot_product_attention_gradient,
            gradient_cases,
            GRADIENT_MISTAKES,
            outputs=("d_queries", "d_keys", "d_values"),
        ),
    ),
    "additive_scores": Exercise(
        ADDITIVE,
        "Bahdanau's scores w . tanh(W q + U k), of every query in queries (..., Tq, D_q) with "
        "every key in keys (..., Tk, D_k); query_weight is W (H, D_q), key_weight is U (H, D_k), "
        "score_weight is w (H,). Returns (..., Tq, Tk), before any softmax.",
        compare_function(ADDITIVE, _scores, additive_cases, ADDITIVE_MISTAKES),
    ),
}
