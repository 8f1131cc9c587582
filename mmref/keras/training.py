"""What Keras's ``fit`` needs beside itself: batches that are augmented as they are drawn.

A training that was stopped goes on by Keras's own callback, in another process too::

    kept = keras.callbacks.BackupAndRestore("kept")  # a folder, emptied at the end
    model.fit(batches, epochs=20, shuffle=False, callbacks=[kept])

It brings back weights, the optimizer's state and the epoch; samples come to the same weights if
they come in the same order. So tell :class:`Batches`, or ``FolderBatches``, the epoch at which the
training goes on, which their order follows (``batches.epoch = 3; batches.shuffle()``, or
``batches.epoch = 3``). Dropout draws anew.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from mmref.contract.settings import check_count, check_function, check_mapping, check_seed
from mmref.contract.training import (
    arrays_of,
    check_augmented,
    check_inputs,
    check_rows_alike,
    take_rows,
)
from mmref.types import Array


class Batches(keras.utils.PyDataset):
    """Shuffled, augmented batches of (inputs, labels) for ``model.fit``.

    Args
        inputs: mapping modality -> array (N, ...), and perhaps "present" -> mapping of every
            modality -> boolean (N,).
        labels: array (N, ...), handed on as it is: what it may hold is for the loss to say
            (integers (N,) for a sparse one, rows of target probabilities (N, K) otherwise).
        batch_size: rows in a batch; the last one may be smaller.
        augment: function (inputs of one batch as NumPy arrays, numpy Generator) -> inputs, as many
            rows of them; or None.
        seed: integer from 0; with the epoch and the place of a batch in it, it fixes the samples
            and the augmentation of that batch, whoever draws it and when.
        kwargs: of ``keras.utils.PyDataset``. Leave ``workers`` at 1 on Keras's PyTorch backend:
            with more, Keras 3.15 hands on batches left over from the epoch before.

    Give ``fit`` the argument ``shuffle=False``: the samples are shuffled here, and its own shuffle
    of whole batches follows Python's global generator.

    Errors
        ShapeError: inputs and labels differ in length or are empty, or ``augment`` gives back more
        or fewer rows. TypeError: inputs that are no mapping, an ``augment`` that is no function, a
        number that is no integer. ValueError: batch_size below 1, seed below 0, an input that is
        not finite or a row with no modality present.

    >>> batches = Batches({"x": np.arange(5)}, np.arange(5), batch_size=2)
    >>> len(batches)
    3
    """

    def __init__(
        self,
        inputs: Mapping[str, Any],
        labels: Array,
        batch_size: int = 64,
        augment: Callable | None = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_count("batch_size", batch_size)
        check_seed(seed)
        if augment is not None:
            check_function("augment", augment, "a function or None")
        check_mapping("inputs", inputs)
        inputs, labels = arrays_of("inputs", inputs, np.asarray), np.asarray(labels)
        check_rows_alike("inputs", inputs, labels)
        check_inputs("inputs", inputs, training=True)
        self.inputs, self.labels, self.batch_size = inputs, labels, batch_size
        self.augment, self.seed, self.epoch = augment, seed, 0
        self.shuffle()

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[dict[str, Any], Array]:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        inputs = take_rows(self.inputs, rows)
        if self.augment is not None:
            # A generator for each batch: Keras draws some twice, and from threads of its own.
            rng = np.random.default_rng([self.seed, self.epoch, 1 + index])
            given, inputs = inputs, self.augment({**inputs}, rng)
            check_augmented(inputs, given, len(rows))
        return inputs, self.labels[rows]

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self.shuffle()

    def shuffle(self) -> None:
        """A new order of the samples."""
        rng = np.random.default_rng([self.seed, self.epoch, 0])
        self.order = rng.permutation(len(self.labels))
