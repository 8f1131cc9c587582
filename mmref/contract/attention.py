"""What every attention takes, in one place for all three wings.

Queries are (..., Tq, D), keys (..., Tk, D), values (..., Tk, D_v); the leading axes are the same in
all three. A mask is boolean, True = keep, and has the axes of the scores (..., Tq, Tk), each in
full or 1: (B, 1, Tk) is padding, (1, Tq, Tk) the same for all examples. One with fewer axes begins
with a 1: padding (B, Tk) would pass for (Tq, Tk) in a batch of as many examples as queries, and a
mask for all examples (Tq, Tk) cannot be told from it there.
"""

from collections.abc import Callable

from mmref.contract.arrays import (
    check_array,
    check_floats,
    check_mask,
    check_shape,
    check_some,
    own_dtype,
)
from mmref.contract.settings import check_number
from mmref.errors import ShapeError
from mmref.types import DType, Shape, Tensor


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
    if values is not None:
        check_sequence("values", values, kind=kind)
    check_together(queries, keys, values, same_width, dtype_of)
    if mask is not None:
        check_attention_mask(mask, (*queries.shape[:-1], keys.shape[-2]), kind)


def check_together(
    queries: Tensor,
    keys: Tensor,
    values: Tensor | None = None,
    same_width: bool = True,
    dtype_of: Callable = own_dtype,
) -> None:
    """Raise unless these sequences, each of them right by itself, fit together."""
    check_some("keys", keys, "step", -2)
    if keys is not queries:
        check_floats("keys", keys, dtype=dtype_of(queries), like="the queries")
        *leading, _, width = queries.shape
        check_shape("keys", keys, *leading, "Tk", width if same_width else "D")
    if values is not None and values is not keys:
        check_floats("values", values, dtype=dtype_of(queries), like="the queries")
        check_shape("values", values, *keys.shape[:-1], "D_v")


def check_attention_mask(mask: Tensor, scores: Shape, kind: type | None = None) -> None:
    """Raise unless ``mask`` is boolean and has the axes of ``scores`` (..., Tq, Tk), or 1 for them.

    >>> import numpy as np
    >>> check_attention_mask(np.ones((4, 5), bool), (4, 4, 5))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: mask: expected as many axes as the scores (4, 4, 5), such as \
(1, 4, 5) for all examples or (4, 1, 5) for padding, got (4, 5)
    """
    check_array("mask", mask, kind)
    given = tuple(mask.shape)
    if len(given) < len(scores) and given[:1] not in ((), (1,)):
        *batch, queries, keys = scores
        one, padding = (*(1 for _ in batch), queries, keys), (*batch, 1, keys)
        allowed = f"such as {one} for all examples or {padding} for padding"
        raise ShapeError("mask", f"as many axes as the scores {scores}, {allowed}", given)
    check_mask(mask, scores, kind)
