"""Multi-head attention, and decoding with what was computed before kept at hand.

K counts heads; D / K is the width of one.
"""

import numpy as np

from mmref.contract.multi_head import (
    check_cache,
    check_heads,
    check_merge,
    check_multi_head,
    check_new_steps,
    check_split,
)
from mmref.reference._shared import as_array, clear, expect
from mmref.reference.attention import (
    causal_mask,
    dot_product_attention,
    dot_product_attention_gradient,
)
from mmref.types import Array


def multi_head_attention(
    queries: Array,
    keys: Array,
    values: Array,
    query_weight: Array,
    query_bias: Array,
    key_weight: Array,
    key_bias: Array,
    value_weight: Array,
    value_bias: Array,
    output_weight: Array,
    output_bias: Array,
    heads: int,
    mask: Array | None = None,
) -> Array:
    """Several attentions side by side, each on projections of its own.

    Formula (h = 1 ... K; the rows of W_q, W_k, W_v belong to the heads, D / K rows each)
        C_h = softmax(Q_h K_h^T / sqrt(D / K)) V_h,  with Q_h = rows of W_q q + b_q, K_h, V_h alike
        output = [C_1, ..., C_K] W_o^T + b_o

    Args
        queries: (B, Tq, D_q). keys: (B, Tk, D_k). values: (B, Tk, D_v). Self-attention gives
            the same array three times.
        query_weight, query_bias: W_q (D, D_q), b_q (D,). key_weight, value_weight alike.
        output_weight, output_bias: W_o (D_o, D), b_o (D_o,).
        heads: K, a divisor of D.
        mask: boolean, True = keep: (B, Tq, Tk), for padding (B, 1, Tk), for all examples
            (1, Tq, Tk); or one for each head, (B, K, Tq, Tk). None keeps all.

    Returns
        (B, Tq, D_o). A query that keeps nothing has a context of zeros, and so gives b_o.

    Errors
        ShapeError: a wrong shape or dtype, no key at all. ValueError: heads that do not divide D.
        TypeError: None for an array.

    Source
        Vaswani et al., "Attention Is All You Need", 2017, section 3.2.2. There each head has
        matrices of its own; ours are stacked.

    >>> x, eye, zero = np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.eye(2), np.zeros(2)
    >>> out = multi_head_attention(
    ...     x, x, x, 0 * eye, zero, eye, zero, eye, zero, eye, zero, heads=2
    ... )
    >>> out  # all scores are 0: the plain mean
    array([[[0.5, 0.5],
            [0.5, 0.5]]])
    """
    arrays = [queries, keys, values]
    weights = [query_weight, key_weight, value_weight]
    biases = [query_bias, key_bias, value_bias]
    _, (q, k, v), mask = _project(arrays, weights, biases, heads, mask)
    context = merge_heads(dot_product_attention(q, k, v, mask))
    _check_output(output_weight, output_bias, context.shape[-1])
    return context @ np.transpose(output_weight) + output_bias


def multi_head_attention_gradient(
    grad: Array,
    queries: Array,
    keys: Array,
    values: Array,
    query_weight: Array,
    query_bias: Array,
    key_weight: Array,
    key_bias: Array,
    value_weight: Array,
    value_bias: Array,
    output_weight: Array,
    output_bias: Array,
    heads: int,
    mask: Array | None = None,
) -> tuple[Array, ...]:
    """Gradients with respect to every array, in argument order.

    Formula
        The output is linear: dC = g W_o, dW_o = sum g C^T, db_o = sum g. Each head passes its part
        of dC through its attention; then the projections are linear again. db_k = 0: b_k adds,
        in head h, the product of its block h with the projected query's to all scores of a query,
        and a softmax does not see what is added to all.
    """
    arrays = [queries, keys, values]
    weights = [query_weight, key_weight, value_weight]
    biases = [query_bias, key_bias, value_bias]
    arrays, (q, k, v), mask = _project(arrays, weights, biases, heads, mask)
    context = merge_heads(dot_product_attention(q, k, v, mask))
    _check_output(output_weight, output_bias, context.shape[-1])
    expect("grad", grad, (*context.shape[:-1], len(output_bias)))
    d_context = split_heads(grad @ np.asarray(output_weight), heads)
    d_split = dot_product_attention_gradient(d_context, q, k, v, mask)
    d_arrays, d_weights = [], []
    for d_heads, array, weight in zip(d_split, arrays, weights, strict=True):
        d_projected = merge_heads(d_heads)  # (B, T, D)
        d_arrays.append(d_projected @ np.asarray(weight))
        d_weights.append(np.einsum("bte,btd->ed", d_projected, array))
        d_weights.append(d_projected.sum(axis=(0, 1)))
    d_weights[3] = np.zeros(len(key_bias))  # zero in theory: leave no rounding error behind
    d_output = np.einsum("bte,btd->ed", grad, context), grad.sum(axis=(0, 1))
    return *d_arrays, *d_weights, *d_output


