"""Arrays, numbers and flags of every kind: what more than one family asks of its arguments."""

from math import inf
from numbers import Real
from typing import TypeGuard

from mmref.errors import ChoiceError, ShapeError, check_count
from mmref.types import DType, Pair, Shape, Size, Tensor


def check_counts(**counts: object) -> None:
    """Raise unless all are integers, at least 1."""
    for name, count in counts.items():
        check_count(name, count)


def is_number(value: object) -> TypeGuard[float]:
    """Whether ``value`` is a real number, NumPy's own too; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def check_scale(**scales: object) -> None:
    """Raise unless all are positive, finite numbers.

    >>> check_scale(embedding_scale=0)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: embedding_scale: expected a positive number, got 0
    """
    for name, scale in scales.items():
        if not is_number(scale) or not 0 < scale < inf:
            raise ShapeError(name, "a positive number", repr(scale))


def check_number(name: str, value: object, low: float = -inf, high: float = inf) -> None:
    """Raise unless ``value`` is a finite number, in [low, high) where these are given.

    >>> check_number("smoothing", 1.5, 0, 1)
    Traceback (most recent call last):
        ...
    ValueError: smoothing: expected a number in [0, 1), got 1.5
    """
    if not (is_number(value) and abs(value) < inf and low <= value < high):
        expected = "a finite number" if low == -inf else f"a number in [{low}, {high})"
        raise ValueError(f"{name}: expected {expected}, got {value!r}")


def check_flags(**flags: object) -> None:
    """Raise unless all are True or False: any other word would count as True.

    >>> check_flags(forget_gate="no")
    Traceback (most recent call last):
        ...
    mmref.errors.ChoiceError: forget_gate: expected one of True, False; got 'no'
    """
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise ChoiceError(name, flag, (True, False))


def pair(name: str, value: Size, low: int = 1) -> Pair:
    """An integer as two of them, a pair as it is; raises unless they are at least ``low``.

    >>> pair("stride", (1, 0))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: stride[1]: expected an integer, at least 1, got 0
    """
    if not isinstance(value, list | tuple):
        check_count(name, value, low)
        return int(value), int(value)
    if len(value) != 2:
        raise ShapeError(name, "an integer or a pair of them", repr(value))
    for i, number in enumerate(value):
        check_count(f"{name}[{i}]", number, low)
    first, second = (int(number) for number in value)
    return first, second


def check_mask(mask: Tensor, there: Shape, kind: type | None = None) -> None:
    """Raise unless ``mask`` is boolean and broadcasts to the shape ``there``."""
    check_array("mask", mask, kind)
    if dtype_name(mask) != "bool":
        raise ShapeError("mask", "dtype bool (True = keep)", dtype_name(mask))
    # Some frameworks would broadcast the scores to the mask instead.
    given = tuple(mask.shape)
    pairs = zip(reversed(given), reversed(there), strict=False)
    if len(given) > len(there) or not all(m in (1, None, s) or s is None for m, s in pairs):
        raise ShapeError("mask", f"a shape that broadcasts to {there}", given)


def check_array(name: str, array: Tensor, kind: type | None = None) -> None:
    """Raise unless ``array`` is one: a ``kind`` where a wing has its own, else anything with a
    shape and a dtype."""
    if kind is None:
        expected, fits = "an array", hasattr(array, "shape") and hasattr(array, "dtype")
    else:
        expected, fits = f"a {kind.__module__}.{kind.__name__}", isinstance(array, kind)
    if not fits:
        raise TypeError(f"{name}: expected {expected}, got {type(array).__name__}")


def check_floats(
    name: str,
    array: Tensor,
    kind: type | None = None,
    dtype: DType | None = None,
    like: str = "in the layer",
) -> None:
    """Raise unless ``array`` holds floating-point numbers, of ``dtype`` where one is asked for.

    ``like`` says where that dtype comes from.
    """
    check_array(name, array, kind)
    if "float" not in dtype_name(array):
        raise ShapeError(name, "floating-point numbers", dtype_name(array))
    # By name: what holds a Keras layer's weight names the dtype of another framework's tensor.
    if dtype is not None and dtype_name(array) != _name(dtype):
        raise ShapeError(name, f"{_name(dtype)} as {like}", dtype_name(array))


def check_images(
    images: Tensor, shape: Shape, kind: type | None = None, dtype: DType | None = None
) -> None:
    """Raise unless ``images`` are floats (B, *shape)."""
    check_array("images", images, kind)
    if tuple(images.shape[1:]) != tuple(shape):
        expected = ", ".join(["B", *map(str, shape)])
        raise ShapeError("images", f"({expected})", tuple(images.shape))
    check_floats("images", images, kind, dtype)


def own_dtype(array: Tensor) -> DType:
    """The dtype that goes with this array; PyTorch's wing knows of autocast besides."""
    return array.dtype


def dtype_name(array: Tensor) -> str:
    """The same name in every framework.

    >>> import numpy as np
    >>> dtype_name(np.ones(3, bool))
    'bool'
    """
    return _name(array.dtype)


def alike(expected: Shape, got: Shape) -> bool:
    """Equal shapes; a symbolic size, None, fits any."""
    if len(expected) != len(got):
        return False
    return all(a == b or None in (a, b) for a, b in zip(expected, got, strict=True))


def _name(dtype):
    return getattr(dtype, "name", str(dtype)).rpartition(".")[2]  # PyTorch's have no name
