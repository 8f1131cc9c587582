"""Tables that people have: CSV, TSV, JSON Lines, and data frames in memory."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TextIO

from mmref.contract.settings import check_text
from mmref.data.folders.cells import BAD_ROW, BAD_TEXT
from mmref.data.folders.columns import Columns, Row
from mmref.data.folders.paths import MISSING, locate, shown
from mmref.data.folders.report import Report
from mmref.errors import ChoiceError, DataError
from mmref.types import Frame

DELIMITERS = {".csv": ",", ".txt": ",", ".tsv": "\t"}
SUFFIXES = (*DELIMITERS, ".jsonl")
HEADER = "malformed header"


def rows_of(
    root: Path,
    table: str | Frame,
    columns: Columns,
    delimiter: str | None,
    report: Report,
    keep: bool,
) -> Iterator[Row]:
    """The rows of a file in the root, by its suffix, or of a data frame; cells as they stand.

    keep: a JSON object without a key is one without a value.
    """
    if not isinstance(table, str):
        if not (hasattr(table, "columns") and hasattr(table, "__getitem__")):
            raise TypeError(f"captions: expected a text or a data frame, got {table!r:.60}")
        _no_delimiter(delimiter, "a data frame")
        return _frame(table, columns)
    check_text("captions", table)
    suffix = PurePosixPath(table).suffix.lower()
    if suffix not in SUFFIXES:
        raise ChoiceError("captions (by its suffix)", table, SUFFIXES)
    if suffix == ".jsonl":
        _no_delimiter(delimiter, "JSON Lines")
        _there(root, table)
        return _json_lines(root, table, columns, report, keep)
    if delimiter is None:
        delimiter = DELIMITERS[suffix]
    elif not isinstance(delimiter, str):
        raise TypeError(f"delimiter: expected one character, got {delimiter!r}")
    elif len(delimiter) != 1 or delimiter in '"\r\n':
        raise ValueError(f"delimiter: expected one character, got {delimiter!r}")
    _there(root, table)
    return _csv(root, table, columns, delimiter, report)


def open_text(root: Path, name: str) -> TextIO:
    """Open a text file in the root. Bytes that are not UTF-8 become lone surrogates, by which
    ``build`` knows the rows they stand in."""
    path = locate(root, name)[1]
    with open(path, "rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise DataError(name, BAD_TEXT, "expected UTF-8, got UTF-16: save it as CSV UTF-8")
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _there(root, name):
    """Raise where there is no such file; say what the folder has instead."""
    try:
        locate(root, name)
    except DataError as error:
        if error.kind != MISSING:
            raise
        files = sorted(p.name for p in root.iterdir() if p.suffix.lower() in SUFFIXES)
        advice = "load_class_folders and load_pairs read folders without such a file"
        if files:
            advice = f"which has {', '.join(files[:3])}: pass captions={files[0]!r}"
        raise DataError(name, MISSING, f"not found in {shown(root)}; {advice}") from None


def _no_delimiter(delimiter, what):
    if delimiter is not None:
        raise ValueError(f"delimiter: expected None for {what}, got {delimiter!r}")


def _csv(root, name, columns, delimiter, report):
    with open_text(root, name) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = next(reader, [])
            row = _reader(name, columns, header, delimiter)
            for cells in reader:
                where = f"{name}, line {reader.line_num}"
                if not cells:
                    continue  # an empty line
                if len(cells) != len(header):
                    kind = f"too {'many' if len(cells) > len(header) else 'few'} cells"
                    found = f"expected {len(header)} fields, got {len(cells)}"
                    advice = f"; a cell with {delimiter!r} in it needs quotes"
                    report.problem(DataError(where, kind, found + advice))
                    continue
                yield row(where, cells)
        except csv.Error as error:
            raise DataError(f"{name}, line {reader.line_num}", "malformed table", error) from error


def _json_lines(root, name, columns, report, keep):
    wanted = columns.wanted
    row = columns.reader(wanted)
    nowhere = {*wanted}
    with open_text(root, name) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            where = f"{name}, line {number}"
            try:
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ValueError(f"expected an object, got {line.strip()[:60]}")
                nowhere -= record.keys()
                absent = [column for column in wanted if column not in record]
                if absent and not keep:
                    raise ValueError(f"expected the keys {absent}, got {list(record)}")
            except (ValueError, RecursionError) as error:
                report.problem(DataError(where, BAD_ROW, error))
                continue
            yield row(where, [record.get(column) for column in wanted])
    if keep and nowhere:
        raise DataError(name, HEADER, f"expected the keys {sorted(nowhere)}, which no line has")


def _frame(frame, columns):
    wanted = columns.wanted
    _reader("the data frame", columns, list(frame.columns), None)
    row = columns.reader(wanted)
    # Column by column: a row of a frame would turn its integers into floats.
    for number, cells in enumerate(zip(*(list(frame[c]) for c in wanted), strict=True)):
        yield row(f"the data frame, row {number}", cells)


def _reader(
    name: str, columns: Columns, header: Sequence[str], delimiter: str | None
) -> Callable[[str, Sequence], Row]:
    """What makes a row of cells; DataError, which says what to do, where a column is not there."""
    absent = [column for column in columns.wanted if header.count(column) != 1]
    if not absent:
        return columns.reader(header)
    argument = columns.argument(absent[0])
    others = [column for column in header if column and column not in columns.wanted]
    how = f"such as image={others[0]!r}" if others else "here by image="
    advice = f"name the columns, {how if argument == 'image' else f'here by {argument}='}"
    if delimiter is not None and len(header) == 1:
        for other in (",", ";", "\t", "|"):
            if other != delimiter and other in header[0]:
                advice = f"pass delimiter={other!r}"
    raise DataError(name, HEADER, f"expected {absent} once each, got {header}; {advice}")
