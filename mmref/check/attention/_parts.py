"""Inputs that are hard for attention, and what to think about there."""

import numpy as np

OVERFLOW = (
    "Large scores overflow in exp, and clipping them changes the weights. What can be subtracted "
    "from all of them that does not?"
)
UNDERFLOW = "exp(-1000) is 0, and 0 / 0 is NaN. Which shift makes one of the exponents 0?"
OWN_SHIFT = "Queries lie far apart here: one shift for all of them leaves nothing of some."
STAND_IN = "However low a number stands in for a dropped score, a kept one can be lower still."
BATCH = "The leading axes stay, however many there are."
SHAPES = (
    "Do the shapes fit? Queries and keys share their last axis, keys and values the one before."
)
TOP = "The largest score is one that does not count: shift by the largest of those that do."


def turned(array):
    return np.swapaxes(array, -1, -2)


def lift(by, queries, *keys):
    """Let scores lie near 1000 times ``by``: one number for all queries, or one for each."""
    queries[..., 0] = 1000 * queries.shape[-1] ** 0.5 * np.array(by)
    for array in keys:
        array[..., 0] = 1


def sink(queries, *keys):
    """Let scores lie near -1e10, so far apart that rounding such numbers does not show."""
    queries *= 1e4
    lift(-1e7, queries, *keys)


def first(*args):
    """The first sequence alone, without the axis of the batch."""
    return tuple(array[0] for array in args)


def paired(*args):
    """A second leading axis, as heads have it: each sequence beside another one."""
    return tuple(np.stack([array, array[::-1]], axis=1) for array in args)


# Edits of queries, keys, values and mask.


def lifted(*by):
    return lambda q, k, v, mask: lift(by, q, k)


def topped(q, k, v, mask):
    """The largest score belongs to a key that no query keeps."""
    lift(1, q, k)
    k[..., 0], k[..., 1, 0], mask[..., 1] = -1, 1, False


def emptied(q, k, v, mask):
    """A query that keeps nothing."""
    mask[1, 1] = False


def hidden(index, value):
    """What no query keeps holds a value that is no number: index 1 a key, 2 a value."""

    def edit(*args):
        args[3][..., 4] = False
        args[index][..., 4, :] = value

    return edit


def padded(q, k, v, mask):
    """The second sequence is shorter, and its padding holds NaN."""
    mask[0], mask[1, :, 3:], v[1, 3:] = True, False, np.nan


def kept(q, k, v, mask):
    """A value that every query of its sequence keeps holds NaN."""
    mask[0], v[0, 4] = True, np.nan
