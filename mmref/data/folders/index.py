"""What is in a folder of images and texts: names, texts and labels, and no pixel."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from mmref.contract.data import row_numbers
from mmref.contract.settings import check_choice, check_count, check_flags
from mmref.data.folders.images import read_image
from mmref.data.folders.paths import locate, shown
from mmref.data.folders.report import Report
from mmref.data.folders.splits import SPLITS, draw
from mmref.errors import DataError
from mmref.types import Array, Size


@dataclass(frozen=True, eq=False)
class FolderData:
    """One row for each text; row i of every field belongs together.

    An image with five captions has five rows. Only this index is in memory, about 0.3 KB a row;
    images are decoded when they are asked for.

    root: the folder; nothing outside it is read.
    images: the image's file, relative to the root, links followed.
    texts: the caption, or the question.
    labels: (N,) int64, index into ``classes``; or None.
    classes: the names of the labels.
    splits: "train", "validation" or "test"; or None.
    ids: the row's id in the file it came from; or None.
    answers: VQA alone: all that people answered.
    report: what was left out, and why.
    """

    root: Path
    images: tuple[str, ...]
    texts: tuple[str, ...]
    labels: Array | None = None
    classes: tuple[str, ...] = ()
    splits: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    answers: tuple[tuple[str, ...], ...] | None = None
    report: Report = field(default_factory=Report)

    def __len__(self) -> int:
        return len(self.images)

    def image(self, row: int, size: Size | None = None, fit: str = "crop") -> Array:
        """Decode the image of one row: uint8 (H, W, 3). See :func:`read_image`."""
        check_count("row", row, 0)
        (row,) = row_numbers("row", [row], len(self))
        return read_image(self.root, self.images[row], size, fit)

    def take(self, rows: Array | Sequence[int]) -> Self:
        """These rows alone: integers from 0, or a boolean for each row."""
        rows = row_numbers("rows", rows, len(self))
        columns = ("images", "texts", "splits", "ids", "answers")
        chosen: dict[str, Any] = {
            name: tuple(column[i] for i in rows)
            for name in columns
            if (column := getattr(self, name)) is not None
        }
        if self.labels is not None:
            chosen["labels"] = self.labels[rows]
        return replace(self, **chosen)

    def split(
        self,
        train: float = 0.7,
        validation: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
        stratify: bool = False,
    ) -> Self:
        """The same rows with splits drawn at random; all texts of an image stay together.

        stratify: each class gets its shares; every image then needs one label.
        Copies of a picture under other names are taken for other pictures: ``check`` finds them.
        Raises ValueError unless the shares sum to 1, DataError when a split would be empty.
        """
        check_flags(stratify=stratify)
        strata = self._label_of_each_image() if stratify else None
        return replace(self, splits=draw(self.images, (train, validation, test), seed, strata))

    def part(self, split: str) -> Self:
        """The rows of "train", "validation" or "test"."""
        check_choice("split", split, SPLITS)
        if self.splits is None:
            raise DataError(
                shown(self.root), "no splits", "name their column, or draw them with split()"
            )
        if split not in self.splits:
            raise DataError(shown(self.root), "empty split", f"no row is of the split {split!r}")
        return self.take(np.array(self.splits) == split)

    def check(self, on_error: str = "error") -> Self:
        """Decode every image once, so that no surprise is left for the training.

        Raises DataError for the first bad image; with on_error="skip", returns the data without
        the rows of bad images, which its report counts and names. "error" also raises it for an
        image of one split that is a copy, byte for byte, of one in another; "skip" leaves these as
        they are, since published splits have some and are to stay comparable.
        """
        report = Report(on_error)
        for kind, names in self.report.skipped.items():
            report.skipped[kind] = list(names)
        broken = {}
        for name in dict.fromkeys(self.images):
            try:
                read_image(self.root, name, size=1)  # a JPEG is then decoded at its smallest
            except DataError as error:
                if on_error == "error":
                    raise
                broken[name] = error
        for name in self.images:
            if name in broken:
                report.problem(broken[name])
        good = replace(self, report=report).take([name not in broken for name in self.images])
        if not len(good):
            raise DataError(shown(self.root), "no usable rows", report)
        if on_error == "error" and good.splits is not None:
            good._check_copies()
        return good

    def _check_copies(self):
        """A picture that is in two splits under two names would be trained on and tested with."""
        first = {}
        for name, split in dict(zip(self.images, self.splits, strict=True)).items():
            with open(locate(self.root, name)[1], "rb") as file:
                key = hashlib.file_digest(file, "sha256").digest()
            other, its = first.setdefault(key, (name, split))
            if its != split:
                detail = f"{split!r}, and its copy {other} in {its!r}"
                raise DataError(name, "image in two splits", detail)

    def _label_of_each_image(self):
        if self.labels is None:
            raise DataError(shown(self.root), "no labels", "stratify needs them")
        label_of = dict(zip(self.images, self.labels, strict=True))
        for image, label in zip(self.images, self.labels, strict=True):
            if label_of[image] != label:
                raise DataError(image, "two labels", "stratify needs one for each image")
        return self.labels.tolist()
