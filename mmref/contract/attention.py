"""What every attention takes, in one place for all three wings.

Queries are (..., Tq, D), keys (..., Tk, D), values (..., Tk, D_v); the leading axes are the same in
all three. A mask is boolean, True = keep, and broadcasts to (..., Tq, Tk).
"""

from collections.abc import Callable

from mmref.contract.arrays import check_floats, check_mask, check_shape, check_some, own_dtype
from mmref.contract.settings import check_number
from mmref.types import DType, Tensor


def check_sequence(
    name: str,
    array: Tensor,
    width: int | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
    batched: bool = False,
) -> None:
    """Raise unless ``array`` holds floats (..., T, D), at least one of them a step.

    width: D, where a layer knows it. batched: exactly (B, T, D).

    >>> import numpy as np
    >>> check_sequence("keys", np.ones((2, 5, 3)), width=4)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: keys: expected (..., T, 4), got (2, 5, 3)
    """
    check_floats(name, array, kind, dtype)
    check_shape(name, array, "B" if batched else "...", "T", "D" if width is None else width)
    check_some(name, array, "feature", -1)


def check_factor(scale: object) -> None:
    """Raise unless ``scale``, by which scores are multiplied, is None or a finite number.

    >>> check_factor(float("nan"))
    Traceback (most recent call last):
        ...
    ValueError: scale: expected a finite number, got nan
    """
    if scale is not None:
        check_number("scale", scale)


def check_attention(
    queries: Tensor,
    keys: Tensor,
    values: Tensor | None = None,
    mask: Tensor | None = None,
    kind: type | None = None,
    same_width: bool = True,
    dtype_of: Callable = own_dtype,
) -> None:
    """Raise unless the four fit together. ``same_width``: queries and keys are multiplied.

    >>> import numpy as np
    >>> check_attention(np.ones((2, 4, 3)), np.ones((2, 0, 3)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: keys: expected at least one step, got (2, 0, 3)
    """
    check_sequence("queries", queries, kind=kind)
    check_sequence("keys", keys, kind=kind)
    check_floats("keys", keys, kind, dtype_of(queries), "the queries")
    *leading, steps, width = queries.shape
    check_shape("keys", keys, *leading, "Tk", width if same_width else "D")
    check_some("keys", keys, "step", -2)
    if values is not None:
        check_sequence("values", values, kind=kind)
        check_floats("values", values, kind, dtype_of(queries), "the queries")
        check_shape("values", values, *keys.shape[:-1], "D_v")
    if mask is not None:
        check_mask(mask, (*leading, steps, keys.shape[-2]), kind)
