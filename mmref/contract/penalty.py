"""The contract of penalties on a critic's slope, in one place for all three wings."""

from collections.abc import Callable

from mmref.contract.arrays import (
    alike,
    check_each,
    check_floats,
    check_shape,
    check_some,
    own_dtype,
)
from mmref.errors import ShapeError
from mmref.types import Array, DType, Tensor


def check_examples(real: Tensor, kind: type | None = None) -> None:
    """Raise unless ``real`` are floats (B, ...), with a number for each example."""
    check_floats("real", real, kind)
    check_shape("real", real, "B", "D", "...")
    check_some("real", real, "number")


def check_interpolation(
    real: Tensor,
    fake: Tensor,
    mix: Tensor,
    kind: type | None = None,
    dtype_of: Callable[[Tensor], DType] = own_dtype,
    shares: Array | None = None,
) -> None:
    """Raise unless ``real`` and ``fake`` are floats (B, ...) of one shape, and ``mix`` (B,).

    All are of one dtype. shares: ``mix`` in NumPy, which must be in [0, 1]; None where there are
    no numbers to look at.

    >>> import numpy as np
    >>> check_interpolation(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((4, 1)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: mix: expected (4,), got (4, 1)
    """
    check_examples(real, kind)
    check_floats("fake", fake, kind, dtype_of(real), "real")
    shape = tuple(real.shape)
    if not alike(shape, tuple(fake.shape)):
        raise ShapeError("fake", f"{shape} as real", tuple(fake.shape))
    check_floats("mix", mix, kind, dtype_of(real), "real")
    check_shape("mix", mix, shape[0])
    if shares is not None:
        check_each("mix", shares, "numbers in [0, 1]", (shares >= 0) & (shares <= 1))


def check_scores_of_critic(
    name: str, scores: Tensor, batch: int | None, kind: type | None = None
) -> None:
    """Raise unless a critic gave one number for each example, (B,) or (B, 1).

    >>> import numpy as np
    >>> check_scores_of_critic("critic(x)", np.zeros((5, 2)), 5)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: critic(x): expected (5,) or (5, 1), got (5, 2)
    """
    check_floats(name, scores, kind)
    shape = tuple(scores.shape)
    if len(shape) not in (1, 2) or not alike((batch, 1)[: len(shape)], shape):
        n = "B" if batch is None else batch
        raise ShapeError(name, f"({n},) or ({n}, 1)", shape)
