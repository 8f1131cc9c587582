"""What is in a folder of images and texts: names, texts and labels, and no pixel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from mmref.contract.data import row_numbers
from mmref.contract.settings import check_choice, check_count, check_flags
from mmref.data.folders.images import read_image
from mmref.data.folders.integrity import check_copies, decode_image, unreadable
from mmref.data.folders.paths import shown
from mmref.data.folders.report import Report
from mmref.data.folders.sounds import check_sound
from mmref.data.folders.splits import SPLITS, draw, label_of_each, no_strata, together
from mmref.errors import DataError
from mmref.types import Array, Size

MISSINGS = ("error", "keep")
Column = Array | tuple[str | None, ...]  # of numbers, or of categories


@dataclass(frozen=True, eq=False)
class FolderData:
    """One row for each row of the table it came from; row i of every field belongs together.

    An image with five captions has five rows. Only this index is in memory, about 0.3 KB a row;
    images are decoded when they are asked for.

    root: the folder; nothing outside it is read.
    images: the image's file, relative to the root, links followed; "" where it is absent. None
        where no row has one.
    texts: the caption, or the question; "" where it is absent. None where no row has one.
    labels: what is to be predicted, as ``task`` says: (N,) int64, index into ``classes``; (N, K)
        float32 of 0 and 1; (N,) or (N, K) float32, numbers; or None.
    classes: the names of the labels.
    splits: "train", "validation" or "test"; or None.
    ids: the row's id in the file it came from; or None.
    answers: VQA alone: all that people answered.
    report: what was left out, or kept with something absent, and why.
    more_images: further modalities of images, each as ``images``. sounds: modalities of sounds,
        likewise.
    columns: of the table: numbers (N,) float64 with NaN where one is absent, and categories, texts
        with None. ``mmref.data.table.Table`` makes features of them.
    target: the columns that ``labels`` come from where these are numbers.
    missing: "keep" where rows were kept with something absent; "error" where none was let in.
    """

    root: Path
    images: tuple[str, ...] | None
    texts: tuple[str, ...] | None
    labels: Array | None = None
    classes: tuple[str, ...] = ()
    splits: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    answers: tuple[tuple[str, ...], ...] | None = None
    report: Report = field(default_factory=Report)
    more_images: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sounds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)
    target: tuple[str, ...] = ()
    missing: str = "error"

    def __len__(self) -> int:
        lists = (self.texts, *self.files.values(), *self.columns.values())
        return next((len(column) for column in lists if column is not None), 0)

    @property
    def task(self) -> str | None:
        """What the labels ask for: "classification", "multilabel", "regression", or None."""
        if self.labels is None:
            return None
        if self.target:
            return "regression"
        return "classification" if self.labels.ndim == 1 else "multilabel"

    @property
    def image_names(self) -> dict[str, tuple[str, ...]]:
        """The files of every modality of images, ``images`` as "image"."""
        first = {} if self.images is None else {"image": self.images}
        return first | dict(self.more_images)

    @property
    def files(self) -> dict[str, tuple[str, ...]]:
        """The files of every modality that has some: images and sounds."""
        return self.image_names | dict(self.sounds)

    @cached_property
    def present(self) -> dict[str, Array]:
        """Of each modality, "image", "text", further images, sounds, "table", which rows have it.

        Boolean (N,). A row has the table when it has any cell of it; for a ``Reader`` that is given
        a ``Table``, when this one knows what to make of a cell.
        """
        names = self.files | ({} if self.texts is None else {"text": self.texts})
        order = sorted(names, key=("image", "text", *self.more_images, *self.sounds).index)
        there = {m: np.array([bool(name) for name in names[m]], bool) for m in order}
        if self.columns:
            cells = [
                ~np.isnan(column)
                if isinstance(column, np.ndarray)
                else np.array([value is not None for value in column], bool)
                for column in self.columns.values()
            ]
            there["table"] = np.any(cells, axis=0)
        return there

    def image(
        self, row: int, size: Size | None = None, fit: str = "crop", modality: str = "image"
    ) -> Array:
        """Decode the image of one row: uint8 (H, W, 3). See :func:`read_image`."""
        check_count("row", row, 0)
        (row,) = row_numbers("row", [row], len(self))
        names = self.image_names
        check_choice("modality", modality, tuple(names))
        if not (name := names[modality][row]):
            raise DataError(shown(self.root), "absent image", f"row {row} has no {modality!r}")
        return read_image(self.root, name, size, fit)

    def take(self, rows: Array | Sequence[int]) -> Self:
        """These rows alone, in this order: integers from 0, or a boolean for each row.

        A row may come more than once, as the rare classes do when they are oversampled.
        """
        rows = row_numbers("rows", rows, len(self))
        numbers = rows.tolist()

        def chosen(column):
            if isinstance(column, np.ndarray):
                return column[rows]
            return None if column is None else tuple(column[i] for i in numbers)

        fields = ("images", "texts", "labels", "splits", "ids", "answers")
        parts: dict[str, Any] = {name: chosen(getattr(self, name)) for name in fields}
        more = {m: chosen(names) for m, names in self.more_images.items()}
        sounds = {m: chosen(names) for m, names in self.sounds.items()}
        columns = {name: chosen(column) for name, column in self.columns.items()}
        return replace(self, **parts, more_images=more, sounds=sounds, columns=columns)

    def split(
        self,
        train: float = 0.7,
        validation: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
        stratify: bool = False,
    ) -> Self:
        """The same rows with splits drawn at random; no file is in two of them.

        Rows that share an image or a sound, of whatever modality, stay together, and so do those
        that others link: all texts of an image, all pictures of a sound. Rows without a file stay
        together where their text is the same.

        stratify: each class gets its shares; every row then needs one class, and all rows that
            stay together the same.
        Copies of a file under other names are taken for other files: ``check`` finds them.
        Raises ValueError unless the shares sum to 1, DataError when a split would be empty, or
        where there are no such classes.
        """
        check_flags(stratify=stratify)
        groups = together(self.files.values(), self.texts, len(self))
        strata = None
        if stratify:
            if self.labels is None or self.task != "classification":
                raise DataError(shown(self.root), *no_strata(self.task))
            strata = label_of_each(groups, self.labels)
        return replace(self, splits=draw(groups, (train, validation, test), seed, strata))

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
        """Decode every image and sound once, so that no surprise is left for the training.

        Raises DataError for the first bad one; with on_error="skip", returns the data without
        the rows of bad ones, which its report counts and names; a warning says so where more
        than a twentieth of all rows is gone. "error" also raises it for an image or a sound of one
        split that is in another, too, or whose copy is, byte for byte; "skip" leaves these as they
        are, since published splits have some and are to stay comparable. Leave copies of your own
        out with ``take`` before ``split``, or name a column of splits that keeps them together. Of
        data with missing="keep", "skip" keeps a row of a bad file that has anything else, and
        reports the file as absent.
        """
        report = self.report.again(on_error)
        broken = unreadable(self.root, self.image_names.values(), report, decode_image)
        broken |= unreadable(self.root, self.sounds.values(), report, check_sound)
        good, has = np.ones(len(self), bool), np.sum([*self.present.values()], axis=0)
        kept = {m: list(names) for m, names in self.files.items()}
        for m, names in self.files.items():
            for row in np.flatnonzero(good & [name in broken for name in names]):
                error = broken[names[row]]
                has[row] -= 1
                if self.missing == "keep" and has[row]:
                    kept[m][row] = ""
                    report.kept(f"{m} ({error.kind})", error.name)
                else:
                    report.problem(error)
                    good[row] = False
        more = {m: tuple(names) for m, names in kept.items()}
        images = more.pop("image", None)
        sounds = {m: more.pop(m) for m in self.sounds}
        changed = replace(self, report=report, images=images, more_images=more, sounds=sounds)
        data = changed.take(good)
        if not len(data):
            raise DataError(shown(self.root), "no usable rows", report)
        if on_error == "error" and data.splits is not None:
            files = {"image": data.image_names.values(), "sound": data.sounds.values()}
            check_copies(self.root, files, data.splits)
        report.warn(len(data))
        return data
