"""What exercises on a softmax share, masked or not."""

import numpy as np

from mmref.reference.softmax import masked_softmax as softmax

RENORMALIZE = "The kept weights no longer sum to 1: what is dropped must not count in the total."
USE_MASK = "The mask has no effect yet: what is dropped gets the weight 0."
INVERTED = "In the mask, True means keep."
STAND_IN = "However low a number stands in for a dropped score, a kept one can be lower still."
COUNTS = "A score of 0 still counts, since exp(0) = 1. What score would count for nothing?"


def total(x, axis=-1):
    return x.sum(axis=axis, keepdims=True)


def mask_mistakes(made):
    """The mistakes that one makes with a mask; ``made`` makes an answer of another softmax."""
    return (
        (USE_MASK, made(lambda s, keep: softmax(s))),
        (INVERTED, made(lambda s, keep: softmax(s, ~keep))),
        (RENORMALIZE, made(lambda s, keep: softmax(s) * keep)),
        (COUNTS, made(lambda s, keep: softmax(s * keep))),
        (STAND_IN, made(lambda s, keep: softmax(np.where(keep, s, -1e9)) * keep)),
    )
