"""The contract of penalties on a critic's slope, in one place for all three wings."""

from collections.abc import Callable

from mmref.contract.arrays import alike, check_floats, own_dtype
from mmref.errors import ShapeError
from mmref.types import DType, Tensor


def check_interpolation(
    real: Tensor,
    fake: Tensor | None = None,
    mix: Tensor | None = None,
    kind: type | None = None,
    dtype_of: Callable[[Tensor], DType] = own_dtype,
) -> None:
    """Raise unless ``real`` and ``fake`` are floats (B, ...) of one shape, and ``mix`` (B,).

    All are of one dtype.

    >>> import numpy as np
    >>> check_interpolation(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((4, 1)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: mix: expected (4,), one number for each example, got (4, 1)
    """
    check_floats("real", real, kind)
    shape = tuple(real.shape)
    if len(shape) < 2 or 0 in shape:
        raise ShapeError("real", "(B, ...) with at least one number in each example", shape)
    if fake is not None:
        check_floats("fake", fake, kind, dtype_of(real), "real")
        if not alike(shape, tuple(fake.shape)):
            raise ShapeError("fake", f"{shape} as real", tuple(fake.shape))
    if mix is not None:
        check_floats("mix", mix, kind, dtype_of(real), "real")
        if not alike(shape[:1], tuple(mix.shape)):
            raise ShapeError("mix", f"({shape[0]},), one number for each example", tuple(mix.shape))


def check_scores_of_critic(scores: Tensor, batch: int | None) -> None:
    """Raise unless a critic gave one number for each example, (B,) or (B, 1)."""
    shape = tuple(scores.shape)
    if len(shape) not in (1, 2) or not alike((batch, 1)[: len(shape)], shape):
        raise ShapeError("critic(x)", f"({batch},) or ({batch}, 1)", shape)
