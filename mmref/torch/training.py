"""A training loop for PyTorch: what ``compile`` and ``fit`` give Keras."""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np
import torch

from mmref.contract.models import check_one_class
from mmref.contract.settings import (
    check_choice,
    check_count,
    check_flags,
    check_function,
    check_kind,
    check_seed,
)
from mmref.errors import ShapeError
from mmref.torch._batches import Shuffled, batches_of, training_batches
from mmref.torch._evaluation import (
    Sums,
    check_model,
    evaluate,
    mean_scores,
    outputs_of,
    predict,
)
from mmref.torch._progress import Progress
from mmref.torch._resume import Resumable
from mmref.torch._tasks import ClassWeight, Loss, task_of

__all__ = ["History", "device", "evaluate", "fit", "predict"]

FALLING = ("val_loss", "val_mae")  # lower is better; of the other metrics higher is


@dataclass
class History:
    """One number an epoch, in the lists of the metrics that go with the loss; the others are empty.

    ``best_epoch`` (from 0) is the one whose weights the model holds.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    f1: list[float] = field(default_factory=list)
    mae: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    val_f1: list[float] = field(default_factory=list)
    val_mae: list[float] = field(default_factory=list)
    best_epoch: int = -1

    def add(self, found: Mapping[str, float], prefix: str = "") -> None:
        """The numbers of one more epoch."""
        for name, number in found.items():
            getattr(self, prefix + name).append(number)


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
    loss: Loss = "cross_entropy",
    class_weight: ClassWeight = None,
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
    """Minimize the loss of a model whose forward takes a mapping of inputs.

    Args
        train, validation: each a pair (inputs, labels), or batches: anything that yields such
            pairs and can be passed over again, as a ``DataLoader`` does and
            ``FolderBatches(reader).loader()``. Inputs map modality -> array (N, ...), and perhaps
            "present" -> mapping of every modality -> boolean (N,). Tensors do as well; each batch
            goes to the model's device.
        loss: what is minimized, the mean over rows, and over columns where there are several:
            "cross_entropy": one class for each row. Labels are integers (N,), the model gives
            logits (N, K). Metric: accuracy.
            "binary_cross_entropy": any number of classes for each row. Labels are 0 or 1 (N, K),
            the model gives logits (N, K). Metrics: accuracy, the share of the N K labels that are
            right, and f1, of all of them together.
            "mse", "mae": numbers, squared or absolute errors. Labels are (N, K), or (N,) for one
            number; the model gives (N, K). Metric: mae, the mean absolute error.
            A function (outputs, labels) -> scalar. Labels are any array (N, ...). No metric.
        class_weight: mapping class -> weight of the cross-entropies, in training only; a class
            without one has 1. A row's loss counts by the weight of its class; of several labels
            each counts by its own. The mean is over rows, not over weights, as in Keras.
        batch_size: rows in a batch of a pair, 64 unless given; the last one may be smaller.
        scheduler: a learning-rate scheduler, stepped after every batch.
        augment: function (inputs of one batch as NumPy arrays, numpy Generator) -> inputs, as
            many rows of them. Batches come augmented: for them it must be None, as must
            batch_size.
        label_smoothing: share of the target of a cross-entropy, in training only, that is spread
            evenly over the classes, or over yes and no.
        patience: stop after this many epochs without a better validation score. With a
            validation set the weights of the best epoch are restored at the end.
        monitor: the score: "val_loss" or "val_mae" (lower is better), "val_accuracy" or "val_f1"
            (higher is), as far as the loss has these metrics.
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
        number out of its range, an optimizer of none of the model's trainable parameters, a
        label that does not fit, an input that is not finite (by
        modality and row) or a row with no modality present, weights on several devices, a binary
        cross-entropy after a fusion that decides for one class, or a loss, of the training or the
        validation, that is not finite. ChoiceError: an unknown
        monitor or loss. TypeError: a model, an optimizer or a number that is none, a Dataset or a
        Reader, or an iterator that ends with the first epoch, or anything but pairs with a
        mapping. DataError: a file to resume from that is damaged, or another training's.
        ShapeError: a set is empty, inputs and labels differ in length, labels have a wrong
        shape or dtype, ``augment`` gives back more or fewer rows, the model anything but (N, K).
        All but the loss is checked before the first step for a pair, and for batches when they
        come. Pixels up to 255 get a warning.
    """
    check_model(model)
    if not isinstance(optimizer, torch.optim.Optimizer):
        got = repr(optimizer) if isinstance(optimizer, str) else type(optimizer).__name__
        example = "such as torch.optim.Adam(model.parameters(), 1e-3)"
        raise TypeError(f"optimizer: expected a torch.optim.Optimizer, got {got} ({example})")
    _check_holds(optimizer, model)
    check_count("epochs", epochs)
    task, plain = task_of(loss, class_weight, label_smoothing), task_of(loss)
    check_one_class(model, loss)
    check_choice("monitor", monitor, ("val_loss", *(f"val_{m}" for m in task.metrics)))
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
    train = training_batches(train, task, batch_size, augment, rng)
    if validation is not None:  # complain before training, not after
        validation = batches_of("validation", validation, plain)
    history, best, best_epoch, best_score = History(), None, 0, float("inf")
    settings = {"seed": np.asarray(seed).tolist(), "monitor": monitor}
    settings["validation"] = validation is not None
    settings["loss"] = loss if isinstance(loss, str) else "a function"
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
        sums = Sums(task)
        for inputs, labels in bar.batches(train):
            outputs = outputs_of(model, "train", inputs, len(labels))
            if epoch == sums.rows == 0:  # the first that is heard of K
                _check_pairs(task, outputs, train=train, validation=validation)
            task.check("train labels", labels, outputs)
            targets = task.targets(labels, outputs)
            batch_loss = task.loss(outputs, targets)
            _check_loss(batch_loss, epoch)
            optimizer.zero_grad()
            batch_loss.backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            sums.add(batch_loss, outputs.detach(), targets)
        history.add(sums.means("train"))
        history.best_epoch = epoch
        if validation is None:
            continue
        found = mean_scores(model, "validation", validation, plain)
        if not isfinite(found["loss"]):  # it is better than nothing, and nothing is better
            expected = "val_loss: expected a finite number"
            raise ValueError(f"{expected}, got {found['loss']} in epoch {epoch}")
        history.add(found, "val_")
        bar.tell(loss=history.loss[-1], **{f"val_{name}": x for name, x in found.items()})
        score = found[monitor.removeprefix("val_")] * (1 if monitor in FALLING else -1)
        if score < best_score:
            best, best_score, best_epoch = copy.deepcopy(model.state_dict()), score, epoch
        elif patience is not None and epoch - best_epoch >= patience:
            break
    kept.save(history=asdict(history), best=best, best_epoch=best_epoch, best_score=best_score)
    if best is not None:
        model.load_state_dict(best)
        history.best_epoch = best_epoch
    return history


def _check_holds(optimizer, model):
    """Some of the model's parameters suffice; with none of them nothing would be learned."""
    held = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
    if not any(weight.requires_grad and id(weight) in held for weight in model.parameters()):
        expected = "optimizer: expected one over trainable parameters of the model"
        raise ValueError(f"{expected}, got none of them (torch.optim.Adam(model.parameters()))")


def _check_loss(loss, epoch):
    """A function may give anything."""
    check_kind("loss(outputs, labels)", loss, torch.Tensor, "a torch.Tensor")
    if loss.ndim:
        raise ShapeError("loss(outputs, labels)", "a single number", tuple(loss.shape))
    if not torch.isfinite(loss):
        raise ValueError(f"loss: expected a finite number, got {loss} in epoch {epoch}")


def _check_pairs(task, outputs, train, validation):
    """The labels of whole sets, where they are at hand, before the first step."""
    if isinstance(train, Shuffled):
        task.check("train labels", train.labels, outputs)
    if isinstance(validation, list):
        task.check("validation labels", validation[0][1], outputs)
