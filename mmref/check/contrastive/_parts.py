"""What exercises on contrastive losses share."""

import numpy as np


def unit(x):
    """The rows at length 1."""
    lengths = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return x / np.where(lengths == 0, 1, lengths)


def apart(x):
    """Rows of very different lengths."""
    return (x.T * np.resize([0.01, 1, 300], len(x))).T
