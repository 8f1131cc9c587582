"""Looking at a tensor's numbers, where there are any to look at."""

import sys

import keras
import numpy as np
from keras import ops

from mmref.contract.arrays import check_range
from mmref.types import Array, Tensor


def values(tensor: Tensor) -> Array | None:
    """The tensor in NumPy; None in compiled code, and where Keras passes shapes alone."""
    if isinstance(tensor, np.ndarray):
        return tensor
    if keras.backend.backend() == "jax":
        jax = sys.modules["jax"]
        there = isinstance(tensor, jax.Array) and not isinstance(tensor, jax.core.Tracer)
    else:
        there = hasattr(tensor, "numpy") and not getattr(tensor, "is_meta", False)
    return ops.convert_to_numpy(tensor) if there else None


def as_tensor(array: Tensor) -> Tensor:
    """NumPy's array as the backend's tensor of its dtype, a tensor as it is.

    Some functions of Keras make float32 of NumPy's float64, others keep it.
    """
    return ops.convert_to_tensor(array) if isinstance(array, np.ndarray) else array


def check_indices(
    name: str, indices: Tensor, count: int, setting: str, mask: Tensor | None = None
) -> None:
    """Raise unless all that ``mask`` keeps are from 0 to ``count`` - 1, which is the ``setting``.

    Compiled code does not look. Backends differ: of an index out of range one makes an error,
    another NaN without a word.
    """
    found, kept = values(indices), None if mask is None else values(mask)
    if found is None or (mask is not None and kept is None):
        return
    found = found if kept is None else np.where(kept, found, 0)
    if found.size:
        check_range(name, int(found.min()), int(found.max()), count, setting)
