"""Folders of images and texts for PyTorch's ``DataLoader``."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from mmref.contract.training import check_reader

if TYPE_CHECKING:  # reading images needs Pillow, importing this module does not
    from mmref.data.folders import Reader


class FolderBatches(Dataset):
    """The batches of a ``mmref.data.folders.Reader`` as tensors, images (B, 3, H, W).

    "present", where the reader gives it, is a mapping from each modality to boolean (B,).

    Item ``index`` is that batch of the first epoch, item ``(epoch, index)`` of another one.

    Errors
        DataError: an image cannot be read; it names the file, out of worker processes too.
    """

    def __init__(self, reader: "Reader") -> None:
        check_reader(reader)
        self.reader = reader

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(
        self, index: int | tuple[int, int]
    ) -> dict[str, Any] | tuple[dict[str, Any], torch.Tensor]:
        epoch, index = index if isinstance(index, tuple) else (0, index)
        batch = self.reader.batch(epoch, index)
        inputs, *labels = batch if isinstance(batch, tuple) else (batch,)
        tensors = _tensors(inputs)
        return (tensors, torch.from_numpy(labels[0])) if labels else tensors

    def loader(self, **options: Any) -> DataLoader:
        """A ``DataLoader``; each pass over it is the next epoch, the first pass is epoch 0.

        ``mmref.torch.fit`` and ``evaluate`` take it.

        options: of ``DataLoader``, such as ``num_workers``. They change no batch and no order.
        """
        # The dataset's items are batches already; the workers are told the epoch with each index.
        return DataLoader(self, batch_size=None, sampler=Epochs(len(self)), **options)


def _tensors(inputs):
    """Tensors of arrays, in a mapping within the mapping, too; images with their channels first."""
    tensors = {}
    for name, x in inputs.items():
        if isinstance(x, Mapping):
            tensors[name] = _tensors(x)
        else:
            x = x.transpose(0, 3, 1, 2) if x.ndim == 4 else x
            tensors[name] = torch.from_numpy(np.ascontiguousarray(x))
    return tensors


class Epochs(torch.utils.data.Sampler):
    """Yields (epoch, 0), (epoch, 1), ...; each pass is the next epoch."""

    def __init__(self, batches: int) -> None:
        self.batches, self.epoch = batches, 0

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[tuple[int, int]]:
        # A generator, as the count must rise with the first index that is drawn: a DataLoader with
        # workers makes two iterators for each pass and uses one.
        epoch, self.epoch = self.epoch, self.epoch + 1
        for index in range(self.batches):
            yield epoch, index
