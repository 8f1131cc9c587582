"""What several families of the reference share: reading arguments, and the logistic function."""

from typing import Any

import numpy as np

from mmref.contract.arrays import check_array, check_floats
from mmref.errors import ShapeError
from mmref.types import Array, Shape


def as_array(name: str, given: Any) -> Array:
    """``given`` as an array. None is none, though NumPy would make one of it."""
    if given is None:
        check_array(name, given)
    return np.asarray(given)


def expect(name: str, array: Array, shape: Shape) -> None:
    """Raise unless ``array`` has this shape."""
    if np.shape(array) != shape:
        raise ShapeError(name, shape, np.shape(array))


def as_gradient(grad: Array, shape: Shape) -> Array:
    """``grad`` as an array; raises unless it holds floats of this shape."""
    grad = np.asarray(grad)
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
