"""Files that are read and written whole, and errors that name them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmref.contract.settings import check_kind
from mmref.errors import DataError


def check_path(name: str, path: object) -> None:
    """Raise unless this is a path, as a text or as an object of its own."""
    check_kind(name, path, (str, os.PathLike), "a path")


def to_read(path: str | Path) -> Path:
    """The path of a file that is there; DataError otherwise."""
    path = _file(path)
    if not path.is_file():
        raise DataError(path.name, "missing file", f"not found in {path.parent}")
    return path


def make_folder(path: str | Path) -> Path:
    """The path of a folder, made where it is not there; DataError where a file is in its place."""
    check_path("folder", path)
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        detail = "a file has its name, or that of a folder above it"
        raise DataError(path, "no folder", detail) from None
    return path


@contextmanager
def to_write(path: str | Path) -> Iterator[Path]:
    """A name of this process's own to write to; what is there at the end gets the file's name.

    So nobody meets half a file, and who is interrupted leaves the old one as it was.
    """
    path = _file(path)
    make_folder(path.parent)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _file(path):
    """The path, unless a folder has it."""
    check_path("path", path)
    path = Path(path)
    if path.is_dir():
        raise DataError(path.name, "no file", "expected a file, got a directory")
    return path
