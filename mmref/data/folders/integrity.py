"""Every file of a folder looked at once: can it be decoded, and is it a copy of another one?"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from mmref.data.folders.images import read_image
from mmref.data.folders.paths import locate
from mmref.data.folders.report import Report
from mmref.data.folders.splits import TWO_SPLITS
from mmref.errors import DataError


def decode_image(root: Path, name: str) -> None:
    """Raise unless an image can be decoded; a JPEG at its smallest."""
    read_image(root, name, size=1)


def unreadable(
    root: Path, columns: Iterable[Sequence[str]], report: Report, read: Callable
) -> dict[str, DataError]:
    """The files that ``read`` refuses, by name; the first one raises if ``report`` says so."""
    broken = {}
    for name in dict.fromkeys(name for names in columns for name in names if name):
        try:
            read(root, name)
        except DataError as error:
            if report.on_error == "error":
                raise
            broken[name] = error
    return broken


def check_copies(
    root: Path, files: Mapping[str, Iterable[Sequence[str]]], splits: Sequence[str]
) -> None:
    """A file that is in two splits, under one name or two, would be trained on and tested with.

    files: of "image" and "sound" the names, modality by modality.
    """
    first: dict[bytes, tuple[str, str]] = {}
    for kind, columns in files.items():
        placed = (pair for names in columns for pair in zip(names, splits, strict=True))
        for name, split in dict.fromkeys(pair for pair in placed if pair[0]):
            with open(locate(root, name)[1], "rb") as file:
                key = hashlib.file_digest(file, "sha256").digest()
            other, its = first.setdefault(key, (name, split))
            if its != split:
                copy = f"its copy {other} in " if other != name else ""
                raise DataError(name, TWO_SPLITS[kind], f"{split!r}, and {copy}{its!r}")
