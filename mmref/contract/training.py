"""What training asks of a set of samples, and of what ``augment`` makes of a batch.

Inputs are a mapping from modality to array, and perhaps "present" to a mapping of booleans
(``mmref.contract.models``). All of it is looked at in NumPy, before a step is taken.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from mmref.contract.arrays import (
    check_integers,
    check_numbers,
    check_range,
    check_rows,
    check_shape,
)
from mmref.contract.data import check_numbers_or_booleans, to_array
from mmref.contract.fusion import ABSENT, PRESENT
from mmref.contract.settings import check_count, check_kind, check_mapping, check_number
from mmref.errors import ModalityError, ShapeError
from mmref.types import Array

BRIGHT = 32  # no scale of pixels that networks learn from reaches so far, and bytes do


def leaves(inputs: Mapping, *path: str) -> Iterator[tuple[tuple[str, ...], Array]]:
    """Every array with the names that lead to it, those of "present" too.

    >>> dict(leaves({"text": 1, "present": {"text": 2}}))
    {('text',): 1, ('present', 'text'): 2}
    """
    for key, value in inputs.items():
        if isinstance(value, Mapping):
            yield from leaves(value, *path, key)
        else:
            yield (*path, key), value


def called(name: str, path: Iterable[str]) -> str:
    """What an error calls an array.

    >>> called("train", ("present", "text"))
    "train['present']['text']"
    """
    return name + "".join(f"[{key!r}]" for key in path)


def take_rows(inputs: Mapping, rows: Array | slice) -> dict:
    """These rows of every array.

    >>> take_rows({"x": np.arange(3), "present": {"x": np.ones(3, bool)}}, slice(1))
    {'x': array([0]), 'present': {'x': array([ True])}}
    """
    return {
        key: take_rows(value, rows) if isinstance(value, Mapping) else value[rows]
        for key, value in inputs.items()
    }


def arrays_of(name: str, inputs: Mapping, read: Callable[[Any], Any]) -> dict[str, Any]:
    """The inputs as NumPy arrays, by ``read``; raises for what does not hold numbers or booleans.

    >>> arrays_of("train", {"text": ["a red star"]}, np.asarray)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: train['text']: expected numbers or booleans, got <U10 \
(texts: Vocabulary.encode makes ids of them)
    """
    check_kind(name, inputs, Mapping, "a mapping of inputs")
    return {
        key: arrays_of(f"{name}[{key!r}]", value, read)
        if isinstance(value, Mapping)
        else _array_of(f"{name}[{key!r}]", value, read)
        for key, value in inputs.items()
    }


def _array_of(name, value, read):
    if value is None:
        raise TypeError(f"{name}: expected an array, got None{ABSENT}")
    try:
        array = to_array(name, read(value) if hasattr(value, "shape") else value)
    except ShapeError as error:
        raise ShapeError(f"{error} (texts: mmref.data.text.pad makes them equal)") from None
    if array.dtype.kind == "O":
        raise TypeError(f"{name}: expected numbers or booleans, got None or other objects{ABSENT}")
    if array.dtype.kind in "US":
        expected = f"expected numbers or booleans, got {array.dtype}"
        raise ShapeError(f"{name}: {expected} (texts: Vocabulary.encode makes ids of them)")
    check_numbers_or_booleans(name, array)
    return array


def check_rows_alike(name: str, inputs: Mapping, labels: Array | None = None) -> int:
    """The number of rows; raises unless every input has them, the labels too, and there are some.

    >>> check_rows_alike("train", {"x": np.ones((3, 2))}, np.arange(2))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: train: expected as many rows in every input and in the labels, \
