"""Folders of images and texts as a ``tf.data.Dataset``. Importing this imports TensorFlow."""

import itertools
from typing import Any

from mmref.contract.settings import check_count
from mmref.contract.training import check_reader
from mmref.data.folders.reader import Reader
from mmref.keras._quiet import quiet_stderr

with quiet_stderr():
    import tensorflow as tf


def dataset(reader: Reader, workers: int = 2) -> Any:
    """The batches of a ``Reader`` in their order, read ahead in ``workers`` threads.

    "present", where the reader gives it, is a mapping from each modality to boolean (B,).

    Each pass is the next epoch, the first pass is epoch 0. (Keras's PyTorch backend makes a pass
    of its own before ``fit`` begins; on TensorFlow ``fit`` begins with epoch 0.)

    When an image cannot be read, TensorFlow hands the message of the DataError, which names the
    file, on in an error of its own. The first batch is read at once, to learn the types.
    """
    check_reader(reader)
    check_count("workers", workers)
    epochs = itertools.count()
    batch = reader.batch(0, 0)
    flat, shapes = tf.nest.flatten(batch), tf.nest.flatten(_shapes(batch))

    def places():
        epoch = next(epochs)
        return ((epoch, index) for index in range(len(reader)))

    def read(epoch, index):
        parts = tf.numpy_function(
            lambda *place: tf.nest.flatten(reader.batch(*map(int, place))),
            [epoch, index],
            [part.dtype for part in flat],
        )
        for part, shape in zip(parts, shapes, strict=True):
            part.set_shape(shape)
        return tf.nest.pack_sequence_as(batch, parts)

    place = tf.TensorSpec((), tf.int64)
    pairs = tf.data.Dataset.from_generator(places, output_signature=(place, place))
    batches = pairs.map(read, num_parallel_calls=workers, deterministic=True).prefetch(workers)
    return batches.apply(tf.data.experimental.assert_cardinality(len(reader)))


def _shapes(batch: Any, name: str = "") -> Any:
    """What every batch of a reader has: B is free, and T, the length of the texts, is."""
    if isinstance(batch, dict):
        return {key: _shapes(part, key) for key, part in batch.items()}
    if isinstance(batch, tuple):
        return tuple(map(_shapes, batch))
    free = name in ("text", "mask") and batch.ndim == 2
    return tf.TensorShape((None, None) if free else (None, *batch.shape[1:]))
