"""Folders of images and texts for Keras's ``fit``."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from mmref.contract.training import check_reader
from mmref.types import Array

if TYPE_CHECKING:  # reading images needs Pillow, importing this module does not
    from mmref.data.folders import Reader


class FolderBatches(keras.utils.PyDataset):
    """The batches of a ``mmref.data.folders.Reader`` as NumPy arrays, images (B, H, W, 3).

    "present", where the reader gives it, is a mapping from each modality to boolean (B,).

    kwargs: of ``keras.utils.PyDataset``, such as ``workers``. Leave them at 1 on Keras's PyTorch
        backend: with more, Keras 3.15 hands on batches left over from the epoch before.

    Without ``length`` a reader's batches differ in T, the length of their texts, and TensorFlow is
    told so. It cannot be where there is one batch, whose T an augmentation changes from epoch to
    epoch: that reader needs a ``length``.

    Give ``fit`` the argument ``shuffle=False``: the reader shuffles the samples, and fit's own
    shuffle of whole batches follows Python's global generator.

    Errors
        DataError: an image cannot be read; it names the file.
    """

    def __init__(self, reader: "Reader", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_reader(reader)
        self.reader, self.epoch = reader, 0
        self._begun = self._last_drawn = self._looking = False

    def __len__(self) -> int:
        return len(self.reader)

    @property
    def num_batches(self) -> int:
        # Before an epoch, Keras asks this, then looks at the first two batches: an axis that is
        # the same in both TensorFlow takes for fixed, and stops at the first batch that differs.
        # A PyDataset has no way to declare that an axis is free: in Keras 3.15 the two batches are
        # the only source of the signature, which a private object keeps. A ``tf.data.Dataset`` can
        # declare it (``mmref.data.folders.tf_data`` does), but needs TensorFlow on every backend.
        several = not self._begun and len(self) > 1
        self._looking = several and keras.backend.backend() == "tensorflow"
        return len(self)

    def __getitem__(self, index: int) -> dict[str, Any] | tuple[dict[str, Any], Array]:
        batch = self.reader.batch(self.epoch, index)
        self._last_drawn |= index == len(self) - 1
        if self._looking and getattr(self.reader, "length", None) is None:
            return _of_its_own_length(batch, index)
        return batch

    def on_epoch_begin(self) -> None:
        self._begun, self._looking = True, False

    def on_epoch_end(self) -> None:
        # Keras also announces an end after it has looked at the first batches to learn their
        # shapes. That look is no epoch: fit begins with epoch 0, as a DataLoader does.
        self.epoch += self._begun and self._last_drawn
        self._begun = self._last_drawn = self._looking = False


def _of_its_own_length(batch, index):
    """T as even or odd as the index, by one more place of padding: no two neighbors share it."""
    if isinstance(batch, tuple):
        inputs, *labels = batch
        return _of_its_own_length(inputs, index), *labels
    padded = {
        name: np.pad(batch[name], ((0, 0), (0, 1)))
        for name in ("text", "mask")
        if name in batch and batch[name].ndim == 2 and (batch[name].shape[1] - index) % 2
    }
    return batch | padded
