"""What exercises on a softmax share, masked or not."""

import numpy as np

from mmref.check.exercise import case, plus
from mmref.reference.softmax import masked_softmax as softmax

RENORMALIZE = "The kept weights no longer sum to 1: what is dropped must not count in the total."
USE_MASK = "The mask has no effect yet: what is dropped gets the weight 0."
INVERTED = "In the mask, True means keep."
STAND_IN = "However low a number stands in for a dropped score, a kept one can be lower still."
COUNTS = "A score of 0 still counts, since exp(0) = 1. What score would count for nothing?"


def apart(array):
    """Rows far from each other; of one row alone, its numbers."""
    return (array.T + np.resize([1000, 0, -1000], len(array))).T


def extremes(what, large, small, both):
    """Cases of edits that make what goes into a softmax large, small, or now this and now that."""
    return (
        case(f"{what} of 1000 and more", "exp(1000) overflows, and clipping changes the weights. "
             "What can be subtracted from all of them without changing their softmax?", large),
        case(f"{what} of -1000 and less", "exp(-1000) is 0, and 0 / 0 is NaN. Which shift makes "
             "one of the exponents 0?", small),
        case(f"{what} of 1000, 0 and -1000, far apart", "Each softmax has a shift of its own: one "
             "for all of them leaves nothing of some.", both),
    )  # fmt: skip


def shifted(what, *names):
    """The same for some arguments, by a number that is added."""
    return extremes(what, *(dict.fromkeys(names, by) for by in (plus(1000), plus(-1000), apart)))


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
