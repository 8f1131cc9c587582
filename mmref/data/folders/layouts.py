"""Folders without a table: what lies where says what is in them."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmref.contract.settings import check_choice, check_flags, check_text
from mmref.data.folders.captions import CLASS_FOLDER, class_folder, finished
from mmref.data.folders.columns import Columns, Row
from mmref.data.folders.index import MISSINGS, FolderData
from mmref.data.folders.paths import SUFFIXES, folder, shown, subfolder
from mmref.data.folders.report import Report
from mmref.data.folders.rows import build
from mmref.data.folders.splits import SPLIT_NAMES
from mmref.data.folders.tables import open_text
from mmref.errors import DataError

NO_IMAGE = "not called an image"
TWO_IMAGES = "two images with one text"
LINK = "link to a folder"
EMPTY = "class folder without images"


def load_class_folders(
    root: str | Path,
    *,
    images: str = ".",
    splits: bool = False,
    classes: Sequence[str] | None = None,
    on_error: str = "error",
) -> FolderData:
    """Read images that lie in one folder for each class; there are no texts.

    root: the folder. images: the folder below it that holds the class folders.
    splits: it holds the folders train, validation (valid, val, dev) and test instead, or some of
        them, each with class folders.
    classes, on_error: as in :func:`load`.

    An image is known by its suffix (.jpg, .png and so on) and belongs to the first folder it lies
    in, however deep. What is called otherwise is left out and counted in the report, whatever
    ``on_error`` says; what is hidden is passed over, as systems leave such files everywhere. Links
    to folders are not followed, and counted.

    Errors
        DataError: as in ``load``; an image in no class folder; folders named as splits, where
        ``splits`` is not set, or named otherwise where it is.
    """
    check_text("images", images)
    check_flags(splits=splits)
    report, root = Report(on_error), folder(root)
    below = "" if images == "." else f"{images}/"

    def rows():
        found = set()
        for name in _files(root, images, report):
            if not name.lower().endswith(SUFFIXES):
                report.note(NO_IMAGE, _printable(below + name))
                continue
            split, inner = None, name
            if splits:
                split, _, inner = name.partition("/")
                if split not in SPLIT_NAMES:
                    expected = f"expected folders of {(*SPLIT_NAMES,)}, got {name!r}"
                    raise DataError(shown(root), "no splits", expected)
            label = class_folder(inner)
            found.add(f"{split}/{label}" if splits else label)
            yield Row(_printable(below + name), below + name, label=label, split=split)
        for folder_of_class in _folders(root, images, splits):
            if folder_of_class not in found:
                report.note(EMPTY, _printable(below + folder_of_class))

    columns = Columns(text=None, label=CLASS_FOLDER, split="split" if splits else None)
    return finished(build(root, rows(), report, columns, classes))


def load_pairs(
    root: str | Path,
    *,
    images: str = ".",
    suffix: str = ".txt",
    class_folders: bool = False,
    classes: Sequence[str] | None = None,
    missing: str = "error",
    on_error: str = "error",
) -> FolderData:
    """Read images with a text file of the same name beside each: cat.jpg and cat.txt.

    root: the folder. images: the folder below it where to look, however deep.
    suffix: of the files of texts, UTF-8; a text is all that is in its file, without blanks at
        both ends.
    class_folders: the label is the folder that an image lies in, the first one below ``images``.
    classes, on_error: as in :func:`load`. missing: "keep" keeps an image without a text, or with an
        empty one, and a text without an image.

    Images are known as in :func:`load_class_folders`, and other files treated as there.

    Errors
        DataError: as in ``load``; two images that share one text.
    """
    check_text("images", images)
    check_text("suffix", suffix)
    check_flags(class_folders=class_folders)
    check_choice("missing", missing, MISSINGS)
    report, root = Report(on_error), folder(root)
    below = "" if images == "." else f"{images}/"

    def rows():
        beside: dict[str, list[str]] = {}  # of each name without suffix, the images
        texts = {}
        for name in _files(root, images, report):
            stem, end = os.path.splitext(name)
            if end.lower() == suffix.lower():
                texts[stem] = name
            elif end.lower() in SUFFIXES:
                beside.setdefault(stem, []).append(name)
            else:
                report.note(NO_IMAGE, _printable(below + name))
        for stem in sorted(beside.keys() | texts.keys()):
            names = beside.get(stem, [])
            row = Row(_printable(below + (names or [texts[stem]])[0]))
            try:
                if len(names) > 1 and stem in texts:
                    raise DataError(row.where, TWO_IMAGES, f"{names[1]} has that name, too")
                if stem in texts:
                    row.text = _text(root, below + texts[stem])
            except DataError as error:
                report.problem(error)
                continue
            for name in names or [""]:
                row.image = name and below + name
                row.label = class_folder(name or stem) if class_folders else None
                yield row

    label = CLASS_FOLDER if class_folders else None
    columns = Columns(image="the image", text="the text beside it", label=label)
    return finished(build(root, rows(), report, columns, classes, missing=missing))


def _files(root: Path, images: str, report: Report) -> Iterator[str]:
    """The names of all files in a folder of the root, sorted by folders; relative to it."""
    top = subfolder(root, images)
    for place, folders, files in os.walk(top):
        here = os.path.relpath(place, top).replace(os.sep, "/")
        start = "" if here == "." else f"{here}/"
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                report.note(LINK, _printable(start + name))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (start + name for name in sorted(files) if not name.startswith("."))


def _folders(root, images, splits):
    """The class folders by their names, below those of the splits where there are some."""
    top = Path(subfolder(root, images))
    places = top.glob("*/*" if splits else "*")
    real = [p for p in places if p.is_dir() and not p.is_symlink() and p.name[0] != "."]
    return sorted(p.relative_to(top).as_posix() for p in real)


def _text(root, name):
    with open_text(root, name) as file:
        return file.read().strip()


def _printable(name):
    """A name whose bytes are no UTF-8 cannot be printed; it is refused, and told with these."""
    return name.encode("utf-8", "backslashreplace").decode()
