"""What stands in a tensor, where there is something to see."""

import sys

import keras
import numpy as np
from keras import ops

from mmref.contract.arrays import check_range
from mmref.types import Array, Tensor


def numbers(tensor: Tensor) -> Array | None:
    """The tensor in NumPy; None in compiled code, and where Keras passes shapes alone."""
    if isinstance(tensor, np.ndarray):
        return tensor
    if keras.backend.backend() == "jax":
        jax = sys.modules["jax"]
        there = isinstance(tensor, jax.Array) and not isinstance(tensor, jax.core.Tracer)
    else:
        there = hasattr(tensor, "numpy") and not getattr(tensor, "is_meta", False)
    return ops.convert_to_numpy(tensor) if there else None


def check_indices(name: str, indices: Tensor, count: int) -> None:
    """Raise unless all are from 0 to ``count`` - 1, where there are numbers to look at.

    Backends differ: of an index out of range one makes an error, another NaN without a word.
    """
    found = numbers(indices)
    if found is not None and found.size:
        check_range(name, int(found.min()), int(found.max()), count)
