"""What exercises on contrastive losses share."""

import numpy as np

from mmref.check.exercise import case, times

COLD = "exp(1000) overflows: what can be subtracted from a row of scores?"
COSINE = "A cosine does not depend on the lengths of the two vectors."


def unit(x):
    """The rows at length 1."""
    lengths = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return x / np.where(lengths == 0, 1, lengths)


def apart(x):
    """Rows of very different lengths."""
    return (x.T * np.resize([0.01, 1, 300], len(x))).T


LENGTHS = case("vectors of other lengths", COSINE, {"images": times(50), "texts": apart})
