"""What ``fit``, ``evaluate`` and ``predict`` are given, looked at before compiled code gets it."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from mmref.contract.models import check_one_class
from mmref.contract.training import (
    arrays_of,
    check_classes,
    check_inputs,
    check_outputs,
    check_rows_alike,
    check_weighted,
    class_labels,
    class_weights,
    number_labels,
    truth_labels,
)
from mmref.keras._values import values
from mmref.keras.training import Batches

# What Keras's losses want of labels, by the names of their functions.
LABELS = {
    "sparse_categorical_crossentropy": class_labels,
    "binary_crossentropy": truth_labels,
    "mean_squared_error": number_labels,
    "mean_absolute_error": number_labels,
}


def looked_at(model: keras.Model, name: str, x: Any, y: Any = None, training: bool = False) -> Any:
    """``x`` with its arrays in NumPy; raises for numbers and labels that cannot be right.

    What is no mapping comes back as it is: a dataset is looked at when its batches are made.
    """
    if hasattr(x, "batch") and not hasattr(x, "__iter__"):
        hint = "mmref.keras.FolderBatches(reader) makes them of a reader"
        raise TypeError(f"{name}: expected arrays or batches, got a {type(x).__name__}: {hint}")
    labels = "y" if name == "x" else f"{name}[1]"
    if isinstance(x, Batches):
        _check_labels(model, "labels", x.labels)
    if not isinstance(x, Mapping):
        return x
    arrays = arrays_of(name, x, _numpy)
    y = None if y is None else _numpy(y)
    check_rows_alike(name, arrays, y)
    check_inputs(name, arrays, training)
    if y is not None:
        _check_labels(model, labels, y)
    return arrays


def _numpy(array):
    found = values(array)
    return np.asarray(array) if found is None else found


def check_loss(model: keras.Model, class_weight: Any = None) -> None:
    """Raise for a loss that takes logits for probabilities, and for weights of no class.

    That needs no labels: it holds for batches, too, whoever makes them.
    """
    function = _name(model)
    check_one_class(model, function)
    if function.endswith("crossentropy") and not getattr(_loss(model), "from_logits", False):
        expected = "expected from_logits=True, as the model gives logits"
        raise ValueError(f"loss: {expected}, got from_logits=False")
    weights = class_weights(class_weight)
    if function == "sparse_categorical_crossentropy":
        check_weighted(weights, model.count)


def _loss(model):
    """What the model was compiled with."""
    return keras.losses.get(model.loss) if isinstance(model.loss, str) else model.loss


def _name(model):
    """The name of the loss's function, "" where it has none."""
    loss = _loss(model)
    return getattr(getattr(loss, "fn", loss), "__name__", "")


def _check_labels(model, name, labels):
    """What the loss that the model was compiled with asks; of other losses nothing is known."""
    function, outputs = _name(model), model.count
    if function not in LABELS:
        return
    if function.startswith("sparse") and labels.ndim == 2:
        labels = labels[:, 0]  # Keras takes a column, too
    labels = LABELS[function](name, labels, len(labels))
    if function == "sparse_categorical_crossentropy":
        check_classes(name, labels, outputs)
    else:
        check_outputs(name, labels, outputs)
