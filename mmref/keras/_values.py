"""Looking at a tensor's numbers, where there are any to look at."""

from keras import ops

from mmref.contract.arrays import check_range
from mmref.types import Array, Tensor


def values(tensor: Tensor) -> Array | None:
    """The tensor in NumPy; None where it has no numbers, in compiled code."""
    has_numbers = hasattr(tensor, "numpy") and not getattr(tensor, "is_meta", False)
    return ops.convert_to_numpy(tensor) if has_numbers else None


def check_indices(name: str, ids: Tensor, count: int) -> None:
    """Raise unless ``ids`` are from 0 to ``count`` - 1; compiled code does not look."""
    numbers = values(ids)
    if numbers is not None and numbers.size:
        check_range(name, numbers.min(), numbers.max(), count)
