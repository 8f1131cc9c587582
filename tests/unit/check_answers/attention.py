"""Answers to dot_product_attention, its gradient, and additive_scores."""

import numpy as np

from tests.unit.check_answers.tables import kept_softmax, right, softmax, wrong

LOOKUP = "dot_product_attention"
GRADIENT = "dot_product_attention_gradient"
ADDITIVE = "additive_scores"


def clean(values, mask):
    return np.where(mask.any(axis=-2)[..., None], values, 0)


def scores_of(q, k):
    return q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])


@right(LOOKUP)
def lookup(queries, keys, values, mask):
    return kept_softmax(scores_of(queries, keys), mask) @ clean(values, mask)


@right(LOOKUP)
def lookup_in_loops(queries, keys, values, mask):
    out = np.zeros((*queries.shape[:-1], values.shape[-1]))
    for i in np.ndindex(queries.shape[:-1]):
        kept = np.flatnonzero(mask[i])
        if len(kept):
            s = keys[i[:-1]][kept] @ queries[i] / queries.shape[-1] ** 0.5
            e = np.exp(s - s.max())
            out[i] = e / e.sum() @ values[i[:-1]][kept]
    return out


@wrong(LOOKUP, "nothing dropped", "do not grow with the width")
def lookup_not_scaled(queries, keys, values, mask):
    return kept_softmax(queries @ np.swapaxes(keys, -1, -2), mask) @ clean(values, mask)


@wrong(LOOKUP, "The root of which width")
def lookup_scaled_by_width(queries, keys, values, mask):
    s = queries @ np.swapaxes(keys, -1, -2) / queries.shape[-1]
    return kept_softmax(s, mask) @ clean(values, mask)


@wrong(LOOKUP, "The root of which width")
def lookup_scaled_by_the_number_of_keys(queries, keys, values, mask):
    s = queries @ np.swapaxes(keys, -1, -2) / np.sqrt(keys.shape[-2])
    return kept_softmax(s, mask) @ clean(values, mask)


@wrong(LOOKUP, "multiplied where they should be divided")
def lookup_multiplied(queries, keys, values, mask):
    s = queries @ np.swapaxes(keys, -1, -2) * np.sqrt(queries.shape[-1])
    return kept_softmax(s, mask) @ clean(values, mask)


@wrong(LOOKUP, "some keys dropped", "no effect yet")
def lookup_mask_ignored(queries, keys, values, mask):
    return softmax(scores_of(queries, keys)) @ values


@wrong(LOOKUP, "nothing dropped")
def lookup_mask_inverted(queries, keys, values, mask):
    return kept_softmax(scores_of(queries, keys), ~mask) @ values


@wrong(LOOKUP, "some keys dropped", "no longer sum to 1")
def lookup_not_renormalized(queries, keys, values, mask):
    return softmax(scores_of(queries, keys)) * mask @ values


@wrong(LOOKUP, "some keys dropped", "exp(0) = 1")
def lookup_scores_zeroed(queries, keys, values, mask):
    return softmax(scores_of(queries, keys) * mask) @ values


@wrong(LOOKUP, "along which axis do the keys lie")
def lookup_over_the_queries(queries, keys, values, mask):
    return softmax(scores_of(queries, keys), axis=-2) @ values


@wrong(LOOKUP, "a query that keeps nothing", "gets zeros")
def lookup_nan_row(queries, keys, values, mask):
    return softmax(np.where(mask, scores_of(queries, keys), -np.inf)) @ values


@wrong(LOOKUP, "a query that keeps nothing", "gets zeros")
def lookup_uniform_row(queries, keys, values, mask):
    return softmax(np.where(mask, scores_of(queries, keys), -1e9)) @ values


@wrong(LOOKUP, "1000 and more", "overflow")
def lookup_overflows(queries, keys, values, mask):
    e = np.where(mask, np.exp(scores_of(queries, keys)), 0)
    total = e.sum(axis=-1, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total > 0) @ clean(values, mask)


