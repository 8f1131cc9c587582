"""The words of errors: what is asked of arrays of every kind.

A wrong kind or shape is a TypeError or a ShapeError, a wrong value a ValueError. All say
"name: expected ..., got ...", and one mistake is told by one function, whoever asks.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from mmref.errors import ShapeError
from mmref.types import Array, DType, Shape, Tensor


def check_array(name: str, array: Tensor, kind: type | None = None) -> None:
    """Raise unless ``array`` is one: a ``kind`` where a wing has its own, else anything with a
    shape and a dtype."""
    if kind is None:
        fits = hasattr(array, "shape") and hasattr(array, "dtype")
    else:
        fits = isinstance(array, kind)
    if not fits:
        expected = "an array" if kind is None else f"a {kind.__module__}.{kind.__name__}"
        raise TypeError(f"{name}: expected {expected}, got {type(array).__name__}")


def check_shape(name: str, array: Tensor, *axes: int | str | None, **sizes: int | None) -> None:
    """Raise unless ``array`` has these axes: numbers, letters for any size, "..." for any axes.

    A letter that comes again is the same size; None is a size that is not known. Sizes by their
    letters are written with them.

    >>> import numpy as np
    >>> check_shape("inputs", np.ones((5, 3)), "B", "T", 3)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: inputs: expected (B, T, 3), got (5, 3)
    >>> check_shape("present", np.ones((5, 3)), B=5, M=2)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: present: expected (B, M) = (5, 2), got (5, 3)
    """
    asked = axes or tuple(sizes.values())
    if not _fits(asked, array.shape):
        expected = f"{_written(sizes)} = {_written(asked)}" if sizes else _written(axes)
        raise ShapeError(name, expected, tuple(array.shape))


def _fits(asked, shape):  # asked several times in a forward pass, hence no copies of anything
    if "..." in asked:
        i = asked.index("...")
        asked = asked[:i] + asked[i + 1 :]
        shape = shape[:i] + shape[max(len(shape) - len(asked) + i, i) :]
    if len(asked) != len(shape):
        return False
    letters = {}
    for axis, size in zip(asked, shape, strict=True):
        if isinstance(axis, str):
            axis = letters.setdefault(axis, size)
        if axis != size and axis is not None and size is not None:
            return False
    return True


def _written(axes):
    axes = ["?" if axis is None else str(axis) for axis in axes]
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def check_some(name: str, array: Tensor, what: str, *axes: int) -> None:
    """Raise if one of these axes, or of all, is empty.

    >>> import numpy as np
    >>> check_some("keys", np.ones((2, 0, 3)), "step", 1)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: keys: expected at least one step, got (2, 0, 3)
    """
    shape = array.shape
    if 0 in shape and (not axes or 0 in [shape[axis] for axis in axes]):
        raise ShapeError(name, f"at least one {what}", tuple(shape))


def check_rows(name: str, rows: int | None, expected: int | None, other: str) -> None:
    """Raise unless there are as many rows as ``other`` has; None is not known."""
    if rows != expected and rows is not None and expected is not None:
        raise ShapeError(name, f"{expected} rows as {other}", rows)


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
    given = dtype_name(array)
    if "float" not in given:
        raise ShapeError(name, "floating-point numbers", given)
    # By name: what holds a Keras layer's weight names the dtype of another framework's tensor.
    if dtype is not None and given != _name(dtype):
        raise ShapeError(name, f"{_name(dtype)} as {like}", given)


def check_same(kind: type | None = None, **arrays: Tensor) -> None:
    """Raise unless all are floats of one shape and dtype.

    >>> import numpy as np
    >>> check_same(outputs=np.ones((2, 3)), targets=np.ones((2, 4)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: targets: expected (2, 3) as outputs, got (2, 4)
    """
    first = None
    for name, array in arrays.items():
        check_floats(name, array, kind)
        shape = tuple(array.shape)
        first = first or (name, shape, array.dtype)
        if not alike(first[1], shape):
            raise ShapeError(name, f"{first[1]} as {first[0]}", shape)
        check_floats(name, array, kind, first[2], first[0])


def check_numbers(name: str, array: Tensor) -> None:
    """Raise unless ``array`` holds real numbers, integers or floats."""
    given = dtype_name(array)
    if "float" not in given and "int" not in given:
        raise ShapeError(name, "real numbers", given)


def shape_of(name: str, value: Any) -> Shape:
    """The shape of an array, or of nested lists as long as they are of one length each."""
    try:
        return np.shape(value)
    except ValueError as error:
        raise ShapeError(name, "an array", "lists of several lengths") from error


def check_kept(name: str, array: Array, dtype: str) -> None:
    """Raise unless these are real numbers that the dtype can hold.

    >>> check_kept("weight", np.array([1e300]), "float32")
    Traceback (most recent call last):
        ...
    ValueError: weight: expected finite numbers of float32, got 1e+300
    """
    check_numbers(name, array)
    with np.errstate(over="ignore"):
        # NumPy has no bfloat16, which reaches as far as float32.
        kept = array.astype("float32" if dtype == "bfloat16" else dtype)
    check_each(name, array, f"finite numbers of {dtype}", np.isfinite(kept))


def check_integers(
    name: str, array: Tensor, *axes: int | str | None, kind: type | None = None
) -> None:
    """Raise unless ``array`` holds integers and has these axes."""
    check_array(name, array, kind)
    if "int" not in dtype_name(array):
        raise ShapeError(name, "integers", dtype_name(array))
    check_shape(name, array, *axes)


def check_range(name: str, least: int, largest: int, count: int, setting: str = "") -> None:
    """Raise unless the indices from ``least`` to ``largest`` are from 0 to ``count`` - 1.

    setting: what ``count`` is called where somebody chose it, for the error.

    >>> check_range("ids", -1, 3, 9)
    Traceback (most recent call last):
        ...
    ValueError: ids: expected 0 to 8, got -1 to 3
    >>> check_range("ids", 2, 9, 9, "vocabulary_size")
    Traceback (most recent call last):
        ...
    ValueError: ids: expected 0 to 8, got 2 to 9 (vocabulary_size is 9)
    """
    if not 0 <= least <= largest < count:
        why = f" ({setting} is {count})" if setting else ""
        raise ValueError(f"{name}: expected 0 to {count - 1}, got {least} to {largest}{why}")


def check_finite(name: str, numbers: Array) -> None:
    """Raise unless all ``numbers`` are finite.

    >>> import numpy as np
    >>> check_finite("boxes", np.array([1.0, np.nan]))
    Traceback (most recent call last):
        ...
    ValueError: boxes: expected finite numbers, got nan
    """
    check_each(name, numbers, "finite numbers", np.isfinite(numbers))


def check_each(name: str, numbers: Array, what: str, right: Array) -> None:
    """Raise unless all ``numbers`` are ``right``; ``what`` says what they should be."""
    if not right.all():
        raise ValueError(f"{name}: expected {what}, got {numbers[~right][0]}")


def check_truths(name: str, array: Tensor, meaning: str, kind: type | None = None) -> None:
    """Raise unless ``array`` is boolean; ``meaning`` says what True means."""
    check_array(name, array, kind)
    if dtype_name(array) != "bool":
        raise ShapeError(name, f"dtype bool (True = {meaning})", dtype_name(array))


def check_mask(mask: Tensor, there: Shape, kind: type | None = None) -> None:
    """Raise unless ``mask`` is boolean and broadcasts to the shape ``there``."""
    check_truths("mask", mask, "keep", kind)
    # Some frameworks would broadcast the scores to the mask instead.
    given = tuple(mask.shape)
    pairs = zip(reversed(given), reversed(there), strict=False)
    if len(given) > len(there) or not all(m in (1, None, s) or s is None for m, s in pairs):
        raise ShapeError("mask", f"a shape that broadcasts to {there}", given)


def check_images(
    images: Tensor,
    shape: Sequence[int | str | None],
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``images`` are floats (B, *shape); a letter is any size."""
    check_array("images", images, kind)
    check_shape("images", images, "B", *shape)
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
    """Equal shapes; a size that is not known, None or a symbol of JAX, fits any."""
    if len(expected) != len(got):
        return False
    return all(a == b or not (known(a) and known(b)) for a, b in zip(expected, got, strict=True))


def known(size: object) -> bool:
    """Whether a size is a number: in Keras's symbolic tensors it is None, or a symbol of JAX."""
    return isinstance(size, int)


@cache  # a layer asks a dozen times in a forward pass, and a dtype's own name is slow to make
def _name(dtype):
    return getattr(dtype, "name", str(dtype)).rpartition(".")[2]  # PyTorch's have no name
