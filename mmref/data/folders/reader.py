"""Batches of a folder's images and texts: the same ones for every framework."""

from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any, cast

import numpy as np

from mmref.contract.arrays import check_floats, check_shape
from mmref.contract.settings import (
    check_choice,
    check_count,
    check_flags,
    check_function,
    check_kind,
    check_seed,
    text_list,
)
from mmref.contract.settings import (
    pair as check_pair,
)
from mmref.contract.training import check_augmented
from mmref.data.folders.images import FITS, decode
from mmref.data.folders.index import FolderData
from mmref.data.folders.paths import locate
from mmref.data.folders.sounds import check_sounds, read_features
from mmref.data.sound import Sound
from mmref.data.table import Table
from mmref.data.text import Subwords, Vocabulary
from mmref.data.transforms import to_float
from mmref.types import Array, Size


class Reader:
    """Reads the batches of an epoch one by one, each from its files at the moment it is asked for.

    data: a :class:`FolderData`.
    vocabulary: a ``mmref.data.text.Vocabulary`` or ``Subwords``; None for data without texts.
    size, fit: of the images, as in ``read_image``; size is None for data without images.
    batch_size: rows in a batch; the last one may be smaller.
    sounds: modality -> ``mmref.data.sound.Sound``, for each modality of sounds that the data has.
    table: a ``mmref.data.table.Table`` that was fitted to the training rows; None leaves the
        data's columns out.
    shuffle: a new order of the rows each epoch; without it, the order of the data.
    augment: function (inputs, numpy Generator) -> inputs, called before texts become ids:
        inputs["image"] is float32 (B, H, W, 3), 0 to 1, as are further images, inputs["text"] a
        list of strings, inputs["table"] float32 (B, K), so that an image and its text can be
        changed together. As many of all have to come back.
    seed: with the epoch and the place of the batch in it, it fixes the rows and the augmentation,
        whoever asks and when.
    length: T of all batches; longer texts lose their end. None takes each batch's longest text.
    mask: also give "mask", boolean (B, T), True where there is a token.

    Batch
        ({"image": (B, H, W, 3) float32, 0 to 1, "text": ids (B, T) int64, further images, sounds
        (B, M, T, 1) float32, "table": (B, K) float32}, labels), of these what the data has; labels
        are (B,) int64, or float32 as ``FolderData.labels`` says. Data without labels gives the
        inputs alone.
        With a table, and of data that was loaded with missing="keep" or has something absent,
        the inputs have "present", too: a mapping from each modality to boolean (B,), True = there.
        An absent image is black, an absent text all padding, an absent sound or table all zeros; a
        row with nothing but categories that the training had not is without a table.

    Errors
        DataError: an image or a sound cannot be read, or a sound has another rate; it names the
        file. Headers of sounds are read at once; a warning tells how many are longer than the
        seconds that are kept; nothing behind these is read. ModalityError: ``sounds`` are of other
        modalities. ModalityError, ShapeError: ``augment`` leaves out an input, or rows of one.
        ValueError: a row of nothing that the batches have. TypeError and others: settings that no
        reader can have.
    """

    def __init__(
        self,
        data: FolderData,
        vocabulary: Vocabulary | Subwords | None,
        size: Size | None,
        batch_size: int = 32,
        *,
        sounds: Mapping[str, Sound] | None = None,
        table: Table | None = None,
        shuffle: bool = False,
        augment: Callable[[dict, np.random.Generator], dict] | None = None,
        seed: int = 0,
        length: int | None = None,
        mask: bool = False,
        fit: str = "crop",
    ) -> None:
        check_kind("data", data, FolderData, "a mmref.data.folders.FolderData")
        if data.texts is not None or vocabulary is not None:
            check_kind("vocabulary", vocabulary, (Vocabulary, Subwords), "a Vocabulary or Subwords")
        if data.image_names or size is not None:
            check_pair("size", cast(Size, size))  # None would leave images of a batch in many sizes
        check_count("batch_size", batch_size)
        check_flags(shuffle=shuffle, mask=mask)
        check_seed(seed)
        if table is not None:
            check_kind("table", table, Table, "a mmref.data.table.Table or None")
        if augment is not None:
            check_function("augment", augment, "a function or None")
        if length is not None:
            check_count("length", length)
        check_choice("fit", fit, FITS)
        self.data, self.vocabulary, self.size, self.fit = data, vocabulary, size, fit
        self.batch_size, self.shuffle, self.augment, self.seed = batch_size, shuffle, augment, seed
        self.table, self.length, self.mask = table, length, mask
        self.sounds = check_sounds(data.root, data.sounds, sounds)
        self.present = _present(data, table)
        self._drawn: tuple[int | None, Array] = (None, np.arange(0))

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        return -(-len(self.data) // self.batch_size)

    def rows(self, epoch: int, index: int) -> Array:
        """The rows of one batch: integers (B,)."""
        check_count("epoch", epoch, 0)
        check_kind("index", index, Integral, "an integer")
        if not 0 <= index < len(self):
            raise IndexError(f"index: expected 0 to {len(self) - 1}, got {index}")
        start, end = index * self.batch_size, min((index + 1) * self.batch_size, len(self.data))
        if not self.shuffle:
            return np.arange(start, end)
        return self._order_of(epoch)[start:end].copy()

    def _order_of(self, epoch):
        """All rows in the order of this epoch, drawn once: of millions of rows, it takes a while.

        Threads may ask for two epochs at once, where one ends; so a pair is read and written whole.
        """
        drawn, order = self._drawn
        if drawn != epoch:
            rows = np.arange(len(self.data))
            order = np.random.default_rng([self.seed, epoch, 0]).permutation(rows)
            self._drawn = epoch, order
        return order

    def batch(self, epoch: int, index: int) -> dict[str, Any] | tuple[dict[str, Any], Array]:
        """Read one batch; ``epoch`` and ``index`` count from 0."""
        rows = self.rows(epoch, index)
        inputs = {m: self._images(names, rows) for m, names in self.data.image_names.items()}
        if self.data.texts is not None:
            inputs["text"] = [self.data.texts[row] for row in rows]
        for m, sound in self.sounds.items():
            inputs[m] = self._spectrograms(sound, self.data.sounds[m], rows)
        if self.table is not None:
            inputs["table"] = self.table.apply(self.data, rows)[0]
        present = {m: there[rows] for m, there in self.present.items()}
        if self.augment is not None:
            rng = np.random.default_rng([self.seed, epoch, 1 + index])
            inputs = _augmented(self.augment, inputs, rng, present)
        if self.vocabulary is not None and "text" in inputs:
            inputs = pad(inputs, self.vocabulary, self.length, self.mask)
        if present:
            inputs["present"] = present
        return inputs if self.data.labels is None else (inputs, self.data.labels[rows])

    def _images(self, names, rows):
        """(B, H, W, 3), 0 to 1; black where there is none."""
        height, width = check_pair("size", self.size)
        images = np.zeros((len(rows), height, width, 3), np.uint8)
        resolved: dict[str, str] = {}  # each folder is looked up once a batch
        for image, row in zip(images, rows, strict=True):
            if names[row]:
                name, path = locate(self.data.root, names[row], resolved)
                image[:] = decode(name, path, (height, width), self.fit)
        return to_float(images)

    def _spectrograms(self, sound, names, rows):
        """(B, M, T, 1); zeros where there is none."""
        pictures = np.zeros((len(rows), *sound.size, 1), np.float32)
        for picture, row in zip(pictures, rows, strict=True):
            if names[row]:
                picture[:] = read_features(self.data.root, names[row], sound)
        return pictures


def _present(data, table):
    """Which rows have which modality of the batches; nothing where nothing can be absent."""
    present = {m: there for m, there in data.present.items() if m != "table"}
    if table is not None:  # which also asks whether it has these columns
        present["table"] = table.present(data)
    complete = all(there.all() for there in present.values())
    if complete and table is None and data.missing != "keep":
        return {}
    nothing = ~np.any(list(present.values()), axis=0)
    if nothing.any():
        row = np.flatnonzero(nothing)[0]
        unseen = " (nor a category that the training had)" if table is not None else ""
        expected = f"data: expected one of {[*present]} in each row"
        raise ValueError(f"{expected}, got none in row {row}{unseen}")
    return present


def _augmented(augment, inputs, rng, present):
    """What ``augment`` makes of a batch; what is absent stays as it was."""
    made = augment({**inputs}, rng)
    check_augmented(made, inputs, len(next(iter(inputs.values()))))
    for name, given in inputs.items():
        where = f"augment(inputs)[{name!r}]"
        if name == "text":
            text_list(where, made[name])
            continue
        check_floats(where, made[name], np.ndarray)
        axes = ("H", "W", given.shape[3]) if given.ndim == 4 else given.shape[1:]
        check_shape(where, made[name], "B", *axes)
    return made | {m: _without(made[m], there) for m, there in present.items() if not there.all()}


def _without(values, there):
    """The rows that are there; all others empty."""
    if isinstance(values, np.ndarray):
        return np.where(there.reshape(-1, *(1,) * (values.ndim - 1)), values, values.dtype.type(0))
    return [value if kept else "" for value, kept in zip(values, there, strict=True)]


def pad(
    inputs: dict[str, Any],
    vocabulary: Vocabulary | Subwords,
    length: int | None = None,
    mask: bool = False,
) -> dict[str, Any]:
    """Turn inputs["text"], texts of different lengths, into ids (B, T) with padding at the end.

    >>> from mmref.data.text import Vocabulary
    >>> pad({"text": ["red car", "car"]}, Vocabulary.build(["car", "red car"]), mask=True)
    {'text': array([[3, 2],
           [2, 0]]), 'mask': array([[ True,  True],
           [ True, False]])}
    """
    ids, valid = vocabulary.encode(inputs["text"], length, truncate=length is not None)
    return inputs | {"text": ids} | ({"mask": valid} if mask else {})
