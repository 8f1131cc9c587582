"""Folders of images and texts for Keras's ``fit``."""

import keras


class FolderBatches(keras.utils.PyDataset):
    """The batches of a ``mmref.data.folders.Reader`` as NumPy arrays, images (B, H, W, 3).

    kwargs: of ``keras.utils.PyDataset``, such as ``workers``. Leave them at 1 on Keras's PyTorch
        backend: with more, Keras 3.15 hands on batches left over from the epoch before.

    Give ``fit`` the argument ``shuffle=False``: the reader shuffles the samples, and fit's own
    shuffle of whole batches follows Python's global generator.

    Errors
        DataError: an image cannot be read; it names the file.
    """

    def __init__(self, reader, **kwargs):
        super().__init__(**kwargs)
        self.reader, self.epoch = reader, 0

    def __len__(self):
        return len(self.reader)

    def __getitem__(self, index):
        return self.reader.batch(self.epoch, index)

    def on_epoch_end(self):
        self.epoch += 1
