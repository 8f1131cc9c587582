"""From the rows of a captions file, whatever its format, to the index of a folder."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmref.data.folders.columns import Columns, Row
from mmref.data.folders.gate import Gate
from mmref.data.folders.index import FolderData
from mmref.data.folders.labels import check_separator, found_classes, given_classes, zeros_and_ones
from mmref.data.folders.paths import shown
from mmref.data.folders.report import Report
from mmref.data.folders.splits import TWO_SPLITS
from mmref.errors import DataError

SHARED = ("label", "labels", "categories")  # few values, many rows: equal ones become one object


def build(
    root: Path,
    rows: Iterable[Row],
    report: Report,
    columns: Columns,
    classes: Sequence[str] | None = None,
    other: int | None = None,
    missing: str = "error",
) -> FolderData:
    """Check each row and collect the good ones in a FolderData.

    classes: the labels' names in their order; None takes those that occur.
    other: the index of labels that are not among the classes; None makes them a problem.
    missing: "keep" keeps a row of which an image, the text or a cell of the table is absent.
    """
    known = given_classes(classes)
    gate = Gate(root, columns, report, known if other is None else None, missing == "keep")
    kept: dict[str, list] = {field: [] for field in columns.fields}
    shared: dict[Any, Any] = {}
    count = 0
    for row in rows:
        try:
            gate.check(row)
        except DataError as error:
            if error.kind in TWO_SPLITS.values():  # would mislead, whatever on_error says
                raise
            report.problem(error)
            continue
        # Field by field: of millions of rows, the objects themselves would fill the memory.
        for field, values in kept.items():
            value = getattr(row, field)
            values.append(shared.setdefault(value, value) if field in SHARED else value)
        count += 1
    gate.finish()
    if not count:
        raise DataError(shown(root), "no usable rows", report)
    labels, known = _labels(kept, columns, known, other, count)
    numbers = np.array(kept.get("numbers", ()), np.float64).T
    categories = zip(*kept.get("categories", ()), strict=True)
    files = dict(zip(columns.files, zip(*kept.get("files", ()), strict=True), strict=True))
    return FolderData(
        root=root,
        images=_tuple(kept, "image"),
        texts=_tuple(kept, "text"),
        labels=labels,
        classes=known,
        splits=_tuple(kept, "split"),
        ids=_tuple(kept, "id"),
        answers=_tuple(kept, "answers"),
        report=report,
        more_images={m: files[m] for m in columns.more_images},
        sounds={m: files[m] for m in columns.sounds},
        columns=dict(zip(columns.table, (*numbers, *categories), strict=True)),
        target=columns.target,
        missing=missing,
    )


def _tuple(kept, field):
    return tuple(kept[field]) if field in kept else None


def _labels(kept, columns, classes, other, rows):
    """What is to be predicted, and the names of its classes."""
    if columns.target:
        numbers = np.array(kept["target"], np.float32)  # (N, K)
        return numbers[:, 0] if len(columns.target) == 1 else numbers, ()
    if columns.label is not None:
        if classes is None:
            classes = found_classes(columns.label, kept["label"], rows)
        number = {label: k for k, label in enumerate(classes)}
        return np.array([number.get(label, other) for label in kept["label"]], np.int64), classes
    if columns.labels:
        if isinstance(columns.labels, str):
            check_separator(columns.labels, kept["labels"], columns.separator)
        elif classes is None:
            classes = columns.labels
        if classes is None:
            found = (label for row in kept["labels"] for label in row)
            classes = found_classes(columns.labels, found, rows)
        return zeros_and_ones(kept["labels"], classes), classes
    return None, classes or ()
