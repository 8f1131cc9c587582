"""What several families of the reference share: reading arguments, and the logistic function."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmref.contract.arrays import check_array, check_floats, check_numbers, check_shape
from mmref.errors import ShapeError
from mmref.types import Array, Shape


def as_array(name: str, given: Any) -> Array:
    """``given`` as an array. None is none, though NumPy would make one of it."""
    if given is None:
        check_array(name, given)
    try:
        return np.asarray(given)
    except ValueError:  # NumPy's own: rows of different lengths
        raise ShapeError(name, "an array", "rows of different lengths") from None


def as_floats(name: str, given: Any) -> Array:
    """``given`` as an array of floats: integers become float64, other kinds raise."""
    array = as_array(name, given)
    check_numbers(name, array)
    return array if array.dtype.kind == "f" else array.astype(float)


def expect(name: str, array: Any, shape: Sequence[int | str | None]) -> None:
    """Raise unless ``array``, or a list like one, has real numbers and this shape.

    The shape is one of ``check_shape``'s: numbers, and letters for any size.
    """
    array = as_array(name, array)
    check_numbers(name, array)
    check_shape(name, array, *shape)


def as_gradient(grad: Array, shape: Shape) -> Array:
    """``grad`` as an array; raises unless it holds floats of this shape."""
    grad = as_array("grad", grad)
    check_floats("grad", grad)
    expect("grad", grad, shape)
    return grad


def clear(array: Array, kept: Array) -> Array:
    """``array`` (..., T, D) with zeros at the steps that are not ``kept`` (..., T).

    A selection, not a product: such a step may hold NaN, and 0 * NaN is NaN.
    """
    return np.where(kept[..., None], array, 0)


def softplus(s: Array) -> Array:
    """log(1 + e^s), finite for every finite s."""
    return np.maximum(s, 0) + np.log1p(np.exp(-np.abs(s)))


def sigmoid(s: Array) -> Array:
    """1 / (1 + e^-s), which never overflows, and keeps its digits near 0."""
    e = np.exp(-np.abs(s))
    return np.where(s >= 0, 1, e) / (1 + e)
