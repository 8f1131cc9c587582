"""The fusion contract, in one place for all three wings.

Every fusion takes ``features``, a mapping from modality name to an array (B, D_m), and
``present``, an optional boolean array (B, M), True where row b has modality m. Columns of
``present`` follow the order in which the modalities were declared, whatever the order of
the mapping. These checks read shapes and dtypes only, so they serve every framework; where a
wing takes nothing but its own tensors, ``kind`` is their class.
"""

import re
from collections.abc import Mapping
from numbers import Real

from mmref.errors import ModalityError, ShapeError, check_count


def check_features(dims, features, present=None, kind=None, dtype=None):
    """Raise unless ``features`` and ``present`` fit ``dims``, a mapping name -> D_m.

    >>> import numpy as np
    >>> check_features({"image": 3}, {"image": np.ones((2, 4))})
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: features['image']: expected (B, 3), got (2, 4)
    """
    check_mapping(features)
    if set(features) != set(dims):
        raise ModalityError("features", dims, features)
    batch, first = None, None
    for name, width in dims.items():
        label = f"features[{name!r}]"
        check_floats(label, features[name], kind, dtype)
        shape = tuple(features[name].shape)
        if len(shape) != 2 or shape[1] != width:
            raise ShapeError(label, f"(B, {width})", shape)
        # A symbolic batch size is None and fits any other.
        if shape[0] is None:
            continue
        if batch is None:
            batch, first = shape[0], name
        elif shape[0] != batch:
            raise ShapeError(label, f"{batch} rows as in features[{first!r}]", f"{shape[0]} rows")
    if present is not None:
        check_present(present, batch, len(dims), kind)


def check_mapping(features, name="features", value="array"):
    """Raise unless ``features`` is a mapping."""
    if not isinstance(features, Mapping):
        raise TypeError(
            f"{name}: expected a mapping from modality name to {value}, "
            f"got {type(features).__name__}"
        )


def check_present(present, batch, modalities, kind=None):
    """Raise unless ``present`` is a boolean (batch, modalities); a ``batch`` of None fits any."""
    check_array("present", present, kind)
    shape = tuple(present.shape)
    fits = len(shape) == 2 and shape[1] == modalities
    if not fits or (None not in (batch, shape[0]) and shape[0] != batch):
        rows = "B" if batch is None else batch
        raise ShapeError("present", f"shape (B, M) = ({rows}, {modalities})", shape)
    dtype = dtype_name(present)
    if dtype != "bool":
        raise ShapeError("present", "dtype bool (True = the modality is there)", dtype)


def check_dims(dims, dim):
    """``dims`` as a dict; raises unless it maps modalities to widths, and ``dim`` is a width too.

    >>> check_dims({"image": 0}, 4)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: dims['image']: expected an integer, at least 1, got 0
    """
    check_mapping(dims, "dims", "width")
    if not dims:
        raise ModalityError("dims: expected at least one modality, got none")
    check_counts(**{f"dims[{m!r}]": d for m, d in dims.items()}, dim=dim)
    return dict(dims)


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
    """Raise unless ``ids`` are integers (B, T)."""
    check_array("ids", ids, kind)
    if len(ids.shape) != 2 or "int" not in dtype_name(ids):
        raise ShapeError("ids", "integers (B, T)", f"{dtype_name(ids)} {tuple(ids.shape)}")


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


def check_floats(name, array, kind=None, dtype=None):
    """Raise unless ``array`` holds floating-point numbers, of ``dtype`` where one is asked for."""
    check_array(name, array, kind)
    if "float" not in dtype_name(array):
        raise ShapeError(name, "floating-point numbers", dtype_name(array))
    if dtype is not None and array.dtype != dtype:
        raise ShapeError(name, f"{_name(dtype)} as in the layer", dtype_name(array))


def dtype_name(array):
    """The same name in every framework.

    >>> import numpy as np
    >>> dtype_name(np.ones(3, bool))
    'bool'
    """
    return _name(array.dtype)


def _name(dtype):
    return re.findall(r"\w+", str(dtype))[-1]  # "bool", "torch.bool", "<dtype: 'bool'>"


def dropout_rates(dims, rates=None):
    """The rates of modality dropout in the order of ``dims``; {} where there are none.

    Raises unless every modality of ``dims``, and no other, has a rate in [0, 1).

    >>> dropout_rates({"image": 3, "text": 2}, {"text": 0.5, "image": 0})
    {'image': 0.0, 'text': 0.5}
    >>> dropout_rates({"image": 3}, {"image": 1})
    Traceback (most recent call last):
        ...
    ValueError: modality_dropout['image']: expected a rate in [0, 1), got 1
    """
    if not rates:
        return {}
    check_mapping(rates, "modality_dropout", "rate")
    if set(rates) != set(dims):
        raise ModalityError("modality_dropout", dims, rates)
    for name, rate in rates.items():
        if not (isinstance(rate, Real) and 0 <= rate < 1):  # NaN fails too
            raise ValueError(f"modality_dropout[{name!r}]: expected a rate in [0, 1), got {rate!r}")
    return {name: float(rates[name]) for name in dims}
