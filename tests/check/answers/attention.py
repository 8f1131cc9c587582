"""Answers to the exercises on attention."""

import numpy as np

from mmref.check.attention._parts import turned
from mmref.check.exercise import Wrong
from tests.check.answers.softmax import by_logarithms as softmax

LOOKUP, GRADIENT = "dot_product_attention", "dot_product_attention_gradient"
ADDITIVE = "additive_attention_scores"


def clean(v, mask):
    return np.where(mask.any(axis=-2)[..., None], v, 0)


def lookup(q, k, v, mask, clean=clean, scores=lambda q, k: q @ turned(k)):
    return softmax(scores(q, k) / np.sqrt(q.shape[-1]), mask) @ clean(v, mask)


def lookup_in_loops(queries, keys, values, mask):
    out = np.zeros((*queries.shape[:-1], values.shape[-1]))
    for i in np.ndindex(queries.shape[:-1]):
        kept = np.flatnonzero(mask[i])
        if len(kept):
            s = keys[i[:-1]][kept] @ queries[i] / queries.shape[-1] ** 0.5
            e = np.exp(s - s.max())
            out[i] = e / e.sum() @ values[i[:-1]][kept]
    return out


def lowered(q, k, v, mask):
    """Dropped scores become low, not minus infinity."""
    s = q @ turned(k) / np.sqrt(q.shape[-1]) - 1e300 * ~mask
    return softmax(s, mask.any(axis=-1, keepdims=True)) @ clean(v, mask)


def of_any_sequence(v, mask):
    """Cleared where no query of any sequence keeps the step."""
    return np.where(mask.any(axis=tuple(range(mask.ndim - 1)))[:, None], v, 0)


def gradient_by_context(g, q, k, v):
    """ds_ij = alpha_ij (g_i . v_j - g_i . c_i), the second product taken once for each query."""
    p = softmax(q @ turned(k) / np.sqrt(q.shape[-1]))
    inner = (g * (p @ v)).sum(axis=-1, keepdims=True)
    d_scores = q.shape[-1] ** -0.5 * p * (np.einsum("...qd,...kd->...qk", g, v) - inner)
    return [d_scores @ k, turned(d_scores) @ q, turned(p) @ g]


def reversed_where_shapes_allow(*arrays):
    d_q, d_k, d_v = gradient_by_context(*arrays)
    return (d_v, d_k, d_q) if d_q.shape == d_v.shape else (d_q, d_k, d_v)


def additive_in_loops(queries, keys, query_weight, key_weight, score_weight):
    out = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    for index in np.ndindex(out.shape):
        q, k = queries[index[:-1]], keys[(*index[:-2], index[-1])]
        out[index] = score_weight @ np.tanh(query_weight @ q + key_weight @ k)
    return out


def additive(q, k, W, U, w, squash=np.tanh):
    by_query, by_key = np.einsum("bqd,hd->bqh", q, W), np.einsum("bkd,hd->bkh", k, U)
    return squash(by_query[:, :, None] + by_key[:, None]) @ w


wrong = Wrong(lookup)
RIGHT = [(LOOKUP, lookup_in_loops), (GRADIENT, gradient_by_context), (ADDITIVE, additive_in_loops)]
WRONG = [
    (LOOKUP, wrong(clean=lambda v, m: v), "NaN in a value that no", "0 * NaN is NaN"),
    (LOOKUP, wrong(clean=lambda v, m: np.nan_to_num(v)), "must not vanish"),
    (LOOKUP, wrong(clean=lambda v, m: np.where(np.isnan(v), clean(v, m), v)),
     "infinity in a value", "0 * NaN is NaN"),
    (LOOKUP, wrong(clean=of_any_sequence), "padding of one", "asked of each sequence"),
    (LOOKUP, lambda q, k, v, m: lookup(q * np.sqrt(q.shape[-1]) / 2, k, v, m), "longer axes",
     "known beforehand"),
    (LOOKUP, lowered, "NaN in a key", "select"),
    (LOOKUP, wrong(scores=lambda q, k: np.einsum("bqd,bkd->bqk", q, k)), "without leading axes",
     "your code raised"),
    (LOOKUP, lambda q, k, v, m: lookup(q, k, v, m) if q.ndim < 4 else lookup(q[:, 0], k[:, 0],
     v[:, 0], m[:, 0])[:, None], "four axes", "leading axes stay"),
    (LOOKUP, lambda q, k, v, m: softmax(q @ k, m) @ v, "raised ValueError", "Do the shapes fit?"),
    (GRADIENT, lambda g, q, k, v: gradient_by_context(g, k, q, v), "raised ValueError",
     "Do the shapes fit?"),
    (GRADIENT, reversed_where_shapes_allow, "one width", "The order asked for is"),
    (ADDITIVE, lambda *args: additive(*args, lambda x: np.clip(x, -1, 1)),
     "Take one query and one key"),
    (ADDITIVE, additive, "one sequence alone", "your code raised"),
    (ADDITIVE, lambda q, k, W, U, w: additive_in_loops(q, k, *([U, W] if W.shape == U.shape else
     [W, U]), w), "one width"),
]  # fmt: skip
