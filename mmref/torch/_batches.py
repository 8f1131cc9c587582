"""What ``fit`` and ``evaluate`` are given, a pair of arrays or somebody's batches, checked."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset

from mmref.contract.arrays import check_integers
from mmref.contract.data import check_numbers_or_booleans
from mmref.contract.settings import check_count, check_kind
from mmref.contract.training import check_augmented, check_rows_alike

Given = Any  # a pair (mapping of inputs, labels), or batches of such pairs
Arrays = tuple[dict[str, np.ndarray], Any]  # inputs, and labels or None


def training_batches(
    train: Given, batch_size: int | None, augment: Callable | None, rng: np.random.Generator
) -> Iterable[Arrays]:
    """Batches for one epoch after the other: those given, or drawn from a pair."""
    if not _is_pair(train):
        for name, value in {"batch_size": batch_size, "augment": augment}.items():
            if value is not None:
                raise ValueError(f"{name}: expected None, as train are batches already")
        return batches_of("train", train)
    batch_size = 64 if batch_size is None else batch_size
    check_count("batch_size", batch_size)
    return Shuffled(*arrays_of("train", *train), batch_size, augment, rng)


def batches_of(name: str, data: Given) -> Iterable[Arrays]:
    """A pair is one batch; other batches are checked when they come."""
    if _is_pair(data):
        return [arrays_of(name, *data)]
    if isinstance(data, Dataset) and not isinstance(data, IterableDataset):
        raise TypeError(f"{name}: expected a DataLoader, got its Dataset, {type(data).__name__}")
    check_kind(name, data, Iterable, "a pair (mapping of inputs, labels), or batches of them")
    if iter(data) is data:
        raise TypeError(
            f"{name}: expected batches for every epoch, got a {type(data).__name__}, "
            "which ends with the first"
        )
    return Checked(name, data)


def _is_pair(data):
    return isinstance(data, tuple | list) and len(data) == 2 and isinstance(data[0], Mapping)


@dataclass
class Shuffled:
    """Batches of a pair, in a new order with each pass."""

    inputs: dict
    labels: np.ndarray
    batch_size: int
    augment: Callable | None
    rng: np.random.Generator

    def __iter__(self) -> Iterator[Arrays]:
        order = self.rng.permutation(len(self.labels))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            inputs = {m: x[rows] for m, x in self.inputs.items()}
            if self.augment is not None:
                inputs = self.augment(inputs, self.rng)
                check_augmented(inputs, len(rows))
            yield inputs, self.labels[rows]


@dataclass
class Checked:
    """Somebody else's batches."""

    name: str
    batches: Iterable

    def __iter__(self) -> Iterator[Arrays]:
        for batch in self.batches:
            if not _is_pair(batch):
                raise TypeError(
                    f"{self.name}: expected a pair (mapping of inputs, labels), or batches of "
                    f"them, got {type(batch).__name__} for one"
                )
            yield arrays_of(self.name, *batch)


def arrays_of(name: str, inputs: Mapping, labels: object = None) -> Arrays:
    """Inputs and labels as NumPy arrays, checked: as many rows in each, and at least one."""
    check_kind(name, inputs, Mapping, "a mapping of inputs")
    arrays = {m: _numpy(x) for m, x in inputs.items()}
    labels = None if labels is None else _numpy(labels)
    for m, x in arrays.items():
        check_numbers_or_booleans(f"{name}[{m!r}]", x)
    rows = check_rows_alike(name, arrays, labels)
    if labels is None:
        return arrays, None
    check_integers(f"{name} labels", labels, rows)
    return arrays, labels.astype("int64")  # what cross_entropy asks for


def _numpy(array):
    return array.numpy(force=True) if torch.is_tensor(array) else np.asarray(array)
