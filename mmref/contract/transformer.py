"""What the parts of a Transformer take, in one place for all three wings.

The block itself asks what ``mmref.contract.attention`` does.
"""

from mmref.contract.arrays import check_floats
from mmref.errors import ShapeError
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
    shape = tuple(array.shape)
    if not shape or (width is not None and shape[-1] not in (width, None)):
        raise ShapeError(name, f"(..., {'D' if width is None else width})", shape)
    if shape[-1] == 0:
        raise ShapeError(name, "at least one feature", shape)
