"""The only way from a name in a file to a file that is opened: nothing outside the root."""

import os
import stat
from pathlib import Path, PurePosixPath

from mmref.contract.settings import check_kind
from mmref.data._files import check_path
from mmref.errors import DataError

OUTSIDE = "outside the folder"
MISSING = "missing file"
# What images are usually called; used where no table names them.
SUFFIXES = (
    *(".bmp", ".gif", ".jfif", ".jp2", ".jpeg", ".jpg"),
    *(".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"),
)


def folder(root: str | Path) -> Path:
    """The root as a resolved path; DataError unless it is a folder with something in it."""
    check_path("root", root)
    path = Path(root).resolve()
    if not path.is_dir():
        raise DataError(root, MISSING, "expected a folder")
    if not any(path.iterdir()):
        raise DataError(root, "empty folder", "expected images and a file of captions")
    return path


def shown(root: str | Path) -> str:
    """The folder as messages show it: by its own name, wherever it lies.

    >>> shown("/home/me/photos")
    'photos'
    """
    return Path(root).name or str(root)


def locate(root: str | Path, name: str, resolved: dict[str, str] | None = None) -> tuple[str, str]:
    """The place of ``name`` within ``root``, links followed: (relative name, path).

    resolved: who asks for many files passes one dictionary for all of them, so that each of their
        folders is looked up once: of a folder as it is written, where it is.

    Raises DataError for an absolute path, "..", a backslash (names are written with "/" on every
    system), a link that leads outside, and anything but a regular file: reading a pipe would hang.
    """
    pure = _relative(root, name)
    resolved = {} if resolved is None else resolved
    written = os.path.join(root, pure.parent)
    try:
        top = resolved.get(".") or resolved.setdefault(".", os.path.realpath(root))
        if written not in resolved:
            resolved[written] = os.path.realpath(written)
        path = os.path.join(resolved[written], pure.name)
        if not stat.S_ISREG(_mode(path)):
            path = os.path.realpath(path)  # a link, if it is there at all
    except UnicodeEncodeError as error:  # half of a character, as JSON may hold it
        raise DataError(repr(name), MISSING, f"no name of a file in {shown(root)}") from error
    # With a separator at the end: /data is not the start of /data2.
    inside = os.path.join(top, "")
    if not path.startswith(inside):
        target = os.path.relpath(path, top).replace(os.sep, "/")
        raise DataError(name, OUTSIDE, f"a link leads to {target}, seen from {shown(root)}")
    mode = _mode(path)
    if not mode:
        raise DataError(name, MISSING, f"not found in {shown(root)}{_with_suffix(path)}")
    if not stat.S_ISREG(mode):
        raise DataError(name, MISSING, f"expected a regular file in {shown(root)}")
    return path.removeprefix(inside).replace(os.sep, "/"), path


def subfolder(root: str | Path, name: str) -> str:
    """The path of a folder in ``root``, the root itself for "."; DataError as for ``locate``."""
    path = os.path.realpath(os.path.join(root, _relative(root, name)))
    top = os.path.realpath(root)
    if path != top and not path.startswith(os.path.join(top, "")):
        raise DataError(name, OUTSIDE, f"a link leads out of {shown(root)}")
    if not os.path.isdir(path):
        raise DataError(name, MISSING, f"expected a folder in {shown(root)}")
    return path


def _relative(root, name):
    """A name as a path, which looks by itself as if it stayed in the root."""
    check_path("root", root)
    check_kind("name", name, str, "a text")
    if not name or "\0" in name or "\\" in name:
        raise DataError(repr(name), OUTSIDE, 'expected a relative name, written with "/"')
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or Path(name).drive:
        inside = pure.is_relative_to(root) and ".." not in pure.parts
        here = f", here {pure.relative_to(root).as_posix()!r}" if inside else ""
        expected = f'expected a name relative to {shown(root)}, without ".."'
        raise DataError(name, OUTSIDE, expected + here)
    return pure


def _mode(path):
    """What kind of file this is, no link followed; 0 for none."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def _with_suffix(path):
    """What to do where a name without a suffix means a file that has one."""
    if os.path.splitext(path)[1]:
        return ""
    there = next((suffix for suffix in SUFFIXES if _mode(path + suffix)), None)
    return f", where {os.path.basename(path)}{there} is: pass suffix={there!r}" if there else ""
