"""What adapters of low rank ask of their arguments, in one place for all three wings."""

from mmref.contract.arrays import check_floats, check_shape, check_some
from mmref.contract.settings import check_counts, check_scale
from mmref.types import DType, Tensor


def check_factors(
    weight: Tensor, down: Tensor, up: Tensor, alpha: float, kind: type | None = None
) -> None:
    """Raise unless these are floats W (O, D), A (R, D), B (O, R), and ``alpha`` is positive.

    >>> import numpy as np
    >>> check_factors(np.ones((4, 3)), np.ones((2, 3)), np.ones((4, 1)), 1.0)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: up: expected (O, R) = (4, 2), got (4, 1)
    """
    check_floats("weight", weight, kind)
    check_shape("weight", weight, "O", "D")
    check_floats("down", down, kind, weight.dtype, "in weight")
    check_shape("down", down, R=down.shape[0] if len(down.shape) else None, D=weight.shape[1])
    check_some("down", down, "row", 0)
    check_floats("up", up, kind, weight.dtype, "in weight")
    check_shape("up", up, O=weight.shape[0], R=down.shape[0])
    check_scale(alpha=alpha)


def check_adapted(
    x: Tensor, inside: int, kind: type | None = None, dtype: DType | None = None
) -> None:
    """Raise unless ``x`` is floats (..., D).

    >>> import numpy as np
    >>> check_adapted(np.ones((5, 2)), 3)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: x: expected (..., 3), got (5, 2)
    """
    check_floats("x", x, kind, dtype, "in weight")
    check_shape("x", x, "...", inside)


def check_rank(rank: int, alpha: float | None) -> float:
    """The alpha of an adapter, that of its rank where none is given; raises unless ``rank`` is a
    count and ``alpha`` positive.

    >>> check_rank(8, None)
    8.0
    """
    check_counts(rank=rank)
    if alpha is None:
        return float(rank)
    check_scale(alpha=alpha)
    return float(alpha)
