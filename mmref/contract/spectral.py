"""The contract of spectral normalization, in one place for all three wings."""

import math
from collections.abc import Callable

from mmref.contract.arrays import check_floats, check_shape, check_some, own_dtype
from mmref.contract.settings import check_count
from mmref.types import DType, Tensor


def check_matrix(
    weight: Tensor,
    axis: int,
    steps: int = 1,
    kind: type | None = None,
    dtype_of: Callable[[Tensor], DType] = own_dtype,
    **vectors: Tensor,
) -> None:
    """Raise unless ``weight`` has two axes or more, and the vectors start, left and right fit it.

    start and left have the length of ``axis``, right that of all other axes together; all have
    the weight's dtype.
    """
    check_floats("weight", weight, kind)
    check_shape("weight", weight, "O", "I", "...")
    check_some("weight", weight, "number")
    shape = tuple(weight.shape)
    if isinstance(axis, bool) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis: expected an axis of {shape}, got {axis!r}")
    check_count("steps", steps)
    for name, vector in vectors.items():
        check_floats(name, vector, kind, dtype_of(weight), "weight")
        length = math.prod(shape) // shape[axis] if name == "right" else shape[axis]
        check_shape(name, vector, length)
