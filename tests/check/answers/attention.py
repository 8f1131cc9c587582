"""Answers to the exercises on attention."""

import numpy as np

LOOKUP, GRADIENT = "dot_product_attention", "dot_product_attention_gradient"
ADDITIVE = "additive_attention_scores"


def turned(array):
    return np.swapaxes(array, -1, -2)


def scores_of(q, k):
    return q @ turned(k) / np.sqrt(q.shape[-1])


def softmax(s, mask=True, shift=None):
    """Shifted by the largest kept score of the row, or by another number."""
    s = np.where(mask, s, -np.inf)
    shift = top(s) if shift is None else shift
    e = np.exp(s - np.where(np.isfinite(shift), shift, 0))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def top(s):
    return s.max(axis=-1, keepdims=True)


def shifted(s):
    e = np.exp(s - top(s))
    return e / e.sum(axis=-1, keepdims=True)


def clean(v, mask):
    return np.where(mask.any(axis=-2)[..., None], v, 0)


def lookup(q, k, v, mask, scores=scores_of, weigh=softmax, clean=clean):
    return weigh(scores(q, k), mask) @ clean(v, mask)


def lookup_in_loops(queries, keys, values, mask):
    out = np.zeros((*queries.shape[:-1], values.shape[-1]))
    for i in np.ndindex(queries.shape[:-1]):
        kept = np.flatnonzero(mask[i])
        if len(kept):
            s = keys[i[:-1]][kept] @ queries[i] / queries.shape[-1] ** 0.5
            e = np.exp(s - s.max())
            out[i] = e / e.sum() @ values[i[:-1]][kept]
    return out


def lookup_of(**parts):
    return lambda *args: lookup(*args, **parts)


def of_any_sequence(v, mask):
    """Cleared where no query of any sequence keeps the step."""
    kept = mask.any(axis=tuple(range(mask.ndim - 1)))
    return np.where(kept[:, None], v, 0)


def for_batches(q, k, v, mask):
    s = np.einsum("bqd,bkd->bqk", q, k) / np.sqrt(q.shape[-1])
    return softmax(s, mask) @ clean(v, mask)


def in_float32(q, k):
    return scores_of(q.astype("float32"), k.astype("float32")).astype("float64")


def gradient(g, q, k, v, weigh=softmax):
    scale = q.shape[-1] ** -0.5
    p, d = weigh(scores_of(q, k)), g @ turned(v)
    d_scores = scale * p * (d - (d * p).sum(axis=-1, keepdims=True))
    return d_scores @ k, turned(d_scores) @ q, turned(p) @ g


def gradient_of(shift):
    return lambda *args: gradient(*args, weigh=lambda s: softmax(s, shift=shift(s)))


def gradient_by_context(g, q, k, v):
    """ds_ij = alpha_ij (g_i . v_j - g_i . c_i), the second product taken once for each query."""
    p = softmax(scores_of(q, k))
    inner = (g * (p @ v)).sum(axis=-1, keepdims=True)
    d_scores = q.shape[-1] ** -0.5 * p * (np.einsum("...qd,...kd->...qk", g, v) - inner)
    return [d_scores @ k, turned(d_scores) @ q, turned(p) @ g]


def gradient_by_torch(*arrays):
    import torch

    g, *leaves = (torch.tensor(a) for a in arrays)
    q, k, v = (leaf.requires_grad_() for leaf in leaves)
    torch.nn.functional.scaled_dot_product_attention(q, k, v).backward(g)
    return tuple(leaf.grad.numpy() for leaf in leaves)


def gradient_by_differences(g, *arrays):
    arrays = [a.copy() for a in arrays]
    found = [np.zeros(a.shape) for a in arrays]
    for array, slope in zip(arrays, found, strict=True):
        for index in np.ndindex(array.shape):
            loss = []
            for step in (1e-6, -1e-6):
                array[index] += step
                q, k, v = arrays
                loss.append((g * (softmax(scores_of(q, k)) @ v)).sum())
                array[index] -= step
            slope[index] = (loss[0] - loss[1]) / 2e-6
    return found


def reversed_where_shapes_allow(*arrays):
    d_q, d_k, d_v = gradient(*arrays)
    return (d_v, d_k, d_q) if d_q.shape == d_v.shape else (d_q, d_k, d_v)


def additive(q, k, W, U, w, squash=np.tanh):
    return squash((q @ W.T)[..., :, None, :] + (k @ U.T)[..., None, :, :]) @ w


def additive_in_loops(queries, keys, query_weight, key_weight, score_weight):
    out = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    for index in np.ndindex(out.shape):
        q, k = queries[index[:-1]], keys[(*index[:-2], index[-1])]
        out[index] = score_weight @ np.tanh(query_weight @ q + key_weight @ k)
    return out


def additive_for_batches(q, k, W, U, w):
    by_query, by_key = np.einsum("bqd,hd->bqh", q, W), np.einsum("bkd,hd->bkh", k, U)
    return np.tanh(by_query[:, :, None] + by_key[:, None]) @ w


def exchanged_where_shapes_allow(q, k, W, U, w):
    return additive(q, k, U, W, w) if W.shape == U.shape else additive(q, k, W, U, w)


def additive_of(squash):
    return lambda *args: additive(*args, squash=squash)


