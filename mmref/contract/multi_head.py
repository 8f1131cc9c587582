"""What multi-head attention takes, in one place for all three wings.

Queries, keys and values are (B, T, D), cut into K heads: (B, K, T, D / K).
"""

from collections.abc import Callable, Sequence

from mmref.contract.arrays import (
    check_array,
    check_floats,
    check_shape,
    check_some,
    own_dtype,
)
from mmref.contract.attention import check_attention_mask, check_sequence, check_together
from mmref.contract.settings import check_counts, check_kind
from mmref.errors import ShapeError
from mmref.types import DType, Tensor


def check_multi_head(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    widths: Sequence[int],
    heads: int,
    mask: Tensor | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
    dtype_of: Callable = own_dtype,
) -> None:
    """Raise unless queries, keys and values are (B, T, D) of these widths, and ``mask`` is one of
    scores (B, Tq, Tk), the same for all heads, or (B, K, Tq, Tk)."""
    check_sequence("queries", queries, widths[0], kind, dtype, batched=True)
    if keys is not queries or widths[1] != widths[0]:
        check_sequence("keys", keys, widths[1], kind, dtype, batched=True)
    if values is not keys or widths[2] != widths[1]:
        check_sequence("values", values, widths[2], kind, dtype, batched=True)
    check_together(queries, keys, values, same_width=False, dtype_of=dtype_of)
    if mask is None:
        return
    check_array("mask", mask, kind)
    by_head = (heads,) if len(mask.shape) > 3 else ()
    scores = (queries.shape[0], *by_head, queries.shape[1], keys.shape[1])
    check_attention_mask(mask, scores, kind)


def check_new_steps(
    name: str,
    array: Tensor,
    width: int | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``array`` holds floats (B, T, D), at least one step."""
    check_sequence(name, array, width, kind, dtype, batched=True)
    check_some(name, array, "step", 1)


def check_cache(
    cache: Sequence[Tensor], batch: int | None, heads: int, width: int, kind: type | None = None
) -> None:
    """Raise unless ``cache`` is a pair of floats (B, K, past, D / K) of the same shape."""
    check_kind("cache", cache, (list, tuple), "a pair (keys, values)")
    if len(cache) != 2:
        raise ShapeError("cache", "a pair (keys, values)", f"{len(cache)} of them")
    past = "past"
    for name, array in zip(("cache[0]", "cache[1]"), cache, strict=True):
        check_floats(name, array, kind)
        check_shape(name, array, batch, heads, past, width)
        past = array.shape[2]


def check_heads(dim: int, heads: int) -> None:
    """Raise unless ``heads`` divides ``dim``.

    >>> check_heads(10, 3)
    Traceback (most recent call last):
        ...
    ValueError: heads: expected a divisor of dim = 10, got 3
    """
    check_counts(dim=dim, heads=heads)
    if dim % heads:
        raise ValueError(f"heads: expected a divisor of dim = {dim}, got {heads}")


def check_split(x: Tensor, heads: int, kind: type | None = None) -> None:
    """Raise unless ``x`` is floats (B, T, D), and ``heads`` divides D."""
    check_sequence("x", x, kind=kind, batched=True)
    check_heads(x.shape[-1], heads)


def check_merge(x: Tensor, kind: type | None = None) -> None:
    """Raise unless ``x`` is floats (B, K, T, D / K), at least one head of at least one feature.

    >>> import numpy as np
    >>> check_merge(np.ones((2, 5, 6)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: x: expected (B, K, T, D / K), got (2, 5, 6)
    """
    check_floats("x", x, kind)
    check_shape("x", x, "B", "K", "T", "D / K")
    check_some("x", x, "head", 1)
    check_some("x", x, "feature", 3)
