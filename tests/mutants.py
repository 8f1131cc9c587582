"""How a plausible mistake in an implementation is caught: the comparison no longer agrees."""

import numpy as np

from mmref.concordance import compare


def is_caught(formula, dtype="float64"):
    """Whether a formula with a mistake in its PyTorch layer or in its gradient fails."""
    with np.errstate(all="ignore"):
        return not all(row.ok for row in compare(formula, "torch", dtype))
