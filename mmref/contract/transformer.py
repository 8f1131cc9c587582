"""What the parts of a Transformer take, in one place for all three wings.

The block itself asks what ``mmref.contract.attention`` does.
"""

from mmref.contract.arrays import check_floats, check_shape, check_some
from mmref.types import DType, Tensor


def check_vectors(
    name: str,
    array: Tensor,
    width: int | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``array`` holds floats (..., D), at least one of them a vector."""
    check_floats(name, array, kind, dtype)
    check_shape(name, array, "...", "D" if width is None else width)
    check_some(name, array, "feature", -1)
