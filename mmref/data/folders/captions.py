"""Captions files that people write: CSV, TSV and JSON Lines."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TextIO

from mmref.contract.settings import check_text
from mmref.data.folders.index import FolderData
from mmref.data.folders.paths import folder, locate
from mmref.data.folders.report import Report
from mmref.data.folders.rows import BAD_ROW, Row, build
from mmref.errors import ChoiceError, DataError

SUFFIXES = (".csv", ".tsv", ".jsonl")


def load(
    root: str | Path,
    captions: str = "captions.csv",
    *,
    images: str = ".",
    image: str = "image",
    text: str = "caption",
    label: str | None = None,
    split: str | None = None,
    id: str | None = None,
    classes: Sequence[str] | None = None,
    on_error: str = "error",
) -> FolderData:
    """Read a folder of images with a captions file, one line for each caption.

    root: the folder. captions: the file in it, UTF-8, by its suffix CSV with a header (.csv), the
        same with tabs (.tsv), or one JSON object a line (.jsonl).
    images: the folder below the root that the file's image names start from.
    image, text: the columns, or keys, of the image's name and its caption.
    label, split, id: further columns, None where there are none. Splits are "train", "validation"
        ("valid", "val", "dev") and "test". Rows without ids count as duplicates when image and
        caption are the same.
    classes: the labels in the order of their numbers; None takes what occurs, sorted as text.
    on_error: "error" raises a DataError for the first bad row, naming file and line; bad pixels
        raise it when they are read. "skip" leaves bad rows out and decodes every image once to
        find the bad ones; ``report`` counts and names what is gone. What would mislead raises in
        any case: no captions file, a missing column, an unclosed quote, an image in two splits,
        no rows at all.

    Returns a :class:`FolderData`.
    """
    report = Report(on_error)
    root = folder(root)
    columns = {"image": image, "text": text, "label": label, "split": split, "id": id}
    columns = {name: column for name, column in columns.items() if column is not None}
    for name, value in {"captions": captions, "images": images, **columns}.items():
        check_text(name, value)
    suffix = PurePosixPath(captions).suffix.lower()
    if suffix not in SUFFIXES:
        raise ChoiceError("captions (by its suffix)", captions, SUFFIXES)
    read = _json_lines if suffix == ".jsonl" else _table
    rows = read(root, captions, columns, report)
    data = build(root, _below(images, rows), report, classes)
    return data.check("skip") if on_error == "skip" else data


def open_text(root: Path, name: str) -> TextIO:
    """Open a text file in the root. Bytes that are not UTF-8 become lone surrogates, by which
    ``build`` knows the rows they stand in."""
    path = locate(root, name)[1]
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _below(images, rows):
    for row in rows:
        if isinstance(row.image, str) and row.image and images != ".":
            # Joined as text: locate has to see a leading "/" or a ".." of either part.
            row.image = f"{images}/{row.image}" if not row.image.startswith("/") else row.image
        yield row


def _table(root, name, columns, report):
    delimiter = "\t" if name.lower().endswith(".tsv") else ","
    with open_text(root, name) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = next(reader, [])
            if absent := [c for c in columns.values() if header.count(c) != 1]:
                raise DataError(
                    name, "malformed header", f"expected {absent} once each, got {header}"
                )
            place = {field: header.index(column) for field, column in columns.items()}
            for cells in reader:
                where = f"{name}, line {reader.line_num}"
                if not cells:
                    continue  # an empty line
                if len(cells) != len(header):
                    report.problem(
                        DataError(
                            where,
                            BAD_ROW,
                            f"expected {len(header)} fields, got {len(cells)}; "
                            "a caption with a comma needs quotes",
                        )
                    )
                    continue
                yield Row(where, **{field: cells[i] for field, i in place.items()})
        except csv.Error as error:
            raise DataError(f"{name}, line {reader.line_num}", "malformed table", error) from error


def _json_lines(root, name, columns, report):
    with open_text(root, name) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            where = f"{name}, line {number}"
            try:
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ValueError(f"expected an object, got {line.strip()[:60]}")
                if absent := [column for column in columns.values() if column not in record]:
                    raise ValueError(f"expected the keys {absent}, got {list(record)}")
            except (ValueError, RecursionError) as error:
                report.problem(DataError(where, BAD_ROW, error))
                continue
            values = {field: record[column] for field, column in columns.items()}
            for field in ("label", "id"):
                # Numbers name classes and rows as well as text does; true and false do not.
                if type(values.get(field)) is int:
                    values[field] = str(values[field])
            yield Row(where, **values)
