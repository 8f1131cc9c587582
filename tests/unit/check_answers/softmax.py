"""Answers to masked_softmax."""

import numpy as np

from tests.unit.check_answers.tables import kept_softmax, right, softmax, wrong

right("masked_softmax")(kept_softmax)


@right("masked_softmax")
def softmax_by_loops(scores, mask):
    p = np.zeros(scores.shape)
    for row in np.ndindex(scores.shape[:-1]):
        kept = [j for j in range(scores.shape[-1]) if mask[(*row, j)]]
        top = max((scores[(*row, j)] for j in kept), default=0)
        total = sum(np.exp(scores[(*row, j)] - top) for j in kept)
        for j in kept:
            p[(*row, j)] = np.exp(scores[(*row, j)] - top) / total
    return p


@right("masked_softmax")
def softmax_by_logarithms(scores, mask):
    s = np.where(mask, scores, -np.inf)
    total = np.logaddexp.reduce(s, axis=-1, keepdims=True)
    return np.exp(s - np.where(np.isfinite(total), total, 0))


@wrong("masked_softmax", "result[0, 0] (row 0)", "normalized by itself")
def over_the_other_axis(scores, mask):
    return softmax(scores, axis=0) * mask


@wrong("masked_softmax", "normalized by itself")
def over_everything(scores, mask):
    e = np.exp(scores) * mask
    return e / e.sum()


@wrong("masked_softmax", "row 1, where the mask drops 1 and 3", "no effect yet")
def mask_ignored(scores, mask):
    return softmax(scores)


@wrong("masked_softmax", "some entries dropped", "no longer sum to 1")
def masked_after_normalizing(scores, mask):
    return softmax(scores) * mask


@wrong("masked_softmax", "scores near -1e10", "expected 1, got 0", "lower still")
def a_billion_for_infinity(scores, mask):
    clean = np.where(mask, scores, -1e9)
    return softmax(clean) * mask


@wrong("masked_softmax", "True means keep")
def mask_reversed(scores, mask):
    return kept_softmax(scores, ~mask | mask.all())


@wrong("masked_softmax", "exp(0) = 1")
def zero_for_minus_infinity(scores, mask):
    return softmax(scores * mask)


@wrong("masked_softmax", "scores of 1000 and more", "got nan", "overflows")
def exp_without_max(scores, mask):
    e = np.where(mask, np.exp(scores), 0)
    return e / e.sum(axis=-1, keepdims=True)


@wrong("masked_softmax", "scores of -1000 and less", "exp(-1000) is 0")
def shifted_by_a_constant(scores, mask):
    e = np.where(mask, np.exp(scores - 1000 * (scores > 500)), 0)
    return e / e.sum(axis=-1, keepdims=True)


@wrong("masked_softmax", "largest by 2000", "largest of those")
def shifted_by_a_dropped_score(scores, mask):
    e = np.where(mask, np.exp(scores - scores.max(axis=-1, keepdims=True)), 0)
    return e / e.sum(axis=-1, keepdims=True)


@wrong("masked_softmax", "NaN in the dropped entries", "0 * NaN")
def nan_leaks_through_multiplication(scores, mask):
    top = np.max(scores, axis=-1, keepdims=True, where=mask, initial=-np.inf)
    e = np.exp(np.minimum(scores - top, 0)) * mask
    return e / e.sum(axis=-1, keepdims=True)


@wrong("masked_softmax", "where the mask keeps nothing", "got nan", "such a row gets zeros")
def nan_where_nothing_is_kept(scores, mask):
    return softmax(np.where(mask, scores, -np.inf))


@wrong("masked_softmax", "where the mask keeps nothing", "expected 0, got 0.25")
def uniform_where_nothing_is_kept(scores, mask):
    return softmax(np.where(mask, scores, -1e9))


@wrong("masked_softmax", "expected 0.")
def small_number_in_the_total(scores, mask):
    e = kept_softmax(scores, mask)
    return e / (e.sum(axis=-1, keepdims=True) + 1e-6)


@wrong("masked_softmax", "expected the dtype float64, got float32")
def in_half_the_precision(scores, mask):
    return kept_softmax(scores.astype(np.float32), mask)


@wrong("masked_softmax", "expected 0.")
def in_half_the_precision_and_back(scores, mask):
    return kept_softmax(scores.astype(np.float32), mask).astype(float)


@wrong("masked_softmax", "scores of shape (N,)", "(entry 0)")
def two_axes_only(scores, mask):
    return np.array([kept_softmax(row, keep) for row, keep in zip(scores, mask, strict=True)])


@wrong("masked_softmax", "scores of shape (B, T, N)")
def last_axis_named_one(scores, mask):
    if scores.ndim == 1:
        return kept_softmax(scores, mask)
    return kept_softmax(scores.swapaxes(1, -1), mask.swapaxes(1, -1)).swapaxes(1, -1)


@wrong("masked_softmax", "changes its argument scores", "not in place")
def scores_overwritten(scores, mask):
    scores[~mask] = -np.inf
    return kept_softmax(scores, mask)


@wrong("masked_softmax", "the weights of a row sum to 1")
def not_normalized(scores, mask):
    return np.exp(scores) * mask


@wrong("masked_softmax", "infinity in the dropped entries", "0 * NaN")
def only_nan_removed_from_scores(scores, mask):
    s = np.where(np.isnan(scores), 0, scores) * mask + np.where(mask, 0, -np.inf)
    return kept_softmax(s, mask | np.isnan(s))
