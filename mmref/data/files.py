"""Files that are read and written whole, and errors that name them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmref.errors import DataError


def to_read(path: str | Path) -> Path:
    """The path of a file that is there; DataError otherwise."""
    path = Path(path)
    _check_no_folder(path)
    if not path.is_file():
        raise DataError(path.name, "missing file", f"not found in {path.parent}")
    return path


def make_folder(path: str | Path) -> Path:
    """The path of a folder, made where it is not there; DataError where a file is in its place."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise DataError(
            path, "no folder", "a file has its name, or that of a folder of it"
        ) from None
    return path


@contextmanager
def to_write(path: str | Path) -> Iterator[Path]:
    """A name of this process's own to write to; what is there at the end gets the file's name.

    So nobody meets half a file, and who is interrupted leaves the old one as it was.
    """
    path = Path(path)
    _check_no_folder(path)
    make_folder(path.parent)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _check_no_folder(path):
    if path.is_dir():
        raise DataError(path.name, "no file", "expected a file, got a directory")
