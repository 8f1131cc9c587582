"""Batches of a folder's images and texts: the same ones for every framework."""

from collections.abc import Callable
from numbers import Integral
from typing import Any

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
from mmref.data.folders.images import FITS
from mmref.data.folders.index import FolderData
from mmref.data.text import Subwords, Vocabulary
from mmref.data.transforms import to_float
from mmref.errors import ModalityError
from mmref.types import Array, Size


class Reader:
    """Reads the batches of an epoch one by one, each from its files at the moment it is asked for.

    data: a :class:`FolderData`.
    vocabulary: a ``mmref.data.text.Vocabulary``.
    size, fit: of the images, as in ``read_image``.
    batch_size: rows in a batch; the last one may be smaller.
    shuffle: a new order of the rows each epoch; without it, the order of the data.
    augment: function (inputs, numpy Generator) -> inputs, called before texts become ids:
        inputs["image"] is float32 (B, H, W, 3), 0 to 1, inputs["text"] a list of strings, so that
        an image and its text can be changed together. As many of both have to come back.
    seed: with the epoch and the place of the batch in it, it fixes the rows and the augmentation,
        whoever asks and when.
    length: T of all batches; longer texts lose their end. None takes each batch's longest text.
    mask: also give "mask", boolean (B, T), True where there is a token.

    Batch
        ({"image": (B, H, W, 3) float32, 0 to 1, "text": ids (B, T) int64}, labels (B,) int64);
        data without labels gives the inputs alone.

    Raises DataError, which names the file, when an image cannot be read; ModalityError or
    ShapeError when ``augment`` leaves out the image or the text, or rows of them.
    """

    def __init__(
        self,
        data: FolderData,
        vocabulary: Vocabulary | Subwords,
        size: Size,
        batch_size: int = 32,
        *,
        shuffle: bool = False,
        augment: Callable[[dict, np.random.Generator], dict] | None = None,
        seed: int = 0,
        length: int | None = None,
        mask: bool = False,
        fit: str = "crop",
    ) -> None:
        check_kind("data", data, FolderData, "a mmref.data.folders.FolderData")
        check_kind("vocabulary", vocabulary, (Vocabulary, Subwords), "a Vocabulary or Subwords")
        check_pair("size", size)  # None would leave images of a batch in many sizes
        check_count("batch_size", batch_size)
        check_flags(shuffle=shuffle, mask=mask)
        check_seed(seed)
        if augment is not None:
            check_function("augment", augment, "a function or None")
        if length is not None:
            check_count("length", length)
        check_choice("fit", fit, FITS)
        self.data, self.vocabulary, self.size, self.fit = data, vocabulary, size, fit
        self.batch_size, self.shuffle, self.augment, self.seed = batch_size, shuffle, augment, seed
        self.length, self.mask = length, mask
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

    def batch(self, epoch: int, index: int) -> dict[str, Array] | tuple[dict[str, Array], Array]:
        """Read one batch; ``epoch`` and ``index`` count from 0."""
        rows = self.rows(epoch, index)
        images = np.stack([self.data.image(row, self.size, self.fit) for row in rows])
        texts = [self.data.texts[row] for row in rows]
        inputs: dict[str, Any] = {"image": to_float(images), "text": texts}
        if self.augment is not None:
            rng = np.random.default_rng([self.seed, epoch, 1 + index])
            inputs = self.augment(inputs, rng)
            _check_augmented(inputs, len(rows))
        inputs = pad(inputs, self.vocabulary, self.length, self.mask)
        return inputs if self.data.labels is None else (inputs, self.data.labels[rows])


def _check_augmented(inputs, rows):
    """As many images and texts as ``augment`` was given, or labels would belong to others."""
    check_augmented(inputs, rows)
    if not {"image", "text"} <= inputs.keys():
        raise ModalityError("augment(inputs)", ["image", "text"], inputs)
    check_floats("augment(inputs)['image']", inputs["image"], np.ndarray)
    check_shape("augment(inputs)['image']", inputs["image"], "B", "H", "W", 3)
    text_list("augment(inputs)['text']", inputs["text"])


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
