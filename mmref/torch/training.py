"""A training loop for PyTorch: what ``compile`` and ``fit`` give Keras."""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset
from tqdm import tqdm

from mmref.contract.settings import check_count
from mmref.errors import ChoiceError, ShapeError
from mmref.types import Array

MONITORS = ("val_loss", "val_accuracy")


@dataclass
class History:
    """One number an epoch. ``best_epoch`` (from 0) is the one whose weights the model holds."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    best_epoch: int = -1


def fit(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Iterable,
    validation: Iterable | None = None,
    *,
    epochs: int,
    batch_size: int | None = None,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
    augment: Callable | None = None,
    label_smoothing: float = 0.0,
    patience: int | None = None,
    monitor: str = "val_loss",
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Minimize the cross-entropy of a classifier whose forward takes a mapping of inputs.

    Args
        train, validation: each a pair (inputs, labels), or batches: anything that yields such
            pairs and can be passed over again, as a ``DataLoader`` does and
            ``FolderBatches(reader).loader()``. Inputs map modality -> array (N, ...), labels are
            integers (N,). Tensors do as well; each batch goes to the model's device.
        batch_size: rows in a batch of a pair, 64 unless given; the last one may be smaller.
        scheduler: a learning-rate scheduler, stepped after every batch.
        augment: function (inputs of one batch as NumPy arrays, numpy Generator) -> inputs.
            Batches come augmented: for them it must be None, as must batch_size.
        label_smoothing: share of the target spread evenly over the classes.
        patience: stop after this many epochs without a better validation score. With a
            validation set the weights of the best epoch are restored at the end.
        monitor: the score, "val_loss" (lower is better) or "val_accuracy" (higher is).
        seed: of the order of a pair's samples and of ``augment``. Weights and dropout follow
            torch's global generator (``mmref.seeding.seed_everything``).
        progress: show a bar.

    Returns
        :class:`History`.

    Errors
        ValueError: patience without a validation set, augment or batch_size with batches, or a
        loss that is not finite. ChoiceError: an unknown monitor. TypeError: a Dataset, or an
        iterator that ends with the first epoch, or anything but pairs with a mapping.
        ShapeError: epochs, batch_size or patience is not a positive integer, a set is empty,
        inputs and labels differ in length, labels are not integers (N,), or one is not the
        index of a logit. All but the loss is checked before the first step for a pair, and for
        batches when they come.
    """
    check_count("epochs", epochs)
    if monitor not in MONITORS:
        raise ChoiceError("monitor", monitor, MONITORS)
    if patience is not None:
        check_count("patience", patience)
    if patience is not None and validation is None:
        raise ValueError("patience: needs a validation set to watch, got validation=None")
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    train = _training_batches(train, batch_size, augment, rng)
    if validation is not None:
        validation = _batches("validation", validation)  # complain before training, not after
    history, best, best_epoch, best_score = History(), None, 0, float("inf")
    bar = tqdm(range(epochs), disable=not progress, desc="epochs")
    for epoch in bar:
        model.train()
        total, correct, size = 0.0, 0, 0
        for inputs, labels in train:
            inputs = {m: torch.as_tensor(x, device=device) for m, x in inputs.items()}
            logits = model(inputs)  # (B, K)
            if epoch == size == 0:  # the first that is heard of K
                _check_pairs(logits, train=train, validation=validation)
            _check_range("train labels", labels, logits)
            target = torch.as_tensor(labels, device=device)
            loss = torch.nn.functional.cross_entropy(
                logits, target, label_smoothing=label_smoothing
            )
            if not torch.isfinite(loss):
                raise ValueError(f"loss: expected a finite number, got {loss} in epoch {epoch}")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += loss.item() * len(labels)
            correct += (logits.argmax(dim=1) == target).sum().item()
            size += len(labels)
        if not size:
            raise ShapeError("train", "at least one batch", 0)
        history.loss.append(total / size)
        history.accuracy.append(correct / size)
        history.best_epoch = epoch
        if validation is None:
            continue
        val_loss, val_accuracy = _evaluate(model, "validation", validation)
        history.val_loss.append(val_loss)
        history.val_accuracy.append(val_accuracy)
        bar.set_postfix(loss=f"{history.loss[-1]:.3f}", val_accuracy=f"{val_accuracy:.3f}")
        score = val_loss if monitor == "val_loss" else -val_accuracy
        if score < best_score:
            best, best_score, best_epoch = copy.deepcopy(model.state_dict()), score, epoch
        elif patience is not None and epoch - best_epoch >= patience:
            break
    if best is not None:
        model.load_state_dict(best)
        history.best_epoch = best_epoch
    return history


