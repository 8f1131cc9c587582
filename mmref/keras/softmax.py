"""Softmax over the entries that a mask keeps."""

import keras
import ml_dtypes
from keras import ops

from mmref.contract.softmax import check_scores
from mmref.types import Tensor


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """Softmax over the last axis of ``scores`` (..., N), restricted to the kept entries.

    ``mask`` is boolean, broadcastable, True = keep. A row that keeps nothing, or nothing but
    ``-inf``, gives zeros.

    Errors: TypeError if they are no arrays. ShapeError if scores are not floats, or mask is not
    boolean or does not broadcast to them.

    >>> ops.convert_to_numpy(masked_softmax(ops.array([0.0, 9.0]), ops.array([True, False])))
    array([1., 0.], dtype=float32)
    """
    check_scores(scores, mask)
    keep = ops.not_equal(scores, -float("inf"))  # exp(-inf) = 0: kept or not, it counts for nothing
    if mask is not None:
        keep = ops.logical_and(keep, mask)
    # A finite stand-in for -inf: a row without scores stays finite, forward and backward.
    low = ml_dtypes.finfo(keras.backend.standardize_dtype(scores.dtype)).min
    # Through logarithms, whose gradient TensorFlow rounds less than that of ``ops.softmax``.
    p = ops.exp(ops.log_softmax(ops.where(keep, scores, ops.full_like(scores, low))))
    return ops.where(keep, p, ops.zeros_like(p))


def softmax(scores: Tensor, axis: int = -1) -> Tensor:
    """Softmax over an axis."""
    if scores.shape[axis] == 1:  # of this, a single modality, ``ops.softmax`` warns
        return ops.exp(ops.log_softmax(scores, axis=axis))
    return ops.softmax(scores, axis=axis)