got {'x': 3, 'labels': 2}
    """
    if not inputs:
        raise ShapeError(name, "at least one input", 0)
    arrays = dict(leaves(inputs))
    if labels is not None:
        arrays[("labels",)] = labels
    for path, array in arrays.items():
        check_shape(called(name, path), array, "N", "...")
    sizes = {".".join(path): len(array) for path, array in arrays.items()}
    if len(set(sizes.values())) != 1:
        raise ShapeError(name, "as many rows in every input and in the labels", sizes)
    if 0 in sizes.values():
        raise ShapeError(name, "at least one sample", 0)
    return next(iter(sizes.values()))


def check_inputs(name: str, inputs: Mapping, training: bool, batch: int | None = None) -> None:
    """Look at the numbers; raise where they cannot be right, and warn of pixels up to 255.

    Raises for a row with no modality present, and for numbers that are not finite: in training in
    any row, as gradients would not be either; otherwise in rows that have the modality. ``batch``
    is the number of a batch, for messages.

    >>> check_inputs("train", {"table": np.array([[0.0], [np.nan]])}, training=True)
    Traceback (most recent call last):
        ...
    ValueError: train['table']: expected finite numbers, got nan in row 1
    """
    where = "" if batch is None else f" of batch {batch}"
    present = inputs.get(PRESENT)
    present = present if isinstance(present, Mapping) else {}
    if present:
        some = np.any(list(present.values()), axis=0)  # (N,)
        if not some.all():
            expected = "at least one modality present in every row"
            raise ValueError(f"{name}: expected {expected}, got none in row {some.argmin()}{where}")
    for m, array in inputs.items():
        if not isinstance(array, Mapping):
            _check_finite(f"{name}[{m!r}]", array, present.get(m), training, where)
            _check_brightness(f"{name}[{m!r}]", array)


def _check_finite(name, array, present, training, where):
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    wrong = ~np.isfinite(array)
    wrong = wrong.reshape(len(array), -1).any(axis=1)  # (N,)
    if present is not None and not training:
        wrong &= present.astype(bool)
    if wrong.any():
        row = int(wrong.argmax())
        numbers = array[row].ravel()
        got = f"got {numbers[~np.isfinite(numbers)][0]} in row {row}{where}"
        if present is not None and not present[row]:
            got += " (absent there: zeros belong there)"
        raise ValueError(f"{name}: expected finite numbers, {got}")


def _check_brightness(name, array):
    if array.dtype.kind == "f" and array.ndim == 4 and array.max() > BRIGHT and array.min() >= 0:
        expected = f"expected pixels of about 0 to 1, got some above {BRIGHT}"
        warnings.warn(f"{name}: {expected}: divide by 255", stacklevel=2)


def class_labels(name: str, labels: Array, rows: int) -> Array:
    """Labels as int64; raises unless they are integers (rows,)."""
    check_integers(name, labels, rows)
    return labels.astype(np.int64)


def truth_labels(name: str, labels: Array, rows: int) -> Array:
    """Labels as float32; raises unless they are (rows, K), from 0 (no) to 1 (yes).

    >>> truth_labels("labels", np.array([[1, 2]]), 1)
    Traceback (most recent call last):
        ...
    ValueError: labels: expected numbers from 0 to 1, got 2
    """
    check_numbers_or_booleans(name, labels)
    check_shape(name, labels, rows, "K")
    right = (labels >= 0) & (labels <= 1)
    if not right.all():
        raise ValueError(f"{name}: expected numbers from 0 to 1, got {labels[~right][0]}")
    return labels.astype(np.float32)


def number_labels(name: str, labels: Array, rows: int) -> Array:
    """Labels as float32 (rows, K); raises unless they are finite numbers (rows,) or (rows, K).

    >>> number_labels("labels", np.array([1, 2]), 2)
    array([[1.],
           [2.]], dtype=float32)
    """
    check_numbers(name, labels)
    labels = labels[:, None] if labels.ndim == 1 else labels
    check_shape(name, labels, rows, "K")
    _check_finite(name, labels, None, True, "")
    return labels.astype(np.float32)


def check_classes(name: str, labels: Array, classes: int) -> None:
    """Raise unless all labels are from 0 to ``classes`` - 1.

    >>> check_classes("labels", np.array([1, 2, 3]), 3)
    Traceback (most recent call last):
        ...
    ValueError: labels: expected 0 to 2, got 1 to 3 (num_classes is 3; classes are numbered from 0)
    """
    least, largest = labels.min(), labels.max()
    try:
        check_range(name, least, largest, classes, "num_classes")
    except ValueError as error:
        if (least, largest) != (1, classes):
            raise
        raise ValueError(f"{str(error)[:-1]}; classes are numbered from 0)") from None


def check_weighted(weights: Mapping[int, float] | None, classes: int) -> None:
    """Raise unless all classes that have a weight are from 0 to ``classes`` - 1.

    >>> check_weighted({9: 2.0}, 3)
    Traceback (most recent call last):
        ...
    ValueError: class_weight: expected 0 to 2, got 9 to 9 (num_classes is 3)
    """
    if weights:
        check_range("class_weight", min(weights), max(weights), classes, "num_classes")


def check_outputs(name: str, labels: Array, outputs: int) -> None:
    """Raise unless the labels have a column for each of a model's outputs.

    >>> check_outputs("labels", np.ones((5, 2)), 3)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: labels: expected (N, 3), got (5, 2) (the model has 3 outputs)
    """
    try:
        check_shape(name, labels, "N", outputs)
    except ShapeError as error:
        raise ShapeError(f"{error} (the model has {outputs} outputs)") from None


def class_weights(weights: Mapping[int, float] | None) -> dict[int, float] | None:
    """The weights by class; raises unless they map integers from 0 to numbers from 0.

    >>> class_weights({"cat": 2})
    Traceback (most recent call last):
        ...
    TypeError: class_weight: expected the number of a class, such as data.classes.index('cat'), \
got 'cat'
    """
    if weights is None:
        return None
    check_kind("class_weight", weights, Mapping, "a mapping from class to weight, or None")
    for k, weight in weights.items():
        if isinstance(k, str):
            expected = f"expected the number of a class, such as data.classes.index({k!r})"
            raise TypeError(f"class_weight: {expected}, got {k!r}")
        check_count("class_weight", k, 0)
        check_number(f"class_weight[{k}]", weight, 0)
    return dict(weights)


def check_augmented(made: Mapping, inputs: Mapping, rows: int) -> None:
    """Raise unless what ``augment`` made of a batch's inputs has all of them, and as many rows.

    >>> pixels = {"image": np.ones((3, 4))}
    >>> check_augmented({"image": np.ones((2, 4))}, pixels, 3)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: augment(inputs)['image']: expected 3 rows as it was given, got 2
    >>> check_augmented({"text": np.ones((3, 4))}, pixels, 3)
    Traceback (most recent call last):
        ...
    mmref.errors.ModalityError: augment(inputs): expected the modalities ['image'], got ['text']; \
missing ['image'], unexpected ['text']
    """
    check_mapping("augment(inputs)", made)
    if not inputs.keys() <= made.keys():
        raise ModalityError("augment(inputs)", inputs, made)
    for path, array in leaves(made):
        name = called("augment(inputs)", path)
        shape = (len(array),) if isinstance(array, list) else np.shape(array)
        if not shape:
            raise ShapeError(name, f"{rows} rows", "a single value")
        check_rows(name, shape[0], rows, "it was given")


def check_reader(reader: object) -> None:
    """Raise unless this is a ``mmref.data.folders.Reader``, or like one."""
    if not hasattr(reader, "batch"):
        expected = "a mmref.data.folders.Reader"
        raise TypeError(f"reader: expected {expected}, got {type(reader).__name__}")