RIGHT = [
    (LOOKUP, lookup),
    (LOOKUP, lookup_in_loops),
    (GRADIENT, gradient),
    (GRADIENT, gradient_by_context),
    (GRADIENT, gradient_by_torch),
    (ADDITIVE, additive),
    (ADDITIVE, additive_in_loops),
    (ADDITIVE, additive_of(lambda x: 2 / (1 + np.exp(-2 * x)) - 1)),
]
WRONG = [
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(np.where(m, s, -1e9))), "gets zeros"),
    (LOOKUP, lookup_of(weigh=lambda s, m: shifted(np.where(m, s, -np.inf))), "gets zeros"),
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(s, m, 0)), "scores of 1000", "overflow"),
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(s, m, np.maximum(top(s), 0))),
     "scores of -1000", "makes one of the exponents 0"),
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(s, m, s[m].max())), "1000, 0 and -1000",
     "one shift for all"),
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(s, m, top(s))), "the largest by 2000",
     "does not count"),
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(s.clip(-100, 100), m)), "clipping them"),
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(s.clip(-1e5, 1e5), m)), "near -1e10"),
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(np.where(m, s, -1e9) * m.any(-1, keepdims=True))
                       * m), "near -1e10", "can be lower still"),
    (LOOKUP, lookup_of(weigh=lambda s, m: softmax(s - 1e300 * ~m, m.any(-1, keepdims=True))),
     "NaN in a key", "select"),
    (LOOKUP, lookup_of(clean=lambda v, m: v), "NaN in a value that no", "0 * NaN is NaN"),
    (LOOKUP, lookup_of(clean=lambda v, m: np.nan_to_num(v)), "must not vanish"),
    (LOOKUP, lookup_of(clean=lambda v, m: np.where(np.isnan(v), clean(v, m), v)),
     "infinity in a value", "0 * NaN is NaN"),
    (LOOKUP, lookup_of(clean=of_any_sequence), "padding of one", "asked of each sequence"),
    (LOOKUP, lambda *args: np.nan_to_num(lookup(*args, clean=lambda v, m: v)), "no query keeps"),
    (LOOKUP, lookup_of(scores=in_float32), "nothing dropped", "is there float32 on the way"),
    (LOOKUP, lookup_of(scores=lambda q, k: q @ turned(k) / 2), "longer axes", "known beforehand"),
    (LOOKUP, lookup_of(scores=lambda q, k: scores_of(q[..., :4], k[..., :4])), "longer axes"),
    (LOOKUP, lambda q, k, v, m: lookup(q, k[..., :5, :], v[..., :5, :], m[..., :5]), "longer axes"),
    (LOOKUP, for_batches, "without leading axes", "your code raised"),
    (LOOKUP, lambda q, k, v, m: lookup(q, k, v, m) if q.ndim < 4 else lookup(q[:, 0], k[:, 0],
     v[:, 0], m[:, 0])[:, None], "four axes", "leading axes stay"),
    (LOOKUP, lambda *args: lookup(*args).squeeze(), "every axis of length 1", "or squeezed"),
    (LOOKUP, lambda *args: lookup(*args).astype(np.longdouble), "the dtype float64"),
    (LOOKUP, lambda q, k, v, m: lookup(q[:1] + 0 * q, k[:1] + 0 * k, v[:1] + 0 * v, m),
     "Write down the three steps"),
    (LOOKUP, lambda q, k, v, m: softmax(q @ k, m) @ v, "raised ValueError", "Do the shapes fit?"),
    (GRADIENT, gradient_of(lambda s: 0), "1000 and more", "overflow"),
    (GRADIENT, gradient_of(lambda s: np.maximum(top(s), 0)), "-1000 and less", "the exponents 0"),
    (GRADIENT, gradient_of(lambda s: s.max()), "1000, 0 and -1000", "one shift for all"),
    (GRADIENT, lambda *args: tuple(d.clip(-100, 100) for d in gradient(*args)), "clipping"),
    (GRADIENT, lambda *args: tuple(d.squeeze() for d in gradient(*args)), "a single key"),
    (GRADIENT, lambda g, q, k, v: (*gradient(g, q, k, v)[:2], softmax(scores_of(q, k)) @ g),
     "raised ValueError", "which axis of the weights"),
    (GRADIENT, lambda g, q, k, v: gradient(g, k, q, v), "raised ValueError", "Do the shapes fit?"),
    (GRADIENT, lambda *args: gradient(*args)[:2], "expected 3 results, got 2 values"),
    (GRADIENT, lambda *args: gradient(*args)[::-1], "asked for is: d_queries, d_keys, d_values"),
    (GRADIENT, reversed_where_shapes_allow, "one width", "The order asked for is"),
    (GRADIENT, gradient_by_differences, "a numerical difference"),
    (ADDITIVE, additive_of(lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)), "overflow"),
    (ADDITIVE, additive_of(lambda x: (1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x))), "overflow"),
    (ADDITIVE, additive_of(lambda x: np.clip(x, -1, 1)), "Take one query and one key"),
    (ADDITIVE, lambda *args: additive(*args).clip(-100, 100), "clipped"),
    (ADDITIVE, lambda q, k, W, U, w: additive(q, k, W[:7], U[:7], w[:7]), "longer axes"),
    (ADDITIVE, lambda *args: additive(*args).squeeze(), "one query", "got (3, 5)"),
    (ADDITIVE, additive_for_batches, "one sequence alone", "your code raised"),
    (ADDITIVE, exchanged_where_shapes_allow, "one width"),
    (ADDITIVE, lambda q, k, W, U, w: additive(q, k, W.T, U.T, w), "your code raised ValueError",
     "Is it W q or W transposed"),
    (ADDITIVE, lambda q, k, W, U, w: additive(q[..., :1, :] + 0 * q, k, W, U, w), "two sequences"),
]  # fmt: skip
