"""What a model says, and how good it is: without training, in evaluation mode."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from mmref.contract.arrays import check_floats, check_shape
from mmref.contract.fusion import PRESENT
from mmref.contract.models import check_one_class
from mmref.contract.settings import check_count, check_kind
from mmref.contract.training import called, check_rows_alike, leaves, take_rows
from mmref.errors import ShapeError
from mmref.torch._batches import batches_of, inputs_of
from mmref.torch._tasks import Loss, Task, task_of


class Sums:
    """Loss and metrics of a task, added up over batches."""

    def __init__(self, task: Task) -> None:
        self.task, self.rows, self.loss = task, 0, 0.0
        self.counts = {name: [0.0, 0] for name in task.metrics}

    def add(self, loss: torch.Tensor, outputs: torch.Tensor, targets: torch.Tensor) -> None:
        self.rows += len(outputs)
        self.loss += loss.item() * len(outputs)
        for name, metric in self.task.metrics.items():
            counted, of = metric(outputs, targets)
            self.counts[name][0] += counted
            self.counts[name][1] += of

    def means(self, name: str) -> dict[str, float]:
        """The loss and each metric; raises where there was no row."""
        if not self.rows:
            raise ShapeError(name, "at least one batch", 0)
        means = {m: counted / of if of else 0.0 for m, (counted, of) in self.counts.items()}
        return {"loss": self.loss / self.rows} | means


def predict(
    model: torch.nn.Module, inputs: Mapping[str, Any] | Iterable, batch_size: int = 256
) -> torch.Tensor:
    """Outputs (N, K), in evaluation mode; then the mode is as it was.

    Args
        inputs: mapping modality -> array (N, ...), and perhaps "present", as :func:`fit` takes
            them; or batches, such as a ``DataLoader``'s, of mappings or of pairs with anything.
            The rows come in the order of the batches: do not let them be shuffled.
        batch_size: rows that the model is given at once.
    """
    check_model(model)
    check_count("batch_size", batch_size)
    parts = [_predict(model, "inputs", batch, batch_size) for batch in inputs_of("inputs", inputs)]
    if not parts:
        raise ShapeError("inputs", "at least one batch", 0)
    return torch.cat(parts)


def _predict(model, name, inputs, batch_size=256):
    size, parts = check_rows_alike(name, inputs), []
    with evaluating(model), torch.no_grad():
        for i in range(0, size, batch_size):
            # By number, not as a slice: copies, as PyTorch warns of arrays that are read-only.
            batch = take_rows(inputs, np.arange(i, min(i + batch_size, size)))
            parts.append(outputs_of(model, name, batch, min(batch_size, size - i)))
    return torch.cat(parts)


@contextmanager
def evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode, and then each module's own again, after an error too."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def evaluate(
    model: torch.nn.Module, data: Iterable, loss: Loss = "cross_entropy"
) -> tuple[float, ...]:
    """Mean loss and metrics over a pair (inputs, labels), or over batches of them.

    (loss, accuracy) for a "cross_entropy", (loss, accuracy, f1) for a "binary_cross_entropy",
    (loss, mae) for "mse" and "mae", (loss,) for a function; all as in :func:`fit`.
    """
    check_model(model)
    task = task_of(loss)
    check_one_class(model, loss)
    return tuple(mean_scores(model, "data", batches_of("data", data, task), task).values())


def mean_scores(
    model: torch.nn.Module, name: str, batches: Iterable, task: Task
) -> dict[str, float]:
    """The loss and each metric of a task."""
    sums = Sums(task)
    for inputs, labels in batches:
        outputs = _predict(model, name, inputs)
        task.check(f"{name} labels", labels, outputs)
        targets = task.targets(labels, outputs)
        sums.add(task.loss(outputs, targets), outputs, targets)
    return sums.means(name)


def outputs_of(
    model: torch.nn.Module, name: str, inputs: Mapping[str, Any], rows: int
) -> torch.Tensor:
    """What the model says of a batch: (B, K)."""
    weight = next(model.parameters())
    tensors = _tensors(inputs, weight.device)
    for path, x in leaves({k: x for k, x in tensors.items() if k != PRESENT}):
        # NumPy's floats are of 64 bits unless asked for, and no layer of 32 bits takes them.
        if x.dtype == torch.float64 and weight.dtype != torch.float64:
            check_floats(called(name, path), x, torch.Tensor, weight.dtype, "in the model")
    outputs = model(tensors)
    check_floats("model(inputs)", outputs, torch.Tensor)
    check_shape("model(inputs)", outputs, rows, "K")
    return outputs


def _tensors(inputs, device):
    return {
        key: _tensors(x, device) if isinstance(x, Mapping) else torch.as_tensor(x, device=device)
        for key, x in inputs.items()
    }


def check_model(model: torch.nn.Module) -> None:
    """Raise unless this is a module, all of it on one device."""
    check_kind("model", model, torch.nn.Module, "a torch.nn.Module")
    places = {p.device: name for name, p in model.named_parameters()}
    if len(places) > 1:
        found = ", ".join(f"{name} on {place}" for place, name in places.items())
        raise ValueError(f"model: expected all weights on one device, got {found}: model.to(...)")
