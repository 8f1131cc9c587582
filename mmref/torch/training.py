"""A training loop for PyTorch: what ``compile`` and ``fit`` give Keras."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np
import torch

from mmref.contract.arrays import check_floats, check_range, check_shape
from mmref.contract.settings import (
    check_choice,
    check_count,
    check_flags,
    check_function,
    check_kind,
    check_number,
    check_seed,
)
from mmref.errors import ShapeError
from mmref.torch._batches import Shuffled, arrays_of, batches_of, training_batches
from mmref.torch._progress import Progress
from mmref.torch._resume import Resumable
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


def device() -> torch.device:
    """Where to train: the GPU where PyTorch sees one ("cuda", else Apple's "mps"), else the CPU.

    >>> torch.zeros(2, device=device()).shape
    torch.Size([2])
    """
    for name, backend in (("cuda", torch.cuda), ("mps", torch.backends.mps)):
        if backend.is_available():
            return torch.device(name)
    return torch.device("cpu")


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
    seed: int | list[int] = 0,
    progress: bool = True,
    resume: str | Path | None = None,
) -> History:
    """Minimize the cross-entropy of a classifier whose forward takes a mapping of inputs.

    Args
        train, validation: each a pair (inputs, labels), or batches: anything that yields such
            pairs and can be passed over again, as a ``DataLoader`` does and
            ``FolderBatches(reader).loader()``. Inputs map modality -> array (N, ...), labels are
            integers (N,). Tensors do as well; each batch goes to the model's device.
        batch_size: rows in a batch of a pair, 64 unless given; the last one may be smaller.
        scheduler: a learning-rate scheduler, stepped after every batch.
        augment: function (inputs of one batch as NumPy arrays, numpy Generator) -> inputs, as
            many rows of them. Batches come augmented: for them it must be None, as must
            batch_size.
        label_smoothing: share of the target spread evenly over the classes.
        patience: stop after this many epochs without a better validation score. With a
            validation set the weights of the best epoch are restored at the end.
        monitor: the score, "val_loss" (lower is better) or "val_accuracy" (higher is).
        seed: of the order of a pair's samples and of ``augment``; a number, or a list of them,
            such as [seed, epoch] where training goes on. Weights and dropout follow torch's
            global generator (``mmref.seeding.seed_everything``).
        progress: show a bar, with rows a second, and the share of the time spent waiting for
            batches: above a half, reading is the slowest step, and the loader needs workers.
        resume: a file that keeps the training before each epoch and at the end. Where it is there,
            training goes on from it, to the weights (on a CPU, bit by bit) that it would have had
            without a stop; with more ``epochs`` also after the end. Delete it to begin anew. It
            holds the generators of NumPy that ``seed`` made and of torch, and the epoch of a
            ``FolderBatches.loader()``; other batches must not depend on other generators.

    Returns
        :class:`History`.

    Errors
        ValueError: patience without a validation set, augment or batch_size with batches, a
        number out of its range, a label that is not the index of a logit, or a loss, of the
        training or the validation, that is not finite. ChoiceError: an unknown monitor.
        TypeError: a model, an optimizer or a number that is none, a Dataset, or an iterator that
        ends with the first epoch, or anything but pairs with a mapping. DataError: a file to
        resume from that is damaged, or another training's. ShapeError: a set is
        empty, inputs and labels differ in length, labels are not integers (N,), ``augment`` gives
        back more or fewer rows, the model anything but logits (N, K). All but the loss is checked
        before the first step for a pair, and for batches when they come.
    """
    check_kind("model", model, torch.nn.Module, "a torch.nn.Module")
    check_kind("optimizer", optimizer, torch.optim.Optimizer, "a torch.optim.Optimizer")
    check_count("epochs", epochs)
    check_choice("monitor", monitor, MONITORS)
    check_number("label_smoothing", label_smoothing, 0, 1, closed=True)
    for number in seed if isinstance(seed, list) else [seed]:
        check_seed(number)
    check_flags(progress=progress)
    if scheduler is not None:
        kind = torch.optim.lr_scheduler.LRScheduler
        check_kind("scheduler", scheduler, kind, "a learning-rate scheduler or None")
    if augment is not None:
        check_function("augment", augment, "a function or None")
    if patience is not None:
        check_count("patience", patience)
    if patience is not None and validation is None:
        raise ValueError("patience: needs a validation set to watch, got validation=None")
    rng = np.random.default_rng(seed)
    train = training_batches(train, batch_size, augment, rng)
    if validation is not None:
        validation = batches_of("validation", validation)  # complain before training, not after
    history, best, best_epoch, best_score = History(), None, 0, float("inf")
    settings = {"seed": np.asarray(seed).tolist(), "monitor": monitor}
    settings["validation"] = validation is not None
    kept = Resumable(resume, model, optimizer, scheduler, rng, [train, validation], settings)
    if found := kept.load():
        history, best = History(**found["history"]), found["best"]
        best_epoch, best_score = found["best_epoch"], found["best_score"]
    first = len(history.loss)
    if patience is not None and first - 1 - best_epoch >= patience:  # it had come to its end
        first = epochs
    bar = Progress(first, epochs, progress)
    for epoch in bar:
        kept.save(history=asdict(history), best=best, best_epoch=best_epoch, best_score=best_score)
        model.train()
        total, correct, size = 0.0, 0, 0
        for inputs, labels in bar.batches(train):
            logits = _logits(model, "train", inputs, len(labels))
            if epoch == size == 0:  # the first that is heard of K
                _check_pairs(logits, train=train, validation=validation)
            _check_labels("train", labels, logits)
            target = torch.as_tensor(labels, device=logits.device)
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
        if not isfinite(val_loss):  # it is better than nothing, and nothing is better
            expected = "val_loss: expected a finite number"
            raise ValueError(f"{expected}, got {val_loss} in epoch {epoch}")
        history.val_loss.append(val_loss)
        history.val_accuracy.append(val_accuracy)
        bar.tell(loss=history.loss[-1], val_accuracy=val_accuracy)
        score = val_loss if monitor == "val_loss" else -val_accuracy
        if score < best_score:
            best, best_score, best_epoch = copy.deepcopy(model.state_dict()), score, epoch
        elif patience is not None and epoch - best_epoch >= patience:
            break
    kept.save(history=asdict(history), best=best, best_epoch=best_epoch, best_score=best_score)
    if best is not None:
        model.load_state_dict(best)
        history.best_epoch = best_epoch
    return history


def predict(
    model: torch.nn.Module, inputs: Mapping[str, torch.Tensor | Array], batch_size: int = 256
) -> torch.Tensor:
    """Logits (N, K) of a mapping of inputs, in evaluation mode; then the mode is as it was."""
    check_kind("model", model, torch.nn.Module, "a torch.nn.Module")
    check_count("batch_size", batch_size)
    return _predict(model, "inputs", arrays_of("inputs", inputs)[0], batch_size)


def _predict(model, name, inputs, batch_size=256):
    size, parts = len(next(iter(inputs.values()))), []
    with _evaluating(model), torch.no_grad():
        for i in range(0, size, batch_size):
            # Copies: PyTorch warns of arrays that may not be written to.
            batch = {m: x[i : i + batch_size].copy() for m, x in inputs.items()}
            parts.append(_logits(model, name, batch, min(batch_size, size - i)))
    return torch.cat(parts)


@contextmanager
def _evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode, and then each module's own again, after an error too."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def evaluate(model: torch.nn.Module, data: Iterable) -> tuple[float, float]:
    """Mean cross-entropy and accuracy over a pair (inputs, labels), or over batches of them."""
    check_kind("model", model, torch.nn.Module, "a torch.nn.Module")
    return _evaluate(model, "data", batches_of("data", data))


def _evaluate(model, name, batches):
    parts = []
    for inputs, labels in batches:
        logits = _predict(model, name, inputs)
        _check_labels(name, labels, logits)
        parts.append((logits, torch.as_tensor(labels, device=logits.device)))
    if not parts:
        raise ShapeError(name, "at least one batch", 0)
    logits, labels = (torch.cat(side) for side in zip(*parts, strict=True))
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    return loss, (logits.argmax(dim=1) == labels).float().mean().item()


def _logits(model, name, inputs, rows):
    """What the model says of a batch: logits (B, K)."""
    weight = next(model.parameters())
    tensors = {m: torch.as_tensor(x, device=weight.device) for m, x in inputs.items()}
    for m, x in tensors.items():
        # NumPy's floats are of 64 bits unless asked for, and no layer of 32 bits takes them.
        if x.dtype == torch.float64 and weight.dtype != torch.float64:
            check_floats(f"{name}[{m!r}]", x, torch.Tensor, weight.dtype, "in the model")
    logits = model(tensors)
    check_floats("model(inputs)", logits, torch.Tensor)
    check_shape("model(inputs)", logits, rows, "K")
    return logits


def _check_pairs(logits, train, validation):
    """The labels of whole sets, where they are at hand, before the first step."""
    if isinstance(train, Shuffled):
        _check_labels("train", train.labels, logits)
    if isinstance(validation, list):
        _check_labels("validation", validation[0][1], logits)


def _check_labels(name, labels, logits):
    """cross_entropy would leave out a label of -100 without a word, and stop at others."""
    check_range(f"{name} labels", labels.min(), labels.max(), logits.shape[1])
