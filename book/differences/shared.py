"""What the programs share; the page shows it before the first of them."""

import numpy as np


def draw(*shapes, seed=0):
    """Normal random arrays in float32, the same at every call."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def rounded(values, digits=4):
    """A tensor or array as plain numbers that print the same on every machine."""
    if hasattr(values, "detach"):  # a PyTorch tensor, perhaps with a gradient
        values = values.detach()
    return (np.round(np.asarray(values, dtype="float64"), digits) + 0.0).tolist()
