"""What the data asks of its arrays, beside what the layers do: NumPy's alone, values too."""

import math
import os
import re
from typing import Any

import numpy as np

from mmref.contract.arrays import check_each, check_integers, check_range, check_shape
from mmref.contract.settings import is_number
from mmref.errors import ShapeError
from mmref.types import Array

# A number as a text. Stricter than float(), which reads "1_000" and "infinity", too.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def to_array(name: str, values: Any) -> Array:
    """An array, or rows of equal lengths as one; raises for anything ragged.

    >>> to_array("ids", [[1], [1, 2]])
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: ids: expected an array, or rows of equal lengths, got ragged ones
    """
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected an array, got a MaskedArray: its mask would be lost")
    try:
        return np.asarray(values)
    except ValueError:
        raise ShapeError(name, "an array, or rows of equal lengths", "ragged ones") from None


def check_numbers_or_booleans(name: str, array: Array) -> None:
    """Raise unless ``array`` holds real numbers or booleans."""
    if array.dtype.kind not in "biuf":
        raise ShapeError(name, "numbers or booleans", array.dtype)


def check_labels(name: str, labels: Array, rows: int, other: str) -> None:
    """Raise unless ``labels`` are integers from 0, one for each of the rows of ``other``.

    >>> check_labels("labels", np.array([0, -1]), 2, "real")
    Traceback (most recent call last):
        ...
    ValueError: labels: expected 0 or more, got -1
    """
    if labels.shape != (rows,) or labels.dtype.kind not in "iu":
        got = f"{labels.dtype} {labels.shape}"
        raise ShapeError(name, f"integers ({rows},), one for each of {other}", got)
    check_each(name, labels, "0 or more", labels >= 0)


def is_absent(value: Any) -> bool:
    """Whether a cell is empty: no text, None, not-a-number, or what pandas has for it.

    >>> [is_absent(value) for value in ("", " ", None, float("nan"), 0, "0")]
    [True, True, True, True, False, False]
    """
    if isinstance(value, str):
        return not value.strip()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return is_number(value) and math.isnan(value)


def row_numbers(name: str, rows: Any, count: int) -> Array:
    """Rows of ``count`` as their numbers (R,): integers, or a boolean for each of them.

    >>> row_numbers("rows", [True, False, True], 3), row_numbers("rows", [], 3)
    (array([0, 2]), array([], dtype=int64))
    """
    rows = to_array(name, rows)
    if rows.dtype == bool:
        check_shape(name, rows, count)
        return np.flatnonzero(rows)
    if rows.shape == (0,):  # an empty list is of floats
        return rows.astype(np.int64)
    check_integers(name, rows, "R")
    check_range(name, rows.min(), rows.max(), count)
    return rows


def check_memory(name: str, count: int, each: int) -> None:
    """Raise unless ``count`` things of ``each`` bytes fit into the memory of this machine.

    >>> check_memory("n", 10**15, 3072)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: n: expected at most ..., got 1000000000000000, which need ... bytes
    """
    memory = _memory()
    if count * each > memory:
        raise ValueError(
            f"{name}: expected at most {memory // each}, as this machine has {memory:,} bytes of "
            f"memory, got {count}, which need {count * each:,} bytes"
        )


def _memory():
    """In bytes. Where a system does not tell, more than any machine has."""
    known = getattr(os, "sysconf_names", {})
    if not {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= known.keys():
        return 1 << 50
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
