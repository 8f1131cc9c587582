"""Inputs that are hard for attention, and what to think about there."""

import numpy as np

from mmref.check.exercise import case, put
from mmref.check.softmax._parts import STAND_IN, extremes

BATCH = "The leading axes stay, however many there are."
SHAPES = (
    "Do the shapes fit? Queries and keys share their last axis, keys and values the one before."
)
TOP = "The largest score is one that does not count: shift by the largest of those that do."
BAD_VALUE = "0 * NaN is NaN: what no query keeps has to be replaced before it is used."


def turned(array):
    return np.swapaxes(array, -1, -2)


def lifted(*by, times=1, keys=("keys",)):
    """Scores near 1000 times ``by``: one number for all queries, or one for each."""

    def lift(queries):
        return put(np.s_[..., 0], 1000 * queries.shape[-1] ** 0.5 * np.array(by))(times * queries)

    return {"queries": lift, **dict.fromkeys(keys, put(np.s_[..., 0], 1))}


def far(*keys):
    """Cases of large and small scores; ``keys``: the names of the arguments with all keys."""
    return extremes("scores", *(lifted(*by, keys=keys) for by in ([1], [-1], [1, 0, -1])))


def low(*keys):
    """Scores so far apart that rounding such numbers does not show."""
    return case("scores near -1e10", STAND_IN, lifted(-1e7, times=1e4, keys=keys))


def first(*args):
    """The first sequence alone, without the axis of the batch."""
    return tuple(array[0] for array in args)


def paired(*args):
    """A second leading axis, as heads have it: each sequence beside another one."""
    return tuple(np.stack([array, array[::-1]], axis=1) for array in args)


# Edits of queries, keys, values and mask.


def topped(q, k, v, mask):
    """The largest score belongs to a key that no query keeps."""
    k[..., 0], k[..., 1, 0], mask[..., 1] = -1, 1, False
    return lifted(1)["queries"](q), k, v, mask


def hidden(name, value):
    """What no query keeps holds a value that is no number."""
    return {"mask": put(np.s_[..., 4], False), name: put(np.s_[..., 4, :], value)}


def padded(q, k, v, mask):
    """The second sequence is shorter, and its padding holds NaN."""
    mask[0], mask[1, :, 3:], v[1, 3:] = True, False, np.nan


NO_NUMBERS = (
    case("NaN in a key that no query keeps", "A dropped score may be no number: select.",
         hidden("keys", np.nan)),
    case("NaN in a value that no query keeps", BAD_VALUE, hidden("values", np.nan)),
    case("infinity in a value that no query keeps", BAD_VALUE, hidden("values", np.inf)),
    case("NaN in the padding of one sequence", "Whether a value is kept is asked of each "
         "sequence: another one may keep that step.", padded),
    case("NaN in a value that every query keeps", "A NaN that is kept must not vanish: clear what "
         "the mask drops, not what is no number.",
         {"mask": put(0, True), "values": put((0, 4), np.nan)}),
)  # fmt: skip
