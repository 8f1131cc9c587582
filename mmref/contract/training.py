"""What training asks of a set of samples, and of what ``augment`` makes of a batch."""

from collections.abc import Mapping

import numpy as np

from mmref.contract.arrays import check_rows, check_shape
from mmref.contract.settings import check_mapping
from mmref.errors import ShapeError
from mmref.types import Array, Arrays


def check_rows_alike(name: str, inputs: Arrays, labels: Array | None = None) -> int:
    """The number of rows; raises unless every input has them, the labels too, and there are some.

    >>> check_rows_alike("train", {"x": np.ones((3, 2))}, np.arange(2))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: train: expected as many rows in every input and in the labels, \
got {'x': 3, 'labels': 2}
    """
    if not inputs:
        raise ShapeError(name, "at least one input", 0)
    arrays = {**inputs} if labels is None else {**inputs, "labels": labels}
    for key, array in arrays.items():
        check_shape(f"{name}[{key!r}]", array, "N", "...")
    sizes = {key: len(array) for key, array in arrays.items()}
    if len(set(sizes.values())) != 1:
        raise ShapeError(name, "as many rows in every input and in the labels", sizes)
    if 0 in sizes.values():
        raise ShapeError(name, "at least one sample", 0)
    return next(iter(sizes.values()))


def check_augmented(made: Mapping, rows: int) -> None:
    """Raise unless what ``augment`` made of a batch's inputs is a mapping with as many rows.

    >>> check_augmented({"image": np.ones((2, 4))}, 3)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: augment(inputs)['image']: expected 3 rows as it was given, got 2
    """
    check_mapping("augment(inputs)", made)
    for name, array in made.items():
        shape = (len(array),) if isinstance(array, list) else np.shape(array)
        if not shape:
            raise ShapeError(f"augment(inputs)[{name!r}]", f"{rows} rows", "a single value")
        check_rows(f"augment(inputs)[{name!r}]", shape[0], rows, "it was given")


def check_reader(reader: object) -> None:
    """Raise unless this is a ``mmref.data.folders.Reader``, or like one."""
    if not hasattr(reader, "batch"):
        expected = "a mmref.data.folders.Reader"
        raise TypeError(f"reader: expected {expected}, got {type(reader).__name__}")
