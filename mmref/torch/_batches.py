"""What ``fit``, ``evaluate`` and ``predict`` are given, arrays or somebody's batches, checked."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset

from mmref.contract.settings import check_count, check_kind
from mmref.contract.training import (
    arrays_of,
    check_augmented,
    check_inputs,
    check_rows_alike,
    take_rows,
)
from mmref.torch._tasks import Task
from mmref.types import Array

Given = Any  # a pair (mapping of inputs, labels), or batches of such pairs
Pair = tuple[dict[str, Any], Any]  # inputs, and labels or None
PAIR = "a pair (mapping of inputs, labels), or batches of them"


def training_batches(
    train: Given,
    task: Task,
    batch_size: int | None,
    augment: Callable | None,
    rng: np.random.Generator,
) -> Iterable[Pair]:
    """Batches for one epoch after the other: those given, or drawn from a pair."""
    if not _is_pair(train):
        for name, value in {"batch_size": batch_size, "augment": augment}.items():
            if value is not None and not isinstance(train, Mapping):
                raise ValueError(f"{name}: expected None, as train are batches already")
        return batches_of("train", train, task, training=True)
    batch_size = 64 if batch_size is None else batch_size
    check_count("batch_size", batch_size)
    inputs, labels = checked("train", train[0], train[1], task, training=True)
    return Shuffled(inputs, labels, batch_size, augment, rng)


def batches_of(name: str, data: Given, task: Task, training: bool = False) -> Iterable[Pair]:
    """A pair is one batch; other batches are checked when they come."""
    if _is_pair(data):
        return [checked(name, data[0], data[1], task, training)]
    if isinstance(data, Mapping):
        raise TypeError(f"{name}: expected {PAIR}, got the inputs alone: join them, (x, y)")
    check_iterable(name, data, PAIR)
    if iter(data) is data:
        raise TypeError(
            f"{name}: expected batches for every epoch, got a {type(data).__name__}, "
            "which ends with the first"
        )
    return Checked(name, data, task, training)


def check_iterable(name: str, data: Given, what: str) -> None:
    """Raise unless ``data`` yields batches."""
    got = type(data).__name__
    if hasattr(data, "batch") and not isinstance(data, Iterable):
        loader = "mmref.torch.FolderBatches(reader).loader()"
        raise TypeError(f"{name}: expected {what}, got a {got}: {loader} makes them of a reader")
    if isinstance(data, Dataset) and not isinstance(data, IterableDataset):
        hint = ": its loader() is one" if hasattr(data, "loader") else ""
        raise TypeError(f"{name}: expected a DataLoader, got its Dataset, {got}{hint}")
    check_kind(name, data, Iterable, what)


def inputs_of(name: str, data: Given) -> Iterator[dict[str, Any]]:
    """The inputs of each batch, whatever stands beside them; a mapping is one batch."""
    what = "a mapping of inputs"
    if isinstance(data, Mapping):
        yield checked(name, data)[0]
        return
    if isinstance(data, np.ndarray | torch.Tensor):
        raise TypeError(f"{name}: expected {what}, got {type(data).__name__}")
    check_iterable(name, data, f"{what}, or batches of them")
    for batch, inputs in enumerate([data] if _is_pair(data) else data):
        inputs = inputs[0] if _is_pair(inputs) else inputs
        yield checked(name, inputs, batch=batch)[0]


def _is_pair(data):
    return isinstance(data, tuple | list) and len(data) == 2 and isinstance(data[0], Mapping)


@dataclass
class Shuffled:
    """Batches of a pair, in a new order with each pass."""

    inputs: dict
    labels: Array
    batch_size: int
    augment: Callable | None
    rng: np.random.Generator

    def __iter__(self) -> Iterator[Pair]:
        order = self.rng.permutation(len(self.labels))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            inputs = take_rows(self.inputs, rows)
            if self.augment is not None:
                given, inputs = inputs, self.augment({**inputs}, self.rng)
                check_augmented(inputs, given, len(rows))
            yield inputs, self.labels[rows]


@dataclass
class Checked:
    """Somebody else's batches."""

    name: str
    batches: Iterable
    task: Task
    training: bool

    def __iter__(self) -> Iterator[Pair]:
        for i, batch in enumerate(self.batches):
            if not _is_pair(batch):
                got = f"{type(batch).__name__} for one"
                raise TypeError(f"{self.name}: expected {PAIR}, got {got}")
            yield checked(self.name, batch[0], batch[1], self.task, self.training, i)


def checked(
    name: str,
    inputs: Mapping,
    labels: object = None,
    task: Task | None = None,
    training: bool = False,
    batch: int | None = None,
) -> Pair:
    """Inputs and labels as NumPy arrays: numbers that can be right, as many rows in each."""
    arrays = arrays_of(name, inputs, _numpy)
    labels = None if labels is None else np.asarray(_numpy(labels))
    rows = check_rows_alike(name, arrays, labels)
    check_inputs(name, arrays, training, batch)
    if task is None or labels is None:
        return arrays, None
    return arrays, task.labels(f"{name} labels", labels, rows)


def _numpy(array):
    return array.numpy(force=True) if torch.is_tensor(array) else np.asarray(array)
