"""From the rows of a captions file, whatever its format, to the index of a folder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmref.contract.settings import text_list
from mmref.data.folders.index import FolderData
from mmref.data.folders.paths import locate, shown
from mmref.data.folders.report import Report
from mmref.data.folders.splits import SPLIT_NAMES
from mmref.errors import DataError

BAD_TEXT = "undecodable text"
BAD_ROW = "malformed row"
TWICE = "duplicate id"
BAD_LABEL = "unknown label"


@dataclass(slots=True)
class Row:
    """One image with one text. ``where`` names the row in errors ("captions.csv, line 7")."""

    where: str
    image: str
    text: str
    id: str | None = None
    label: str | None = None
    split: str | None = None
    answers: tuple[str, ...] | None = None


def build(
    root: Path,
    rows: Iterable[Row],
    report: Report,
    classes: Sequence[str] | None = None,
    other: int | None = None,
) -> FolderData:
    """Check each row and collect the good ones in a FolderData.

    classes: the labels' names in their order; None takes those that occur, sorted.
    other: the index of labels that are not among the classes; None makes them a problem.
    """
    if classes is not None:
        classes = text_list("classes", classes)
    if classes is not None and len(set(classes)) < len(classes):
        raise DataError("classes", BAD_LABEL, f"expected each once, got {tuple(classes)}")
    seen, kept = set(), []
    places: dict[str, str | DataError] = {}
    for row in rows:
        try:
            _check(row)
            row.image = _place(root, row, places)
            # Without ids, the same text for the same image is the same row.
            key = row.id if row.id is not None else (row.image, row.text)
            if key in seen:
                raise DataError(row.where, TWICE, repr(key))
            if classes is not None and other is None and row.label not in (None, *classes):
                expected = f"expected one of {tuple(classes)}"
                raise DataError(row.where, BAD_LABEL, f"{expected}, got {row.label!r}")
        except DataError as error:
            report.problem(error)
            continue
        seen.add(key)
        kept.append(row)
    if not kept:
        raise DataError(shown(root), "no usable rows", report)
    _check_columns(root, kept)
    if classes is None:
        classes = sorted({row.label for row in kept if row.label is not None})
    number = {label: i for i, label in enumerate(classes)}
    labels = _column(kept, "label")
    return FolderData(
        root=root,
        images=tuple(row.image for row in kept),
        texts=tuple(row.text for row in kept),
        labels=labels and np.array([number.get(label, other) for label in labels], np.int64),
        classes=tuple(classes),
        splits=_column(kept, "split"),
        ids=_column(kept, "id"),
        answers=_column(kept, "answers"),
        report=report,
    )


def _column(rows, name):
    """This field of all rows; None where they have none."""
    column = tuple(getattr(row, name) for row in rows)
    return None if column[0] is None else column


def _check(row):
    """Raise for fields that cannot be right; give the split its name."""
    fields = [row.image, row.text, row.id, row.label, row.split]
    for value in [*filter(lambda value: value is not None, fields), *(row.answers or ())]:
        if not isinstance(value, str):
            raise DataError(row.where, BAD_ROW, f"expected text, got {value!r}")
        # Bytes that are not UTF-8 arrive as lone surrogates, which cannot be encoded again.
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:
                raise DataError(row.where, BAD_TEXT, f"not UTF-8: {value!r}") from error
    for name in ("image", "text", "id", "label", "split"):
        value = getattr(row, name)
        if value is not None and not value.strip() or value is None and name in ("image", "text"):
            raise DataError(row.where, BAD_ROW, f"the {name} is empty")
    if row.split is not None:
        if row.split not in SPLIT_NAMES:
            raise DataError(
                row.where, BAD_ROW, f"split: expected one of {(*SPLIT_NAMES,)}, got {row.split!r}"
            )
        row.split = SPLIT_NAMES[row.split]


def _place(root, row, places):
    """The image's name below the root, looked up once for all its texts."""
    if row.image not in places:
        try:
            places[row.image] = locate(root, row.image)[0]
        except DataError as error:
            places[row.image] = error
    place = places[row.image]
    if isinstance(place, DataError):
        raise DataError(place.name, place.kind, f"{_detail(place)} ({row.where})")
    return place


def _detail(error):
    return str(error).removeprefix(f"{error.name}: {error.kind}: ")


def _check_columns(root, kept):
    """An image belongs to one split only, or the test set would be trained on."""
    split_of = {}
    for row in kept:
        first = split_of.setdefault(row.image, row.split)
        if first != row.split:
            raise DataError(
                row.image, "image in two splits", f"{first!r} and {row.split!r} ({row.where})"
            )
