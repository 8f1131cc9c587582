"""Attention: a soft lookup. A query is compared with every key; the values are averaged by that.

Queries (..., Tq, D), keys (..., Tk, D) and values (..., Tk, D_v) share their leading axes. A mask
is boolean, True = keep, and has the axes of the scores (..., Tq, Tk), each in full or 1: (B, 1, Tk)
for padding, (1, Tq, Tk) for what is the same for all. A position that no query keeps has no effect,
whatever it holds, NaN included; a query that keeps nothing gets zeros.
"""

import numpy as np

from mmref.contract.attention import check_attention, check_factor
from mmref.contract.settings import check_counts, check_length
from mmref.reference._shared import as_array, clear, expect
from mmref.reference.softmax import masked_softmax, masked_softmax_gradient
from mmref.types import Array


def attention_weights(
    queries: Array, keys: Array, mask: Array | None = None, scale: float | None = None
) -> Array:
    """How much each query attends to each key.

    Formula
        alpha_ij = softmax over the kept j of scale q_i . k_j,  with scale = 1 / sqrt(D)

    Args
        queries: (..., Tq, D). keys: (..., Tk, D).
        mask: boolean, True = keep, with the axes of (..., Tq, Tk), each in full or 1; fewer only
            after a first of 1. None keeps all.
        scale: a number instead of 1 / sqrt(D).

    Returns
        (..., Tq, Tk); each row sums to 1, or to 0 where the mask keeps nothing. A kept NaN makes
        its rows NaN.

    Errors
        ShapeError: a wrong shape or dtype, or no key at all. TypeError: None for an array.

    Source
        Vaswani et al., "Attention Is All You Need", 2017, equation 1.

    >>> keys = np.array([[1.0], [0.0]])
    >>> attention_weights(np.array([[np.log(3.0)]]), keys)
    array([[0.75, 0.25]])
    """
    check_factor(scale)
    queries, keys, keep = _inputs(queries, keys, mask)
    return masked_softmax(_scores(queries, keys, scale), keep)


def attention_weights_gradient(
    grad: Array, queries: Array, keys: Array, mask: Array | None = None, scale: float | None = None
) -> tuple[Array, Array]:
    """Gradients of a loss with respect to queries and keys.

    Formula (ds_ij = alpha_ij (grad_ij - sum_k grad_ik alpha_ik), the softmax Jacobian)
        dq_i = scale sum_j ds_ij k_j      dk_j = scale sum_i ds_ij q_i
    """
    check_factor(scale)
    queries, keys, keep = _inputs(queries, keys, mask)
    (d_scores,) = masked_softmax_gradient(grad, _scores(queries, keys, scale), keep)
    d_scores = _scale(queries, scale) * d_scores
    return d_scores @ keys, d_scores.swapaxes(-1, -2) @ queries


def dot_product_attention(
    queries: Array,
    keys: Array,
    values: Array,
    mask: Array | None = None,
    scale: float | None = None,
) -> Array:
    """For each query, the average of the values, weighted by how well their keys fit.

    Formula
        C = softmax(scale Q K^T) V over the kept keys,  with scale = 1 / sqrt(D)

    Args
        queries: Q (..., Tq, D). keys: K (..., Tk, D). values: V (..., Tk, D_v).
        mask: boolean, True = keep, with the axes of (..., Tq, Tk), each in full or 1; fewer only
            after a first of 1. None keeps all.
        scale: a number instead of 1 / sqrt(D).

    Returns
        C (..., Tq, D_v); zeros where the mask keeps nothing. NaN in a value makes the sequence
        NaN if any of its queries keeps it, as 0 times NaN is NaN.

    Errors
        ShapeError: a wrong shape or dtype, or no key at all. TypeError: None for an array.

    Source
        Vaswani et al., "Attention Is All You Need", 2017, equation 1.

    >>> keys = np.array([[1.0], [0.0]])
    >>> dot_product_attention(np.array([[np.log(3.0)]]), keys, np.array([[4.0], [8.0]]))
    array([[5.]])
    """
    weights, values = _weights_and_values(queries, keys, values, mask, scale)
    return weights @ values


def dot_product_attention_gradient(
    grad: Array,
    queries: Array,
    keys: Array,
    values: Array,
    mask: Array | None = None,
    scale: float | None = None,
) -> tuple[Array, Array, Array]:
    """Gradients of a loss with respect to queries, keys and values.

    Formula (g = grad (..., Tq, D_v))
        dv_j = sum_i alpha_ij g_i      dalpha_ij = g_i . v_j, and on to queries and keys as in
        :func:`attention_weights_gradient`: ds_ij = alpha_ij g_i . (v_j - c_i)
    """
    weights, values = _weights_and_values(queries, keys, values, mask, scale)
    expect("grad", grad, (*weights.shape[:-1], values.shape[-1]))
    d_weights = grad @ values.swapaxes(-1, -2)
    d_queries, d_keys = attention_weights_gradient(d_weights, queries, keys, mask, scale)
    return d_queries, d_keys, weights.swapaxes(-1, -2) @ grad


