"""Rows to predict from a file: a table with the columns that the model was trained on."""

import csv
from pathlib import Path
from typing import Any

from mmref.bundle.content import Bundle
from mmref.contract.settings import check_choice
from mmref.errors import DataError

IMAGE, TEXT = "image", "caption"  # as ``folders.load`` calls the columns, unless told otherwise


def read_rows(
    bundle: Bundle, path: str | Path, delimiter: str | None = None
) -> tuple[dict[str, Any], list[str], list[str]]:
    """What ``predict`` takes, from a table in a file; the columns that it leaves unread; and those
    that the model could read, were they there.

    path: of a CSV file with a header (.csv, .txt), or one with tabs (.tsv). The columns of the
        bundle's table have to be there. Where the model has such modalities, images may stand in
        "image", further ones and sounds in a column named as the modality, relative to the file's
        folder, and texts in "caption". Cells are read as ``folders.load`` reads them, empty ones as
        absent.
    delimiter: what stands between the cells, where it is not the suffix's own.

    Errors
        DataError: no such file, a column that is missing, none that is the model's, no rows, or a
        cell of another kind; it names the line. ChoiceError: another suffix.
    """
    from mmref.data.folders.checks import settle  # needs Pillow
    from mmref.data.folders.columns import Columns
    from mmref.data.folders.paths import folder
    from mmref.data.folders.report import Report
    from mmref.data.folders.tables import DELIMITERS, open_text, rows_of

    path = Path(path)
    root, suffix = folder(path.parent), path.suffix.lower()
    check_choice("rows (by their file's suffix)", suffix, tuple(DELIMITERS))
    with open_text(root, path.name) as file:
        header = next(csv.reader(file, delimiter=delimiter or DELIMITERS[suffix]), [])
    named = {"image": IMAGE, "text": TEXT} | {m: m for m in bundle.modalities if m != "text"}
    there = {m: named[m] for m in bundle.modalities if m != "table" and named[m] in header}
    learned = bundle.table if "table" in bundle.modalities else None
    if not there and learned is None:
        expected = f"expected some of {[named[m] for m in bundle.modalities]}, got {header}"
        raise DataError(path.name, "malformed header", expected)
    columns = Columns(
        image=there.get("image"),
        text=there.get("text"),
        more_images={m: c for m, c in there.items() if m not in ("image", "text", *bundle.sounds)},
        sounds={m: c for m, c in there.items() if m in bundle.sounds},
        numbers=tuple(learned.numbers) if learned else (),
        categories=tuple(learned.categories) if learned else (),
    )
    rows = list(rows_of(root, path.name, columns, delimiter, Report(), keep=True))
    if not rows:
        raise DataError(path.name, "no rows", "expected some below the header")
    for row in rows:
        settle(row, columns)
    files = {"image": [row.image for row in rows]} if columns.image else {}
    files |= {m: [row.files[k] for row in rows] for k, m in enumerate(columns.files)}
    files = {m: [x and root / x for x in names] for m, names in files.items()}
    given: dict[str, Any] = {}
    if columns.image or columns.more_images:
        given["images"] = {m: x for m, x in files.items() if m not in columns.sounds}
    if columns.sounds:
        given["sounds"] = {m: files[m] for m in columns.sounds}
    if columns.text:
        given["texts"] = [row.text for row in rows]
    if learned:
        cells = [[*row.numbers, *row.categories] for row in rows]
        given["table"] = dict(zip(columns.table, zip(*cells, strict=True), strict=True))
    unread = [name for name in header if name not in columns.wanted]
    lacking = [named[m] for m in bundle.modalities if m != "table" and m not in there]
    return given, unread, lacking