@wrong(LOOKUP, "NaN in a value", "0 * NaN is NaN")
def lookup_leaks_nan(queries, keys, values, mask):
    return kept_softmax(scores_of(queries, keys), mask) @ values


@wrong(LOOKUP, "padding of one sequence", "asked of each sequence")
def lookup_clears_what_no_sequence_keeps(queries, keys, values, mask):
    leading = tuple(range(mask.ndim - 1))
    kept = mask.any(axis=leading)[:, None]  # (Tk, 1): by some query of some sequence
    return kept_softmax(scores_of(queries, keys), mask) @ np.where(kept, values, 0)


@wrong(LOOKUP, "every query keeps", "must not vanish")
def lookup_of_numbers_only(queries, keys, values, mask):
    return kept_softmax(scores_of(queries, keys), mask) @ np.nan_to_num(values)


@wrong(LOOKUP, "NaN in a value that no query keeps")
def lookup_result_of_numbers_only(queries, keys, values, mask):
    return np.nan_to_num(kept_softmax(scores_of(queries, keys), mask) @ values)


@wrong(LOOKUP, "every query keeps", "must not vanish")
def lookup_nansum(queries, keys, values, mask):
    weights = kept_softmax(scores_of(queries, keys), mask)
    return np.nansum(weights[..., None] * values[..., None, :, :], axis=-2)


@wrong(LOOKUP, "nothing dropped", "In float64 throughout")
def lookup_in_float32(queries, keys, values, mask):
    scores = scores_of(queries.astype("float32"), keys.astype("float32")).astype("float64")
    return kept_softmax(scores, mask) @ clean(values, mask)


@wrong(LOOKUP, "without leading axes", "your code raised")
def lookup_of_batches_only(queries, keys, values, mask):
    s = np.einsum("bqd,bkd->bqk", queries, keys) / np.sqrt(queries.shape[-1])
    return kept_softmax(s, mask) @ clean(values, mask)


@wrong(LOOKUP, "expected the shape (2, 3, 2), got (2, 3, 5)")
def lookup_weights_alone(queries, keys, values, mask):
    return kept_softmax(scores_of(queries, keys), mask)


@wrong(LOOKUP, "your code raised ValueError", "Do the shapes fit?")
def lookup_not_transposed(queries, keys, values, mask):
    return kept_softmax(queries @ keys, mask) @ values


def backward(grad, queries, keys, values):
    p = softmax(scores_of(queries, keys))
    return p, grad @ np.swapaxes(values, -1, -2), queries.shape[-1] ** -0.5


def from_scores(d_scores, p, grad, queries, keys):
    turned = np.swapaxes(d_scores, -1, -2)
    return d_scores @ keys, turned @ queries, np.swapaxes(p, -1, -2) @ grad


@right(GRADIENT)
def gradient(grad, queries, keys, values):
    p, d, scale = backward(grad, queries, keys, values)
    d_scores = scale * p * (d - (d * p).sum(axis=-1, keepdims=True))
    return from_scores(d_scores, p, grad, queries, keys)


@right(GRADIENT)
def gradient_through_the_context(grad, queries, keys, values):
    """ds_ij = alpha_ij g_i . (v_j - c_i)."""
    p, _, scale = backward(grad, queries, keys, values)
    context = p @ values
    away = values[..., None, :, :] - context[..., :, None, :]
    d_scores = scale * p * np.einsum("...qd,...qkd->...qk", grad, away)
    return list(from_scores(d_scores, p, grad, queries, keys))


@wrong(GRADIENT, "second term")
def gradient_without_the_sum(grad, queries, keys, values):
    p, d, scale = backward(grad, queries, keys, values)
    return from_scores(scale * p * d, p, grad, queries, keys)


@wrong(GRADIENT, "second term")
def gradient_of_the_diagonal(grad, queries, keys, values):
    p, d, scale = backward(grad, queries, keys, values)
    return from_scores(scale * p * (1 - p) * d, p, grad, queries, keys)


