"""What a loss wants of labels, and the metrics that go with it."""

from collections.abc import Callable, Mapping

import torch
from torch.nn import functional as F

from mmref.contract.arrays import check_rows, check_shape
from mmref.contract.settings import check_choice, check_number
from mmref.contract.training import (
    check_classes,
    check_outputs,
    check_weighted,
    class_labels,
    class_weights,
    number_labels,
    truth_labels,
)
from mmref.types import Array

Loss = str | Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
ClassWeight = Mapping[int, float] | None
LOSSES = ("cross_entropy", "binary_cross_entropy", "mse", "mae")


# Metrics of a batch: what is counted, and out of how much, so that batches can be added up.


def accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> tuple[float, int]:
    """Rows whose class has the largest logit."""
    return (outputs.argmax(dim=1) == targets).sum().item(), len(targets)


def truth_accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> tuple[float, int]:
    """Labels, of all rows and classes, on the right side."""
    return ((outputs > 0) == (targets > 0.5)).sum().item(), targets.numel()


def f1(outputs: torch.Tensor, targets: torch.Tensor) -> tuple[float, int]:
    """Twice the labels that were found, out of those that were named and those that are there."""
    named, there = outputs > 0, targets > 0.5
    return 2 * (named & there).sum().item(), int(named.sum() + there.sum())


def absolute_error(outputs: torch.Tensor, targets: torch.Tensor) -> tuple[float, int]:
    """The distances of all numbers."""
    return (outputs - targets).abs().sum().item(), targets.numel()


class Task:
    """Any loss, a function (outputs, targets) -> scalar: the mean over the rows."""

    metrics: dict[str, Callable] = {}

    def __init__(self, loss: Callable) -> None:
        self.loss = loss

    def labels(self, name: str, labels: Array, rows: int) -> Array:
        """Labels as ``targets`` takes them, checked as far as can be without outputs."""
        check_shape(name, labels, "N", "...")
        check_rows(name, len(labels), rows, "the inputs")
        return labels.astype("float32") if labels.dtype.kind == "f" else labels

    def check(self, name: str, labels: Array, outputs: torch.Tensor) -> None:
        """Raise unless the labels fit the outputs (B, K)."""

    def targets(self, labels: Array, outputs: torch.Tensor) -> torch.Tensor:
        """The labels beside the outputs."""
        return torch.as_tensor(labels, device=outputs.device)


class Classes(Task):
    """One class for each row: integers (N,)."""

    metrics = {"accuracy": accuracy}

    def __init__(self, weights: ClassWeight, smoothing: float) -> None:
        self.weights, self.smoothing = class_weights(weights), smoothing

    def labels(self, name: str, labels: Array, rows: int) -> Array:
        return class_labels(name, labels, rows)

    def check(self, name: str, labels: Array, outputs: torch.Tensor) -> None:
        check_classes(name, labels, outputs.shape[1])
        check_weighted(self.weights, outputs.shape[1])

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        weights, smoothing = _column(self.weights, outputs), self.smoothing
        if weights is None:
            return F.cross_entropy(outputs, targets, label_smoothing=smoothing)
        losses = F.cross_entropy(outputs, targets, reduction="none", label_smoothing=smoothing)
        return (weights[targets] * losses).mean()  # not divided by the weights' sum: as in Keras


class Numbers(Task):
    """K numbers for each row: (N, K), or (N,) for one."""

    metrics = {"mae": absolute_error}

    def labels(self, name: str, labels: Array, rows: int) -> Array:
        return number_labels(name, labels, rows)

    def check(self, name: str, labels: Array, outputs: torch.Tensor) -> None:
        check_outputs(name, labels, outputs.shape[1])

    def targets(self, labels: Array, outputs: torch.Tensor) -> torch.Tensor:
        return super().targets(labels, outputs).to(outputs.dtype)


class Truths(Numbers):
    """Any number of K classes for each row: 0 or 1 (N, K)."""

    metrics = {"accuracy": truth_accuracy, "f1": f1}

    def __init__(self, weights: ClassWeight, smoothing: float) -> None:
        self.weights, self.smoothing = class_weights(weights), smoothing

    def labels(self, name: str, labels: Array, rows: int) -> Array:
        return truth_labels(name, labels, rows)

    def check(self, name: str, labels: Array, outputs: torch.Tensor) -> None:
        super().check(name, labels, outputs)
        check_weighted(self.weights, outputs.shape[1])

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        targets = (1 - self.smoothing) * targets + self.smoothing / 2
        weights = _column(self.weights, outputs)
        return F.binary_cross_entropy_with_logits(outputs, targets, weights)


def _column(weights, outputs):
    """The weight of each class (K,), 1 where none is given; None without weights."""
    if weights is None:
        return None
    return outputs.new_tensor([weights.get(k, 1.0) for k in range(outputs.shape[1])])


def task_of(loss: Loss, class_weight: ClassWeight = None, label_smoothing: float = 0.0) -> Task:
    """The task of a loss; raises for one that is none, and for settings that it has no use for."""
    check_number("label_smoothing", label_smoothing, 0, 1, closed=True)
    if not callable(loss):
        check_choice("loss", loss, LOSSES)
    if loss in ("cross_entropy", "binary_cross_entropy"):
        kind = Classes if loss == "cross_entropy" else Truths
        return kind(class_weight, label_smoothing)
    if class_weight is not None:
        raise ValueError(f"class_weight: expected None with loss={loss!r}, got {class_weight!r}")
    if label_smoothing:
        raise ValueError(f"label_smoothing: expected 0 with loss={loss!r}, got {label_smoothing!r}")
    if callable(loss):
        return Task(loss)
    return Numbers(F.mse_loss if loss == "mse" else F.l1_loss)