def cached_attention(
    x: Array,
    query_weight: Array,
    query_bias: Array,
    key_weight: Array,
    key_bias: Array,
    value_weight: Array,
    value_bias: Array,
    output_weight: Array,
    output_bias: Array,
    heads: int,
    cache: tuple[Array, Array] | None = None,
) -> tuple[Array, tuple[Array, Array]]:
    """Causal self-attention of new steps, the keys and values of earlier ones taken from a cache.

    Formula
        multi_head_attention of the new steps over all steps so far, with a causal mask. Keys and
        values of a step do not depend on later ones, so they are computed once.

    Args
        x: the new steps (B, T, D_q), one or more.
        weights, biases, heads: as in :func:`multi_head_attention`.
        cache: (keys, values) of the steps before, (B, K, past, D / K) each; None at the start.

    Returns
        The output (B, T, D_o), and the cache for the next call.

    Errors
        ShapeError: as in :func:`multi_head_attention`, or a cache of another shape. TypeError: a
        cache that is no pair.

    >>> x, eye, zero = np.array([[[1.0], [3.0]]]), np.eye(1), np.zeros(1)
    >>> arrays = (0 * eye, zero, eye, zero, eye, zero, eye, zero)
    >>> first, cache = cached_attention(x[:, :1], *arrays, heads=1)
    >>> second, cache = cached_attention(x[:, 1:], *arrays, heads=1, cache=cache)
    >>> second, cache[0].shape  # the mean of both steps
    (array([[[2.]]]), (1, 1, 2, 1))
    """
    weights, biases = [query_weight, key_weight, value_weight], [query_bias, key_bias, value_bias]
    expect("query_weight", query_weight, ("D", "D_q"))
    check_new_steps("x", as_array("x", x), np.shape(query_weight)[1])
    _, (queries, keys, values), _ = _project([x, x, x], weights, biases, heads, None)
    if cache is not None:
        check_cache(cache, len(queries), heads, queries.shape[-1])
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    length = queries.shape[2]
    mask = causal_mask(length, past=keys.shape[2] - length)
    context = merge_heads(dot_product_attention(queries, keys, values, mask))
    _check_output(output_weight, output_bias, context.shape[-1])
    return context @ np.transpose(output_weight) + output_bias, (keys, values)


def split_heads(x: Array, heads: int) -> Array:
    """(B, T, D) -> (B, K, T, D / K): head h gets the h-th block of features."""
    x = as_array("x", x)
    check_split(x, heads)
    batch, steps, dim = x.shape
    return x.reshape(batch, steps, heads, dim // heads).swapaxes(1, 2)


def merge_heads(x: Array) -> Array:
    """(B, K, T, D / K) -> (B, T, D), the inverse of :func:`split_heads`."""
    x = as_array("x", x)
    check_merge(x)
    batch, heads, steps, width = x.shape
    return x.swapaxes(1, 2).reshape(batch, steps, heads * width)


def _project(arrays, weights, biases, heads, mask):
    """The inputs, cleared where nothing looks at them; their heads; the mask with four axes."""
    inputs = ("queries", "keys", "values")
    arrays = [as_array(name, array) for name, array in zip(inputs, arrays, strict=True)]
    names, letters = ("query", "key", "value"), "qkv"
    expect("query_bias", biases[0], ("D",))
    dim = len(biases[0])
    check_heads(dim, heads)
    for name, letter, weight, bias in zip(names, letters, weights, biases, strict=True):
        expect(f"{name}_weight", weight, (dim, f"D_{letter}"))
        expect(f"{name}_bias", bias, (dim,))
    widths = [np.shape(weight)[1] for weight in weights]
    mask = None if mask is None else np.asarray(mask)
    check_multi_head(*arrays, widths, heads, mask)
    if mask is not None:
        mask = mask[:, None] if mask.ndim == 3 else mask  # (B, 1, Tq, Tk)
        shape = (len(arrays[0]), heads, arrays[0].shape[1], arrays[1].shape[1])
        keep = np.broadcast_to(mask, shape)
        kept = keep.any(axis=(1, 2))  # (B, Tk)
        queries, keys, values = arrays
        arrays = [clear(queries, keep.any(axis=(1, 3))), clear(keys, kept), clear(values, kept)]
    projected = [
        split_heads(a @ np.transpose(w) + b, heads)
        for a, w, b in zip(arrays, weights, biases, strict=True)
    ]
    return arrays, projected, mask


def _check_output(weight, bias, dim):
    expect("output_bias", bias, ("D_o",))
    expect("output_weight", weight, (len(bias), dim))