@torch.no_grad()
def predict(
    model: torch.nn.Module, inputs: Mapping[str, torch.Tensor | Array], batch_size: int = 256
) -> torch.Tensor:
    """Logits (N, K) of a mapping of inputs, in evaluation mode."""
    check_count("batch_size", batch_size)
    device = next(model.parameters()).device
    inputs, _ = _arrays("inputs", inputs)
    size = len(next(iter(inputs.values())))
    was_training = model.training
    model.eval()
    batches = [
        {m: torch.tensor(x[i : i + batch_size], device=device) for m, x in inputs.items()}
        for i in range(0, size, batch_size)
    ]
    logits = torch.cat([model(batch) for batch in batches])
    model.train(was_training)
    return logits


def evaluate(model: torch.nn.Module, data: Iterable) -> tuple[float, float]:
    """Mean cross-entropy and accuracy over a pair (inputs, labels), or over batches of them."""
    return _evaluate(model, "data", _batches("data", data))


def _evaluate(model, name, batches):
    parts = []
    for inputs, labels in batches:
        logits = predict(model, inputs)
        _check_range(f"{name} labels", labels, logits)
        parts.append((logits, torch.as_tensor(labels, device=logits.device)))
    if not parts:
        raise ShapeError(name, "at least one batch", 0)
    logits, labels = (torch.cat(side) for side in zip(*parts, strict=True))
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    return loss, (logits.argmax(dim=1) == labels).float().mean().item()


def _training_batches(train, batch_size, augment, rng):
    """Batches for one epoch after the other: those given, or drawn from a pair."""
    if not _is_pair(train):
        for name, value in {"batch_size": batch_size, "augment": augment}.items():
            if value is not None:
                raise ValueError(f"{name}: expected None, as train are batches already")
        return _batches("train", train)
    batch_size = 64 if batch_size is None else batch_size
    check_count("batch_size", batch_size)
    return _Shuffled(*_arrays("train", *train), batch_size, augment, rng)


def _batches(name, data):
    """A pair is one batch; other batches are checked when they come."""
    if _is_pair(data):
        return [_arrays(name, *data)]
    if isinstance(data, Dataset) and not isinstance(data, IterableDataset):
        raise TypeError(f"{name}: expected a DataLoader, got its Dataset, {type(data).__name__}")
    if iter(data) is data:
        raise TypeError(
            f"{name}: expected batches for every epoch, got a {type(data).__name__}, "
            "which ends with the first"
        )
    return _Checked(name, data)


def _is_pair(data):
    return isinstance(data, tuple | list) and len(data) == 2 and isinstance(data[0], Mapping)


@dataclass
class _Shuffled:
    """Batches of a pair, in a new order with each pass."""

    inputs: dict
    labels: np.ndarray
    batch_size: int
    augment: Callable | None
    rng: np.random.Generator

    def __iter__(self):
        order = self.rng.permutation(len(self.labels))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            inputs = {m: x[rows] for m, x in self.inputs.items()}
            if self.augment is not None:
                inputs = self.augment(inputs, self.rng)
            yield inputs, self.labels[rows]


@dataclass
class _Checked:
    """Somebody else's batches."""

    name: str
    batches: Iterable

    def __iter__(self):
        for batch in self.batches:
            if not _is_pair(batch):
                raise TypeError(
                    f"{self.name}: expected a pair (mapping of inputs, labels), or batches of "
                    f"them, got {type(batch).__name__} for one"
                )
            yield _arrays(self.name, *batch)


def _arrays(name, inputs, labels=None):
    """Inputs and labels as NumPy arrays, checked: as many rows in each, and at least one."""
    arrays = {m: _numpy(x) for m, x in inputs.items()}
    sizes = {m: len(x) for m, x in arrays.items()}
    if labels is not None:
        labels = _numpy(labels)
        sizes["labels"] = len(labels)
    if len(set(sizes.values())) != 1:
        raise ShapeError(name, "as many rows in every input and in the labels", sizes)
    if 0 in sizes.values():
        raise ShapeError(name, "at least one sample", 0)
    if labels is None:
        return arrays, None
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ShapeError(f"{name} labels", "integers (N,)", f"{labels.dtype} {labels.shape}")
    return arrays, labels.astype("int64")  # what cross_entropy asks for


def _check_pairs(logits, train, validation):
    """The labels of whole sets, where they are at hand, before the first step."""
    if isinstance(train, _Shuffled):
        _check_range("train labels", train.labels, logits)
    if isinstance(validation, list):
        _check_range("validation labels", validation[0][1], logits)


def _check_range(name, labels, logits):
    """cross_entropy would leave out a label of -100 without a word, and stop at others."""
    classes = logits.shape[1]
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        expected = f"0 to {classes - 1}, as the model has {classes} logits"
        raise ShapeError(name, expected, wrong[0])


def _numpy(array):
    return array.numpy(force=True) if torch.is_tensor(array) else np.asarray(array)