@wrong(GRADIENT, "is a weighted sum")
def gradient_with_a_plain_sum(grad, queries, keys, values):
    p, d, scale = backward(grad, queries, keys, values)
    d_scores = scale * p * (d - d.sum(axis=-1, keepdims=True))
    return from_scores(d_scores, p, grad, queries, keys)


@wrong(GRADIENT, "over which axis does the sum")
def gradient_summed_over_queries(grad, queries, keys, values):
    p, d, scale = backward(grad, queries, keys, values)
    d_scores = scale * p * (d - (d * p).sum(axis=-2, keepdims=True))
    return from_scores(d_scores, p, grad, queries, keys)


@wrong(GRADIENT, "The outer factor is missing")
def gradient_without_the_weight(grad, queries, keys, values):
    p, d, scale = backward(grad, queries, keys, values)
    d_scores = scale * (d - (d * p).sum(axis=-1, keepdims=True))
    return from_scores(d_scores, p, grad, queries, keys)


@wrong(GRADIENT, "lies a softmax")
def gradient_past_the_softmax(grad, queries, keys, values):
    p, d, scale = backward(grad, queries, keys, values)
    return from_scores(scale * d, p, grad, queries, keys)


@wrong(GRADIENT, "divided by a root")
def gradient_not_scaled(grad, queries, keys, values):
    p, d, _ = backward(grad, queries, keys, values)
    d_scores = p * (d - (d * p).sum(axis=-1, keepdims=True))
    return from_scores(d_scores, p, grad, queries, keys)


@wrong(GRADIENT, "d_queries: expected the shape (2, 3, 4), got (2, 5, 4)")
def gradient_keys_first(grad, queries, keys, values):
    d_q, d_k, d_v = gradient(grad, queries, keys, values)
    return d_k, d_q, d_v


@wrong(GRADIENT, "sign of the first two")
def gradient_sign(grad, queries, keys, values):
    d_q, d_k, d_v = gradient(grad, queries, keys, values)
    return -d_q, -d_k, d_v


@wrong(GRADIENT, "your code raised ValueError")
def gradient_values_not_transposed(grad, queries, keys, values):
    p, _, _ = backward(grad, queries, keys, values)
    d_q, d_k, _ = gradient(grad, queries, keys, values)
    return d_q, d_k, p @ grad


@wrong(GRADIENT, "expected 3 arrays, got 2 values")
def gradient_values_forgotten(grad, queries, keys, values):
    return gradient(grad, queries, keys, values)[:2]


@wrong(GRADIENT, "1000 and more", "overflow")
def gradient_overflows(grad, queries, keys, values):
    e = np.exp(scores_of(queries, keys))
    p = e / e.sum(axis=-1, keepdims=True)
    d = grad @ np.swapaxes(values, -1, -2)
    d_scores = queries.shape[-1] ** -0.5 * p * (d - (d * p).sum(axis=-1, keepdims=True))
    return from_scores(d_scores, p, grad, queries, keys)


@wrong(GRADIENT, "sign of all three")
def gradient_uphill(grad, queries, keys, values):
    return tuple(-d for d in gradient(grad, queries, keys, values))


def square(grad, queries, keys, values):
    """Whether the shapes say nothing about the order."""
    return queries.shape == keys.shape == values.shape


@wrong(GRADIENT, "one width", "The order asked for is")
def gradient_reversed_where_shapes_allow(*arrays):
    d_q, d_k, d_v = gradient(*arrays)
    return (d_v, d_k, d_q) if square(*arrays) else (d_q, d_k, d_v)


@wrong(GRADIENT, "Numerical differences")
def gradient_by_differences(grad, queries, keys, values):
    found = []
    for array in (queries, keys, values):
        slope = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            loss = []
            for step in (1e-6, -1e-6):
                array[index] += step
                loss.append((grad * (softmax(scores_of(queries, keys)) @ values)).sum())
                array[index] -= step
            slope[index] = (loss[0] - loss[1]) / 2e-6
        found.append(slope)
    return found


