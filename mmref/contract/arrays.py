"""Arrays and numbers of every kind: dtypes, counts, masks, images, ids."""

import re
from numbers import Real

from mmref.errors import ShapeError, check_count


def check_counts(**counts):
    """Raise unless all are integers, at least 1."""
    for name, count in counts.items():
        check_count(name, count)


def check_scale(**scales):
    """Raise unless all are positive, finite numbers.

    >>> check_scale(embedding_scale=0)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: embedding_scale: expected a positive number, got 0
    """
    for name, scale in scales.items():
        number = isinstance(scale, Real) and not isinstance(scale, bool)
        if not number or not 0 < scale < float("inf"):
            raise ShapeError(name, "a positive number", repr(scale))


def check_size(size, channels):
    """Raise unless ``size`` is (H, W), and each of ``channels`` can halve it once more."""
    for name, numbers, expected in (
        ("size", size, "(H, W)"),
        ("channels", channels, "a list or tuple of integers"),
    ):
        if not isinstance(numbers, list | tuple):
            raise ShapeError(name, expected, repr(numbers))
        check_counts(**{f"{name}[{i}]": n for i, n in enumerate(numbers)})
    if len(size) != 2:
        raise ShapeError("size", "(H, W)", size)
    factor = 2 ** len(channels)
    if size[0] % factor or size[1] % factor:
        raise ShapeError("size", f"multiples of {factor} for {len(channels)} blocks", size)


def check_images(images, shape, kind=None, dtype=None):
    """Raise unless ``images`` are floats (B, *shape)."""
    check_array("images", images, kind)
    if tuple(images.shape[1:]) != tuple(shape):
        expected = ", ".join(["B", *map(str, shape)])
        raise ShapeError("images", f"({expected})", tuple(images.shape))
    check_floats("images", images, kind, dtype)


def check_ids(ids, kind=None):
    """Raise unless ``ids`` are integers (B, T) with at least one step."""
    check_array("ids", ids, kind)
    if len(ids.shape) != 2 or "int" not in dtype_name(ids):
        raise ShapeError("ids", "integers (B, T)", f"{dtype_name(ids)} {tuple(ids.shape)}")
    if ids.shape[1] == 0:
        raise ShapeError("ids", "at least one step", tuple(ids.shape))


def check_scores(scores, mask=None, kind=None):
    """Raise unless ``scores`` are floats, and ``mask`` boolean and broadcastable to them."""
    check_floats("scores", scores, kind)
    if mask is not None:
        check_mask(mask, tuple(scores.shape), kind)


def check_mask(mask, there, kind=None):
    """Raise unless ``mask`` is boolean and broadcasts to the shape ``there``."""
    check_array("mask", mask, kind)
    if dtype_name(mask) != "bool":
        raise ShapeError("mask", "dtype bool (True = keep)", dtype_name(mask))
    # Some frameworks would broadcast the scores to the mask instead.
    given = tuple(mask.shape)
    pairs = zip(reversed(given), reversed(there), strict=False)
    if len(given) > len(there) or not all(m in (1, None, s) or s is None for m, s in pairs):
        raise ShapeError("mask", f"a shape that broadcasts to {there}", given)


def check_array(name, array, kind=None):
    """Raise unless ``array`` is one: a ``kind`` where a wing has its own, else anything with a
    shape and a dtype."""
    if kind is None:
        expected, fits = "an array", hasattr(array, "shape") and hasattr(array, "dtype")
    else:
        expected, fits = f"a {kind.__module__}.{kind.__name__}", isinstance(array, kind)
    if not fits:
        raise TypeError(f"{name}: expected {expected}, got {type(array).__name__}")


def check_floats(name, array, kind=None, dtype=None, like="in the layer"):
    """Raise unless ``array`` holds floating-point numbers, of ``dtype`` where one is asked for.

    ``like`` says where that dtype comes from.
    """
    check_array(name, array, kind)
    if "float" not in dtype_name(array):
        raise ShapeError(name, "floating-point numbers", dtype_name(array))
    # By name: what holds a Keras layer's weight names the dtype of another framework's tensor.
    if dtype is not None and dtype_name(array) != _name(dtype):
        raise ShapeError(name, f"{_name(dtype)} as {like}", dtype_name(array))


def own_dtype(array):
    """The dtype that goes with this array; PyTorch's wing knows of autocast besides."""
    return array.dtype


def dtype_name(array):
    """The same name in every framework.

    >>> import numpy as np
    >>> dtype_name(np.ones(3, bool))
    'bool'
    """
    return _name(array.dtype)


def _name(dtype):
    return re.findall(r"\w+", str(dtype))[-1]  # "bool", "torch.bool", "<dtype: 'bool'>"
