"""A folder of images with a table that says what is in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from mmref.contract.settings import check_choice, check_flags, check_text, text_list
from mmref.data.folders.columns import Columns, Row
from mmref.data.folders.index import MISSINGS, FolderData
from mmref.data.folders.paths import folder
from mmref.data.folders.report import Report
from mmref.data.folders.rows import build
from mmref.data.folders.tables import rows_of
from mmref.types import Frame

CLASS_FOLDER = "the class's folder"  # what errors call it, as they call a column by its name


def load(
    root: str | Path,
    captions: str | Frame = "captions.csv",
    *,
    # Which column holds what.
    image: str | None = "image",
    text: str | None = "caption",
    label: str | None = None,
    labels: str | Sequence[str] | None = None,
    target: str | Sequence[str] | None = None,
    numbers: Sequence[str] = (),
    categories: Sequence[str] = (),
    more_images: Mapping[str, str] | None = None,
    sounds: Mapping[str, str] | None = None,
    split: str | None = None,
    id: str | None = None,
    # How the file is written.
    images: str = ".",
    suffix: str | None = None,
    delimiter: str | None = None,
    separator: str = "|",
    class_folders: bool = False,
    # What becomes of it.
    classes: Sequence[str] | None = None,
    missing: str = "error",
    on_error: str = "error",
) -> FolderData:
    """Read a folder of images with a table, one row for each caption.

    root: the folder. captions: the table in it, UTF-8, by its suffix CSV with a header (.csv,
        .txt), the same with tabs (.tsv), or one JSON object a line (.jsonl); or a data frame of
        pandas, or of any library whose frames have ``columns`` and give one by its name.

    Columns, or keys:

    image, text: the image's name and its caption; None where there are none in the table.
    label: a class. labels: several classes in one cell, ``separator`` between them (in JSON also a
        list), or a list of columns of 0 and 1 whose names are the classes; a cell without any is
        a row of none of the classes, which the report counts. target: a number that is to be
        predicted, or a list of several such columns. At most one of these three.
    numbers, categories: columns of a table that is a modality of its own
        (``mmref.data.table.Table``). Numbers are written with a point.
    more_images: further images, modality -> column, such as {"back": "back_image"}.
    sounds: sound files, likewise, such as {"voice": "recording"}; ``read_sound`` says which can be
        read, and ``Reader`` what becomes of them.
    split: "train", "validation" ("valid", "val", "dev") and "test". id: a name for each row. Rows
        without ids count as duplicates when files, text and table are the same.

    How they are written:

    images: the folder below the root that the names of all files, sounds as well, start from. They
        may be written with the backslashes of Windows. suffix: what is missing at the end of each
        image's name, as ".jpg", and of each sound's where the table has no images.
    delimiter: what stands between the cells, where it is not the suffix's own.
    class_folders: the label is the folder that an image lies in, the first one below ``images``.

    classes: the labels in the order of their numbers; None takes what occurs, sorted as numbers
        where all are whole numbers, and else as text.
    missing: "error": a row without its image, its text or a cell of its table is a bad one. "keep"
        keeps it, with "" or NaN or None in that place (for a named image that is not there, too);
        ``present`` tells which, and ``report`` how many; with on_error="skip" an image or a sound
        that cannot be decoded is absent as well, under a name of its own, such as "image
        (unreadable image)". A row of nothing at all is bad anyway.
    on_error: "error" raises a DataError for the first bad row, naming file, line and column; bad
        pixels raise it when they are read. "skip" leaves bad rows out and decodes every image and
        sound once to find the bad ones; ``report`` counts and names what is gone, and a warning
        does so where it is more than a twentieth of all rows. What would mislead raises in any
        case: no captions file, a missing column, an unclosed quote, an image or a sound in two
        splits, no rows at all, none of the files that are named; labels that look like numbers to
        be predicted, like splits, or like one class written in two ways, unless they are listed in
        ``classes``.

    Returns a :class:`FolderData`.

    Errors
        DataError: as told above. TypeError, ValueError: arguments that are none, or one column to
        predict and to predict from. ChoiceError: an unknown suffix of the captions file, or an
        unknown word for missing or on_error.
    """
    report = Report(on_error)
    check_choice("missing", missing, MISSINGS)
    root = folder(root)
    check_text("images", images)
    check_flags(class_folders=class_folders)
    if suffix is not None:
        check_text("suffix", suffix)
    one = isinstance(target, str)
    columns = Columns(
        image=image,
        text=text,
        label=label,
        labels=labels if labels is None or isinstance(labels, str) else _names("labels", labels),
        target=() if target is None else _names("target", [target] if one else target),
        numbers=_names("numbers", numbers),
        categories=_names("categories", categories),
        more_images={} if more_images is None else more_images,
        sounds={} if sounds is None else sounds,
        split=split,
        id=id,
        separator=separator,
    )
    rows = rows_of(root, captions, columns, delimiter, report, missing == "keep")
    if class_folders:
        if image is None or label or labels or target:
            given = {"image": image, "label": label, "labels": labels, "target": target}
            raise ValueError(f"class_folders: expected an image and no other label, got {given}")
        columns = replace(columns, label=CLASS_FOLDER)
    rows = _named(rows, columns, images, suffix or "", class_folders)
    return finished(build(root, rows, report, columns, classes, missing=missing))


def finished(data: FolderData) -> FolderData:
    """With on_error="skip" the images are decoded once."""
    return data.check("skip") if data.report.on_error == "skip" else data


def _names(name, columns):
    return tuple(text_list(name, columns))


def _named(
    rows: Iterator[Row], columns: Columns, images: str, suffix: str, class_folders: bool
) -> Iterator[Row]:
    """The rows with the names of their files as they are below the root, and the classes."""
    of_sounds = "" if columns.image is not None or columns.more_images else suffix
    suffixes = [of_sounds if m in columns.sounds else suffix for m in columns.files]

    def place(name, suffix):
        if not isinstance(name, str) or not name.strip():
            return name
        name = name.replace("\\", "/") + suffix
        # Joined as text: locate has to see a leading "/" or a ".." of either part.
        return name if images == "." or name.startswith("/") else f"{images}/{name}"

    for row in rows:
        if class_folders:
            row.label = class_folder(row.image)
        row.image = place(row.image, suffix)
        row.files = tuple(map(place, row.files, suffixes))
        yield row


def class_folder(name: object) -> str:
    """The first folder of an image's name; "" where it lies in none.

    >>> class_folder("cats/black/1.png"), class_folder("1.png")
    ('cats', '')
    """
    parts = PurePosixPath(str(name or "").replace("\\", "/")).parts
    return parts[0] if len(parts) > 1 else ""
