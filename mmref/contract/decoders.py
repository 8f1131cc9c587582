"""What decoders ask, in one place for both frameworks."""

from mmref.contract.arrays import check_floats, check_shape
from mmref.types import DType, Tensor


def check_code(
    code: Tensor, width: int, kind: type | None = None, dtype: DType | None = None
) -> None:
    """Raise unless ``code`` holds floats (B, width)."""
    check_floats("code", code, kind, dtype)
    check_shape("code", code, "B", width)
