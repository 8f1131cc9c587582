"""What is to be predicted: classes in an order that nobody has to guess, or numbers."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from mmref.contract.data import NUMBER
from mmref.contract.settings import text_list
from mmref.data.folders.splits import SPLIT_NAMES
from mmref.errors import DataError
from mmref.types import Array

BAD_LABEL = "unknown label"
MANY = 20  # from so many rows on, numbers of which most are different are no classes


def given_classes(classes: Sequence[str] | None) -> tuple[str, ...] | None:
    """The classes that somebody listed; each once."""
    if classes is None:
        return None
    classes = text_list("classes", classes)
    if len(set(classes)) < len(classes):
        raise DataError("classes", BAD_LABEL, f"expected each once, got {tuple(classes)}")
    return tuple(classes)


def found_classes(column: str, labels: Iterable[str], rows: int) -> tuple[str, ...]:
    """The classes that occur in ``rows`` rows: whole numbers in their order, all else as text.

    Raises DataError where they look like something else: numbers that are to be predicted, the
    names of splits, or one class that is written in several ways. Who means them lists them in
    ``classes``.

    >>> found_classes("label", {"10", "9", "2"}, 9)
    ('2', '9', '10')
    >>> found_classes("stars", {"3.5", "4"}, 9)
    Traceback (most recent call last):
        ...
    mmref.errors.DataError: stars: numbers, no classes: got 3.5; target='stars' predicts numbers, \
classes=[...] takes them for classes
    """
    found = set(labels)
    key: Callable = str
    if all(map(NUMBER.fullmatch, found)):
        fractions = sorted((label for label in found if float(label) % 1), key=float)
        if fractions or rows > MANY and len(found) > rows / 2:
            what = fractions[0] if fractions else f"{len(found)} different ones in {rows} rows"
            advice = f"target={column!r} predicts numbers, classes=[...] takes them for classes"
            raise DataError(column, "numbers, no classes", f"got {what}; {advice}")
        key = float
    if len(found) > 1 and found <= SPLIT_NAMES.keys():
        detail = f"got {sorted(found)}; classes=[...] takes them for classes"
        raise DataError(column, "splits, no classes", detail)
    first: dict = {}
    for label in sorted(found):
        other = first.setdefault(label.strip().casefold() if key is str else float(label), label)
        if other != label:
            detail = f"{other!r} and {label!r}; classes=[...] takes them for two"
            raise DataError(column, "one class written in two ways", detail)
    return tuple(sorted(found, key=key))


def zeros_and_ones(rows: Sequence[Sequence[str]], classes: Sequence[str]) -> Array:
    """For each row, 1 for its classes: float32 (N, K).

    >>> zeros_and_ones([["red", "round"], []], ["red", "round"])
    array([[1., 1.],
           [0., 0.]], dtype=float32)
    """
    number = {label: k for k, label in enumerate(classes)}
    marks = np.zeros((len(rows), len(classes)), np.float32)
    for i, row in enumerate(rows):
        marks[i, [number[label] for label in row]] = 1
    return marks


def check_separator(column: str, rows: Sequence[Sequence[str]], separator: str) -> None:
    """Raise where no row has two classes, and a sign that is no ``separator`` stands in many."""
    if any(len(row) > 1 for row in rows):
        return
    written = [row[0] for row in rows if row]
    for sign in ",;|/\t":
        held = sum(sign in label for label in written)
        if sign != separator and held > len(written) / 4:
            detail = f"none is split by {separator!r}, {held} hold {sign!r}: separator={sign!r}?"
            raise DataError(column, "another separator", detail)
