"""Softmax over the entries that a mask keeps."""

import numpy as np

from mmref.contract.softmax import check_scores
from mmref.reference._shared import expect
from mmref.types import Array


def masked_softmax(scores: Array, mask: Array | None = None) -> Array:
    """Softmax over the last axis, restricted to the kept entries.

    Formula
        p_j = mask_j exp(s_j) / sum_k mask_k exp(s_k);  p = 0 where the mask keeps nothing, and
        where it keeps nothing but scores of minus infinity, since exp(-inf) = 0.

    Args
        scores: (..., N) float.
        mask: boolean, broadcastable to scores' shape, True = keep; None keeps all.
            What a dropped score holds, NaN included, has no effect.

    Returns
        (..., N), each row summing to 1, or to 0 where nothing is kept; NaN throughout a row
        that keeps NaN or plus infinity.

    Errors
        ShapeError: scores are not floats; mask is not boolean or does not broadcast to them.

    >>> masked_softmax(np.array([0.0, np.log(3.0), 99.0]), np.array([True, True, False]))
    array([0.25, 0.75, 0.  ])
    """
    scores, keep = _inputs(scores, mask)
    kept = np.where(keep, scores, -np.inf)  # (..., N)
    # Subtracting the row's maximum leaves p unchanged and keeps exp from overflowing.
    top = kept.max(axis=-1, keepdims=True)
    e = np.exp(kept - np.where(top == -np.inf, 0, top))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def masked_softmax_gradient(grad: Array, scores: Array, mask: Array | None = None) -> tuple[Array]:
    """Gradient of a loss with respect to the scores.

    Formula
        ds_j = p_j (g_j - sum_k g_k p_k), the softmax Jacobian diag(p) - p p^T applied to g.

    Args
        grad: (..., N), gradient with respect to the output.
        scores, mask: as in :func:`masked_softmax`.

    Returns
        A tuple of one array (..., N); dropped entries get 0.

    >>> masked_softmax_gradient(np.array([1.0, 0.0]), np.array([0.0, 0.0]))
    (array([ 0.25, -0.25]),)
    """
    scores, keep = _inputs(scores, mask)
    expect("grad", grad, scores.shape)
    p = masked_softmax(scores, mask)
    g = np.where(keep, grad, 0)
    return (p * (g - (g * p).sum(axis=-1, keepdims=True)),)


def _inputs(scores, mask):
    """Checked scores, and which of them are kept."""
    scores = np.asarray(scores)
    mask = np.asarray(True if mask is None else mask)
    check_scores(scores, mask)
    return scores, np.broadcast_to(mask, scores.shape)
