"""Predictions of a bundle, for files and texts that it has never seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmref.bundle.inputs import inputs_of, rows_of
from mmref.bundle.storing import load, read, wing_of
from mmref.contract.settings import check_choice, check_count, check_flags
from mmref.types import Array, Frame, Layer

FRAMEWORKS = ("torch", "keras")


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of some rows.

    labels: the most probable class of each row; of a multi-label model a tuple of those that are
        as probable as not; None of a regression.
    probabilities: (B, K) float32, in the order of ``classes``: a softmax, or a logistic function
        of each where rows may have several labels; None of a regression.
    values: (B, K) float32 of a regression, else None.
    weights: modality -> (B,) float32, how much it counts in each row, where they were asked for.
    classes: the names of the K classes; of a regression those of its columns.
    """

    labels: tuple | None
    probabilities: Array | None
    values: Array | None
    weights: dict[str, Array] | None
    classes: tuple[str, ...]


def predict(
    path: str | Path,
    images: Sequence | Mapping[str, Sequence] | None = None,
    texts: Sequence | None = None,
    table: Mapping[str, Sequence] | Frame | None = None,
    *,
    sounds: Mapping[str, Sequence] | None = None,
    framework: str | None = None,
    weights: bool = False,
    batch_size: int = 64,
    backbones: Mapping[str, Layer] | None = None,
) -> Predictions:
    """Predict from a bundle that ``mmref.torch.save`` or ``mmref.keras.save`` wrote.

    images: paths of files, from where the program runs; or, where the model has several modalities
        of images, a mapping from modality to such paths.
    texts: captions. One of unknown words alone is there none the less, as it is in training.
    table: column -> a value for each row; or a data frame of these columns. A category that the
        training had not counts as nothing; a row whose other cells are missing has no table.
    sounds: modality -> paths of sound files, of the rate that the training had; a longer one loses
        its end, as there, with a warning.
        None, "" and NaN say that a row has no such image, text or cell. A modality that is not
        given at all is absent in every row.
    framework: "torch" or "keras", which is to compute; None takes the one that saved it.
    weights: also tell how much each modality counts in each row, where the fusion weights them.
    batch_size: rows that are read and computed at a time.
    backbones: networks of your own in the model, as ``load`` takes them.

    Returns :class:`Predictions`.

    Errors
        DataError: a bundle that is missing, foreign, damaged or newer, or an image or a sound that
        cannot be read, with its row; one that is not there is told before anything is computed.
        ModalityError: a modality that the model has not. ShapeError: rows that are no pairs.
        TypeError: what is no path and no text. ValueError: a row of nothing, or weights of a
        fusion that has none.
    """
    given = {"images": images, "texts": texts, "table": table, "sounds": sounds}
    return predicted(path, given, 0, framework, weights, batch_size, backbones)


def predicted(
    path: str | Path,
    given: Mapping[str, Any],
    first: int,
    framework: str | None = None,
    weights: bool = False,
    batch_size: int = 64,
    backbones: Mapping[str, Layer] | None = None,
) -> Predictions:
    """As ``predict``, with ``first`` for the number of the first row in errors.

    Python counts rows from 0, the command from 1, as its table does.
    """
    check_count("batch_size", batch_size)
    check_flags(weights=weights)
    bundle = read(path)
    framework = bundle.framework if framework is None else framework
    check_choice("framework", framework, FRAMEWORKS)
    rows = rows_of(bundle, **given, first=first)
    model = load(path, framework, backbones)
    if weights and not hasattr(model.fusion, "modality_weights"):
        got = type(model.fusion).__name__
        raise ValueError(
            f"weights: expected False, as a {got} does not weight modalities, got True"
        )
    count, parts = len(next(iter(rows.values()))), []
    for i in range(0, count, batch_size):
        some = {m: column[i : i + batch_size] for m, column in rows.items()}
        inputs = inputs_of(bundle, some, first + i)
        parts.append(wing_of(framework).run(model, *inputs, weights))
    outputs, shares = (np.concatenate(side) for side in zip(*parts, strict=True))
    by_modality = {m: shares[:, i] for i, m in enumerate(bundle.modalities)} if weights else None
    return _read_off(bundle, outputs, by_modality)


def _read_off(bundle, outputs, weights):
    """What the outputs (B, K) of a model mean for its task."""
    classes = bundle.classes
    if bundle.task == "regression":
        return Predictions(None, None, outputs, weights, classes)
    if bundle.task == "multilabel":
        probabilities = (1 + np.tanh(outputs / 2)) / 2  # the logistic function; exp overflows
        rows = (probabilities >= 0.5).tolist()
        labels = tuple(
            tuple(c for c, there in zip(classes, row, strict=True) if there) for row in rows
        )
        return Predictions(labels, probabilities, None, weights, classes)
    shares = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities = shares / shares.sum(axis=1, keepdims=True)
    labels = tuple(classes[k] for k in probabilities.argmax(axis=1))
    return Predictions(labels, probabilities, None, weights, classes)
