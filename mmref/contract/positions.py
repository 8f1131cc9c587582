"""What positions ask of their arguments, in one place for all three wings."""

from mmref.contract.settings import check_count, check_counts, check_scale
from mmref.errors import ShapeError


def check_positions(length: int, dim: int, base: float) -> None:
    """Raise unless ``length`` is a count, zero included, ``dim`` an even one, ``base`` positive."""
    check_count("length", length, 0)
    check_counts(dim=dim)
    if dim % 2:
        raise ShapeError("dim", "an even number, a sine and a cosine each", dim)
    check_scale(base=base)
