"""A training loop for PyTorch: what ``compile`` and ``fit`` give Keras."""

import copy
from dataclasses import dataclass, field

import numpy as np
import torch
from tqdm import tqdm

from mmref.errors import ShapeError, check_count


@dataclass
class History:
    """One number an epoch. ``best_epoch`` (from 0) is the one whose weights the model holds."""

    loss: list = field(default_factory=list)
    accuracy: list = field(default_factory=list)
    val_loss: list = field(default_factory=list)
    val_accuracy: list = field(default_factory=list)
    best_epoch: int = -1


def fit(
    model,
    optimizer,
    train,
    validation=None,
    *,
    epochs,
    batch_size=64,
    scheduler=None,
    augment=None,
    label_smoothing=0.0,
    patience=None,
    seed=0,
    progress=True,
):
    """Minimize the cross-entropy of a classifier whose forward takes a mapping of inputs.

    Args
        train, validation: pairs (inputs, labels); inputs map modality -> array (N, ...),
            labels are integers (N,). Tensors do as well; they are held as NumPy arrays, and
            each batch goes to the model's device.
        scheduler: a learning-rate scheduler, stepped after every batch.
        augment: function (inputs of one batch as NumPy arrays, numpy Generator) -> inputs.
        label_smoothing: share of the target spread evenly over the classes.
        patience: stop after this many epochs without a lower validation loss. With a
            validation set the weights of the best epoch are restored at the end.
        seed: of the order of the samples and of ``augment``. Weights and dropout follow
            torch's global generator (``mmref.seeding.seed_everything``).
        progress: show a bar.

    Returns
        :class:`History`.

    Errors
        ValueError: patience without a validation set, or a loss that is not finite.
        ShapeError: epochs, batch_size or patience is not a positive integer, a set is empty,
        inputs and labels differ in length, labels are not integers (N,), or one is not the
        index of a logit. All but the loss is checked before the first step.
    """
    check_count("epochs", epochs)
    check_count("batch_size", batch_size)
    if patience is not None:
        check_count("patience", patience)
    if patience is not None and validation is None:
        raise ValueError("patience: needs a validation set to watch, got validation=None")
    device = next(model.parameters()).device
    inputs, labels = _arrays("train", *train)
    size = len(labels)
    if validation is not None:
        validation = _arrays("validation", *validation)  # complain before training, not after
    rng = np.random.default_rng(seed)
    history, best, best_loss = History(), None, float("inf")
    bar = tqdm(range(epochs), disable=not progress, desc="epochs")
    for epoch in bar:
        model.train()
        total, correct = 0.0, 0
        order = rng.permutation(size)
        for start in range(0, size, batch_size):
            rows = order[start : start + batch_size]
            batch = {m: x[rows] for m, x in inputs.items()}
            if augment is not None:
                batch = augment(batch, rng)
            batch = {m: torch.as_tensor(x, device=device) for m, x in batch.items()}
            target = torch.as_tensor(labels[rows], device=device)
            logits = model(batch)  # (B, K)
            if epoch == start == 0:  # the first that is heard of K
                _check_range("train labels", labels, logits)
                if validation is not None:
                    _check_range("validation labels", validation[1], logits)
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
            total += loss.item() * len(rows)
            correct += (logits.argmax(dim=1) == target).sum().item()
        history.loss.append(total / size)
        history.accuracy.append(correct / size)
        history.best_epoch = epoch
        if validation is None:
            continue
        val_loss, val_accuracy = evaluate(model, validation)
        history.val_loss.append(val_loss)
        history.val_accuracy.append(val_accuracy)
        bar.set_postfix(loss=f"{history.loss[-1]:.3f}", val_accuracy=f"{val_accuracy:.3f}")
        if val_loss < best_loss:
            best, best_loss, best_epoch = copy.deepcopy(model.state_dict()), val_loss, epoch
        elif patience is not None and epoch - best_epoch >= patience:
            break
    if best is not None:
        model.load_state_dict(best)
        history.best_epoch = best_epoch
    return history


@torch.no_grad()
def predict(model, inputs, batch_size=256):
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


def evaluate(model, data):
    """Mean cross-entropy and accuracy over a pair (inputs, labels)."""
    inputs, labels = _arrays("data", *data)
    logits = predict(model, inputs)
    _check_range("data labels", labels, logits)
    labels = torch.as_tensor(labels, device=logits.device)
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    return loss, (logits.argmax(dim=1) == labels).float().mean().item()


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


def _check_range(name, labels, logits):
    """cross_entropy would leave out a label of -100 without a word, and stop at others."""
    classes = logits.shape[1]
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        expected = f"0 to {classes - 1}, as the model has {classes} logits"
        raise ShapeError(name, expected, wrong[0])


def _numpy(array):
    return array.numpy(force=True) if torch.is_tensor(array) else np.asarray(array)