def additive_attention(
    queries: Array,
    keys: Array,
    values: Array,
    query_weight: Array,
    key_weight: Array,
    score_weight: Array,
    mask: Array | None = None,
) -> Array:
    """Attention whose scores come from a small network.

    Formula
        s_ij = w . tanh(W q_i + U k_j),  alpha = softmax over the kept j,  c_i = sum_j alpha_ij v_j

    Args
        queries: (..., Tq, D_q). keys: (..., Tk, D_k). values: (..., Tk, D_v).
        query_weight, key_weight, score_weight: W (H, D_q), U (H, D_k), w (H,).
        mask: boolean, True = keep, with the axes of (..., Tq, Tk), each in full or 1; fewer only
            after a first of 1. None keeps all.

    Returns
        (..., Tq, D_v); zeros where the mask keeps nothing.

    Errors
        ShapeError: a wrong shape or dtype, or no key at all. TypeError: None for an array.

    Source
        Bahdanau, Cho and Bengio, "Neural Machine Translation by Jointly Learning to Align and
        Translate", 2015, section A.1.2. There the query is the decoder's state s_(i-1), and keys
        and values both are the annotations h_j.

    >>> one, keys, values = np.ones((1, 1)), np.zeros((2, 1)), np.array([[2.0], [4.0]])
    >>> additive_attention(one, keys, values, one, one, one[0])
    array([[3.]])
    """
    weights, values, _ = _additive(
        queries, keys, values, query_weight, key_weight, score_weight, mask
    )
    return weights @ values


def additive_attention_gradient(
    grad: Array,
    queries: Array,
    keys: Array,
    values: Array,
    query_weight: Array,
    key_weight: Array,
    score_weight: Array,
    mask: Array | None = None,
) -> tuple[Array, ...]:
    """Gradients with respect to queries, keys, values and the three weights.

    Formula (a_ij = tanh(W q_i + U k_j) (H,); ds the scores' gradient, through the softmax Jacobian)
        dw = sum_ij ds_ij a_ij        r_ij = ds_ij w (1 - a_ij^2), elementwise
        dq_i = W^T sum_j r_ij         dW = sum_ij r_ij q_i^T;  dk_j and dU alike
    """
    weights, values, (queries, keys, keep, squashed, scores) = _additive(
        queries, keys, values, query_weight, key_weight, score_weight, mask
    )
    expect("grad", grad, (*weights.shape[:-1], values.shape[-1]))
    (d_scores,) = masked_softmax_gradient(grad @ values.swapaxes(-1, -2), scores, keep)
    d_inside = d_scores[..., None] * score_weight * (1 - squashed**2)  # (..., Tq, Tk, H)
    by_query, by_key = d_inside.sum(axis=-2), d_inside.sum(axis=-3)  # (..., T, H)
    return (
        by_query @ query_weight,
        by_key @ key_weight,
        weights.swapaxes(-1, -2) @ grad,
        _rows(by_query).T @ _rows(queries),
        _rows(by_key).T @ _rows(keys),
        d_scores.ravel() @ _rows(squashed),
    )


def causal_mask(length: int, past: int = 0) -> Array:
    """Which steps a step may look at: itself and those before.

    Formula
        mask_ij = (j <= past + i): the queries are the last ``length`` of ``past + length`` steps

    Args
        length: Tq, the number of queries. past: how many steps came before the first of them.

    Returns
        boolean (1, length, past + length), True = keep: the same for all examples. Of a single
        example, (T, D) without a batch, take ``causal_mask(T)[0]``.

    Errors
        ValueError: a length or past below 0. TypeError: one that is no integer.

    >>> causal_mask(2, past=1)[0].astype(int)
    array([[1, 1, 0],
           [1, 1, 1]])
    """
    check_length("length", length, 0)
    check_length("past", past, 0)
    return np.tri(length, past + length, past, dtype=bool)[None]


def _rows(array):
    """All vectors of ``array`` (..., D), one below the other."""
    return array.reshape(-1, array.shape[-1])


def _inputs(queries, keys, mask):
    """Queries, keys, cleared where they have no effect, and the mask in full."""
    queries, keys = as_array("queries", queries), as_array("keys", keys)
    mask = np.asarray(True if mask is None else mask)
    check_attention(queries, keys, mask=mask)
    keep = np.broadcast_to(mask, (*queries.shape[:-1], keys.shape[-2]))  # (..., Tq, Tk)
    return clear(queries, keep.any(axis=-1)), clear(keys, keep.any(axis=-2)), keep


def _scale(queries, scale):
    # Of Python, not of NumPy: it leaves float32 as it is.
    return queries.shape[-1] ** -0.5 if scale is None else float(scale)


def _scores(queries, keys, scale):
    return _scale(queries, scale) * (queries @ keys.swapaxes(-1, -2))


def _weights_and_values(queries, keys, values, mask, scale):
    """alpha, and the values, cleared where no query keeps them."""
    values = as_array("values", values)
    check_attention(as_array("queries", queries), as_array("keys", keys), values)
    weights = attention_weights(queries, keys, mask, scale)
    return weights, _kept_values(values, mask, weights.shape)


def _kept_values(values, mask, shape):
    return clear(values, np.broadcast_to(True if mask is None else mask, shape).any(axis=-2))


def _additive(queries, keys, values, query_weight, key_weight, score_weight, mask):
    """alpha, the values, and what the gradient needs beside them."""
    queries, keys = as_array("queries", queries), as_array("keys", keys)
    values = as_array("values", values)
    mask = np.asarray(True if mask is None else mask)
    check_attention(queries, keys, values, mask, same_width=False)
    expect("score_weight", score_weight, ("H",))
    hidden = len(score_weight)
    check_counts(hidden=hidden)
    expect("query_weight", query_weight, (hidden, queries.shape[-1]))
    expect("key_weight", key_weight, (hidden, keys.shape[-1]))
    keep = np.broadcast_to(mask, (*queries.shape[:-1], keys.shape[-2]))
    queries, keys = clear(queries, keep.any(axis=-1)), clear(keys, keep.any(axis=-2))
    by_query, by_key = queries @ np.transpose(query_weight), keys @ np.transpose(key_weight)
    squashed = np.tanh(by_query[..., :, None, :] + by_key[..., None, :, :])  # (..., Tq, Tk, H)
    scores = squashed @ score_weight
    weights = masked_softmax(scores, keep)
    return weights, _kept_values(values, keep, keep.shape), (queries, keys, keep, squashed, scores)
