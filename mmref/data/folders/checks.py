"""A row's cells as what they are meant to be, or one error that names row and column."""

import math

from mmref.data.folders import cells
from mmref.data.folders.cells import EMPTY, bad
from mmref.data.folders.columns import Columns, Row
from mmref.data.folders.splits import SPLIT_NAMES
from mmref.errors import DataError


def settle(row: Row, columns: Columns) -> None:
    """Turn each cell into a text, a name or a number; "", None and NaN where nothing is there.

    Raises DataError for a cell of another kind, and for an absent one where a row is of no use
    without it.
    """
    where = row.where
    if columns.image is not None:
        row.image = cells.text(where, columns.image, row.image)
    if columns.text is not None:
        row.text = cells.text(where, columns.text, row.text)
    if columns.id is not None:
        row.id = _needed(where, columns.id, row.id)
    if columns.label is not None:
        row.label = _needed(where, columns.label, row.label)
    if columns.split is not None:
        split = _needed(where, columns.split, row.split)
        if split not in SPLIT_NAMES:
            expected = f"one of {(*SPLIT_NAMES,)}"
            raise bad(where, columns.split, expected, split, "unknown split")
        row.split = SPLIT_NAMES[split]
    for answer in row.answers or ():
        cells.text(where, "answers", answer)
    if columns.labels:
        row.labels = _labels(where, columns, row.labels)
    if columns.target:
        given, row.target = row.target, _each(cells.number, where, columns.target, row.target)
        for column, number, cell in zip(columns.target, row.target, given, strict=True):
            if math.isnan(number):
                raise bad(where, column, "a number to be predicted", cell, EMPTY)
    if columns.files:
        row.files = _each(cells.text, where, columns.files.values(), row.files)
    if columns.numbers:
        row.numbers = _each(cells.number, where, columns.numbers, row.numbers)
    if columns.categories:
        row.categories = _each(cells.category, where, columns.categories, row.categories)


def _needed(where, column, value):
    name = cells.name(where, column, value)
    if not name:
        raise DataError(where, EMPTY, f"{column}: expected something, got none", column)
    return name


def _each(parse, where, columns, values):
    return tuple(parse(where, c, value) for c, value in zip(columns, values, strict=True))


def _labels(where, columns, given):
    """The names of a row's classes."""
    if isinstance(columns.labels, str):
        return cells.names(where, columns.labels, given, columns.separator)
    marks = _each(cells.number, where, columns.labels, given)
    for column, mark, cell in zip(columns.labels, marks, given, strict=True):
        if mark not in (0, 1):
            raise bad(where, column, "0 or 1", cell)
    return tuple(c for c, mark in zip(columns.labels, marks, strict=True) if mark)