@right(ADDITIVE)
def additive(queries, keys, query_weight, key_weight, score_weight):
    by_query, by_key = queries @ query_weight.T, keys @ key_weight.T
    inside = by_query[..., :, None, :] + by_key[..., None, :, :]
    return np.tanh(inside) @ score_weight


@right(ADDITIVE)
def additive_in_loops(queries, keys, query_weight, key_weight, score_weight):
    out = np.zeros((*queries.shape[:-1], keys.shape[-2]))
    for index in np.ndindex(out.shape):
        q, k = queries[index[:-1]], keys[(*index[:-2], index[-1])]
        out[index] = score_weight @ np.tanh(query_weight @ q + key_weight @ k)
    return out


@wrong(ADDITIVE, "nonlinearity before w weighs")
def additive_linear(queries, keys, query_weight, key_weight, score_weight):
    by_query, by_key = queries @ query_weight.T, keys @ key_weight.T
    return (by_query[..., :, None, :] + by_key[..., None, :, :]) @ score_weight


@wrong(ADDITIVE, "stands inside")
def additive_tanh_last(queries, keys, query_weight, key_weight, score_weight):
    return np.tanh(additive_linear(queries, keys, query_weight, key_weight, score_weight))


@wrong(ADDITIVE, "weighed by w, not added up")
def additive_without_w(queries, keys, query_weight, key_weight, score_weight):
    return additive(queries, keys, query_weight, key_weight, np.ones_like(score_weight))


@wrong(ADDITIVE, "are added: that is what gives")
def additive_multiplied(queries, keys, query_weight, key_weight, score_weight):
    by_query, by_key = queries @ query_weight.T, keys @ key_weight.T
    return np.tanh(by_query[..., :, None, :] * by_key[..., None, :, :]) @ score_weight


@wrong(ADDITIVE, "the scores are asked for")
def additive_weights(queries, keys, query_weight, key_weight, score_weight):
    return softmax(additive(queries, keys, query_weight, key_weight, score_weight))


@wrong(ADDITIVE, "not divided by a root")
def additive_scaled(queries, keys, query_weight, key_weight, score_weight):
    s = additive(queries, keys, query_weight, key_weight, score_weight)
    return s / np.sqrt(len(score_weight))


@wrong(ADDITIVE, "expected the shape (2, 3, 5), got (2, 5, 3)")
def additive_turned(queries, keys, query_weight, key_weight, score_weight):
    s = additive(queries, keys, query_weight, key_weight, score_weight)
    return np.swapaxes(s, -1, -2).copy()


@wrong(ADDITIVE, "nonlinearity is another one")
def additive_relu(queries, keys, query_weight, key_weight, score_weight):
    by_query, by_key = queries @ query_weight.T, keys @ key_weight.T
    return np.maximum(by_query[..., :, None, :] + by_key[..., None, :, :], 0) @ score_weight


@wrong(ADDITIVE, "your code raised ValueError", "Is it W q or W transposed")
def additive_weights_transposed(queries, keys, query_weight, key_weight, score_weight):
    by_query, by_key = queries @ query_weight, keys @ key_weight
    return np.tanh(by_query[..., :, None, :] + by_key[..., None, :, :]) @ score_weight


@wrong(ADDITIVE, "one sequence alone", "your code raised")
def additive_for_batches(queries, keys, query_weight, key_weight, score_weight):
    by_query = np.einsum("bqd,hd->bqh", queries, query_weight)
    by_key = np.einsum("bkd,hd->bkh", keys, key_weight)
    return np.tanh(by_query[:, :, None] + by_key[:, None]) @ score_weight


@wrong(ADDITIVE, "one width", "W belongs to the queries")
def additive_weights_swapped(queries, keys, query_weight, key_weight, score_weight):
    if query_weight.shape == key_weight.shape:
        query_weight, key_weight = key_weight, query_weight
    return additive(queries, keys, query_weight, key_weight, score_weight)
