"""What positions ask of their arguments, in one place for all three wings."""

from mmref.contract.settings import check_counts, check_length, check_scale
from mmref.types import DType


def check_positions(length: int, dim: int, base: float, dtype: DType = "float64") -> None:
    """Raise unless ``length`` is a count, zero included, ``dim`` an even one, ``base`` positive.

    dtype: one of floats.
    """
    check_length("length", length, 0)
    check_counts(dim=dim)
    if dim % 2:
        raise ValueError(f"dim: expected an even number, a sine and a cosine each, got {dim}")
    check_scale(base=base)
    if "float" not in str(dtype):
        raise ValueError(f"dtype: expected one of floating-point numbers, got {dtype!r}")
